"""People who leave, and come back."""

import datetime as dt

import asking
import pandas as pd
import pytest
from organisations import AS_OF

from recommender.errors import ConflictError, TableFaultsError
from recommender.service.groups.statistics import read_unit_map
from recommender.service.groups.table import StatisticsRequest
from recommender.service.groups.team import read_team_map
from recommender.service.people.people import change_person, list_units, read_person
from recommender.service.plans.choices import PlanRequest
from recommender.service.recommend.many import PeopleRequest, recommend_to_many
from recommender.service.recommend.recommendations import RecommendationRequest
from recommender.store import Written
from recommender.table_kinds import KINDS

LEAVER = "00003"
COLUMNS = [column.name for column in KINDS["people"].columns]
DAY = dt.timedelta(days=1)


@pytest.fixture
def import_row(library, tmp_path):
    """Import the stored row of the leaver, with these changes and only these columns."""

    def import_row(columns=COLUMNS, **changes):
        head = read_person(asking.session_of(library), LEAVER)
        row = {name: getattr(head, name) for name in COLUMNS} | {"synthetic": "yes"} | changes
        path = tmp_path / "people.csv"
        pd.DataFrame([row])[list(columns)].to_csv(path, index=False)
        written = asking.import_table(library, "people", path, latest=AS_OF)
        return written, read_person(asking.session_of(library), LEAVER).left_on

    return import_row


def test_a_leaver_is_in_no_plan_and_no_figure_and_stays_in_the_history(library, import_row):
    session = asking.session_of(library)
    request = StatisticsRequest(as_of=AS_OF)

    def ask():
        return {
            "team": {
                row.person_id for row in read_team_map(session, request, after="", limit=99)[0]
            },
            "map": read_unit_map(session, request).total.n_people,
            # of an earlier day as well: two days must not differ by one person
            "earlier": read_unit_map(session, StatisticsRequest(AS_OF - 30 * DAY)).total.n_people,
            "plans": {
                plan.person_id for plan in asking.plan_all(library, PlanRequest(), as_of=AS_OF)
            },
            "ranked": len(
                recommend_to_many(
                    session,
                    PeopleRequest(org_unit=unit),
                    RecommendationRequest(),
                    as_of=AS_OF,
                ).items
            ),
            "units": [unit.people for unit in list_units(session)],
        }

    unit = read_person(session, LEAVER).org_unit
    before, records = ask(), len(asking.history(library, as_of=AS_OF).frame)
    levels = asking.gaps(library, LEAVER, as_of=AS_OF)
    # the day after tomorrow is no reason to leave the person out today
    assert import_row(left_on=AS_OF + DAY) == (Written(0, 1, 0), AS_OF + DAY)
    assert ask() == before
    assert import_row(left_on=AS_OF) == (Written(0, 1, 0), AS_OF)
    after = ask()
    assert before["team"] - after["team"] == before["plans"] - after["plans"] == {LEAVER}
    assert [before[name] - after[name] for name in ("map", "earlier", "ranked")] == [1, 1, 1]
    assert sum(before["units"]) > sum(after["units"])
    with pytest.raises(ConflictError) as refused:
        asking.plan(library, LEAVER, PlanRequest(), as_of=AS_OF)
    assert refused.value.code == "person.left"
    assert len(asking.history(library, as_of=AS_OF).frame) == records
    assert asking.gaps(library, LEAVER, as_of=AS_OF) == levels


def test_a_list_that_says_nothing_of_leavers_brings_nobody_back(import_row):
    import_row(left_on="2026-10-15")
    without = [name for name in COLUMNS if name != "left_on"]
    assert import_row(without) == (Written(0, 0, 1), dt.date(2026, 10, 15))
    assert import_row(left_on=None) == (Written(0, 0, 1), dt.date(2026, 10, 15))


def test_who_is_hired_again_is_back(library, import_row):
    import_row(left_on="2026-10-15")
    assert import_row(left_on=None, hired_on="2026-10-20") == (Written(0, 1, 0), None)
    session = asking.session_of(library)
    change_person(session, LEAVER, {"left_on": dt.date(2026, 10, 25)}, seen=None)
    assert read_person(session, LEAVER).left_on == dt.date(2026, 10, 25)
    change_person(session, LEAVER, {"hired_on": dt.date(2026, 10, 26)}, seen=None)
    assert read_person(session, LEAVER).left_on is None


def test_nobody_leaves_before_being_hired(library, import_row):
    for change in (
        lambda: import_row(hired_on="2026-10-16", left_on="2026-10-15"),
        lambda: change_person(
            asking.session_of(library), LEAVER, {"left_on": dt.date(1999, 1, 1)}, seen=None
        ),
    ):
        with pytest.raises(TableFaultsError) as refused:
            change()
        assert [(fault.column, fault.code) for fault in refused.value.faults] == [
            ("left_on", "table.dates_reversed")
        ]
