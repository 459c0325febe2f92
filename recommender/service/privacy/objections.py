"""Automated proposals: what people are told about them, and how they object."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, replace

from recommender.errors import ConflictError, ForbiddenError, InputError, NotFoundError
from recommender.service.permissions import Permission, Principal, Role
from recommender.service.session import Session
from recommender.store import Connection, Scope
from recommender.store.plans.versions import find_plan
from recommender.store.privacy.objections import (
    Objection,
    add_objection,
    find_objection,
    list_objections,
    store_answer,
)
from recommender.texts import say

# what is proposed without a person: each has a title, its data and its logic in the texts
PROPOSALS = ("ranking", "plan")


@dataclass(frozen=True)
class Proposal:
    """What is proposed automatically, from which data, and how."""

    name: str
    title: str
    data: str
    logic: str


@dataclass(frozen=True)
class Notice:
    """What people are told about automated proposals.

    Parameters
    ----------
    proposals : list of Proposal
        What is proposed automatically.
    model_id : str or None
        The effect model in force; None where experts' estimates stand in for it.
    people_decide, objecting : str
        Who decides, and how to object.
    """

    proposals: list[Proposal]
    model_id: str | None
    people_decide: str
    objecting: str


def read_notice(session: Session) -> Notice:
    """Say what is proposed automatically, on what it rests, who decides and how to object."""
    lang = session.lang
    estimates = session.service.estimates
    caveat = [] if estimates.size_known else [say("size-unknown.note", lang)]
    return Notice(
        [
            Proposal(
                name,
                say(f"notice.{name}", lang),
                say(f"notice.{name}-data", lang),
                say("document.separator", lang).join([say(f"notice.{name}-logic", lang), *caveat]),
            )
            for name in PROPOSALS
        ],
        estimates.model_id,
        say("notice.people-decide", lang),
        say("notice.objecting", lang),
    )


def create_objection(
    session: Session,
    person_id: str,
    *,
    reason: str,
    plan_id: str | None = None,
    module_id: str | None = None,
) -> Objection:
    """Object to a plan, or where none is named to what was recommended.

    Raises
    ------
    NotFoundError
        If there is no such person for whom the principal may object.
    InputError
        If the plan is not one of the person's, or the module is in no catalogue.
    """
    session.need(Permission.OBJECT)
    with session.writing() as connection:
        _find_person(session, connection, person_id)
        if plan_id is not None:
            plan = find_plan(connection, session.who.scope, plan_id)
            if plan is None or plan.person_id != person_id:
                raise InputError("plan.unknown", plan_id=plan_id, field="#/plan_id")
        if module_id is not None and module_id not in session.service.framework.module_of:
            raise InputError("module.unknown", module_id=module_id, field="#/module_id")
        number = add_objection(
            connection,
            person_id,
            plan_id=plan_id,
            module_id=module_id,
            party="employee" if session.who.person_id == person_id else "hr",
            reason=reason,
            actor=session.who.actor,
            at=dt.datetime.now(dt.UTC),
        )
        session.details |= {"objection": number}
        return _find(session, connection, number)


def search_objections(
    session: Session,
    *,
    person_id: str | None = None,
    answered: bool | None = None,
    after: int = 0,
    limit: int,
) -> list[Objection]:
    """Return one page of the objections that the principal may see, the oldest first.

    People see their own, HR those of its unit. Managers, who often took part in what is objected
    to, do not see those of their reports.

    Raises
    ------
    NotFoundError
        If a person is asked for whose objections the principal may not see.
    """
    session.need(Permission.OBJECT)
    with session.reading() as connection:
        if person_id is not None:
            _find_person(session, connection, person_id)
        objections = list_objections(
            connection,
            _scope(session.who),
            person_id=person_id,
            answered=answered,
            after=after,
            limit=limit,
        )
    session.saw(objection.ref for objection in objections)
    return objections


def answer_objection(session: Session, objection_id: int, answer: str) -> Objection:
    """Answer an objection, once.

    Raises
    ------
    NotFoundError
        If there is no such objection within the principal's scope.
    ForbiddenError
        If it is the principal's own.
    ConflictError
        If it was answered already.
    """
    session.need(Permission.ANSWER_OBJECTIONS)
    with session.writing() as connection:
        objection = _find(session, connection, objection_id, lock=True)
        if objection.person_id == session.who.person_id:
            raise ForbiddenError("access.own-objection")
        if objection.answered_at is not None:
            raise ConflictError("objection.answered", objection_id=objection_id)
        now = dt.datetime.now(dt.UTC)
        store_answer(connection, objection_id, answer=answer, actor=session.who.actor, at=now)
        session.details |= {"objection": objection_id}
        return replace(objection, answer=answer, answered_at=now)


def _scope(who: Principal) -> Scope:
    """Return whose objections a principal may see and hand in."""
    return Scope(person_id=who.person_id) if who.role is Role.MANAGER else who.scope


def may_see_objections(who: Principal, person_id: str) -> bool:
    """Say whether a principal whose scope has a person sees what the person objects to."""
    return who.role is not Role.MANAGER or person_id == who.person_id


def _find_person(session: Session, connection: Connection, person_id: str) -> None:
    if not may_see_objections(session.who, person_id):
        raise NotFoundError("person.unknown", person_id=person_id)
    session.person(connection, person_id)


def _find(
    session: Session, connection: Connection, objection_id: int, *, lock: bool = False
) -> Objection:
    objection = find_objection(connection, _scope(session.who), objection_id, lock=lock)
    if objection is None:
        raise NotFoundError("objection.unknown", objection_id=objection_id)
    session.saw([objection.ref])
    return objection
