"""One fault is planted into a good file, each kind in each cell where it can stand: none is silent.

Whatever becomes of such a file, it is one of three: what is stored is what a reader of the file
sees; or the import is refused; or its report says something that that of the good file does not.
"""

import dataclasses
import datetime as dt
import shutil
from pathlib import Path

import asking
import pytest
import sqlalchemy as sa
from drafts import good_tables, plant_faults, write_draft
from organisations import service_on

from recommender.errors import InputError
from recommender.service.people.imports import import_table
from recommender.store import reading, schema

GOOD = good_tables(Path(__file__).parent / "good.yaml")
PEOPLE = """person_id,name,org_unit,grade
00104,刘宇航,南区,g3
00002,郭勇,南区,g1
00003,胡超,南区,g1
A17,测试乙,南区,g1
"""
LATEST = dt.date(2026, 11, 29)
NOTICES = (
    "blank",
    "kept",
    "absent_columns",
    "left_out",
    "look_alikes",
    "same_names",
    "hidden_rows",
    "ignored_columns",
)


@pytest.fixture(scope="module")
def desk(tmp_path_factory):
    """Return a function that imports a file into a fresh copy of one small organisation."""
    folder = tmp_path_factory.mktemp("silent")
    with service_on(f"sqlite:///{folder / 'now.db'}") as service:
        people = folder / "people.csv"
        people.write_text(PEOPLE, encoding="utf-8")
        import_table(asking.session_of(service), "people", people, latest=LATEST)
        service.engine.dispose()
        shutil.copy(folder / "now.db", folder / "start.db")

        def bring_in(kind, path):
            service.engine.dispose()
            for name in ("now.db-wal", "now.db-shm"):
                (folder / name).unlink(missing_ok=True)
            shutil.copy(folder / "start.db", folder / "now.db")
            report = import_table(asking.session_of(service), kind, path, latest=LATEST)
            table = schema.person if kind == "people" else schema.TABLE_OF_KIND[kind]
            hidden = {"version", "ref"}
            columns = [column for column in table.c if column.name not in hidden]
            with reading(service.engine) as connection:
                rows = [*map(tuple, connection.execute(sa.select(*columns).order_by(*columns)))]
            notices = {name: dataclasses.asdict(report)[name] for name in NOTICES}
            return rows, notices

        yield bring_in


# One kind shows that the rules are in place; all of them, with two minutes of planting, are slow.
@pytest.mark.parametrize(
    "kind",
    [pytest.param(k, marks=[] if k == "people" else pytest.mark.slow) for k in sorted(GOOD)],
)
@pytest.mark.parametrize("form", ["xlsx", "csv"])
def test_no_planted_fault_is_silent(kind, form, desk, tmp_path):
    good = GOOD[kind]
    truth, baseline = desk(kind, write_draft(good, form, tmp_path / f"good.{form}"))
    silent, outcomes = [], {"right": 0, "refused": 0, "told": 0}
    for fault, draft in plant_faults(kind, good, form):
        path = write_draft(draft, form, tmp_path / f"planted.{form}")
        try:
            rows, notices = desk(kind, path)
        except InputError:
            outcomes["refused"] += 1
            continue
        if rows == truth:
            outcomes["right"] += 1
        elif notices != baseline:
            outcomes["told"] += 1
        else:
            silent.append((fault, sorted(set(rows) ^ set(truth), key=str)))
    assert silent == []
    # the good file goes in, most faults that leave it readable do too, and the others are refused
    assert outcomes["right"] > 20
    assert outcomes["refused"] > 20
