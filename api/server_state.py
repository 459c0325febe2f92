"""What one server process holds while it runs."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field

from cachetools import LRUCache
from limits import RateLimitItem, parse

from api.identity.tokens import TokenVerifier
from api.rate_limits import Windows
from recommender.service.access.audit_writer import AuditTrail
from recommender.service.groups.level_cache import HeldLevels
from recommender.service.jobs.runner import JobRunner
from recommender.service.live import LiveService
from recommender.settings import Settings
from recommender.store import StoredKey

_KEYS_HELD = 4096
_ANSWERS_HELD = 4096
REFUSALS = parse("60/minute")


@dataclass
class Running:
    """The parts of a running server.

    Parameters
    ----------
    settings : Settings
        Of the process.
    live : LiveService
        Catalogue, database and models as they are now.
    trail : AuditTrail
        Writes the audit entries of reads.
    jobs : JobRunner
        Runs long work.
    verifier : TokenVerifier or None
        Checks bearer tokens of an identity provider, if one is set.
    """

    settings: Settings
    live: LiveService
    trail: AuditTrail
    jobs: JobRunner
    verifier: TokenVerifier | None
    limit: RateLimitItem = field(init=False)
    windows: Windows = field(init=False)
    keys: KeyCache = field(init=False)
    answers: AnswerCache = field(init=False)
    levels: HeldLevels = field(init=False)

    def __post_init__(self) -> None:
        self.limit = parse(self.settings.rate_limit)
        self.windows = Windows()
        self.keys = KeyCache()
        self.answers = AnswerCache()
        self.levels = HeldLevels()


class KeyCache:
    """API keys that were checked, as long as no key was changed since."""

    def __init__(self) -> None:
        self._held: LRUCache[str, StoredKey] = LRUCache(_KEYS_HELD)
        self._changes = -1
        self._lock = threading.Lock()

    def get(self, token: str, *, changes: int) -> StoredKey | None:
        """Return the key of a token, if it was checked and no key was changed since."""
        with self._lock:
            if changes != self._changes:
                self._held.clear()
                self._changes = changes
            return self._held.get(token)

    def put(self, token: str, key: StoredKey, *, changes: int) -> None:
        """Hold a key that was just checked."""
        with self._lock:
            if changes == self._changes:
                self._held[token] = key


class AnswerCache:
    """Answers as they were sent; what they rest on is part of the key, so none is ever stale."""

    def __init__(self) -> None:
        self._held: LRUCache[tuple[object, ...], bytes] = LRUCache(_ANSWERS_HELD)
        self._lock = threading.Lock()

    def get(self, key: tuple[object, ...]) -> bytes | None:
        """Return an answer, if it is held."""
        with self._lock:
            return self._held.get(key)

    def put(self, key: tuple[object, ...], answer: bytes) -> None:
        """Hold an answer."""
        with self._lock:
            self._held[key] = answer
