"""What people ticked, dated and wrote in a plan's document, beside the plan as it is kept.

A document is compared with the version that it was made of: what differs, somebody has changed in
it. What has changed in the service meanwhile is not undone by a document that does not know it.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from recommender.documents import ReturnedComment, ReturnedPlan
from recommender.errors import InputError, NotFoundError
from recommender.results import PlanActivity
from recommender.service.permissions import Permission
from recommender.service.plans.document import course_keys
from recommender.service.plans.reasons import name_module
from recommender.service.plans.stored import (
    StoredPlan,
    code_of,
    content_version,
    find_head,
    load_plan,
    party_of,
)
from recommender.service.plans.word.obstacles import Obstacles
from recommender.service.session import Session
from recommender.store import Connection
from recommender.store.plans.decisions import list_comments
from recommender.store.plans.versions import read_changes
from recommender.texts import say

Kind = Literal["done", "course", "review", "comment"]
# more have never been made on one plan; a comment beyond them is added a second time at the worst
_COMMENTS_COMPARED = 500


@dataclass(frozen=True)
class ReturnedChange:
    """Something that a document would change.

    Parameters
    ----------
    name : str
        What it is called when only some are taken: ``done:a1``, ``review:a1``, ``comment:1``.
    kind : str
        An activity done or not, a course completed, a date of review, a comment.
    of : str
        Id of the activity or course; of a comment the party, or ``margin``.
    title : str
        What it is about, in words.
    before, after : str
        As it is kept, and as the document has it.
    on : date or None
        The day, where it is about one.
    problem : str
        Why it cannot be taken, in words; empty where it can.
    note : str
        What else follows from it, in words, or empty.
    """

    name: str
    kind: Kind
    of: str
    title: str
    before: str
    after: str
    on: dt.date | None = None
    problem: str = ""
    note: str = ""


@dataclass(frozen=True)
class PlanReturn:
    """What a document that came back would change.

    Parameters
    ----------
    plan_id, person_id, person_name : str
        Whose plan it is.
    made_of, version : int
        The version that the document was made of, and the present one.
    is_older : bool
        Whether the plan says something else by now.
    changes : tuple of ReturnedChange
        In the order of the document; empty where nobody has changed anything.
    """

    plan_id: str
    person_id: str
    person_name: str
    made_of: int
    version: int
    is_older: bool
    changes: tuple[ReturnedChange, ...]


def preview_return(session: Session, returned: ReturnedPlan) -> PlanReturn:
    """Say what a document would change, and what of it cannot be taken and why.

    Raises
    ------
    NotFoundError
        If there is no such plan within the principal's scope.
    InputError
        If the document was not made of this plan.
    """
    with session.reading() as connection:
        head = find_head(session, connection, returned.plan_id, Permission.WRITE_PLANS)
        then = _version_of(session, connection, returned)
        now = load_plan(session, connection, head)
        content = content_version(read_changes(connection, head.plan_id), returned.version)
        comparing = _Comparing(session, connection, returned, then, now)
        return PlanReturn(
            plan_id=head.plan_id,
            person_id=head.person_id,
            person_name=head.name,
            made_of=returned.version,
            version=head.version,
            is_older=content != now.content_version,
            changes=tuple(comparing.find_changes()),
        )


def _version_of(session: Session, connection: Connection, returned: ReturnedPlan) -> StoredPlan:
    """Return the version that a document was made of, once it is known to be that one."""
    head = find_head(session, connection, returned.plan_id, Permission.WRITE_PLANS)
    try:
        then = load_plan(session, connection, head, version=returned.version)
    except NotFoundError:
        then = None
    if then is None or not code_of(then).endswith(f":{returned.digest}"):
        raise InputError("word.return.other", plan_id=returned.plan_id)
    return then


class _Comparing:
    """A document, the plan it was made of, and the plan as it is."""

    def __init__(
        self,
        session: Session,
        connection: Connection,
        returned: ReturnedPlan,
        then: StoredPlan,
        now: StoredPlan,
    ) -> None:
        self.session, self.connection, self.returned = session, connection, returned
        self.then, self.now = then, now
        self.lang = session.lang
        self.activities = {each.activity_id: each for each in now.plan.activities}
        self.obstacles = Obstacles(session, connection, now)

    def find_changes(self) -> Iterator[ReturnedChange]:
        courses = {key: module_id for module_id, key in course_keys(self.then.plan).items()}
        activities = {each.activity_id: each for each in self.then.plan.activities}
        dates = {each.key: each for each in self.returned.done_on}
        for key in [
            *self.returned.done,
            *(name for name in dates if name not in self.returned.done),
        ]:
            date = dates.get(key)
            on = None if date is None else date.date
            unread = "" if date is None or date.date else date.text
            ticked = self.returned.done.get(key, False)
            if key in activities:
                yield from self.activity_done(activities[key], on, unread, ticked=ticked)
            elif key in courses:
                yield from self.course_done(courses[key], on, unread, ticked=ticked)
        for date in self.returned.review:
            if date.key in activities:
                yield from self.review(activities[date.key], date.date, date.text)
        yield from self.comments(self.returned.comments)

    def activity_done(
        self, was: PlanActivity, on: dt.date | None, unread: str, *, ticked: bool
    ) -> Iterator[ReturnedChange]:
        # somebody who takes the tick away rarely empties the date beside it
        taken_back = not ticked and was.done_on is not None and on in (None, was.done_on)
        day, note = (None, "") if taken_back else self.day(on, was.done_on, ticked=ticked)
        if day == was.done_on and not unread:
            return
        now = self.activities.get(was.activity_id)
        if now is not None and now.done_on == day and not unread:
            return
        problem = (
            self.obstacles.unread(unread)
            or self.obstacles.gone(now is None)
            or self.obstacles.changed_since(now is not None and now.done_on != was.done_on)
            or self.obstacles.to_mark(day)
        )
        before = None if now is None else now.done_on
        yield ReturnedChange(
            f"done:{was.activity_id}",
            "done",
            was.activity_id,
            was.title,
            self.say_done(before),
            unread or self.say_done(day),
            on=day,
            problem=problem,
            note=note,
        )

    def course_done(
        self, module_id: str, on: dt.date | None, unread: str, *, ticked: bool
    ) -> Iterator[ReturnedChange]:
        # a completion is a fact that others record: a document adds one and takes none away
        day, note = self.day(on, None, ticked=ticked)
        if (day is None and not unread) or module_id in self.obstacles.completed:
            return
        problem = (
            self.obstacles.unread(unread)
            or self.obstacles.gone(module_id not in course_keys(self.now.plan))
            or self.obstacles.to_complete(module_id, day)
        )
        yield ReturnedChange(
            f"done:{course_keys(self.then.plan)[module_id]}",
            "course",
            module_id,
            name_module(self.session.service.framework, module_id, self.lang),
            self.say_done(None),
            unread or self.say_done(day),
            on=day,
            problem=problem,
            note=note,
        )

    def review(self, was: PlanActivity, on: dt.date | None, text: str) -> Iterator[ReturnedChange]:
        now = self.activities.get(was.activity_id)
        if on == was.review_on or (now is not None and now.review_on == on):
            return
        problem = (
            self.obstacles.unread("" if on else text)
            or self.obstacles.gone(now is None)
            or self.obstacles.changed_since(now is not None and now.review_on != was.review_on)
            or self.obstacles.to_edit(on)
        )
        is_agreed = self.now.head.status != "draft" or bool(self.now.decisions)
        yield ReturnedChange(
            f"review:{was.activity_id}",
            "review",
            was.activity_id,
            was.title,
            was.review_on.isoformat() if now is None else now.review_on.isoformat(),
            on.isoformat() if on else text,
            on=on,
            problem=problem,
            note=say("plan-return.draft-again", self.lang) if is_agreed else "",
        )

    def comments(self, comments: Sequence[ReturnedComment]) -> Iterator[ReturnedChange]:
        listed = list_comments(self.connection, self.now.head.plan_id, limit=_COMMENTS_COMPARED)
        there = {comment.text for comment in listed}
        mine = party_of(self.session.who, self.now.head.person_id)
        for number, comment in enumerate(comments, 1):
            text = comment.text
            by = comment.name or self.say_party(comment.by)
            if comment.by != mine:
                text = say("plan-return.said-by", self.lang, name=by, text=text)
            # the same document handed in twice says nothing twice
            if text in there or comment.text in there:
                continue
            there.add(text)
            yield ReturnedChange(
                f"comment:{number}",
                "comment",
                comment.by,
                say("plan-return.comment-of", self.lang, name=by),
                "",
                text,
                problem=self.obstacles.to_comment(comment.by, text, mine),
            )

    def day(
        self, on: dt.date | None, was: dt.date | None, *, ticked: bool
    ) -> tuple[dt.date | None, str]:
        """Return the day on which something was done, and a note where nobody wrote one."""
        if on is not None or not ticked:
            return on, ""
        if was is not None:
            return was, ""
        today = self.session.today
        return today, say("plan-return.no-date", self.lang, today=today.isoformat())

    def say_done(self, on: dt.date | None) -> str:
        if on is None:
            return say("plan-return.not-done", self.lang)
        return say("plan-return.done", self.lang, on=on.isoformat())

    def say_party(self, party: str) -> str:
        if party == "margin":
            return say("plan-return.margin", self.lang)
        return say(f"document.signature.{party}", self.lang)
