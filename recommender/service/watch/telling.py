"""How figures are told, to who may see single people and to who may not."""

from __future__ import annotations

import math
from dataclasses import dataclass

from recommender.documents.watch.document import Estimate, Finding
from recommender.service.permissions import round_count
from recommender.significance import NORMAL_95


@dataclass(frozen=True)
class Check:
    """A question, what it would find, and how likely chance finds as much."""

    p_value: float
    finding: Finding


@dataclass(frozen=True)
class Telling:
    """As figures are, or so that they say nothing of one person: in steps of five, in tenths."""

    exact: bool

    def count(self, people: int) -> int | None:
        """Tell how many people there are."""
        return people if self.exact else round_count(people)

    def group(self, people: int) -> int:
        """Tell the size of a group that may be shown: of five people at least."""
        told = self.count(people)
        assert told
        return told

    def figure(self, value: float) -> float:
        """Tell a mean."""
        return round(value, 3 if self.exact else 1)

    def estimate(self, value: float, error: float) -> Estimate | None:
        """Tell a mean with its interval; None where it is not known."""
        if not math.isfinite(value + error):
            return None
        half = NORMAL_95 * error
        return Estimate(*(self.figure(each) for each in (value, value - half, value + half)))


def find_range(value: float, error: float) -> Estimate:
    """Return a figure with its 95 % interval as it is."""
    return Estimate(value, value - NORMAL_95 * error, value + NORMAL_95 * error)
