"""A standard simulated: those who move are those who will have moved."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from recommender.gaps import find_gaps, judge_standing
from recommender.standards import simulate_change

LEVELS = st.sampled_from([0.0, 0.95, 1.0, 1.45, 1.5, 2.0, 3.3, 4.0, np.nan])
TARGETS = st.sampled_from([0.0, 1.0, 1.5, 2.0, 4.0])


@settings(max_examples=40)
@given(arrays(np.float64, (6, 2), elements=LEVELS), *[arrays(np.float64, 2, elements=TARGETS)] * 2)
def test_those_who_move_are_those_whose_gap_opens_or_closes(levels, old, new):
    one = np.ones_like(levels)
    found = simulate_change(
        levels,
        one * 0.3,
        old_targets=one * old,
        new_targets=one * new,
        old_weights=one,
        new_weights=one * 2,
        near_gap=0.1,
    )
    # done: everybody is judged by the one standard, and then by the other
    before, after = (
        judge_standing(find_gaps(levels, one * to, one, weights=one).gap, near_gap=0.1) == 2
        for to in (old, new)
    )
    assert (found.opened == (after & ~before)).all()
    assert (found.closed == (before & ~after)).all()
    assert (found.moved == (before != after).any(axis=1)).all()
    for totals, gap in ((found.before, before), (found.after, after)):
        assert totals.gap.tolist() == gap.sum(axis=0).tolist()
        people = totals.met + totals.near + totals.gap
        assert people.tolist() == found.assessed.tolist()
    assert found.after.priority == pytest.approx(2 * found.after.gap_levels)
    rises = new > old
    assert not found.closed[:, rises].any()
    assert not found.expected_closed[rises].any()


def test_what_is_expected_of_true_levels_differs_from_what_is_counted():
    """Just above the old target by chance: half of them are truly below it already."""
    levels = np.full((100, 1), 2.0)
    one = np.ones_like(levels)
    found = simulate_change(
        levels,
        one * 0.5,
        old_targets=one * 2.0,
        new_targets=one * 2.5,
        old_weights=one,
        new_weights=one,
        near_gap=0.1,
    )
    assert found.opened.sum() == 100
    # P(Z < 1) - P(Z < 0) = .3413
    assert found.expected_opened[0] == pytest.approx(34.13, abs=0.01)
    assert found.before.gap_levels[0] == 0
    assert found.after.gap_levels[0] == pytest.approx(50)
