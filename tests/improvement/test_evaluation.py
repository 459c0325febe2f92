"""Judging effect models side by side."""

from __future__ import annotations

import numpy as np
import pytest
from improvement.histories import draw
from truth_scores import score_truth

from recommender.errors import ModelError, ShapeMismatchError
from recommender.improvement.estimators import BASELINES, make_estimator
from recommender.improvement.evaluation import is_later, score_gain, score_trained_rows
from recommender.improvement.evaluation.judging import evaluate
from recommender.improvement.intervals import is_trained
from recommender.improvement.off_policy import off_policy_value
from recommender.improvement.splitting import split_by_module, split_by_person

NAMES = ("effect-model", "ridge", "our_models:tree")


@pytest.fixture(scope="module")
def simulation():
    return draw(seed=2, n_people=700, n_trained=1200, n_untrained=2000, shared_share=0.2)


@pytest.fixture(scope="module")
def found(simulation):
    models = {name: make_estimator(name, simulation.pairs, scale=(0.0, 4.0)) for name in NAMES}
    X, y = simulation.intervals, simulation.level_after
    return evaluate(X, y, models, estimator="effect-model", n_folds=3)


def test_folds_share_no_person_and_no_module(simulation):
    X = simulation.intervals
    trained, person = is_trained(X), X["person_id"].to_numpy()
    folds = split_by_person(X, 3)
    np.testing.assert_array_equal(sum(fold.judge.astype(int) for fold in folds), trained)
    for learn, judge in folds:
        assert not set(person[learn]) & set(person[judge])
    by_module = split_by_module(X, 3)
    assert sum(fold.judge.astype(int) for fold in by_module).max() == 1
    for learn, judge in by_module:
        known = {module for modules in X["modules"][learn] for module in modules}
        asked = {module for modules in X["modules"][judge] for module in modules}
        assert asked
        assert not known & asked
        # what happens without training is learned from everybody
        assert learn[~trained].all()
    later = is_later(X)
    assert X["assessed_on"][~later].max() < X["assessed_on"][later].min()
    assert is_later(X.assign(assessed_on=X["assessed_on"].iloc[:0])).all()


def test_models_are_judged_side_by_side_on_the_same_folds(simulation, found):
    assert list(found.known)[:3] == list(NAMES)
    assert set(found.known) == set(found.cold) == {*NAMES, *BASELINES}
    for scores in (found.known, found.cold):
        assert len({score.n_records for score in scores.values()}) == 1
        others = [scores[name].rmse for name in BASELINES]
        assert scores["effect-model"].rmse <= min(others) + 0.01
    assert set(found.paired) == {*NAMES[1:], *BASELINES}
    for name, paired in found.paired.items():
        # the difference over the folds is about that of the whole, and its error tells how sure
        whole = found.known[name].rmse - found.known["effect-model"].rmse
        assert paired.known == pytest.approx(whole, abs=0.02), name
        assert 0.0 < paired.known_error < 0.1, name
        assert 0.0 < paired.cold_error < 0.1, name
    assert found.paired["raw-mean"].known > 2 * found.paired["raw-mean"].known_error


def test_ranges_hold_as_often_as_they_say(found):
    assert found.coverage_known == pytest.approx(0.9, abs=0.07)
    assert found.coverage_cold == pytest.approx(0.9, abs=0.07)
    n = found.known["effect-model"].n_records
    assert found.coverage_by_band.count.sum() == found.coverage_by_evidence.count.sum() == n


def test_a_baseline_can_be_judged_as_well(simulation):
    X, y = simulation.intervals, simulation.level_after
    found = evaluate(X, y, {}, estimator="raw-mean", n_folds=2)
    assert next(iter(found.known)) == found.estimator == "raw-mean"
    assert "raw-mean" not in found.paired


def test_too_few_to_judge(simulation):
    rows = np.flatnonzero(is_trained(simulation.intervals))[:25]
    X = simulation.intervals.iloc[rows]
    with pytest.raises(ModelError) as caught:
        evaluate(X, simulation.level_after[rows], {}, estimator="raw-mean")
    assert caught.value.code == "model.too-few-to-judge"


def test_the_score_for_a_search_counts_trained_rows_only(simulation):
    X, y = simulation.intervals, simulation.level_after

    class Untouched:
        def predict(self, rows):
            assert all(rows["modules"])
            return rows["level_before"].to_numpy()

    trained = is_trained(X)
    gain = (y - X["level_before"])[trained]
    assert score_trained_rows(Untouched(), X, y) == pytest.approx(-float((gain**2).mean()))


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
