"""Shapes of the audit trail."""

from __future__ import annotations

import datetime as dt
from typing import Annotated, Any

from pydantic import Field

from api.responses import Page, Part, Resource


class AuditEntryOut(Resource):
    """What somebody did, or saw."""

    seq: Annotated[int, Field(description="Number of the entry, from 1.")]
    at: dt.datetime
    actor: Annotated[str, Field(description="A key, the hash of a token's subject, or `cli`.")]
    role: str
    action: Annotated[str, Field(description="Name of the operation.")]
    resource: str
    subjects: Annotated[
        list[str],
        Field(description="Ids of the people concerned; a code where a person was erased."),
    ]
    request_id: str
    details: dict[str, Any]
    hash: Annotated[str, Field(description="Of this entry and all before it.")]


class AuditPage(Page):
    """Entries, the oldest first."""

    items: list[AuditEntryOut]


class VerificationOut(Part):
    """Whether the trail is as it was written."""

    entries: Annotated[int, Field(description="How many entries hold, from the first on.")]
    head: Annotated[
        str,
        Field(description="Hash of the last of them: note it elsewhere, and send it as `head`."),
    ]
    broken_at: Annotated[
        int | None, Field(description="First entry that does not fit; null where all do.")
    ]
