"""Expected improvement of every pair of module and competency, and what it is based on.

A model that was fitted without control rows knows only the order of modules: how much each is
expected to add is then the experts' estimate.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np

from recommender.arrays import FloatArray, IntArray
from recommender.errors import ModelError
from recommender.improvement.effect_table import GRID, EffectTable, find_pairs, predict
from recommender.improvement.history_checks import HistoryWarning
from recommender.improvement.registry import TrainedModel
from recommender.ranking import ModelOrder, predict_improvement
from recommender.results import Basis
from recommender.service.framework import Framework
from recommender.service.models import Models


@dataclass(frozen=True)
class Estimates:
    """What is expected of each pair of `Framework.modules`.

    Parameters
    ----------
    model_id : str or None
        The model; None where the catalogue's own estimates are used.
    table : ndarray of shape (n_pairs, n_grid) or (n_pairs, 1)
        Expected improvement at the levels of `GRID`, or at any level.
    fit : EffectTable or None
        The model itself, for intervals and evidence.
    fitted_module, fitted_competency : ndarray of shape (n_pairs,)
        The model's codes of each pair; -1 where the model does not know the pair.
    order : ModelOrder or None
        The order of a model that does not know how much modules add; `table` is the experts' then.
    not_used : str or None
        The model in force, where it is of an earlier release; `table` is the experts' then.
    findings : tuple of HistoryWarning
        What the model's history cannot tell.
    """

    model_id: str | None
    table: FloatArray
    fit: EffectTable | None
    fitted_module: IntArray
    fitted_competency: IntArray
    order: ModelOrder | None = None
    not_used: str | None = None
    findings: tuple[HistoryWarning, ...] = ()

    @property
    def in_force(self) -> str | None:
        """The model in force when these were read, whether or not it could be used."""
        return self.model_id or self.not_used

    @property
    def size_known(self) -> bool:
        """Whether the model in use, if there is one, knows more than the order of modules."""
        return self.order is None

    def cautions(self, module_id: str) -> tuple[str, ...]:
        """Return the codes of what should be said where an effect of the module is shown."""
        return tuple(found.code for found in self.findings if found.touches(module_id))

    def describe(self, pairs: IntArray, levels: FloatArray) -> list[PairEstimate]:
        """Return what is expected of pairs, each at a level."""
        expert = predict_improvement(levels[None, :], self.table[pairs])[0]
        estimates = [PairEstimate(value, None, None, 0, "expert") for value in expert.tolist()]
        if self.fit is None:
            return estimates
        known = np.flatnonzero(self.fitted_module[pairs] >= 0)
        if self.order is not None:
            rows = find_pairs(
                self.fit, self.fitted_module[pairs[known]], self.fitted_competency[pairs[known]]
            )
            for at, count in zip(
                known.tolist(), self.fit.evidence_count[rows].tolist(), strict=True
            ):
                estimates[at] = estimates[at]._replace(evidence_count=count)
            return estimates
        predicted = predict(
            self.fit,
            self.fitted_module[pairs[known]],
            self.fitted_competency[pairs[known]],
            levels[known],
        )
        for at, value, lower, upper, count in zip(
            known.tolist(),
            predicted.expected_improvement.tolist(),
            predicted.effect_lower.tolist(),
            predicted.effect_upper.tolist(),
            predicted.evidence_count.tolist(),
            strict=True,
        ):
            basis: Basis = "measured" if count else "pooled"
            # An estimator that has no interval of the effect gives none.
            bounds = (None, None) if np.isnan(lower) else (lower, upper)
            estimates[at] = PairEstimate(value, *bounds, count, basis)
        return estimates


class PairEstimate(NamedTuple):
    """What one module is expected to do for one competency at one level, in levels.

    The fields are the last ones of `recommender.results.ServedCompetency`, in their order.
    """

    improvement: float
    lower: float | None
    upper: float | None
    evidence_count: int
    basis: Basis


def load_estimates(framework: Framework, models: Models, model_id: str | None = None) -> Estimates:
    """Return the estimates of a model, else of the one in force, else of the experts.

    The experts' estimates also count while the model in force is of an earlier release, so that an
    upgrade stops nobody from working; `not_used` then names it.

    Raises
    ------
    NotFoundError, ModelError
        If there is no such model, or it cannot be used.
    """
    chosen = model_id or models.active()
    if chosen is None:
        return _expert_estimates(framework)
    try:
        model, card = models.load(chosen)
    except ModelError as error:
        if error.code != "registry.earlier-release" or model_id is not None:
            raise
        return replace(_expert_estimates(framework), not_used=chosen)
    return replace(_model_estimates(framework, chosen, model), findings=card.findings)


def _expert_estimates(framework: Framework) -> Estimates:
    expert = framework.modules.pair_expert
    unknown = np.full(len(expert), -1, dtype=np.int64)
    return Estimates(None, expert[:, None], None, unknown, unknown)


def _model_estimates(framework: Framework, model_id: str, model: TrainedModel) -> Estimates:
    modules, fit = framework.modules, model.fit
    # by id: the catalogue may have changed since the model was trained, and codes with it
    position = {
        (model.module_ids[m], model.competency_ids[k]): i
        for i, (m, k) in enumerate(zip(fit.pair_module, fit.pair_competency, strict=True))
    }
    n_pairs = len(modules.pair_module)
    # a module that came after the training keeps the catalogue's own estimate, a constant; of an
    # order it is an average one
    table = np.zeros((n_pairs, GRID.size))
    if fit.size_known:
        table[:] = modules.pair_expert[:, None]
    fitted_module = np.full(n_pairs, -1, dtype=np.int64)
    fitted_competency = np.full(n_pairs, -1, dtype=np.int64)
    for pair, (m, k) in enumerate(zip(modules.pair_module, modules.pair_competency, strict=True)):
        i = position.get((modules.ids[m], framework.competency_ids[k]))
        if i is not None:
            table[pair] = fit.effect[i]
            fitted_module[pair] = fit.pair_module[i]
            fitted_competency[pair] = fit.pair_competency[i]
    if fit.size_known:
        return Estimates(model_id, table, fit, fitted_module, fitted_competency)
    expert, competency = modules.pair_expert, modules.pair_competency
    # The effects are relative to the average module of the competency, which the experts' average
    # stands for; a module that the model does not know counts as an average one.
    average = np.bincount(competency, expert) / np.maximum(np.bincount(competency), 1)
    order = ModelOrder(table, average[competency])
    return Estimates(model_id, expert[:, None], fit, fitted_module, fitted_competency, order)
