"""People who have left: whom that concerns, and what takes it back."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping

import pandas as pd

from recommender.errors import ConflictError
from recommender.store import PersonHead


def is_back(hired_on: dt.date | None, left_on: dt.date | None) -> bool:
    """Say whether somebody who left was hired again: on that day or later."""
    return hired_on is not None and left_on is not None and hired_on >= left_on


def keep_left(people: pd.DataFrame, stored: Mapping[str, dt.date]) -> pd.DataFrame:
    """Give people of a table without a day of leaving the one stored, unless they came back.

    A list of staff that knows nothing of leavers would otherwise bring all of them back.
    """
    given = people.get("left_on", pd.Series(None, people.index, dtype=object))
    settled = [
        left or (None if is_back(hired, before := stored.get(person)) else before)
        for person, hired, left in zip(people["person_id"], people["hired_on"], given, strict=True)
    ]
    return people.assign(left_on=pd.Series(settled, people.index, dtype=object))


def refuse_left(person: PersonHead, day: dt.date) -> None:
    """Raise a `ConflictError` if somebody has left by a day: nothing is planned for them."""
    if person.left_on is not None and person.left_on <= day:
        raise ConflictError("person.left", person_id=person.person_id, left_on=person.left_on)
