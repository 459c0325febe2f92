"""What the real service is held against: routes of the same kind that answer from memory.

``/v1/bare/{person_id}`` has the same admission (key looked up, scope, limits, the log) and sends
the bytes of the real answer from a dict. ``/memory/{person_id}`` is plain FastAPI: a sync route
whose key is checked against a hash in memory.
"""

from __future__ import annotations

import hashlib
import os

import asking
from fastapi import Depends, FastAPI, HTTPException, Response
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

from api.admission import Admitted
from api.app import create_app
from api.operations import Operations
from api.schemas.levels import RecommendationsOut
from recommender.service.installation import open_service
from recommender.service.permissions import Permission
from recommender.settings import Settings


def create_bare_app() -> FastAPI:
    """Make the application; the answers are computed before it starts."""
    settings = Settings()
    answers = _compute_answers(settings)
    routes = Operations("bare")

    @routes.operation("GET", "/bare/{person_id}", Permission.READ_RECOMMENDATIONS)
    def read_bare(call: Admitted, person_id: str) -> Response:
        """Send an answer from memory."""
        response = Response(answers[person_id], media_type="application/json")
        return call.respond(response)

    app = create_app(settings)
    app.include_router(routes)
    return app


def create_memory_app() -> FastAPI:
    """Make the plain application."""
    answers = _compute_answers(Settings())
    known = {hashlib.sha256(os.environ["BENCH_KEY"].encode()).hexdigest(): "admin"}
    bearer = HTTPBearer()
    app = FastAPI()

    def check(given: HTTPAuthorizationCredentials = Depends(bearer)) -> str:  # noqa: B008 - `bearer` is a local name
        role = known.get(hashlib.sha256(given.credentials.encode()).hexdigest())
        if role is None:
            raise HTTPException(401)
        return role

    @app.get("/memory/{person_id}")
    def read_memory(person_id: str, role: str = Depends(check)) -> Response:
        del role
        return Response(answers[person_id], media_type="application/json")

    return app


def _compute_answers(settings: Settings) -> dict[str, bytes]:
    service = open_service(settings)
    answers = {
        person_id: RecommendationsOut.model_validate(
            asking.recommend(service, person_id, as_of=settings.today())
        )
        .model_dump_json()
        .encode()
        for person_id in asking.person_ids(service)
    }
    service.engine.dispose()
    return answers
