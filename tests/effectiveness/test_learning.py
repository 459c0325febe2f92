"""Exams before and after a module: which sittings belong together, and what they tell."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import ttest_rel

from recommender.effectiveness.learning import compare_scores, pair_sittings
from recommender.scoring import Sittings

WINDOWS = (540, 365)


def sat(*rows: tuple[int, int, int, int, float]) -> Sittings:
    """Sittings: person, competency, level, day, score (NaN where a subject is missing)."""
    person, competency, level, day, score = (np.array(column) for column in zip(*rows, strict=True))
    return Sittings(
        person, competency, level, day, score, np.isfinite(score), np.nan_to_num(score) >= 80
    )


def test_the_last_sitting_before_and_the_first_one_after_count() -> None:
    sittings = sat(
        (0, 0, 1, 100, 40.0),
        (0, 0, 1, 200, 50.0),
        (0, 0, 1, 300, 70.0),
        (0, 0, 1, 310, 90.0),
        # the day of completion is before
        (1, 0, 1, 250, 60.0),
        (1, 0, 1, 251, 85.0),
    )
    pairs = pair_sittings(sittings, np.array([250, 250]), within_days=WINDOWS)
    assert pairs.before.tolist() == [50.0, 60.0]
    assert pairs.after.tolist() == [70.0, 85.0]
    assert pairs.failed_before.all()


def test_other_exams_incomplete_sittings_and_other_people_do_not_count() -> None:
    sittings = sat(
        # another level, another competency, no score, too long ago, nobody who took the module
        *((0, 0, 1, 200, 50.0), (0, 0, 2, 300, 70.0)),
        *((1, 0, 1, 200, 50.0), (1, 1, 1, 300, 70.0)),
        *((2, 0, 1, 200, 50.0), (2, 0, 1, 300, np.nan)),
        *((3, 0, 1, 200, 50.0), (3, 0, 1, 800, 70.0)),
        *((4, 0, 1, 200, 50.0), (4, 0, 1, 300, 70.0)),
    )
    completed = np.array([250, 250, 250, 250, -1])
    assert not pair_sittings(sittings, completed, within_days=WINDOWS).before.size


def test_of_two_levels_the_higher_counts() -> None:
    sittings = sat(
        *((0, 0, 1, 200, 90.0), (0, 0, 1, 300, 95.0), (0, 0, 2, 200, 50.0), (0, 0, 2, 300, 75.0)),
        *((0, 3, 1, 200, 10.0), (0, 3, 1, 300, 20.0)),
    )
    pairs = pair_sittings(sittings, np.array([250]), within_days=WINDOWS)
    assert (pairs.competency.tolist(), pairs.before.tolist()) == ([0, 3], [50.0, 10.0])


def test_gain_is_that_of_a_paired_t_test() -> None:
    rng = np.random.default_rng(0)
    before = rng.uniform(40, 90, 12)
    after = before + rng.normal(6, 5, 12)
    found = compare_scores(before, after, before < 80)
    interval = ttest_rel(after, before).confidence_interval()
    assert found.gain.value == pytest.approx((after - before).mean())
    assert (found.gain.lower, found.gain.upper) == pytest.approx((interval.low, interval.high))
    assert found.people == 12


def test_cautions() -> None:
    failed = np.array([True] * 5 + [False] * 5)
    plain = compare_scores(np.full(10, 70.0), np.linspace(60, 90, 10), np.zeros(10, dtype=bool))
    assert (plain.at_ceiling, plain.many_failed) == (False, False)
    full = compare_scores(np.full(10, 90.0), np.array([100.0] * 2 + [90.0] * 8), failed)
    assert (full.at_ceiling, full.many_failed) == (True, True)
    # one person has no interval
    assert not np.isfinite(compare_scores(np.ones(1), np.ones(1), failed[:1]).gain.upper)
