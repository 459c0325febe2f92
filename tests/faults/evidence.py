"""What the database and the registry hold of what was asked: all of it, once, or nothing.

Read from the tables, not through the API: what is stored is what counts.
"""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from recommender.errors import RecommenderError
from recommender.improvement.registry import active_model, load_model, read_switches
from recommender.store import reading, schema, verify_trail

from .asks import Ask
from .work import ENROLLED_ON, IMPORTED_ROWS, N_PARTIES

_CONTENT, _NOTED = ("created", "remade", "edited"), ("edited", "cancelled")
_TRIED_IN_VAIN = "job.crashed"  # each of its servers was killed


@dataclass
class Evidence:
    """What was found in a database and a registry; looked at again after every kill.

    Parameters
    ----------
    engine : Engine
        Of the database.
    models : Path
        Folder of the models.
    effects : Counter
        How often each kind and mark took effect.
    audited : Counter
        Entries of the audit trail by request id and what they say of a switch.
    jobs : dict of str to Row
        Jobs by the name of their file, without its ending.
    versions : dict of str to dict
        What led to each version of each plan.
    n_entries : int
        Length of the audit trail.
    """

    engine: sa.Engine
    models: Path
    effects: Counter[tuple[str, str]] = field(default_factory=Counter)
    audited: Counter[tuple[str, str]] = field(default_factory=Counter)
    jobs: dict[str, Any] = field(default_factory=dict)
    versions: dict[str, dict[int, str]] = field(default_factory=dict)
    _told: Counter[tuple[str, str]] = field(default_factory=Counter)
    n_entries: int = 0

    def look(self) -> list[str]:
        """Read everything anew, and return what is half done or contradicts itself."""
        with reading(self.engine) as connection:
            broken = [
                *_find_damage(connection),
                *self._read_plans(connection),
                *self._read_trail(connection),
                *self._read_jobs(connection),
            ]
            rows = self._count_rows(connection)
        found = self._read_registry()
        self.effects = self._told + rows + found[0]
        return broken + found[1]

    def weigh(self, asks: list[Ask]) -> list[str]:
        """Return what was acknowledged and is not there, or is there and should not be."""
        wrong: list[str] = []
        for ask in asks:
            times, noted = self.effects[ask.kind, ask.mark], self._noted(ask)
            said = f"{ask.kind} {ask.mark} ({ask.name}, {ask.tries} times, answer {ask.status})"
            if ask.is_acknowledged and times != 1:
                wrong.append(f"{said}: acknowledged, there {times} times")
            elif ask.status and not ask.is_acknowledged and times:
                wrong.append(f"{said}: refused, there {times} times: {ask.content.decode()[:300]}")
            elif times > 1:
                wrong.append(f"{said}: not answered, there {times} times")
            if ask.kind == "switch":
                # files and database do not share a transaction: the intent comes first
                if times > noted["asked"] or (ask.is_acknowledged and not noted["done"]):
                    wrong.append(f"{said}: {times} times, in the audit trail {dict(noted)}")
            elif bool(times) != bool(noted[""]):
                wrong.append(f"{said}: {times} times, in the audit trail {noted['']} times")
        return wrong

    def _noted(self, ask: Ask) -> Counter[str]:
        found: Counter[str] = Counter()
        for request_id in ask.request_ids:
            for stage in ("", "asked", "done", "repeated", "failed"):
                found[stage] += self.audited[request_id, stage]
        return found

    def _read_plans(self, connection: sa.Connection) -> list[str]:
        plan, version = schema.plan.c, schema.plan_version.c
        found: dict[str, dict[int, str]] = defaultdict(dict)
        for row in connection.execute(sa.select(version.plan_id, version.version, version.change)):
            found[row.plan_id][row.version] = row.change
        broken = [
            f"versions of plan {plan_id} are gone"
            for plan_id, changes in self.versions.items()
            if not changes.items() <= found.get(plan_id, {}).items()
        ]
        new = {
            plan_id: [number for number in changes if number not in self.versions.get(plan_id, {})]
            for plan_id, changes in found.items()
        }
        for plan_id, numbers in new.items():
            if numbers:
                self._read_versions(connection, plan_id, numbers)
        self.versions = dict(found)
        heads = connection.execute(sa.select(plan.plan_id, plan.version, plan.status)).all()
        decisions = Counter(connection.scalars(sa.select(schema.plan_approval.c.plan_id)))
        broken += [f"plan {name} has no head" for name in found.keys() - {h[0] for h in heads}]
        for plan_id, newest, status in heads:
            changes = found.get(plan_id, {})
            if sorted(changes) != [*range(1, newest + 1)]:
                broken.append(f"plan {plan_id} is at {newest}, its versions are {changes}")
            elif _status_after(changes) != status:
                broken.append(f"plan {plan_id} is {status} after {changes}")
            decided = sum(change in ("approved", "rejected") for change in changes.values())
            if decided != decisions[plan_id]:
                broken.append(f"plan {plan_id}: {decisions[plan_id]} decisions, {changes}")
        return broken

    def _read_versions(self, connection: sa.Connection, plan_id: str, numbers: list[int]) -> None:
        version = schema.plan_version.c
        query = sa.select(version.change, version.body).where(
            version.plan_id == plan_id, version.version.in_(numbers)
        )
        for change, body in connection.execute(query):
            if change in ("created", "remade"):
                self._told["plan", f"{body['plan']['hours_budget']:.4f}"] += 1
            elif change == "activated":
                self._told["activation", f"/v1/plans/{plan_id}"] += 1
            elif change in _NOTED:
                kind = "edit" if change == "edited" else "cancellation"
                self._told[kind, body.get("note", "")] += 1

    def _read_trail(self, connection: sa.Connection) -> list[str]:
        entry = schema.audit_entry.c
        query = sa.select(entry.seq, entry.request_id, entry.action, entry.details)
        for row in connection.execute(query.where(entry.seq > self.n_entries).order_by(entry.seq)):
            self.n_entries = row.seq
            self.audited[row.request_id, row.details.get("stage", "")] += 1
        verdict = verify_trail(connection)
        if verdict.broken_at is not None:
            return [f"the audit trail is broken at entry {verdict.broken_at}"]
        return []

    def _read_jobs(self, connection: sa.Connection) -> list[str]:
        job = schema.job.c
        query = sa.select(
            job.job_id, job.request, job.status, job.problem, job.attempts, job.finished_at
        )
        rows = connection.execute(query.where(job.kind == "import")).all()
        self.jobs = {row.request["file_name"].removesuffix(".csv"): row for row in rows}
        broken = [f"{len(rows)} jobs of {len(self.jobs)} files"] * (len(rows) != len(self.jobs))
        people = Counter(
            name.partition("-")[0]
            for name in connection.scalars(sa.select(schema.person.c.person_id))
        )
        batches = Counter(connection.scalars(sa.select(schema.import_batch.c.file_name)))
        for mark, row in self.jobs.items():
            done = row.status == "done"
            there = people[mark], batches[f"{mark}.csv"], self.audited[row.job_id, ""]
            if there != ((IMPORTED_ROWS, 1, 1) if done else (0, 0, 0)):
                broken.append(f"import {mark} is {row.status}; rows, batches, audited: {there}")
            if row.status == "failed" and row.problem["code"] != _TRIED_IN_VAIN:
                broken.append(f"import {mark} failed: {row.problem}")
        return broken

    def _count_rows(self, connection: sa.Connection) -> Counter[tuple[str, str]]:
        found: Counter[tuple[str, str]] = Counter()
        enrolment = schema.enrolment.c
        query = sa.select(enrolment.person_id, enrolment.module_id, enrolment.status).where(
            enrolment.enrolled_on == ENROLLED_ON
        )
        for person, module, status in connection.execute(query):
            found["enrolment", f"{person} {module}"] += 1
            found["leaving", f"{person} {module}"] += status == "cancelled"
        for comment in connection.scalars(sa.select(schema.plan_approval.c.comment)):
            found["decision", comment] += 1
        for text in connection.scalars(sa.select(schema.plan_comment.c.text)):
            found["comment", text] += 1
        for mark in self.jobs:
            found["import", mark] += 1
        job = schema.job.c
        for request in connection.scalars(sa.select(job.request).where(job.kind == "plans")):
            found["batch", f"{request['plan']['hours_budget']:.4f}"] += 1
        return found

    def _read_registry(self) -> tuple[Counter[tuple[str, str]], list[str]]:
        found: Counter[tuple[str, str]] = Counter()
        try:
            switches = read_switches(self.models)
            name = active_model(self.models)
            if name is not None:
                load_model(self.models, name)
        except RecommenderError as problem:
            return found, [f"the registry cannot be read: {problem}"]
        for switch in switches:
            found["switch", switch.reason] += 1
        in_force = [None, *(switch.model_id for switch in switches)]
        before = [switch.previous for switch in switches]
        if before != in_force[:-1] or in_force[-1] != name:
            return found, [f"the switches say {json.dumps(in_force)}, {name} is in force"]
        return found, []


def _find_damage(connection: sa.Connection) -> list[str]:
    """Return what SQLite says of its file; a server looks after its own."""
    if connection.dialect.name != "sqlite":
        return []
    found = connection.exec_driver_sql("PRAGMA integrity_check").scalars()
    damage = [line for line in found if line != "ok"]
    return damage + [f"{row}" for row in connection.exec_driver_sql("PRAGMA foreign_key_check")]


def _status_after(changes: dict[int, str]) -> str:
    """Return the status of a plan after its changes."""
    last = changes[max(changes)]
    if last == "approved":
        content = max(number for number, change in changes.items() if change in _CONTENT)
        n_approved = sum(number > content for number in changes)
        return "approved" if n_approved == N_PARTIES else "draft"
    return {"activated": "active", "cancelled": "cancelled"}.get(last, "draft")
