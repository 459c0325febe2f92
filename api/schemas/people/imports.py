"""Shapes of imports that were done."""

from __future__ import annotations

import datetime as dt
from typing import Annotated

from pydantic import Field

from api.responses import Page, Resource
from api.schemas.jobs import TableName


class ImportBatchOut(Resource):
    """An import that was done."""

    batch_id: int
    kind: TableName
    file_name: str
    sha256: Annotated[str, Field(description="Digest of the file.")]
    inserted: int
    updated: int
    unchanged: int
    imported_at: dt.datetime
    actor: Annotated[
        str | None, Field(description="Who imported it; null in those of earlier releases.")
    ]
    undone_at: dt.datetime | None
    undone_by: str | None
    can_be_undone: Annotated[
        bool,
        Field(
            description="Whether the values it replaced are still kept. It may be refused for what "
            "stands on it all the same."
        ),
    ]


class ImportBatchPage(Page):
    """Imports, the newest first."""

    items: list[ImportBatchOut]
