"""Bearer tokens of an OIDC provider: a signed JWT says who is asking.

Every refused token raises the same exception. Its reason is for the log; the caller is not told.
"""

from __future__ import annotations

import datetime as dt
import json
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypedDict

from joserfc import jws
from joserfc.errors import ClaimError, ExpiredTokenError, JoseError
from joserfc.jwk import Key
from joserfc.jwt import JWTClaimsRegistry

from api.identity.issuer_keys import ALGORITHMS, IssuerKeys, KeysUnavailableError

# what web servers usually take in one header; checked before anything is decoded
MAX_TOKEN_BYTES = 8192
MAX_CLAIM_CHARACTERS = 255
MAX_NAME_CHARACTERS = 120
ROLES = (
    "employee",
    "manager",
    "hr",
    "analyst",
    "system-admin",
    "access-admin",
    "auditor",
    "admin",
)


class TokenRefused(Exception):  # noqa: N818 - a refusal is an answer, not a fault
    """A token that gives no access.

    Parameters
    ----------
    reason : str
        ``malformed``, ``algorithm``, ``unknown-key``, ``keys-unavailable``, ``signature``,
        ``expired``, ``issuer``, ``audience``, ``nonce``, ``code`` or ``claims``.
    detail : str
        More for the log; names parts of the token but holds nothing of their content.
    """

    def __init__(self, reason: str, detail: str = "") -> None:
        super().__init__(f"{reason}: {detail}" if detail else reason)
        self.reason = reason
        self.detail = detail


@dataclass(frozen=True)
class Claims:
    """What a valid token says about the caller.

    Parameters
    ----------
    subject : str
        The provider's own id of the caller, unique at this provider.
    issuer : str
        The provider.
    role : str or None
        One of `ROLES`; None where the provider names none of them.
    person_id : str or None
        The person's id in this service.
    org_unit : str or None
        The org unit in which the role is held.
    expires_at : datetime
        When the token ends, in UTC.
    name : str or None
        What the caller is called.
    """

    subject: str
    issuer: str
    role: str | None
    person_id: str | None
    org_unit: str | None
    expires_at: dt.datetime
    name: str | None = None


class ClaimNames(TypedDict, total=False):
    """Names of the claims that say for whom a caller acts."""

    role_claim: str
    person_claim: str
    org_unit_claim: str


class _Signatures(jws.JWSRegistry):
    """The allowed algorithms; a token's size is checked as a whole, not part by part."""

    max_header_length = MAX_TOKEN_BYTES

    def get_alg(self, name: str):  # the library's own warns about the name EdDSA at each use
        if name not in ALGORITHMS:
            raise TokenRefused("algorithm")
        return self.algorithms[name]


# Providers may add headers of their own; only alg, kid and typ are used.
_signatures = _Signatures(strict_check_header=False)


class TokenVerifier:
    """Tells valid tokens of one provider, made for one audience, from all others.

    Parameters
    ----------
    issuer : str
        The provider, exactly as in `iss`.
    audience : str
        This service, as in `aud`.
    jwks : str
        URL or path of the provider's public keys.
    leeway_seconds : int
        How far the two clocks may be apart.
    role_claim, person_claim, org_unit_claim : str
        Names of claims; ``a.b`` means the member ``b`` of the claim ``a``.
    now : callable
        The time in seconds since 1970.
    elapsed : callable
        A clock in seconds that never goes back.

    Raises
    ------
    ValueError
        If issuer or audience is empty, or `jwks` is a URL whose scheme is not http(s).
    """

    def __init__(
        self,
        *,
        issuer: str,
        audience: str,
        jwks: str,
        leeway_seconds: int = 60,
        role_claim: str = "role",
        person_claim: str = "person_id",
        org_unit_claim: str = "org_unit",
        now: Callable[[], float] = time.time,
        elapsed: Callable[[], float] = time.monotonic,
    ) -> None:
        if not issuer or not audience:
            raise ValueError("issuer and audience must be set")
        self.keys = IssuerKeys(jwks, elapsed)
        self._role_claim = role_claim
        self._person_claim = person_claim
        self._org_unit_claim = org_unit_claim
        self._rules = JWTClaimsRegistry(
            now=lambda: int(now()),
            leeway=leeway_seconds,
            iss={"essential": True, "value": issuer},
            aud={"essential": True, "value": audience},
            sub={"essential": True},
            exp={"essential": True},
        )

    def verify(self, token: str, *, nonce: str | None = None) -> Claims:
        """Return what a token says, if it is valid.

        Waits only if the token's key is not held, and then a few seconds at most.

        Parameters
        ----------
        token : str
            A JWT in compact form.
        nonce : str, optional
            What an ID token has to bring back; a bearer token has none.

        Returns
        -------
        Claims
            Who is asking.

        Raises
        ------
        TokenRefused
            If anything about the token is wrong.
        """
        signed = _read_unverified(token)
        header = signed.headers()
        try:
            keys = self.keys.find(header.get("kid"))
        except KeysUnavailableError:
            raise TokenRefused("keys-unavailable") from None
        if not keys:
            raise TokenRefused("unknown-key")
        _check_signature(signed, keys)
        claims = _parse_claims(signed.payload)
        self._check_claims(claims)
        if nonce is not None and claims.get("nonce") != nonce:
            raise TokenRefused("nonce")
        return Claims(
            subject=_identifier(claims, "sub") or "",
            issuer=claims["iss"],
            role=_role(_claim(claims, self._role_claim)),
            person_id=_identifier(claims, self._person_claim),
            org_unit=_identifier(claims, self._org_unit_claim),
            expires_at=_moment(claims["exp"]),
            name=_name(claims.get("name")),
        )

    def _check_claims(self, claims: dict[str, Any]) -> None:
        try:
            self._rules.validate(claims)
        except ExpiredTokenError:
            raise TokenRefused("expired") from None
        except ClaimError as error:
            reason = {"iss": "issuer", "aud": "audience"}.get(error.claim, "claims")
            raise TokenRefused(reason, error.claim) from None


def _read_unverified(token: str) -> jws.CompactSignature:
    """Take a token apart; nothing in it can be trusted yet."""
    if len(token) > MAX_TOKEN_BYTES:
        raise TokenRefused("malformed", "size")
    try:
        signed = jws.extract_compact(token.encode("ascii"), registry=_signatures)
    except (JoseError, ValueError, RecursionError):
        raise TokenRefused("malformed") from None
    header = signed.headers()
    if not isinstance(header, dict):  # the library lets a list pass for one
        raise TokenRefused("malformed", "header")
    if header["alg"] not in ALGORITHMS:
        raise TokenRefused("algorithm")
    # Both ask for extensions of the signature. A reader without them, as we are, has to refuse such
    # a token (RFC 7515, RFC 7797).
    if "crit" in header or "b64" in header:
        raise TokenRefused("malformed", "crit")
    if not isinstance(header.get("kid"), str | None):
        raise TokenRefused("malformed", "kid")
    if not _is_access_token(header.get("typ")):
        raise TokenRefused("malformed", "typ")
    return signed


def _is_access_token(kind: object) -> bool:
    """Tell whether a `typ` allows for an access token; most providers send none or `JWT`."""
    if not isinstance(kind, str):
        return kind is None
    name = kind.lower().removeprefix("application/")
    # dpop+jwt, logout+jwt and others are signed with the same keys for another purpose (RFC 8725)
    return name == "at+jwt" or not name.endswith("+jwt")


def _check_signature(signed: jws.CompactSignature, keys: list[Key]) -> None:
    # the caller chose the algorithm, so only keys that are made for it are tried
    algorithm = _signatures.get_alg(signed.headers()["alg"])
    fitting = []
    for key in keys:
        try:
            algorithm.check_key(key)
        except JoseError:
            continue
        fitting.append(key)
    if not fitting:
        raise TokenRefused("algorithm", "not of this key")
    for key in fitting:
        try:
            if jws.validate_compact(signed, key, registry=_signatures):
                return
        except JoseError:  # a header of the wrong form
            raise TokenRefused("malformed", "header") from None
    raise TokenRefused("signature")


def _parse_claims(payload: bytes) -> dict[str, Any]:
    try:
        claims = json.loads(payload)
    except (ValueError, RecursionError):
        raise TokenRefused("malformed", "claims") from None
    if not isinstance(claims, dict):
        raise TokenRefused("malformed", "claims")
    return claims


def _claim(claims: dict[str, Any], name: str) -> Any:
    """Return a claim, or a member within one."""
    # the whole name first: names that are URLs have dots of their own
    if name in claims:
        return claims[name]
    value: Any = claims
    for part in name.split("."):
        value = value.get(part) if isinstance(value, dict) else None
    return value


def _identifier(claims: dict[str, Any], name: str) -> str | None:
    value = _claim(claims, name)
    if value is None:
        return None
    if (
        not isinstance(value, str)
        or not 0 < len(value) <= MAX_CLAIM_CHARACTERS
        or not value.isprintable()
    ):
        raise TokenRefused("claims", name)
    return value


def _name(value: Any) -> str | None:
    # only shown, so a strange one is no reason to refuse a token
    shown = isinstance(value, str) and value.isprintable() and value.strip()
    return value[:MAX_NAME_CHARACTERS] if shown else None


def _role(value: Any) -> str | None:
    names = [value] if isinstance(value, str) else [] if value is None else value
    if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
        raise TokenRefused("claims", "role")
    # providers list roles of other applications too, so unknown names are no fault
    known = {name for name in names if name in ROLES}
    if len(known) > 1:
        raise TokenRefused("claims", "more than one role")
    return known.pop() if known else None


def _moment(seconds: float) -> dt.datetime:
    try:
        return dt.datetime.fromtimestamp(seconds, dt.UTC)
    except (OverflowError, ValueError, OSError):
        raise TokenRefused("claims", "exp") from None
