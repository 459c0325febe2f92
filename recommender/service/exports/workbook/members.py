"""The people of a team: where each stands today, and the plan that counts now."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from recommender.documents import CompetencyRow, PlanDocument
from recommender.service.levels.distance import name_grade
from recommender.service.levels.gaps import describe_gaps
from recommender.service.levels.standing import read_standing
from recommender.service.plans.development.review import list_reviews
from recommender.service.plans.document import competency_rows
from recommender.service.plans.reading import describe_plan
from recommender.service.plans.stored import StoredPlan, load_plan
from recommender.service.session import Session
from recommender.store import Connection, PersonHead
from recommender.store.plans.current import find_current
from recommender.store.plans.versions import read_reader


@dataclass(frozen=True)
class MemberPlan:
    """The plan of a member, as it is kept and as its document says it."""

    stored: StoredPlan
    document: PlanDocument

    @property
    def is_agreed(self) -> bool:
        """Whether it is approved or in force, and so no mere proposal."""
        return self.stored.plan.status != "draft"

    def next_review(self, today: dt.date) -> dt.date | None:
        """Return the next review of a plan that is in force."""
        if self.stored.plan.status != "active":
            return None
        return min((on for on, _ in list_reviews(self.stored.plan) if on >= today), default=None)


@dataclass(frozen=True)
class Member:
    """A person of a team.

    Parameters
    ----------
    head : PersonHead
        Who.
    grade, manager : str
        Names; no manager is empty.
    competencies : tuple of CompetencyRow
        Where the person stands today, in framework order.
    plan : MemberPlan or None
        The plan in force, or else the one approved, or else the draft.
    """

    head: PersonHead
    grade: str
    manager: str
    competencies: tuple[CompetencyRow, ...]
    plan: MemberPlan | None

    def count(self, standing: str | None) -> int:
        """Return in how many competencies the person stands so; None is to be assessed first."""
        return sum(row.standing == standing for row in self.competencies)

    @property
    def first_gap(self) -> CompetencyRow | None:
        """The gap of the largest priority, the first in the framework of those alike."""
        gaps = (row for row in self.competencies if row.standing == "gap")
        return max(gaps, key=lambda row: row.priority or 0.0, default=None)


def read_members(
    session: Session, connection: Connection, people: Sequence[PersonHead]
) -> Iterator[Member]:
    """Yield the members of a team, in the order of the people given.

    Raises
    ------
    InputError
        If somebody's grade is not one of the catalogue, or has no profile in force.
    """
    framework, lang = session.service.framework, session.lang
    ids = [each.person_id for each in people]
    standing = read_standing(connection, framework, as_of=session.today, person_ids=ids)
    row_of = {person_id: row for row, person_id in enumerate(standing.people["person_id"])}
    current = find_current(connection, session.who.scope, ids)
    for each in people:
        gaps = describe_gaps(framework, standing, row_of[each.person_id])
        plan = None
        if (head := current.get(each.person_id)) is not None:
            stored = load_plan(session, connection, head)
            plan = MemberPlan(stored, describe_plan(session, connection, stored))
        _, _, manager, _ = read_reader(connection, each.person_id)
        yield Member(
            head=each,
            grade=name_grade(framework, each.grade, lang),
            manager=manager,
            competencies=competency_rows(framework, gaps, lang),
            plan=plan,
        )
