"""Lists of completions close what people are enrolled in."""

import asking
import pandas as pd
import pytest
import sqlalchemy as sa
from organisations import AS_OF

from recommender.store import Written, reading, schema, writing

PERSON, MODULE, RUN, OTHER_RUN = "00002", "desk-basics", "desk-basics-1", "desk-basics-2"
COLUMNS = ("module_id", "offering_id", "status", "enrolled_on", "completed_on")


@pytest.fixture
def import_rows(library, tmp_path):
    """Import rows given as in `COLUMNS`; say what came of them, and what is stored then."""
    table = schema.enrolment
    with writing(library.engine) as connection:
        connection.execute(table.delete())
        for run in (RUN, OTHER_RUN):
            row = {"offering_id": run, "module_id": MODULE, "seats": 5}
            days = {"starts_on": AS_OF, "ends_on": AS_OF}
            connection.execute(schema.offering.insert().values(**row, **days))

    def import_rows(*rows):
        path = tmp_path / "enrolments.csv"
        frame = pd.DataFrame([row.split(",") for row in rows], columns=list(COLUMNS))
        frame.assign(person_id=PERSON).to_csv(path, index=False)
        written = asking.import_table(library, "enrolments", path, latest=AS_OF)
        columns = [
            table.c[name] for name in ("enrolled_on", "offering_id", "status", "completed_on")
        ]
        with reading(library.engine) as connection:
            found = connection.execute(sa.select(*columns).order_by(table.c.enrolled_on)).all()
        return written, [" ".join(str(value or "-") for value in row) for row in found]

    return import_rows


OPEN = f"{MODULE},{RUN},enrolled,2026-10-01,"
CLOSED = f"2026-10-01 {RUN} completed 2026-10-20"


def test_a_completion_closes_the_open_enrolment(import_rows, subtests):
    """However much of it the list knows, and as often as it is imported."""
    assert import_rows(OPEN) == (Written(1, 0, 0), [f"2026-10-01 {RUN} enrolled -"])
    for number, row in enumerate(
        (
            f"{MODULE},,completed,,2026-10-20",
            f"{MODULE},{RUN},completed,,2026-10-20",
            f"{MODULE},,completed,2026-10-03,2026-10-20",  # when the other system heard of it
        )
    ):
        with subtests.test(row=row):
            assert import_rows(row) == (Written(0, number == 0, number > 0), [CLOSED])


def test_what_is_not_the_open_enrolment_is_another(import_rows, subtests):
    import_rows(OPEN)
    still = f"2026-10-01 {RUN} enrolled -"
    for row, stored in [
        # completed before it was enrolled in
        (f"{MODULE},,completed,,2026-09-10", ["2026-09-10 - completed 2026-09-10", still]),
        # another run of the module
        (
            f"{MODULE},{OTHER_RUN},completed,,2026-10-11",
            [
                "2026-09-10 - completed 2026-09-10",
                still,
                f"2026-10-11 {OTHER_RUN} completed 2026-10-11",
            ],
        ),
    ]:
        with subtests.test(row=row):
            assert import_rows(row) == (Written(1, 0, 0), stored)


def test_an_enrolment_with_a_row_of_its_own_is_not_closed_by_another(import_rows):
    import_rows(OPEN)
    written, stored = import_rows(OPEN, f"{MODULE},,completed,2026-10-03,2026-10-20")
    assert written == Written(1, 0, 1)
    assert stored == [f"2026-10-01 {RUN} enrolled -", "2026-10-03 - completed 2026-10-20"]


def test_of_two_completions_the_first_closes_it(import_rows):
    import_rows(OPEN)
    written, stored = import_rows(
        f"{MODULE},,completed,,2026-10-30", f"{MODULE},,completed,,2026-10-20"
    )
    assert written == Written(1, 1, 0)
    assert stored == [CLOSED, "2026-10-30 - completed 2026-10-30"]
