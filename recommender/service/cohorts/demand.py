"""Which new offerings would close most: one more run of each course, month by month."""

from __future__ import annotations

import datetime as dt
import math

import numpy as np

from recommender.arrays import to_day
from recommender.cohorts import CohortChoice, Offerings, value_new_offerings
from recommender.service.cohorts.figures import NewOffering
from recommender.service.cohorts.problem import Case
from recommender.service.framework import Framework
from recommender.store.plans.cohorts import StoredCohort
from recommender.working_days import next_working_day
from training_catalog import TrainingModule

MOST_COURSES = 12
# less than an assessment could tell
_LITTLE = 0.05
_SEATS = 20
_HOURS_A_DAY = 8
# what people take by themselves has no seats that could run out
_WITHOUT_SEATS = ("online", "coaching")


def find_demand(
    framework: Framework, stored: StoredCohort, case: Case, choice: CohortChoice
) -> list[NewOffering]:
    """Return what one more run of a course would close, month by month.

    The courses that close most come first, and of each the month in which it does.
    """
    wanted = np.unique(case.problem.pair_module).tolist()
    modules = [
        (m, framework.module_of[framework.modules.ids[m]])
        for m in wanted
        if framework.module_of[framework.modules.ids[m]].modality not in _WITHOUT_SEATS
    ]
    months = _months(stored.starts_from, stored.starts_until)
    country = framework.catalog.settings.country
    proposed = [(m, module, month) for m, module in modules for month in months]
    runs = [_run(module, month, stored, country) for _, module, month in proposed]
    proposals = Offerings(
        ids=tuple(f"{module.id} {month:%Y-%m}" for _, module, month in proposed),
        module=np.array([m for m, _, _ in proposed], dtype=np.int64),
        seats=np.array([module.group_size or _SEATS for _, module, _ in proposed], dtype=np.int64),
        starts_on=np.array([to_day(first) for first, _ in runs], dtype=np.int64),
        ends_on=np.array([to_day(last) for _, last in runs], dtype=np.int64),
        cost=np.array([float(module.cost) for _, module, _ in proposed], dtype=float),
    )
    offerings = [
        NewOffering(
            module_id=proposed[each.proposal][1].id,
            month=f"{proposed[each.proposal][2]:%Y-%m}",
            wanted=each.wanted,
            at_least=each.estimate,
            at_most=each.at_most,
            added=each.added,
            people=each.people,
            cost=each.cost,
        )
        for each in value_new_offerings(case.problem, choice, proposals)
        if each.wanted and each.at_most >= _LITTLE
    ]
    best: dict[str, tuple[float, float]] = {}
    for each in offerings:
        best[each.module_id] = max(best.get(each.module_id, (0.0, 0.0)), each.worth)
    shown = sorted(best, key=lambda module_id: (best[module_id], module_id), reverse=True)
    place = {module_id: at for at, module_id in enumerate(shown[:MOST_COURSES])}
    chosen = [each for each in offerings if each.module_id in place]
    chosen.sort(key=lambda each: each.month)
    chosen.sort(key=lambda each: each.worth, reverse=True)
    return sorted(chosen, key=lambda each: place[each.module_id])


def _months(first: dt.date, last: dt.date) -> list[dt.date]:
    """Return the first day of each month that the days touch."""
    count = (last.year - first.year) * 12 + last.month - first.month + 1
    return [
        dt.date(first.year + (first.month - 1 + n) // 12, (first.month - 1 + n) % 12 + 1, 1)
        for n in range(count)
    ]


def _run(
    module: TrainingModule, month: dt.date, stored: StoredCohort, country: str
) -> tuple[dt.date, dt.date]:
    """Return the first and last day of a run that begins as early in a month as it can."""
    first = last = next_working_day(max(month, stored.starts_from), country)
    for _ in range(1, math.ceil(module.hours / _HOURS_A_DAY)):
        last = next_working_day(last + dt.timedelta(days=1), country)
    return first, last
