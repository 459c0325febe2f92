"""How figures are told to readers who may see single people, and to those who may not.

The latter get the ends of quarters, counts in steps of five and rounded figures, so that two
answers do not tell of the person by whom they differ (DECISIONS, 28).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from recommender.effectiveness.estimate import Estimate
from recommender.effectiveness.roi import CostPerLevel, ReturnOnInvestment
from recommender.effectiveness.verdict import Reason, Verdict
from recommender.service.groups.disclosure import SMALL_CELL, choose_shown
from recommender.service.permissions import round_count

_FIGURES = 2
"""Leading digits of amounts that are not told as they are."""


@dataclass(frozen=True)
class Teller:
    """Tells figures to one reader.

    Parameters
    ----------
    exactly : bool
        Whether the reader may see single people.
    """

    exactly: bool

    def count(self, people: int) -> int | None:
        """Return how many people there are; None below the first step of five."""
        return people if self.exactly else round_count(people)

    def number(self, value: float, digits: int) -> float:
        """Return a figure, to so many decimals where it is not told as it is."""
        return value if self.exactly else round(value, digits)

    def estimate(self, estimate: Estimate, digits: int) -> Estimate:
        """Return an estimate, to so many decimals where it is not told as it is."""
        parts = (estimate.value, estimate.lower, estimate.upper)
        return Estimate(*(self.number(part, digits) for part in parts))

    def amount(self, estimate: Estimate) -> Estimate:
        """Return an estimate of any size, to two digits where it is not told as it is."""
        if self.exactly:
            return estimate
        return Estimate(
            *(_shorten(part) for part in (estimate.value, estimate.lower, estimate.upper))
        )

    def return_(self, returned: ReturnOnInvestment) -> ReturnOnInvestment:
        """Return a return on investment, as amounts and tenths where it is not told as it is."""
        if self.exactly:
            return returned
        return ReturnOnInvestment(
            benefit=self.amount(returned.benefit),
            cost=_shorten(returned.cost),
            net=self.amount(returned.net),
            roi=self.estimate(returned.roi, 1),
            benefit_cost_ratio=self.estimate(returned.benefit_cost_ratio, 1),
        )

    def cost_per_level(self, cost: CostPerLevel) -> CostPerLevel:
        """Return the cost of a level, to two digits where it is not told as it is."""
        if self.exactly:
            return cost
        ends = {name: _shorten(getattr(cost, name)) for name in ("value", "lower", "upper")}
        return replace(cost, **ends)

    def reason(self, reason: Reason) -> Reason:
        """Return a reason, its figures to hundredths where they are not told as they are."""
        if self.exactly:
            return reason
        values = {
            name: round(value, 2) if isinstance(value, float) else value
            for name, value in reason.values.items()
        }
        if "more" in values:  # worked out from how far single gains lie apart
            values["more"] = -(-values["more"] // SMALL_CELL) * SMALL_CELL
        return Reason(reason.code, values)

    def verdict(self, verdict: Verdict) -> Verdict:
        """Return a verdict, with its reasons as `reason` tells them."""
        reasons, needs = (
            tuple(self.reason(each) for each in part) for part in (verdict.reasons, verdict.needs)
        )
        return Verdict(verdict.decision, reasons, needs)

    def choose_parts(self, counts: Sequence[int]) -> list[bool]:
        """Say which parts of a whole may have figures.

        Small ones have none; for who may see no single person, neither have those that would tell
        of a small one what the whole and the others leave over.
        """
        sizes = np.array(counts, dtype=np.int64)
        if self.exactly or not sizes.size:
            return (sizes >= SMALL_CELL).tolist()
        # as units right below everybody, all of one grade
        whole = np.append(sizes.sum(), sizes)
        above = np.where(np.arange(whole.size) == 0, -1, 0)
        shown = choose_shown(np.stack([whole, whole], axis=1), above)
        return (shown[1:, 0] & (sizes >= SMALL_CELL)).tolist()


def _shorten(value: float) -> float:
    if not value or not math.isfinite(value):
        return value
    return round(value, _FIGURES - 1 - math.floor(math.log10(abs(value))))
