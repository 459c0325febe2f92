"""Runs over everybody in this process or in others, and what they left in their folders."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
from asking import session_of
from organisations import AS_OF, TINY

from recommender.service.batch.running import RunReport, work_out_everybody
from recommender.service.exports.facts import export_facts
from recommender.service.installation import Service
from recommender.service.plans.choices import PlanRequest
from recommender.service.recommend.recommendations import RecommendationRequest
from recommender.service.workers import Workers
from recommender.settings import Settings

RANKING = RecommendationRequest(top=3)
PLANS = PlanRequest()


def work_out(
    service: Service,
    to: Path,
    request: RecommendationRequest | PlanRequest = RANKING,
    *,
    as_of: dt.date = AS_OF,
    today: dt.date | None = None,
    facts: Path | None = None,
    jobs: int = 1,
    lang: str = "zh-CN",
    catalog: Path = TINY,
    note_progress: Callable[[int, int], None] = lambda done, total: None,
) -> RunReport:
    """Bring a folder of results up to date."""
    url = service.engine.url.render_as_string(hide_password=False)
    return work_out_everybody(
        session_of(service, today=today or as_of, lang=lang),
        request,
        to=to,
        as_of=as_of,
        workers=Workers(Settings(database=url, catalog=catalog, as_of=as_of), jobs),
        facts=facts,
        note_progress=note_progress,
    )


def write_facts(service: Service, folder: Path) -> Path:
    """Export all facts, and return where they are."""
    export_facts(session_of(service), folder)
    return folder


def files_in(folder: Path) -> dict[str, bytes]:
    """Return the bytes of all files, by their path."""
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def rows_in(folder: Path, table: str, *, without: tuple[str, ...] = ()) -> pa.Table:
    """Return the rows of a table of results, by branch and part."""
    files = sorted((folder / table).glob("branch=*/*.parquet"))
    return pa.concat_tables(pq.ParquetFile(file).read() for file in files).drop_columns(
        list(without)
    )


def heads_in(folder: Path, table: str = "people") -> dict[str, dict[str, object]]:
    """Return what the results of each person rest on."""
    return {row["person_id"]: row for row in rows_in(folder, table).to_pylist()}
