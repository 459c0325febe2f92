"""Who of a group is below a target: for readers who may see single people."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from recommender.errors import NotFoundError
from recommender.gaps import STANDINGS, judge_standing
from recommender.service.framework import require_grade
from recommender.service.groups.table import (
    StatisticsRequest,
    find_grades,
    require_unit,
    work_out_gaps,
)
from recommender.service.permissions import Permission
from recommender.service.session import Session
from recommender.store import PersonHead, schema
from recommender.store.people.people import in_unit, list_people
from recommender.store.scope import present

_GAP = STANDINGS.index("gap")


@dataclass(frozen=True)
class Concerned:
    """Somebody below a target, in levels: of one competency, or of that with the largest priority.

    `confidence` is the probability that the true level is below the target.
    """

    head: PersonHead
    competency_id: str
    level: float
    gap: float
    confidence: float


def find_concerned(
    session: Session,
    request: StatisticsRequest,
    competency_id: str | None = None,
    *,
    shown: int | None = None,
) -> list[Concerned]:
    """Find the people of a unit and grade who are below target, those who lack most first.

    Without a competency these are all who have a gap in any, by the largest priority. People of the
    first `shown` rows, or of all, are noted in the audit trail as looked at.

    Raises
    ------
    NotFoundError
        If there is no such unit within the principal's scope, no such grade or competency.
    """
    for permission in (Permission.READ_PEOPLE, Permission.READ_ASSESSMENTS):
        session.need(permission)
    framework, scope = session.service.framework, session.who.scope
    k = None if competency_id is None else position_of(session, competency_id)
    conditions = [present(session.today)]
    if request.grade is not None:
        require_grade(framework, request.grade)
        conditions.append(schema.person.c.grade == request.grade)
    with session.reading() as connection:
        if request.org_unit is not None:
            require_unit(connection, scope, request.org_unit)
            conditions.append(in_unit(request.org_unit))
        people = list_people(connection, scope, conditions=conditions, limit=None)
        levels, gaps = work_out_gaps(
            connection,
            session.service,
            people,
            find_grades(framework, people),
            as_of=request.as_of,
            scope=scope,
        )
    standing = judge_standing(gaps.gap, near_gap=framework.catalog.settings.near_gap)
    lacks = np.where(standing == _GAP, gaps.priority, -1.0)
    of = lacks.argmax(axis=1) if k is None else np.full(len(people), k)
    rows = np.arange(len(people))
    # by the gap itself within one competency: its weight differs by grade only
    by = lacks[rows, of] if k is None else np.where(lacks[:, k] >= 0, gaps.gap[:, k], -1.0)
    order = [i for i in np.argsort(-by, kind="stable").tolist() if by[i] >= 0]
    session.saw(people[i].ref for i in order[:shown])
    return [
        Concerned(
            people[i],
            framework.competency_ids[of[i]],
            float(levels.level[i, of[i]]),
            float(gaps.gap[i, of[i]]),
            float(gaps.confidence[i, of[i]]),
        )
        for i in order
    ]


def position_of(session: Session, competency_id: str) -> int:
    """Return the position of a competency.

    Raises
    ------
    NotFoundError
        If the catalogue has no such competency.
    """
    framework = session.service.framework
    if competency_id not in framework.competencies:
        raise NotFoundError("competency.unknown", competency_id=competency_id)
    return framework.competency_ids.index(competency_id)
