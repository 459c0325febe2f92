"""Recommendations for many people at once."""

from __future__ import annotations

from fastapi import Response

from api.admission import Admitted
from api.operations import Operations
from api.responses import answer, decode_cursor, encode_cursor
from api.schemas.common import Strict
from api.schemas.levels import RecommendationsOut
from api.schemas.recommend.many import PEOPLE_AT_ONCE, RecommendationBatchIn, RecommendationBatchOut
from recommender.service.permissions import Permission
from recommender.service.recommend.many import PeopleRequest, recommend_to_many
from recommender.service.recommend.recommendations import RecommendationRequest

ROUTES = Operations("people")


@ROUTES.operation(
    "POST",
    "/recommendation-batches",
    Permission.READ_RECOMMENDATIONS,
    answer=RecommendationBatchOut,
    absent=True,
    example={},
    body_example={"person_ids": ["00002", "00003", "99999"], "top": 3, "objective": "per_hour"},
)
def rank_for_many(call: Admitted, body: Strict[RecommendationBatchIn]) -> Response:
    """Rank the modules that are worth the time of many people.

    The first 200 are answered for; send `next` back as `cursor` for those after them.
    """
    session = call.session
    day = body.as_of or session.today
    request = RecommendationRequest(
        top=body.top,
        objective=body.objective,
        hours=body.hours,
        budget=None if body.budget is None else float(body.budget),
        modalities=tuple(sorted(m.value for m in body.modality)) if body.modality else None,
    )
    (last,) = decode_cursor(body.cursor, ("",))
    people = PeopleRequest(body.person_ids, body.org_unit, after=last, limit=PEOPLE_AT_ONCE)
    with call.once():
        batch = recommend_to_many(session, people, request, as_of=day)
        answered = RecommendationBatchOut(
            items=[RecommendationsOut.model_validate(ranked) for ranked in batch.items],
            not_found=batch.not_found,
            next=None if batch.last is None else encode_cursor((batch.last,)),
        )
        return answer(call, answered)
