"""Shapes of API keys."""

from __future__ import annotations

import datetime as dt
from typing import Annotated, Any

from pydantic import ConfigDict, Field, StringConstraints

from api.responses import Page, Resource
from api.schemas.common import Body, Id, Line, UnitPath
from recommender.service.access.keys import LIFETIME_DAYS, LONGEST_DAYS
from recommender.service.permissions import Permission, Role, grantable


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
                "permissions": {"items": {"enum": sorted(grantable(role))}},
                "also": {"items": {"enum": sorted(grantable(role))}},
            },
        }
        for role in Role
    ]


# what is no network all the same, such as one with bits set beyond its prefix, the use case refuses
Network = Annotated[
    str,
    StringConstraints(min_length=2, max_length=49, pattern=r"^[0-9A-Fa-f:.]+(/[0-9]{1,3})?$"),
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
    also: Annotated[
        list[Permission],
        Field(
            default_factory=list,
            max_length=100,
            description="Besides, what a key of the role has only if it is named: `privacy:export` "
            "and `privacy:erase` of hr.",
        ),
    ]
    networks: Annotated[
        list[Network] | None,
        Field(
            min_length=1,
            max_length=50,
            description="The only addresses it is accepted from, as CIDR blocks; null for all.",
            examples=[["10.20.0.0/16", "2001:db8::/32"]],
        ),
    ] = None
    days: Annotated[int, Field(ge=1, le=LONGEST_DAYS, description="How long it is valid.")] = (
        LIFETIME_DAYS
    )


class KeyOut(Resource):
    """A key; its secret is known to nobody but its holder."""

    key_id: str
    label: str
    role: Role
    person_id: str | None
    org_unit: str | None
    permissions: Annotated[
        list[Permission] | None, Field(description="Null: all that the role has.")
    ]
    networks: Annotated[
        list[str] | None, Field(description="Accepted from these addresses only; null: from all.")
    ]
    replaces: Annotated[str | None, Field(description="Id of the key that was rotated.")]
    created_by: Annotated[str, Field(description="Actor.")]
    created_at: dt.datetime
    expires_at: dt.datetime
    revoked_at: dt.datetime | None
    waits_until: Annotated[
        dt.datetime | None,
        Field(
            description="It opens nothing yet, and somebody else has until then to confirm it; "
            "null: nobody has to."
        ),
    ]
    confirmed_by: Annotated[str | None, Field(description="Actor; null where one sufficed.")]


class NewKeyOut(KeyOut):
    """A key just made."""

    token: Annotated[str, Field(description="To be sent as `Authorization: Bearer …`; shown once.")]


class KeyPage(Page):
    """Keys in the order of their ids."""

    items: list[KeyOut]
