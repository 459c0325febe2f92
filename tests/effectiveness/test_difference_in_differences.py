"""An effect on a business figure is found, told with an honest interval, or refused."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from recommender.effectiveness.difference_in_differences import (
    BusinessEffect,
    estimate_business_effect,
)
from recommender.effectiveness.estimate import Estimate
from recommender.effectiveness.group_time import average_effects, list_comparisons
from recommender.effectiveness.panel import NEVER, Panel, Windows, lay_out
from recommender.effectiveness.verdict import Reason
from recommender.errors import ShapeMismatchError
from tests.support.business_figures import World, draw_panel

MONTHS = Windows(transition=0)


def estimate(panel: Panel, windows: Windows = MONTHS) -> BusinessEffect:
    found = estimate_business_effect(panel, windows)
    assert isinstance(found, BusinessEffect), found
    return found


def refuse(panel: Panel, windows: Windows = MONTHS) -> str:
    found = estimate_business_effect(panel, windows)
    assert isinstance(found, Reason), found
    return found.code


def find_truth(panel: Panel, effect: np.ndarray) -> float:
    """Mean effect over the periods after training that have a figure and are looked at."""
    since = np.arange(effect.shape[1]) - panel.treated_from[:, None]
    return float(effect[(since >= 0) & (since < MONTHS.after) & np.isfinite(panel.values)].mean())


def test_by_hand() -> None:
    """Trained: 10, 10 to 14; untrained: 5, 6 to 7, 8, and once 20 that is before the training."""
    values = np.array([[10.0, 10.0, 14.0]] * 5 + [[5.0, 5.0, 7.0]] * 4 + [[6.0, 6.0, 8.0]] * 4)
    values[:5] += np.arange(5)[:, None]
    windows = Windows(baseline=2, least_baseline=2, after=1, transition=0, placebo=1)
    panel = Panel(values, np.array([2] * 5 + [NEVER] * 8), np.zeros(13, dtype=np.int64))
    # all of the trained stand above the others
    assert refuse(panel, windows) == "no-overlap"
    panel.values[:5] -= 6.0
    found = estimate(panel, windows)
    assert found.effect.value == pytest.approx(4.0 - 2.0)
    assert (found.estimator, found.treated, found.controls) == ("two-way", 5, 8)
    assert found.treated_periods == 5


def test_published_experiment() -> None:
    """Training by lot, from its printed means and deviations (LaLonde's men, as in jtrain2).

    Earnings in 1978, in thousands: 6.349 (7.867) of 185 trained, 4.555 (5.484) of 260 others.
    Nothing has to be taken off where lots were drawn, so the baseline is the same for all.
    """
    groups = []
    for n, mean, spread in ((185, 6.349, 7.867), (260, 4.555, 5.484)):
        scores = np.arange(n) - (n - 1) / 2
        groups.append(mean + spread * scores / scores.std(ddof=1))
    earned = np.concatenate(groups)
    start = np.repeat([1, NEVER], [185, 260])
    panel = Panel(np.stack([0 * earned, earned], axis=1), start, np.zeros(445, dtype=np.int64))
    windows = Windows(baseline=1, least_baseline=1, after=1, transition=0)
    found = estimate(panel, windows)
    assert found.effect.value == pytest.approx(1.794)
    half = (found.effect.upper - found.effect.value) / 1.973  # t with 184 degrees of freedom
    assert half == pytest.approx(np.sqrt(7.867**2 / 185 + 5.484**2 / 260), rel=3e-3)


@pytest.mark.parametrize("effect", [0.0, 0.3])
def test_recovers_a_planted_effect_of_staggered_training(effect: float) -> None:
    panel, _ = draw_panel(World(people=1200, effect=effect), 1)
    found = estimate(panel)
    assert found.estimator == "group-time"
    assert found.effect.value == pytest.approx(effect, abs=0.06)
    assert found.effect.lower < effect < found.effect.upper
    assert found.is_trusted


def test_growing_effects_are_averaged_and_not_turned_round() -> None:
    """A regression with one effect takes the early trained for untrained when effects grow."""
    panel, effect = draw_panel(World(people=1200, effect=0.1, growth=0.05, trained=0.9), 2)
    found = estimate(panel)
    assert found.effect.value == pytest.approx(find_truth(panel, effect), abs=0.06)
    assert found.effect.lower > 0.2


def test_both_estimators_agree_on_a_common_date() -> None:
    world = World(people=60, start_months=(12,), effect=0.3)
    panel, _ = draw_panel(world, 3)
    windows = replace(MONTHS, baseline=12)
    comparisons = list_comparisons(panel, windows, placebo=False)
    averaged = average_effects(panel, comparisons, transition=0)
    found = estimate(panel, windows)
    assert found.estimator == "two-way"
    assert averaged is not None
    assert found.effect.value == pytest.approx(averaged.value, abs=1e-9)
    assert found.treated_periods == averaged.treated_periods
    half = (found.effect.upper - found.effect.value) / 2.0687  # t with 23 degrees of freedom
    assert half == pytest.approx(averaged.standard_error, rel=0.05)


def test_agrees_with_another_implementation() -> None:
    """`csdid` 0.4.3 on the same figures: .5226 (.1005), not-yet-treated, one period before."""
    panel, _ = draw_panel(
        World(people=200, months=8, start_months=(3, 4, 6), effect=0.3, growth=0.1), 1
    )
    alike = replace(panel, stratum=np.zeros(200, dtype=np.int64))
    windows = Windows(baseline=1, least_baseline=1, after=8, transition=0)
    comparisons = list_comparisons(alike, windows, placebo=False)
    found = average_effects(alike, comparisons, transition=0)
    assert found is not None
    assert found.value == pytest.approx(0.5225541, abs=1e-6)
    assert found.standard_error == pytest.approx(0.1005, rel=0.01)


def test_neither_order_nor_level_nor_unit_matters() -> None:
    panel, _ = draw_panel(World(effect=0.3, missing=0.05), 4)
    first = estimate(panel)
    order = np.random.default_rng(0).permutation(len(panel.values))
    turned = Panel(
        100.0 + 7.0 * panel.values[order], panel.treated_from[order], panel.stratum[order]
    )
    second = estimate(turned)
    for name in ("value", "lower", "upper"):
        expected = 7.0 * getattr(first.effect, name)
        assert getattr(second.effect, name) == pytest.approx(expected, abs=1e-9)


def test_the_month_of_the_course_counts_on_neither_side() -> None:
    panel, _ = draw_panel(World(effect=0.3), 5)
    first = estimate(panel, Windows())
    start = panel.treated_from[:, None]
    # away from work, they sold nothing at all
    away = np.where(np.arange(24) == start - 1, -50.0, panel.values)
    assert estimate(replace(panel, values=away), Windows()).effect == first.effect


def test_a_planted_trend_is_caught_by_the_placebo() -> None:
    """Who is to be trained grew faster before: the effect is told, and not to be built on."""
    found = estimate(draw_panel(World(people=400, drift=0.1), 6)[0])
    assert found.effect.lower > 0.5
    assert found.placebo is not None
    assert found.placebo.lower > 0.0
    assert not found.is_trusted


def test_a_placebo_that_would_agree_with_anything_is_no_reason_to_trust() -> None:
    found = estimate(draw_panel(World(people=400, effect=0.3), 6)[0])
    assert found.placebo_says == "agrees"
    assert replace(found, placebo=Estimate(0.5, -3.0, 4.0)).placebo_says == "wide"
    assert replace(found, placebo=Estimate(0.5, 0.4, 0.6)).placebo_says == "off"


def test_without_months_for_a_placebo_nothing_is_trusted() -> None:
    found = estimate(draw_panel(World(start_months=(5,), effect=0.3), 7)[0])
    assert found.placebo is None
    assert not found.is_trusted


def test_refuses_without_overlap_and_says_why() -> None:
    world = World(people=60)
    assert refuse(draw_panel(replace(world, trained=0.05), 8)[0]) == "no-treated"
    assert refuse(draw_panel(replace(world, start_months=(2,)), 8)[0]) == "no-before"
    everybody = replace(world, trained=1.0, start_months=(12,))
    assert refuse(draw_panel(everybody, 8)[0]) == "no-untrained"
    assert refuse(draw_panel(replace(world, apart=6.0), 8)[0]) == "no-overlap"
    # who took part left before there was anything to see
    panel, _ = draw_panel(replace(world, start_months=(12,)), 8)
    panel.values[panel.treated_from < NEVER, 12:] = np.nan
    assert refuse(panel) == "no-treated"
    # nobody of the other grade is untrained
    panel, _ = draw_panel(replace(world, start_months=(12,)), 8)
    trained = (panel.treated_from < NEVER).astype(np.int64)
    assert refuse(replace(panel, stratum=trained)) == "no-untrained"


def test_a_panel_is_laid_out_from_single_figures() -> None:
    table, first = lay_out(
        np.array([0, 1, 0]),
        np.array([24300, 24302, 24301]),
        np.array([1.0, 2.0, 3.0]),
        n_people=3,
    )
    nothing = [np.nan] * 3
    np.testing.assert_equal(table, [[1.0, 3.0, np.nan], [np.nan, np.nan, 2.0], nothing])
    assert first == 24300
    with pytest.raises(ShapeMismatchError):
        Panel(table, np.array([NEVER] * 3), np.array([0]))


@pytest.mark.slow
@pytest.mark.parametrize(
    "world",
    [
        World(),
        World(effect=0.3),
        World(effect=0.1, growth=0.05),
        World(effect=0.3, start_months=(12,)),
        World(effect=0.3, missing=0.1),
        World(effect=0.3, people=60, trained=0.2, start_months=range(9, 20)),
        World(effect=0.3, trained=1.0, start_months=range(9, 22)),
    ],
    ids=["none", "staggered", "growing", "common", "missing", "few", "everybody-in-the-end"],
)
def test_intervals_cover_what_was_planted(world: World) -> None:
    """95 of 100, over 600 draws, give or take what chance does (standard deviation .009)."""
    covered, errors, trusted = [], [], []
    for seed in range(600):
        panel, effect = draw_panel(world, seed)
        found = estimate_business_effect(panel, MONTHS)
        if isinstance(found, Reason):  # trained and untrained happen to stand apart
            continue
        truth = find_truth(panel, effect)
        covered.append(found.effect.lower <= truth <= found.effect.upper)
        errors.append(found.effect.value - truth)
        trusted.append(found.is_trusted)
    print(f"{np.mean(covered):.3f} {np.mean(errors):+.4f} {np.mean(trusted):.3f} {len(covered)}")
    assert len(covered) > 570
    assert 0.925 <= np.mean(covered) <= 0.98
    assert abs(np.mean(errors)) < 4.0 * np.std(errors) / np.sqrt(len(errors))
    # one in twenty placebos is off by chance
    assert 0.92 <= np.mean(trusted) <= 0.98
