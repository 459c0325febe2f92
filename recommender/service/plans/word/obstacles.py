"""Why something in a returned document cannot be taken; each answer is empty where it can."""

from __future__ import annotations

import datetime as dt

from recommender.errors import RecommenderError
from recommender.service.plans.desk.courses import check_teller
from recommender.service.plans.development.progress import check_done, find_completions
from recommender.service.plans.stored import StoredPlan, check_edit, check_mark
from recommender.service.session import Session
from recommender.store import Connection
from recommender.store.people.seats import list_enrolments
from recommender.texts import explain, say

LONGEST_COMMENT = 2000


class Obstacles:
    """What stands in the way of changing a plan for whoever asks.

    Parameters
    ----------
    session : Session
        Who asks.
    connection : Connection
        Open for reading.
    now : StoredPlan
        The plan as it is.
    """

    def __init__(self, session: Session, connection: Connection, now: StoredPlan) -> None:
        self.session, self.now, self.lang = session, now, session.lang
        self.completed = find_completions(connection, now.plan, session.today)
        modules = [item.module_id for item in now.plan.items]
        self.enrolled = {
            each.module_id: each.enrolled_on
            for each in list_enrolments(connection, now.head.person_id, modules)
            if each.status == "enrolled"
        }

    def unread(self, text: str) -> str:
        """Say that a date cannot be read."""
        return say("plan-return.no-day", self.lang, text=text[:40]) if text else ""

    def gone(self, is_gone: bool) -> str:
        """Say that what the document is about is not in the plan any more."""
        return say("plan-return.gone", self.lang) if is_gone else ""

    def changed_since(self, has_changed: bool) -> str:
        """Say that somebody changed it in the service after the document was made."""
        return say("plan-return.changed-since", self.lang) if has_changed else ""

    def to_mark(self, on: dt.date | None) -> str:
        """Say why an activity cannot be marked as done on a day, or as not done."""
        try:
            check_mark(self.now.head)
            check_done(self.now.plan, on, self.session.today)
        except RecommenderError as error:
            return explain(error, self.lang)[0]
        return ""

    def to_complete(self, module_id: str, on: dt.date | None) -> str:
        """Say why a course cannot be recorded as completed on a day."""
        if problem := self.to_mark(on):
            return problem
        item = next(each for each in self.now.plan.items if each.module_id == module_id)
        try:
            check_teller(self.session, self.now.head, item)
        except RecommenderError as error:
            return explain(error, self.lang)[0]
        enrolled_on = self.enrolled.get(module_id)
        if enrolled_on is not None and on is not None and on < enrolled_on:
            day = enrolled_on.isoformat()
            return say("plan-return.before-enrolment", self.lang, enrolled_on=day)
        return ""

    def to_edit(self, review_on: dt.date | None) -> str:
        """Say why a date of review cannot be changed."""
        try:
            check_edit(self.session, self.now.head)
        except RecommenderError as error:
            return explain(error, self.lang)[0]
        as_of = self.now.plan.as_of
        if review_on is not None and review_on < as_of:
            return say(
                "plan.review-too-early",
                self.lang,
                review_on=review_on.isoformat(),
                as_of=as_of.isoformat(),
            )
        return ""

    def to_comment(self, by: str, text: str, mine: str) -> str:
        """Say why a comment cannot be taken: employees hand in what they say themselves."""
        if len(text) > LONGEST_COMMENT:
            return say("plan-return.too-long", self.lang, limit=LONGEST_COMMENT)
        of_others = mine == "employee" and by in ("manager", "hr")
        return say("plan-return.not-yours", self.lang) if of_others else ""
