"""Where people stand, what is recommended to them and what they were given, as arrays."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from recommender.arrays import FloatArray, IntArray, months_before, to_day
from recommender.documents.watch.document import Measure
from recommender.ranking import rank_modules
from recommender.service.groups.levels import find_grades
from recommender.service.groups.quarters import find_quarter_end
from recommender.service.groups.table import work_out_gaps
from recommender.service.levels.standing import mark_completions, targets_of_grades
from recommender.service.session import Session
from recommender.store import PersonHead, Scope
from recommender.store.people.people import list_people
from recommender.store.plans.overview import list_plan_hours
from recommender.store.provision import Training, find_shown, list_training
from recommender.store.scope import present

WINDOW_MONTHS = 12
"""Over so long hours and seats are counted."""
N_PERIODS = 4
FEWEST_DAYS = 90
"""Whoever was there for fewer days of the window could not take much yet, and is left out."""


@dataclass(frozen=True)
class WatchedPeople:
    """Everybody within a scope on a day; arrays have a row for each.

    Parameters
    ----------
    people : sequence of PersonHead
        Who.
    as_of : date
        The day.
    first_on : date
        First day of the window over which hours and seats are counted.
    grade : ndarray of int, shape (n_people,)
        Positions of the grades.
    values : mapping of Measure to ndarray of shape (n_people,)
        Mean gap in levels; whether anything is recommended; weighted levels that the first
        recommendation closes; whether recommendations were shown; hours of the plan; hours and
        seats taken, by the year. NaN for whom it says nothing of.
    by_period : mapping of Measure to ndarray of shape (N_PERIODS, n_people)
        Hours and seats in each quarter of the window, the oldest first.
    period_starts : tuple of date
        First days of these.
    """

    people: Sequence[PersonHead]
    as_of: dt.date
    first_on: dt.date
    grade: IntArray
    values: dict[Measure, FloatArray]
    by_period: dict[Measure, FloatArray]
    period_starts: tuple[dt.date, ...]


def read_watched_people(session: Session, scope: Scope, as_of: dt.date) -> WatchedPeople:
    """Read everybody within a scope who has not left by today.

    Raises
    ------
    ConflictError
        If somebody's grade is not one of the catalogue.
    StoreError
        If another thread works out the levels of many people, and has for long.
    """
    service = session.service
    framework, first_on = service.framework, months_before(as_of, WINDOW_MONTHS)
    first_on += dt.timedelta(days=1)
    with session.reading() as connection:
        people = list_people(connection, scope, conditions=[present(session.today)], limit=None)
        grade = find_grades(framework, people)
        levels, gaps = work_out_gaps(
            connection,
            service,
            people,
            grade,
            as_of=as_of,
            scope=scope,
            cache=service.caches.quarters if as_of == find_quarter_end(as_of) else None,
        )
        taken = list_training(connection, scope, until=as_of)
        plan_hours = list_plan_hours(connection, scope)
        shown = find_shown(connection, scope, since=first_on, until=as_of)
    row_of = {head.person_id: row for row, head in enumerate(people)}
    # of people who have left by today nothing is counted
    taken = [each for each in taken if each.person_id in row_of]
    assessed = np.isfinite(gaps.gap)
    n_assessed = assessed.sum(axis=1)
    mean_gap = np.divide(
        np.where(assessed, gaps.gap, 0.0).sum(axis=1),
        n_assessed,
        out=np.full(len(people), np.nan),
        where=n_assessed > 0,
    )
    targets, weights = targets_of_grades(framework, as_of)
    done = pd.DataFrame(
        [
            (each.person_id, each.module_id, each.completed_on)
            for each in taken
            if each.completed_on is not None and each.completed_on <= as_of
        ],
        columns=["person_id", "module_id", "completed_on"],
        dtype=object,
    )
    ids = pd.Series(list(row_of), dtype=object)
    completed, recently = mark_completions(done, ids, framework, as_of)
    ranked = rank_modules(
        levels.level,
        targets[grade],
        weights[grade],
        framework.modules,
        service.estimates.table,
        grade=grade,
        top=1,
        completed=completed,
        recently_completed=recently,
        order=service.estimates.order,
    )
    starts = [
        months_before(as_of, WINDOW_MONTHS // N_PERIODS * back) + dt.timedelta(days=1)
        for back in range(N_PERIODS, 0, -1)
    ]
    hours, seats = _add_up(session, taken, row_of, starts)
    there = _find_shares_there(people, [*starts, as_of + dt.timedelta(days=1)])
    by_year = np.where(there.sum(axis=0) * 365 >= FEWEST_DAYS, there.sum(axis=0), np.nan)
    return WatchedPeople(
        people=people,
        as_of=as_of,
        first_on=first_on,
        grade=grade,
        values={
            "gap": mean_gap,
            "recommended": np.where(n_assessed > 0, ranked.module[:, 0] >= 0, np.nan),
            "closed": np.where(
                n_assessed > 0, np.nan_to_num(ranked.expected_gap_closed[:, 0]), np.nan
            ),
            "shown": np.array([head.person_id in shown for head in people], dtype=float),
            "plan_hours": np.array([plan_hours.get(head.person_id, 0.0) for head in people]),
            "hours": hours.sum(axis=0) / by_year,
            "seats": seats.sum(axis=0) / by_year,
        },
        by_period={"hours": hours, "seats": seats},
        period_starts=tuple(starts),
    )


def _add_up(
    session: Session,
    taken: Sequence[Training],
    row_of: dict[str, int],
    starts: Sequence[dt.date],
) -> tuple[FloatArray, FloatArray]:
    """Add up hours and seats by person and period; modules the catalogue lost have no hours."""
    module_of = session.service.framework.module_of
    hours, seats = np.zeros((2, len(starts), len(row_of)))
    edges = [to_day(day) for day in starts]
    for each in taken:
        period = int(np.searchsorted(edges, to_day(each.enrolled_on), side="right")) - 1
        if period < 0:
            continue
        row = row_of[each.person_id]
        module = module_of.get(each.module_id)
        hours[period, row] += module.hours if module else 0.0
        seats[period, row] += each.offering_id is not None
    return hours, seats


def _find_shares_there(people: Sequence[PersonHead], edges: Sequence[dt.date]) -> FloatArray:
    """Return which part of the year each was there in each period, as whole periods make it."""
    days = np.array([to_day(day) for day in edges], dtype=float)
    hired = np.array(
        [-np.inf if head.hired_on is None else to_day(head.hired_on) for head in people]
    )
    there = np.clip(days[1:, None] - hired[None, :], 0.0, np.diff(days)[:, None])
    return there / (days[-1] - days[0])
