"""Who am I, and what may I do."""

from __future__ import annotations

from typing import Annotated

from fastapi import Response
from pydantic import BaseModel, Field

from api.admission import Admitted
from api.operations import Operations
from api.responses import answer
from recommender.service.permissions import Permission, Role

ROUTES = Operations("access")


class Caller(BaseModel):
    """The principal behind a key or token."""

    actor: Annotated[str, Field(description="Name in the audit trail.")]
    role: Role
    person_id: str | None
    org_unit: Annotated[str | None, Field(description="Null: no bound by unit.")]
    permissions: list[Permission]


@ROUTES.operation("GET", "/me", None, answer=Caller, example={})
def read_caller(call: Admitted) -> Response:
    """Say who the caller is and what is allowed."""
    who = call.session.who
    return answer(
        call,
        Caller(
            actor=who.actor,
            role=who.role,
            person_id=who.person_id,
            org_unit=who.org_unit,
            permissions=sorted(who.permissions),
        ),
    )
