"""Where people stand, also by rows that the catalogue does not know."""

import datetime as dt

import asking
from organisations import AS_OF, TINY, service_on, someone

from recommender.store import schema, writing


def test_assessments_of_unknown_competencies_do_not_count(upgraded_url):
    """A level keeps the method it was found by, whatever else was imported beside it."""
    with service_on(upgraded_url, catalog=TINY) as service:
        person = someone(service, reference_desk=1.25, reading_aloud=2.5)
        with writing(service.engine) as connection:
            connection.execute(
                schema.assessment.insert(),
                [
                    {
                        "person_id": person,
                        "competency_id": name,
                        "level": 3.0,
                        "method": method,
                        "assessed_on": dt.date(2026, 10, 2),
                    }
                    for name, method in (
                        ("of-another-catalogue", "笔试"),
                        ("reading-aloud", "试讲"),
                    )
                ],
            )
        gaps = asking.gaps(service, person, as_of=AS_OF).competencies
        found = {gap.competency_id: (gap.level, gap.method) for gap in gaps}
        assert found == {
            "reference-desk": (1.25, "面谈"),
            "reading-aloud": (3.0, "试讲"),
            "cataloguing": (None, None),
        }
