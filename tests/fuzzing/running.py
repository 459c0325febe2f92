"""One run: a role, a database, a number of requests."""

from __future__ import annotations

import logging
import re
import tempfile
import time
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import schemathesis
from databases import fresh_postgresql
from hypothesis import strategies as st
from schemathesis.config import SchemathesisConfig
from schemathesis.core.transport import Response
from schemathesis.engine import events, from_schema
from schemathesis.engine.recorder import ScenarioRecorder
from schemathesis.generation.case import Case
from schemathesis.hooks import GLOBAL_HOOK_DISPATCHER, HookContext
from serving import ABSENT, Served, serve
from sqlalchemy.engine import make_url
from starlette.types import Receive, Scope, Send

from recommender.settings import FIRST_DAY, LAST_DAY

from .accepted import is_fault
from .afterwards import check_afterwards
from .aiming import Aim
from .ground import bindings, keep_ground, known_values, make_ground

# FIRST_DAY and LAST_DAY are what `Day` takes; JSON Schema has no word for it
schemathesis.openapi.format("date", st.dates(FIRST_DAY, LAST_DAY).map(str))

_TOKEN = re.compile(r"trk_[\w-]+")
_WAIT = re.compile(rb"\bwait=([2-9]|[12][0-9]|30)\b")


@dataclass
class Findings:
    """What a run found.

    Parameters
    ----------
    role, database : str
        Whose run it was, and on what.
    seed : int
        Of the random requests.
    """

    role: str
    database: str
    seed: int
    cases: int = 0
    seconds: float = 0.0
    phases: Counter[str] = field(default_factory=Counter)
    statuses: Counter[str] = field(default_factory=Counter)
    operations: dict[str, Counter[str]] = field(default_factory=dict)
    checks: Counter[str] = field(default_factory=Counter)
    failures: list[dict[str, Any]] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)

    def note(self, phase: str, recorder: ScenarioRecorder, bugs: Mapping[str, str]) -> None:
        """Count what was sent and checked in a scenario."""
        for case_id, sent in recorder.interactions.items():
            status = str(sent.response.status_code) if sent.response else "none"
            label = recorder.cases[case_id].value.operation.label
            self.cases += 1
            self.phases[phase] += 1
            self.statuses[status] += 1
            self.operations.setdefault(label, Counter())[status] += 1
        for case_id, checks in recorder.checks.items():
            label = recorder.cases[case_id].value.operation.label
            for check in checks:
                self.checks[check.name] += 1
                if check.failure_info is None:
                    continue
                failure = check.failure_info.failure
                sent = recorder.interactions[failure.case_id or case_id]
                self.failures.append(
                    {
                        "operation": label,
                        "check": check.name,
                        "phase": phase,
                        "what": failure.title,
                        "detail": failure.message,
                        "curl": _TOKEN.sub("$KEY", check.failure_info.code_sample),
                        **_answer(sent.response, bugs),
                    }
                )

    def as_json(self) -> dict[str, Any]:
        """Return the findings as they are written."""
        operations = {label: dict(statuses) for label, statuses in sorted(self.operations.items())}
        return {**vars(self), "seconds": round(self.seconds, 1), "operations": operations}


class BugLog(logging.Handler):
    """What the application logged of its bugs: by request, and in what it does by itself."""

    def __init__(self) -> None:
        super().__init__(logging.ERROR)
        self.of_requests: dict[str, str] = {}
        self.others: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        """Keep a line."""
        line = record.msg
        if isinstance(line, dict) and "request_id" in line:
            self.of_requests[line["request_id"]] = f"{line['error']} at {line['at']}"
        else:
            self.others.append(str(line))


def _answer(response: Response | None, bugs: Mapping[str, str]) -> dict[str, Any]:
    if response is None:
        return {"status": None}
    request_id = response.headers.get("x-request-id", [""])[0]
    return {
        "status": response.status_code,
        "answer": (response.content or b"")[:1000].decode(errors="replace"),
        "bug": bugs.get(request_id),
    }


def fuzz(
    served: Served,
    role: str,
    *,
    cases: int,
    seed: int,
    made: Mapping[str, list[str]],
    thorough: bool = True,
) -> Findings:
    """Send random requests with the key of a role and check every answer.

    Parameters
    ----------
    served : Served
        The application.
    role : str
        Whose key is sent.
    cases : int
        How many requests at least.
    seed : int
        Of the requests.
    made : mapping of str to list of str
        Ids of what was made for the run.
    thorough : bool
        Whether to try all that the description says, and sequences of requests; else each
        operation gets a few random requests.

    Returns
    -------
    Findings
        What was sent, and what was wrong.
    """
    found = Findings(role, served.settings.database.partition(":")[0].partition("+")[0], seed)
    authorization = {"Authorization": f"Bearer {served.keys[role]}"}
    description = served.app.openapi()
    lists = known_values(served, made)
    each = max(1, cases // len(list(_operations(description))) // (4 if thorough else 1))
    config = SchemathesisConfig.from_dict(
        {
            "seed": seed,
            "max-time": max(60, cases),  # with a limit it goes on until it is stopped below
            "headers": authorization,
            "output": {"sanitization": {"enabled": False}},
            "continue-on-failure": True,
            "generation": {"max-examples": each, "no-shrink": True},
            "phases": {
                "examples": {"enabled": thorough},
                "coverage": {"enabled": thorough},
                "stateful": {"enabled": thorough},
            },
            "checks": {
                # `If-Match` may name an older version (412) or be missing (428)
                "positive_data_acceptance": {
                    "expected-statuses": ["2xx", "304", "403", "404", "409", "412", "428"]
                },
                # wrong in its body and in its `If-Match`, it is told of the header first
                "negative_data_rejection": {
                    "expected-statuses": ["401", "403", "404", "409", "412", "415", "422", "428"]
                },
                "missing_required_header": {"expected-statuses": [403, 422, 428]},
            },
            "dictionaries": {name: {"values": values} for name, values in lists.items()},
            "parameters": bindings(description, lists),
        }
    )

    own = served.keys[role].split("_")[1]

    async def running(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            raise RuntimeError("it is running already")
        # whoever revokes the own key is out: allowed, and the end of the run
        path = scope["path"].replace(own, ABSENT)
        # whoever waits for a job may wait half a minute; here a second has to do
        query = _WAIT.sub(b"wait=1", scope["query_string"])
        await served.app({**scope, "path": path, "query_string": query}, receive, send)

    schema = schemathesis.openapi.from_asgi(
        "/openapi.json", running, config=config, headers=authorization
    )
    schema.hook("filter_failure")(is_fault)
    aim = Aim(served, seed)

    def before_call(context: HookContext, case: Case, kwargs: dict[str, Any]) -> None:
        aim(context, case, kwargs)

    GLOBAL_HOOK_DISPATCHER.hook(before_call)
    log = BugLog()
    logging.getLogger().addHandler(log)
    started = time.perf_counter()
    stream = from_schema(schema).execute()
    for event in stream:
        if isinstance(event, events.ScenarioFinished):
            found.note(event.phase.value, event.recorder, log.of_requests)
            keep_ground(served)
            if found.cases >= cases:
                stream.stop()
        elif isinstance(event, events.NonFatalError):
            found.errors.append(_TOKEN.sub("$KEY", f"{event.label}: {event.info.format()}"))
        elif isinstance(event, events.FatalError):
            raise event.exception
    found.seconds = time.perf_counter() - started
    logging.getLogger().removeHandler(log)
    GLOBAL_HOOK_DISPATCHER.unregister(before_call)
    found.errors += log.others
    return found


def _operations(description: Mapping[str, Any]) -> list[tuple[str, str]]:
    return [(method, path) for path, item in description["paths"].items() for method in item]


def run_alone(role: str, kind: str, server: str, cases: int, seed: int) -> dict[str, Any]:
    """Do one run in a process of its own, on a new database.

    Parameters
    ----------
    role : str
        Whose key is sent.
    kind : str
        ``sqlite`` or ``postgresql``.
    server : str
        URL of a PostgreSQL server.
    cases, seed : int
        How many requests, and of what seed.

    Returns
    -------
    dict
        The findings.
    """
    logging.getLogger().addHandler(logging.NullHandler())  # nobody reads a line for each request
    with (
        tempfile.TemporaryDirectory(prefix="fuzz-") as folder,
        fresh_postgresql(make_url(server)) as other,
    ):
        url = f"sqlite:///{folder}/fuzz.db" if kind == "sqlite" else other
        with serve(url, Path(folder)) as served:
            found = fuzz(served, role, cases=cases, seed=seed, made=make_ground(served))
            found.errors += check_afterwards(served, role)
    return found.as_json()
