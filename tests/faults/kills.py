"""Kills the server amid imports, plan edits, approvals and promotions, and looks what is left."""

from __future__ import annotations

import random
import time
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from .asks import Ask, Client, GoneError, Record
from .evidence import Evidence
from .servers import Nursery, Server
from .site import Site
from .work import at_work

MOMENTS = (0.05, 1.5)  # seconds of work until the server is killed
# kinds of requests by the work that they are part of
WORK = {
    "plans": {"plan", "edit", "comment", "cancellation", "decision", "activation"},
    "enrolments": {"enrolment", "leaving"},
    "imports": {"import"},
    "models": {"switch"},
}
PATIENCE_SECONDS = 300  # for a server to be asked anything
MOST_SECONDS_A_KILL = 120  # of each kind of work; a server of an idle machine is up in one
ANSWERED_AGAIN = 4  # answered requests that are sent again after each kill
JOBS_SECONDS = 600


@dataclass
class Kills:
    """What was done to a server, and what came of it.

    Parameters
    ----------
    nursery : Nursery
        Starts the servers.
    site : Site
        The same one from kill to kill.
    """

    nursery: Nursery
    site: Site
    record: Record = field(default_factory=Record)
    evidence: Evidence = field(init=False)
    violations: list[str] = field(default_factory=list[str])
    cut_off: Counter[str] = field(default_factory=Counter)
    killed: Counter[str] = field(default_factory=Counter)
    replayed: int = 0

    def __post_init__(self) -> None:
        self.evidence = self.site.evidence()

    def run(self, kills: int) -> dict[str, Any]:
        """Kill, start again, look; until each kind of work was killed amid it often enough.

        Parameters
        ----------
        kills : int
            How often each kind of work is to be killed.

        Returns
        -------
        dict
            Figures; ``violations`` is what must not be.
        """
        began = time.monotonic()
        server = self._start()
        servers = 0
        try:
            while min(self.killed[work] for work in WORK) < kills:
                if time.monotonic() - began > kills * MOST_SECONDS_A_KILL:
                    self.violations.append(f"too slow to kill enough: {dict(self.killed)}")
                    break
                checked = len(self.record.asks)
                with at_work(server.port, self.site.keys, self.record, self.site.ground):
                    self._wait_for_an_answer(checked)
                    time.sleep(random.uniform(*MOMENTS))
                    server.kill(alone=random.random() < 0.5)
                servers += 1
                server = self._start()
                self._look()
                self._count_killed(self.record.asks[checked:])
                self._send_again(server, self.record.asks[checked:])
            self._wait_for_jobs()
            self._look()
            self.violations += server.bugs()
        finally:
            server.kill()
        return self._figures(servers, time.monotonic() - began)

    def _start(self) -> Server:
        return self.nursery.start(self.site.url, self.site.folder)

    def _wait_for_an_answer(self, checked: int) -> None:
        ends = time.monotonic() + PATIENCE_SECONDS
        while not any(ask.is_acknowledged for ask in self.record.asks[checked:]):
            if time.monotonic() > ends:
                self.violations.append("a server that is ready answers nothing")
                return
            time.sleep(0.01)

    def _count_killed(self, asks: list[Ask]) -> None:
        """Count what the server was amid when it was killed: requests, and jobs at work."""
        unanswered = {ask.kind for ask in asks if not ask.status}
        if any(job.attempts and job.finished_at is None for job in self.evidence.jobs.values()):
            unanswered.add("import")
        self.killed.update(work for work, kinds in WORK.items() if kinds & unanswered)

    def _look(self) -> None:
        self.violations += self.evidence.look()
        self.violations += self.evidence.weigh(self.record.asks)

    def _send_again(self, server: Server, asks: list[Ask]) -> None:
        """Send again what was not answered, as clients do, and some of what was."""
        unanswered = [ask for ask in asks if not ask.status]
        for ask in unanswered:
            stored = self.evidence.effects[ask.kind, ask.mark]
            self.cut_off[f"{ask.kind}, {'stored' if stored else 'not stored'}"] += 1
        answered = [ask for ask in asks if ask.is_acknowledged]
        random.shuffle(answered)
        client = Client(server.port, self.site.keys, self.record)
        try:
            for ask in unanswered:
                client.send(ask)
            for ask in answered[:ANSWERED_AGAIN]:
                before = ask.status, ask.content
                client.send(ask)
                self.replayed += 1
                if (ask.status, ask.content) != before or "idempotent-replayed" not in ask.headers:
                    self.violations.append(f"{ask.kind} {ask.mark}: another answer the second time")
        except GoneError as error:
            self.violations.append(f"a server that nobody killed is gone: {error}")
        finally:
            client.close()

    def _wait_for_jobs(self) -> None:
        ends = time.monotonic() + JOBS_SECONDS
        while any(job.finished_at is None for job in self.evidence.jobs.values()):
            if time.monotonic() > ends:
                self.violations.append("jobs do not end")
                return
            time.sleep(0.5)
            self.violations += self.evidence.look()

    def _figures(self, kills: int, seconds: float) -> dict[str, Any]:
        asks = self.record.asks
        jobs = self.evidence.jobs.values()
        return {
            "kills": kills,
            "requests": len(asks),
            "acknowledged": Counter(ask.kind for ask in asks if ask.is_acknowledged),
            "refused": Counter(
                f"{ask.kind} {ask.status}" for ask in asks if not ask.is_acknowledged
            ),
            "killed": self.killed,
            "cut_off": self.cut_off,
            "answered_again": self.replayed,
            "imports": Counter(job.status for job in jobs),
            "imports_begun_anew": sum(job.attempts > 1 for job in jobs),
            "audit_entries": self.evidence.n_entries,
            "seconds": round(seconds, 1),
            "violations": sorted({*self.violations, *self.record.faults}),
        }
