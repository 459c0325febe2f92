"""The effect model on histories whose true effects are known."""

from __future__ import annotations

from dataclasses import fields, replace

import numpy as np
import pytest
from truth_scores import score_truth, truth_queries

from recommender.errors import ModelError, ShapeMismatchError
from recommender.improvement.evaluation import fit_baselines
from recommender.improvement.model.effects import EffectFit, fit_effects
from recommender.improvement.model.prediction import MEASURED, POOLED, explain, predict
from recommender.improvement.model.tables import ModuleTable, RecordTable
from recommender.improvement.simulation.synthetic import Simulation, SimulationSettings, simulate

SETTINGS = SimulationSettings(
    n_people=1500, n_competencies=8, n_modules=40, n_trained=2500, n_untrained=5000
)


@pytest.fixture(scope="module")
def simulation() -> Simulation:
    return simulate(SETTINGS, seed=11, n_queries=2000)


@pytest.fixture(scope="module")
def fit(simulation: Simulation) -> EffectFit:
    return fit_effects(simulation.records, simulation.modules, n_competencies=8)


@pytest.fixture(scope="module")
def fit_without_controls(simulation: Simulation) -> EffectFit:
    records = simulation.records
    return fit_effects(records.rows(records.module >= 0), simulation.modules, n_competencies=8)


def every_pair(fit: EffectFit, level: float = 1.5) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    return fit.pair_module, fit.pair_competency, np.full(fit.pair_module.size, level)


def arrays_of(fit: EffectFit) -> list[np.ndarray]:
    own = [getattr(fit, field.name) for field in fields(fit)]
    inner = [getattr(fit.calibration, field.name) for field in fields(fit.calibration)]
    return [value for value in own + inner if isinstance(value, np.ndarray)]


def test_only_these_columns_enter() -> None:
    assert [field.name for field in fields(RecordTable)] == [
        "person",
        "competency",
        "module",
        "level_before",
        "level_after",
        "days_between",
        "org",
        "after_day",
    ]
    assert [field.name for field in fields(ModuleTable)] == [
        "pair_module",
        "pair_competency",
        "pair_from",
        "pair_to",
        "pair_main",
        "modality",
        "hours",
        "cost",
    ]


def test_renaming_people_and_costs_change_nothing(simulation: Simulation, fit: EffectFit) -> None:
    records = replace(simulation.records, person=simulation.records.person[::-1] + 7)
    modules = replace(simulation.modules, cost=np.full_like(simulation.modules.cost, np.nan))
    again = fit_effects(records, modules, n_competencies=8)
    np.testing.assert_array_equal(again.coefficients, fit.coefficients)


def test_ranks_better_than_raw_means(simulation: Simulation, fit: EffectFit) -> None:
    truth = simulation.truth
    query, pair = truth_queries(simulation)
    level = simulation.query_level[query]
    found = predict(fit, truth.pair_module[pair], truth.pair_competency[pair], level)
    true = truth.effect(pair, simulation.query_true_level[query])
    asked = RecordTable(
        *(np.zeros_like(query), truth.pair_competency[pair], truth.pair_module[pair]),
        *(level, level, level, query, level),
    )
    raw = fit_baselines(simulation.records)["raw-mean"](asked)
    score = score_truth(
        query, found.expected_improvement, true, lower=found.effect_lower, upper=found.effect_upper
    )
    assert score.regret < 0.8 * score_truth(query, raw, true).regret
    assert score.rmse < 0.25
    assert 0.65 < score.coverage <= 1.0


def test_effects_are_calibrated_over_histories() -> None:
    # the slope of one small history scatters from 0.77 to 1.34; the mean must hold the bar
    slopes: list[float] = []
    for seed in range(11, 19):
        drawn = simulate(SETTINGS, seed=seed, n_queries=2000)
        model = fit_effects(drawn.records, drawn.modules, n_competencies=8)
        truth = drawn.truth
        query, pair = truth_queries(drawn)
        level = drawn.query_level[query]
        found = predict(model, truth.pair_module[pair], truth.pair_competency[pair], level)
        true = truth.effect(pair, drawn.query_true_level[query])
        slopes.append(score_truth(query, found.expected_improvement, true).slope)
    assert 0.85 < np.mean(slopes) < 1.15


def test_next_level_is_covered(simulation: Simulation) -> None:
    records = simulation.records
    held_out = (records.module >= 0) & (np.random.default_rng(0).random(records.size) < 0.3)
    fit = fit_effects(records.rows(~held_out), simulation.modules, n_competencies=8)
    records = records.rows(held_out)
    found = predict(fit, records.module, records.competency, records.level_before, records.org)
    after = records.level_after
    held = (found.level_after_lower <= after) & (after <= found.level_after_upper)
    assert held.mean() == pytest.approx(0.9, abs=0.03)


def test_same_data_same_bytes(simulation: Simulation, fit: EffectFit) -> None:
    again = fit_effects(simulation.records, simulation.modules, n_competencies=8)
    for one, other in zip(arrays_of(fit), arrays_of(again), strict=True):
        assert one.tobytes() == other.tobytes()


def test_no_nan_anywhere(fit: EffectFit, fit_without_controls: EffectFit) -> None:
    for model in (fit, fit_without_controls):
        assert all(np.isfinite(array).all() for array in arrays_of(model))
        found = predict(model, *every_pair(model, 4.0))
        assert all(np.isfinite(getattr(found, field.name)).all() for field in fields(found))
        assert (found.expected_improvement <= 1e-12).all()
        assert (found.effect_lower <= found.expected_improvement).all()
        assert (found.level_after_upper <= 4.0).all()


def test_explanation_adds_up(fit: EffectFit) -> None:
    pairs = every_pair(fit, 2.5)
    parts = explain(fit, *pairs)
    total = parts.no_training + parts.features + parts.module
    total = total + parts.module_competency + parts.shrinkage + parts.limit
    np.testing.assert_allclose(total, parts.expected_level_after, atol=1e-12)
    np.testing.assert_array_equal(
        parts.expected_level_after, predict(fit, *pairs).expected_level_after
    )


def test_modules_without_records_are_pooled(simulation: Simulation, fit: EffectFit) -> None:
    found = predict(fit, *every_pair(fit))
    seen = np.isin(fit.pair_module, simulation.records.module)
    assert (found.basis[~seen] == POOLED).all()
    assert (found.evidence_count[~seen] == 0).all()
    assert ((found.basis == MEASURED) == (found.evidence_count > 0)).all()
    width = found.effect_upper - found.effect_lower
    many = found.evidence_count > 50
    assert width[many].mean() < width[~seen].mean()


def test_without_controls_effects_are_relative(
    fit: EffectFit, fit_without_controls: EffectFit
) -> None:
    assert fit.size_known
    assert not fit_without_controls.size_known
    assert "no-controls" in fit_without_controls.warnings
    with_, without = (
        predict(model, *every_pair(model)).expected_improvement
        for model in (fit, fit_without_controls)
    )
    assert with_.mean() > 0.1
    assert abs(without.mean()) < 0.1
    assert np.corrcoef(with_, without)[0, 1] > 0.5


def test_any_scale(simulation: Simulation, fit: EffectFit) -> None:
    r, m = simulation.records, simulation.modules
    records = replace(r, level_before=r.level_before * 25, level_after=r.level_after * 25)
    modules = replace(m, pair_from=m.pair_from * 25, pair_to=m.pair_to * 25)
    other = fit_effects(records, modules, n_competencies=8, scale=(0.0, 100.0))
    one = predict(fit, *every_pair(fit, 1.5))
    found = predict(other, *every_pair(other, 37.5))
    np.testing.assert_allclose(found.expected_improvement, one.expected_improvement * 25, atol=1e-6)
    np.testing.assert_allclose(found.level_after_upper, one.level_after_upper * 25, atol=1e-6)


def test_bare_catalogue_and_one_module(simulation: Simulation) -> None:
    records = simulation.records
    busy = int(np.bincount(records.module[records.module >= 0]).argmax())
    records = records.rows((records.module < 0) | (records.module == busy))
    m = simulation.modules
    nothing = np.full(m.pair_from.size, np.nan)
    unknown = np.full(m.n_modules, np.nan)
    modules = ModuleTable(
        *(m.pair_module, m.pair_competency, nothing, nothing, np.ones(nothing.size, dtype=bool)),
        *(np.full(m.n_modules, -1), unknown, unknown),
    )
    size = records.size
    bare = replace(
        records,
        days_between=np.full(size, np.nan),
        after_day=np.full(size, np.nan),
        org=np.full(size, -1),
    )
    fit = fit_effects(bare, modules, n_competencies=8)
    assert "one-module" in fit.warnings
    assert all(np.isfinite(array).all() for array in arrays_of(fit))


def test_refuses_with_a_reason(simulation: Simulation) -> None:
    records, modules = simulation.records, simulation.modules
    trained = np.flatnonzero(records.module >= 0)
    few = records.rows(trained[:29])
    missing = replace(records, level_after=np.where(records.person == 3, np.nan, 1.0))
    constant = replace(records, level_after=np.ones(records.size))
    for bad, code in (
        (few, "model.too-few-records"),
        (missing, "model.level-missing"),
        (constant, "model.levels-do-not-vary"),
        (replace(records, level_after=records.level_after + 3), "model.level-outside-scale"),
    ):
        with pytest.raises(ModelError) as caught:
            fit_effects(bad, modules, n_competencies=8)
        assert caught.value.code == code
    with pytest.raises(ShapeMismatchError):
        fit_effects(records, modules, n_competencies=2)


def test_unknown_pair_is_refused(fit: EffectFit) -> None:
    with pytest.raises(ModelError) as caught:
        predict(fit, np.array([10_000]), np.array([0]), np.array([1.0]))
    assert caught.value.code == "model.unknown-pair"


def test_warns_where_nobody_untrained_compares(simulation: Simulation) -> None:
    records = simulation.records
    keep = np.where(records.module >= 0, records.level_before < 1.5, records.level_before > 2.5)
    fit = fit_effects(records.rows(keep), simulation.modules, n_competencies=8)
    assert "no-overlap" in fit.warnings


def test_reliability_and_bracket(fit: EffectFit) -> None:
    assert fit.reliability == pytest.approx(0.75, abs=0.12)
    assert np.isfinite([fit.bracket.ancova, fit.bracket.corrected_gain]).all()
