"""Shapes of API keys."""

from __future__ import annotations

import datetime as dt
from typing import Annotated, Any

from pydantic import ConfigDict, Field

from api.responses import Page, Resource
from api.schemas.common import Body, Id, Line, UnitPath
from recommender.service.access.keys import LIFETIME_DAYS, LONGEST_DAYS
from recommender.service.permissions import PERMISSIONS, Permission, Role


def _by_role(schema: dict[str, Any]) -> None:
    """Say what a key of each role needs and may have; see `create_key`."""
    schema["oneOf"] = [
        {
            "required": ["person_id"] if role in (Role.EMPLOYEE, Role.MANAGER) else [],
            "properties": {
                "role": {"const": role.value},
                **(
                    {"person_id": {"type": "string"}}
                    if role in (Role.EMPLOYEE, Role.MANAGER)
                    else {}
                ),
                **({} if role is Role.HR else {"org_unit": {"type": "null"}}),
                "permissions": {"items": {"enum": sorted(PERMISSIONS[role])}},
            },
        }
        for role in Role
    ]


class KeyIn(Body):
    """What a new key is for."""

    model_config = ConfigDict(json_schema_extra=_by_role)
    label: Annotated[Line, Field(description="What people know it by.")]
    role: Role
    person_id: Annotated[
        Id | None, Field(description="Whose key it is; employees and managers need one.")
    ] = None
    org_unit: Annotated[
        UnitPath | None,
        Field(description="Unit an HR key is for; null for the whole organisation."),
    ] = None
    permissions: Annotated[
        list[Permission] | None,
        Field(max_length=100, description="Fewer than the role has; null for all of them."),
    ] = None
    days: Annotated[int, Field(ge=1, le=LONGEST_DAYS, description="How long it is valid.")] = (
        LIFETIME_DAYS
    )


class KeyOut(Resource):
    """A key; its secret is known to nobody but its holder."""

    model_config = ConfigDict(from_attributes=True)

    key_id: str
    label: str
    role: Role
    person_id: str | None
    org_unit: str | None
    permissions: Annotated[
        list[Permission] | None, Field(description="Null: all that the role has.")
    ]
    created_by: Annotated[str, Field(description="Actor.")]
    created_at: dt.datetime
    expires_at: dt.datetime
    revoked_at: dt.datetime | None


class NewKeyOut(KeyOut):
    """A key just made."""

    token: Annotated[str, Field(description="To be sent as `Authorization: Bearer …`; shown once.")]


class KeyPage(Page):
    """Keys in the order of their ids."""

    items: list[KeyOut]
