"""Offerings: the scheduled runs of modules."""

from __future__ import annotations

import datetime as dt
from typing import Annotated, Any
from urllib.parse import quote

from fastapi import Path, Query, Response

from api.admission import Admitted
from api.operations import Operations
from api.responses import Cursor, Fields, Limit, answer, decode_cursor, next_cursor
from api.schemas.catalog.offerings import OfferingIn, OfferingOut, OfferingPage
from api.schemas.common import Day, Id, Strict
from recommender.service.catalog import offerings
from recommender.service.catalog.offerings import OfferingRequest
from recommender.service.permissions import Permission

ROUTES = Operations("offerings")

_BEFORE_ALL: tuple[Any, ...] = (1, "")  # number of the day, as JSON has no dates, and id
OfferingId = Annotated[Id, Path(description="A name of your choice that stays.")]


@ROUTES.operation(
    "GET",
    "/offerings",
    Permission.READ_CATALOG,
    answer=OfferingPage,
    example={"starts_from": "2026-11-01", "free_seats": 1, "limit": 5},
)
def list_offerings(
    call: Admitted,
    module_id: Annotated[Id | None, Query(description="Of this module.")] = None,
    starts_from: Annotated[
        Day | None, Query(description="That begin on this day or later.")
    ] = None,
    starts_until: Annotated[
        Day | None, Query(description="That begin on this day or earlier.")
    ] = None,
    free_seats: Annotated[
        int | None, Query(ge=1, le=100_000, description="With at least so many seats left.")
    ] = None,
    fields: Fields = None,
    cursor: Cursor = None,
    limit: Limit = 50,
) -> Response:
    """List offerings, the earliest first."""
    number, last = decode_cursor(cursor, _BEFORE_ALL)
    # a cursor may be made up, and not every number is a day
    day = dt.date.fromordinal(min(max(number, 1), dt.date.max.toordinal()))
    rows = offerings.list_offerings(
        call.session,
        module_id=module_id,
        starts_from=starts_from,
        starts_until=starts_until,
        free_seats=free_seats,
        after=None if cursor is None else (day, last),
        limit=limit + 1,
    )
    items, following = next_cursor(
        rows, limit, lambda item: (item.starts_on.toordinal(), item.offering_id)
    )
    page = OfferingPage.model_validate({"items": items, "next": following})
    return answer(call, page, fields=fields)


@ROUTES.operation(
    "GET",
    "/offerings/{offering_id}",
    Permission.READ_CATALOG,
    answer=OfferingOut,
    absent=True,
    example={"offering_id": "account-information-map-workshop-261116-1"},
)
def read_offering(call: Admitted, offering_id: OfferingId, fields: Fields = None) -> Response:
    """Read an offering."""
    offering = offerings.read_offering(call.session, offering_id)
    return answer(
        call, OfferingOut.model_validate(offering), version=offering.version, fields=fields
    )


@ROUTES.operation(
    "PUT",
    "/offerings/{offering_id}",
    Permission.WRITE_OFFERINGS,
    answer=OfferingOut,
    absent=True,
    conflict=True,
    versioned=True,
    creates=True,
    example={"offering_id": "2027-spring-visits"},
    body_example={
        "module_id": "account-handover-visit-coaching",
        "starts_on": "2027-03-01",
        "ends_on": "2027-03-02",
        "place": "南区示例培训中心",
        "seats": 12,
        "owner_unit": "南区示例分公司",
    },
)
def put_offering(call: Admitted, offering_id: OfferingId, body: Strict[OfferingIn]) -> Response:
    """Make an offering, or change the one that is there.

    Without `If-Match` it is made; to change the one that is there, send its ETag. HR of a unit
    makes offerings for its unit and those below it, and changes only theirs.
    """
    session, request = call.session, OfferingRequest(**body.model_dump())
    # one transaction: nobody else can create or change the offering between look and write
    with call.once(), session.writing():
        known = "if-match" in call.request.headers
        made = not known and not offerings.offering_exists(session, offering_id)
        if made:
            offering = offerings.create_offering(session, offering_id, request)
        else:
            seen = call.seen_version()
            offering = offerings.change_offering(session, offering_id, request, seen=seen)
        return answer(
            call,
            OfferingOut.model_validate(offering),
            status=201 if made else 200,
            version=offering.version,
            location=f"/v1/offerings/{quote(offering_id, safe='')}" if made else None,
        )


@ROUTES.operation(
    "DELETE",
    "/offerings/{offering_id}",
    Permission.WRITE_OFFERINGS,
    status=204,
    absent=True,
    conflict=True,
    versioned=True,
    example={"offering_id": "2027-spring-visits"},
)
def delete_offering(call: Admitted, offering_id: OfferingId) -> Response:
    """Delete an offering that nobody was ever enrolled in.

    HR of a unit deletes only those of its unit and of the units below it.
    """
    seen = call.seen_version()
    with call.once():
        offerings.delete_offering(call.session, offering_id, seen=seen)
        return call.respond(Response(status_code=204))
