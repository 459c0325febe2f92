"""Draws among near-equals: fair, repeatable, bounded in cost; wait lists and dropouts."""

from dataclasses import replace

import numpy as np
import pytest
from made_cohorts import make_cohort
from scipy.sparse import csr_array
from scipy.stats import chisquare
from seat_oracle import breaks

from recommender.cohorts import (
    CohortProblem,
    Offerings,
    choose_cohort,
    replace_dropouts,
)
from recommender.cohorts.holdings import hold_seats
from recommender.cohorts.lottery import draw_numbers, hold_lotteries
from recommender.cohorts.options import find_options
from recommender.cohorts.solving import solve
from recommender.errors import ShapeMismatchError

ALL = float("inf")


def make_equals(gains, *, seats, units=None):
    """Make up people who differ by what one module adds to them alone; runs have `seats`."""
    n, runs = len(gains), len(seats)
    unit = np.zeros(n, dtype=np.int64) if units is None else np.array(units)
    n_units = int(unit.max()) + 1
    days = np.arange(runs) * 10
    return CohortProblem(
        person_ids=tuple(f"p{i:02d}" for i in range(n)),
        unit_ids=tuple(f"u{i}" for i in range(n_units)),
        unit=unit,
        gap=np.full((n, 1), 1.0),
        weight=np.ones((n, 1)),
        hours_budget=np.full(n, ALL),
        module_ids=("m",),
        hours=np.array([8.0]),
        prerequisites=((),),
        completed=np.zeros((n, 1), dtype=bool),
        pair_person=np.arange(n),
        pair_module=np.zeros(n, dtype=np.int64),
        improvement=csr_array(np.array(gains)[:, None]),
        offerings=Offerings(
            ids=tuple(f"r{i}" for i in range(runs)),
            module=np.zeros(runs, dtype=np.int64),
            seats=np.array(seats),
            starts_on=days,
            ends_on=days,
            cost=np.zeros(runs),
        ),
        blocked_person=np.empty(0, dtype=np.int64),
        blocked_from=np.empty(0, dtype=np.int64),
        blocked_to=np.empty(0, dtype=np.int64),
        floors=np.zeros(n_units, dtype=np.int64),
        cost_budget=ALL,
        unit_cost_budget=np.full(n_units, ALL),
    )


def test_over_many_seeds_everybody_in_a_draw_wins_as_often_as_stated():
    # one is clearly better, one clearly worse; the six between differ by less than the tolerance
    problem = make_equals([0.9, 0.5, 0.5, 0.505, 0.5, 0.495, 0.5, 0.1], seats=[2, 1])
    best, options = solve(problem, seed=0).holdings.seats, find_options(problem, 0)
    won, seeds = np.zeros(8), 300
    for seed in range(seeds):
        # whoever happened to hold the seats before has no better chance
        holdings = hold_seats(problem, options, best)
        (draw,), at_most = hold_lotteries(holdings, seed=seed, tolerance=0.02)
        assert draw.members == (1, 2, 3, 4, 5, 6)
        assert draw.chance == pytest.approx(2 / 6)
        assert at_most == pytest.approx(2 * 0.01)
        won[holdings.seats.person] += 1
    assert won[0] == seeds
    assert won[7] == 0
    assert chisquare(won[1:7]).pvalue > 0.01


def test_a_draw_is_repeated_from_its_seed_alone():
    problem = make_equals([0.5] * 6, seats=[2])
    first, again = (choose_cohort(problem, seed=8, tolerance=0.0) for _ in range(2))
    (draw,) = first.draws
    assert again.draws == first.draws
    assert draw.numbers == tuple(draw_numbers(8, draw.draw_id, 6))
    assert {m for m, won in zip(draw.members, draw.won, strict=True) if won} == set(
        np.argsort(draw.numbers)[:2].tolist()
    )
    assert choose_cohort(problem, seed=9, tolerance=0.0).draws[0].numbers != draw.numbers


def test_beyond_the_tolerance_nothing_is_drawn():
    problem = make_equals([0.5, 0.5, 0.47, 0.47], seats=[2])
    choice = choose_cohort(problem, seed=1, tolerance=0.029)
    assert choice.draws == ()
    assert choice.seats.person.tolist() == [0, 1]
    assert len(choose_cohort(problem, seed=1, tolerance=0.031).draws) == 1


def test_a_draw_never_takes_a_unit_below_its_floor():
    problem = make_equals([0.5, 0.5, 0.5, 0.49], seats=[2], units=[0, 0, 0, 1])
    problem = replace(problem, floors=np.array([0, 1]))
    for seed in range(10):
        choice = choose_cohort(problem, seed=seed, tolerance=0.1)
        assert 3 in choice.seats.person
        assert choice.draws[0].members == (0, 1, 2)


def test_the_losers_of_a_draw_wait_by_their_numbers():
    choice = choose_cohort(make_equals([0.5] * 6, seats=[2]), seed=4, tolerance=0.0)
    (draw,) = choice.draws
    losers = [m for m, won in zip(draw.members, draw.won, strict=True) if not won]
    assert choice.waiting.person.tolist() == sorted(losers, key=lambda m: draw.numbers[m])
    assert choice.waiting.place.tolist() == [1, 2, 3, 4]


def test_a_freed_seat_goes_to_the_first_who_waits_and_nobody_else_moves():
    cohort = make_cohort(300, 24, n_units=5)
    choice = choose_cohort(cohort, seed=2, tolerance=0.02)
    waiting = choice.waiting
    assert (np.diff(waiting.added)[np.diff(waiting.offering) == 0] <= 0).all()
    full = int(waiting.offering[0])
    holder = int(choice.seats.person[choice.seats.offering == full][0])
    after = replace_dropouts(cohort, choice.seats, waiting, [(holder, full)])
    before = set(zip(choice.seats.person.tolist(), choice.seats.offering.tolist(), strict=True))
    now = set(zip(after.seats.person.tolist(), after.seats.offering.tolist(), strict=True))
    assert breaks(cohort, sorted(now)) is None
    assert before - now == {(holder, full)}
    queue = waiting.person[waiting.offering == full].tolist()
    assert after.taken == ((full, queue[0]),)
    assert now - before == {(queue[0], full)}
    assert queue[0] not in after.waiting.person[after.waiting.offering == full]
    assert holder not in after.waiting.person
    with pytest.raises(ShapeMismatchError):
        replace_dropouts(cohort, after.seats, after.waiting, [(holder, full)])


def test_a_freed_seat_that_a_floor_rests_on_stays_in_the_unit():
    problem = make_equals([0.9, 0.5, 0.4, 0.8, 0.7], seats=[2], units=[0, 1, 1, 0, 0])
    problem = replace(problem, floors=np.array([0, 1]))
    choice = choose_cohort(problem, seed=1, tolerance=0.0)
    assert choice.seats.person.tolist() == [0, 1]
    waiting = choose_cohort(
        replace(problem, floors=np.zeros(2, int)), seed=1, tolerance=0.0
    ).waiting
    waiting = replace(
        waiting,
        person=np.array([3, 4, 2]),
        offering=np.zeros(3, dtype=np.int64),
        place=np.arange(1, 4),
        added=np.array([0.8, 0.7, 0.4]),
        number=np.zeros(3),
    )
    after = replace_dropouts(problem, choice.seats, waiting, [(1, 0)])
    assert after.taken == ((0, 2),)
    assert after.units_below_floor == ()
    after = replace_dropouts(problem, choice.seats, waiting, [(0, 0)])
    assert after.taken == ((0, 3),)
