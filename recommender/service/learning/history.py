"""The history in the database, to train on or to hand to an analyst."""

from __future__ import annotations

import datetime as dt
import secrets
from pathlib import Path

from recommender.candidates import MODALITIES
from recommender.exchange.tables.csv_writing import write_csv
from recommender.improvement.history import (
    RECORD_COLUMNS,
    SHIFT_DAYS,
    History,
    code_history,
    pairs_of_modules,
)
from recommender.improvement.history import pseudonymise as hide_people
from recommender.service.learning.collecting import collect_records
from recommender.service.permissions import Permission
from recommender.service.session import Session


def read_history(session: Session, *, as_of: dt.date) -> History:
    """Read the history that an effect model can be trained on, up to a day.

    Records derived from assessments over time and completed enrolments, and the imported ones; of
    the same record in both forms the imported one counts.
    """
    framework = session.service.framework
    with session.reading() as connection:
        records = collect_records(connection, framework, as_of=as_of)
    return code_history(
        records,
        pairs_of_modules(framework.catalog.modules),
        competency_ids=framework.competency_ids,
        modality_ids=MODALITIES,
    )


def export_history(
    session: Session,
    path: Path,
    *,
    pseudonymise: bool,
    as_of: dt.date,
    key: bytes | None = None,
    org_depth: int = 1,
) -> int:
    """Write the history as a CSV that `import records` and `train --history` take.

    Parameters
    ----------
    session : Session
        On whose behalf.
    path : Path
        The file to write; it is there whole or not at all.
    pseudonymise : bool
        Whether to hide people behind pseudonyms. All dates then also lie 30 days earlier, so
        that none of those that are shifted comes to lie in the future.
    as_of : date
        Nothing later is written.
    key : bytes, optional
        What pseudonyms are made with. Without one a fresh key is used and kept nowhere: nobody
        can tell whose record is whose, and the next export has other pseudonyms.
    org_depth : int
        How many units of the path of the org unit a pseudonymised export keeps.

    Returns
    -------
    int
        How many records were written.

    Raises
    ------
    InputError
        If the file cannot be written, or the key is too short.
    """
    session.need(Permission.READ_HISTORY)
    frame = read_history(session, as_of=as_of).frame
    if pseudonymise:
        frame = hide_people(
            frame,
            secrets.token_bytes(32) if key is None else key,
            org_depth=org_depth,
            earlier_by_days=SHIFT_DAYS,
        )
    write_csv(frame[list(RECORD_COLUMNS)], path)
    return len(frame)
