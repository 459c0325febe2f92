"""The improvement history, and what it adds up to."""

from __future__ import annotations

from typing import Annotated

from fastapi import Query, Response

from api.admission import Admitted
from api.operations import Operations
from api.responses import Cursor, Fields, Limit, answer, decode_cursor, next_cursor
from api.schemas.common import Id
from api.schemas.learning.history import (
    ImprovementRecordOut,
    ImprovementRecordPage,
    ImprovementStatisticsOut,
    ImprovementStatisticsPage,
)
from recommender.service.learning import records
from recommender.service.permissions import Permission

ROUTES = Operations("history")

Competency = Annotated[Id | None, Query(description="Of this competency.")]
Module = Annotated[Id | None, Query(description="Of this module.")]


@ROUTES.operation(
    "GET",
    "/improvement-records",
    Permission.READ_HISTORY,
    answer=ImprovementRecordPage,
    example={"competency_id": "resilience", "limit": 5},
)
def list_improvement_records(
    call: Admitted,
    competency_id: Competency = None,
    module_id: Module = None,
    fields: Fields = None,
    cursor: Cursor = None,
    limit: Limit = 50,
) -> Response:
    """List improvement records, derived and imported.

    HR sees those of its own people; analysts see all, by pseudonyms that stay the same.
    """
    after = decode_cursor(cursor, ("", "", 0, 0, ""))
    pairs = records.list_records(
        call.session, competency_id=competency_id, module_id=module_id, after=after, limit=limit + 1
    )
    rows, following = next_cursor(pairs, limit, lambda pair: pair[0])
    page = ImprovementRecordPage(
        items=[ImprovementRecordOut.model_validate(row) for _, row in rows], next=following
    )
    return answer(call, page, fields=fields)


@ROUTES.operation(
    "GET",
    "/improvement-statistics",
    Permission.READ_STATISTICS,
    answer=ImprovementStatisticsPage,
    example={"competency_id": "resilience"},
)
def list_improvement_statistics(
    call: Admitted,
    competency_id: Competency = None,
    module_id: Module = None,
    fields: Fields = None,
    cursor: Cursor = None,
    limit: Limit = 50,
) -> Response:
    """List what training did for levels, by module and competency, beside what is expected.

    Records are of the people within the caller's scope; an analyst's are of everybody.
    """
    last = decode_cursor(cursor, ("", ""))
    statistics = records.summarise(call.session, competency_id=competency_id, module_id=module_id)
    remaining = [item for item in statistics if (item.module_id, item.competency_id) > last]
    items, following = next_cursor(
        remaining[: limit + 1], limit, lambda item: (item.module_id, item.competency_id)
    )
    page = ImprovementStatisticsPage(
        items=[ImprovementStatisticsOut.model_validate(item) for item in items], next=following
    )
    return answer(call, page, fields=fields)
