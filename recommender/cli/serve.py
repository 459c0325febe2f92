"""The command that serves the HTTP API."""

from __future__ import annotations

import datetime as dt
import ipaddress
import os
import tempfile
from pathlib import Path
from typing import Annotated

import typer

from recommender.cli.common import Terminal, command
from recommender.errors import InputError
from recommender.service.access.keys import issue_first_key

# for requests under way; the container's own grace must be longer (a test compares them)
GRACE_SECONDS = 30


def register(app: typer.Typer) -> None:
    """Add the command."""
    command(
        app,
        "serve",
        examples=["recommender serve --port 8000", "recommender serve --host 0.0.0.0 --workers 4"],
    )(serve)


def serve(
    term: Terminal,
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(help="Port to listen on.", min=1, max=65535)] = 8000,
    workers: Annotated[int, typer.Option(help="Number of server processes.", min=1, max=64)] = 1,
    proxies: Annotated[
        str | None,
        typer.Option(
            help="Trusted proxies, whose X-Forwarded headers are believed: addresses or "
            "networks separated by commas; none by default.",
        ),
    ] = None,
) -> None:
    """Serve the HTTP API. The first start creates an admin key and prints it once."""
    import uvicorn  # only here: it is heavy, and no other command needs it

    named = term.settings.proxies if proxies is None else proxies
    _check_proxies(named)
    # before any worker starts: each of them could find no key yet, and make one
    with term.session("first-start") as session:
        first = issue_first_key(session)
    if first is not None:
        term.problems.print(
            term.say("cli.first-key", token=first.token), markup=False, soft_wrap=True
        )
    # a server process reads its settings from the environment, like every worker of it
    for name in term.settings.model_fields_set:
        value = getattr(term.settings, name)
        if isinstance(value, str | Path | dt.date):
            os.environ[f"RECOMMENDER_{name.upper()}"] = str(value)
    with tempfile.TemporaryDirectory(prefix="recommender-metrics-") as folder:
        # workers share their counts through files, or each answer would be one worker's share only
        if workers > 1:
            os.environ.setdefault("PROMETHEUS_MULTIPROC_DIR", folder)
        uvicorn.run(
            "api.app:create_app",
            factory=True,
            # uvicorn waits for ever for the headers of a new connection
            http="api.transport.connections:PatientConnection",
            host=host,
            port=port,
            workers=workers,
            # our middleware writes one line a request, with its id
            access_log=False,
            server_header=False,
            proxy_headers=bool(named),
            forwarded_allow_ips=named,
            timeout_graceful_shutdown=GRACE_SECONDS,
            timeout_worker_healthcheck=GRACE_SECONDS,
        )


def _check_proxies(named: str) -> None:
    """Refuse what is no address: a name would be believed of nobody, `*` of everybody."""
    for part in filter(None, named.split(",")):
        try:
            ipaddress.ip_network(part.strip())
        except ValueError:
            raise InputError(
                "cli.setting",
                setting="proxies",
                found=part.strip()[:60],
                expected="192.0.2.10,10.20.0.0/16",
            ) from None
