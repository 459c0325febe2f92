"""All that one reader is to see of a plan, read in one state of the database."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

from recommender.results import Gaps, PlanActivity, PlanItem
from recommender.service.permissions import Permission
from recommender.service.plans.dates import dates_of
from recommender.service.plans.desk.courses import may_tell
from recommender.service.plans.development.progress import find_completions
from recommender.service.plans.document import PlanReader
from recommender.service.plans.reading import (
    VersionEntry,
    read_comments,
    read_decisions,
    read_plan,
    read_plan_versions,
)
from recommender.service.plans.stored import StoredPlan, find_head, gaps_of, party_of
from recommender.service.session import Session
from recommender.store.people.seats import Offering, find_offerings
from recommender.store.plans.decisions import PlanComment, PlanDecision
from recommender.store.plans.versions import read_reader

# a plan with more versions or comments than these shows the latest
_SHOWN = 200


@dataclass(frozen=True)
class SheetItem:
    """A course of a plan, with its run, if it has one, and when it was completed.

    `may_tell` is whether the reader may say that it was.
    """

    item: PlanItem
    run: Offering | None
    completed_on: dt.date | None
    may_tell: bool


@dataclass(frozen=True)
class PlanSheet:
    """A plan with all that stands around it.

    Parameters
    ----------
    stored : StoredPlan
        What it says, and how far it is.
    reader : PlanReader
        Whose plan it is, where, and under whom.
    gaps : Gaps
        The gaps that it answers.
    party : str
        Whom the principal stands for at this plan.
    items : tuple of SheetItem
        In the order of the calendar, those without a time last.
    activities : tuple of PlanActivity
        What is no course, in the order of their reviews.
    versions : list of VersionEntry
        What became of it, the oldest first.
    decisions : list of PlanDecision
        Also on what it said earlier, the oldest first.
    comments : sequence of PlanComment
        The oldest first.
    """

    stored: StoredPlan
    reader: PlanReader
    gaps: Gaps
    party: str
    items: tuple[SheetItem, ...]
    activities: tuple[PlanActivity, ...]
    versions: list[VersionEntry]
    decisions: list[PlanDecision]
    comments: Sequence[PlanComment]


def read_plan_sheet(session: Session, plan_id: str, *, version: int | None = None) -> PlanSheet:
    """Read a plan with all that stands around it.

    Raises
    ------
    NotFoundError
        If there is no such plan within the principal's scope, or no such version.
    """
    with session.reading() as connection:
        head = find_head(session, connection, plan_id, Permission.READ_PLANS)
        stored = read_plan(session, plan_id, version=version)
        plan = stored.plan
        completed = find_completions(connection, plan, session.today)
        runs = find_offerings(connection, {i.offering_id for i in plan.items if i.offering_id})
        in_time = sorted(plan.items, key=lambda item: dates_of(item).begins or "9999")
        return PlanSheet(
            stored=stored,
            reader=PlanReader(*read_reader(connection, head.person_id)),
            gaps=gaps_of(session, connection, stored),
            party=party_of(session.who, head.person_id),
            items=tuple(
                SheetItem(
                    item,
                    runs.get(item.offering_id or ""),
                    completed.get(item.module_id),
                    may_tell(session, head, item),
                )
                for item in in_time
            ),
            activities=tuple(sorted(plan.activities, key=lambda each: each.review_on)),
            versions=read_plan_versions(
                session, plan_id, after=max(0, head.version - _SHOWN), limit=_SHOWN
            ),
            decisions=read_decisions(session, plan_id, limit=_SHOWN),
            comments=read_comments(session, plan_id, limit=_SHOWN),
        )
