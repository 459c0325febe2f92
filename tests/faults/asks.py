"""Requests whose effect can be told afterwards, and what came back."""

from __future__ import annotations

import http.client
import itertools
import json
import secrets
import socket
import threading
import time
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from recommender.service.permissions import Role

PATIENCE_SECONDS = 300
PAUSE_SECONDS = 0.5
IDLE_SECONDS = 3  # a server keeps a connection that is idle for 5
_NUMBERS = itertools.count(1)


class GoneError(Exception):
    """No whole answer came, for the server is gone; or none is asked for any more."""


@dataclass
class Ask:
    """A request, what it is to bring about, and what was answered.

    Parameters
    ----------
    kind : str
        What it does; see `tests.faults.evidence`.
    mark : str
        What its effect is told by, unlike that of any other request.
    role : Role
        Whose key it is sent with.
    method, path : str
        Of the request.
    body : bytes
        As it is sent.
    seen : int or None
        For ``If-Match``.
    name : str
        Its idempotency key, and the beginning of its request ids.
    tries : int
        How often it was sent.
    status : int
        Of the answer; 0 where none came whole.
    headers : dict of str to str
        Of the answer, names in lower case.
    content : bytes
        Of the answer.
    """

    kind: str
    mark: str
    role: Role
    method: str
    path: str
    body: bytes = b""
    seen: int | None = None
    name: str = ""
    tries: int = 0
    status: int = 0
    headers: dict[str, str] = field(default_factory=dict[str, str])
    content: bytes = b""

    @property
    def is_acknowledged(self) -> bool:
        """Whether the caller was told that it is done."""
        return 200 <= self.status < 300

    @property
    def json(self) -> Any:
        """What was answered."""
        return json.loads(self.content)

    @property
    def version(self) -> int:
        """The version that was answered."""
        return int(self.headers["etag"].strip('"').partition("-")[0])

    @property
    def request_ids(self) -> list[str]:
        """Ids of all the times that it was sent."""
        return [f"{self.name}-{number}" for number in range(1, self.tries + 1)]


@dataclass
class Record:
    """All that was ever asked, in the order of asking.

    Parameters
    ----------
    asks : list of Ask
        What was to change something, answered or not.
    answers : Counter
        Of all requests: status, and the type of the problem where there is one.
    faults : list of str
        Answers that no fault of others excuses.
    """

    asks: list[Ask] = field(default_factory=list[Ask])
    answers: Counter[str] = field(default_factory=Counter)
    faults: list[str] = field(default_factory=list[str])
    _tag: str = field(default_factory=lambda: secrets.token_hex(3))
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def number(self) -> int:
        """Return a number that was not given before, by no record."""
        return next(_NUMBERS)

    def unavailable(self) -> Counter[str]:
        """Return how often which problem of the database was told."""
        return Counter({name: n for name, n in self.answers.items() if name.startswith("503")})

    def note(self, method: str, status: int, headers: Mapping[str, str], content: bytes) -> None:
        """Count an answer; one that says the program is wrong, or says nothing, is a fault."""
        said = f"{status}"
        if headers.get("content-type") == "application/problem+json":
            said += " " + json.loads(content)["type"].rpartition(":")[2]
        elif status >= 400:
            self.faults.append(f"{method}: {status} without a problem document")
        if status >= 500 and status != 503:
            self.faults.append(f"{method}: {content.decode()[:400]}")
        with self._lock:
            self.answers[said] += 1

    def add(self, ask: Ask) -> None:
        """Note a request before it is sent."""
        ask.name = f"ask-{self._tag}-{self.number():06d}"
        with self._lock:
            self.asks.append(ask)


class Client:
    """Sends requests over one connection, one after the other.

    Parameters
    ----------
    port : int
        Of the server, on this machine.
    keys : mapping of Role to str
        A key for each role.
    record : Record
        Where requests that change something are noted.
    enough : Event, optional
        When it is set, nothing is asked any more.
    """

    def __init__(
        self,
        port: int,
        keys: Mapping[Role, str],
        record: Record,
        enough: threading.Event | None = None,
    ) -> None:
        self.record = record
        self._enough = enough or threading.Event()
        self._keys = keys
        self._connection = http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE_SECONDS)
        self._used_at = 0.0

    def ask(
        self,
        kind: str,
        mark: str,
        role: Role,
        method: str,
        path: str,
        body: Mapping[str, Any] | bytes = b"",
        *,
        seen: int | None = None,
        hold: Callable[[], object] | None = None,
    ) -> Ask:
        """Note a request and send it; see `Ask` and `send`."""
        content = body if isinstance(body, bytes) else json.dumps(body).encode()
        ask = Ask(kind, mark, role, method, path, content, seen)
        self.record.add(ask)
        self.send(ask, hold)
        return ask

    def send(self, ask: Ask, hold: Callable[[], object] | None = None) -> None:
        """Send a request that is noted, also a second time; the answer is noted with it.

        Parameters
        ----------
        ask : Ask
            The request.
        hold : callable, optional
            Called when the server has begun to work on it, before it has got the body.

        Raises
        ------
        GoneError
            If no whole answer came.
        """
        ask.tries += 1
        ask.status, ask.headers, ask.content = 0, {}, b""
        headers = {"Idempotency-Key": ask.name, "X-Request-ID": ask.request_ids[-1]}
        if ask.body:
            is_table = ask.path.startswith("/v1/imports/")
            headers["Content-Type"] = "text/csv" if is_table else "application/json"
        if ask.seen is not None:
            headers["If-Match"] = f'"{ask.seen}"'
        ask.status, ask.headers, ask.content = self._exchange(
            ask.role, ask.method, ask.path, ask.body, headers, hold
        )

    def get(self, role: Role, path: str) -> tuple[int, Any]:
        """Read something: status, and JSON.

        Raises
        ------
        GoneError
            If no whole answer came.
        """
        status, _, content = self._exchange(role, "GET", path, b"", {})
        return status, json.loads(content)

    def close(self) -> None:
        """Close the connection."""
        self._connection.close()

    def _exchange(
        self,
        role: Role,
        method: str,
        path: str,
        body: bytes,
        headers: Mapping[str, str],
        hold: Callable[[], object] | None = None,
    ) -> tuple[int, dict[str, str], bytes]:
        if self._enough.is_set():
            raise GoneError("enough")
        given = {"Authorization": f"Bearer {self._keys[role]}", "Accept-Language": "en", **headers}
        if time.monotonic() - self._used_at > IDLE_SECONDS:
            self._connection.close()  # before the server does, in the middle of the request
        try:
            if hold is None:
                self._connection.request(method, path, body or None, given)
            else:
                self._begin(method, path, {**given, "Content-Length": f"{len(body)}"})
                hold()
                self._connection.send(body)
            answer = self._connection.getresponse()
            found = {name.lower(): value for name, value in answer.getheaders()}
            content = answer.read()
        except (OSError, http.client.HTTPException) as error:
            self._connection.close()
            raise GoneError(repr(error)) from error
        self._used_at = time.monotonic()
        self.record.note(method, answer.status, found, content)
        if answer.status == 503:
            self._enough.wait(PAUSE_SECONDS)  # less than the answer asks for: there is little time
        return answer.status, found, content

    def _begin(self, method: str, path: str, headers: Mapping[str, str]) -> None:
        """Send all but the body, and wait until the server asks for that."""
        self._connection.putrequest(method, path)
        for name, value in {**headers, "Expect": "100-continue"}.items():
            self._connection.putheader(name, value)
        self._connection.endheaders()
        self._connection.sock.recv(1, socket.MSG_PEEK)
