"""A figure and how far it may be off."""

from __future__ import annotations

import math
from dataclasses import dataclass

from scipy import special

from recommender.arrays import FloatArray

CONFIDENCE = 0.95


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
    def half_width(self) -> float:
        """Half of the interval; infinite where it has no end."""
        return (self.upper - self.lower) / 2.0

    @property
    def is_settled(self) -> bool:
        """Whether the interval lies on one side of 0."""
        return self.lower > 0.0 or self.upper < 0.0

    def times(self, factor: float) -> Estimate:
        """Return the figure in another unit; a negative factor turns the interval round."""
        if not factor:  # also of an interval without an end: 0 times infinity is no number
            return Estimate(0.0, 0.0, 0.0)
        lower, upper = sorted((self.lower * factor, self.upper * factor))
        return Estimate(self.value * factor, lower, upper)

    def plus(self, constant: float) -> Estimate:
        """Return the figure with something known for sure added to it."""
        return Estimate(self.value + constant, self.lower + constant, self.upper + constant)


def around(value: float, standard_error: float, degrees_of_freedom: float) -> Estimate:
    """Return an estimate by Student's t.

    Parameters
    ----------
    value, standard_error : float
        The figure and its standard error.
    degrees_of_freedom : float
        Of the standard error; below 1 nothing is known of it, and the interval has no ends.

    Returns
    -------
    Estimate
    """
    if degrees_of_freedom < 1 or not math.isfinite(standard_error):
        return Estimate(value, -math.inf, math.inf)
    half = float(special.stdtrit(degrees_of_freedom, (1.0 + CONFIDENCE) / 2.0)) * standard_error
    return Estimate(value, value - half, value + half)


def estimate_mean(values: FloatArray) -> Estimate:
    """Estimate the mean that some values are a sample of.

    Parameters
    ----------
    values : ndarray of shape (n,)
        At least one, all finite, independent of each other.

    Returns
    -------
    Estimate
        Without ends for a single value.
    """
    n = values.size
    spread = float(values.std(ddof=1)) if n > 1 else math.inf
    return around(float(values.mean()), spread / math.sqrt(n), n - 1)
