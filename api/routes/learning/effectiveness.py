"""The effect of modules: what they changed, and what to do with them."""

from __future__ import annotations

from typing import Annotated

from fastapi import Path, Query, Response

from api.admission import Admitted
from api.operations import PDF, Operations
from api.responses import Cursor, Fields, Limit, answer, decode_cursor, next_cursor, send
from api.schemas.common import Id
from api.schemas.learning.effectiveness import EffectivenessOut, EffectivenessPage
from recommender.service.effectiveness.assessing import assess_all, assess_effectiveness
from recommender.service.effectiveness.showing import make_effects_report
from recommender.service.permissions import Permission

ROUTES = Operations("effectiveness")

ModuleId = Annotated[Id, Path(description="A module of the catalogue.")]
HourlyCost = Annotated[
    float | None,
    Query(
        ge=0,
        le=1_000_000,
        description="CNY of an hour of a participant; without it their time is no cost.",
    ),
]


@ROUTES.operation(
    "GET", "/effectiveness", Permission.READ_STATISTICS, answer=EffectivenessPage, example={}
)
def list_effectiveness(
    call: Admitted,
    hourly_cost: HourlyCost = None,
    fields: Fields = None,
    cursor: Cursor = None,
    limit: Limit = 50,
) -> Response:
    """List the modules in use with what is known of their effect, and what to do with them.

    Figures are of the people within the caller's scope; an analyst's are of everybody.
    """
    (last,) = decode_cursor(cursor, ("",))
    every = sorted(assess_all(call.session, hourly_cost=hourly_cost), key=lambda m: m.module_id)
    remaining = [found for found in every if found.module_id > last]
    items, following = next_cursor(remaining[: limit + 1], limit, lambda found: (found.module_id,))
    page = EffectivenessPage(
        items=[EffectivenessOut.model_validate(found) for found in items], next=following
    )
    return answer(call, page, fields=fields)


@ROUTES.operation(
    "GET",
    "/modules/{module_id}/effectiveness",
    Permission.READ_STATISTICS,
    answer=EffectivenessOut,
    absent=True,
    example={"module_id": "lost-deal-review-workshop"},
)
def read_effectiveness(
    call: Admitted, module_id: ModuleId, hourly_cost: HourlyCost = None, fields: Fields = None
) -> Response:
    """Read what is known of the effect of a module.

    Each figure has its range or, where there is none, the reason. Figures are of the people within
    the caller's scope; an analyst's are of everybody.
    """
    effectiveness = assess_effectiveness(call.session, module_id, hourly_cost=hourly_cost)
    return answer(call, EffectivenessOut.model_validate(effectiveness), fields=fields)


@ROUTES.operation(
    "GET",
    "/modules/{module_id}/effectiveness/report",
    Permission.READ_STATISTICS,
    media={PDF: "A page, in Chinese or English by `Accept-Language`."},
    absent=True,
    example={"module_id": "lost-deal-review-workshop"},
)
def read_effectiveness_report(
    call: Admitted, module_id: ModuleId, hourly_cost: HourlyCost = None
) -> Response:
    """Read the same as a page to print."""
    effectiveness = assess_effectiveness(call.session, module_id, hourly_cost=hourly_cost)
    report = make_effects_report(call.session, [effectiveness])
    name = f"effectiveness-{module_id}.{call.lang}.pdf"
    return send(call, report.content, media_type=PDF, filename=name)
