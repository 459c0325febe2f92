"""A small world for tables to refer to, and files written as users' tools write them."""

import csv
import datetime as dt
import io
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest
import xlsxwriter

from recommender.table_kinds import Known

LATEST = dt.date(2026, 11, 1)
Rows = Sequence[Sequence[object]]


@pytest.fixture(scope="session")
def known() -> Known:
    """Three people, two behavioural competencies, one knowledge competency, two modules."""
    return Known(
        people=frozenset({"00000001", "00000002", "00000003", "A17"}),
        managers={"00000002": "00000001", "00000003": "00000002"},
        grades={"g1": "g1", "初级客户经理": "g1", "Junior": "g1", "g2": "g2", "中级客户经理": "g2"},
        competencies={
            "resilience": "resilience",
            "抗挫能力": "resilience",
            "Resilience": "resilience",
            "coordination": "coordination",
            "协调能力": "coordination",
            "Coordination": "coordination",
            "job-knowledge": "job-knowledge",
            "岗位知识": "job-knowledge",
            "Job knowledge": "job-knowledge",
        },
        modules={
            "visit-coaching": "visit-coaching",
            "拜访陪练": "visit-coaching",
            "Visit coaching": "visit-coaching",
            "stress-lab": "stress-lab",
            "抗压训练（进阶）": "stress-lab",
        },
        offerings={"2026-q4-01": "2026-q4-01"},
        indicators={
            f"{competency}.{level}.{n}": competency
            for competency in ("resilience", "coordination")
            for level in (1, 2, 3, 4)
            for n in (1, 2, 3)
        },
        subjects={
            ("job-knowledge", 1): {"products": "products", "产品知识": "products"},
            ("job-knowledge", 2): {
                "products": "products",
                "产品知识": "products",
                "tariffs": "tariffs",
                "资费政策": "tariffs",
            },
        },
        figures={"revenue": "revenue", "收入": "revenue", "Revenue": "revenue"},
        prerequisites={"stress-lab": ("visit-coaching",), "visit-coaching": ()},
    )


@pytest.fixture(scope="session")
def latest() -> dt.date:
    """The last day that is not in the future."""
    return LATEST


def write_workbook(path: Path, *sheets: tuple[str, Rows]) -> Path:
    """Write rows as they are: text as text, dates as Excel dates, None as nothing."""
    with xlsxwriter.Workbook(
        path, {"strings_to_formulas": False, "strings_to_urls": False}
    ) as book:
        date = book.add_format({"num_format": "yyyy-mm-dd"})
        for name, rows in sheets:
            sheet = book.add_worksheet(name)
            for at, row in enumerate(rows):
                for position, cell in enumerate(row):
                    if isinstance(cell, dt.datetime | dt.date):
                        sheet.write_datetime(at, position, cell, date)
                    elif isinstance(cell, str):
                        sheet.write_string(at, position, cell)
                    elif cell is not None:
                        sheet.write(at, position, cell)
    return path


def write_csv(path: Path, rows: Rows, *, encoding: str = "utf-8", separator: str = ",") -> Path:
    """Write rows as CSV; None as nothing."""
    stream = io.StringIO(newline="")
    csv.writer(stream, delimiter=separator).writerows(
        [["" if cell is None else cell for cell in row] for row in rows]
    )
    path.write_bytes(stream.getvalue().encode(encoding))
    return path


@pytest.fixture
def workbook(tmp_path: Path) -> Callable[..., Path]:
    """Write ``(sheet name, rows)`` pairs to an .xlsx file and return its path."""
    return lambda *sheets: write_workbook(tmp_path / "table.xlsx", *sheets)


@pytest.fixture
def delimited(tmp_path: Path) -> Callable[..., Path]:
    """Write rows to a CSV file and return its path."""
    return lambda rows, **how: write_csv(tmp_path / "table.csv", rows, **how)
