"""Improvement records that name nobody, for analysis outside the database."""

from __future__ import annotations

import hashlib
import hmac

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from recommender.errors import InputError
from recommender.improvement.history.frames import RECORD_COLUMNS, day_numbers

SHIFT_DAYS = 30
# 128 bits cannot be tried out; a hash without a key could be, as the ids are few.
KEY_BYTES = 16
# 64 bits: short enough to read, and still no two of a million people share a pseudonym.
_HEX_DIGITS = 16


def pseudonymise(
    frame: pd.DataFrame, key: bytes, *, org_depth: int = 1, earlier_by_days: int = 0
) -> pd.DataFrame:
    """Replace people by pseudonyms and shift their dates.

    The result is pseudonymous, not anonymous: somebody who has the key, or knows the exact levels
    and intervals of a person, can find that person again.

    Parameters
    ----------
    frame : DataFrame
        Improvement records; only the columns `RECORD_COLUMNS` are taken over.
    key : bytes
        Secret, at least 16 bytes. The same key gives a person the same pseudonym and shift.
    org_depth : int
        How many units of the org unit's path are kept, from the top; 0 for none.
    earlier_by_days : int
        Further days by which all dates move back; with `SHIFT_DAYS` no date ends up later than
        it was.

    Returns
    -------
    DataFrame
        `person_id` is the HMAC-SHA256 of the id in 16 hexadecimal digits; all dates of a
        person are shifted by one number of days in -30 … 30 that follows from the key, so that
        days between stay what they were. Sorted anew: the order of the rows tells nothing.

    Raises
    ------
    InputError
        If the key is too short to be secret.
    """
    if len(key) < KEY_BYTES:
        raise InputError("history.key-too-short", minimum=KEY_BYTES)
    codes, people = pd.factorize(frame["person_id"].astype(object))
    digests = [hmac.new(key, str(person).encode(), hashlib.sha256).digest() for person in people]
    names = np.array([digest.hex()[:_HEX_DIGITS] for digest in digests], dtype=object)
    # The name shows the first 8 bytes of the digest; the next 8 do not follow from them.
    drawn = [int.from_bytes(digest[8:16], "big") % (2 * SHIFT_DAYS + 1) for digest in digests]
    shift = np.array(drawn, dtype=np.int64) - SHIFT_DAYS - earlier_by_days
    hidden = {"person_id": pd.Series(names[codes], dtype=object)}
    for name in RECORD_COLUMNS:
        if name not in frame or name == "person_id":
            continue
        column = frame[name].reset_index(drop=True)
        if name.endswith("_on"):
            column = pd.Series(_shift(column, shift[codes]), dtype=object)
        elif name == "org_unit":
            column = column.map(lambda path: _cut(path, org_depth)).astype(object)
        hidden[name] = column
    result = pd.DataFrame(hidden)
    # Sorted anew, because the order of rows in the source may tell who is who.
    order = [name for name in hidden if name not in ("level_before", "level_after", "org_unit")]
    return result.sort_values(order, ignore_index=True, kind="stable")


def _shift(dates: pd.Series, days: NDArray[np.int64]) -> NDArray[np.object_]:
    at = day_numbers(dates)
    known = np.isfinite(at)
    moved = (np.where(known, at, 0.0).astype(np.int64) + days).astype("datetime64[D]")
    moved = moved.astype(object)
    moved[~known] = None
    return moved


def _cut(path: object, depth: int) -> str | None:
    if not isinstance(path, str):
        return None
    return "/".join(path.split("/")[:depth]) or None
