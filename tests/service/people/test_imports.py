"""Imports through the service: all kinds, dry runs, repeats, all of it or nothing."""

import asking
import pandas as pd
import pytest
import sqlalchemy as sa
from organisations import AS_OF, TINY, count_rows, service_on

from recommender.errors import InputError, TableFaultsError
from recommender.exchange import write_xlsx
from recommender.service.made_up.organisation import make_organisation
from recommender.store import Written, reading, schema
from recommender.table_kinds import KINDS

RECORDS = [
    {
        "person_id": "00001",
        "competency_id": "reference-desk",
        "module_id": module,
        "level_before": 1.0,
        "level_after": 1.5,
        "before_on": "2026-01-10",
        "after_on": "2026-06-10",
    }
    for module in ("desk-basics", None)
]


@pytest.fixture
def empty(upgraded_url):
    with service_on(upgraded_url, catalog=TINY) as service:
        yield service


@pytest.fixture
def files(empty, tmp_path):
    """Files of every kind but modules, in the order in which they can be imported."""
    sample = make_organisation(empty.framework, n_people=20, as_of=AS_OF)
    tables = {
        "people": sample.people,
        "offerings": sample.offerings,
        "enrolments": sample.enrolments,
        "ratings": pd.concat(sample.ratings.values()),
        "exams": sample.exams,
        "assessments": sample.assessments,
        "records": pd.DataFrame(RECORDS, dtype=object),
    }
    found = []
    for kind, rows in tables.items():
        assert len(rows)
        path = tmp_path / f"{kind} 表.xlsx"
        write_xlsx(rows, path, kind=KINDS[kind], title="示例", notes=["说明"])
        found.append((kind, path, len(rows)))
    return found


def test_every_kind_twice(empty, files, upgraded_url):
    for kind, path, n_rows in files:
        dry = asking.import_table(empty, kind, path, latest=AS_OF, dry_run=True)
        assert dry == Written(n_rows, 0, 0), kind
        before = count_rows(upgraded_url)
        assert asking.import_table(empty, kind, path, latest=AS_OF) == dry
        after = count_rows(upgraded_url)
        assert after["import_batch"] == before["import_batch"] + 1
        assert asking.import_table(empty, kind, path, latest=AS_OF) == Written(0, 0, n_rows), kind
        again = count_rows(upgraded_url)
        assert again["import_batch"] == after["import_batch"] + 1
        assert {**again, "import_batch": 0} == {**after, "import_batch": 0}
    with reading(empty.engine) as connection:
        batches = connection.execute(
            sa.select(schema.import_batch.c.kind, schema.import_batch.c.file_name)
        ).all()
    assert [tuple(row) for row in batches] == [(k, p.name) for k, p, _ in files for _ in range(2)]


def test_a_dry_run_stores_nothing(empty, files, upgraded_url):
    before = count_rows(upgraded_url)
    kind, path, _ = files[0]
    asking.import_table(empty, kind, path, latest=AS_OF, dry_run=True)
    assert count_rows(upgraded_url) == before


def test_order_of_imports_matters_and_is_told(empty, files, upgraded_url):
    before = count_rows(upgraded_url)
    for kind, path, _ in files[2:6]:
        with pytest.raises(TableFaultsError) as caught:
            asking.import_table(empty, kind, path, latest=AS_OF)
        assert {fault.code for fault in caught.value.faults} == {"table.unknown_person"}
    assert count_rows(upgraded_url) == before


def test_one_bad_row_keeps_all_out(empty, files, upgraded_url, tmp_path):
    before = count_rows(upgraded_url)
    rows = make_organisation(empty.framework, n_people=20, as_of=AS_OF).people
    rows.loc[19, "grade"] = "g9"
    path = tmp_path / "bad.xlsx"
    write_xlsx(rows, path, kind=KINDS["people"])
    with pytest.raises(TableFaultsError):
        asking.import_table(empty, "people", path, latest=AS_OF)
    assert count_rows(upgraded_url) == before


def test_unknown_kind(empty, files):
    with pytest.raises(InputError) as caught:
        asking.import_table(empty, "courses", files[0][1], latest=AS_OF)
    assert caught.value.code == "import.kind"


def test_a_failure_while_storing_leaves_nothing(empty, files, upgraded_url, monkeypatch):
    def interrupt(*_args, **_values):
        raise KeyboardInterrupt

    before = count_rows(upgraded_url)
    monkeypatch.setattr("recommender.service.people.imports.Recording.keep", interrupt)
    with pytest.raises(KeyboardInterrupt):
        asking.import_table(empty, "people", files[0][1], latest=AS_OF)
    assert count_rows(upgraded_url) == before


def test_a_file_whose_name_is_no_utf8(empty, tmp_path):
    """As Linux has them from archives that were packed under GB18030."""
    path = tmp_path / "\udcc8\udcfb人员.csv"
    path.write_text("person_id,name,org_unit,grade\n1,甲,乙,馆员\n", encoding="utf-8")
    assert asking.import_table(empty, "people", path, latest=AS_OF) == Written(1, 0, 0)
    with reading(empty.engine) as connection:
        assert connection.scalar(sa.select(schema.import_batch.c.file_name)) == "??人员.csv"
