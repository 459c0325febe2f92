"""The history in the database, to train on or to hand to an analyst."""

from __future__ import annotations

import datetime as dt
import secrets
from pathlib import Path

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

    It holds records derived from assessments and completed enrolments, and imported ones. If a
    record is there in both forms, the imported one counts.
    """
    framework = session.service.framework
    with session.reading() as connection:
        records = collect_records(connection, framework, as_of=as_of)
    return code_history(
        records,
        pairs_of_modules(framework.catalog.modules),
        competency_ids=framework.competency_ids,
    )


def export_history(
    session: Session,
    path: Path,
    *,
    pseudonymise: bool,
    as_of: dt.date,
    key: bytes | None = None,
) -> int:
    """Write the history as a CSV that `import records` and `train --history` read.

    Returns how many records were written.

    Parameters
    ----------
    pseudonymise : bool
        Whether to hide people behind pseudonyms. Their dates are then shifted as well.
    key : bytes, optional
        The secret that pseudonyms are made with. Without one a fresh key is used and stored
        nowhere: nobody can find a person again, and the next export has other pseudonyms.

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
            # the shift goes both ways; so much earlier, no date comes to lie in the future
            earlier_by_days=SHIFT_DAYS,
        )
    write_csv(frame[list(RECORD_COLUMNS)], path)
    return len(frame)
