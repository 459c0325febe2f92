"""Files of the kinds that were once read wrongly lead to what they say, on every path."""

import dataclasses
import datetime as dt
from pathlib import Path

import asking
import pandas as pd
import pytest
import sqlalchemy as sa
import yaml
from databases import copied
from organisations import service_on

from recommender.errors import InputError, TableFaultsError
from recommender.service.people.imports import import_table
from recommender.store import EVERYONE, reading, schema
from recommender.store.people.people import select_people

HERE = Path(__file__).parent
FILES = HERE / "files"
SCENARIOS = yaml.safe_load((HERE / "cases.yaml").read_text(encoding="utf-8"))
LATEST = dt.date(2026, 11, 29)


@pytest.fixture
def bring_in(find_upgraded, tmp_path):
    """Return a function that imports a file into a small organisation, and that organisation."""
    with copied(find_upgraded("sqlite"), tmp_path, None) as url, service_on(url) as service:

        def work(kind, path, **how):
            session = asking.session_of(service)
            return import_table(session, kind, path, latest=LATEST, **how)

        for kind in ("people", "offerings"):
            path = tmp_path / f"{kind}.csv"
            pd.DataFrame(SCENARIOS[kind]).to_csv(path, index=False)
            work(kind, path)
        yield work, service


def rows_of(service, kind):
    """Return all that is stored of a kind."""
    query = select_people(EVERYONE) if kind == "people" else sa.select(schema.TABLE_OF_KIND[kind])
    with reading(service.engine) as connection:
        return [dict(row) for row in connection.execute(query).mappings()]


@pytest.mark.parametrize("case", SCENARIOS["cases"], ids=lambda case: case["file"])
def test_cases(case, bring_in):
    work, service = bring_in
    path = FILES / case["file"]
    for kind, file in case.get("after", {}).items():
        work(kind, FILES / file)
    how = {"clear": case.get("clear", False)}
    if "error" in case:
        with pytest.raises(InputError) as refused:
            work(case["kind"], path, **how)
        said = {"code": refused.value.code, **refused.value.values}
        assert said.items() >= case["error"].items()
        return
    if "faults" in case:
        for dry_run in (True, False):
            with pytest.raises(TableFaultsError) as caught:
                work(case["kind"], path, dry_run=dry_run, **how)
            faults = caught.value.faults
            assert [f"{f.row} {f.column} {f.code}" for f in faults] == case["faults"]
        return
    preview = dataclasses.asdict(work(case["kind"], path, dry_run=True, **how))
    report = dataclasses.asdict(work(case["kind"], path, **how))
    # but for the number of the import, which a trial has none of
    assert report | {"batch_id": None} == preview
    for name, told in case.get("report", {}).items():
        assert listed(report[name]) == told, name
    rows = rows_of(service, case["kind"])
    for wanted in case["rows"]:
        assert any(row.items() >= wanted.items() for row in rows), (wanted, rows)
    if case["kind"] not in ("people", "offerings"):
        assert len(rows) == len(case["rows"])


def listed(value):
    """Return a part of a report as YAML has it."""
    if isinstance(value, dict):
        return {name: listed(part) for name, part in value.items()}
    return [listed(part) for part in value] if isinstance(value, list | tuple) else value
