"""Who moves up into a seat that somebody has given back, everybody else keeping theirs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from scipy.sparse import csr_array, vstack

from recommender.arrays import to_day
from recommender.cohorts import (
    CohortProblem,
    Offerings,
    Replacement,
    Seats,
    WaitList,
    replace_dropouts,
)
from recommender.service.cohorts.problem import Case, floor_unit
from recommender.store.plans.cohorts import CohortOffering, NamedSeat


@dataclass(frozen=True)
class Held:
    """A seat that stays: who has it, in which offering, and what it costs in CNY."""

    seat: NamedSeat
    offering: CohortOffering
    cost: float


def fill_seat(
    case: Case,
    column: int,
    leaver: int,
    *,
    held: Sequence[Held],
    waiting: Sequence[NamedSeat],
    floors: Mapping[str, int],
    top: str | None,
) -> Replacement:
    """Give one seat of an offering to the first on its wait list who can take it.

    Parameters
    ----------
    case : Case
        Whoever leaves or waits, and the offerings with a seat to be filled.
    column, leaver : int
        Positions of the offering and of the person who had the seat.
    held : sequence of Held
        The seats that stay, of whomever: they take days, hours and money, and close gaps.
    waiting : sequence of NamedSeat
        The wait list of the offering, in its order.
    floors : mapping of str to int
        Seats that units must have, by path.
    top : str or None
        The unit of the cohort.

    Returns
    -------
    Replacement
        In positions of a problem that has this offering only.
    """
    row_of = {head.person_id: row for row, head in enumerate(case.people)}
    problem = _narrow(case, column, leaver, held=held, floors=floors, top=top)
    queue = [each.seat for each in waiting if each.seat.person_id in row_of]
    people = np.array([row_of[seat.person_id] for seat in queue], dtype=np.int64)
    return replace_dropouts(
        problem,
        Seats(np.array([leaver]), np.array([0])),
        WaitList(
            people,
            np.zeros(len(queue), dtype=np.int64),
            np.arange(1, len(queue) + 1),
            np.array([seat.value for seat in queue], dtype=float),
            np.array([seat.number or 0.0 for seat in queue], dtype=float),
        ),
        [(leaver, 0)],
    )


def _narrow(
    case: Case,
    column: int,
    leaver: int,
    *,
    held: Sequence[Held],
    floors: Mapping[str, int],
    top: str | None,
) -> CohortProblem:
    """Return the problem of a single seat, less what the seats that stay take and close."""
    problem, offerings = case.problem, case.problem.offerings
    row_of = {head.person_id: row for row, head in enumerate(case.people)}
    position = {name: m for m, name in enumerate(problem.module_ids)}
    module = int(offerings.module[column])
    gap, hours, completed = (
        each.copy() for each in (problem.gap, problem.hours_budget, problem.completed)
    )
    pair_of = {
        pair: at
        for at, pair in enumerate(
            zip(problem.pair_person.tolist(), problem.pair_module.tolist(), strict=True)
        )
    }
    unit_floors = np.array([floors.get(unit, 0) for unit in problem.unit_ids], dtype=np.int64)
    unit_of = {unit: at for at, unit in enumerate(problem.unit_ids)}
    away: list[tuple[int, int, int]] = []
    for each in held:
        unit = unit_of.get(floor_unit(each.seat.head.org_unit, top))
        if unit is not None:
            unit_floors[unit] -= 1
        row, taken = row_of.get(each.seat.seat.person_id), position.get(each.offering.module_id)
        if row is None:
            continue
        away.append((row, to_day(each.offering.starts_on), to_day(each.offering.ends_on)))
        if taken is None:
            continue
        hours[row] -= problem.hours[taken]
        if (row, taken) in pair_of:
            closes = problem.improvement[[pair_of[row, taken]], :].toarray()[0]
            gap[row] = np.maximum(gap[row] - closes, 0.0)
        # a seat that stays is as good as a completion, if it ends in time
        completed[row, taken] |= to_day(each.offering.ends_on) < offerings.starts_on[column]
    # whoever leaves held the seat, whatever has changed since
    needs = list(problem.prerequisites[module])
    completed[leaver, needs] = True
    hours[leaver] = np.inf
    stays = problem.blocked_person != leaver
    away = [each for each in away if each[0] != leaver]
    pairs = problem.pair_person, problem.pair_module, problem.improvement
    if (leaver, module) not in pair_of:
        nothing = csr_array((1, problem.gap.shape[1]))
        # without a pair the seat would be no option, and so could not be given back
        pairs = (
            np.append(pairs[0], leaver),
            np.append(pairs[1], module),
            csr_array(vstack([pairs[2], nothing])),
        )
    return replace(
        problem,
        gap=gap,
        hours_budget=hours,
        completed=completed,
        pair_person=pairs[0],
        pair_module=pairs[1],
        improvement=pairs[2],
        offerings=Offerings(
            ids=(offerings.ids[column],),
            module=offerings.module[[column]],
            seats=np.ones(1, dtype=np.int64),
            starts_on=offerings.starts_on[[column]],
            ends_on=offerings.ends_on[[column]],
            cost=offerings.cost[[column]],
        ),
        blocked_person=np.append(problem.blocked_person[stays], [a[0] for a in away]).astype(int),
        blocked_from=np.append(problem.blocked_from[stays], [a[1] for a in away]).astype(int),
        blocked_to=np.append(problem.blocked_to[stays], [a[2] for a in away]).astype(int),
        floors=np.maximum(unit_floors, 0),
        cost_budget=problem.cost_budget - sum(each.cost for each in held),
        must=((leaver, module),),
    )
