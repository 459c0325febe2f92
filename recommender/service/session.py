"""One request: who asks, in which language, and what of it goes into the audit trail."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any, TypeVar

from recommender.errors import NotFoundError
from recommender.service.installation import Service
from recommender.service.permissions import COMMAND_LINE, Permission, Principal
from recommender.store import (
    EVERYONE,
    AuditEntry,
    Connection,
    PersonHead,
    append_entries,
    find_person,
    reading,
    writing,
)

T = TypeVar("T")


@dataclass
class Session:
    """What a use case is handed: the service, and on whose behalf it runs.

    Parameters
    ----------
    service : Service
        Catalogue, database and models as they are now.
    who : Principal
        Who asks.
    action : str
        Name of the operation, for the audit trail.
    today : date
        The day it is.
    lang : str
        Language of texts.
    request_id : str
        Of the request.
    resource : str
        What it is about, for the audit trail.
    once : str
        The same for a request that is sent again, and for no other one; empty where nobody can
        tell. For what is done outside of the database.
    details : dict
        Figures for the audit trail.
    """

    service: Service
    who: Principal
    action: str
    today: dt.date
    lang: str = "zh-CN"
    request_id: str = ""
    resource: str = ""
    once: str = ""
    details: dict[str, Any] = field(default_factory=dict[str, Any])
    _subjects: dict[str, None] = field(default_factory=dict[str, None])

    def need(self, permission: Permission) -> None:
        """Raise a `ForbiddenError` unless the principal has the permission."""
        self.who.need(permission)

    def read(self, use: Callable[[Connection], T]) -> T:
        """Run what reads one consistent state of the database."""
        with reading(self.service.engine) as connection:
            return use(connection)

    def write(self, use: Callable[[Connection], T]) -> T:
        """Run what writes, and note it in the audit trail, in one transaction."""
        with writing(self.service.engine) as connection:
            done = use(connection)
            append_entries(connection, [self.entry()])
        self._subjects.clear()
        return done

    def person(self, connection: Connection, person_id: str, *, lock: bool = False) -> PersonHead:
        """Find a person within the principal's scope, and note that the person was looked at.

        With `lock` nobody else changes the person until the transaction ends.

        Raises
        ------
        NotFoundError
            If there is no such person, or none that the principal may see: the same to him.
        """
        head = find_person(connection, self.who.scope, person_id, lock=lock)
        if head is None:
            raise NotFoundError("person.unknown", person_id=person_id)
        self.saw([head.ref])
        return head

    def saw(self, refs: Iterable[str | None]) -> None:
        """Note whose data this request reads or writes, by `ref`."""
        self._subjects.update(dict.fromkeys(ref for ref in refs if ref))

    @property
    def saw_somebody(self) -> bool:
        """Whether personal data was read that is not in the trail yet."""
        return bool(self._subjects)

    def entry(self) -> AuditEntry:
        """Return what goes into the audit trail."""
        return AuditEntry(
            at=dt.datetime.now(dt.UTC),
            actor=self.who.actor,
            role=self.who.role.value,
            action=self.action,
            resource=self.resource,
            subjects=tuple(self._subjects),
            request_id=self.request_id,
            details=self.details,
        )


def note_command(service: Service, name: str, person_id: str | None, *, today: dt.date) -> None:
    """Note in the audit trail that a command was given, and about whom."""
    session = Session(service, COMMAND_LINE, f"command {name}", today=today)

    def find(connection: Connection) -> None:
        person = find_person(connection, EVERYONE, person_id) if person_id else None
        session.saw([person.ref if person else None])

    session.write(find)
