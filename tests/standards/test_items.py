"""Item statistics: against kept packages, against scoring, and where there is nothing to tell."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from rated import RATER_WEIGHTS, draw_ratings
from scipy import stats
from sklearn.datasets import load_iris
from sklearn.metrics import roc_auc_score

from recommender.errors import ShapeMismatchError
from recommender.scoring import RatingArrays, assess_ratings
from recommender.standards import cronbach_alpha, describe_items, rest_means, score_items

FLOWERS = load_iris()
# the four measurements as items of one test, in [0, 1]
MEASURED = FLOWERS.data / 10


def test_alpha_and_its_interval_are_those_of_pingouin():
    # pingouin 0.7.0: cronbach_alpha(load_iris().data) is .7084772483 [.624, .778]
    alpha = cronbach_alpha(MEASURED)
    assert (alpha.n, round(alpha.value, 10)) == (150, 0.7084772483)
    assert (round(alpha.lower, 3), round(alpha.upper, 3)) == (0.624, 0.778)


def test_correlation_with_the_rest_is_that_of_scipy_and_separation_that_of_sklearn():
    found = describe_items(MEASURED, rest_means(MEASURED), np.array([0.35] * 4))
    for i in range(4):
        rest = np.delete(MEASURED, i, axis=1).mean(axis=1).round(9)
        theirs = stats.pearsonr(MEASURED[:, i], rest)
        bounds = theirs.confidence_interval()
        assert found.discrimination[i] == pytest.approx(theirs.statistic)
        assert found.discrimination_lower[i] == pytest.approx(bounds.low)
        assert found.discrimination_upper[i] == pytest.approx(bounds.high)
        assert found.separation[i] == pytest.approx(roc_auc_score(rest >= 0.35, MEASURED[:, i]))
        mean = stats.ttest_1samp(MEASURED[:, i], 0.0).confidence_interval()
        assert found.difficulty_lower[i] == pytest.approx(mean.low)
        assert found.difficulty_upper[i] == pytest.approx(mean.high)


@pytest.mark.parametrize("true", [0.5, 0.64, 0.9])
def test_intervals_hold_the_true_value_as_often_as_they_say(true):
    """Groups of 15 and 25, normal, two thousand times, as so many items."""
    rng = np.random.default_rng(8)
    reached = np.repeat([False, True], [15, 25])
    shift = np.sqrt(2) * stats.norm.ppf(true)
    scores = rng.normal(size=(40, 2000)) + shift * reached[:, None]
    rest = np.broadcast_to(reached[:, None].astype(float), scores.shape)
    found = describe_items(scores, rest, np.full(2000, 0.5))
    holds = (found.separation_lower <= true) & (true <= found.separation_upper)
    assert 0.935 < holds.mean() < 0.985
    assert found.separation_lower.min() >= 0
    assert found.separation_upper.max() <= 1


@settings(max_examples=40)
@given(
    arrays(np.float64, (12, 2), elements=st.sampled_from([0.0, 1 / 3, 2 / 3, 1.0, np.nan])),
    arrays(np.float64, (12, 2), elements=st.sampled_from([0.0, 1.0, 2.0, np.nan])),
)
def test_separation_counts_pairs(scores, rest):
    found = describe_items(scores, rest, np.array([1.0, 1.5]))
    for i, split in enumerate((1.0, 1.5)):
        known = ~np.isnan(scores[:, i]) & ~np.isnan(rest[:, i])
        above = scores[known & (rest[:, i] >= split), i]
        below = scores[known & (rest[:, i] < split), i]
        assert (found.n_reached[i], found.n_below[i]) == (len(above), len(below))
        if not len(above) or not len(below):
            assert np.isnan(found.separation[i])
            continue
        higher = (above[:, None] > below).mean() + (above[:, None] == below).mean() / 2
        assert found.separation[i] == pytest.approx(higher)
        assert found.separation_lower[i] <= higher + 1e-9
        assert found.separation_upper[i] >= higher - 1e-9


@settings(max_examples=15)
@given(st.integers(0, 10_000))
def test_the_rest_of_an_indicator_is_the_level_that_scoring_gives_without_it(seed):
    made = draw_ratings(seed, n_people=4, n_competencies=1, per_level=2)
    scored = score_items(
        made.ratings,
        made.items,
        item_competency=made.item_competency,
        item_level=made.item_level,
        rater_weights=RATER_WEIGHTS,
        n_people=4,
    )
    for item in range(8):
        left = made.items != item
        others = RatingArrays(*(values[left] for values in vars(made.ratings).values()))
        levels = assess_ratings(
            others,
            rater_weights=RATER_WEIGHTS,
            rating_standard_error=0.35,
            window_days=90,
            as_of_day=0,
        )
        for person, level in zip(levels.person, levels.level, strict=True):
            own = others.level[others.person == person] == made.item_level[item]
            if not own.any():  # nothing else tells whether its level is reached
                assert np.isnan(scored.rest[person, item])
            elif not np.isnan(scored.score[person, item]):
                assert scored.rest[person, item] == pytest.approx(level)


def test_more_raters_who_say_the_same_make_no_interval_narrower():
    made = draw_ratings(1, n_people=60, n_competencies=1)
    twice = RatingArrays(*(np.tile(values, 2) for values in vars(made.ratings).values()))
    twice = replace(twice, rater=twice.rater + np.repeat([0, 10_000], len(made.items)))
    once, again = (
        describe_items(scored.score, scored.rest, made.item_level - 0.5)
        for scored in (
            score_items(
                ratings,
                items,
                item_competency=made.item_competency,
                item_level=made.item_level,
                rater_weights=RATER_WEIGHTS,
                n_people=60,
            )
            for ratings, items in ((made.ratings, made.items), (twice, np.tile(made.items, 2)))
        )
    )
    assert np.allclose(once.difficulty_lower, again.difficulty_lower, equal_nan=True)
    assert np.allclose(once.separation_upper, again.separation_upper, equal_nan=True)


def test_where_nothing_can_be_told_nothing_is():
    nothing = np.full((5, 2), np.nan)
    found = describe_items(nothing, nothing, np.ones(2))
    assert found.n.tolist() == [0, 0]
    for name in ("difficulty", "discrimination", "separation"):
        assert np.isnan(getattr(found, name)).all()
    alike = describe_items(np.ones((5, 1)), np.arange(5.0)[:, None], np.array([2.0]))
    assert alike.difficulty.tolist() == [1.0]
    assert np.isnan(alike.discrimination).all()  # all the same: there is nothing to go with
    assert alike.separation.tolist() == [0.5]
    assert np.isnan(cronbach_alpha(np.ones((5, 3))).value)
    assert np.isnan(cronbach_alpha(np.full((5, 3), np.nan)).value)
    assert np.isnan(rest_means(np.ones((3, 1)))).all()
    with pytest.raises(ShapeMismatchError):
        describe_items(np.ones((5, 2)), np.ones((5, 2)), np.ones(3))
