"""A skills matrix of 20,000 people and 18 competencies, recognised and imported from one .xlsx."""

from __future__ import annotations

import datetime as dt
import tempfile
from collections.abc import Callable
from functools import partial
from pathlib import Path

import asking
import pandas as pd
import xlsxwriter
from python_calamine import CalamineWorkbook

from recommender.exchange import write_xlsx
from recommender.exchange.recognition.unfolded import check_reading
from recommender.service.installation import open_service
from recommender.service.people.imports import import_table
from recommender.service.people.known_ids import make_known
from recommender.service.people.recognising.recognition import look_at_file
from recommender.settings import Settings
from recommender.table_kinds import KINDS
from tests.benchmarks.measuring import Figure, measure

N_PEOPLE = 20_000
AS_OF = dt.date(2026, 6, 30)
IDS = [f"{i:06d}" for i in range(N_PEOPLE)]


def write_files(folder: Path) -> None:
    """Write a matrix, and a table of the people in it."""
    service = open_service(Settings(database=f"sqlite:///{folder / 'names.db'}"))
    names = [c.name.zh_cn for c in service.framework.catalog.competencies]
    people = {"person_id": IDS, "name": "合成人员", "org_unit": "示例", "grade": "g2"}
    frame = pd.DataFrame(people | {"synthetic": "yes"})
    write_xlsx(frame, folder / "people.xlsx", kind=KINDS["people"], title="人员（合成）")
    with xlsxwriter.Workbook(folder / "matrix.xlsx") as book:
        sheet = book.add_worksheet("技能矩阵")
        sheet.write_row(0, 0, [f"能力矩阵（{AS_OF:%Y年%m月%d日}，合成）"])
        sheet.write_row(1, 0, ["工号", "姓名", "部门", *names])
        for at, id_ in enumerate(IDS):
            levels = [(at + k) % 5 for k in range(len(names))]
            sheet.write_row(at + 2, 0, [id_, "合成人员", "示例", *levels])


def raw_read(folder: Path) -> Callable[[], object]:
    """Prepare the bare read by the library that reads the workbook."""
    path = str(folder / "matrix.xlsx")
    return lambda: CalamineWorkbook.from_path(path).get_sheet_by_index(0).to_python()


def recognise(folder: Path) -> Callable[[], object]:
    """Prepare what it takes to have every level checked: recognise, read, unfold, check."""
    service = open_service(Settings(database=f"sqlite:///{folder / 'names.db'}"))
    known = make_known(service.framework, people=IDS)
    path = folder / "matrix.xlsx"

    def work() -> object:
        reading = look_at_file(asking.session_of(service), path)
        return check_reading(reading, known, latest=AS_OF)

    return work


def our_import(folder: Path) -> Callable[[], object]:
    """Prepare the whole import, levels stored in SQLite."""
    names = iter(range(1000))

    def work() -> object:
        service = open_service(Settings(database=f"sqlite:///{folder / f'{next(names)}.db'}"))
        asking.import_table(service, "people", folder / "people.xlsx", latest=AS_OF)
        session, path = asking.session_of(service), folder / "matrix.xlsx"
        reading = look_at_file(session, path)
        return import_table(session, reading.kind, path, latest=AS_OF, reading=reading)

    return work


def run() -> list[Figure]:
    """Measure recognising and importing beside the raw read."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        write_files(folder)
        size = f"matrix of {N_PEOPLE:,} people × 18 from .xlsx"
        raw = Figure(f"{size}: raw read", *measure(partial(raw_read, folder)))
        figures = [raw]
        for what, prepare in (("recognised and checked", recognise), ("imported", our_import)):
            seconds, peak = measure(
                partial(prepare, folder), repeats=1 if what == "imported" else 3
            )
            ratio = seconds / raw.seconds
            figures.append(Figure(f"{size}: {what}", seconds, peak, raw.name, ratio))
    return figures
