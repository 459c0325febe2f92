"""What is written: counts that tell the truth, a tree of org units, all of it or nothing."""

import datetime as dt
from concurrent.futures import ThreadPoolExecutor

import pandas as pd
import pytest
import sqlalchemy as sa
from organisations import count_rows

from recommender.errors import StoreError
from recommender.store import (
    FirstDays,
    Written,
    open_database,
    org_path,
    read_managers,
    read_offerings,
    read_snapshot,
    reading,
    schema,
    write_kind,
    write_people,
    writes,
    writing,
)
from recommender.table_kinds import KINDS

DAY = dt.date(2026, 3, 1)


def people(*rows):
    """Make a table of people from (id, org unit, manager)."""
    return pd.DataFrame(
        [
            {
                "person_id": name,
                "name": f"员工{name}",
                "org_unit": unit,
                "grade": "g1",
                "manager_id": manager,
                "hired_on": DAY,
                "synthetic": "yes",
            }
            for name, unit, manager in rows
        ],
        dtype=object,
    )


def assessments(*rows):
    return pd.DataFrame(
        [
            {
                "person_id": name,
                "competency_id": "resilience",
                "level": level,
                "standard_error": error,
                "method": "评审",
                "assessed_on": day,
            }
            for name, level, error, day in rows
        ]
    )


@pytest.fixture
def engine(upgraded_url):
    engine = open_database(upgraded_url)
    yield engine
    engine.dispose()


@pytest.fixture
def staffed(engine):
    with writing(engine) as connection:
        write_people(connection, people(("1", "甲/乙", None), ("2", "甲/乙", "1")))
    return engine


def read_all(engine):
    with reading(engine) as connection:
        return connection.execute(sa.select(schema.assessment)).all()


def write(engine, frame, kind="assessments"):
    with writing(engine) as connection:
        return write_kind(connection, schema.TABLE_OF_KIND[kind], KINDS[kind].key, frame)


def test_counts_tell_the_truth(staffed):
    first = assessments(("1", 1.5, 0.3, DAY), ("2", 2.25, float("nan"), DAY))
    assert write(staffed, first) == Written(2, 0, 0)
    assert write(staffed, first) == Written(0, 0, 2)
    changed = assessments(
        ("1", 1.5, 0.3, DAY),
        ("2", 2.25, 0.4, DAY),
        ("2", 3.0, 0.4, DAY + dt.timedelta(days=1)),
    )
    assert write(staffed, changed) == Written(1, 1, 1)
    assert write(staffed, changed) == Written(0, 0, 3)
    assert write(staffed, changed.head(0)) == Written(0, 0, 0)
    with reading(staffed) as connection:
        stored = connection.execute(
            sa.select(schema.assessment.c.level, schema.assessment.c.standard_error).order_by(
                schema.assessment.c.person_id, schema.assessment.c.assessed_on
            )
        ).all()
    assert [tuple(row) for row in stored] == [(1.5, 0.3), (2.25, 0.4), (3.0, 0.4)]


def test_many_rows_are_stored_as_few_are(staffed, monkeypatch):
    """Many are handed over in another way, where the database has one."""
    days = (DAY, DAY + dt.timedelta(days=1))
    rows = assessments(
        *((name, level, 0.3, day) for day in days for name, level in (("1", 2), ("2", 1.5)))
    )
    few = write(staffed, rows), write(staffed, rows.assign(level=3.0)), read_all(staffed)
    with writing(staffed) as connection:
        connection.execute(schema.assessment.delete())
    monkeypatch.setattr(writes, "_MANY_ROWS", 0)
    assert (write(staffed, rows), write(staffed, rows.assign(level=3.0)), read_all(staffed)) == few
    for wrong, code in (
        (rows.head(1).assign(person_id="nobody"), "store.reference"),
        (rows.assign(method="x" * 201), "store.failed"),
    ):
        if staffed.dialect.name == "sqlite" and code == "store.failed":
            continue  # it bounds no text
        with pytest.raises(StoreError) as caught:
            write(staffed, wrong)
        assert caught.value.code == code
    assert read_all(staffed) == few[-1]


def test_counts_add_up_while_others_write_the_same(staffed):
    """Every row is new to one of them; nobody counts what another has stored."""
    days = [DAY + dt.timedelta(days=n) for n in range(300)]
    same = assessments(*((name, 1.5, 0.3, day) for day in days for name in "12"))
    staff = people(*((f"{n:03}", "甲/乙", None) for n in range(300)))

    def write_staff(_):
        with writing(staffed) as connection:
            return write_people(connection, staff)

    with ThreadPoolExecutor(4) as pool:
        of_facts = list(pool.map(lambda _: write(staffed, same), range(8)))
        of_people = list(pool.map(write_staff, range(8)))
    for frame, counts in ((same, of_facts), (staff, of_people)):
        assert sum(each.inserted for each in counts) == len(frame), counts
        assert {each.updated for each in counts} == {0}, counts
        for each in counts:
            assert each.inserted + each.updated + each.unchanged == len(frame), counts


def test_counts_leave_out_what_others_add(staffed):
    """Also where the two tables have no row in common, on the database where two write at once."""
    mine, theirs = (assessments((name, 1.5, 0.3, DAY)) for name in "12")
    if staffed.dialect.name == "sqlite":
        assert (write(staffed, mine), write(staffed, theirs)) == (Written(1, 0, 0),) * 2
        return
    with writing(staffed) as connection:
        table, key = schema.assessment, KINDS["assessments"].key
        assert write_kind(connection, table, key, mine) == Written(1, 0, 0)
        assert write(staffed, theirs) == Written(1, 0, 0)
        assert write_kind(connection, table, key, mine) == Written(0, 0, 1)


def test_a_figure_can_be_taken_back(staffed):
    write(staffed, assessments(("1", 1.5, 0.3, DAY)))
    assert write(staffed, assessments(("1", 1.5, None, DAY))) == Written(0, 1, 0)


def test_records_without_a_module_are_one_row(staffed):
    row = {
        "person_id": "former-employee",
        "competency_id": "resilience",
        "module_id": "",
        "level_before": 1.0,
        "level_after": 1.2,
        "before_on": DAY,
        "after_on": DAY,
        "completed_on": None,
        "org_unit": None,
    }
    frame = pd.DataFrame([row])
    assert write(staffed, frame, "records") == Written(1, 0, 0)
    assert write(staffed, frame, "records") == Written(0, 0, 1)


def test_tree_of_org_units(engine, upgraded_url):
    with writing(engine) as connection:
        counts = write_people(
            connection,
            people(
                ("1", "总部", None),
                ("2", "总部/东区/一队", "1"),
                ("3", " 总部 / 东区 ", "1"),
                ("4", "总部/西区/一队", "1"),
            ),
        )
    assert counts == Written(4, 0, 0)
    unit, parent = schema.org_unit, schema.org_unit.alias()
    query = (
        sa.select(unit.c.path, unit.c.name, parent.c.path)
        .outerjoin(parent, unit.c.parent_id == parent.c.id)
        .order_by(unit.c.path)
    )
    with reading(engine) as connection:
        assert [tuple(row) for row in connection.execute(query)] == sorted(
            [
                ("总部", "总部", None),
                ("总部/东区", "东区", "总部"),
                ("总部/东区/一队", "一队", "总部/东区"),
                ("总部/西区", "西区", "总部"),
                ("总部/西区/一队", "一队", "总部/西区"),
            ]
        )
    with writing(engine) as connection:
        moved = write_people(connection, people(("3", "总部/西区", "1"), ("5", "总部/西区", "3")))
    assert moved == Written(1, 1, 0)
    assert count_rows(upgraded_url)["org_unit"] == 5
    assert org_path("/a // b/") == "a/b"


def test_managers_may_stand_below_their_reports(engine):
    rows = [(str(n), "甲", str(n + 1) if n < 40 else None) for n in range(1, 41)]
    with writing(engine) as connection:
        assert write_people(connection, people(*rows)) == Written(40, 0, 0)
    with reading(engine) as connection:
        assert read_managers(connection) == {str(n): str(n + 1) for n in range(1, 40)}
    # the chain turned round: every row changes its manager at once
    turned = [(str(n), "甲", str(n - 1) if n > 1 else None) for n in range(1, 41)]
    with writing(engine) as connection:
        assert write_people(connection, people(*turned)) == Written(0, 40, 0)


def test_failure_in_the_middle_leaves_nothing(engine, upgraded_url):
    with pytest.raises(StoreError), writing(engine) as connection:  # noqa: PT012
        write_people(connection, people(("1", "甲", None)))
        write_people(connection, people(("2", "乙", "nobody")))
    assert set(count_rows(upgraded_url).values()) == {0}


@pytest.mark.parametrize("error", [RuntimeError, KeyboardInterrupt])
def test_any_exception_leaves_nothing(error, engine, upgraded_url):
    with pytest.raises(error), writing(engine) as connection:  # noqa: PT012
        write_people(connection, people(("1", "甲", None)))
        raise error
    assert set(count_rows(upgraded_url).values()) == {0}
    with writing(engine) as connection:
        write_people(connection, people(("1", "甲", None)))
    assert count_rows(upgraded_url)["person"] == 1


def test_a_reader_sees_one_state(staffed):
    query = sa.select(sa.func.count()).select_from(schema.person)
    with reading(staffed) as connection:
        before = connection.scalar(query)
        with writing(staffed) as other:
            write_people(other, people(("3", "甲", "1")))
        assert connection.scalar(query) == before
    with reading(staffed) as connection:
        assert connection.scalar(query) == before + 1


def test_snapshot_reads_what_counts_on_the_day(staffed):
    days = [DAY - dt.timedelta(days=1), DAY, DAY + dt.timedelta(days=1), DAY + dt.timedelta(days=2)]
    write(staffed, assessments(*(("2", 1.0, 0.3, day) for day in days)))
    with reading(staffed) as connection:
        found = read_snapshot(
            connection,
            as_of=days[2],
            first_days=FirstDays(DAY, DAY, DAY),
            person_ids=["2", "nobody"],
        )
    assert found.assessments["assessed_on"].tolist() == days[1:3]
    assert found.people[["person_id", "manager_name", "org_unit"]].to_numpy().tolist() == [
        ["2", "员工1", "甲/乙"]
    ]


def test_offerings_with_seats(staffed):
    later = DAY + dt.timedelta(days=9)
    offerings = pd.DataFrame(
        [
            {"offering_id": name, "module_id": "m", "starts_on": day, "ends_on": later}
            | {"place": None, "seats": seats}
            for name, day, seats in (
                ("past", DAY - dt.timedelta(days=1), 9.0),
                ("full", DAY, 1.0),
                ("one-left", later, 2.0),
                ("no-limit", DAY, float("nan")),
                ("closed", DAY, 0.0),
            )
        ]
    )
    write(staffed, offerings, "offerings")
    enrolments = pd.DataFrame(
        [
            {"person_id": person, "module_id": "m", "offering_id": offering}
            | {"status": status, "enrolled_on": DAY, "completed_on": None}
            for person, offering, status in (
                ("1", "full", "enrolled"),
                ("2", "one-left", "cancelled"),
            )
        ]
    )
    write(staffed, enrolments, "enrolments")
    with reading(staffed) as connection:
        found = read_offerings(connection, as_of=DAY)
    assert found["offering_id"].tolist() == ["no-limit", "one-left"]
