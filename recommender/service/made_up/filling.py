"""The made-up organisation as files to import, and the mark of what is filled with it."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pandas as pd

from recommender.errors import ConflictError
from recommender.exchange import write_xlsx
from recommender.service.framework import Framework
from recommender.service.made_up.organisation import SampleOrganisation, make_history
from recommender.service.made_up.outcomes import make_outcomes
from recommender.service.session import Session
from recommender.store import EVERYONE, Connection, is_made_up, mark_made_up
from recommender.store.holdings import Holdings, read_holdings
from recommender.table_kinds import KINDS


def write_files(
    framework: Framework, sample: SampleOrganisation, folder: Path, as_of: dt.date
) -> list[tuple[str, Path]]:
    """Write the tables as the Chinese workbooks a user would have.

    Parameters
    ----------
    framework : Framework
        The catalogue that names the competencies.
    sample : SampleOrganisation
        The tables.
    folder : Path
        Where to.
    as_of : date
        The day they are made for.

    Returns
    -------
    list of tuple
        Kind and file, in the order in which they can be imported.
    """
    catalog = framework.catalog
    # a smaller organisation has a shorter history, down to what a model can be judged on
    n_trained = min(max(20 * len(sample.people), 400), 4000)
    # names in place of ids, because that is how people fill in such tables
    spellings = {
        "competency_id": {c.id: c.name.zh_cn for c in catalog.competencies},
        "grade": {grade.id: grade.name.zh_cn for grade in catalog.grades},
        "figure_id": {figure.id: figure.name.zh_cn for figure in catalog.business_figures},
    }
    outcomes = make_outcomes(framework, sample.people, sample.enrolments, as_of=as_of)
    tables: list[tuple[str, str, pd.DataFrame]] = [
        ("people", "01-人员", sample.people),
        ("offerings", "02-培训班次", sample.offerings),
        ("enrolments", "03-培训报名", sample.enrolments),
        *(("ratings", f"04-行为评分-{name}", rows) for name, rows in sample.ratings.items()),
        ("exams", "05-考试成绩", sample.exams),
        ("assessments", "06-评价中心结果", sample.assessments),
        ("records", "07-以往提升记录", make_history(framework, as_of=as_of, n_trained=n_trained)),
        ("enrolments", "08-集中培训名单", outcomes.enrolments),
        ("satisfaction", "09-培训满意度", outcomes.satisfaction),
        ("business-figures", "10-业务指标", outcomes.figures),
    ]
    files: list[tuple[str, Path]] = []
    for kind, name, rows in tables:
        # with few people a table can be empty, and an import refuses that
        if not len(rows):
            continue
        path = folder / f"{name}.xlsx"
        write_xlsx(
            rows,
            path,
            kind=KINDS[kind],
            title=f"{name.split('-', 1)[1]}（合成示例数据，{as_of:%Y年%m月%d日}）",
            notes=["本文件由演示程序生成，人员与数据均为合成，不对应任何真实个人或单位。"],
            spellings=spellings,
        )
        files.append((kind, path))
    return files


def begin_made_up(session: Session) -> None:
    """Mark an empty installation as made up, unless that was done before.

    Raises
    ------
    ConflictError
        If anything of people is stored: they would be told to be made up.
    """
    with session.writing() as connection:
        if not is_made_up(connection):
            need_empty(connection)
            mark_made_up(connection)


def need_empty(connection: Connection) -> None:
    """Raise a `ConflictError` where anything of people is stored."""
    if read_holdings(connection, EVERYONE) != Holdings():
        raise ConflictError("start.not-empty")
