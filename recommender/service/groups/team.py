"""Where each person of a team stands, for readers who may see single people."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from recommender.gaps import STANDINGS, judge_standing
from recommender.results import Standing
from recommender.service.framework import require_grade
from recommender.service.groups.table import (
    StatisticsRequest,
    find_grades,
    require_unit,
    work_out_gaps,
)
from recommender.service.permissions import Permission
from recommender.service.session import Session
from recommender.store import schema
from recommender.store.people.people import in_unit, list_people
from recommender.store.scope import present


@dataclass(frozen=True)
class PersonCell:
    """Where a person stands in one competency; None where to be assessed first."""

    competency_id: str
    status: Literal["assessed", "assess-first"]
    level: float | None
    gap: float | None
    confidence: float | None
    priority: float | None
    standing: Standing | None = None


@dataclass(frozen=True)
class PersonRow:
    """A person, in all competencies, in framework order."""

    person_id: str
    name: str
    org_unit: str
    grade: str
    cells: tuple[PersonCell, ...]


def read_team_map(
    session: Session,
    request: StatisticsRequest,
    *,
    after: str,
    limit: int,
) -> tuple[list[PersonRow], bool]:
    """Compare people, in the order of their ids, with the targets of their grades.

    Returns
    -------
    rows : list of PersonRow
        At most `limit` people whose ids come `after` one.
    more : bool
        Whether there are more.

    Raises
    ------
    NotFoundError
        If there is no such unit within the principal's scope, or no such grade.
    """
    # a map of statistics that names people and their levels: it takes all three
    for permission in (
        Permission.READ_STATISTICS,
        Permission.READ_PEOPLE,
        Permission.READ_ASSESSMENTS,
    ):
        session.need(permission)
    framework, scope = session.service.framework, session.who.scope
    conditions = [present(session.today)]
    if request.grade is not None:
        require_grade(framework, request.grade)
        conditions.append(schema.person.c.grade == request.grade)
    with session.reading() as connection:
        if request.org_unit is not None:
            require_unit(connection, scope, request.org_unit)
            conditions.append(in_unit(request.org_unit))
        # one more than asked for tells whether there are more
        heads = list_people(connection, scope, conditions=conditions, after=after, limit=limit + 1)
        people = heads[:limit]
        session.saw(head.ref for head in people)
        levels, gaps = work_out_gaps(
            connection,
            session.service,
            people,
            find_grades(framework, people),
            as_of=request.as_of,
            scope=scope,
        )
    assessed = ~np.isnan(gaps.gap)
    standing = judge_standing(gaps.gap, near_gap=framework.catalog.settings.near_gap)
    rows = [
        PersonRow(
            head.person_id,
            head.name,
            head.org_unit,
            head.grade,
            tuple(
                PersonCell(
                    name,
                    "assessed",
                    float(levels.level[i, k]),
                    float(gaps.gap[i, k]),
                    float(gaps.confidence[i, k]),
                    float(gaps.priority[i, k]),
                    STANDINGS[standing[i, k]],
                )
                if assessed[i, k]
                else PersonCell(name, "assess-first", None, None, None, None)
                for k, name in enumerate(framework.competency_ids)
            ),
        )
        for i, head in enumerate(people)
    ]
    return rows, len(heads) > limit
