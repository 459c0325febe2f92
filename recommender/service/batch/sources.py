"""Where a run over everybody has its facts: the database, or a folder of Parquet files."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import NamedTuple, Protocol

import pandas as pd

from recommender.errors import InputError
from recommender.exchange.parquet.facts import FactFolder, branch_of
from recommender.store import (
    EVERYONE,
    Connection,
    Engine,
    FirstDays,
    Scope,
    Snapshot,
    read_offerings,
    read_snapshot,
    reading,
    schema,
)
from recommender.store.people.people import list_people
from recommender.store.scope import present


class Head(NamedTuple):
    """Somebody who is present; `version` is another one whenever a fact about the person is."""

    person_id: str
    org_unit: str
    grade: str
    synthetic: bool
    version: str


class OpenFacts(Protocol):
    """One state of the facts about people of one branch."""

    def read_heads(self, person_ids: Sequence[str]) -> list[Head]:
        """Return those of people who are present on the day, by id."""
        ...

    def read_snapshot(self, person_ids: Sequence[str], first_days: FirstDays) -> Snapshot:
        """Return all that matters on the day of what is known of people."""
        ...

    def read_offerings(self) -> pd.DataFrame:
        """Return the offerings that people can still be sent to, as the database does."""
        ...


class Facts(Protocol):
    """Facts about everybody."""

    def list_people(self, scope: Scope, as_of: dt.date) -> list[tuple[str, str]]:
        """Return branch and id of everybody within a scope who is present on a day."""
        ...

    @contextmanager
    def open(self, branch: str, as_of: dt.date) -> Iterator[OpenFacts]:
        """Open one state of the facts about a branch."""
        ...


@dataclass(frozen=True)
class DatabaseFacts:
    """The facts of an installation."""

    engine: Engine

    def list_people(self, scope: Scope, as_of: dt.date) -> list[tuple[str, str]]:
        """Return branch and id of everybody within a scope who is present on a day."""
        with reading(self.engine) as connection:
            people = list_people(connection, scope, conditions=[present(as_of)], limit=None)
        return [(branch_of(head.org_unit), head.person_id) for head in people]

    @contextmanager
    def open(self, branch: str, as_of: dt.date) -> Iterator[OpenFacts]:
        """Open one state of the facts about a branch."""
        with reading(self.engine) as connection:
            yield _OpenDatabase(connection, as_of)


@dataclass(frozen=True)
class _OpenDatabase:
    connection: Connection
    as_of: dt.date

    def read_heads(self, person_ids: Sequence[str]) -> list[Head]:
        wanted = schema.person.c.person_id.in_(person_ids)
        people = list_people(
            self.connection, EVERYONE, conditions=[present(self.as_of), wanted], limit=None
        )
        return [
            Head(head.person_id, head.org_unit, head.grade, head.synthetic, str(head.version))
            for head in people
        ]

    def read_snapshot(self, person_ids: Sequence[str], first_days: FirstDays) -> Snapshot:
        return read_snapshot(
            self.connection, as_of=self.as_of, first_days=first_days, person_ids=person_ids
        )

    def read_offerings(self) -> pd.DataFrame:
        return read_offerings(self.connection, as_of=self.as_of)


@dataclass(frozen=True)
class FolderFacts:
    """The facts in a folder of Parquet files; a branch changes when one of its files does."""

    folder: FactFolder

    def list_people(self, scope: Scope, as_of: dt.date) -> list[tuple[str, str]]:
        """Return branch and id of everybody in the folder who is present on a day.

        Raises
        ------
        InputError
            If a file has faults, or somebody stands in two rows.
        """
        found: list[tuple[str, str]] = []
        for branch in self.folder.branches():
            people = self.folder.read_people(branch, as_of)
            found += [(branch, person_id) for person_id in people["person_id"]]
        twice = [person_id for person_id, n in Counter(p for _, p in found).items() if n > 1]
        if twice:
            raise InputError(
                "batch.facts-twice", path=str(self.folder.folder), person_id=min(twice)
            )
        return found

    @contextmanager
    def open(self, branch: str, as_of: dt.date) -> Iterator[OpenFacts]:
        """Open one state of the facts about a branch."""
        yield _OpenFolder(self.folder, branch, as_of)


@dataclass(frozen=True)
class _OpenFolder:
    folder: FactFolder
    branch: str
    as_of: dt.date

    def read_heads(self, person_ids: Sequence[str]) -> list[Head]:
        people = self.folder.read_people(self.branch, self.as_of, person_ids)
        version = self.folder.fingerprint(self.branch)
        columns = ("person_id", "org_unit", "grade", "synthetic")
        return [
            Head(person_id, org_unit, grade, synthetic, version)
            for person_id, org_unit, grade, synthetic in people[list(columns)].to_numpy().tolist()
        ]

    def read_snapshot(self, person_ids: Sequence[str], first_days: FirstDays) -> Snapshot:
        def read(kind: str, day: str, first: dt.date) -> pd.DataFrame:
            rows = self.folder.read(kind, self.branch, person_ids)
            return rows[(rows[day] >= first) & (rows[day] <= self.as_of)]

        people = self.folder.read_people(self.branch, self.as_of, person_ids)
        enrolments = self.folder.read("enrolments", self.branch, person_ids)
        completed = enrolments["status"] == "completed"
        done = enrolments[completed & (enrolments["completed_on"] <= self.as_of)]
        return Snapshot(
            people=people,
            ratings=read("ratings", "rated_on", first_days.ratings),
            exams=read("exams", "sat_on", first_days.exams),
            assessments=read("assessments", "assessed_on", first_days.assessments),
            completions=done[["person_id", "module_id", "completed_on"]],
        )

    def read_offerings(self) -> pd.DataFrame:
        return self.folder.read_offerings(self.as_of)
