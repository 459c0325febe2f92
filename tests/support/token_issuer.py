"""An identity provider for tests: real keys, a real HTTP server, and tokens good and bad.

::

    with TokenIssuer() as issuer:
        verifier = TokenVerifier(issuer=issuer.url, audience=AUDIENCE, jwks=issuer.jwks_url)
        verifier.verify(issuer.mint(role="hr", person_id="p1"))
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import threading
import time
from dataclasses import dataclass, field
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from joserfc import jws
from joserfc.jwk import ECKey, Key, OKPKey, RSAKey

AUDIENCE = "training-recommender"


@cache
def make_key(kind: str, name: str = "") -> Key:
    """Return a key pair, the same for the same arguments; RSA takes long to make.

    Parameters
    ----------
    kind : str
        ``RSA``, or a curve.
    name : str
        Tells several keys of a kind apart.
    """
    if kind == "RSA":
        return RSAKey.generate_key(2048)
    if kind in ("Ed25519", "Ed448"):
        return OKPKey.generate_key(kind)
    return ECKey.generate_key(kind)


def published(key: Key, kid: str | None, **members: Any) -> dict[str, Any]:
    """Return the public part of a key as it stands in a JWKS."""
    entry = dict(key.as_dict(private=False), **members)
    return entry if kid is None else {**entry, "kid": kid}


class _Anything(jws.JWSRegistry):
    """Signs with every algorithm and header there is."""

    max_header_length = 100_000

    def get_alg(self, name):
        return self.algorithms[name]

    def check_header(self, header):
        pass


def sign(header: dict[str, Any], payload: bytes, key: Key | None) -> str:
    """Return a compact JWS of any header and any payload."""
    return jws.serialize_compact(header, payload, key, registry=_Anything())


def sign_with_secret(header: dict[str, Any], payload: bytes, secret: bytes) -> str:
    """Return a compact JWS signed with HMAC-SHA-256, also where the secret is a public key."""
    parts = [json.dumps(header).encode(), payload]
    text = ".".join(base64.urlsafe_b64encode(part).rstrip(b"=").decode() for part in parts)
    signature = hmac.new(secret, text.encode(), hashlib.sha256).digest()
    return f"{text}.{base64.urlsafe_b64encode(signature).rstrip(b'=').decode()}"


def _opened(gate: threading.Event) -> threading.Event:
    gate.set()
    return gate


@dataclass
class Answer:
    """How the server answers; set on `TokenIssuer.answer`.

    Parameters
    ----------
    body : bytes or None
        What it says; None stands for the JWKS.
    status : int
        HTTP status.
    headers : dict
        Further headers.
    gate : Event
        It waits for this before it answers; open unless cleared.
    pause_seconds : float
        How long it waits after each byte.
    raw : bytes
        Stands in place of all the rest, and need not be HTTP.
    """

    body: bytes | None = None
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    gate: threading.Event = field(default_factory=lambda: _opened(threading.Event()))
    pause_seconds: float = 0
    raw: bytes = b""


class TokenIssuer:
    """An identity provider on a port of this machine.

    Parameters
    ----------
    keys : dict, optional
        Key pairs by id; an RSA key ``rsa-1`` and an EC key ``ec-1`` unless given.
    now : callable
        The time in seconds since 1970.
    """

    def __init__(self, keys: dict[str, Key] | None = None, now=time.time) -> None:
        self.keys = keys or {"rsa-1": make_key("RSA"), "ec-1": make_key("P-256")}
        self.now = now
        self.answer = Answer()
        self.requests: list[str] = []
        self._server: ThreadingHTTPServer | None = None
        self._port = 0

    def __enter__(self) -> TokenIssuer:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    @property
    def url(self) -> str:
        """What the tokens name as their issuer."""
        return f"http://127.0.0.1:{self._port}"

    @property
    def jwks_url(self) -> str:
        """Where the keys are published."""
        return f"{self.url}/jwks"

    def jwks(self) -> bytes:
        """Return the keys as they are published."""
        return json.dumps({"keys": [published(k, kid) for kid, k in self.keys.items()]}).encode()

    def start(self) -> None:
        """Listen, on the same port as before."""
        issuer = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                issuer.requests.append(self.path)
                issuer._respond(self)

            def log_message(self, *_: object) -> None:
                pass

        class Server(ThreadingHTTPServer):
            def handle_error(self, request, client_address) -> None:
                pass  # who asked has gone

        self._server = Server(("127.0.0.1", self._port), Handler)
        self._port = self._server.server_address[1]
        threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True).start()

    def stop(self) -> None:
        """Be down: connections are refused."""
        if self._server is not None:
            self._server.shutdown()
            self._server.server_close()
            self._server = None

    def _respond(self, handler: BaseHTTPRequestHandler) -> None:
        answer = self.answer
        answer.gate.wait(10)
        if answer.raw:
            handler.wfile.write(answer.raw)
            return
        body = self.jwks() if answer.body is None else answer.body
        handler.send_response(answer.status)
        for name, value in answer.headers.items():
            handler.send_header(name, value)
        handler.end_headers()
        if not answer.pause_seconds:
            handler.wfile.write(body)
            return
        for byte in body:
            handler.wfile.write(bytes([byte]))
            time.sleep(answer.pause_seconds)

    def claims(self, /, **changes: Any) -> dict[str, Any]:
        """Return good claims, with changes; a claim set to None is left out."""
        now = int(self.now())
        claims = {
            "iss": self.url,
            "aud": AUDIENCE,
            "sub": "user-1",
            "iat": now,
            "exp": now + 300,
            **changes,
        }
        return {name: value for name, value in claims.items() if value is not None}

    def mint(
        self,
        *,
        kid: str | None = "rsa-1",
        alg: str = "RS256",
        key: Key | None = None,
        header: dict[str, Any] | None = None,
        payload: bytes | None = None,
        **claims: Any,
    ) -> str:
        """Return a token.

        Parameters
        ----------
        kid : str or None
            Id of the key as the header names it; None names none.
        alg : str
            Algorithm, ``none`` and ``HS256`` among them.
        key : Key or None
            Signs in place of the key that `kid` names.
        header : dict, optional
            Further headers.
        payload : bytes or None
            Stands in place of the claims.
        **claims : Any
            Changes to good claims, as `claims` takes them.
        """
        head = {"alg": alg, "typ": "JWT", **({} if kid is None else {"kid": kid}), **(header or {})}
        body = json.dumps(self.claims(**claims)).encode() if payload is None else payload
        return sign(head, body, key or self.keys.get(str(kid)))
