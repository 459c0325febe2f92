"""What is held on a person: exported as a whole, corrected, erased."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from recommender.errors import ConflictError, ForbiddenError, InputError, NotFoundError
from recommender.service.access.two_person import WAITING, is_same_hand, needs_second
from recommender.service.groups.kept_levels import spell_out
from recommender.service.learning.collecting import collect_records
from recommender.service.levels.raters import tell_ratings
from recommender.service.people.facts import refuse_manager
from recommender.service.permissions import Permission, Role
from recommender.service.privacy.objections import may_see_objections
from recommender.service.session import Session
from recommender.settings import LAST_DAY
from recommender.store import (
    Connection,
    PersonHead,
    delete_rows,
    erase_rows,
    has_open_jobs,
    make_pseudonym,
    note_erasure_request,
    read_erasure_request,
    read_holdings,
    schema,
    to_rows,
    touch_people,
    write_rows,
)
from recommender.table_kinds import KINDS
from recommender.texts import LANGUAGES, say

# sections of an export, each with the key of the text that describes it
SECTIONS = {
    "person": "privacy.person",
    "reports": "privacy.reports",
    "assessment": "privacy.assessment",
    "rating": "privacy.rating",
    "rating_given": "privacy.rating-given",
    "exam_result": "privacy.exam-result",
    "person_levels": "privacy.person-levels",
    "enrolment": "privacy.enrolment",
    "evidence": "privacy.evidence",
    "business_figure": "privacy.business-figure",
    "improvement_record": "privacy.improvement-record",
    "shown": "privacy.shown",
    "plan": "privacy.plan",
    "plan_version": "privacy.plan-version",
    "plan_approval": "privacy.plan-approval",
    "plan_comment": "privacy.plan-comment",
    "campaign_plan": "privacy.campaign-plan",
    "cohort_person": "privacy.cohort-person",
    "cohort_seat": "privacy.cohort-seat",
    "cohort_log": "privacy.cohort-log",
    "plan_approval_given": "privacy.plan-approval-given",
    "plan_comment_given": "privacy.plan-comment-given",
    "objection": "privacy.objection",
    "objection_answered": "privacy.objection-answered",
    "api_key": "privacy.api-key",
    "calendar_link": "privacy.calendar-link",
    "account": "privacy.account",
    "browser_session": "privacy.browser-session",
    "audit_entry": "privacy.audit-entry",
    "audit_entry_own": "privacy.audit-entry-own",
    "import_change": "privacy.import-change",
    "job": "privacy.job",
    "idempotent_answer": "privacy.idempotent-answer",
    "text": "privacy.text",
}
# kinds of facts that can be deleted one by one, and who may
_DELETABLE = {
    "ratings": Permission.WRITE_ASSESSMENTS,
    "exams": Permission.WRITE_ASSESSMENTS,
    "assessments": Permission.WRITE_ASSESSMENTS,
    "enrolments": Permission.WRITE_ENROLMENTS,
}


@dataclass(frozen=True)
class Erasure:
    """What came of asking for an erasure.

    Parameters
    ----------
    rows : dict of str to int
        How many rows were deleted or changed, by table; empty where nothing was yet.
    waits_until : datetime or None
        Until when a second person can ask for the same; None where the person is erased.
    """

    rows: dict[str, int]
    waits_until: dt.datetime | None = None


def export_person(session: Session, person_id: str) -> dict[str, Any]:
    """Export all that is held on a person, ready for JSON.

    The result has `person_id`, `made_at` and `sections`; each section has a `name`, a
    `description` in both languages, and its `rows`. Ratings that the reader is not told of are
    only counted. The ratings that the person gave stand in the person's own export, and in that
    of an administrator: beside what their reports were given, the days would tell managers who
    rated whom. Managers are given no section of what their reports object to.

    Raises
    ------
    NotFoundError
        If there is no such person within the principal's scope.
    """
    session.need(Permission.EXPORT_PERSON)
    with session.reading() as connection:
        holdings = read_holdings(connection, session.person(connection, person_id))
    if not may_see_objections(session.who, person_id):
        del holdings["objection"]
        holdings["text"] = [row for row in holdings["text"] if row["table"] != "objection"]
    who, settings = session.who, session.service.framework.catalog.settings
    told, withheld = tell_ratings(who, holdings["rating"], settings)
    holdings["rating"] = [
        *({name: row[name] for name in row if name != "rater_id"} for row in told),
        *_count(withheld),
    ]
    holdings["person_levels"] = [
        each
        for row in holdings["person_levels"]
        for each in spell_out(session.service.framework, row)
    ]
    if person_id != who.person_id and who.role is not Role.ADMIN:
        holdings["rating_given"] = []
    return {
        "person_id": person_id,
        "made_at": dt.datetime.now(dt.UTC).isoformat(),
        "sections": [
            {
                "name": name,
                "description": {lang: say(text, lang) for lang in LANGUAGES},
                "rows": [_plain(row) for row in holdings[name]],
            }
            for name, text in SECTIONS.items()
            if name in holdings
        ],
    }


def erase_person(session: Session, person_id: str) -> Erasure:
    """Erase a person; where it takes two people, the second one who asks for it does.

    Improvement records stay under a pseudonym, which is told to nobody, so that what was learned
    from the person's training is not lost.

    Raises
    ------
    NotFoundError
        If there is no such person within the principal's scope.
    ConflictError
        If a job has not ended that may write about the person again.
    ForbiddenError
        If it takes two people, and the principal may be the one who asked first.
    """
    session.need(Permission.ERASE_PERSON)
    with session.writing() as connection:
        # locked: a request that adds a fact about the person waits, and then finds nobody
        head = session.person(connection, person_id, lock=True)
        if has_open_jobs(connection, head):
            raise ConflictError("privacy.open-jobs", person_id=person_id)
        if needs_second(session):
            waits_until = _wait_for_second(session, connection, person_id)
            if waits_until is not None:
                return Erasure({}, waits_until)
        pseudonym = make_pseudonym()
        # before the erasure: derived records are computed from the facts that go
        n_derived = _keep_derived(session, connection, head, pseudonym)
        counts = erase_rows(connection, head, pseudonym=pseudonym)
        counts["improvement_record"] += n_derived
        session.details |= {"rows": sum(counts.values())}
        return Erasure(counts)


def delete_fact(session: Session, kind: str, key: Mapping[str, Any]) -> None:
    """Delete one wrong rating, exam result, assessment or enrolment of a person.

    `key` holds the values of the columns that identify a row of this kind.

    Raises
    ------
    InputError
        If facts of this kind cannot be deleted, or the key has other columns.
    ForbiddenError
        If a manager deletes anything but ratings that the manager gave to somebody else.
    NotFoundError
        If there is no such person within the principal's scope, or no such fact.
    """
    if kind not in _DELETABLE:
        raise InputError("fact.kind", kind=kind, kinds=", ".join(_DELETABLE))
    session.need(_DELETABLE[kind])
    if set(key) != set(KINDS[kind].key):
        raise InputError("fact.key", kind=kind, columns=", ".join(KINDS[kind].key))
    if kind != "enrolments":
        refuse_manager(session.who, kind, key["person_id"], [key])
    with session.writing() as connection:
        head = session.person(connection, key["person_id"], lock=True)
        if not delete_rows(connection, schema.TABLE_OF_KIND[kind], **key):
            raise NotFoundError("fact.unknown", kind=kind)
        # counts up the person's version, so that no held ranking is answered any more
        touch_people(connection, [head.person_id])
        session.details |= {"kind": kind}


def _wait_for_second(
    session: Session, connection: Connection, person_id: str
) -> dt.datetime | None:
    """Return until when a second person can ask for the erasure; None where this is the second."""
    now, asking = dt.datetime.now(dt.UTC), session.who.actor
    asked = read_erasure_request(connection, person_id)
    if asked is None or asked[1] + WAITING <= now:
        note_erasure_request(connection, person_id, asked_by=asking, asked_at=now)
        asked = asking, now
    first, asked_at = asked
    if first == asking:
        session.details |= {"stage": "asked"}
        return asked_at + WAITING
    if is_same_hand(connection, first, session.who):
        raise ForbiddenError("access.second-person")
    session.details |= {"asked_by": first}
    return None


def _keep_derived(
    session: Session, connection: Connection, head: PersonHead, pseudonym: str
) -> int:
    """Store the records that are derived from a person's facts, and return how many there are."""
    # as of the last day: what is dated in the future would be lost as well
    frame = collect_records(
        connection, session.service.framework, as_of=LAST_DAY, person_ids=[head.person_id]
    ).frame
    derived = frame[frame["source"] == "derived"].assign(person_id=pseudonym)
    columns = [column.name for column in schema.improvement_record.c]
    write_rows(connection, schema.improvement_record, to_rows(derived[columns]))
    return len(derived)


def _count(ratings: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    counts = Counter((row["competency_id"], row["rater_type"]) for row in ratings)
    return [
        {"competency_id": competency, "rater_type": kind, "ratings": number}
        for (competency, kind), number in sorted(counts.items())
    ]


def _plain(value: Any) -> Any:
    """Return a row with its dates as ISO text, those inside JSON columns included."""
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_plain(item) for item in value]
    return value.isoformat() if isinstance(value, dt.date) else value
