"""Whether the server is up, and whether it can do its work. The only operations open to all."""

from __future__ import annotations

import asyncio
from typing import Literal

from fastapi import APIRouter, Request, Response
from pydantic import BaseModel
from starlette.concurrency import run_in_threadpool

from api.server_state import ServerState
from recommender.service.access.keys import can_answer

ROUTES = APIRouter(prefix="/health", tags=["operation"])


class Health(BaseModel):
    """Whether it is so."""

    status: Literal["ok", "unavailable"]


@ROUTES.get("", operation_id="get_health", summary="Say that the process is up")
async def get_health() -> Health:
    """Say that the process is up."""
    return Health(status="ok")


@ROUTES.get(
    "/ready",
    operation_id="get_readiness",
    summary="Say whether requests can be answered now",
    responses={
        503: {"model": Health, "description": "The database cannot be read or written now."}
    },
)
async def get_readiness(request: Request, response: Response) -> Health:
    """Say whether requests can be answered now."""
    state: ServerState = request.app.state.server
    # anybody may ask, and each look writes: whoever comes while one is under way shares it; in a
    # thread, as a database that hangs must not stop the event loop, and `/health` with it
    if state.looking is None or state.looking.done():
        state.looking = asyncio.create_task(run_in_threadpool(can_answer, state.installation))
    if not await asyncio.shield(state.looking):
        response.status_code = 503
        return Health(status="unavailable")
    return Health(status="ok")
