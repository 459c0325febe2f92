"""Expected improvement of every pair of module and competency, and where it comes from."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from recommender.arrays import FloatArray, IntArray
from recommender.improvement.model.effects import EffectFit
from recommender.improvement.model.prediction import predict
from recommender.improvement.registry import TrainedModel
from recommender.ranking import predict_improvement
from recommender.results import Basis
from recommender.service.framework import Framework
from recommender.service.models import Models


@dataclass(frozen=True)
class Estimates:
    """What is expected of each pair of `Framework.modules`.

    Parameters
    ----------
    model_id : str or None
        The model in force; None where the catalogue's own estimates are used.
    coefficients : ndarray of shape (n_pairs, degree + 1)
        Expected improvement, a polynomial in the level, constant first.
    fit : EffectFit or None
        The model itself, for intervals and evidence.
    fitted_module, fitted_competency : ndarray of shape (n_pairs,)
        The model's codes of each pair; -1 where the model does not know it.
    """

    model_id: str | None
    coefficients: FloatArray
    fit: EffectFit | None
    fitted_module: IntArray
    fitted_competency: IntArray

    def describe(self, pairs: IntArray, levels: FloatArray) -> list[PairEstimate]:
        """Return what is expected of pairs, each at a level."""
        expert = predict_improvement(levels[None, :], self.coefficients[pairs])[0]
        estimates = [PairEstimate(value, None, None, 0, "expert") for value in expert.tolist()]
        if self.fit is None:
            return estimates
        known = np.flatnonzero(self.fitted_module[pairs] >= 0)
        found = predict(
            self.fit,
            self.fitted_module[pairs[known]],
            self.fitted_competency[pairs[known]],
            levels[known],
        )
        for at, value, lower, upper, count in zip(
            known.tolist(),
            found.expected_improvement.tolist(),
            found.effect_lower.tolist(),
            found.effect_upper.tolist(),
            found.evidence_count.tolist(),
            strict=True,
        ):
            basis: Basis = "measured" if count else "pooled"
            estimates[at] = PairEstimate(value, lower, upper, count, basis)
        return estimates


@dataclass(frozen=True)
class PairEstimate:
    """The expected improvement of one module for one competency at one level, in levels."""

    improvement: float
    lower: float | None
    upper: float | None
    evidence_count: int
    basis: Basis


def load_estimates(framework: Framework, models: Models, model_id: str | None = None) -> Estimates:
    """Return the estimates of a model, else of the one in force, else of the experts.

    Raises
    ------
    NotFoundError, ModelError
        If there is no such model, or it cannot be used.
    """
    chosen = model_id or models.active()
    if chosen is None:
        return expert_estimates(framework)
    model, _ = models.load(chosen)
    return model_estimates(framework, chosen, model)


def expert_estimates(framework: Framework) -> Estimates:
    """Return the catalogue's own estimates, used while no effect model is in force."""
    expert = framework.modules.pair_expert
    unknown = np.full(len(expert), -1, dtype=np.int64)
    return Estimates(None, expert[:, None], None, unknown, unknown)


def model_estimates(framework: Framework, model_id: str, model: TrainedModel) -> Estimates:
    """Return the estimates of an effect model.

    Parameters
    ----------
    model_id : str
        Which model it is.
    model : TrainedModel
        The model, fitted on levels in [0, 4].

    Returns
    -------
    Estimates
        A module that came after the model was trained keeps the catalogue's own estimate.
    """
    modules = framework.modules
    module_code = {name: i for i, name in enumerate(model.module_ids)}
    competency_code = {name: i for i, name in enumerate(model.competency_ids)}
    position = {
        (int(m), int(c)): i
        for i, (m, c) in enumerate(
            zip(model.fit.pair_module, model.fit.pair_competency, strict=True)
        )
    }
    n_pairs = len(modules.pair_module)
    coefficients = np.zeros((n_pairs, model.fit.coefficients.shape[1]))
    coefficients[:, 0] = modules.pair_expert
    fitted_module = np.full(n_pairs, -1, dtype=np.int64)
    fitted_competency = np.full(n_pairs, -1, dtype=np.int64)
    for pair, (m, k) in enumerate(zip(modules.pair_module, modules.pair_competency, strict=True)):
        code = (
            module_code.get(modules.ids[m], -1),
            competency_code.get(framework.competency_ids[k], -1),
        )
        if code in position:
            coefficients[pair] = model.fit.coefficients[position[code]]
            fitted_module[pair], fitted_competency[pair] = code
    return Estimates(model_id, coefficients, model.fit, fitted_module, fitted_competency)
