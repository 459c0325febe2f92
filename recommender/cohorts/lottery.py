"""Near-ties at the last seats, settled by a draw that can be repeated and has known chances."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

import numpy as np

from recommender.arrays import FloatArray, IntArray
from recommender.cohorts.holdings import Holdings
from recommender.cohorts.options import draw_order
from recommender.cohorts.problem import CohortProblem, Draw

_EPSILON = 1e-9


def draw_numbers(seed: int, draw_id: str, n: int) -> FloatArray:
    """Draw lottery numbers that depend on the seed and the name of the draw alone.

    Parameters
    ----------
    seed : int
        Stated with the result, so that anybody can repeat the draw.
    draw_id : str
        Tells draws with one seed apart.
    n : int
        How many; they belong to the members in the order of their ids.

    Returns
    -------
    ndarray of shape (n,)
        Uniform in [0, 1), by PCG64.
    """
    digest = hashlib.sha256(draw_id.encode()).digest()
    entropy = [abs(seed), int(seed < 0), int.from_bytes(digest, "big")]
    return np.random.Generator(np.random.PCG64(np.random.SeedSequence(entropy))).random(n)


@dataclass(frozen=True)
class _Margin:
    """People who could all sit on the same runs of a lot: option and what it adds, of each."""

    module: int
    holders: list[tuple[int, float]]
    others: list[tuple[int, float]]


def hold_lotteries(
    holdings: Holdings, *, seed: int, tolerance: float
) -> tuple[tuple[Draw, ...], float]:
    """Draw for the last seats among people whose values for them are nearly the same.

    For each lot and each set of its runs that people could attend beside their other seats, the
    weakest holder and the strongest of those without mark the margin; whoever lies within half
    the tolerance of its middle takes part. Everybody has the same chance, and whoever wins or
    loses, no limit is broken: holders whose unit could fall below its floor, and people whose unit
    could not pay for them, stay out, and nobody is in two draws.

    Parameters
    ----------
    holdings : Holdings
        The best seats; changed in place.
    seed : int
        Settles the draws.
    tolerance : float
        Weighted levels.

    Returns
    -------
    draws : tuple of Draw
        By their ids.
    at_most : float
        Weighted levels that they could have cost.
    """
    problem, options = holdings.problem, holdings.options
    margins = _find_margins(holdings, tolerance)
    spare = holdings.unit_seats - problem.floors
    money = holdings.unit_money_left.copy()
    drawn: set[int] = set()
    draws: list[Draw] = []
    names = tuple(sorted(margins))
    # whoever is in one draw is out of the next, so which comes first is drawn, too
    for name in (names[i] for i in draw_order(names, seed).tolist()):
        margin = margins[name]
        holders = [each for each in margin.holders if int(options.person[each[0]]) not in drawn]
        others = [each for each in margin.others if int(options.person[each[0]]) not in drawn]
        holders, others = _within(holders, others, tolerance)
        holders = _affordable(holdings, holders, spare, None)
        others = _affordable(holdings, others, money, options.cost)
        if not holders or not others:
            continue
        # all of them may lose, and all of the others win: what that takes is gone for later draws
        for row, _ in holders:
            spare[problem.unit[options.person[row]]] -= 1
        for row, _ in others:
            money[problem.unit[options.person[row]]] -= options.cost[row]
        draw = _draw(problem, holdings, name, margin.module, holders, others, seed)
        drawn.update(draw.members)
        draws.append(draw)
        _hand_over(holdings, [row for row, _ in holders], draw)
    draws.sort(key=lambda draw: draw.draw_id)
    return tuple(draws), sum(
        min(each.seats, len(each.members) - each.seats) * (max(each.added) - min(each.added))
        for each in draws
    )


def _find_margins(holdings: Holdings, tolerance: float) -> dict[str, _Margin]:
    """Group those who hold a seat of a full lot, or could take one, by runs they could attend."""
    problem, options = holdings.problem, holdings.options
    if not len(options):
        return {}
    offerings = problem.offerings
    names = np.stack([offerings.module.astype(np.float64), offerings.cost], axis=1)
    _, lot_of = np.unique(names, axis=0, return_inverse=True)
    full = np.bincount(lot_of, holdings.free) == 0
    lot = lot_of[options.offering]
    held = holdings.rows
    # where seats are left, or were ordered, nobody competes for the last one
    held = held[full[lot[held]] & ~options.must[held]]
    added = holdings.added(held)
    rows = np.setdiff1d(np.flatnonzero(full[lot]), holdings.rows)
    adds = holdings.adds(rows)
    # far from the margin of a whole lot is far from that of any of its runs
    weakest = np.full(len(full), np.inf)
    np.minimum.at(weakest, lot[held], added)
    near = adds >= np.maximum(weakest[lot[rows]] - tolerance - 2 * _EPSILON, _EPSILON)
    rows = rows[near]
    rows = rows[holdings.could_attend(rows)]
    adds = holdings.adds(rows)
    strongest = np.full(len(full), -np.inf)
    np.maximum.at(strongest, lot[rows], adds)
    near = added <= strongest[lot[held]] + tolerance + 2 * _EPSILON
    held, added = held[near], added[near]
    runs: dict[tuple[int, int], list[int]] = {}
    worth: dict[tuple[int, int], float] = {}
    for row, value in zip(rows.tolist(), adds.tolist(), strict=True):
        key = int(options.person[row]), int(lot[row])
        runs.setdefault(key, []).append(row)
        worth[key] = value
    margins: dict[str, _Margin] = {}

    def margin_of(attended: list[int]) -> _Margin:
        ids = sorted(offerings.ids[int(options.offering[row])] for row in attended)
        module = int(options.module[attended[0]])
        name = f"{problem.module_ids[module]}:{'+'.join(ids)}"
        return margins.setdefault(name, _Margin(module, [], []))

    for key, attended in runs.items():
        margin_of(attended).others.append((attended[0], worth[key]))
    for row, value in zip(held.tolist(), added.tolist(), strict=True):
        # whoever lost it would lose the seat that it prepares for as well
        if holdings.is_needed(row):
            continue
        mine = holdings.of_person(int(options.person[row]))
        mine = mine[lot[mine] == lot[row]]
        holdings.leave(row)
        attended = mine[holdings.could_attend(mine)].tolist()
        holdings.take(row)
        margin_of(attended).holders.append((row, value))
    return margins


def _within(
    holders: list[tuple[int, float]], others: list[tuple[int, float]], tolerance: float
) -> tuple[list[tuple[int, float]], list[tuple[int, float]]]:
    """Return those who lie within half the tolerance of the middle of the margin."""
    if not holders or not others:
        return [], []
    middle = (min(value for _, value in holders) + max(value for _, value in others)) / 2
    reach = tolerance / 2 + _EPSILON
    return (
        [each for each in holders if abs(each[1] - middle) <= reach],
        [each for each in others if abs(each[1] - middle) <= reach],
    )


def _affordable(
    holdings: Holdings,
    members: list[tuple[int, float]],
    there: FloatArray | IntArray,
    takes: FloatArray | None,
) -> list[tuple[int, float]]:
    """Leave out the members of units that could not bear it if all of theirs lost, or won."""
    unit = holdings.problem.unit[holdings.options.person[[row for row, _ in members]]]
    taken = np.ones(len(members)) if takes is None else takes[[row for row, _ in members]]
    total = np.bincount(unit, taken, minlength=len(there))
    bears = (total <= there + _EPSILON)[unit]
    return [each for each, stays in zip(members, bears.tolist(), strict=True) if stays]


def _draw(
    problem: CohortProblem,
    holdings: Holdings,
    name: str,
    module: int,
    holders: list[tuple[int, float]],
    others: list[tuple[int, float]],
    seed: int,
) -> Draw:
    person, offering = holdings.options.person, holdings.options.offering
    both = sorted([*holders, *others], key=lambda each: problem.person_ids[int(person[each[0]])])
    numbers = draw_numbers(seed, name, len(both))
    won = np.zeros(len(both), dtype=bool)
    won[np.argsort(numbers, kind="stable")[: len(holders)]] = True
    return Draw(
        draw_id=name,
        module=module,
        offerings=tuple(sorted({int(offering[row]) for row, _ in holders})),
        seats=len(holders),
        members=tuple(int(person[row]) for row, _ in both),
        added=tuple(value for _, value in both),
        numbers=tuple(numbers.tolist()),
        won=tuple(won.tolist()),
    )


def _hand_over(holdings: Holdings, rows: list[int], draw: Draw) -> None:
    """Give the seats of holders who lost to those who won without one, by their numbers."""
    options = holdings.options
    winners = [i for i, won in enumerate(draw.won) if won]
    winners.sort(key=lambda i: draw.numbers[i])
    holder = {int(options.person[row]): row for row in rows}
    coming = [draw.members[i] for i in winners if draw.members[i] not in holder]
    winning = {draw.members[i] for i in winners}
    # by ids: anybody who repeats the draw must come to the same runs
    leaving = sorted(
        (row for person, row in holder.items() if person not in winning),
        key=lambda row: (options.offering[row], holdings.problem.person_ids[options.person[row]]),
    )
    for row in leaving:
        holdings.leave(row)
    runs = options.offering[leaving]
    for row in holdings.find(np.array(coming, dtype=np.int64), runs).tolist():
        holdings.take(row)
