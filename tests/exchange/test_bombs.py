"""Files made to fill the memory or to take for ever are refused, soon."""

import time

import pytest
from bombs import HEADER, TABLES, WORKBOOKS, rubbish

from recommender.errors import InputError, TableFaultsError
from recommender.exchange import read_table
from recommender.table_kinds import KINDS

SECONDS = 30  # at a bad time; what is not linear takes hours


# each of these takes seconds to make
LARGE = (
    "millions of different cells",
    "one cell, over and over",
    "formulas",
    "errors",
    "millions of empty rows",
    "a million rows",
)


@pytest.mark.parametrize(
    "title",
    [
        pytest.param(title, marks=pytest.mark.slow if title in LARGE else [])
        for title in [*WORKBOOKS, *TABLES]
    ],
)
def test_bomb(title, known, latest, tmp_path):
    make, code = {**WORKBOOKS, **TABLES}[title]
    path = tmp_path / "bomb.xlsx"
    path.write_bytes(make())
    began = time.process_time()
    with pytest.raises(InputError) as caught:
        read_table(path, KINDS["ratings"], known, latest=latest)
    assert caught.value.code == code
    assert time.process_time() - began < SECONDS


@pytest.mark.parametrize("kind", ["ratings", "exams", "people", "enrolments"])
def test_faults_without_number(kind, known, latest, tmp_path):
    """Every cell is wrong in its own way: counted, and the first of them listed."""
    header = ",".join(column.name for column in KINDS[kind].columns)
    path = tmp_path / "rubbish.csv"
    path.write_bytes(rubbish(20_000, header=header))
    with pytest.raises(TableFaultsError) as caught:
        read_table(path, KINDS[kind], known, latest=latest)
    error = caught.value
    assert error.values["count"] >= 20_000
    assert len(error.faults) == 1000
    assert [fault.row for fault in error.faults] == sorted(fault.row for fault in error.faults)
    assert error.faults[0].row == 2
    assert {fault.values.get("name", fault.found) for fault in error.faults if fault.row == 2} != {
        ""
    }


def test_many_rows_that_say_the_same(known, latest, tmp_path):
    row = "00000001,resilience,resilience.1.1,manager,00000002,2,2026-10-01"
    path = tmp_path / "same.csv"
    path.write_text("\n".join([HEADER, *[row] * 100_000]), encoding="utf-8")
    with pytest.raises(TableFaultsError) as caught:
        read_table(path, KINDS["ratings"], known, latest=latest)
    assert caught.value.values["count"] == 99_999
