"""Ways to rank modules for people, and the lists that people are shown, with their propensities.

The product ranks by the expected gap closed; the other policies are what people do without a model,
and an oracle that knows true levels and effects, which nobody can beat by much.
Each ranking is shown as a short list. Where modules of the list are as good as equal, the one put
first may be drawn, with a probability that is logged. Only that probability makes it possible to
say later what another ranking would have gained.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from recommender.arrays import FloatArray, IntArray
from recommender.candidates import ModuleArrays


class Policy(StrEnum):
    """What the recommendations of a simulated organisation go by."""

    MODEL = "effect-model"
    MODEL_DRAWN = "effect-model-drawn"
    RAW_MEAN = "raw-mean"
    GAP_ONLY = "gap-only"
    RANDOM = "random"
    ORACLE = "oracle"


@dataclass(frozen=True)
class Shown:
    """Short lists as shown; arrays of shape (n_people, n_shown), first place first.

    Attributes
    ----------
    module : ndarray of int
        Code of the module; -1 where there are fewer candidates.
    score : ndarray of float
        What the ranking went by; NaN where there is no module.
    propensity : ndarray of float
        Probability with which the module was put first, given the list; sums to 1 for each
        person who has a candidate.
    """

    module: IntArray
    score: FloatArray
    propensity: FloatArray


def sum_by_module(values: FloatArray, modules: ModuleArrays) -> FloatArray:
    """Add up values of pairs, shape (n_people, n_pairs), to (n_people, n_modules)."""
    # One matrix product; np.add.at over pairs would be far slower.
    return values @ (modules.pair_module[:, None] == np.arange(modules.n_modules)).astype(float)


def best_modules(score: FloatArray, n_shown: int) -> tuple[IntArray, FloatArray]:
    """Return the modules of the highest scores, and these, of shape (n_people, n_shown).

    Parameters
    ----------
    score : ndarray of shape (n_people, n_modules)
        What to rank by; -inf where the module is no candidate. Of equal scores the first counts.
    n_shown : int
        Length of the list.

    Returns
    -------
    module : ndarray of int
        -1 where there are fewer candidates.
    score : ndarray
        NaN where there are fewer candidates.
    """
    order = np.argsort(-score, axis=1, kind="stable")[:, :n_shown]
    listed = np.take_along_axis(score, order, axis=1)
    there = np.isfinite(listed)
    return np.where(there, order, -1), np.where(there, listed, np.nan)


def show_modules(
    module: IntArray,
    score: FloatArray,
    *,
    rng: np.random.Generator,
    margin: float = 0.0,
    draw_share: float = 0.0,
) -> Shown:
    """Show ranked modules and, at times, put another of nearly the same score first.

    With probability `draw_share` the first place goes to one of the listed modules whose score
    is within `margin` of the best, each as probable as the others; else to the best. The rest
    follow by score.

    Parameters
    ----------
    module : ndarray of int, shape (n_people, n_shown)
        Codes, best first; -1 where there are fewer candidates.
    score : ndarray of shape (n_people, n_shown)
        What they were ranked by; NaN where there is no module.
    rng : Generator
        Draws the first places.
    margin : float
        How far below the best a score counts as the same, in the units of the score.
    draw_share : float
        Probability of a draw, in [0, 1].

    Returns
    -------
    Shown
        With the probabilities of what was shown.
    """
    there = module >= 0
    near = there & (np.nan_to_num(score, nan=-np.inf) >= score[:, :1] - margin)
    near[:, 0] = there[:, 0]
    propensity = draw_share * near / np.maximum(near.sum(axis=1, keepdims=True), 1)
    propensity[:, 0] += (1.0 - draw_share) * there[:, 0]
    # One number for each person, whatever the length of the list: policies with other lists then
    # still draw the same numbers.
    point = rng.random(len(score))[:, None]
    first = (np.cumsum(propensity, axis=1) <= point).sum(axis=1)
    # Sums of shares may end a hair below 1: then the last of the near ones is taken.
    first = np.minimum(first, np.maximum(near.sum(axis=1) - 1, 0))
    place = np.broadcast_to(np.arange(module.shape[1]), module.shape)
    # The drawn module moves to the front and the others keep their order.
    shown = np.argsort(np.where(place == first[:, None], -1, place), axis=1)

    def arrange(values: NDArray[np.generic]) -> NDArray[np.generic]:
        return np.take_along_axis(values, shown, axis=1)

    return Shown(
        module=arrange(module).astype(np.int64),
        score=arrange(score).astype(np.float64),
        propensity=arrange(propensity).astype(np.float64),
    )
