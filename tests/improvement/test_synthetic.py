"""Simulated histories."""

from __future__ import annotations

import numpy as np
import pytest

from recommender.improvement.simulation.synthetic import SimulationSettings, simulate

SMALL = SimulationSettings(n_people=300, n_modules=30, n_trained=400, n_untrained=800)


def test_same_seed_same_history() -> None:
    one, same, other = (vars(simulate(SMALL, seed=seed).records) for seed in (4, 4, 5))
    assert all(np.array_equal(one[name], same[name]) for name in one)
    assert not np.array_equal(one["level_before"], other["level_before"])


def test_levels_stay_on_the_scale_and_the_lowest_rated_are_nominated() -> None:
    records = simulate(SMALL, seed=4).records
    trained = records.module >= 0
    levels = np.stack([records.level_before, records.level_after])
    assert levels.min() >= 0.0
    assert levels.max() <= 4.0
    assert records.level_before[trained].mean() < records.level_before[~trained].mean() - 0.2


@pytest.mark.parametrize("kind", ["mild", "headroom", "hump", "window", "linear", "none"])
def test_no_effect_leads_over_the_top(kind: str) -> None:
    truth = simulate(SimulationSettings(n_people=50, readiness=kind, n_trained=50), seed=1).truth
    pairs = np.arange(truth.pair_module.size)
    assert (truth.effect(pairs, np.full(pairs.size, 4.0)) <= 0.0).all()
