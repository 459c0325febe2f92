"""Taking over what came back in a plan's document: all that is chosen, or nothing."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace

from recommender.documents import ReturnedPlan
from recommender.errors import InputError, StaleError
from recommender.service.people.enrolments import complete_course
from recommender.service.permissions import Permission
from recommender.service.plans import life
from recommender.service.plans.development.activities import ActivityChange
from recommender.service.plans.editing import PlanEdit
from recommender.service.plans.reading import comment_on_plan
from recommender.service.plans.stored import find_head
from recommender.service.plans.word.returns import PlanReturn, ReturnedChange, preview_return
from recommender.service.session import Session
from recommender.store import Connection
from recommender.store.people.seats import list_enrolments


def take_return(
    session: Session,
    returned: ReturnedPlan,
    *,
    seen: int | None,
    only: Collection[str] | None = None,
) -> PlanReturn:
    """Take over what a document changes, as of the version that was previewed, if any.

    What cannot be taken is left; each change goes through the use case by which people make it
    without a document, in one transaction.

    Parameters
    ----------
    session : Session
        Who hands it in.
    returned : ReturnedPlan
        What the document says.
    seen : int or None
        Version of the plan that the preview told.
    only : collection of str or None
        Names of the changes to take; None for all that can be.

    Returns
    -------
    PlanReturn
        What was taken, with the version that the plan has now.

    Raises
    ------
    NotFoundError
        If there is no such plan within the principal's scope.
    StaleError
        If it has changed since the preview.
    InputError
        If the document was not made of this plan, or `only` names what it does not change.
    """
    with session.writing() as connection:
        # locked before it is compared: nobody changes it until what is taken is stored
        head = find_head(session, connection, returned.plan_id, Permission.WRITE_PLANS, lock=True)
        if seen is not None and seen != head.version:
            raise StaleError(seen=seen, present=head.version)
        preview = preview_return(session, returned)
        taken = tuple(_chosen(preview, only))
        _take(session, connection, preview, taken)
        after = find_head(session, connection, head.plan_id, Permission.WRITE_PLANS)
        counts = {kind: sum(each.kind == kind for each in taken) for kind in ("done", "course")}
        session.details |= {
            "document_of": returned.version,
            **counts,
            "reviews": sum(each.kind == "review" for each in taken),
            "comments": sum(each.kind == "comment" for each in taken),
        }
        return replace(preview, version=after.version, changes=taken)


def _chosen(preview: PlanReturn, only: Collection[str] | None) -> list[ReturnedChange]:
    names = {each.name for each in preview.changes}
    for name in only or ():
        if name not in names:
            raise InputError("word.return.take", name=name)
    return [
        each for each in preview.changes if not each.problem and (only is None or each.name in only)
    ]


def _take(
    session: Session,
    connection: Connection,
    preview: PlanReturn,
    taken: tuple[ReturnedChange, ...],
) -> None:
    plan_id = preview.plan_id
    for each in taken:
        if each.kind == "done":
            life.mark_activity(session, plan_id, each.of, done_on=each.on, seen=None)
        elif each.kind == "course":
            _complete(session, connection, preview.person_id, each)
        elif each.kind == "comment":
            comment_on_plan(session, plan_id, each.after)
    # last, and all at once: an edit makes the plan a draft, of which nothing can be marked
    reviews = tuple(
        ActivityChange(each.of, review_on=each.on) for each in taken if each.kind == "review"
    )
    if reviews:
        life.edit_plan(session, plan_id, PlanEdit(change_activities=reviews), seen=None)


def _complete(
    session: Session, connection: Connection, person_id: str, change: ReturnedChange
) -> None:
    """Record that a course was completed, in the enrolment there is or in one of that day."""
    day = change.on
    assert day is not None  # a document takes no completion away
    enrolled = [
        each.enrolled_on
        for each in list_enrolments(connection, person_id, [change.of])
        if each.status == "enrolled"
    ]
    complete_course(
        session, person_id, change.of, enrolled_on=enrolled[0] if enrolled else None, on=day
    )
