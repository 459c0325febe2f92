"""Where a person stands, and how each level came about."""

from __future__ import annotations

from typing import Annotated

from fastapi import Path, Response

from api.admission import Admitted
from api.operations import Operations
from api.responses import Fields, answer
from api.schemas.common import AsOf, Id, PersonId, TargetGrade
from api.schemas.levels import DerivationOut, GapsOut
from recommender.service.levels import questions
from recommender.service.permissions import Permission

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
    call: Admitted,
    person_id: PersonId,
    target_grade: TargetGrade = None,
    as_of: AsOf = None,
    fields: Fields = None,
) -> Response:
    """Compare a person's levels with the targets of their grade, or of a target grade."""
    gaps = questions.read_gaps(
        call.session,
        person_id,
        as_of=as_of or call.session.today,
        target_grade=target_grade,
    )
    return answer(call, GapsOut.model_validate(gaps), fields=fields)


@ROUTES.operation(
    "GET",
    "/people/{person_id}/levels/{competency_id}",
    Permission.READ_ASSESSMENTS,
    answer=DerivationOut,
    absent=True,
    example={"person_id": "00002", "competency_id": "resilience"},
)
def read_level(
    call: Admitted,
    person_id: PersonId,
    competency_id: Annotated[Id, Path(description="Id of the competency.")],
    as_of: AsOf = None,
) -> Response:
    """Explain a level down to the raw ratings or exam results."""
    derivation = questions.read_derivation(
        call.session, person_id, competency_id, as_of=as_of or call.session.today
    )
    return answer(call, DerivationOut.model_validate(derivation))
