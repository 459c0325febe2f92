"""How much of a module's effect reaches a person: by starting level, competency, and time since."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

import numpy as np

from recommender.arrays import BoolArray, FloatArray

TOP = 4.0
# Values tried for each parameter, one parameter at a time; between neighbours the likelihood of a
# history of some thousand records hardly differs.
CURVES: Mapping[str, tuple[float, ...]] = {
    "centre": (-0.25, 0.0, 0.25, 0.5, 0.75, 1.0, 1.25),
    "width": (0.6, 0.8, 1.1, 1.5, 2.1, 3.0),
    "headroom": (0.0, 0.5, 1.0),
    "share": (0.4, 0.55, 0.7, 0.85, 1.0),
}
HALF_LIVES = (2.0, 3.0, 4.0, 6.0, 8.0, 12.0, 18.0, 24.0, 36.0)
# How much better, in log likelihood, effects that fade must explain a history before the model
# believes it: about the 1 % level of a test with one parameter.
FADING_EVIDENCE = 3.0
# Nothing counts more than so many times what it counts at the time asked for.
MAX_FADING = 3.0


@dataclass(frozen=True)
class Weight:
    """What each completed module is multiplied with.

    Attributes
    ----------
    centre, width : float
        Where above the from-level of a module people gain most, and how quickly that falls off, in
        levels; an infinite width is the same everywhere.
    headroom : float
        Power of the share of the scale that is still above the person.
    share : float
        What reaches a competency that the module serves on the side.
    half_life : float
        Months after which half of an effect is left; infinite where effects last.
    """

    centre: float = 0.5
    width: float = np.inf
    headroom: float = 0.0
    share: float = 1.0
    half_life: float = np.inf

    def at(
        self, level: FloatArray, from_level: FloatArray, main: BoolArray, lag: FloatArray
    ) -> FloatArray:
        """Return the weights.

        Parameters
        ----------
        level, from_level : ndarray of shape (n,)
            On [0, 4]; a from-level may be NaN: the person then counts as ready.
        main : ndarray of bool, shape (n,)
            Whether the competency is the module's main one.
        lag : ndarray of shape (n,)
            Months since the completion beyond those that are asked for; NaN for none.
        """
        distance = np.nan_to_num(level - from_level - self.centre)
        weight = np.exp(-0.5 * (distance / self.width) ** 2)
        weight = weight * np.clip((TOP - level) / 2.0, 0.0, None) ** self.headroom
        weight = weight * np.where(main, 1.0, self.share)
        faded = np.exp2(-np.nan_to_num(lag) / self.half_life)
        return weight * np.minimum(faded, MAX_FADING)


def search_curve(start: Weight, likelihood: Callable[[Weight], float]) -> Weight:
    """Find the curve of the greatest likelihood, one parameter after the other, twice."""
    best, score = start, likelihood(start)
    for _ in range(2):
        before = best
        for name, values in CURVES.items():
            tried = [replace(best, **{name: value}) for value in values]
            scores = [likelihood(weight) for weight in tried]
            if max(scores) > score:
                best, score = tried[int(np.argmax(scores))], max(scores)
        if best == before:
            break
    return best


def search_fading(start: Weight, likelihood: Callable[[Weight], float]) -> Weight:
    """Find how quickly effects fade; they last unless the history says otherwise clearly."""
    tried = [replace(start, half_life=value) for value in HALF_LIVES]
    scores = [likelihood(weight) for weight in tried]
    clearly = max(scores) > likelihood(start) + FADING_EVIDENCE
    return tried[int(np.argmax(scores))] if clearly else start
