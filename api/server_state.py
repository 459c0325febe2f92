"""What one server process holds while it runs."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field

from limits import RateLimitItem, parse

from api.identity.provider import Provider
from api.identity.tokens import TokenVerifier
from api.rate_limits import Windows
from recommender.service.access.audit_writer import AuditWriter
from recommender.service.installation import Installation
from recommender.service.jobs.runner import JobRunner
from recommender.settings import Settings

REFUSALS = parse("60/minute")
"""How many wrong keys one address may send."""


@dataclass
class ServerState:
    """The parts of a running server.

    Parameters
    ----------
    settings : Settings
        Settings of the process.
    installation : Installation
        Catalogue, database and models as they are now.
    writer : AuditWriter
        Writes the audit entries of requests that change nothing.
    jobs : JobRunner
        Runs long work.
    verifier : TokenVerifier or None
        Checks bearer tokens of an identity provider, if one is set.
    provider : Provider or None
        Where people sign in with a browser, if that is set.
    """

    settings: Settings
    installation: Installation
    writer: AuditWriter
    jobs: JobRunner
    verifier: TokenVerifier | None
    provider: Provider | None
    limit: RateLimitItem = field(init=False)
    plan_limit: RateLimitItem = field(init=False)
    rates: Windows = field(init=False, default_factory=Windows)
    looking: asyncio.Task[bool] | None = field(init=False, default=None)

    def __post_init__(self) -> None:
        self.limit = parse(self.settings.rate_limit)
        self.plan_limit = parse(self.settings.plan_limit)
