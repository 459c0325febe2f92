"""Simulated histories."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from recommender.improvement.simulation.synthetic import SimulationSettings, simulate

SMALL = SimulationSettings(n_people=300, n_modules=30, n_trained=400, n_untrained=800)


def test_same_seed_same_history() -> None:
    one, same, other = (simulate(SMALL, seed=seed) for seed in (4, 4, 5))
    assert one.intervals.equals(same.intervals)
    assert np.array_equal(one.level_after, same.level_after)
    assert not np.array_equal(one.intervals["level_before"], other.intervals["level_before"])


def test_levels_stay_on_the_scale_and_the_lowest_rated_are_nominated() -> None:
    made = simulate(SMALL, seed=4)
    before = made.intervals["level_before"]
    trained = made.intervals["modules"].map(len) > 0
    levels = np.stack([before, made.level_after])
    assert levels.min() >= 0.0
    assert levels.max() <= 4.0
    assert before[trained].mean() < before[~trained].mean() - 0.2


@pytest.mark.parametrize("kind", ["mild", "headroom", "hump", "window", "linear", "none"])
def test_no_effect_leads_over_the_top(kind: str) -> None:
    truth = simulate(SimulationSettings(n_people=50, readiness=kind, n_trained=50), seed=1).truth
    pairs = np.arange(truth.pair_module.size)
    assert (truth.effect(pairs, np.full(pairs.size, 4.0)) <= 0.0).all()


COMPLICATIONS = {
    "shared_share": 0.4,
    "fading_half_life": 4.0,
    "form_shift": 0.3,
    "trained_later": 2.0,
    "n_duplicates": 3,
    "n_wait_listed": 100,
    "hidden_share": 0.5,
}


@pytest.mark.parametrize("name", COMPLICATIONS)
def test_what_is_awkward_is_off_unless_asked_for_and_says_what_it_does(name: str) -> None:
    plain = simulate(SMALL, seed=4)
    made = simulate(replace(SMALL, **{name: COMPLICATIONS[name]}), seed=4)
    before, after = plain.intervals, made.intervals
    trained = after["modules"].map(len) > 0
    same_truth = np.array_equal(plain.truth.strength, made.truth.strength)
    assert same_truth
    pairs = np.arange(plain.truth.strength.size)
    effects = [each.truth.effect(pairs, np.full(pairs.size, 1.0)) for each in (plain, made)]
    if name == "fading_half_life":
        assert np.allclose(effects[1], 2**-1.5 * plain.truth.effect(pairs, 1.0, months_since=0.0))
    else:
        assert np.array_equal(*effects)
    if name == "shared_share":
        both = after["modules"].map(len) == 2
        assert 0.3 < both.sum() / trained.sum() < 0.5
        served = set(zip(made.pairs["module_id"], made.pairs["competency_id"], strict=True))
        for row in after[both].itertuples():
            assert {(module, row.competency_id) for module in row.modules} <= served
            assert len(set(row.modules)) == 2
            # In order of completion, all inside the interval.
            assert row.months > row.since[0] >= row.since[1] > 0
        gain = made.level_after - plain.level_after
        assert gain[both].mean() > 0.1
        assert np.array_equal(gain[~both], np.zeros((~both).sum()))
    if name == "form_shift":
        late = after["assessed_on"] >= np.datetime64("2022-12-22")
        assert np.allclose((made.level_after - plain.level_after)[~late], 0)
        assert (made.level_after - plain.level_after)[late].mean() > 0.25
    if name == "trained_later":
        assert before["assessed_on"][trained].mean() < after["assessed_on"][trained].mean()
        assert before["assessed_on"][~trained].equals(after["assessed_on"][~trained])
    if name == "n_duplicates":
        assert after.equals(pd.concat([before] * 4, ignore_index=True))
    if name == "n_wait_listed":
        assert len(after) == len(before) + 100
        assert (~trained).sum() == SMALL.n_untrained + 100
    if name == "hidden_share":
        assert after.equals(before)
        assert (made.level_after - plain.level_after)[~trained].mean() > 0.05
