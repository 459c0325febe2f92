"""A figure and how far it may be off."""

from __future__ import annotations

import math
from dataclasses import dataclass


@dataclass(frozen=True)
class Estimate:
    """A figure with the interval that the true one lies in, about 95 times of 100.

    Attributes
    ----------
    value : float
        What was measured.
    lower, upper : float
        Ends of the interval; infinite where the figures set no end.
    """

    value: float
    lower: float
    upper: float

    @property
    def standard_error(self) -> float:
        """Half of the interval in standard errors; infinite where it has no end."""
        return (self.upper - self.lower) / (2.0 * NORMAL_95)

    @property
    def is_settled(self) -> bool:
        """Whether the interval lies on one side of 0."""
        return self.lower > 0.0 or self.upper < 0.0

    def times(self, factor: float) -> Estimate:
        """Return the figure in another unit; a negative factor turns the interval round."""
        ends = sorted((self.lower * factor, self.upper * factor))
        return Estimate(self.value * factor, *ends) if factor else Estimate(0.0, 0.0, 0.0)

    def plus(self, constant: float) -> Estimate:
        """Return the figure with something known for sure added to it."""
        return Estimate(self.value + constant, self.lower + constant, self.upper + constant)

    @property
    def is_finite(self) -> bool:
        """Whether the interval has both ends."""
        return math.isfinite(self.lower) and math.isfinite(self.upper)


NORMAL_95 = 1.959963984540054
"""The 97.5 % quantile of the standard normal."""
