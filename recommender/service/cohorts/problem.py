"""What the seats of a cohort are given by: people, enrolments and offerings into arrays."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from scipy.sparse import csr_array

from recommender.arrays import BoolArray, FloatArray, IntArray, to_day
from recommender.candidates import find_candidates, permit
from recommender.cohorts import CohortProblem, Offerings, share_floors
from recommender.gaps import find_gaps
from recommender.ranking import predict_improvement
from recommender.service.estimates import Estimates
from recommender.service.framework import Framework
from recommender.service.levels.standing import mark_completions, targets_of_grades
from recommender.store import PersonHead
from recommender.store.people.enrolments import EnrolmentKey
from recommender.store.people.seats import Offering
from recommender.store.plans.cohorts import CohortOffering, StoredCohort


@dataclass(frozen=True)
class Facts:
    """What is known of those who are considered, and of the offerings.

    Parameters
    ----------
    people : sequence of PersonHead
        Who is considered, and is still there.
    grade : ndarray of shape (n_people,)
        Positions of their grades.
    level, standard_error : ndarray of shape (n_people, n_competencies)
        Where they stand; NaN where to be assessed first.
    enrolments : sequence of EnrolmentKey
        All of theirs but those that the cohort has made.
    runs : sequence of tuple
        Each offering that has not begun, as it is now, with the seats that the cohort may fill,
        those it has filled included; None where there is no bound.
    elsewhere : mapping of str to Offering
        The offerings that they are enrolled in.
    today : date
        Completions up to this day count.
    """

    people: Sequence[PersonHead]
    grade: IntArray
    level: FloatArray
    standard_error: FloatArray
    enrolments: Sequence[EnrolmentKey]
    runs: Sequence[tuple[Offering, int | None]]
    elsewhere: Mapping[str, Offering]
    today: dt.date


@dataclass(frozen=True)
class Case:
    """A cohort as the core sees it, and whose and which the positions are.

    Parameters
    ----------
    problem : CohortProblem
        People in the order of `people`, offerings in that of `offerings`; its modules are those of
        the framework.
    people : sequence of PersonHead
        Who is considered, and is still there.
    offerings : sequence of CohortOffering
        The offerings that have not begun.
    applied : ndarray of shape (n_people,)
        Place in the order of application; -1 for everybody where none is known.
    estimates : Estimates
        Where the expected improvements come from.
    """

    problem: CohortProblem
    people: Sequence[PersonHead]
    offerings: Sequence[CohortOffering]
    applied: IntArray
    estimates: Estimates


def floor_unit(path: str, top: str | None) -> str:
    """Return the unit right below the cohort's that a person belongs to, or the cohort's own."""
    if path == top:
        return path
    depth = 0 if top is None else len(top.split("/"))
    return "/".join(path.split("/")[: depth + 1])


def count_seats(
    offerings: Sequence[CohortOffering],
    runs: Mapping[str, Offering],
    held: Collection[tuple[str, str]],
) -> list[tuple[Offering, int | None]]:
    """Return each run with the seats that the cohort may fill in it, those it holds included."""
    seats: list[tuple[Offering, int | None]] = []
    for each in offerings:
        run = runs[each.offering_id]
        own = sum(offering_id == each.offering_id for _, offering_id in held)
        # others may have taken seats since they were put aside
        free = None if run.free is None else max(0, run.free) + own
        bounds = [bound for bound in (each.seats, free) if bound is not None]
        seats.append((run, min(bounds) if bounds else None))
    return seats


def build_problem(
    framework: Framework, estimates: Estimates, stored: StoredCohort, facts: Facts
) -> CohortProblem:
    """Bring what is known into arrays."""
    modules, limits, people = framework.modules, stored.limits, facts.people
    position = {name: m for m, name in enumerate(modules.ids)}
    completed, recently = _mark_completions(framework, facts)
    targets, weights = (each[facts.grade] for each in targets_of_grades(framework, stored.as_of))
    gaps = find_gaps(facts.level, targets, facts.standard_error, weights=weights)
    candidates = find_candidates(
        facts.level,
        targets,
        modules,
        permitted=permit(modules, facts.grade, recently_completed=recently),
        completed=completed,
    )
    row_of = {head.person_id: row for row, head in enumerate(people)}
    taken: BoolArray = np.zeros(completed.shape, dtype=bool)
    away: list[tuple[int, Offering]] = []
    for each in facts.enrolments:
        if each.status != "enrolled":
            continue
        row = row_of[each.person_id]
        if each.module_id in position:
            taken[row, position[each.module_id]] = True
        if each.offering_id is not None:
            away.append((row, facts.elsewhere[each.offering_id]))
    # also of modules that have no offering: new ones may be worth having
    pair_person, pair_module = np.nonzero(candidates.candidate & ~taken)
    units = [floor_unit(head.org_unit, stored.org_unit) for head in people]
    unit_ids = tuple(sorted(set(units) | set(limits["floors"])))
    unit = np.array([unit_ids.index(each) for each in units], dtype=np.int64)
    offerings = _offerings(framework, facts)
    return CohortProblem(
        person_ids=tuple(row_of),
        unit_ids=unit_ids,
        unit=unit,
        gap=np.nan_to_num(gaps.gap),
        weight=weights,
        hours_budget=np.full(len(people), _bound(limits["hours"])),
        module_ids=modules.ids,
        hours=modules.hours,
        prerequisites=modules.prerequisites,
        completed=completed,
        pair_person=pair_person,
        pair_module=pair_module,
        improvement=_improvements(
            framework,
            candidates.serves,
            predict_improvement(facts.level[:, modules.pair_competency], estimates.table),
            pair_person,
            pair_module,
        ),
        offerings=offerings,
        blocked_person=np.array([row for row, _ in away], dtype=np.int64),
        blocked_from=np.array([to_day(run.starts_on) for _, run in away], dtype=np.int64),
        blocked_to=np.array([to_day(run.ends_on) for _, run in away], dtype=np.int64),
        floors=np.array([limits["floors"].get(name, 0) for name in unit_ids], dtype=np.int64),
        cost_budget=_bound(limits["cost"]),
        unit_cost_budget=np.full(len(unit_ids), math.inf),
        hour_price=framework.catalog.settings.hour_price,
    )


def _mark_completions(framework: Framework, facts: Facts) -> tuple[BoolArray, BoolArray]:
    done = [
        (each.person_id, each.module_id, each.completed_on)
        for each in facts.enrolments
        if each.status == "completed" and each.completed_on and each.completed_on <= facts.today
    ]
    frame = pd.DataFrame(done, columns=["person_id", "module_id", "completed_on"])
    ids = [head.person_id for head in facts.people]
    return mark_completions(frame, ids, framework, facts.today)


def _offerings(framework: Framework, facts: Facts) -> Offerings:
    position = {name: m for m, name in enumerate(framework.modules.ids)}
    module = np.array([position[run.module_id] for run, _ in facts.runs], dtype=np.int64)
    # without a bound there is a seat for everybody
    seats = [len(facts.people) if count is None else count for _, count in facts.runs]
    return Offerings(
        ids=tuple(run.offering_id for run, _ in facts.runs),
        module=module,
        seats=np.array(seats, dtype=np.int64),
        starts_on=np.array([to_day(run.starts_on) for run, _ in facts.runs], dtype=np.int64),
        ends_on=np.array([to_day(run.ends_on) for run, _ in facts.runs], dtype=np.int64),
        cost=framework.modules.cost[module],
    )


def raise_floors(
    problem: CohortProblem, stored: StoredCohort, *, seats_given: int
) -> CohortProblem:
    """Return a problem in which each unit has its share of the seats that could be given.

    Of all seats there are would be too many: most people want few, and money may be short. Where a
    floor was asked for by unit, that stays.
    """
    limits = stored.limits
    shared = share_floors(
        limits["floor_share"], problem.unit, n_units=len(problem.unit_ids), seats=seats_given
    )
    named = np.isin(problem.unit_ids, list(limits["floors"]))
    return replace(problem, floors=np.where(named, problem.floors, shared))


def _bound(limit: float | None) -> float:
    return math.inf if limit is None else float(limit)


def _improvements(
    framework: Framework,
    serves: BoolArray,
    gains: FloatArray,
    pair_person: IntArray,
    pair_module: IntArray,
) -> csr_array:
    """Return what each pair of person and module is expected to add, by competency."""
    modules = framework.modules
    row_of = np.full((len(serves), len(modules.ids)), -1, dtype=np.int64)
    row_of[pair_person, pair_module] = np.arange(len(pair_person))
    person, pair = np.nonzero(serves)
    row = row_of[person, modules.pair_module[pair]]
    wanted = row >= 0
    person, pair, row = person[wanted], pair[wanted], row[wanted]
    shape = len(pair_person), len(framework.competency_ids)
    return csr_array((gains[person, pair], (row, modules.pair_competency[pair])), shape=shape)
