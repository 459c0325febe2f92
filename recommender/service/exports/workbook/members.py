"""The people of a team: where each stands today, and the plan that counts now."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from recommender.documents import CompetencyRow, PlanDocument
from recommender.service.plans.development.review import list_reviews
from recommender.store import PersonHead

if TYPE_CHECKING:
    from recommender.service.plans.stored import StoredPlan


@dataclass(frozen=True)
class MemberPlan:
    """The plan of a member, as it is kept and as its document says it.

    `keys` are what the document calls each course, by the id of the course.
    """

    stored: StoredPlan
    document: PlanDocument
    keys: Mapping[str, str]

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
