"""How good predicted effects are where the truth is known: on a simulated history."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from recommender.arrays import FloatArray, IntArray
from recommender.errors import ShapeMismatchError
from recommender.improvement.evaluation import calibration_slope
from recommender.improvement.simulation.synthetic import Simulation


@dataclass(frozen=True)
class TruthScore:
    """How good predicted effects are where the truth is known.

    Attributes
    ----------
    regret : float
        Share of the best attainable true effect lost by taking the top-ranked module.
    ndcg : float
        Normalised discounted cumulative true effect of the first five.
    rmse, bias : float
        Error of the effect, predicted less true, in levels.
    slope : float
        Slope of true on predicted effect.
    coverage : float
        Share of effect intervals that held; NaN without intervals.
    """

    regret: float
    ndcg: float
    rmse: float
    bias: float
    slope: float
    coverage: float


def truth_queries(simulation: Simulation) -> tuple[IntArray, IntArray]:
    """Every question of a simulation with every module that serves its competency.

    Returns
    -------
    query, pair : ndarray of int, shape (n,)
        Row of the query arrays and of the true pairs.
    """
    asked = simulation.queries[["competency_id"]].assign(query=np.arange(len(simulation.queries)))
    served = simulation.pairs[["competency_id"]].assign(pair=np.arange(len(simulation.pairs)))
    rows = asked.merge(served, on="competency_id")
    return rows["query"].to_numpy(), rows["pair"].to_numpy()


def score_truth(
    query: IntArray,
    effect: FloatArray,
    truth: FloatArray,
    *,
    lower: FloatArray | None = None,
    upper: FloatArray | None = None,
) -> TruthScore:
    """Compare predicted with true effects.

    Parameters
    ----------
    query : ndarray of int, shape (n,)
        Which question a row belongs to; the modules of one question compete.
    effect, truth : ndarray of shape (n,)
        Predicted and true effect, in levels.
    lower, upper : ndarray of shape (n,), optional
        Interval of the effect.
    """
    if not query.shape == effect.shape == truth.shape:
        raise ShapeMismatchError("query, effect and truth must have one shape")
    _, query = np.unique(query, return_inverse=True)
    order = np.lexsort((-effect, query))
    first = np.flatnonzero(np.diff(query[order], prepend=-1))
    best = np.full(first.size, -np.inf)
    np.maximum.at(best, query, truth)
    covered = float("nan")
    if lower is not None and upper is not None:
        covered = float(((lower <= truth) & (truth <= upper)).mean())
    attainable = np.maximum(best, 0.0)
    ideal = _discounted(query, truth, truth)
    useful = ideal > 0
    ratio = _discounted(query, effect, truth)[useful] / ideal[useful]
    return TruthScore(
        regret=1.0 - float(truth[order[first]].sum() / attainable.sum()),
        ndcg=float(ratio.mean()),
        rmse=float(np.sqrt(((effect - truth) ** 2).mean())),
        bias=float((effect - truth).mean()),
        slope=calibration_slope(effect, truth),
        coverage=covered,
    )


def _discounted(query: IntArray, score: FloatArray, truth: FloatArray, k: int = 5) -> FloatArray:
    order = np.lexsort((-score, query))
    ordered = query[order]
    first = np.flatnonzero(np.diff(ordered, prepend=-1))
    rank = np.arange(ordered.size) - first[ordered]
    value = np.maximum(truth[order], 0.0) / np.log2(rank + 2.0)
    return np.bincount(ordered, weights=np.where(rank < k, value, 0.0)).astype(np.float64)
