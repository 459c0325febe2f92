"""Enrolments: who takes which module when, and what became of it."""

from __future__ import annotations

import datetime as dt
from typing import Annotated, cast
from urllib.parse import quote

from fastapi import Path, Query, Response

from api.admission import Admitted, Call
from api.operations import Operations
from api.responses import Cursor, Fields, Limit, answer, decode_cursor, next_cursor
from api.schemas.common import Day, Id, PersonId, Strict
from api.schemas.people.enrolments import (
    EnrolmentChange,
    EnrolmentIn,
    EnrolmentOut,
    EnrolmentPage,
    EnrolmentStatus,
)
from recommender.service.people import enrolments
from recommender.service.people.enrolments import StoredEnrolment
from recommender.service.permissions import Permission

ROUTES = Operations("enrolments")

ModuleId = Annotated[Id, Path(description="The module.")]
EnrolledOn = Annotated[Day, Path(description="The day of the enrolment.")]


def _answer(
    call: Call, enrolment: StoredEnrolment, *, status: int = 200, fields: str | None = None
) -> Response:
    person, module = quote(enrolment.person_id, safe=""), quote(enrolment.module_id, safe="")
    place = f"/v1/people/{person}/enrolments/{module}/{enrolment.enrolled_on}"
    return answer(
        call,
        EnrolmentOut.model_validate(enrolment),
        status=status,
        version=enrolment.version,
        fields=fields,
        location=place if status == 201 else None,
    )


def _day(number: int) -> dt.date:
    return dt.date.fromordinal(min(max(number, 1), dt.date.max.toordinal()))


@ROUTES.operation(
    "POST",
    "/people/{person_id}/enrolments",
    Permission.WRITE_ENROLMENTS,
    answer=EnrolmentOut,
    status=201,
    absent=True,
    conflict=True,
    example={"person_id": "00015"},
    body_example={"module_id": "account-handover-visit-coaching", "enrolled_on": "2026-10-31"},
)
def create_enrolment(call: Admitted, person_id: PersonId, body: Strict[EnrolmentIn]) -> Response:
    """Enrol a person in a module.

    Refused with 409 where the offering is full, or the person is enrolled in the module already.
    """
    with call.once():
        enrolment = enrolments.enrol(
            call.session,
            person_id,
            body.module_id,
            offering_id=body.offering_id,
            enrolled_on=body.enrolled_on,
        )
        return _answer(call, enrolment, status=201)


@ROUTES.operation(
    "GET",
    "/people/{person_id}/enrolments",
    Permission.READ_ENROLMENTS,
    answer=EnrolmentPage,
    absent=True,
    example={"person_id": "00015", "status": "enrolled"},
)
def list_enrolments(
    call: Admitted,
    person_id: PersonId,
    module_id: Annotated[Id | None, Query(description="In this module.")] = None,
    status: Annotated[EnrolmentStatus | None, Query(description="Of this status.")] = None,
    fields: Fields = None,
    cursor: Cursor = None,
    limit: Limit = 50,
) -> Response:
    """List a person's enrolments, newest first."""
    number, module = cast(tuple[int, str], decode_cursor(cursor, (0, "")))
    rows = enrolments.list_of_person(
        call.session,
        person_id,
        module_id=module_id,
        status=status,
        after=None if cursor is None else (_day(number), module),
        limit=limit + 1,
    )
    items, following = next_cursor(
        rows, limit, lambda item: (item.enrolled_on.toordinal(), item.module_id)
    )
    page = EnrolmentPage(
        items=[EnrolmentOut.model_validate(item) for item in items], next=following
    )
    return answer(call, page, fields=fields)


@ROUTES.operation(
    "GET",
    "/people/{person_id}/enrolments/{module_id}/{enrolled_on}",
    Permission.READ_ENROLMENTS,
    answer=EnrolmentOut,
    absent=True,
    example={
        "person_id": "00015",
        "module_id": "account-handover-visit-coaching",
        "enrolled_on": "2026-10-31",
    },
)
def read_enrolment(
    call: Admitted,
    person_id: PersonId,
    module_id: ModuleId,
    enrolled_on: EnrolledOn,
    fields: Fields = None,
) -> Response:
    """Read an enrolment."""
    enrolment = enrolments.read_enrolment(call.session, person_id, module_id, enrolled_on)
    return _answer(call, enrolment, fields=fields)


@ROUTES.operation(
    "PATCH",
    "/people/{person_id}/enrolments/{module_id}/{enrolled_on}",
    Permission.WRITE_ENROLMENTS,
    answer=EnrolmentOut,
    absent=True,
    conflict=True,
    versioned=True,
    example={
        "person_id": "00015",
        "module_id": "account-handover-visit-coaching",
        "enrolled_on": "2026-10-31",
    },
    body_example={"status": "completed", "completed_on": "2026-11-01"},
)
def change_enrolment(
    call: Admitted,
    person_id: PersonId,
    module_id: ModuleId,
    enrolled_on: EnrolledOn,
    body: Strict[EnrolmentChange],
) -> Response:
    """Say what became of an enrolment.

    One that takes its seat again is refused with 409 where there is none left.
    """
    seen, changes = call.seen_version(), body.model_dump(exclude_unset=True)
    with call.once():
        enrolment = enrolments.change_enrolment(
            call.session, person_id, module_id, enrolled_on, changes, seen=seen
        )
        return _answer(call, enrolment)


@ROUTES.operation(
    "GET",
    "/offerings/{offering_id}/enrolments",
    Permission.READ_ENROLMENTS,
    answer=EnrolmentPage,
    absent=True,
    example={"offering_id": "account-information-map-workshop-261116-1"},
)
def list_participants(
    call: Admitted,
    offering_id: Annotated[Id, Path(description="The offering.")],
    fields: Fields = None,
    cursor: Cursor = None,
    limit: Limit = 50,
) -> Response:
    """List the enrolments of an offering, of people whom the caller may see."""
    person, number = cast(tuple[str, int], decode_cursor(cursor, ("", 0)))
    rows = enrolments.list_of_offering(
        call.session,
        offering_id,
        after=None if cursor is None else (person, _day(number)),
        limit=limit + 1,
    )
    items, following = next_cursor(
        rows, limit, lambda item: (item.person_id, item.enrolled_on.toordinal())
    )
    page = EnrolmentPage(
        items=[EnrolmentOut.model_validate(item) for item in items], next=following
    )
    return answer(call, page, fields=fields)
