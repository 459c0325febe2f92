"""Figures of levels that are kept in the database: found, and read as arrays."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

import numpy as np

from recommender.arrays import BoolArray, FloatArray
from recommender.service.framework import Framework, release
from recommender.store import Connection, PersonHead
from recommender.store.people.levels import read_kept_levels

# the same bytes on every machine that opens the database
FIGURES = np.dtype("<f8")


def basis_of(framework: Framework) -> str:
    """Return what levels are worked out by: the release, for its rules, and the catalogue."""
    return f"{release()} {framework.catalog.digest}"


def pick_kept(
    connection: Connection,
    framework: Framework,
    people: Sequence[PersonHead],
    days: Sequence[dt.date],
) -> tuple[BoolArray, list[FloatArray]]:
    """Pick what is kept of people for some days, which is read once for all of them.

    Returns
    -------
    is_kept : ndarray of bool, shape (n_days, n_people)
        Of whom something is kept for a day that still holds.
    figures : list of ndarray of shape (3, n_people, n_competencies)
        For each day, levels, standard errors and days; of the others they mean nothing.
    """
    n_competencies = len(framework.competency_ids)
    position = {head.person_id: i for i, head in enumerate(people)}
    versions = np.array([head.version for head in people], dtype=np.int64)
    is_kept = np.zeros((len(days), len(people)), dtype=bool)
    figures = [np.empty((3, len(people), n_competencies)) for _ in days]
    for rows in read_kept_levels(
        connection, position, basis=basis_of(framework), first=min(days), last=max(days)
    ):
        if not rows:
            continue
        names, first, last, numbers, parts = zip(*rows, strict=True)
        at = np.array([position[name] for name in names])
        holds = versions[at] == numbers
        # as numbers, one by one: numpy takes ten times as long to read dates
        begins = np.array([day.toordinal() for day in first])
        ends = np.array([day.toordinal() for day in last])
        # one array of all: small ones, one by one, take ten times as long
        table = np.frombuffer(b"".join(parts), dtype=FIGURES).reshape(-1, 3, n_competencies)
        for i, day in enumerate(days):
            some = holds & (begins <= day.toordinal()) & (ends >= day.toordinal())
            is_kept[i, at[some]] = True
            figures[i][:, at[some]] = table[some].swapaxes(0, 1)
    return is_kept, figures
