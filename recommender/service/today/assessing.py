"""Whom to assess first, and how far this round has come beside the one before."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from recommender.arrays import BoolArray
from recommender.gaps import STANDINGS, judge_standing
from recommender.service.caches import LevelCache
from recommender.service.framework import (
    ChangedStandard,
    Framework,
    find_changed_standards,
)
from recommender.service.groups.levels import find_grades
from recommender.service.groups.rounds import Round, list_rounds
from recommender.service.groups.table import work_out_gaps
from recommender.service.permissions import Permission
from recommender.service.session import Session
from recommender.store import Connection, PersonHead
from recommender.store.people.people import list_people
from recommender.store.plans.waiting import count_by_status
from recommender.store.scope import present


@dataclass(frozen=True)
class AssessFirst:
    """A competency in which people have no valid assessment, how it is assessed, and why.

    Of `people`, `expired` had one at the end of the round before, and `joined` have been hired
    since; the others had none then either.
    """

    competency_id: str
    how: Literal["exam", "ratings"]
    people: int
    expired: int
    joined: int


@dataclass(frozen=True)
class RoundFigures:
    """How far a round has come.

    `assessed` is the share of all pairs of person and competency with a valid assessment,
    `at_target` the share of those at or near target, `plans_done` the share of the plans put in
    force that are completed; each is None where there is nothing to be a share of.
    """

    round: Round
    assessed: float | None
    at_target: float | None
    plans_done: float | None


@dataclass(frozen=True)
class Assessing:
    """Of so many people, how many are to be assessed first, in what, and the last two rounds.

    `competencies` has the first few of the `n_competencies` in which anybody is.
    `changed_standards` came into force between the two rounds.
    """

    people: int
    to_assess: int
    n_competencies: int
    competencies: tuple[AssessFirst, ...]
    rounds: tuple[RoundFigures, ...]
    changed_standards: tuple[ChangedStandard, ...] = ()


@dataclass(frozen=True)
class _Look:
    """Who is assessed, and who of them has a gap, on a day."""

    assessed: BoolArray
    lacks: BoolArray


def read_assessing(session: Session, *, limit: int | None = None) -> Assessing:
    """Say in which competencies people within the principal's scope are to be assessed first.

    Competencies come by the number of people, `limit` at most.
    """
    for permission in (Permission.READ_PEOPLE, Permission.READ_ASSESSMENTS, Permission.READ_PLANS):
        session.need(permission)
    framework, caches = session.service.framework, session.service.caches
    with session.reading() as connection:
        people = list_people(
            connection, session.who.scope, conditions=[present(session.today)], limit=None
        )
        rounds = list_rounds(framework, session.today, 3)
        looks = [_look(session, connection, people, rounds[0].as_of, caches.levels)]
        looks += [
            _look(session, connection, people, each.as_of, caches.quarters) for each in rounds[1:2]
        ]
        figures = tuple(
            _describe_round(session, connection, rounds[i:], look) for i, look in enumerate(looks)
        )
    waits = ~looks[0].assessed
    return Assessing(
        people=len(people),
        to_assess=int(waits.any(axis=1).sum()),
        n_competencies=int(waits.any(axis=0).sum()),
        competencies=_list_competencies(framework, people, waits, looks, rounds)[:limit],
        rounds=figures,
        changed_standards=find_changed_standards(
            framework.catalog, rounds[1].as_of, rounds[0].as_of
        )
        if len(rounds) > 1
        else (),
    )


def _look(
    session: Session,
    connection: Connection,
    people: Sequence[PersonHead],
    day: dt.date,
    cache: LevelCache,
) -> _Look:
    framework = session.service.framework
    _, gaps = work_out_gaps(
        connection,
        session.service,
        people,
        find_grades(framework, people),
        as_of=day,
        scope=session.who.scope,
        cache=cache,
    )
    standing = judge_standing(gaps.gap, near_gap=framework.catalog.settings.near_gap)
    return _Look(standing >= 0, standing == STANDINGS.index("gap"))


def _list_competencies(
    framework: Framework,
    people: Sequence[PersonHead],
    waits: BoolArray,
    looks: Sequence[_Look],
    rounds: Sequence[Round],
) -> tuple[AssessFirst, ...]:
    expired = waits & looks[1].assessed if len(looks) > 1 else np.zeros_like(waits)
    since = rounds[1].as_of if len(rounds) > 1 else dt.date.min
    new = np.array([bool(head.hired_on and head.hired_on > since) for head in people], dtype=bool)
    joined = waits & ~expired & new[:, None]
    counts = waits.sum(axis=0)
    return tuple(
        AssessFirst(
            name,
            "exam" if framework.competencies[name].kind == "knowledge" else "ratings",
            int(counts[k]),
            int(expired[:, k].sum()),
            int(joined[:, k].sum()),
        )
        for k, name in sorted(
            enumerate(framework.competency_ids), key=lambda pair: -counts[pair[0]]
        )
        if counts[k]
    )


def _describe_round(
    session: Session, connection: Connection, rounds: Sequence[Round], look: _Look
) -> RoundFigures:
    """Describe the first of some rounds; the one after it tells when it began."""
    this = rounds[0]
    began = rounds[1].as_of if len(rounds) > 1 else dt.date.min
    plans = count_by_status(connection, session.who.scope, after=began, until=this.as_of)
    done, in_force = plans.get("done", 0), plans.get("active", 0)
    n_assessed = int(look.assessed.sum())
    return RoundFigures(
        round=this,
        assessed=n_assessed / look.assessed.size if look.assessed.size else None,
        at_target=1.0 - int(look.lacks.sum()) / n_assessed if n_assessed else None,
        plans_done=done / (done + in_force) if done + in_force else None,
    )
