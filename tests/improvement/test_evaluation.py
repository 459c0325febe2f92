"""Judging an effect model."""

from __future__ import annotations

import numpy as np
import pytest
from truth_scores import score_truth

from recommender.errors import ModelError, ShapeMismatchError
from recommender.improvement.evaluation import (
    evaluate,
    score_gain,
    split_by_module,
    split_by_time_and_person,
)
from recommender.improvement.off_policy import off_policy_value
from recommender.improvement.simulation.synthetic import SimulationSettings, simulate


@pytest.fixture(scope="module")
def simulation():
    settings = SimulationSettings(
        n_people=1200, n_competencies=6, n_modules=30, n_trained=2500, n_untrained=4000
    )
    return simulate(settings, seed=2)


def test_splits_share_no_person_no_day_and_no_module(simulation) -> None:
    split = split_by_time_and_person(simulation.records)
    assert not np.isin(split.judge.person, split.learn.person).any()
    assert split.learn.after_day.max() < split.judge.after_day.min()
    assert (split.judge.module >= 0).all()
    cold = split_by_module(simulation.records)
    assert not np.isin(cold.judge.module, cold.learn.module).any()
    assert (cold.learn.module < 0).any()


def test_the_model_beats_its_baselines(simulation) -> None:
    found = evaluate(simulation.records, simulation.modules, n_competencies=6)
    for scores in (found.known, found.cold):
        others = [score.rmse for name, score in scores.items() if name != "effect-model"]
        assert set(scores) >= {"popularity", "raw-mean", "gap-only", "ancova", "no-module"}
        assert scores["effect-model"].rmse <= min(others) + 0.01
    assert 0.8 < found.coverage_known <= 1.0
    assert 0.8 < found.coverage_cold <= 1.0
    assert found.coverage_by_band.count.sum() == found.known["effect-model"].n_records


def test_too_few_to_judge(simulation) -> None:
    records = simulation.records
    trained = np.flatnonzero(records.module >= 0)[:25]
    with pytest.raises(ModelError) as caught:
        evaluate(records.rows(trained), simulation.modules, n_competencies=6)
    assert caught.value.code == "model.too-few-to-judge"


def test_score_gain() -> None:
    perfect = score_gain(np.array([0.0, 1.0, 2.0]), np.array([0.0, 1.0, 2.0]))
    assert (perfect.rmse, perfect.r_squared, perfect.slope) == (0.0, 1.0, 1.0)
    with pytest.raises(ShapeMismatchError):
        score_gain(np.zeros(2), np.zeros(3))


def test_off_policy_value_finds_the_value_of_another_policy() -> None:
    rng = np.random.default_rng(0)
    n = 20_000
    propensity = rng.choice([0.2, 0.8], size=n)
    matches = rng.random(n) < propensity
    outcome = np.where(matches, 1.0, 0.3) + rng.normal(0, 0.5, n)
    found = off_policy_value(outcome, propensity, matches)
    assert found.self_normalised == pytest.approx(1.0, abs=0.03)
    assert found.doubly_robust == pytest.approx(1.0, abs=0.03)
    assert 0 < found.effective_sample_size < n
    assert found.clipped_share == 0.0
    nothing = off_policy_value(outcome, propensity, np.zeros(n, dtype=bool))
    assert np.isnan(nothing.self_normalised)


def test_score_truth() -> None:
    query = np.array([0, 0, 1, 1])
    truth = np.array([0.5, 0.1, 0.2, 0.4])
    best = score_truth(query, truth, truth, lower=truth - 1, upper=truth + 1)
    assert best.regret == pytest.approx(0.0)
    assert best.ndcg == pytest.approx(1.0)
    assert best.coverage == 1.0
    worst = score_truth(query, -truth, truth)
    assert worst.regret == pytest.approx(1 - 0.3 / 0.9)
