"""Import of 100,000 ratings from one .xlsx, beside the raw read of the same file."""

from __future__ import annotations

import datetime as dt
import tempfile
from collections.abc import Callable
from functools import partial
from pathlib import Path

import asking
import numpy as np
import pandas as pd
from python_calamine import CalamineWorkbook

from recommender.exchange import write_xlsx
from recommender.service.installation import open_service
from recommender.settings import Settings
from recommender.table_kinds import KINDS
from tests.benchmarks.measuring import Figure, measure

N_ROWS, N_PEOPLE = 100_000, 1_000
AS_OF = dt.date(2026, 6, 30)


def write_files(folder: Path) -> tuple[Path, Path]:
    """Write a table of people and a table of ratings."""
    rng = np.random.default_rng(4)
    service = open_service(Settings(database=f"sqlite:///{folder / 'names.db'}"))
    indicators = list(service.framework.indicator_levels)
    ids = [f"{i:06d}" for i in range(N_PEOPLE)]
    people = pd.DataFrame(
        {
            "person_id": ids,
            "name": "合成人员",
            "org_unit": "示例",
            "grade": "g2",
            "synthetic": "yes",
        }
    )
    # every row has another key: person x indicator x rater
    keys = rng.choice(N_PEOPLE * len(indicators) * 4, N_ROWS, replace=False)
    indicator = [indicators[i] for i in keys // 4 % len(indicators)]
    names = {c.id: c.name.zh_cn for c in service.framework.catalog.competencies}
    ratings = pd.DataFrame(
        {
            "person_id": [ids[i] for i in keys // (4 * len(indicators))],
            "competency_id": [names[name.split(".")[0]] for name in indicator],
            "indicator_id": indicator,
            "rater_type": np.array(["self", "manager", "peer", "customer"])[keys % 4],
            "rater_id": [f"R{i:05d}" for i in rng.integers(0, 3000, N_ROWS)],
            "rating": rng.integers(0, 4, N_ROWS),
            "rated_on": [AS_OF - dt.timedelta(days=int(d)) for d in rng.integers(1, 80, N_ROWS)],
        }
    )
    paths = folder / "people.xlsx", folder / "ratings.xlsx"
    write_xlsx(people, paths[0], kind=KINDS["people"], title="人员（合成）")
    write_xlsx(ratings, paths[1], kind=KINDS["ratings"], title="行为评分（合成）")
    return paths


def raw_read(folder: Path) -> Callable[[], object]:
    """Prepare the bare read by the library that reads the workbook."""
    path = str(folder / "ratings.xlsx")
    return lambda: CalamineWorkbook.from_path(path).get_sheet_by_index(0).to_python()


def our_import(folder: Path) -> Callable[[], object]:
    """Prepare the import: read, check every row, store in SQLite."""
    names = iter(range(1000))

    def work() -> object:
        service = open_service(Settings(database=f"sqlite:///{folder / f'{next(names)}.db'}"))
        asking.import_table(service, "people", folder / "people.xlsx", latest=AS_OF)
        return asking.import_table(service, "ratings", folder / "ratings.xlsx", latest=AS_OF)

    return work


def run() -> list[Figure]:
    """Measure the import beside the raw read."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        write_files(folder)
        size = f"{N_ROWS:,} ratings from .xlsx"
        raw = Figure(f"{size}: raw read", *measure(partial(raw_read, folder)))
        seconds, peak = measure(partial(our_import, folder))
    return [raw, Figure(f"{size}: import", seconds, peak, raw.name, seconds / raw.seconds)]
