"""Ratings, exam results and assessments of a person."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any
from urllib.parse import quote

from fastapi import Query, Response

from api.admission import Admitted, Call
from api.operations import Operations
from api.responses import Cursor, Fields, Limit, Page, answer, decode_cursor, next_cursor
from api.schemas.common import Body, Day, Id, PersonId, Strict
from api.schemas.people.facts import (
    AssessmentPage,
    AssessmentsIn,
    ExamResultPage,
    ExamResultsIn,
    RatingPage,
    RatingsIn,
    WrittenOut,
)
from recommender.service.people import facts
from recommender.service.people.facts import FactFilter
from recommender.service.permissions import Permission

ROUTES = Operations("facts")

Competency = Annotated[Id | None, Query(description="Of this competency.")]
Since = Annotated[Day | None, Query(description="From this day on.")]
Until = Annotated[Day | None, Query(description="Up to this day.")]

# keys before the first row of a kind
_BEFORE: dict[str, Sequence[str | int]] = {
    "ratings": (0, "", "", "", "", 0, 0),
    "exams": (0, "", 0, "", 0),
    "assessments": (0, "", 0),
}


def _list(
    call: Call,
    kind: str,
    shape: type[Page],
    person_id: str,
    wanted: FactFilter,
    *,
    fields: str | None,
    cursor: str | None,
    limit: int,
) -> Response:
    after = decode_cursor(cursor, _BEFORE[kind])
    pairs = facts.list_facts(call.session, kind, person_id, wanted, after=after, limit=limit + 1)
    rows, following = next_cursor(pairs, limit, lambda pair: pair[0])
    page = shape.model_validate({"items": [row for _, row in rows], "next": following})
    return answer(call, page, fields=fields)


def _add(call: Call, kind: str, place: str, person_id: str, body: Body) -> Response:
    items: list[dict[str, Any]] = body.model_dump(exclude_unset=True)["items"]
    with call.once():
        written = facts.add_facts(call.session, kind, person_id, items)
        return answer(
            call,
            WrittenOut.model_validate(written),
            status=201,
            location=f"/v1/people/{quote(person_id, safe='')}/{place}",
        )


@ROUTES.operation(
    "GET",
    "/people/{person_id}/ratings",
    Permission.READ_ASSESSMENTS,
    answer=RatingPage,
    absent=True,
    example={"person_id": "00002", "competency_id": "resilience", "limit": 5},
)
def list_ratings(
    call: Admitted,
    person_id: PersonId,
    competency_id: Competency = None,
    since: Since = None,
    until: Until = None,
    fields: Fields = None,
    cursor: Cursor = None,
    limit: Limit = 50,
) -> Response:
    """List a person's ratings, newest first.

    Who gave them is told to HR; others see that of their own ratings only, and no ratings of a
    type with fewer raters than the catalogue's `min_raters_shown`. Where only one type would be
    missing, the manager's are not listed either.
    """
    wanted = FactFilter(competency_id, since, until)
    return _list(
        call, "ratings", RatingPage, person_id, wanted, fields=fields, cursor=cursor, limit=limit
    )


@ROUTES.operation(
    "POST",
    "/people/{person_id}/ratings",
    Permission.WRITE_ASSESSMENTS,
    answer=WrittenOut,
    status=201,
    absent=True,
    example={"person_id": "00002"},
    body_example={
        "items": [
            {
                "competency_id": "resilience",
                "indicator_id": "resilience.1.1",
                "rater_type": "manager",
                "rater_id": "00008",
                "rating": 2,
                "rated_on": "2026-10-30",
            }
        ]
    },
)
def add_ratings(call: Admitted, person_id: PersonId, body: Strict[RatingsIn]) -> Response:
    """Add ratings of a person, all or none.

    They are checked as the import checks them; `errors` names each bad row. Managers add
    their own ratings of those who report to them.
    """
    return _add(call, "ratings", "ratings", person_id, body)


@ROUTES.operation(
    "GET",
    "/people/{person_id}/exam-results",
    Permission.READ_ASSESSMENTS,
    answer=ExamResultPage,
    absent=True,
    example={"person_id": "00002", "since": "2025-01-01", "limit": 5},
)
def list_exam_results(
    call: Admitted,
    person_id: PersonId,
    competency_id: Competency = None,
    since: Since = None,
    until: Until = None,
    fields: Fields = None,
    cursor: Cursor = None,
    limit: Limit = 50,
) -> Response:
    """List a person's exam results, newest first."""
    wanted = FactFilter(competency_id, since, until)
    return _list(
        call, "exams", ExamResultPage, person_id, wanted, fields=fields, cursor=cursor, limit=limit
    )


@ROUTES.operation(
    "POST",
    "/people/{person_id}/exam-results",
    Permission.WRITE_ASSESSMENTS,
    answer=WrittenOut,
    status=201,
    absent=True,
    example={"person_id": "00002"},
    body_example={
        "items": [
            {
                "competency_id": "job-knowledge",
                "exam_level": 1,
                "subject": "crm",
                "score": 86,
                "sat_on": "2026-10-20",
            }
        ]
    },
)
def add_exam_results(call: Admitted, person_id: PersonId, body: Strict[ExamResultsIn]) -> Response:
    """Add exam results of a person, all or none; `errors` names each bad row."""
    return _add(call, "exams", "exam-results", person_id, body)


@ROUTES.operation(
    "GET",
    "/people/{person_id}/assessments",
    Permission.READ_ASSESSMENTS,
    answer=AssessmentPage,
    absent=True,
    example={"person_id": "00002", "until": "2026-11-01"},
)
def list_assessments(
    call: Admitted,
    person_id: PersonId,
    competency_id: Competency = None,
    since: Since = None,
    until: Until = None,
    fields: Fields = None,
    cursor: Cursor = None,
    limit: Limit = 50,
) -> Response:
    """List the levels of a person that were assessed elsewhere, newest first."""
    wanted = FactFilter(competency_id, since, until)
    return _list(
        call,
        "assessments",
        AssessmentPage,
        person_id,
        wanted,
        fields=fields,
        cursor=cursor,
        limit=limit,
    )


@ROUTES.operation(
    "POST",
    "/people/{person_id}/assessments",
    Permission.WRITE_ASSESSMENTS,
    answer=WrittenOut,
    status=201,
    absent=True,
    example={"person_id": "00002"},
    body_example={
        "items": [
            {
                "competency_id": "coordination",
                "level": 2.3,
                "method": "评价中心",
                "assessed_on": "2026-10-21",
            }
        ]
    },
)
def add_assessments(call: Admitted, person_id: PersonId, body: Strict[AssessmentsIn]) -> Response:
    """Add levels of a person that were assessed elsewhere, all or none; `errors` names bad rows."""
    return _add(call, "assessments", "assessments", person_id, body)
