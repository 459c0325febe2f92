"""What is worth a person's time."""

from __future__ import annotations

from typing import Annotated

from fastapi import Query, Response

from api.admission import Admitted
from api.operations import Operations
from api.responses import send
from api.schemas.common import AsOf, Hours, MoneyIn, PersonId, TargetGrade
from api.schemas.levels import RecommendationsOut
from recommender.results import Recommendations
from recommender.service.permissions import Permission
from recommender.service.recommend.recommendations import (
    Objective,
    RecommendationRequest,
    recommend_modules,
)
from training_catalog import Modality

ROUTES = Operations("people")


@ROUTES.operation(
    "GET",
    "/people/{person_id}/recommendations",
    Permission.READ_RECOMMENDATIONS,
    answer=RecommendationsOut,
    absent=True,
    example={"person_id": "00002", "top": 3, "objective": "per_hour"},
)
def read_ranking(
    call: Admitted,
    person_id: PersonId,
    top: Annotated[int, Query(ge=1, le=500, description="How many modules at most.")] = 10,
    objective: Annotated[
        Objective, Query(description="Gap closed, or that per hour or per CNY.")
    ] = Objective.GAP,
    hours: Annotated[Hours | None, Query(description="No module longer than this.")] = None,
    budget: Annotated[MoneyIn | None, Query(description="No module dearer than this.")] = None,
    modality: Annotated[list[Modality] | None, Query(description="Only these.")] = None,
    target_grade: TargetGrade = None,
    as_of: AsOf = None,
) -> Response:
    """Rank the modules that are worth a person's time."""
    request = RecommendationRequest(
        top=top,
        objective=objective,
        hours=hours,
        budget=None if budget is None else float(budget),
        modalities=tuple(sorted(m.value for m in modality)) if modality else None,
        target_grade=target_grade,
    )
    content = recommend_modules(
        call.session, person_id, request, as_of=as_of or call.session.today, render=_render
    )
    return send(call, content)


def _render(ranked: Recommendations) -> bytes:
    return RecommendationsOut.model_validate(ranked).model_dump_json().encode()
