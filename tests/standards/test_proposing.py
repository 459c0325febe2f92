"""Proposals: the median of proven performers, and a panel in two rounds."""

from __future__ import annotations

from math import comb

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from recommender.errors import ShapeMismatchError
from recommender.standards import median_of_proven, round_to_step, summarise_panel


def test_the_median_of_the_proven_counts_and_of_nobody_else():
    levels = np.array([[2.0, 1.0], [2.2, np.nan], [2.6, np.nan], [0.1, 4.0], [np.nan, np.nan]])
    found = median_of_proven(levels, np.array([True, True, True, False, True]))
    assert found.n.tolist() == [3, 1]
    assert found.median.tolist() == [2.2, 1.0]
    assert found.proposed.tolist() == [2.0, 1.0]
    assert np.isnan(found.lower).all()  # three people give no interval of 95 %
    nobody = median_of_proven(levels, np.zeros(5, dtype=bool))
    assert nobody.n.tolist() == [0, 0]
    assert np.isnan(nobody.median).all()
    assert np.isnan(nobody.proposed).all()


@given(st.integers(1, 60))
def test_the_interval_is_the_narrowest_that_surely_holds_the_median(n):
    """By counting: each order statistic is below the median with half the chance."""
    levels = np.arange(1.0, n + 1)[:, None]
    found = median_of_proven(levels, np.ones(n, dtype=bool))
    outside = [2 * sum(comb(n, k) for k in range(r)) / 2**n for r in range(1, n // 2 + 1)]
    ranks = [r for r, chance in enumerate(outside, start=1) if chance <= 0.05]
    if not ranks:
        assert n < 6
        assert np.isnan(found.lower[0])
        return
    assert (found.lower[0], found.upper[0]) == (max(ranks), n + 1 - max(ranks))


def test_a_panel_is_summed_up_round_by_round():
    first = np.array([[1.0, 2.0, 3.0], [2.0, 2.0, np.nan], [3.0, 2.0, np.nan]])
    second = np.array([[1.5, 2.0, 3.0], [2.0, 2.0, np.nan], [2.5, 2.5, 2.0]])
    found = summarise_panel(first, second)
    assert found.n_experts.tolist() == [3, 3, 2]
    assert found.mean == pytest.approx([2.0, 6.5 / 3, 2.5])
    assert found.spread[0] == pytest.approx(0.5)
    assert found.standard_error[0] == pytest.approx(0.5 / np.sqrt(3))
    # 4.303 is the 97.5 % point of Student's t with two degrees of freedom
    assert found.upper[0] - found.mean[0] == pytest.approx(4.303 * 0.5 / np.sqrt(3), abs=1e-3)
    assert found.convergence[0] == pytest.approx(0.5)
    assert np.isnan(found.convergence[1])  # they had agreed from the start
    assert found.n_changed.tolist() == [2, 1, 0]
    with pytest.raises(ShapeMismatchError):
        summarise_panel(first, second[:2])


def test_targets_are_rounded_to_their_steps():
    levels = np.array([1.2499, 1.25, 1.75, 3.9, 4.4, -0.1, np.nan, 0.1 + 0.15])
    assert round_to_step(levels)[:6].tolist() == [1.0, 1.5, 2.0, 4.0, 4.0, 0.0]
    assert np.isnan(round_to_step(levels)[6])
    assert round_to_step(levels)[7] == 0.5  # .25, but for a rounding error of the sum
