"""Figures of levels that are kept in the database: found, and read as arrays."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

import numpy as np

from recommender.arrays import FloatArray
from recommender.service.framework import Framework, release
from recommender.store import Connection, PersonHead
from recommender.store.people.levels import read_kept_levels

# the same bytes on every machine that opens the database
FIGURES = np.dtype("<f8")


def basis_of(framework: Framework) -> str:
    """Return what levels are worked out by: the release, for its rules, and the catalogue."""
    return f"{release()} {framework.catalog.digest}"


def pick_kept(
    connection: Connection, framework: Framework, people: Sequence[PersonHead], day: dt.date
) -> tuple[list[int], FloatArray]:
    """Pick what is kept of people for a day.

    Returns
    -------
    positions : list of int
        Of those of whom something is kept that still holds.
    figures : ndarray of shape (3, n_positions, n_competencies)
        Their levels, standard errors and days.
    """
    at = {head.person_id: i for i, head in enumerate(people)}
    positions: list[int] = []
    parts: list[bytes] = []
    for name, number, part in read_kept_levels(connection, at, basis=basis_of(framework), day=day):
        if people[at[name]].version == number:
            positions.append(at[name])
            parts.append(part)
    shape = (len(parts), 3, len(framework.competency_ids))
    # one array of all: a hundred thousand small ones take ten times as long
    figures = np.frombuffer(b"".join(parts), dtype=FIGURES).reshape(shape)
    return positions, figures.swapaxes(0, 1)
