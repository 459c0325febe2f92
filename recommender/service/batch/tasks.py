"""What is worked out for everybody, and what results of it rest on."""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from recommender.exchange.parquet.parts import PartName
from recommender.service.batch.sources import Head
from recommender.service.framework import release
from recommender.service.plans.choices import PlanRequest
from recommender.service.recommend.recommendations import RecommendationRequest
from recommender.service.workers import Basis


@dataclass(frozen=True)
class Task:
    """What to work out, the same for each part.

    Parameters
    ----------
    folder : Path
        Where the results go; the same place for each worker.
    facts : Path or None
        Folder of the facts; None for the database.
    as_of, today : date
        The day of the question, and the day it is.
    lang : str
        Language of plans and reasons.
    request : RecommendationRequest or PlanRequest
        What is wanted: levels and the best modules, or plans.
    basis : Basis
        What it is worked out with.
    """

    folder: Path
    facts: Path | None
    as_of: dt.date
    today: dt.date
    lang: str
    request: RecommendationRequest | PlanRequest
    basis: Basis

    @property
    def tables(self) -> tuple[str, ...]:
        """The tables that are written; the first one says what the results rest on."""
        if isinstance(self.request, PlanRequest):
            return "plans", "plan_items"
        return "people", "levels", "recommendations"

    def describe_basis(self, offerings: pd.DataFrame | None) -> str:
        """Return a digest of what all results rest on, beside the facts about each person."""
        # the release, too: by its rules they are worked out, and in its form they are written
        parts = [release(), repr(self.request), str(self.basis), self.lang]
        if offerings is not None:
            # a plan begins on the day after
            parts += [str(self.as_of), offerings.to_csv(index=False)]
        return _digest(parts)


@dataclass(frozen=True)
class Part:
    """Some people of a branch whose results stand in the same files."""

    name: PartName
    person_ids: tuple[str, ...]


@dataclass(frozen=True)
class PartDone:
    """How many people a part has, how many were worked out now, and who got nothing and why."""

    people: int
    computed: int
    refused: tuple[tuple[str, str], ...]


def digest_of(basis: str, head: Head) -> str:
    """Return the digest of all that a person's results rest on."""
    return _digest([basis, head.version, head.org_unit, head.grade])


def _digest(parts: Iterable[str]) -> str:
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:32]
