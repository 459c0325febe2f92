"""What readers who may see no single person are told of effects, and cannot work out."""

from __future__ import annotations

import math

from hypothesis import given
from hypothesis import strategies as st

from recommender.effectiveness.estimate import Estimate
from recommender.effectiveness.roi import CostPerLevel, find_return
from recommender.effectiveness.verdict import Reason, Verdict
from recommender.service.effectiveness.told import Teller
from recommender.service.groups.disclosure import SMALL_CELL

EXACT, COARSE = Teller(exactly=True), Teller(exactly=False)
SIZES = st.lists(st.integers(1, 30), max_size=8)
AMOUNTS = st.floats(0.001, 1e9)


@given(SIZES)
def test_small_parts_have_no_figures_and_are_not_left_over(sizes: list[int]) -> None:
    for tell in (EXACT, COARSE):
        shown = tell.choose_parts(sizes)
        assert all(n >= SMALL_CELL for n, is_shown in zip(sizes, shown, strict=True) if is_shown)
    # who knows the whole and the parts that are shown knows the rest together
    rest = sum(n for n, is_shown in zip(sizes, shown, strict=True) if not is_shown)
    assert rest == 0 or rest >= SMALL_CELL or sum(sizes) < SMALL_CELL


@given(st.lists(st.integers(SMALL_CELL, 30), max_size=8))
def test_parts_that_are_large_enough_are_all_shown(sizes: list[int]) -> None:
    assert all(COARSE.choose_parts(sizes))


@given(st.integers(0, 1000), AMOUNTS)
def test_counts_and_amounts_are_coarse(people: int, amount: float) -> None:
    told = COARSE.count(people)
    assert told is None or (told % 5 == 0 and 0 <= people - told < 5)
    assert EXACT.count(people) == people
    found = Estimate(amount, amount - 1.0, math.inf)
    assert EXACT.amount(found) == found
    short = COARSE.amount(found)
    assert math.isclose(short.value, float(f"{amount:.2g}"), rel_tol=0.051)
    assert math.isclose(short.value, float(f"{short.value:.2g}"))
    assert math.isinf(short.upper)


def test_returns_prices_and_reasons_are_coarse() -> None:
    back = find_return(Estimate(123_456.0, 98_765.0, 148_147.0), 54_321.0)
    assert back is not None
    assert EXACT.return_(back) is back
    told = COARSE.return_(back)
    assert (told.benefit.value, told.cost, told.roi.value) == (120_000.0, 54_000.0, 1.3)
    price = CostPerLevel(1234.0, 987.0, math.inf, is_settled=False)
    assert EXACT.cost_per_level(price) is price
    assert COARSE.cost_per_level(price) == CostPerLevel(1200.0, 990.0, math.inf, is_settled=False)
    verdict = Verdict(
        "open",
        (Reason("gain-unclear", {"value": 0.123}),),
        (Reason("need-measured", {"more": 13}), Reason("few-answers", {"needed": 5})),
    )
    assert EXACT.verdict(verdict) == verdict
    coarse = COARSE.verdict(verdict)
    assert [reason.values for reason in coarse.reasons + coarse.needs] == [
        {"value": 0.12},
        {"more": 15},
        {"needed": 5},
    ]
