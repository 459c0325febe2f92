"""Triggers: what is planted is found, and where all is well nothing is."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

import numpy as np
import pytest
from rated import RATER_WEIGHTS, Rated, draw_ratings
from scipy import stats

from recommender.errors import ShapeMismatchError
from recommender.improvement.simulation.settings import SimulationSettings
from recommender.improvement.simulation.synthetic import simulate
from recommender.scoring import assess_ratings, detail_ratings
from recommender.standards import (
    ALARM,
    SHIFT_ALARM,
    LevelShift,
    StandardBasis,
    compare_bases,
    describe_items,
    find_due_day,
    find_shifts,
    judge_agreement,
    judge_indicators,
    judge_subjects,
    judge_targets,
    measure_agreement,
    rest_means,
    score_items,
)

SCORING = {
    "rater_weights": RATER_WEIGHTS,
    "rating_standard_error": 0.35,
    "window_days": 90,
    "as_of_day": 0,
}


def judge_all(made: Rated) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return which indicators, competencies by their raters, and targets by grade are flagged."""
    scored = score_items(
        made.ratings,
        made.items,
        item_competency=made.item_competency,
        item_level=made.item_level,
        rater_weights=RATER_WEIGHTS,
        n_people=len(made.levels),
    )
    flat = judge_indicators(describe_items(scored.score, scored.rest, made.item_level - 0.5))
    details = detail_ratings(made.ratings, **SCORING)
    assessed = assess_ratings(made.ratings, **SCORING)
    others = details.rater_type != 0
    of = details.rater_assessment[others]
    n_competencies = made.levels.shape[1]
    agreement = measure_agreement(
        details.person[of],
        details.competency[of],
        details.rater_level[others],
        disagreement=assessed.disagreement,
        assessed_competency=assessed.competency,
        n_competencies=n_competencies,
    )
    levels = np.full(made.levels.shape, np.nan)
    levels[assessed.person, assessed.competency] = assessed.level
    met, n = (
        np.stack([each[made.grades == grade].sum(axis=0) for grade in range(4)])
        for each in (levels >= made.targets, ~np.isnan(levels))
    )
    targets = judge_targets(met, n)
    return flat <= ALARM, judge_agreement(agreement) <= ALARM, targets.too_easy | targets.too_hard


@pytest.mark.parametrize("level", [1, 2, 3, 4])
def test_an_indicator_that_is_answered_by_chance_is_found(level):
    bad = 16 + 4 * (level - 1) + 2  # of the second competency
    flat, disagree, targets = judge_all(draw_ratings(level, n_people=800, random_items=(bad,)))
    assert np.flatnonzero(flat).tolist() == [bad]
    assert not disagree.any()
    assert not targets.any()


def test_raters_who_answer_by_chance_are_found():
    flat, disagree, _ = judge_all(draw_ratings(5, n_people=100, random_raters=(2,)))
    assert np.flatnonzero(disagree).tolist() == [2]
    assert not flat.any()


@pytest.mark.parametrize(("moved", "kind"), [(-1.5, "too_easy"), (1.5, "too_hard")])
def test_a_target_far_off_is_found(moved, kind):
    made = draw_ratings(6, n_people=600)
    made.targets[made.grades == 1, 1] += moved
    _, _, targets = judge_all(made)
    assert np.argwhere(targets).tolist() == [[1, 1]]


def test_where_all_is_well_nothing_is_found():
    for seed in range(8):
        found = judge_all(draw_ratings(100 + seed, n_people=150))
        assert not any(flags.any() for flags in found)


@pytest.mark.slow
def test_false_alarms_are_rare_on_many_clean_organisations():
    """200 organisations: 9,600 indicators, 600 competencies, 2,400 targets; no false alarm."""
    alarms = np.zeros(3, dtype=int)
    for seed in range(200):
        made = draw_ratings(1000 + seed, n_people=(40, 80, 160, 320)[seed % 4])
        alarms += [flags.any() for flags in judge_all(made)]
    assert alarms.tolist() == [0, 0, 0]


def test_at_the_limit_itself_one_false_alarm_in_twenty_at_most():
    """72 targets that exactly 90 % meet, in 500 organisations."""
    rng = np.random.default_rng(0)
    n = np.full((4, 18), 150)
    alarms = [judge_targets(rng.binomial(n, 0.9), n).too_easy.any() for _ in range(500)]
    assert np.mean(alarms) <= ALARM
    # and where they are beyond it, they are found
    beyond = [judge_targets(rng.binomial(n, 0.99), n).too_easy.mean() for _ in range(20)]
    assert np.mean(beyond) > 0.95


def test_small_groups_decide_nothing():
    for n, found in ((0, False), (28, False), (29, True)):
        easy = judge_targets(np.array([[n]]), np.array([[n]]))
        hard = judge_targets(np.array([[0]]), np.array([[n]]))
        assert (easy.too_easy.item(), hard.too_hard.item()) == (found, found)
        assert not easy.too_hard.any()
        assert not hard.too_easy.any()
    _, _, targets = judge_all(draw_ratings(7, n_people=20))
    assert not targets.any()


def test_shares_have_exact_intervals():
    found = judge_targets(np.array([[0, 3, 12]]), np.array([[12, 12, 12]]))
    for k, met in enumerate((0, 3, 12)):
        exact = stats.binomtest(met, 12).proportion_ci(method="exact")
        assert found.lower[0, k] == pytest.approx(exact.low)
        assert found.upper[0, k] == pytest.approx(exact.high)


def test_p_values_are_adjusted_as_benjamini_and_hochberg_do():
    rng = np.random.default_rng(1)
    met = rng.integers(60, 101, (4, 18))
    found = judge_targets(met, np.full_like(met, 100))
    raw = stats.binom.sf(met - 1, 100, 0.9)
    assert found.p_value.ravel() == pytest.approx(stats.false_discovery_control(raw.ravel()))


def test_a_subject_that_measures_something_else_is_found():
    rng = np.random.default_rng(2)
    ability = rng.normal(0.7, 0.12, (800, 1))
    scores = np.clip(ability + rng.normal(0, 0.08, (800, 4)), 0, 1)
    scores[:, 3] = rng.permutation(scores[:, 3])
    scores[rng.random(800) < 0.1, 0] = np.nan  # some missed a paper
    found = describe_items(scores, rest_means(scores), np.full(4, np.inf))
    assert (judge_subjects(found) <= ALARM).tolist() == [False, False, False, True]
    few = describe_items(scores[:15], rest_means(scores[:15]), np.full(4, np.inf))
    assert np.isnan(judge_subjects(few)).all()


# -- a form that shifts ratings --


def look_for_shifts(
    seed: int, *, form_shift: float, n_people: int = 500, only: int | None = None
) -> tuple[LevelShift, ...]:
    """Look at a simulated history; the form changes in all competencies, or in one `only`."""
    settings = SimulationSettings(
        n_people=n_people,
        n_competencies=4,
        n_trained=50,
        n_untrained=2 * n_people,
        form_shift=form_shift,
    )
    made = simulate(settings, seed=seed)
    rows = made.intervals
    person, competency = (
        np.unique(rows[name].to_numpy(dtype=str), return_inverse=True)[1]
        for name in ("person_id", "competency_id")
    )
    level_after = made.level_after
    if only is not None:
        plain = simulate(replace(settings, form_shift=0.0), seed=seed).level_after
        level_after = np.where(competency == only, level_after, plain)
    free = (rows["modules"].map(len) == 0).to_numpy()
    day = rows["assessed_on"].to_numpy("datetime64[D]").astype(np.int64)
    before = day - np.round(rows["months"].to_numpy() * 30.4375).astype(np.int64)
    change = level_after - rows["level_before"].to_numpy()
    return find_shifts(person[free], competency[free], before[free], day[free], change[free])


def test_a_new_form_is_found_with_its_day_and_its_size():
    """The form of the simulation changes on 22 December 2022, for the last third."""
    for seed in range(3):
        found, *_ = look_for_shifts(seed, form_shift=0.3)
        assert found.competency == -1
        assert found.p_value <= SHIFT_ALARM
        assert abs(found.day - np.datetime64("2022-12-22").astype(int)) < 45
        assert found.shift == pytest.approx(0.3, abs=3 * found.standard_error)


def test_a_new_form_of_one_competency_is_found_there():
    found = look_for_shifts(2, form_shift=0.5, only=1)
    clearest = max(found, key=lambda each: abs(each.shift) / each.standard_error)
    assert clearest.competency == 1
    assert [each.competency for each in found if each.p_value <= SHIFT_ALARM] == [1]


def test_without_a_new_form_none_is_found():
    """One in two hundred is allowed by chance; the slow test counts how many there are."""
    for seed in range(3):
        assert min(each.p_value for each in look_for_shifts(seed, form_shift=0.0)) > SHIFT_ALARM


@pytest.mark.slow
def test_shifts_that_are_not_there_are_found_as_seldom_as_is_said():
    p = np.array(
        [min(s.p_value for s in look_for_shifts(seed, form_shift=0.0)) for seed in range(150)]
    )
    assert (p <= SHIFT_ALARM).mean() <= 0.02
    assert (p <= 0.1).mean() == pytest.approx(0.1, abs=0.07)


def test_a_person_rated_in_many_competencies_is_one_person():
    """The same change told twenty times makes nothing surer."""
    rng = np.random.default_rng(5)
    before, after = rng.integers(0, 300, 80), rng.integers(400, 900, 80)
    change = rng.normal(0, 0.3, 80) + 0.2 * ((before < 450) & (after >= 450))
    person = np.arange(80)
    one = np.zeros(80, dtype=np.int64)
    once, _ = find_shifts(person, one, before, after, change)
    many = np.repeat(np.arange(20), 80)
    often, *_ = find_shifts(
        np.tile(person, 20), many, *(np.tile(each, 20) for each in (before, after, change))
    )
    assert often.standard_error == pytest.approx(once.standard_error)
    assert often.n_people == 80


def test_too_few_changes_tell_of_no_shift():
    few = np.arange(5)
    assert find_shifts(few, few, few, few + 10, np.ones(5)) == ()
    nobody = np.zeros(0, dtype=np.int64)
    assert find_shifts(nobody, nobody, nobody, nobody, np.zeros(0)) == ()
    with pytest.raises(ShapeMismatchError):
        find_shifts(few, few, few, few, np.ones(4))


# -- what is not a matter of figures --


def test_a_review_is_due_on_its_day_or_so_many_months_after_the_standard_took_effect():
    day = dt.date(2024, 2, 29)
    assert find_due_day(day, review_on=dt.date(2025, 1, 1), review_months=24) == dt.date(2025, 1, 1)
    assert find_due_day(day, review_on=None, review_months=24) == dt.date(2026, 2, 28)


def test_what_has_changed_since_a_standard_was_set_is_named():
    then = StandardBasis({"service": "a", "sales": "b", "reports": "c"}, ("金融客户部",))
    now = StandardBasis({"service": "a", "sales": "x", "cloud": "d"}, ("云业务部", "金融客户部"))
    assert compare_bases(then, now) == (("reports", "sales"), ("cloud",), ("云业务部",))
    assert compare_bases(now, now) == ((), (), ())
