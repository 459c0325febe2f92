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
import sys
import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any

import httpx2
from anyio.from_thread import BlockingPortal
from fastapi import FastAPI
from fastapi.testclient import TestClient
from improvement.registry_models import KEY
from organisations import AS_OF, fill
from sqlalchemy.engine import make_url

from api.app import create_app, describe
from api.pages.csrf import mask
from recommender.service.access.keys import KeyRequest, create_key, identify
from recommender.service.access.signing_in.browsers import begin_session, identify_browser
from recommender.service.installation import open_service
from recommender.service.made_up.organisation import SampleOrganisation
from recommender.service.permissions import Permission, Principal, Role
from recommender.service.session import open_session
from recommender.settings import Settings
from recommender.store import writing

# httpx2 looks for it at each request; where it is known to be missing, that takes no time
sys.modules.setdefault("sniffio", None)  # pyright: ignore[reportArgumentType]

EMPLOYEE, MANAGER, COLLEAGUE, OUTSIDE, ABSENT = "00002", "00008", "00003", "00004", "no-such"
UNIT, OTHER_UNIT = "南区示例分公司", "西区示例分公司"


class _InProcess(httpx2.BaseTransport):
    """Asks an application in the loop that it runs in; `TestClient` starts one each time."""

    def __init__(self, app: FastAPI, portal: BlockingPortal, address: str) -> None:
        self._inner = httpx2.ASGITransport(
            app, raise_app_exceptions=False, client=(address, 50_000)
        )
        self._portal = portal

    def handle_request(self, request: httpx2.Request) -> httpx2.Response:
        return self._portal.call(self._ask, request)

    async def _ask(self, request: httpx2.Request) -> httpx2.Response:
        found = await self._inner.handle_async_request(request)
        content = b"".join([part async for part in found.aiter_raw()])  # as it was sent
        return httpx2.Response(
            found.status_code, headers=found.headers, content=content, request=request
        )


@dataclass(frozen=True)
class Stored:
    """A database with the cast in it, to be copied.

    Parameters
    ----------
    url : str
        Nobody is connected to it.
    sample : SampleOrganisation
        What was stored.
    keys : mapping of Role to str
        A key for each role.
    """

    url: str
    sample: SampleOrganisation
    keys: Mapping[Role, str]


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
    portal : BlockingPortal
        Leads to the loop that it runs in.
    """

    app: FastAPI
    settings: Settings
    keys: Mapping[Role, str]
    sample: SampleOrganisation
    portal: BlockingPortal

    def client(
        self, role: Role | str | None, *, address: str = "127.0.0.1", **headers: str
    ) -> httpx2.Client:
        """Return a client with the key of a role; None for one without a key."""
        transport = _InProcess(self.app, self.portal, address)
        client = httpx2.Client(transport=transport, base_url="http://testserver")
        if role is not None:
            client.headers["Authorization"] = f"Bearer {self.keys[Role(role)]}"
        client.headers["Accept-Language"] = "en"
        client.headers.update({name.replace("_", "-"): value for name, value in headers.items()})
        return client

    def browser(self, role: Role | str, *, lang: str = "zh-CN", **rights: Any) -> httpx2.Client:
        """Return a browser that somebody of a role has signed in with; forms are sent with `post`.

        The rights are those of the key of the role, unless others are given.
        """
        account = replace(self._principal(Role(role)), **({"actor": f"account:{role}"} | rights))
        with writing(self.app.state.server.installation.engine) as connection:
            token = begin_session(connection, self.settings, account, name=f"synthetic {role}")
        return httpx2.Client(
            transport=_InProcess(self.app, self.portal, "127.0.0.1"),
            base_url="http://localhost",
            cookies={"session": token, "lang": lang},
            headers={"Accept": "text/html", "X-CSRF-Token": self._csrf(token)},
        )

    def _principal(self, role: Role) -> Principal:
        _, who = identify(self.app.state.server.installation, self.keys[role])
        assert who is not None
        return who

    def _csrf(self, token: str) -> str:
        _, signed_in = identify_browser(self.app.state.server.installation, token)
        assert signed_in is not None
        return mask(signed_in.csrf)

    def data_protection(self) -> httpx2.Client:
        """Return the client of an HR key of the unit that may export and erase."""
        also = [Permission.EXPORT_PERSON, Permission.ERASE_PERSON]
        token = self.key("hr", org_unit=UNIT, also=also)
        return self.client(None, Authorization=f"Bearer {token}")

    def key(
        self,
        role: Role | str,
        *,
        person_id: str | None = None,
        org_unit: str | None = None,
        permissions: list[Permission] | None = None,
        also: Sequence[Permission] = (),
        networks: list[str] | None = None,
    ) -> str:
        """Make one more key."""
        request = KeyRequest(
            label=f"test {role}",
            role=Role(role),
            person_id=person_id,
            org_unit=org_unit,
            permissions=permissions,
            also=also,
            networks=networks,
        )
        return make_key(self.settings, request)


def make_key(settings: Settings, request: KeyRequest) -> str:
    """Make a key from outside the application, as the command line does."""
    return _make(settings, [request])[0]


def _make(settings: Settings, requests: Iterable[KeyRequest]) -> list[str]:
    with open_session(settings, "test") as session:
        return [create_key(session, request).token for request in requests]


@cache
def description() -> dict[str, Any]:
    """Return the description of the API, which is the same whatever the settings."""
    return describe(create_app(Settings(database="sqlite://")))


def settings_for(url: str, folder: Path, **changes: object) -> Settings:
    """Return the settings of a served organisation."""
    given = {
        "rate_limit": "1000000/minute",
        "plan_limit": "1000000/hour",
        "as_of": AS_OF,
        "models": folder / "models",
        "model_key": KEY.decode(),
    }
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
        KeyRequest("system-admin", Role.SYSTEM_ADMIN),
        KeyRequest("access-admin", Role.ACCESS_ADMIN),
        KeyRequest("auditor", Role.AUDITOR),
        KeyRequest("admin", Role.ADMIN),
    )
    tokens = _make(settings, requests)
    return {request.role: token for request, token in zip(requests, tokens, strict=True)}


def store_cast(url: str, folder: Path, **changes: object) -> Stored:
    """Store the sample organisation and a key for each role in an empty database."""
    target = make_url(url)
    if target.drivername == "sqlite" and "catalog" not in changes:
        content, stored = _cast_in_a_file()
        Path(target.database or "").write_bytes(content)
        return replace(stored, url=url)
    settings = settings_for(url, folder, **changes)
    return Stored(url, store_sample(settings), make_keys(settings))


@cache
def _cast_in_a_file() -> tuple[bytes, Stored]:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "cast.db"
        settings = settings_for(f"sqlite:///{path}", path.parent)
        stored = Stored(settings.database, store_sample(settings), make_keys(settings))
        return path.read_bytes(), stored


@contextmanager
def serve(
    url: str, folder: Path, *, stored: Stored | None = None, **changes: object
) -> Iterator[Served]:
    """Run the application on a database of 30 sample people.

    Parameters
    ----------
    url : str
        The database.
    folder : Path
        For its models.
    stored : Stored, optional
        What the database is a copy of; it is empty, and filled first, unless given.
    **changes : object
        Further settings.
    """
    if stored is None:
        stored = store_cast(url, folder, **changes)
    settings = settings_for(url, folder, **changes)
    app = create_app(settings)
    app.openapi_schema = description()  # to make it takes a second
    root = logging.getLogger()
    before = root.handlers[:]
    with TestClient(app) as running:
        root.handlers[:] = before  # those of pytest; the streams of the server's are gone soon
        assert running.portal
        yield Served(app, settings, stored.keys, stored.sample, running.portal)
