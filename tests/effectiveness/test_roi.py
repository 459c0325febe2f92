"""Benefits against costs, and the price of a level."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from recommender.effectiveness.estimate import Estimate
from recommender.effectiveness.roi import (
    find_benefit,
    find_cost,
    find_cost_per_level,
    find_return,
)

amounts = st.floats(0.01, 1e9)


@st.composite
def estimates(draw: st.DrawFn) -> Estimate:
    lower, value, upper = sorted(draw(st.tuples(*[st.floats(-1e6, 1e6)] * 3)))
    return Estimate(value, lower, upper)


def test_published_example() -> None:
    """Phillips & Phillips, ROI Basics: 350,000 for 200,000 is a ratio of 1.75 and a ROI of 75 %."""
    benefit = Estimate(350_000.0, 350_000.0, 350_000.0)
    found = find_return(benefit, 200_000.0)
    assert found is not None
    assert found.benefit_cost_ratio.value == pytest.approx(1.75)
    assert found.roi.value == pytest.approx(0.75)
    assert found.net.value == pytest.approx(150_000.0)


def test_from_an_effect_to_a_return() -> None:
    """20 people over 9 months each, 3 to 7 contracts a month more, at 50 each; 1,000 and 16 h."""
    effect = Estimate(5.0, 3.0, 7.0)
    benefit = find_benefit(effect, value_per_unit=50.0, treated_periods=20 * 9)
    assert benefit == Estimate(45_000.0, 27_000.0, 63_000.0)
    cost = find_cost(people=20, module_cost=1_000.0, hours=16.0, hourly_cost=80.0)
    assert cost == 20 * 2_280.0
    found = find_return(benefit, cost)
    assert found is not None
    assert not found.roi.is_settled
    without_time = find_cost(people=20, module_cost=1_000.0, hours=16.0)
    assert without_time == 20_000.0
    settled = find_return(benefit, without_time)
    assert settled is not None
    assert settled.roi.lower == pytest.approx(0.35)


@given(estimates(), amounts)
def test_return_says_the_same_in_each_form(benefit: Estimate, cost: float) -> None:
    found = find_return(benefit, cost)
    assert found is not None
    assert found.roi.lower <= found.roi.value <= found.roi.upper
    for end in ("lower", "value", "upper"):
        roi, ratio = getattr(found.roi, end), getattr(found.benefit_cost_ratio, end)
        assert math.isclose(ratio, roi + 1.0, rel_tol=1e-9, abs_tol=1e-9)
        assert math.isclose(ratio * cost, getattr(benefit, end), rel_tol=1e-9, abs_tol=1e-6)
        assert (roi > 0) == (getattr(benefit, end) / cost - 1 > 0)


@given(estimates(), st.floats(-1e3, 1e3), st.integers(1, 10_000))
def test_benefit_of_a_figure_of_which_less_is_better(
    effect: Estimate, value: float, months: int
) -> None:
    benefit = find_benefit(effect, value_per_unit=value, treated_periods=months)
    assert benefit.lower <= benefit.value <= benefit.upper
    turned = Estimate(-effect.value, -effect.upper, -effect.lower)
    assert find_benefit(turned, value_per_unit=-value, treated_periods=months) == benefit


@given(estimates(), amounts)
def test_price_of_a_level(gain: Estimate, cost: float) -> None:
    found = find_cost_per_level(cost, gain)
    if gain.upper <= 0.0:
        assert found is None
        return
    assert found is not None
    assert found.is_settled == (gain.lower > 0.0)
    assert found.lower <= found.value <= found.upper
    assert math.isinf(found.upper) or found.is_settled


def test_nothing_spent_has_no_ratio() -> None:
    assert find_return(Estimate(1.0, 0.0, 2.0), 0.0) is None
    # an effect without an end, of a figure that is worth nothing
    unknown = Estimate(1.0, -math.inf, math.inf)
    assert find_benefit(unknown, value_per_unit=0.0, treated_periods=3) == Estimate(0, 0, 0)
