"""Gaps, how sure they are, and their priority: the core against the oracle."""

import numpy as np
import oracle
import pytest
from core_inputs import TOLERANCE, examples
from hypothesis import given
from hypothesis import strategies as st

from recommender.errors import ShapeMismatchError
from recommender.gaps import STANDINGS, find_gaps, judge_standing

# on the threshold, just beside it, in thirds, unassessed
LEVEL = st.sampled_from(
    [None, 0.0, 0.3, 1.0, 1.333333333333, 1.9, 1.95, 2.0, 2.5, 3.0, 4.0]
) | st.floats(0, 4)
TARGET = st.sampled_from([0.0, 1.0, 1.5, 2.0, 2.5, 3.0, 4.0])
WEIGHT = st.sampled_from([0.2, 0.5, 1.0, 1.0, 1.5, 2.0])
ERROR = st.sampled_from([1e-6, 0.05, 0.15, 0.35, 2.0])


@st.composite
def people(draw, *, most=4, least_competencies=1):
    """Rows of (level, standard error, target, weight), one list a person."""
    n = draw(st.integers(least_competencies, 5))
    cell = st.tuples(LEVEL, ERROR, TARGET, WEIGHT)
    return draw(st.lists(st.lists(cell, min_size=n, max_size=n), min_size=1, max_size=most))


def as_arrays(rows):
    table = np.array(
        [[[np.nan if v is None else v for v in cell] for cell in row] for row in rows], dtype=float
    )
    level, error, target, weight = np.moveaxis(table, 2, 0)
    return level, target, np.where(np.isnan(level), np.nan, error), weight


def core_gaps(rows):
    level, target, error, weight = as_arrays(rows)
    return find_gaps(level, target, error, weights=weight)


@examples(300)
@given(people())
def test_gaps_are_the_same(rows):
    gaps = core_gaps(rows)
    standings = judge_standing(gaps.gap, near_gap=oracle.Rules().near_gap)
    for p, row in enumerate(rows):
        expected = [oracle.find_gap(*cell) for cell in row]
        for k, gap in enumerate(expected):
            assert standings[p, k] == (-1 if gap is None else STANDINGS.index(gap.standing))
            if gap is None:
                assert np.isnan([gaps.gap[p, k], gaps.confidence[p, k], gaps.priority[p, k]]).all()
                continue
            assert gaps.gap[p, k] == pytest.approx(gap.gap, abs=TOLERANCE)
            assert gaps.confidence[p, k] == pytest.approx(gap.confidence, abs=TOLERANCE)
            assert gaps.priority[p, k] == pytest.approx(gap.priority, abs=TOLERANCE)


@examples(80)
@given(people())
def test_a_batch_equals_each_one_alone(rows):
    gaps = core_gaps(rows)
    for p, row in enumerate(rows):
        alone = core_gaps([row])
        np.testing.assert_array_equal(alone.gap[0], gaps.gap[p])
        np.testing.assert_array_equal(alone.confidence[0], gaps.confidence[p])
        np.testing.assert_array_equal(alone.priority[0], gaps.priority[p])


@examples(100)
@given(people(most=1, least_competencies=2), st.data())
def test_the_order_of_competencies_is_nothing(rows, data):
    turn = data.draw(st.permutations(range(len(rows[0]))))
    gaps = core_gaps(rows)
    turned = core_gaps([[rows[0][k] for k in turn]])
    np.testing.assert_array_equal(gaps.priority[0][turn], turned.priority[0])


@pytest.mark.parametrize("level", [0.1 + 0.2, 3 - 2.7, 0.3])
def test_a_level_on_the_target_is_no_gap(level):
    """0.1 + 0.2 is not 0.3 to a machine, and is the target all the same."""
    gaps = core_gaps([[(level, 0.35, 0.3, 1.0)]])
    assert gaps.gap[0, 0] == 0.0
    assert gaps.confidence[0, 0] == 0.5


@examples(100)
@given(st.lists(st.none() | st.floats(0, 4), max_size=5), st.floats(0, 4))
def test_only_a_gap_of_the_limit_or_more_is_told_as_one(gaps, near_gap):
    """Met is no gap at all, whatever the limit; with a limit of 0 nobody is near."""
    found = judge_standing(np.array(gaps, dtype=float), near_gap=near_gap)
    for gap, code in zip(gaps, found.tolist(), strict=True):
        if gap is None:
            assert code == -1
        else:
            assert (STANDINGS[code] == "met") == (gap == 0)
            assert (STANDINGS[code] == "gap") == (gap > 0 and gap >= near_gap)


@examples(100)
@given(st.floats(0, 4), st.floats(0, 4), ERROR)
def test_more_level_is_never_more_gap_nor_more_confidence(one, other, error):
    low, high = sorted((one, other))
    gaps = core_gaps([[(low, error, 2.5, 1.0), (high, error, 2.5, 1.0)]])
    assert gaps.gap[0, 0] >= gaps.gap[0, 1]
    assert gaps.confidence[0, 0] >= gaps.confidence[0, 1]
    assert ((gaps.confidence >= 0) & (gaps.confidence <= 1)).all()


def test_shapes_that_differ_are_refused():
    for other in range(4):
        levels, targets, errors, weights = (np.ones((1 + (i == other), 2)) for i in range(4))
        with pytest.raises(ShapeMismatchError):
            find_gaps(levels, targets, errors, weights=weights)


def test_nobody_has_no_gaps():
    nobody = np.ones((0, 2))
    assert find_gaps(nobody, nobody, nobody, weights=nobody).confidence.shape == (0, 2)
