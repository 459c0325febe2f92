"""A served organisation: 30 sample people, and a key for each role.

The cast, by the sample's own units and managers:

=========  =======================================================================
employee   00002, of 南区示例分公司/政企客户部/党政客户部
manager    00008; 00002, 00003, 00015, 00021 and 00025 report to him
hr         responsible for 南区示例分公司
outside    00004, of 西区示例分公司, whom none of the three may see
=========  =======================================================================
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from fastapi import FastAPI
from fastapi.testclient import TestClient
from organisations import AS_OF, fill

from api.app import create_app
from recommender.sample import SampleOrganisation
from recommender.service import open_service
from recommender.service.access import COMMAND_LINE, Permission, Role
from recommender.service.keys import KeyRequest, create_key
from recommender.service.session import Session
from recommender.settings import Settings

EMPLOYEE, MANAGER, COLLEAGUE, OUTSIDE, ABSENT = "00002", "00008", "00003", "00004", "nobody"
UNIT, OTHER_UNIT = "南区示例分公司", "西区示例分公司"


@dataclass(frozen=True)
class Served:
    """A running application on a database with people in it.

    Parameters
    ----------
    app : FastAPI
        Running.
    settings : Settings
        Its settings.
    keys : mapping of Role to str
        A key for each role.
    sample : SampleOrganisation
        What was stored.
    """

    app: FastAPI
    settings: Settings
    keys: Mapping[Role, str]
    sample: SampleOrganisation

    def client(self, role: Role | str | None, **headers: str) -> TestClient:
        """Return a client with the key of a role; None for one without a key."""
        client = TestClient(self.app, raise_server_exceptions=False)
        if role is not None:
            client.headers["Authorization"] = f"Bearer {self.keys[Role(role)]}"
        client.headers["Accept-Language"] = "en"
        client.headers.update({name.replace("_", "-"): value for name, value in headers.items()})
        return client

    def key(
        self,
        role: Role | str,
        *,
        person_id: str | None = None,
        org_unit: str | None = None,
        permissions: list[Permission] | None = None,
    ) -> str:
        """Make one more key."""
        request = KeyRequest(
            label=f"test {role}",
            role=Role(role),
            person_id=person_id,
            org_unit=org_unit,
            permissions=permissions,
        )
        return make_key(self.settings, request)


def make_key(settings: Settings, request: KeyRequest) -> str:
    """Make a key from outside the application, as the command line does."""
    return _make(settings, [request])[0]


def _make(settings: Settings, requests: Iterable[KeyRequest]) -> list[str]:
    service = open_service(settings)
    try:
        sessions = [(Session(service, COMMAND_LINE, "test", today=AS_OF), r) for r in requests]
        return [
            session.write(partial(create_key, session, request=request)).token
            for session, request in sessions
        ]
    finally:
        service.engine.dispose()


def settings_for(url: str, folder: Path, **changes: object) -> Settings:
    """Return the settings of a served organisation."""
    given = {"rate_limit": "1000000/minute", "as_of": AS_OF, "models": folder / "models"}
    return Settings(database=url, **(given | changes))


def store_sample(settings: Settings, *, n_people: int = 30) -> SampleOrganisation:
    """Store the sample organisation in an empty database."""
    service = open_service(settings)
    try:
        return fill(service, n_people=n_people)
    finally:
        service.engine.dispose()


def make_keys(settings: Settings) -> dict[Role, str]:
    """Make a key for each role of the cast."""
    requests = (
        KeyRequest("employee", Role.EMPLOYEE, person_id=EMPLOYEE),
        KeyRequest("manager", Role.MANAGER, person_id=MANAGER),
        KeyRequest("hr", Role.HR, org_unit=UNIT),
        KeyRequest("analyst", Role.ANALYST),
        KeyRequest("admin", Role.ADMIN),
    )
    tokens = _make(settings, requests)
    return {request.role: token for request, token in zip(requests, tokens, strict=True)}


@contextmanager
def serve(url: str, folder: Path, **changes: object) -> Iterator[Served]:
    """Run the application on a database of 30 sample people."""
    settings = settings_for(url, folder, **changes)
    sample = store_sample(settings)
    keys = make_keys(settings)
    app = create_app(settings)
    root = logging.getLogger()
    before = root.handlers[:]
    with TestClient(app):
        root.handlers[:] = before  # those of pytest; the streams of the server's are gone soon
        yield Served(app, settings, keys, sample)
