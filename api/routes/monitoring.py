"""The API's description for programs, and the figures that monitoring reads."""

from __future__ import annotations

import os

from fastapi import APIRouter, Request, Response
from fastapi.responses import JSONResponse
from prometheus_client import CONTENT_TYPE_LATEST, REGISTRY, CollectorRegistry, generate_latest
from prometheus_client.multiprocess import MultiProcessCollector

from api.admission import CALL, Call
from api.operations import AdmittedRoute, admitted
from recommender.service.permissions import Permission

ROUTES = APIRouter(include_in_schema=False, route_class=AdmittedRoute)


def read_metrics(call: Call = CALL) -> Response:
    """Return the figures of all workers in the format of Prometheus."""
    registry = REGISTRY
    if "PROMETHEUS_MULTIPROC_DIR" in os.environ:
        registry = CollectorRegistry()
        MultiProcessCollector(registry)
    return Response(generate_latest(registry), media_type=CONTENT_TYPE_LATEST)


ROUTES.add_api_route(
    "/metrics",
    admitted(read_metrics, template="/metrics", permission=Permission.READ_METRICS),
)


def describing_routes(*, open_to_all: bool) -> APIRouter:
    """Return the route of ``/openapi.json``, which needs a key unless it is open to all."""
    if open_to_all:
        routes = APIRouter(include_in_schema=False)
        routes.add_api_route("/openapi.json", _describe)
        return routes

    def read_description(request: Request, call: Call = CALL) -> Response:
        return _describe(request)

    routes = APIRouter(include_in_schema=False, route_class=AdmittedRoute)
    routes.add_api_route(
        "/openapi.json", admitted(read_description, template="/openapi.json", permission=None)
    )
    return routes


def _describe(request: Request) -> Response:
    return JSONResponse(request.app.openapi())
