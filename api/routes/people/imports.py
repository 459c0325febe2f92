"""Imports that were done, and their undoing."""

from __future__ import annotations

from typing import Annotated

from fastapi import Path, Response

from api.admission import Admitted
from api.operations import Operations
from api.responses import Cursor, Fields, Limit, answer, decode_cursor, next_cursor
from api.schemas.people.imports import ImportBatchOut, ImportBatchPage
from recommender.service.people import batches
from recommender.service.permissions import Permission

ROUTES = Operations("jobs")

BatchId = Annotated[int, Path(description="Number of the import.", ge=1, lt=2**31)]


@ROUTES.operation("GET", "/import-batches", Permission.IMPORT, answer=ImportBatchPage)
def list_import_batches(
    call: Admitted, fields: Fields = None, cursor: Cursor = None, limit: Limit = 50
) -> Response:
    """List what was imported, the newest first: HR of a unit sees the imports of its unit's HR."""
    (before,) = decode_cursor(cursor, (2**31 - 1,))
    imports = batches.list_batches(call.session, before=before, limit=limit + 1)
    page, following = next_cursor(imports, limit, lambda batch: (batch.batch_id,))
    items = [ImportBatchOut.model_validate(batch) for batch in page]
    return answer(call, ImportBatchPage(items=items, next=following), fields=fields)


@ROUTES.operation(
    "POST",
    "/import-batches/{batch_id}/undo",
    Permission.IMPORT,
    answer=ImportBatchOut,
    absent=True,
    conflict=True,
)
def undo_import(call: Admitted, batch_id: BatchId) -> Response:
    """Undo an import: everything that it changed is put back, or nothing.

    Refused with 409 once something rests on it: one of its rows was changed since, other rows
    refer to people, modules or offerings that it brought in, or a plan is approved that was made
    since then. Later imports are undone first. Models keep what they have learned meanwhile.
    """
    with call.once():
        batch = batches.undo_import(call.session, batch_id)
        return answer(call, ImportBatchOut.model_validate(batch))
