"""Personal data: all of it shown, corrected, erased, and kept no longer than set."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from fastapi import Path, Query, Response

from api.admission import Admitted, Call
from api.operations import Operations
from api.responses import Cursor, Fields, Limit, answer, decode_cursor, next_cursor
from api.schemas.common import Day, Id, Name, PersonId, Strict
from api.schemas.privacy import (
    AnswerIn,
    DataExportOut,
    ErasureIn,
    ErasureOut,
    NoticeOut,
    ObjectionIn,
    ObjectionOut,
    ObjectionPage,
    RetentionOut,
    RetentionRunOut,
)
from recommender.errors import InputError
from recommender.service.permissions import Permission
from recommender.service.privacy import objections, personal_data, retention

ROUTES = Operations("privacy")

CompetencyId = Annotated[Id, Query(description="The competency.")]
RaterType = Annotated[
    Literal["self", "manager", "peer", "customer"], Query(description="In what relation.")
]
ObjectionId = Annotated[int, Path(description="Number of the objection.", ge=1, lt=2**31)]
ExamLevel = Annotated[int, Query(description="Level of the exam.", ge=1, le=4)]


@ROUTES.operation(
    "GET",
    "/people/{person_id}/data-export",
    Permission.EXPORT_PERSON,
    answer=DataExportOut,
    absent=True,
    example={"person_id": "00002"},
)
def export_person_data(call: Admitted, person_id: PersonId) -> Response:
    """Export all that is held on a person.

    Ratings of too few raters to be told are only counted. Ratings that the person gave are in the
    person's own export and in an administrator's only.
    """
    export = personal_data.export_person(call.session, person_id)
    return answer(call, DataExportOut.model_validate(export))


@ROUTES.operation(
    "POST",
    "/people/{person_id}/erasure",
    Permission.ERASE_PERSON,
    answer=ErasureOut,
    absent=True,
    conflict=True,
    waits=True,
    example={"person_id": "00025"},
    body_example={"confirm": "00025"},
)
def erase_person(call: Admitted, person_id: PersonId, body: Strict[ErasureIn]) -> Response:
    """Erase a person for good.

    What was learned from the person's training stays, under a pseudonym that nobody is told. Where
    the installation wants two people for it, the first request changes nothing and is answered with
    202; the same request of somebody else within 72 hours erases the person.
    """
    # an erasure cannot be undone; a second mention keeps a slip in the address from doing one
    if body.confirm != person_id:
        raise InputError("privacy.confirm", field="#/confirm")
    with call.once():
        erasure = personal_data.erase_person(call.session, person_id)
        told = ErasureOut(rows=erasure.rows, waits_until=erasure.waits_until)
        return answer(call, told, status=200 if erasure.waits_until is None else 202)


@ROUTES.operation(
    "DELETE",
    "/people/{person_id}/ratings",
    Permission.WRITE_ASSESSMENTS,
    status=204,
    absent=True,
    example={
        "person_id": "00002",
        "competency_id": "resilience",
        "indicator_id": "resilience.1.1",
        "rater_type": "manager",
        "rater_id": "00008",
        "rated_on": "2026-10-30",
    },
)
def delete_rating(
    call: Admitted,
    person_id: PersonId,
    competency_id: CompetencyId,
    indicator_id: Annotated[Id, Query(description="Id of the indicator.")],
    rater_type: RaterType,
    rater_id: Annotated[Name, Query(description="Who rated.")],
    rated_on: Annotated[Day, Query(description="When.")],
) -> Response:
    """Delete one wrong rating; managers delete those they gave."""
    return _delete(
        call,
        "ratings",
        person_id=person_id,
        competency_id=competency_id,
        indicator_id=indicator_id,
        rater_type=rater_type,
        rater_id=rater_id,
        rated_on=rated_on,
    )


@ROUTES.operation(
    "DELETE",
    "/people/{person_id}/exam-results",
    Permission.WRITE_ASSESSMENTS,
    status=204,
    absent=True,
    example={
        "person_id": "00002",
        "competency_id": "job-knowledge",
        "exam_level": 1,
        "subject": "crm",
        "sat_on": "2026-10-20",
    },
)
def delete_exam_result(
    call: Admitted,
    person_id: PersonId,
    competency_id: CompetencyId,
    exam_level: ExamLevel,
    subject: Annotated[Id, Query(description="Of the exam.")],
    sat_on: Annotated[Day, Query(description="When.")],
) -> Response:
    """Delete one wrong exam result."""
    return _delete(
        call,
        "exams",
        person_id=person_id,
        competency_id=competency_id,
        exam_level=exam_level,
        subject=subject,
        sat_on=sat_on,
    )


@ROUTES.operation(
    "DELETE",
    "/people/{person_id}/assessments",
    Permission.WRITE_ASSESSMENTS,
    status=204,
    absent=True,
    example={
        "person_id": "00002",
        "competency_id": "coordination",
        "assessed_on": "2026-10-21",
    },
)
def delete_assessment(
    call: Admitted,
    person_id: PersonId,
    competency_id: CompetencyId,
    assessed_on: Annotated[Day, Query(description="When.")],
) -> Response:
    """Delete one wrong assessment that was imported."""
    return _delete(
        call,
        "assessments",
        person_id=person_id,
        competency_id=competency_id,
        assessed_on=assessed_on,
    )


@ROUTES.operation("GET", "/retention", Permission.RUN_RETENTION, answer=RetentionOut, example={})
def read_retention(call: Admitted) -> Response:
    """Say how long data are kept, and which are past their period."""
    settings = call.state.settings
    report = retention.report_retention(call.session, settings)
    periods = {name: getattr(settings, name) for name in RetentionOut.model_fields if name != "due"}
    due = [
        {"table": table, "older_than": report.older_than[table], "rows": rows}
        for table, rows in report.due.items()
    ]
    return answer(call, RetentionOut.model_validate(periods | {"due": due}))


@ROUTES.operation(
    "POST", "/retention/runs", Permission.RUN_RETENTION, answer=RetentionRunOut, example={}
)
def run_retention(call: Admitted) -> Response:
    """Delete what is past its period.

    The improvement records that old assessments gave are kept. The same run again deletes
    nothing more.
    """
    session, settings = call.session, call.state.settings
    # Outside the transaction of the answer: facts go in steps of their own, and a run that was
    # cut short is simply done again.
    facts = retention.retire_facts(session, settings)
    with call.once():
        traces = retention.clear_traces(session, settings)
        return answer(call, RetentionRunOut(rows=facts | traces))


@ROUTES.operation("GET", "/automated-decisions", None, answer=NoticeOut, example={})
def read_automation_notice(call: Admitted) -> Response:
    """Say what is proposed automatically, from what and how, who decides, and how to object."""
    return answer(call, NoticeOut.model_validate(objections.read_notice(call.session)))


@ROUTES.operation(
    "POST",
    "/people/{person_id}/objections",
    Permission.OBJECT,
    answer=ObjectionOut,
    status=201,
    absent=True,
    example={"person_id": "00002"},
    body_example={"reason": "I took a course like the first one last year, elsewhere."},
)
def create_objection(call: Admitted, person_id: PersonId, body: Strict[ObjectionIn]) -> Response:
    """Object to a plan, or to what was recommended.

    People object for themselves; HR also hands in what somebody of its unit says. A plan is not
    put in force without the person's approval, objection or not.
    """
    with call.once():
        objection = objections.create_objection(
            call.session,
            person_id,
            reason=body.reason,
            plan_id=body.plan_id,
            module_id=body.module_id,
        )
        return answer(call, ObjectionOut.model_validate(objection), status=201)


@ROUTES.operation("GET", "/objections", Permission.OBJECT, answer=ObjectionPage, absent=True)
def list_objections(
    call: Admitted,
    person_id: Annotated[Id | None, Query(description="Of this person.")] = None,
    answered: Annotated[bool | None, Query(description="Answered or open; both.")] = None,
    fields: Fields = None,
    cursor: Cursor = None,
    limit: Limit = 50,
) -> Response:
    """List objections, the oldest first: one's own, and to HR those of its unit."""
    (after,) = decode_cursor(cursor, (0,))
    shown = objections.search_objections(
        call.session, person_id=person_id, answered=answered, after=after, limit=limit + 1
    )
    page, following = next_cursor(shown, limit, lambda objection: (objection.objection_id,))
    items = [ObjectionOut.model_validate(objection) for objection in page]
    return answer(call, ObjectionPage(items=items, next=following), fields=fields)


@ROUTES.operation(
    "POST",
    "/objections/{objection_id}/answer",
    Permission.ANSWER_OBJECTIONS,
    answer=ObjectionOut,
    absent=True,
    conflict=True,
    body_example={"answer": "You are right; the workshop is taken out of the plan."},
)
def answer_objection(call: Admitted, objection_id: ObjectionId, body: Strict[AnswerIn]) -> Response:
    """Answer somebody's objection, in a person's own words; it can be answered once.

    What follows from it, such as another plan or a new assessment, is done by the operations for
    that.
    """
    with call.once():
        objection = objections.answer_objection(call.session, objection_id, body.answer)
        return answer(call, ObjectionOut.model_validate(objection))


def _delete(call: Call, kind: str, **key: Any) -> Response:
    with call.once():
        personal_data.delete_fact(call.session, kind, key)
        return call.respond(Response(status_code=204))
