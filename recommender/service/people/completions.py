"""Lists of completions: a row that completes what somebody is enrolled in closes that enrolment.

Learning systems list who has completed what, often without the day of enrolment that is part of
an enrolment's key. Stored as it stands, such a row would be a second enrolment beside the first,
which would keep its seat for ever.
"""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Sequence
from typing import NamedTuple

import pandas as pd

from recommender.store import Connection
from recommender.store.people.enrolments import EnrolmentKey, list_of_people

_Key = tuple[str, str, dt.date]


class _Completion(NamedTuple):
    key: _Key
    offering_id: str | None
    completed_on: dt.date


def close_open(connection: Connection, enrolments: pd.DataFrame) -> pd.DataFrame:
    """Give completions of a table the day of enrolment and the offering of what they complete.

    That is the enrolment of the person in the module that was completed on that very day, so that
    a list can be imported again, or else the latest one that was open then. A row whose own day
    of enrolment is stored stays as it is, and so does an enrolment that has a row of its own.
    """
    is_done = (enrolments["status"] == "completed").to_numpy()
    if not is_done.any():
        return enrolments
    columns = ("person_id", "module_id", "enrolled_on", "offering_id", "completed_on")
    rows = [
        _Completion((person, module, enrolled), offering, completed)
        for person, module, enrolled, offering, completed in zip(
            *(enrolments[name] for name in columns), strict=True
        )
    ]
    stored = defaultdict[tuple[str, str], list[EnrolmentKey]](list)
    for enrolment in list_of_people(connection, enrolments["person_id"][is_done]):
        stored[enrolment.person_id, enrolment.module_id].append(enrolment)
    used = {row.key for row in rows}
    # the earliest first: of two completions the first one is that of the open enrolment
    for at in sorted(is_done.nonzero()[0], key=lambda at: rows[at].completed_on):
        row = rows[at]
        known = stored.get(row.key[:2], ())
        if found := _find_completed(row, known, used):
            key = (*row.key[:2], found.enrolled_on)
            used.add(key)
            rows[at] = _Completion(key, row.offering_id or found.offering_id, row.completed_on)
    return enrolments.assign(
        enrolled_on=pd.Series([row.key[2] for row in rows], enrolments.index, dtype=object),
        offering_id=pd.Series([row.offering_id for row in rows], enrolments.index, dtype=object),
    )


def _find_completed(
    row: _Completion, known: Sequence[EnrolmentKey], used: set[_Key]
) -> EnrolmentKey | None:
    if any(enrolment.enrolled_on == row.key[2] for enrolment in known):
        return None
    free = [
        enrolment
        for enrolment in known
        if (*row.key[:2], enrolment.enrolled_on) not in used
        and enrolment.enrolled_on <= row.completed_on
        # of two different runs of a module one is not the other
        and (
            None in (row.offering_id, enrolment.offering_id)
            or row.offering_id == enrolment.offering_id
        )
    ]
    again = [enrolment for enrolment in free if enrolment.completed_on == row.completed_on]
    open_ = [enrolment for enrolment in free if enrolment.status == "enrolled"]
    return max(again or open_, key=lambda enrolment: enrolment.enrolled_on, default=None)
