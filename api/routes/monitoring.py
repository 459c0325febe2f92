"""The API's description for programs, and the figures that monitoring reads."""

from __future__ import annotations

import os

from fastapi import APIRouter, Request, Response
from fastapi.responses import JSONResponse
from prometheus_client import CONTENT_TYPE_LATEST, REGISTRY, CollectorRegistry, generate_latest
from prometheus_client.multiprocess import MultiProcessCollector

from api.admission import PERMISSION, Admitted
from recommender.service.permissions import Permission

ROUTES = APIRouter(include_in_schema=False)


@ROUTES.get("/metrics", openapi_extra={PERMISSION: Permission.READ_METRICS.value})
def read_metrics(call: Admitted) -> Response:
    """Return the figures of all workers in the format of Prometheus."""
    # With several workers each counts for itself, in files of this folder; the default registry
    # would show the figures of whichever worker answers.
    registry = REGISTRY
    if "PROMETHEUS_MULTIPROC_DIR" in os.environ:
        registry = CollectorRegistry()
        MultiProcessCollector(registry)
    return call.respond(Response(generate_latest(registry), media_type=CONTENT_TYPE_LATEST))


def describing_routes(*, open_to_all: bool) -> APIRouter:
    """Return the route of ``/openapi.json``, which needs a key unless it is open to all."""
    # made for each application, because whether a key is needed is a setting
    routes = APIRouter(include_in_schema=False)

    def read_description(call: Admitted, request: Request) -> Response:
        return call.respond(_describe(request))

    routes.add_api_route("/openapi.json", _describe if open_to_all else read_description)
    return routes


def _describe(request: Request) -> Response:
    return JSONResponse(request.app.openapi())
