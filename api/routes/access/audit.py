"""The audit trail."""

from __future__ import annotations

from typing import Annotated

from fastapi import Query, Response

from api.admission import Admitted
from api.operations import Operations
from api.responses import Cursor, Fields, Limit, answer, decode_cursor, next_cursor
from api.schemas.access.audit import AuditPage, VerificationOut
from api.schemas.common import Id, Line, Moment
from recommender.service.access.audit import check_trail, read_trail
from recommender.service.permissions import Permission

ROUTES = Operations("audit")

Head = Annotated[
    list[Annotated[str, Query(pattern="^[0-9a-f]{64}$")]] | None,
    Query(max_length=100, description="Hashes of the newest entry that were noted earlier."),
]


@ROUTES.operation(
    "GET",
    "/audit",
    Permission.READ_AUDIT,
    answer=AuditPage,
    absent=True,
    example={"action": "read_gaps", "limit": 5},
)
def list_audit_entries(
    call: Admitted,
    person_id: Annotated[Id | None, Query(description="About this person.")] = None,
    actor: Annotated[Line | None, Query(description="Of this actor.")] = None,
    action: Annotated[Line | None, Query(description="Of this operation.")] = None,
    since: Annotated[Moment | None, Query(description="From this moment on.")] = None,
    until: Annotated[Moment | None, Query(description="Before this moment.")] = None,
    fields: Fields = None,
    cursor: Cursor = None,
    limit: Limit = 50,
) -> Response:
    """List the entries of the audit trail, the oldest first."""
    (after,) = decode_cursor(cursor, (0,))
    entries = read_trail(
        call.session,
        person_id=person_id,
        actor=actor,
        action=action,
        since=since,
        until=until,
        after=after,
        limit=limit + 1,
    )
    items, following = next_cursor(entries, limit, lambda entry: (entry.seq,))
    page = AuditPage.model_validate({"items": items, "next": following})
    return answer(call, page, fields=fields)


@ROUTES.operation(
    "GET",
    "/audit/verification",
    Permission.READ_AUDIT,
    answer=VerificationOut,
    example={},
)
def verify_audit_trail(call: Admitted, head: Head = None) -> Response:
    """Check that nobody changed, deleted or inserted an entry."""
    verification = check_trail(call.session, noted=head or ())
    return answer(call, VerificationOut.model_validate(verification))
