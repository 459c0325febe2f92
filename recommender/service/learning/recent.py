"""The history since a model was trained: what it can be judged by while it is in force."""

from __future__ import annotations

import datetime as dt
import zlib
from dataclasses import dataclass

import pandas as pd

from recommender.arrays import FloatArray, months_before
from recommender.improvement.history import (
    AFTER_WINDOW_DAYS,
    BEFORE_WINDOW_DAYS,
    HistoryRecords,
    merge_records,
    read_records,
    to_intervals,
)
from recommender.improvement.intervals import is_trained
from recommender.service.learning.collecting import derive_records
from recommender.service.session import Session
from recommender.store import Connection, FirstDays, read_improvement_records
from recommender.store.history import read_history_state
from recommender.store.provision import find_reassessed

MOST_PEOPLE = 1000
"""Of so many people the facts are read at the most; of more, of a sample that stays the same."""


@dataclass(frozen=True)
class RecentHistory:
    """Trained intervals that end after a day.

    Parameters
    ----------
    intervals : DataFrame
        As `to_intervals` returns them.
    level_after : ndarray of shape (n_intervals,)
        Level at the later assessment.
    is_sample : bool
        Whether more people were assessed again than were read.
    """

    intervals: pd.DataFrame
    level_after: FloatArray
    is_sample: bool


def read_recent_history(session: Session, *, after: dt.date, as_of: dt.date) -> RecentHistory:
    """Read the trained intervals that end after a day and up to another; all share the answer."""
    service = session.service
    with session.reading() as connection:
        # reading the facts of a thousand people takes seconds, and a page is opened again and again
        state = (after, as_of, service.framework.catalog.digest, read_history_state(connection))
        recent: RecentHistory = service.caches.recent.get(
            state, lambda: _read(session, connection, after, as_of)
        )
    return recent


def _read(
    session: Session, connection: Connection, after: dt.date, as_of: dt.date
) -> RecentHistory:
    framework = session.service.framework
    # a module is put down to the assessments around it only where they are so near
    first = after - dt.timedelta(days=AFTER_WINDOW_DAYS)
    people = find_reassessed(connection, completed_after=first, assessed_after=after, until=as_of)
    # by the id alone, so that the same people are followed from day to day
    chosen = sorted(people, key=lambda each: (zlib.crc32(each.encode()), each))[:MOST_PEOPLE]
    settings = framework.catalog.settings
    first -= dt.timedelta(days=BEFORE_WINDOW_DAYS)
    derived = derive_records(
        connection,
        framework,
        as_of=as_of,
        person_ids=chosen,
        first_days=FirstDays(
            ratings=first - dt.timedelta(days=settings.rating_window_days),
            exams=months_before(first, settings.exam_validity_months),
            assessments=first,
        ),
    )
    stored = read_improvement_records(connection, as_of=as_of)
    merged: HistoryRecords = merge_records(
        derived, read_records(stored[stored["after_on"] > after])
    )
    X, level_after = to_intervals(merged.frame)
    rows = is_trained(X) & (X["assessed_on"] > pd.Timestamp(after)).to_numpy()
    return RecentHistory(
        X[rows].reset_index(drop=True), level_after[rows], len(chosen) < len(people)
    )
