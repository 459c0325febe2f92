"""A real identity provider for people, on a port of this computer: discovery, codes, ID tokens."""

from __future__ import annotations

import base64
import hashlib
import io
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import httpx2
from werkzeug.serving import BaseWSGIServer

CLIENT = "training-recommender-console"


@dataclass
class SignInProvider:
    """The provider, seen from outside.

    Parameters
    ----------
    url : str
        Its issuer.
    asked : list of dict
        What was sent to its token endpoint.
    """

    url: str
    asked: list[dict[str, str]] = field(default_factory=list)

    def enrol(self, subject: str, **claims: Any) -> None:
        """Let it know somebody, with what ID tokens say about the person."""
        httpx2.put(f"{self.url}/users/{subject}", json=claims).raise_for_status()

    def approve(self, address: str, subject: str) -> str:
        """Sign somebody in on the page at an address; return where the browser is led then."""
        return self._answer(address, {"sub": subject})

    def deny(self, address: str) -> str:
        """Refuse to sign in on the page at an address; return where the browser is led then."""
        # it leaves out the state, which RFC 6749, 4.1.2.1, has every provider send back
        state = query_of(address)["state"]
        return f"{self._answer(address, {'action': 'deny'})}&state={state}"

    def _answer(self, address: str, fields: dict[str, str]) -> str:
        answer = httpx2.post(address, data=fields)
        assert answer.status_code == 302, answer.text
        return answer.headers["location"]


@contextmanager
def sign_in_provider() -> Iterator[SignInProvider]:
    """Run the provider in a thread."""
    with warnings.catch_warnings():
        # it is made with parts of authlib that are to be replaced
        warnings.simplefilter("ignore")
        from oidc_provider_mock import run_server_in_thread
    with run_server_in_thread() as server:
        provider = SignInProvider(f"http://localhost:{server.server_port}")
        _overhear(server, provider)
        yield provider


def query_of(address: str) -> dict[str, str]:
    """Return the parameters of an address."""
    return dict(parse_qsl(urlsplit(address).query))


def challenge_of(verifier: str) -> str:
    """Return what a verifier of PKCE is announced as, by RFC 7636, 4.2."""
    digest = hashlib.sha256(verifier.encode()).digest()
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()


def _overhear(server: BaseWSGIServer, provider: SignInProvider) -> None:
    answer = server.app

    def overheard(environ, start_response):
        if environ["PATH_INFO"] == "/oauth2/token":
            sent = environ["wsgi.input"].read(int(environ["CONTENT_LENGTH"]))
            provider.asked.append(dict(parse_qsl(sent.decode())))
            environ["wsgi.input"] = io.BytesIO(sent)
        return answer(environ, start_response)

    server.app = overheard
