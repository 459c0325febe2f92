"""Expected improvement of every pair of module and competency, and where it comes from."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from recommender.ranking import predict_improvement
from recommender.results import Basis
from recommender.scoring import FloatArray, IntArray
from recommender.service.framework import Framework


@dataclass(frozen=True)
class Estimates:
    """What is expected of each pair of `Framework.modules`.

    Parameters
    ----------
    model_id : str or None
        The model in force; None where the catalogue's own estimates are used.
    coefficients : ndarray of shape (n_pairs, degree + 1)
        Expected improvement, a polynomial in the level, constant first.
    lower, upper : ndarray of shape (n_pairs, degree + 1), or None
        Bounds of the true effect, in the same form; None for an expert's estimate.
    evidence_count : ndarray of shape (n_pairs,)
        Improvement records behind each pair.
    """

    model_id: str | None
    coefficients: FloatArray
    lower: FloatArray | None
    upper: FloatArray | None
    evidence_count: IntArray

    def basis(self, pair: int) -> Basis:
        """Return where the estimate of a pair comes from."""
        if self.model_id is None:
            return "expert"
        return "measured" if self.evidence_count[pair] > 0 else "pooled"

    def interval(self, pair: int, level: float) -> tuple[float | None, float | None]:
        """Return the bounds of a pair's true effect at a level, None where there are none."""
        if self.lower is None or self.upper is None:
            return None, None
        powers = level ** np.arange(self.lower.shape[1])
        return float(self.lower[pair] @ powers), float(self.upper[pair] @ powers)

    def improvement(self, levels: FloatArray, pair: IntArray) -> FloatArray:
        """Return the expected improvement of pairs at levels, both of shape (n,)."""
        return predict_improvement(levels[None, :], self.coefficients[pair])[0]


def expert_estimates(framework: Framework) -> Estimates:
    """Return the catalogue's own estimates, used while no effect model is in force."""
    expert = framework.modules.pair_expert
    return Estimates(
        model_id=None,
        coefficients=expert[:, None],
        lower=None,
        upper=None,
        evidence_count=np.zeros(len(expert), dtype=np.int64),
    )
