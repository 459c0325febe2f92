"""Signing in at the organisation's identity provider: OpenID Connect, code flow with PKCE.

The browser is led to the provider and comes back with a code. We exchange the code for an ID token,
server to server, and what that token says is who has come. Of the provider only the issuer and our
own client have to be known: it publishes the rest itself.
"""

from __future__ import annotations

import json
import logging
import secrets
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from http.client import HTTPException
from typing import Any, Unpack
from urllib.parse import quote, unquote

from authlib.integrations.base_client import OAuthError
from authlib.integrations.httpx_client import OAuth2Client
from httpx2 import HTTPError, InvalidURL

from api.identity.issuer_keys import READ_SECONDS, read_location
from api.identity.tokens import ClaimNames, Claims, TokenRefused, TokenVerifier

SCOPE = "openid profile"
METADATA = "/.well-known/openid-configuration"
FRESH_SECONDS = 3600  # what the provider publishes of itself is read again after this long
PLACES = 4  # sign-ins that talk to the provider at once; a slow one must not take every thread
WAIT_SECONDS = 1  # for such a place

logger = logging.getLogger(__name__)


class ProviderUnavailableError(Exception):
    """The provider cannot be reached, is too slow, or does not answer as a provider does."""


@dataclass(frozen=True)
class Attempt:
    """A sign-in under way, kept in a cookie while the browser is at the provider.

    The cookie is not signed. Whoever can put one into somebody's browser could as well put one
    there that we had signed for them; what keeps others out is that they cannot.

    Parameters
    ----------
    state : str
        Comes back with the code, and shows that the answer is for this browser.
    nonce : str
        Comes back in the ID token, and shows that the token is for this sign-in.
    verifier : str
        Of PKCE: without it the code is worth nothing.
    after : str
        Address of this server that the browser was going to.
    """

    state: str
    nonce: str
    verifier: str
    after: str

    @classmethod
    def begin(cls, after: str) -> Attempt:
        """Begin another sign-in."""
        state, nonce, verifier = (secrets.token_urlsafe(32) for _ in range(3))
        return cls(state, nonce, verifier, after)

    @classmethod
    def read(cls, cookie: str | None) -> Attempt | None:
        """Return what a cookie holds, or None if it is none of ours."""
        try:
            values = json.loads(unquote(cookie or ""))
            attempt = cls(**values)
        except (ValueError, TypeError, RecursionError):
            return None
        # what is not printable may be half a character, which no address can be made of
        texts = [isinstance(value, str) and value.isprintable() for value in values.values()]
        return attempt if all(texts) else None

    def as_cookie(self) -> str:
        """Return it as the value of a cookie."""
        return quote(json.dumps(asdict(self)), safe="")


@dataclass(frozen=True)
class _Published:
    """What the provider publishes of itself, and when it was read, by a clock that never jumps."""

    authorization_endpoint: str
    token_endpoint: str
    secret_in_body: bool
    tokens: TokenVerifier
    read_at: float


class Provider:
    """The identity provider, as the place where people sign in.

    Parameters
    ----------
    issuer : str
        The provider, exactly as in `iss`; where it is found, too.
    client_id : str
        What this service is registered as.
    client_secret : str or None
        Of a client that has one; PKCE is used in any case.
    jwks : str or None
        URL or path of the provider's keys; None where it publishes itself.
    elapsed : callable
        A clock in seconds that never goes back.
    **claims : str
        Names of claims, as `TokenVerifier` takes them.
    """

    def __init__(
        self,
        *,
        issuer: str,
        client_id: str,
        client_secret: str | None = None,
        jwks: str | None = None,
        elapsed: Callable[[], float] = time.monotonic,
        **claims: Unpack[ClaimNames],
    ) -> None:
        self._issuer = issuer
        self._client_id = client_id
        self._client_secret = client_secret
        self._jwks = jwks
        self._elapsed = elapsed
        self._claims = claims
        # like the reading of keys, it trusts what the system trusts; to make one takes a while
        self._trusted = ssl.create_default_context()
        self._places = threading.BoundedSemaphore(PLACES)
        self._held: _Published | None = None

    def address_for(self, attempt: Attempt, back: str) -> str:
        """Return where to lead a browser that wants to sign in.

        Parameters
        ----------
        attempt : Attempt
            The sign-in that begins.
        back : str
            Address of ours that the provider leads back to.

        Raises
        ------
        ProviderUnavailableError
            If the provider does not tell where that is.
        """
        published = self._published()
        with self._client(published, back) as client:
            address, _ = client.create_authorization_url(
                published.authorization_endpoint,
                state=attempt.state,
                nonce=attempt.nonce,
                code_verifier=attempt.verifier,
            )
        return address

    def claims_for(self, attempt: Attempt, code: str, back: str) -> Claims:
        """Return who has come back with a code.

        Parameters
        ----------
        attempt : Attempt
            The sign-in that the browser began.
        code : str
            As it came back.
        back : str
            The address that was given when the sign-in began.

        Raises
        ------
        ProviderUnavailableError
            If the provider does not answer.
        TokenRefused
            If it does not take the code (reason ``code``), or its ID token is not valid.
        """
        published = self._published()
        with self._place(), self._client(published, back) as client:
            try:
                answer = client.fetch_token(
                    published.token_endpoint,
                    grant_type="authorization_code",
                    code=code,
                    code_verifier=attempt.verifier,
                )
            except OAuthError as error:
                raise TokenRefused("code", str(error.error)[:40]) from None
            except (HTTPError, InvalidURL, ValueError) as error:
                logger.warning("no token from %s: %r", published.token_endpoint, error)
                raise ProviderUnavailableError from None
        token = answer.get("id_token")
        if not isinstance(token, str):
            raise TokenRefused("malformed", "id_token")
        return published.tokens.verify(token, nonce=attempt.nonce)

    @contextmanager
    def _client(self, published: _Published, back: str) -> Iterator[OAuth2Client]:
        secret = self._client_secret
        in_body = secret and published.secret_in_body
        client = OAuth2Client(
            self._client_id,
            secret,
            token_endpoint_auth_method="client_secret_post" if in_body else None,
            scope=SCOPE,
            redirect_uri=back,
            code_challenge_method="S256",
            timeout=READ_SECONDS,
            verify=self._trusted,
        )
        with client:  # pyright: ignore[reportGeneralTypeIssues] - its stubs know no httpx2
            yield client

    def _published(self) -> _Published:
        held = self._held
        if held is None or self._elapsed() - held.read_at >= FRESH_SECONDS:
            with self._place():
                held = self._held = self._read()
        return held

    def _read(self) -> _Published:
        location = self._issuer.rstrip("/") + METADATA
        try:
            metadata = json.loads(read_location(location))
            return self._understand(metadata)
        except (OSError, HTTPException, ValueError, TypeError, KeyError, RecursionError) as error:
            logger.warning("identity provider not read from %s: %r", location, error)
            raise ProviderUnavailableError from None

    def _understand(self, metadata: dict[str, Any]) -> _Published:
        if metadata["issuer"] != self._issuer:
            raise ValueError(f"it calls itself {metadata['issuer']!r}, not {self._issuer!r}")
        names = ("authorization_endpoint", "token_endpoint", "jwks_uri")
        authorization, token, keys = addresses = [metadata[name] for name in names]
        # what is found by https may not lead to where others listen
        scheme = "https://" if self._issuer.startswith("https:") else ("http://", "https://")
        if not all(isinstance(each, str) and each.startswith(scheme) for each in addresses):
            raise ValueError("an address of another scheme")
        # what a provider takes that does not say so (OpenID Connect Discovery 1.0, section 3)
        ways = metadata.get("token_endpoint_auth_methods_supported", ["client_secret_basic"])
        return _Published(
            authorization,
            token,
            secret_in_body="client_secret_basic" not in ways and "client_secret_post" in ways,
            tokens=TokenVerifier(
                issuer=self._issuer,
                audience=self._client_id,
                jwks=self._jwks or keys,
                **self._claims,
            ),
            read_at=self._elapsed(),
        )

    @contextmanager
    def _place(self) -> Iterator[None]:
        if not self._places.acquire(timeout=WAIT_SECONDS):
            logger.warning("too many sign-ins wait for the identity provider")
            raise ProviderUnavailableError
        try:
            yield
        finally:
            self._places.release()
