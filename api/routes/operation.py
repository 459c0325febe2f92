"""The API's description for programs, and the figures that monitoring reads."""

from __future__ import annotations

import os

from fastapi import APIRouter, Request, Response
from fastapi.responses import JSONResponse
from prometheus_client import CONTENT_TYPE_LATEST, REGISTRY, CollectorRegistry, generate_latest
from prometheus_client.multiprocess import MultiProcessCollector

from api.operations import AdmittedRoute
from recommender.service.access import Permission

ROUTES = APIRouter(route_class=AdmittedRoute, include_in_schema=False)


@ROUTES.get("/metrics", openapi_extra={"x-permission": Permission.READ_METRICS.value})
def read_metrics() -> Response:
    """Return the figures of all workers in the format of Prometheus."""
    registry = REGISTRY
    if "PROMETHEUS_MULTIPROC_DIR" in os.environ:
        registry = CollectorRegistry()
        MultiProcessCollector(registry)
    return Response(generate_latest(registry), media_type=CONTENT_TYPE_LATEST)


def describing_routes(*, open_to_all: bool) -> APIRouter:
    """Return the route of ``/openapi.json``, which needs a key unless it is open to all."""
    routes = (
        APIRouter(include_in_schema=False)
        if open_to_all
        else APIRouter(include_in_schema=False, route_class=AdmittedRoute)
    )

    @routes.get("/openapi.json")
    def read_description(request: Request) -> JSONResponse:
        return JSONResponse(request.app.openapi())

    return routes
