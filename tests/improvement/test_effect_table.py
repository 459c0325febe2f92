"""What is served of a fitted model: tables of effects by level, whichever estimator it is."""

from __future__ import annotations

from dataclasses import fields

import numpy as np
import pandas as pd
import pytest
from improvement.histories import draw, fit_table, ids_of
from truth_scores import score_truth, truth_queries

from recommender.errors import ModelError
from recommender.improvement.compiling import calibrate
from recommender.improvement.effect_table import (
    GRID,
    MEASURED,
    POOLED,
    EffectTable,
    expect_levels,
    explain,
    has_interval,
    predict,
)
from recommender.improvement.intervals import ask, is_trained, without_modules


@pytest.fixture(scope="module")
def simulation():
    return draw()


@pytest.fixture(scope="module")
def fitted(simulation):
    return fit_table(simulation)


@pytest.fixture(scope="module")
def table(fitted) -> EffectTable:
    return fitted[1]


@pytest.fixture(scope="module")
def without_controls(simulation):
    trained = is_trained(simulation.intervals)
    X = simulation.intervals[trained].reset_index(drop=True)
    return fit_table(simulation, X=X, y=simulation.level_after[trained])[1]


def every_pair(table, level=1.5):
    return table.pair_module, table.pair_competency, np.full(table.pair_module.size, level)


def questions(simulation, table, levels):
    """Ask about every pair at each of some levels, and say which pair each row is of."""
    pair = np.repeat(np.arange(table.pair_module.size), len(levels))
    X = ask(
        [simulation.module_ids[m] for m in table.pair_module[pair]],
        [simulation.competency_ids[k] for k in table.pair_competency[pair]],
        np.tile(levels, table.pair_module.size),
    )
    return X, pair


def arrays_of(table):
    inner = [getattr(table.calibration, field.name) for field in fields(table.calibration)]
    own = [getattr(table, field.name) for field in fields(table)]
    return [value for value in own + inner if isinstance(value, np.ndarray)]


def test_the_table_says_what_the_estimator_says(simulation, fitted):
    model, table = fitted
    # between the levels of the table too
    levels = np.linspace(0.0, 4.0, 401)
    X, pair = questions(simulation, table, levels)
    found = predict(table, table.pair_module[pair], table.pair_competency[pair], X.level_before)
    exact = np.minimum(model.effect(X), 4.0 - X.level_before)
    assert np.abs(found.expected_improvement - exact).max() <= 0.005
    assert table.table_error <= 0.005
    lower, upper = model.effect_interval(X)
    # the bounds bend just below the top of the scale
    left = 4.0 - X.level_before.to_numpy()
    assert np.abs(found.effect_lower - np.minimum(lower, left))[left > 0.1].max() <= 0.01
    assert np.abs(found.effect_upper - np.minimum(upper, left))[left > 0.1].max() <= 0.01
    after = np.clip(model.predict(without_modules(X)) + found.expected_improvement, 0.0, 4.0)
    assert np.abs(found.expected_level_after - after).max() <= 0.01


def test_the_end_of_the_scale_limits_the_sum_once(simulation, table):
    pairs = np.flatnonzero(table.pair_competency == table.pair_competency[0])[:3]
    module, competency = table.pair_module[pairs], table.pair_competency[pairs]
    for level in (0.5, 3.9):
        alone = [
            predict(table, *one, np.array([level]))
            for one in zip(module[:, None], competency[:, None], strict=True)
        ]
        base = explain(table, module[:1], competency[:1], np.array([level])).no_training[0]
        # the effects before any limit, added up
        at = np.searchsorted(GRID, level)
        effect = min(table.effect[pairs, at].sum(), 4.0 - level)
        after = expect_levels(
            table, np.zeros(3, dtype=int), module, competency[:1], np.array([level]), np.array([-1])
        )
        assert after[0] == pytest.approx(np.clip(base + effect, 0.0, 4.0))
        assert all(one.expected_improvement[0] <= 4.0 - level + 1e-12 for one in alone)


def test_a_forest_is_served_like_our_own_model(simulation):
    for name in ("our_models:tree", "our_models:experts", "raw-mean", "ridge"):
        model, table = fit_table(simulation, name)
        X, pair = questions(simulation, table, GRID)
        found = predict(table, table.pair_module[pair], table.pair_competency[pair], X.level_before)
        exact = np.minimum(model.effect(X), 4.0 - X.level_before)
        np.testing.assert_allclose(found.expected_improvement, exact, atol=1e-9)
        # where the estimator has no range, there is none
        assert not has_interval(table)
        assert np.isnan(found.effect_lower).all()
        assert table.estimator == name
    # a tree jumps between two levels of the table, and the table says by how much it is off
    assert fit_table(simulation, "our_models:tree")[1].table_error > 0.0


def test_ranks_better_than_raw_means(simulation, table):
    truth = simulation.truth
    query, pair = truth_queries(simulation)
    level = simulation.queries["level_before"].to_numpy()[query]
    asked = truth.pair_module[pair], truth.pair_competency[pair], level
    true = truth.effect(pair, simulation.queries["true_level"].to_numpy()[query])
    found = predict(table, *asked)
    raw = predict(fit_table(simulation, "raw-mean")[1], *asked)
    score = score_truth(
        query, found.expected_improvement, true, lower=found.effect_lower, upper=found.effect_upper
    )
    assert score.regret < score_truth(query, raw.expected_improvement, true).regret
    assert score.rmse < 0.25
    assert 0.65 < score.coverage <= 1.0


def test_next_level_is_covered(simulation):
    X, y = simulation.intervals, simulation.level_after
    people = pd.factorize(X["person_id"])[0]
    out = is_trained(X) & (people % 3 == 0)
    _, table = fit_table(simulation, X=X[~out].reset_index(drop=True), y=y[~out])
    ids = ids_of(simulation)
    codes = [
        pd.Index(names).get_indexer(values)
        for names, values in (
            (ids.module_ids, X["modules"][out].str[0]),
            (ids.competency_ids, X["competency_id"][out]),
            (ids.org_units, X["org_unit"][out]),
        )
    ]
    found = predict(table, codes[0], codes[1], X["level_before"].to_numpy()[out], codes[2])
    held = (found.level_after_lower <= y[out]) & (y[out] <= found.level_after_upper)
    assert held.mean() == pytest.approx(0.9, abs=0.05)


def test_same_data_same_bytes(simulation, table):
    again = fit_table(simulation)[1]
    for one, other in zip(arrays_of(table), arrays_of(again), strict=True):
        assert one.tobytes() == other.tobytes()


def test_no_nan_where_sizes_are_known(table):
    assert all(np.isfinite(array).all() for array in arrays_of(table))
    found = predict(table, *every_pair(table, 4.0))
    assert all(np.isfinite(getattr(found, field.name)).all() for field in fields(found))
    assert (found.expected_improvement <= 1e-12).all()
    assert (found.effect_lower <= found.expected_improvement).all()
    assert (found.level_after_upper <= 4.0).all()


def test_explanation_adds_up(table):
    for level in (0.3, 2.5, 3.95):
        pairs = every_pair(table, level)
        parts = explain(table, *pairs)
        total = parts.no_training + parts.features + parts.module
        total = total + parts.module_competency + parts.limit
        np.testing.assert_allclose(total, parts.expected_level_after, atol=1e-12)
        found = predict(table, *pairs)
        np.testing.assert_array_equal(parts.expected_level_after, found.expected_level_after)


def test_modules_without_records_are_pooled(simulation, table):
    found = predict(table, *every_pair(table))
    taken = {module for modules in simulation.intervals["modules"] for module in modules}
    seen = np.array([simulation.module_ids[m] in taken for m in table.pair_module])
    assert (found.basis[~seen] == POOLED).all()
    assert ((found.basis == MEASURED) == (found.evidence_count > 0)).all()
    events = simulation.intervals.explode("modules").dropna(subset="modules")
    counts = events.groupby(["modules", "competency_id"]).size()
    for m, k, count in zip(
        table.pair_module, table.pair_competency, found.evidence_count, strict=True
    ):
        key = simulation.module_ids[m], simulation.competency_ids[k]
        assert counts.get(key, 0) == count, key


def test_without_controls_there_is_an_order_and_no_range(table, without_controls):
    assert table.size_known
    assert not without_controls.size_known
    assert not has_interval(without_controls)
    with_, without = (
        predict(one, *every_pair(one)).expected_improvement for one in (table, without_controls)
    )
    assert with_.mean() > 0.1
    assert abs(without.mean()) < 0.1
    assert np.corrcoef(with_, without)[0, 1] > 0.5


def test_any_scale(simulation, table):
    X, pairs = simulation.intervals, simulation.pairs
    X = X.assign(level_before=X["level_before"] * 25)
    pairs = pairs.assign(from_level=pairs["from_level"] * 25, to_level=pairs["to_level"] * 25)
    _, other = fit_table(
        simulation, X=X, y=simulation.level_after * 25, pairs=pairs, scale=(0.0, 100.0)
    )
    one = predict(table, *every_pair(table, 1.5))
    found = predict(other, *every_pair(other, 37.5))
    for name in ("expected_improvement", "effect_lower", "effect_upper", "level_after_upper"):
        np.testing.assert_allclose(getattr(found, name), getattr(one, name) * 25, atol=1e-5)


def test_unknown_pair_is_refused(table):
    with pytest.raises(ModelError) as caught:
        predict(table, np.array([10_000]), np.array([0]), np.array([1.0]))
    assert caught.value.code == "model.unknown-pair"


def test_ranges_hold_nine_in_ten_by_band_of_level():
    rng = np.random.default_rng(0)
    level = rng.uniform(0.0, 4.0, 4000)
    # people near the top vary less, and what is not known of modules left out comes on top
    residual = rng.normal(0.0, 1.0, 4000) * (4.2 - level) / 4.0
    unseen = residual + rng.normal(0.0, 0.5, 4000)
    calibration = calibrate(level, residual, np.where(level < 3.0, unseen, np.nan))
    for seen, values in ((True, residual), (False, unseen)):
        lower, upper = calibration.bounds(level, np.full(4000, seen))
        held = (lower <= values) & (values <= upper)
        assert held[level < 3.0].mean() == pytest.approx(0.9, abs=0.02)
    top, bottom = (calibration.bounds(np.array([at]), np.array([True]))[1] for at in (3.9, 0.1))
    assert top < 0.7 * bottom
