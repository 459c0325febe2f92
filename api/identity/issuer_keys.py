"""The public keys of the identity provider, read from its JWKS and kept for a while.

Keys are read in a thread of their own. A caller whose key is held gets it at once, however slow the
provider is. A caller with an unknown key waits for the reading under way, a few callers at a time.
"""

from __future__ import annotations

import base64
import json
import logging
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from http.client import HTTPException
from pathlib import Path
from typing import Any
from urllib.error import HTTPError
from urllib.parse import urlsplit
from urllib.request import HTTPRedirectHandler, Request, build_opener

from cryptography.exceptions import UnsupportedAlgorithm
from joserfc.errors import JoseError
from joserfc.jwk import Key, import_key

FRESH_SECONDS = 600  # read again after this long
USABLE_SECONDS = 24 * 3600  # go on with what is held for this long when it cannot be read
RETRY_SECONDS = 30  # between two readings: made-up key ids must not make us flood the provider
READ_SECONDS = 5  # for one reading, and for a caller that waits for it
MAX_BYTES = 1_000_000
MAX_WAITING = 8  # callers that wait at once; made-up key ids must not take every thread there is

# Public keys alone: a secret shared with the provider could also make tokens.
ALGORITHMS = ("RS256", "RS384", "RS512", "PS256", "ES256", "ES384", "EdDSA")
RSA_BITS = range(2048, 8192 + 1)
CURVES = ("P-256", "P-384", "Ed25519", "Ed448")
# Nothing else of a key is looked at: no private part, no certificate, no URL to fetch one from.
PUBLIC_MEMBERS = {"RSA": ("n", "e"), "EC": ("crv", "x", "y"), "OKP": ("crv", "x")}

logger = logging.getLogger(__name__)


class KeysUnavailableError(Exception):
    """No keys are held, or they are too old, and they cannot be read now."""


@dataclass(frozen=True)
class KeysRead:
    """The keys that were read, and when, by a clock that never jumps."""

    keys: tuple[Key, ...]
    read_at: float


@dataclass(frozen=True)
class Reading:
    """One attempt to read the keys, done or under way."""

    started_at: float
    done: threading.Event = field(default_factory=threading.Event)


class IssuerKeys:
    """The keys of one JWKS.

    Parameters
    ----------
    location : str
        URL (``http://``, ``https://``) or path of the JWKS.
    elapsed : callable
        A clock in seconds that never goes back.

    Raises
    ------
    ValueError
        If the location is a URL of another scheme.
    """

    def __init__(self, location: str, elapsed: Callable[[], float] = time.monotonic) -> None:
        if "://" in location and urlsplit(location).scheme not in ("http", "https"):
            raise ValueError(f"neither http(s) nor a path: {location}")
        self.location = location
        self._elapsed = elapsed
        self._lock = threading.Lock()
        self._places_to_wait = threading.BoundedSemaphore(MAX_WAITING)
        self._held: KeysRead | None = None
        self._reading: Reading | None = None

    def find(self, kid: str | None) -> list[Key]:
        """Return the keys with an id.

        Parameters
        ----------
        kid : str or None
            Id of the key; None stands for the only key there is.

        Returns
        -------
        list of Key
            Empty if there is no such key.

        Raises
        ------
        KeysUnavailableError
            If no usable keys are held.
        """
        held = self._usable()
        keys = _match(held, kid)
        if keys and held and self._elapsed() - held.read_at < FRESH_SECONDS:
            return keys
        # also for an unknown id: the provider may have changed its keys since they were read
        reading = self._read_if_due()
        if keys:  # no longer fresh, but good enough while they are read again
            return keys
        self._wait_for(reading)
        held = self._usable()
        if held is None:
            raise KeysUnavailableError
        return _match(held, kid)

    def load(self) -> None:
        """Read the keys if none are held, so that the first token need not wait."""
        if self._usable() is None:
            self._wait_for(self._read_if_due())

    def _usable(self) -> KeysRead | None:
        held = self._held
        usable = held is not None and self._elapsed() - held.read_at < USABLE_SECONDS
        return held if usable else None

    def _read_if_due(self) -> Reading:
        """Start a reading unless one was started a moment ago; return the latest."""
        with self._lock:
            now = self._elapsed()
            if self._reading is None or now - self._reading.started_at >= RETRY_SECONDS:
                self._reading = Reading(now)
                threading.Thread(
                    target=self._read, args=(self._reading,), name="issuer-keys", daemon=True
                ).start()
            return self._reading

    def _wait_for(self, reading: Reading) -> None:
        if not reading.done.is_set() and self._places_to_wait.acquire(blocking=False):
            try:
                reading.done.wait(READ_SECONDS)
            finally:
                self._places_to_wait.release()

    def _read(self, reading: Reading) -> None:
        try:
            keys = parse_keys(read_location(self.location))
        except (OSError, HTTPException, ValueError, RecursionError) as error:
            logger.warning("JWKS not read from %s: %r", self.location, error)
        else:
            with self._lock:
                # a reading that hung must not replace the keys of a later one
                if self._held is None or self._held.read_at <= reading.started_at:
                    self._held = KeysRead(keys, reading.started_at)
        finally:
            reading.done.set()


def _match(held: KeysRead | None, kid: str | None) -> list[Key]:
    # a list, because a JWKS may use one id for keys of two algorithms
    if held is None:
        return []
    if kid is None:
        return list(held.keys) if len(held.keys) == 1 else []
    return [key for key in held.keys if key.kid == kid]


class _SameScheme(HTTPRedirectHandler):
    """Follow a redirect only within the scheme: not to a file, not from https to http."""

    def redirect_request(self, req, fp, code, msg, headers, newurl):
        if urlsplit(newurl).scheme != urlsplit(req.full_url).scheme:
            raise HTTPError(req.full_url, code, "redirect to another scheme", headers, fp)
        return super().redirect_request(req, fp, code, msg, headers, newurl)


_opener = build_opener(_SameScheme)


def read_location(location: str) -> bytes:
    """Return the content of a URL or file.

    Parameters
    ----------
    location : str
        URL (``http://``, ``https://``) or path.

    Returns
    -------
    bytes
        At most 1 MB.

    Raises
    ------
    OSError
        If it cannot be read, or not in time.
    ValueError
        If it is larger.
    """
    if "://" not in location:
        with Path(location).open("rb") as file:
            # one byte more than allowed tells a file that is too large from one that just fits
            content = file.read(MAX_BYTES + 1)
    else:
        content = _fetch(location)
    if len(content) > MAX_BYTES:
        raise ValueError(f"more than {MAX_BYTES} bytes")
    return content


def _fetch(url: str) -> bytes:
    deadline = time.monotonic() + READ_SECONDS
    headers = {"Accept": "application/json", "User-Agent": "training-recommender"}
    try:
        with _opener.open(Request(url, headers=headers), timeout=READ_SECONDS) as response:
            content = b""
            while len(content) <= MAX_BYTES and (part := response.read1(65536)):
                content += part
                # the timeout above bounds each wait alone; single bytes could trickle in for ever
                if time.monotonic() > deadline:
                    raise TimeoutError("the answer trickles in")
            return content
    except HTTPError as error:
        error.close()  # the exception holds the connection open
        raise


def parse_keys(content: bytes) -> tuple[Key, ...]:
    """Return the keys of a JWKS that may verify a signature.

    Parameters
    ----------
    content : bytes
        The JWKS, as JSON.

    Returns
    -------
    tuple of Key
        Public keys, at least one; those for encryption, of other kinds or broken are left out.

    Raises
    ------
    ValueError
        If it is no JWKS, or has no such key.
    """
    document = json.loads(content)
    entries = document.get("keys") if isinstance(document, dict) else None
    if not isinstance(entries, list):
        raise ValueError("not a JWKS")
    keys = tuple(key for entry in entries if (key := _parse_key(entry)) is not None)
    if not keys:
        raise ValueError("no key for signatures")
    return keys


def _parse_key(entry: Any) -> Key | None:
    if not isinstance(entry, dict) or not _is_for_tokens(entry):
        return None
    members = PUBLIC_MEMBERS.get(str(entry.get("kty")))
    if members is None:
        return None
    wanted = ("kty", "kid", "alg", *members)
    try:
        # small RSA keys can be broken, and huge ones make every verification slow
        if entry["kty"] == "RSA":
            modulus = int.from_bytes(base64.urlsafe_b64decode(entry["n"] + "=="))
            if modulus.bit_length() not in RSA_BITS:
                raise ValueError(f"RSA key of {modulus.bit_length()} bits")
        return import_key({name: entry[name] for name in wanted if name in entry})
    except (JoseError, ValueError, TypeError, KeyError, UnsupportedAlgorithm) as error:
        logger.warning("key of the JWKS left out: %r", error)
        return None


def _is_for_tokens(entry: dict[str, Any]) -> bool:
    # every member is optional (RFC 7517); one that is absent allows what we need
    operations = entry.get("key_ops", ["verify"])
    return (
        entry.get("use", "sig") == "sig"
        and isinstance(operations, list)
        and "verify" in operations
        and entry.get("alg", ALGORITHMS[0]) in ALGORITHMS
        and entry.get("crv", CURVES[0]) in CURVES
    )
