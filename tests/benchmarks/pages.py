"""First pages of the console with two thousand people, and the heat map of twenty thousand.

Beside them stand the suggestions of the search box: the same server, with next to nothing to show.
"""

from __future__ import annotations

import logging
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

from fastapi.testclient import TestClient
from httpx2 import Response
from organisations import AS_OF, fill
from plan_office import principal

from api.app import create_app
from recommender.service.access.signing_in.browsers import begin_session
from recommender.service.installation import open_service
from recommender.service.permissions import Role
from recommender.settings import Settings
from recommender.store import writing
from tests.benchmarks.many_people import add_people
from tests.benchmarks.measuring import Figure, measure

N_PEOPLE, N_MANY = 2_000, 20_000
ASKED = 9
PAGES = ("/today", "/people", "/team", "/organisation")
AHEAD = 300
"""Seconds for what is worked out ahead."""


def ask(path: str, n_people: int) -> Callable[[], object]:
    """Prepare asking for a page so many times as HR; what is computed once a day has been."""
    folder = Path(tempfile.mkdtemp())
    settings = Settings(
        database=f"sqlite:///{folder / 'recommender.db'}",
        as_of=AS_OF,
        rate_limit="1000000/minute",
        model_key="k" * 32,
        models=folder / "models",
    )
    service = open_service(settings)
    fill(service, n_people=min(n_people, N_PEOPLE))
    if n_people > N_PEOPLE:
        add_people(service, n_people - N_PEOPLE, as_of=AS_OF)
    who = principal(Role.HR)
    with writing(service.engine) as connection:
        token = begin_session(connection, settings, who, name="synthetic HR")
    service.close()
    client = TestClient(
        create_app(settings),
        base_url="http://localhost",
        cookies={"session": token},
        follow_redirects=False,  # to the sign-in, for one
    )
    client.__enter__()
    logging.getLogger().setLevel(logging.WARNING)  # a line a request would be printed between

    def get_once() -> Response:
        return client.get(path, headers={"Accept": "text/html"})

    def get() -> None:
        for _ in range(ASKED):
            answer = get_once()
            assert answer.status_code == 200, answer.text

    # until the levels of everybody are worked out, whoever asks is told to come back
    deadline = time.monotonic() + AHEAD
    while get_once().status_code == 503 and time.monotonic() < deadline:
        time.sleep(1)
    get()
    return get


def run() -> list[Figure]:
    """Measure; the seconds are those of one answer."""
    seconds, peak = measure(partial(ask, "/search?q=0001", N_PEOPLE))
    beside = Figure(f"suggestions of the search box, {N_PEOPLE:,} people", seconds / ASKED, peak)
    found = [beside]
    for path, n_people in (*((path, N_PEOPLE) for path in PAGES), ("/organisation", N_MANY)):
        seconds, peak = measure(partial(ask, path, n_people))
        name = f"page {path}, {n_people:,} people"
        ratio = seconds / ASKED / beside.seconds
        found.append(Figure(name, seconds / ASKED, peak, beside.name, ratio))
    return found
