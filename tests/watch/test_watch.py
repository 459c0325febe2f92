"""What is wrong is found, and where nothing is wrong no alarm is raised."""

from itertools import combinations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from watch.organisations_drawn import Wrong, find_alarms

from recommender.errors import ShapeMismatchError
from recommender.watch.alarms import choose_alarms, p_value_below, p_value_beyond
from recommender.watch.calibration import mean_by_person, measure_calibration
from recommender.watch.drift import compare_input, find_gain_drift
from recommender.watch.fairness import compare_groups, find_since, make_strata
from recommender.watch.inputs import InputSummary, summarise_labels, summarise_numbers


def test_where_all_is_well_no_alarm_is_raised():
    assert [find_alarms(seed) for seed in range(8)] == [[]] * 8


@pytest.mark.slow
def test_of_a_thousand_reports_without_a_fault_hardly_any_raises_an_alarm():
    raised = [alarms for seed in range(1000) if (alarms := find_alarms(seed))]
    assert len(raised) <= 10, raised


@pytest.mark.parametrize(
    ("wrong", "alarms"),
    [
        # fewer hours for people with the same gaps, and so fewer seats
        (Wrong(hours_of_unit_2=0.4), {"hours unit 2", "seats unit 2"}),
        (Wrong(offset_of_unit_1=-0.4), {"offset unit 1"}),
        (Wrong(levels_shifted=0.6), {"level"}),
        (Wrong(gains_lost_from=100), {"change"}),
    ],
)
def test_what_is_planted_is_found_and_nothing_else_is_blamed(wrong, alarms):
    for seed in range(2):
        found = set(find_alarms(seed, wrong))
        assert min(alarms) in found
        if wrong.hours_of_unit_2 < 1:
            assert found <= alarms
        if wrong.levels_shifted:
            assert found == alarms


small = st.lists(
    st.tuples(st.integers(0, 2), st.integers(0, 1), st.integers(0, 5)), min_size=4, max_size=8
)


@given(small)
def test_a_difference_is_that_of_dealing_values_out_by_lot(rows):
    """Mean and spread of the difference over all ways to choose the members of a group."""
    group, stratum, values = (np.array(part) for part in zip(*rows, strict=True))
    found = compare_groups(values.astype(float), group, stratum, n_groups=3)
    weight = total = spread = 0.0
    for code in (0, 1):
        inside, size = values[stratum == code], int(((group == 0) & (stratum == code)).sum())
        if not 0 < size < inside.size:
            continue
        share = size * (inside.size - size) / inside.size
        members = (group == 0)[stratum == code]
        total += share * (inside[members].mean() - inside[~members].mean())
        # of the sum over the members, over all equally likely choices of so many
        spread += np.var([sum(some) for some in combinations(inside.tolist(), size)])
        weight += share
    if not weight:
        assert np.isnan(found.difference[0])
        return
    assert found.difference[0] == pytest.approx(total / weight, abs=1e-9)
    assert found.error[0] == pytest.approx(np.sqrt(spread) / weight, abs=1e-9)


def test_groups_with_other_gaps_and_grades_are_not_blamed_for_these():
    rng = np.random.default_rng(0)
    grade = np.repeat([0, 1], 500)
    gap = rng.uniform(0, 1, 1000) + grade
    group = (rng.random(1000) < gap / 2).astype(np.int64)
    values = 10 * gap + rng.normal(0, 1, 1000)
    plain = compare_groups(values, group, np.zeros(1000, dtype=np.int64), n_groups=2)
    fair = compare_groups(values, group, make_strata(grade, gap), n_groups=2)
    assert plain.difference[1] > 3
    assert abs(fair.difference[1]) < 0.5
    assert fair.difference[0] == pytest.approx(-fair.difference[1])


def test_who_is_not_known_is_left_out():
    values = np.array([1.0, np.nan, 3.0, 5.0])
    found = compare_groups(values, np.array([0, 0, -1, 1]), np.zeros(4, dtype=int), n_groups=3)
    assert found.count.tolist() == [1, 1, 0]
    # the one without a group is one of the others of both
    assert found.difference[:2] == pytest.approx([-3.0, 3.0])
    assert np.isnan(found.mean[2])
    gap = np.array([0.1, np.nan, 0.2])
    assert make_strata(np.zeros(3, dtype=int), gap)[1] == 5
    with pytest.raises(ShapeMismatchError):
        compare_groups(values, np.zeros(3, dtype=int), np.zeros(4, dtype=int), n_groups=1)


def test_since_when_goes_back_without_a_break():
    tolerances = np.full(4, 1.0)
    for differences, at in (
        ([-2, -2, -2, -2], 0),
        ([-2, 0, -2, -2], 2),
        ([2, 2, 2, -2], 3),
        ([-2, -2, -2, -0.5], 3),
        ([np.nan, -2, -2, -2], 1),
    ):
        assert find_since(np.array(differences, dtype=float), tolerances) == at


def test_a_tolerance_is_kept_to():
    rng = np.random.default_rng(1)
    # the true value is just tolerated: hardly more than one in twenty is below .05
    estimate = rng.normal(0.1, 0.05, 20_000)
    error, tolerance = np.full(20_000, 0.05), np.full(20_000, 0.1)
    assert (p_value_beyond(estimate, error, tolerance) < 0.05).mean() == pytest.approx(
        0.05, abs=0.005
    )
    assert (p_value_below(-estimate, error, -tolerance) < 0.05).mean() == pytest.approx(
        0.05, abs=0.005
    )
    # without any spread there is no doubt, and without an estimate no test
    sure = p_value_beyond(np.array([0.2, 0.1, np.nan]), np.zeros(3), np.full(3, 0.1))
    assert sure[:2].tolist() == [0.0, 1.0]
    assert np.isnan(sure[2])


def test_many_questions_are_held_to_one_rate():
    # Benjamini and Hochberg (1995), table 1: at .05 the first four of fifteen
    published = [
        *(0.0001, 0.0004, 0.0019, 0.0095, 0.0201, 0.0278, 0.0298, 0.0344),
        *(0.0459, 0.3240, 0.4262, 0.5719, 0.6528, 0.7590, 1.0),
    ]
    chosen = choose_alarms(np.array([*published, np.nan]), rate=0.05)
    assert np.flatnonzero(chosen).tolist() == [0, 1, 2, 3]
    assert not choose_alarms(np.array([np.nan])).any()


def test_ten_records_of_one_person_are_not_ten_witnesses():
    rng = np.random.default_rng(2)
    covered = {True: 0, False: 0}
    for _ in range(300):
        person = np.repeat(np.arange(60), 10)
        values = rng.normal(0, 1, 60)[person] + rng.normal(0, 0.5, 600)
        for by_person in covered:
            mean, error = mean_by_person(values, person if by_person else np.arange(600))
            covered[by_person] += abs(mean) < 1.96 * error
    assert 0.92 < covered[True] / 300 < 0.98
    assert covered[False] / 300 < 0.7


def test_calibration_is_told_group_by_group():
    predicted = np.array([0.2, 0.4, 0.6, 0.2, 0.4, 0.6])
    observed = predicted * [1, 1, 1, 0.5, 0.5, 0.5]
    group = np.array([0, 0, 0, 1, 1, 1])
    held = np.array([True, True, False, True, True, True])
    found = measure_calibration(predicted, observed, held, np.arange(6), group, n_groups=3)
    assert found.records.tolist() == found.people.tolist() == [3, 3, 0]
    assert found.offset[:2] == pytest.approx([0.0, -0.2])
    assert found.rest_offset[:2] == pytest.approx([-0.2, 0.0])
    assert found.slope[:2] == pytest.approx([1.0, 0.5])
    assert found.coverage[:2] == pytest.approx([2 / 3, 1.0])
    assert np.isnan(found.offset[2])


def test_the_stability_index_is_that_of_the_textbooks():
    summary = InputSummary("unit", (), ("a", "b", ""), (0.5, 0.5, 0.0), 10**9)
    many = np.arange(100_000)
    values = ["a"] * 60_000 + ["b"] * 40_000
    found = compare_input(summary, values, many, tolerance=0.01)
    assert found.index == pytest.approx(0.1 * np.log(0.6 / 0.5) - 0.1 * np.log(0.4 / 0.5), abs=1e-3)
    assert found.p_value < 1e-6
    assert compare_input(summary, values, many, tolerance=0.1).p_value > 0.99


def test_a_new_value_is_a_drift_and_rare_ones_are_not_named():
    person = np.arange(200)
    summary = summarise_labels("module", ["old"] * 196 + ["rare"] * 4, person)
    assert summary.labels == ("old", "")
    assert summary.shares == pytest.approx((0.98, 0.02))
    found = compare_input(summary, ["old"] * 100 + ["new"] * 100, person, tolerance=0.1)
    assert found.p_value < 1e-3
    assert found.shares == (0.5, 0.5)


def test_numbers_with_few_values_are_summarised_all_the_same():
    person = np.arange(100)
    summary = summarise_numbers("gap", np.array([0.0] * 95 + [1.0] * 4 + [np.nan]), person)
    assert sum(summary.shares) == pytest.approx(1.0)
    assert summary.people == 99
    same = compare_input(summary, np.zeros(50), person[:50], tolerance=0.1)
    assert same.p_value > 0.5
    nobody = compare_input(summary, np.full(3, np.nan), np.arange(3), tolerance=0.1)
    assert np.isnan(nobody.p_value)


def test_a_change_of_gains_is_dated():
    rng = np.random.default_rng(3)
    person = np.repeat(np.arange(300), 4)
    day = rng.integers(0, 365, 300)[person]
    noise = rng.normal(0, 0.3, 300)[person] + rng.normal(0, 0.3, 1200)
    found = find_gain_drift(noise - 0.3 * (day >= 200), day, person, rate=0.01)
    assert abs(found.changed_at - 200) <= 15
    assert found.after - found.before == pytest.approx(-0.3, abs=0.1)
    assert find_gain_drift(noise, day, person, rate=0.01).changed_at is None
    assert np.isnan(find_gain_drift(noise[:4], day[:4], person[:4], rate=0.01).p_value)
