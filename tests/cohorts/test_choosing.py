"""The seats of a cohort: the core against trying every way, and against its own bound."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from made_cohorts import make_cohort
from scipy.sparse import csr_array
from seat_oracle import best_value, breaks, worth

from recommender.cohorts import (
    CohortProblem,
    Offerings,
    choose_cohort,
    compare_policies,
    master,
    share_floors,
    solving,
)
from recommender.errors import ConflictError


@st.composite
def tiny_cohorts(draw):
    """Up to four people, three modules and four runs; on a coarse grid nearly everything ties."""
    n, n_modules = draw(st.integers(1, 4)), draw(st.integers(1, 3))
    n_offerings, n_units = draw(st.integers(1, 4)), 2

    def table(values, *shape):
        size = int(np.prod(shape))
        return np.array(draw(st.lists(values, min_size=size, max_size=size))).reshape(shape)

    pairs = [(p, m) for p in range(n) for m in range(n_modules) if draw(st.integers(0, 4))] or [
        (0, 0)
    ]
    gains = table(st.sampled_from([0.0, 0.1, 0.2, 0.4, 0.37]), len(pairs), 2)
    starts = table(st.integers(0, 5), n_offerings)
    away = draw(st.lists(st.tuples(st.integers(0, n - 1), st.integers(0, 5)), max_size=2))
    blocked = np.array(away, dtype=np.int64).reshape(-1, 2)
    inf = float("inf")
    return CohortProblem(
        person_ids=tuple(f"p{i}" for i in draw(st.permutations(range(n)))),
        unit_ids=("a", "b"),
        unit=table(st.integers(0, n_units - 1), n),
        gap=table(st.sampled_from([0.0, 0.3, 0.5, 1.0]), n, 2),
        weight=table(st.sampled_from([0.5, 1.0, 1.5]), n, 2),
        hours_budget=table(st.sampled_from([4.0, 8.0, 12.0, inf]), n),
        module_ids=("m0", "m1", "m2")[:n_modules],
        hours=table(st.sampled_from([4.0, 8.0]), n_modules),
        prerequisites=tuple(
            (draw(st.integers(0, m - 1)),) if m and not draw(st.integers(0, 2)) else ()
            for m in range(n_modules)
        ),
        completed=table(st.sampled_from([False, False, True]), n, n_modules),
        pair_person=np.array([p for p, _ in pairs]),
        pair_module=np.array([m for _, m in pairs]),
        improvement=csr_array(gains),
        offerings=Offerings(
            ids=("o0", "o1", "o2", "o3")[:n_offerings],
            module=table(st.integers(0, n_modules - 1), n_offerings),
            seats=table(st.integers(0, 2), n_offerings),
            starts_on=starts,
            ends_on=starts + table(st.integers(0, 1), n_offerings),
            cost=table(st.sampled_from([0.0, 500.0, 800.0]), n_offerings),
        ),
        blocked_person=blocked[:, 0],
        blocked_from=blocked[:, 1],
        blocked_to=blocked[:, 1],
        floors=table(st.sampled_from([0, 0, 0, 1]), n_units),
        cost_budget=draw(st.sampled_from([inf, 800.0, 1300.0])),
        unit_cost_budget=table(st.sampled_from([inf, inf, 1000.0]), n_units),
        must=(draw(st.sampled_from(pairs)),) if not draw(st.integers(0, 4)) else (),
        hour_price=draw(st.sampled_from([0.0, 0.002, 0.02])),
    )


def seats_of(choice):
    return list(zip(choice.seats.person.tolist(), choice.seats.offering.tolist(), strict=True))


def value_of(problem, seats):
    people = {p for p, _ in seats}
    return sum(worth(problem, p, [o for who, o in seats if who == p]) for p in people)


@settings(max_examples=20)
@given(problem=tiny_cohorts(), tolerance=st.sampled_from([0.0, 0.15]))
def test_the_best_of_all_ways_is_chosen_and_draws_cost_what_they_say(problem, tolerance):
    best = best_value(problem)
    if best is None:
        with pytest.raises(ConflictError):
            choose_cohort(problem, seed=3, tolerance=tolerance)
        return
    choice = choose_cohort(problem, seed=3, tolerance=tolerance)
    seats = seats_of(choice)
    assert breaks(problem, seats) is None
    assert choice.value == pytest.approx(value_of(problem, seats), abs=1e-9)
    assert choice.value + choice.lottery_loss == pytest.approx(best, abs=1e-7)
    assert choice.bound == pytest.approx(best, abs=1e-7)
    assert choice.lottery_loss <= choice.lottery_loss_at_most + 1e-9
    for draw in choice.draws:
        assert max(draw.added) - min(draw.added) <= tolerance + 1e-8
        assert sum(draw.won) == draw.seats == round(draw.chance * len(draw.members))


@pytest.fixture(scope="module")
def cohort():
    return make_cohort(320, 24, seats_a_person=1.2, n_units=6)


@pytest.fixture(scope="module")
def chosen(cohort):
    return choose_cohort(cohort, seed=11, tolerance=0.02)


def test_a_larger_cohort_comes_within_a_thousandth_of_what_can_be_proven(cohort, chosen):
    assert breaks(cohort, seats_of(chosen)) is None
    best = chosen.value + chosen.lottery_loss
    assert best >= 0.999 * chosen.bound
    assert chosen.value <= chosen.bound + 1e-9
    assert chosen.value == pytest.approx(value_of(cohort, seats_of(chosen)), rel=1e-9)


@settings(max_examples=15)
@given(problem=tiny_cohorts())
def test_the_way_of_larger_cohorts_breaks_no_limit_and_its_bound_holds(problem):
    best = best_value(problem)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(solving, "EXACT_OPTIONS", 0)
        try:
            choice = choose_cohort(problem, seed=3, tolerance=0.1)
        except ConflictError:
            assert best is None
            return
    assert breaks(problem, seats_of(choice)) is None
    assert choice.value <= best + 1e-7
    assert best <= choice.bound + 1e-7


def test_what_is_not_proven_is_not_called_the_best():
    cohort = make_cohort(40, 10, seed=4)
    best = choose_cohort(cohort, seed=1, tolerance=0.0)
    assert best.value == pytest.approx(best.bound)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(master, "MOST_BRANCHES", 1)
        hasty = choose_cohort(cohort, seed=1, tolerance=0.0)
    assert hasty.value <= best.value + 1e-9 < hasty.bound


def test_a_later_programme_that_ends_early_takes_nothing_away():
    found = []

    def end_early(limits, n_people, pool, *, relative_gap):
        chosen, lacking, bound = master.choose_whole(
            limits, n_people, pool, relative_gap=relative_gap
        )
        found.append(pool.worth[chosen].sum())
        return chosen[: len(chosen) // 2 if len(found) > 1 else None], lacking, bound

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(solving, "choose_whole", end_early)
        hasty = choose_cohort(make_cohort(40, 10, seed=4), seed=1, tolerance=0.0)
    first, *later = found
    assert later
    assert hasty.value >= first - 1e-9


def test_the_order_of_people_changes_nothing(cohort, chosen):
    turned = np.random.default_rng(5).permutation(len(cohort.person_ids))
    back = np.argsort(turned)
    other = replace(
        cohort,
        person_ids=tuple(cohort.person_ids[i] for i in turned),
        unit=cohort.unit[turned],
        gap=cohort.gap[turned],
        weight=cohort.weight[turned],
        hours_budget=cohort.hours_budget[turned],
        completed=cohort.completed[turned],
        pair_person=back[cohort.pair_person],
        blocked_person=back[cohort.blocked_person],
    )
    again = choose_cohort(other, seed=11, tolerance=0.02)
    assert {(other.person_ids[p], o) for p, o in seats_of(again)} == {
        (cohort.person_ids[p], o) for p, o in seats_of(chosen)
    }
    assert [draw.numbers for draw in again.draws] == [draw.numbers for draw in chosen.draws]


def test_floors_are_kept_and_those_that_cannot_be_are_named(cohort):
    least = share_floors(0.9, cohort.unit, n_units=6, seats=int(cohort.offerings.seats.sum() * 0.9))
    choice = choose_cohort(replace(cohort, floors=least), seed=1, tolerance=0.0)
    assert (np.bincount(cohort.unit[choice.seats.person], minlength=6) >= least).all()
    beyond = least.copy()
    beyond[2] = cohort.offerings.seats.sum() + 1
    with pytest.raises(ConflictError) as refusal:
        choose_cohort(replace(cohort, floors=beyond), seed=1, tolerance=0.0)
    assert refusal.value.code == "cohort.floors"
    assert "u02" in refusal.value.values["units"]


def test_greed_and_order_of_application_keep_limits_and_close_less(cohort, chosen):
    applied = np.random.default_rng(1).permutation(len(cohort.person_ids))
    free = replace(cohort, floors=np.zeros(6, dtype=np.int64))
    first, greedy, exact = compare_policies(free, chosen.seats, applied=applied)
    for outcome in (first, greedy, exact):
        seats = outcome.seats
        assert breaks(free, [*zip(seats.person, seats.offering, strict=True)]) is None
        assert outcome.expected_gap_closed == pytest.approx(outcome.unit_gap_closed.sum())
        assert outcome.unit_seats.sum() == len(seats.person)
    assert first.expected_gap_closed < greedy.expected_gap_closed < exact.expected_gap_closed
    assert exact.expected_gap_closed == pytest.approx(chosen.expected_gap_closed)
