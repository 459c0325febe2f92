"""What a plan brought: modules completed and levels assessed again, beside what was expected."""

from __future__ import annotations

import datetime as dt

import numpy as np

from recommender.arrays import to_day
from recommender.errors import ConflictError
from recommender.results import Gaps, Plan
from recommender.service.framework import Framework
from recommender.service.levels.standing import Standing, read_standing
from recommender.service.plans.development.progress import find_completions
from recommender.service.plans.stored import PlanOutcome
from recommender.store import Connection


def measure_outcome(
    connection: Connection, framework: Framework, plan: Plan, gaps: Gaps, *, today: dt.date
) -> list[PlanOutcome]:
    """Compare, in framework order, what a plan was to bring with what was assessed after it.

    Development activities neither hold this up nor count: those not done go into the next plan.

    Raises
    ------
    ConflictError
        If a module was not completed after the day of the plan, or a competency was not assessed
        after the day on which the last module that serves it was completed.
    """
    completed = find_completions(connection, plan, today)
    open_modules = [i.module_id for i in plan.items if i.module_id not in completed]
    standing = read_standing(connection, framework, as_of=today, person_ids=[plan.person_id])
    expected: dict[str, float] = {}
    last: dict[str, dt.date] = {}
    for item in plan.items:
        for part in item.competencies:
            name = part.competency_id
            # as the plan counts it (DESIGN, section 4, "Plan"): nothing is expected to harm
            expected[name] = expected.get(name, 0.0) + max(0.0, part.expected_improvement)
            if item.module_id in completed:
                on = completed[item.module_id]
                last[name] = max(on, last.get(name, on))
    # a competency that has left the catalogue can no longer be assessed, so none is asked for
    served = [name for name in framework.competency_ids if name in expected]
    to_assess = [
        name
        for name in served
        if name not in last or not _assessed_after(framework, standing, name, last[name])
    ]
    if open_modules or to_assess:
        raise ConflictError(
            "plan.not-complete"
            if open_modules and to_assess
            else "plan.courses-open"
            if open_modules
            else "plan.levels-open",
            modules=", ".join(open_modules),
            competencies=", ".join(to_assess),
        )
    before = {gap.competency_id: gap.level for gap in gaps.competencies}
    levels = standing.levels.level[0]
    return [
        PlanOutcome(
            competency_id=name,
            level_before=before.get(name),
            level_after=float(levels[framework.competency_ids.index(name)]),
            expected_improvement=expected[name],
        )
        for name in served
    ]


def _assessed_after(
    framework: Framework, standing: Standing, competency_id: str, day: dt.date
) -> bool:
    # strictly later: an assessment on the last day of a module may have been made before it
    k = framework.competency_ids.index(competency_id)
    level, assessed = standing.levels.level[0, k], standing.levels.day[0, k]
    return bool(np.isfinite(level) and assessed > to_day(day))
