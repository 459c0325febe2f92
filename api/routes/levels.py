"""Where a person stands, and what is worth the person's time."""

from __future__ import annotations

from typing import Annotated

from fastapi import Path, Query, Response

from api.admission import CALL, Call
from api.operations import Operations
from api.responses import Fields, answer, send
from api.schemas.common import AsOf, Hours, Id, MoneyIn, PersonId
from api.schemas.levels import DerivationOut, GapsOut, RecommendationsOut
from recommender.ranking import Objective
from recommender.service.levels.questions import (
    find_subject,
    read_derivation,
    read_recommendations,
)
from recommender.service.levels.questions import read_gaps as ask_gaps
from recommender.service.permissions import Permission
from recommender.service.recommend.recommendations import RecommendationRequest
from training_catalog import Modality

ROUTES = Operations("people")


@ROUTES.operation(
    "GET",
    "/people/{person_id}/gaps",
    Permission.READ_ASSESSMENTS,
    answer=GapsOut,
    absent=True,
    example={"person_id": "00002"},
)
def read_gaps(
    person_id: PersonId, as_of: AsOf = None, fields: Fields = None, call: Call = CALL
) -> Response:
    """Compare a person's levels with the targets of the grade."""
    found = ask_gaps(call.session, person_id, as_of=as_of or call.session.today)
    return answer(call, GapsOut.model_validate(found), fields=fields)


@ROUTES.operation(
    "GET",
    "/people/{person_id}/levels/{competency_id}",
    Permission.READ_ASSESSMENTS,
    answer=DerivationOut,
    absent=True,
    example={"person_id": "00002", "competency_id": "resilience"},
)
def read_level(
    person_id: PersonId,
    competency_id: Annotated[Id, Path(description="Id of the competency.")],
    as_of: AsOf = None,
    call: Call = CALL,
) -> Response:
    """Explain a level down to the raw ratings or exam results."""
    found = read_derivation(
        call.session, person_id, competency_id, as_of=as_of or call.session.today
    )
    return answer(call, DerivationOut.model_validate(found))


@ROUTES.operation(
    "GET",
    "/people/{person_id}/recommendations",
    Permission.READ_RECOMMENDATIONS,
    answer=RecommendationsOut,
    absent=True,
    example={"person_id": "00002", "top": 3, "objective": "per_hour"},
)
def read_ranking(
    person_id: PersonId,
    top: Annotated[int, Query(ge=1, le=500, description="How many modules at most.")] = 10,
    objective: Annotated[
        Objective, Query(description="Gap closed, or that per hour or per CNY.")
    ] = Objective.GAP,
    hours: Annotated[Hours | None, Query(description="No module longer than this.")] = None,
    budget: Annotated[MoneyIn | None, Query(description="No module dearer than this.")] = None,
    modality: Annotated[list[Modality] | None, Query(description="Only these.")] = None,
    as_of: AsOf = None,
    call: Call = CALL,
) -> Response:
    """Rank the modules that are worth a person's time."""
    session = call.session
    request = RecommendationRequest(
        top=top,
        objective=objective,
        hours=hours,
        budget=None if budget is None else float(budget),
        modalities=tuple(sorted(m.value for m in modality)) if modality else None,
    )
    day = as_of or session.today
    person = find_subject(session, person_id, Permission.READ_RECOMMENDATIONS)
    service = session.service
    # all that the answer rests on
    key = (
        person.ref,
        person.version,
        request,
        day,
        session.lang,
        service.estimates.model_id,
        service.framework.catalog.digest,
    )
    content = call.running.answers.get(key)
    if content is None:
        found = read_recommendations(session, person_id, request, as_of=day)
        content = RecommendationsOut.model_validate(found).model_dump_json().encode()
        call.running.answers.put(key, content)
    return send(call, content)
