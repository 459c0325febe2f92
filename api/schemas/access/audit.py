"""Shapes of the audit trail."""

from __future__ import annotations

import datetime as dt
import re
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field
from pydantic_core import PydanticCustomError

from api.responses import Page, Resource
from api.schemas.common import match_whole

_MOMENT = re.compile(
    r"\d{4}-\d{2}-\d{2}[Tt]\d{2}:\d{2}:\d{2}(\.\d+)?([Zz]|[+-]\d{2}:\d{2})", re.ASCII
)
_EARLIEST = dt.datetime(1, 1, 2, tzinfo=dt.UTC)
_LATEST = dt.datetime(9999, 12, 30, tzinfo=dt.UTC)


# pydantic itself would take a number for seconds since 1970, and a time without a zone
def _read_moment(value: Any) -> dt.datetime:
    try:
        moment = dt.datetime.fromisoformat(match_whole(_MOMENT, value).upper())
    except ValueError:
        raise PydanticCustomError("datetime_parsing", "not a moment") from None
    # near year 1 and 9999 a moment with an offset may lie outside what a datetime in UTC can hold
    return min(max(moment, _EARLIEST), _LATEST)


Moment = Annotated[dt.datetime, BeforeValidator(_read_moment)]


class AuditEntryOut(Resource):
    """What somebody did, or saw."""

    model_config = ConfigDict(from_attributes=True)

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


class VerificationOut(BaseModel):
    """Whether the trail is as it was written."""

    model_config = ConfigDict(from_attributes=True)

    entries: Annotated[int, Field(description="How many entries hold, from the first on.")]
    head: Annotated[
        str,
        Field(description="Hash of the last of them: note it elsewhere, and send it as `head`."),
    ]
    broken_at: Annotated[
        int | None, Field(description="First entry that does not fit; null where all do.")
    ]
