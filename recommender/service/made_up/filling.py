"""An empty installation is filled with the made-up organisation, by the import of files."""

from __future__ import annotations

import datetime as dt
import tempfile
from collections.abc import Callable
from pathlib import Path

import pandas as pd

from recommender.errors import ConflictError, ModelError
from recommender.exchange import write_xlsx
from recommender.service.framework import Framework
from recommender.service.learning.promotion import announcing, promote
from recommender.service.learning.training import Training, train_model
from recommender.service.made_up.organisation import (
    SampleOrganisation,
    make_history,
    make_organisation,
)
from recommender.service.people.imports import import_table
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
    }
    tables: list[tuple[str, str, pd.DataFrame]] = [
        ("people", "01-人员", sample.people),
        ("offerings", "02-培训班次", sample.offerings),
        ("enrolments", "03-培训报名", sample.enrolments),
        *(("ratings", f"04-行为评分-{name}", rows) for name, rows in sample.ratings.items()),
        ("exams", "05-考试成绩", sample.exams),
        ("assessments", "06-评价中心结果", sample.assessments),
        ("records", "07-以往提升记录", make_history(framework, as_of=as_of, n_trained=n_trained)),
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


def fill_installation(
    session: Session,
    *,
    n_people: int,
    latest: dt.date,
    note_progress: Callable[[int, int], None],
) -> str | None:
    """Fill an empty installation, and put an effect model in force if it can be signed.

    Each table is stored in a transaction of its own: nobody has to wait for all of them. When it is
    broken off it can be done again, as rows that are there already stay as they are.

    Parameters
    ----------
    session : Session
        Who asks, for how it is noted; nothing is written through it.
    n_people : int
        How many people to make up.
    latest : date
        The last day that a fact may have.
    note_progress : callable
        Takes how many steps are done, and of how many.

    Returns
    -------
    str or None
        The model; None without a key to sign one with.

    Raises
    ------
    ConflictError
        If anything of people is stored that is not marked as made up.
    """
    framework, as_of = session.service.framework, session.today
    sample = make_organisation(framework, n_people=n_people, as_of=as_of)
    with tempfile.TemporaryDirectory(prefix="recommender-") as folder:
        files = write_files(framework, sample, Path(folder), as_of)
        steps = len(files) + 1
        begin_made_up(_apart(session))
        for done, (kind, file) in enumerate(files):
            note_progress(done, steps)
            import_table(_apart(session), kind, file, latest=latest)
    note_progress(len(files), steps)
    try:
        session.service.models.need_key()
    except ModelError:
        return None
    return train_and_promote(_apart(session), as_of=as_of).card.model_id


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


def _apart(session: Session) -> Session:
    """Return a session of the same principal whose transactions are its own."""
    return Session(
        service=session.service,
        who=session.who,
        action=session.action,
        today=session.today,
        lang=session.lang,
        request_id=session.request_id,
        resource=session.resource,
    )


def train_and_promote(session: Session, *, as_of: dt.date, by: str | None = None) -> Training:
    """Train an effect model, and use it if it beats the simple baselines.

    Raises
    ------
    ModelError
        If no model can be fitted on the history, with the reason; `model.no-signing-key`.
    """
    trained = train_model(session, as_of=as_of, by=by)
    if trained.verdict is not None and trained.verdict.promotable:
        model_id = trained.card.model_id
        with announcing(session, model_id=model_id):
            promote(session, model_id, by=by)
    return trained
