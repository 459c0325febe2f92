"""Signing in at the identity provider: OpenID Connect's code flow, with PKCE.

The browser is sent to the provider with a `Handshake`, and comes back with a code. The server
trades the code for a signed token, which says who it is. Only the browser that was sent away can
come back: it keeps the handshake in a cookie.
"""

from __future__ import annotations

import hmac
import json
import secrets
import threading
import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any
from urllib.parse import urlencode

from authlib.common.errors import AuthlibBaseError
from authlib.integrations.httpx_client import OAuth2Client
from httpx import HTTPError

from api.identity.issuer_keys import READ_SECONDS, read_location
from api.identity.tokens import Claims, TokenRefused, TokenVerifier
from recommender.errors import StoreError
from recommender.settings import Settings

_SCOPE = "openid profile"


class ProviderUnavailableError(StoreError):
    """The identity provider does not answer, or not as it has to."""


@dataclass(frozen=True)
class Handshake:
    """What ties the way to the provider and the way back together.

    Parameters
    ----------
    state, nonce, verifier : str
        Comes back in the address, in the token, and proves that who trades the code sent for it.
    next : str
        The page that was asked for.
    """

    state: str
    nonce: str
    verifier: str
    next: str

    def to_text(self) -> str:
        """Return it as text for a cookie."""
        return urlencode(asdict(self))

    @classmethod
    def from_fields(cls, fields: Mapping[str, str]) -> Handshake | None:
        """Return it from the fields of its text; None where some are missing."""
        try:
            return cls(**{name: fields[name] for name in cls.__dataclass_fields__})
        except KeyError:
            return None


class Provider:
    """The identity provider, as a browser signs in there.

    Parameters
    ----------
    settings : Settings
        Issuer, client and claims; `is_set_up` has to be true of them.
    """

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._lock = threading.Lock()
        self._described: dict[str, Any] | None = None
        self._failed_at: float | None = None
        self._verifier: TokenVerifier | None = None

    @staticmethod
    def is_set_up(settings: Settings) -> bool:
        """Say whether browsers can sign in at a provider."""
        return bool(settings.oidc_issuer and settings.oidc_client_id)

    def begin(self, back_to: str, next_page: str) -> tuple[str, Handshake]:
        """Return where to send a browser, and what it has to keep until it is back.

        Raises
        ------
        ProviderUnavailableError
            If the provider cannot be asked how to sign in.
        """
        handshake = Handshake(
            state=secrets.token_urlsafe(24),
            nonce=secrets.token_urlsafe(24),
            verifier=secrets.token_urlsafe(48),
            next=next_page,
        )
        with self._client(back_to) as client:
            url, _ = client.create_authorization_url(
                self._describe()["authorization_endpoint"],
                state=handshake.state,
                nonce=handshake.nonce,
                code_verifier=handshake.verifier,
            )
        return url, handshake

    def finish(self, back_to: str, handshake: Handshake, answer: Mapping[str, str]) -> Claims:
        """Return what the provider says of who came back.

        Parameters
        ----------
        back_to : str
            The same as when it began.
        handshake : Handshake
            What the browser has kept.
        answer : mapping of str to str
            The query of the address at which it came back.

        Raises
        ------
        TokenRefused
            If it is not the way back of this browser, or the provider vouches for nobody.
        ProviderUnavailableError
            If the code cannot be traded now.
        """
        if not hmac.compare_digest(answer.get("state", "").encode(), handshake.state.encode()):
            raise TokenRefused("state")
        # a provider that names itself must not be another one (RFC 9207)
        if answer.get("iss", self._settings.oidc_issuer) != self._settings.oidc_issuer:
            raise TokenRefused("issuer")
        if "code" not in answer:
            raise TokenRefused("code", answer.get("error", "")[:40])
        try:
            with self._client(back_to) as client:
                tokens = client.fetch_token(
                    self._describe()["token_endpoint"],
                    grant_type="authorization_code",
                    code=answer["code"],
                    code_verifier=handshake.verifier,
                )
        except AuthlibBaseError as error:
            raise TokenRefused("code", str(error.error)[:40]) from None
        except (HTTPError, ValueError) as error:
            raise ProviderUnavailableError(
                "sign-in.provider", problem=type(error).__name__
            ) from None
        claims = self._verify(tokens.get("id_token") or "")
        if not hmac.compare_digest((claims.nonce or "").encode(), handshake.nonce.encode()):
            raise TokenRefused("nonce")
        return claims

    def sign_out_url(self, back_to: str) -> str | None:
        """Return where somebody signs out of the provider, too; None where it has no such place.

        Raises
        ------
        ProviderUnavailableError
            If the provider cannot be asked.
        """
        place = self._describe().get("end_session_endpoint")
        query = {"client_id": self._settings.oidc_client_id, "post_logout_redirect_uri": back_to}
        return f"{place}?{urlencode(query)}" if place else None

    def _client(self, back_to: str) -> Any:  # authlib has no types
        settings, secret = self._settings, self._settings.oidc_client_secret
        methods = self._describe().get("token_endpoint_auth_methods_supported", [])
        posts = secret and "client_secret_basic" not in methods and "client_secret_post" in methods
        return OAuth2Client(
            client_id=settings.oidc_client_id,
            client_secret=secret.get_secret_value() if secret else None,
            token_endpoint_auth_method="client_secret_post" if posts else None,
            scope=_SCOPE,
            redirect_uri=back_to,
            code_challenge_method="S256",
            timeout=READ_SECONDS,
        )

    def _verify(self, token: str) -> Claims:
        settings = self._settings
        with self._lock:
            if self._verifier is None:
                self._verifier = TokenVerifier(
                    issuer=settings.oidc_issuer or "",
                    audience=settings.oidc_client_id or "",
                    jwks=settings.oidc_jwks or self._described_as()["jwks_uri"],
                    role_claim=settings.oidc_role_claim,
                    person_claim=settings.oidc_person_claim,
                    org_unit_claim=settings.oidc_org_unit_claim,
                )
        return self._verifier.verify(token)

    def _describe(self) -> dict[str, Any]:
        with self._lock:
            return self._described_as()

    def _described_as(self) -> dict[str, Any]:
        """Return how the provider describes itself, read once; asked for under the lock."""
        if self._described is not None:
            return self._described
        # not every browser is to wait anew, one after the other, for one that is down
        if self._failed_at is not None and time.monotonic() - self._failed_at < READ_SECONDS:
            raise ProviderUnavailableError("sign-in.provider", problem="-")
        issuer = self._settings.oidc_issuer or ""
        place = f"{issuer.rstrip('/')}/.well-known/openid-configuration"
        try:
            described = json.loads(read_location(place))
            # somebody else's description would send codes elsewhere
            if described["issuer"] != issuer:
                raise ValueError("another issuer")
            for name in ("authorization_endpoint", "token_endpoint", "jwks_uri"):
                if not isinstance(described[name], str):
                    raise ValueError(name)
        except (OSError, ValueError, KeyError, TypeError) as error:
            self._failed_at = time.monotonic()
            problem = type(error).__name__
            raise ProviderUnavailableError("sign-in.provider", problem=problem) from None
        self._described = described
        return described
