"""What a proposed standard would change, before it counts: who moves, which gaps, what it costs."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from recommender.arrays import BoolArray, FloatArray
from recommender.service.caches import Caches
from recommender.service.effective_catalog import to_profile
from recommender.service.framework import build_framework, require_grade
from recommender.service.groups.disclosure import SMALL_CELL
from recommender.service.groups.levels import read_levels
from recommender.service.groups.quarters import find_quarter_end
from recommender.service.permissions import Permission, Role, round_count
from recommender.service.plans.choices import PlanRequest
from recommender.service.plans.drafts.many import try_plans
from recommender.service.session import Session
from recommender.service.standards.reading import (
    Proposal,
    profile_before,
    read_catalog,
    read_proposal,
)
from recommender.standards import StandardChange, simulate_change
from recommender.store import EVERYONE, PersonHead, Scope, schema
from recommender.store.people.people import list_people
from recommender.store.scope import present
from training_catalog import Catalog, TargetProfile

# plans are tried twice for each: it has to be quick, and is an estimate anyway
TRIED = 20


@dataclass(frozen=True)
class CompetencyChange:
    """What a competency of a standard would change.

    Counts are of people; for who may see no single person they are rounded down to a multiple of
    five, and None below it, as all are where fewer than five are assessed.
    """

    competency_id: str
    old_level: float
    new_level: float
    assessed: int | None
    below_before: int | None
    below_after: int | None
    opened: int | None
    closed: int | None


@dataclass(frozen=True)
class Mover:
    """Somebody who would get a gap, or lose one, in these competencies."""

    person_id: str
    name: str
    org_unit: str
    opened: tuple[str, ...]
    closed: tuple[str, ...]


@dataclass(frozen=True)
class PlanEstimate:
    """What the plans of all whose gaps change would take, before and after, and for how many.

    For `tried` of these `affected` people plans were made, not kept, with both standards; the
    figures are scaled up from them where there are more. Hours, and CNY.
    """

    affected: int
    tried: int
    hours_before: float
    hours_after: float
    cost_before: float
    cost_after: float

    @property
    def is_estimate(self) -> bool:
        """Whether plans were tried for some of the people only."""
        return self.tried < self.affected


@dataclass(frozen=True)
class Simulation:
    """What a proposed standard would change for the people of its grade.

    `people` are those of the grade within the principal's scope, `moved` those with a gap opened or
    closed; both None where too few to tell. `rows` are the competencies with another level,
    `movers` the people by name, None for who may see none. `estimate` is None where it was not
    asked for, or plans may not be seen.
    """

    as_of: dt.date
    people: int | None
    moved: int | None
    rows: tuple[CompetencyChange, ...]
    movers: tuple[Mover, ...] | None
    estimate: PlanEstimate | None = None


def simulate_standard(
    session: Session, proposal_id: str, *, with_plans: bool = False
) -> Simulation:
    """Say what a proposal would change for the people of its grade as they stand today.

    Who may see no single person is told of the end of the last quarter. `with_plans` also tries
    plans under both standards, which takes seconds.

    Raises
    ------
    NotFoundError
        If there is no such proposal, or its grade has left the catalogue.
    """
    session.need(Permission.READ_STATISTICS)
    exactly = session.who.sees_people
    scope = EVERYONE if session.who.role is Role.ANALYST else session.who.scope
    as_of = session.today if exactly else find_quarter_end(session.today)
    with session.reading() as connection:
        proposal = read_proposal(session, proposal_id)
        stored = proposal.stored
        require_grade(session.service.framework, stored.grade)
        catalog = read_catalog(session, connection)
        # one that is in force already is compared with the version before it, too
        older = [p for p in catalog.profiles if p.grade == stored.grade]
        after = to_profile(catalog, older, stored, proposal.targets)
        before = profile_before(catalog, stored.grade, stored.effective_on) or older[0]
        grade = schema.person.c.grade == stored.grade
        people = list_people(
            connection, scope, conditions=[present(session.today), grade], limit=None
        )
        change, gap_differs = _compare(session, people, before, after, as_of=as_of, scope=scope)
        estimate = None
        may_plan = Permission.READ_RECOMMENDATIONS in session.who.permissions
        if with_plans and exactly and may_plan:
            affected = [people[i].person_id for i in np.flatnonzero(gap_differs).tolist()]
            estimate = _try_plans(session, affected, before, after)
    names = session.service.framework.competency_ids
    movers = _name_movers(session, people, change, names) if exactly else None
    return Simulation(
        as_of=as_of,
        people=len(people) if exactly else round_count(len(people)),
        moved=_tell(int(change.moved.sum()), len(people), exactly=exactly),
        rows=_describe(proposal, change, names, exactly=exactly),
        movers=movers,
        estimate=estimate,
    )


def _compare(
    session: Session,
    people: Sequence[PersonHead],
    before: TargetProfile,
    after: TargetProfile,
    *,
    as_of: dt.date,
    scope: Scope,
) -> tuple[StandardChange, BoolArray]:
    """Compare people with two standards; also say whose gaps or weights differ at all."""
    service = session.service
    with session.reading() as connection:
        levels = read_levels(connection, service, people, as_of=as_of, scope=scope)
    names = service.framework.competency_ids
    shape = levels.level.shape

    def spread(profile: TargetProfile, part: str) -> FloatArray:
        row = np.array([getattr(profile.targets[name], part) for name in names], dtype=float)
        return np.broadcast_to(row, shape).copy()

    old, new = spread(before, "level"), spread(after, "level")
    old_weights, new_weights = spread(before, "weight"), spread(after, "weight")
    change = simulate_change(
        levels.level,
        levels.standard_error,
        old_targets=old,
        new_targets=new,
        old_weights=old_weights,
        new_weights=new_weights,
        near_gap=service.framework.catalog.settings.near_gap,
    )
    gaps = [np.maximum(0.0, target - levels.level) for target in (old, new)]
    weighed = (old_weights != new_weights) & (np.maximum(*gaps) > 0)
    differs: BoolArray = ((gaps[0] != gaps[1]) & ~np.isnan(levels.level)) | weighed
    return change, np.asarray(differs.any(axis=1))


def _tell(count: int, assessed: int, *, exactly: bool) -> int | None:
    if exactly:
        return count
    return None if assessed < SMALL_CELL else round_count(count)


def _describe(
    proposal: Proposal, change: StandardChange, names: Sequence[str], *, exactly: bool
) -> tuple[CompetencyChange, ...]:
    place = {name: k for k, name in enumerate(names)}
    rows: list[CompetencyChange] = []
    for target in proposal.changes:
        k = place.get(target.competency_id)
        if k is None:  # it has left the catalogue since
            continue
        assessed = int(change.assessed[k])
        counts = (
            int(count)
            for count in (
                assessed,
                change.before.gap[k],
                change.after.gap[k],
                change.opened[:, k].sum(),
                change.closed[:, k].sum(),
            )
        )
        told = (_tell(count, assessed, exactly=exactly) for count in counts)
        rows.append(
            CompetencyChange(target.competency_id, target.old_level, target.new_level, *told)
        )
    return tuple(rows)


def _name_movers(
    session: Session, people: Sequence[PersonHead], change: StandardChange, names: Sequence[str]
) -> tuple[Mover, ...]:
    rows = np.flatnonzero(change.moved).tolist()
    session.saw(people[i].ref for i in rows)
    return tuple(
        Mover(
            people[i].person_id,
            people[i].name,
            people[i].org_unit,
            tuple(names[k] for k in np.flatnonzero(change.opened[i]).tolist()),
            tuple(names[k] for k in np.flatnonzero(change.closed[i]).tolist()),
        )
        for i in rows
    )


def _try_plans(
    session: Session, affected: Sequence[str], before: TargetProfile, after: TargetProfile
) -> PlanEstimate:
    """Try plans for some of the people whose gaps differ; those of all others stay as they are."""
    # evenly: they come in the order of their ids, which says nothing of how much they lack
    places = np.linspace(0, len(affected) - 1, min(TRIED, len(affected))).round()
    tried = [affected[int(place)] for place in places]
    figures: list[float] = []
    for profile in (before, after):
        catalog = _as_of_today(session, session.service.framework.catalog, profile)
        # as if it were in force today: nothing held of today's standard is of use
        service = replace(session.service, framework=build_framework(catalog), caches=Caches())
        asked = replace(session, service=service)
        made = try_plans(asked, PlanRequest(), as_of=session.today, person_ids=tried)
        figures += (
            sum(plan.total_hours for plan in made.plans),
            sum(plan.total_cost for plan in made.plans),
        )
    scale = len(affected) / len(tried) if tried else 1.0
    hours_before, cost_before, hours_after, cost_after = (each * scale for each in figures)
    return PlanEstimate(
        len(affected), len(tried), hours_before, hours_after, cost_before, cost_after
    )


def _as_of_today(session: Session, catalog: Catalog, profile: TargetProfile) -> Catalog:
    today = session.today
    others = [p for p in catalog.profiles if (p.grade, p.effective_on) != (profile.grade, today)]
    moved = profile.model_copy(update={"effective_on": today})
    return catalog.model_copy(update={"profiles": (*others, moved)})
