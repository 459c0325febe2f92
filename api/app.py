"""The application: wired together here, and nowhere else."""

from __future__ import annotations

import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import structlog
from anyio import to_thread
from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi

from api.admission import check_caller
from api.identity.provider import Provider
from api.identity.tokens import ClaimNames, TokenVerifier
from api.operations import settle_parameters
from api.pages import AREAS
from api.pages.docs import add_docs
from api.pages.routing import lead_to_sign_in
from api.problems import Problem, install_handlers
from api.routes import GROUPS, monitoring
from api.routes.plans.calendars import FEED
from api.server_state import ServerState
from api.transport.logs import set_up_logs
from api.transport.middleware import Middleware
from recommender.service.access.audit_writer import AuditWriter
from recommender.service.installation import Installation
from recommender.service.jobs.runner import JobRunner
from recommender.service.today.ahead import AheadOfToday
from recommender.settings import Settings

# The interpreter runs one thread at a time; with more of them it mostly switches between them.
THREADS = 8
DESCRIPTION = """\
Decides which training is worth a person's time.

**Keys.** Every operation except `/health` needs `Authorization: Bearer …`: an API key or a token
of the organisation's identity provider. What a caller may do follows from the role (employee,
manager, hr, analyst; system-admin, access-admin and auditor, who have no permission in common; or
admin, who has them all); whose data, from the person or org unit behind the key. What lies outside
looks like what does not exist: 404.

**Lists** come in pages: send `next` back as `cursor` until it is null. `fields=a,b` leaves the
other fields out.

**Changes.** A resource has an `ETag`; send it back as `If-Match` and nobody's change is lost. A
POST with an `Idempotency-Key` can be sent again safely; answers are kept for a day.

**Requests.** Every GET is also answered as HEAD, without the body. A body is JSON in which no name
stands twice, or a file as it is; it is neither compressed (415) nor wrapped in a form.

**Problems** are `application/problem+json` (RFC 9457). `type` is stable; sentences are Chinese or
English by `Accept-Language`.

**Values.** Levels lie in [0, 4]; times are UTC; money is a decimal string in CNY, `"1200.00"`.

**Changes of the API.** Within `/v1` fields and operations are only added. What is to go is marked
`deprecated` here and answers with `Deprecation` and `Sunset` headers for twelve months before.
"""


def create_app(settings: Settings | None = None) -> FastAPI:
    """Make the application.

    Parameters
    ----------
    settings : Settings, optional
        From the environment when not given.

    Returns
    -------
    FastAPI
        Catalogue, database and models are opened when it starts.
    """
    chosen = settings or Settings()
    app = FastAPI(
        title="Training recommender",
        version="1",
        description=DESCRIPTION,
        lifespan=_run,
        # ours stand in api.pages and api.routes.monitoring: FastAPI's own load scripts from a CDN
        # and ask for no key
        openapi_url=None,
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,  # a redirect would go to any host that the Host header names
    )
    app.state.settings = chosen
    # As they are: `include_router` works each out anew when the first request comes, which takes
    # half a second, and adds nothing to routers with prefixes and dependencies of their own.
    described = monitoring.describing_routes(open_to_all=chosen.open_docs)
    for router in (*GROUPS, monitoring.ROUTES, described, FEED):
        app.router.routes.extend(router.routes)
    add_docs(app)
    for area in AREAS:
        app.router.routes.extend(area.routes)
    lead_to_sign_in(app)
    install_handlers(app, check_caller)
    app.add_middleware(Middleware, settings=chosen)
    app.openapi = lambda: describe(app)  # type: ignore[method-assign] - the documented way
    return app


@asynccontextmanager
async def _run(app: FastAPI) -> AsyncIterator[None]:
    settings: Settings = app.state.settings
    set_up_logs(as_json=settings.json_logs)
    installation = Installation(settings)
    claims = ClaimNames(
        role_claim=settings.oidc_role_claim,
        person_claim=settings.oidc_person_claim,
        org_unit_claim=settings.oidc_org_unit_claim,
    )
    verifier = provider = None
    if settings.oidc_issuer and settings.oidc_audience and settings.oidc_jwks:
        verifier = TokenVerifier(
            issuer=settings.oidc_issuer,
            audience=settings.oidc_audience,
            jwks=settings.oidc_jwks,
            **claims,
        )
    if settings.oidc_issuer and settings.oidc_client_id:
        secret = settings.oidc_client_secret
        provider = Provider(
            issuer=settings.oidc_issuer,
            client_id=settings.oidc_client_id,
            client_secret=secret.get_secret_value() if secret else None,
            jwks=settings.oidc_jwks,
            **claims,
        )
    writer = AuditWriter(installation.engine)
    jobs, ahead = JobRunner(installation), AheadOfToday(installation)
    app.state.server = ServerState(settings, installation, writer, jobs, verifier, provider)
    # starlette runs plain functions in this pool, which has 40 threads unless told otherwise
    to_thread.current_default_thread_limiter().total_tokens = THREADS
    jobs.start()
    ahead.start()
    structlog.get_logger("recommender.api").info("started")
    try:
        yield
    finally:
        # the database last: jobs and notes that are still under way write to it
        ahead.stop()
        jobs.stop()
        writer.close()
        installation.close()


# Making the description takes a while; without a lock, threads that ask at once would all make it.
_describing = threading.Lock()


def describe(app: FastAPI) -> dict[str, Any]:
    """Return the OpenAPI description of an application, made once."""
    with _describing:
        if app.openapi_schema is None:
            description = get_openapi(
                title=app.title,
                version=app.version,
                description=app.description,
                routes=app.routes,
                openapi_version="3.1.0",
            )
            for path in description["paths"].values():
                for operation in path.values():
                    settle_parameters(operation)
            parts = description.setdefault("components", {})
            parts["securitySchemes"] = {"bearer": {"type": "http", "scheme": "bearer"}}
            schemas = parts.setdefault("schemas", {})
            # FastAPI adds these for its own 422; every 422 here is a `Problem`
            schemas.pop("HTTPValidationError", None)
            schemas.pop("ValidationError", None)
            schemas.setdefault(
                "Problem", Problem.model_json_schema(ref_template="#/components/schemas/{model}")
            )
            app.openapi_schema = description
        return app.openapi_schema
