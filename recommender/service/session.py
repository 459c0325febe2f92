"""One request: who asks, on which day, in which language, and what the audit trail says of it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field, replace
from typing import Any

import structlog

from recommender.errors import NotFoundError, StoreError
from recommender.results import Recommendations
from recommender.service.access.audit_writer import Note, describe_shown, store_notes
from recommender.service.access.mass_reads import WINDOW_MINUTES
from recommender.service.installation import Service, open_service
from recommender.service.permissions import COMMAND_LINE, Permission, Principal
from recommender.settings import Settings
from recommender.store import AuditEntry, Connection, PersonHead, find_person, read_refs
from recommender.store import reading as open_reading
from recommender.store import writing as open_writing

_log = structlog.get_logger("recommender.audit")

NAMED_PEOPLE = 25_000
"""Most people that one entry of the audit trail names; it stays below 1 MB."""


@dataclass
class Session:
    """What every use case is handed: the installation, and on whose behalf it runs.

    A use case reads in `reading`, computes with no connection held, and writes in `writing`. Both
    may be nested: the inner one uses the connection at hand, so that a use case can call another.

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
    request_key : str
        The same when a request is sent again, and different for any other request; empty where
        that is not known. For work outside of the database.
    details : dict
        Figures for the audit trail.
    is_noted : bool
        Whether the audit trail has an entry for this session.
    """

    service: Service
    who: Principal
    action: str
    today: dt.date
    lang: str = "zh-CN"
    request_id: str = ""
    resource: str = ""
    request_key: str = ""
    details: dict[str, Any] = field(default_factory=dict[str, Any])
    is_noted: bool = False
    _subjects: dict[str, None] = field(default_factory=dict[str, None])
    _shown: list[Recommendations] = field(default_factory=list[Recommendations])
    _connection: Connection | None = None
    _unit: ExitStack | None = None
    _begin: Callable[[Connection], None] | None = None

    def need(self, permission: Permission) -> None:
        """Raise a `ForbiddenError` unless the principal has the permission."""
        self.who.need(permission)

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """Open one consistent state of the database."""
        if self._connection is not None:
            yield self._connection
            return
        with open_reading(self.service.engine) as connection:
            self._connection = connection
            try:
                yield connection
            finally:
                self._connection = None

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """Open one transaction; the entry of the audit trail is stored with it, or nothing is."""
        if self._connection is not None:
            yield self._connection
        elif self._unit is not None:
            # begun here, and ended by `together`: until then further writes find the connection
            yield self._unit.enter_context(self._transaction(self._begin))
        else:
            with self._transaction() as connection:
                yield connection

    @contextmanager
    def together(self, begin: Callable[[Connection], None] | None = None) -> Iterator[None]:
        """Make one transaction of all that is written inside, begun by the first write.

        `begin` is called with the connection as soon as the transaction is open.
        """
        with ExitStack() as unit:
            self._unit, self._begin = unit, begin
            try:
                yield
            finally:
                self._unit = self._begin = None

    @contextmanager
    def _transaction(
        self, begin: Callable[[Connection], None] | None = None
    ) -> Iterator[Connection]:
        with open_writing(self.service.engine) as connection:
            self._connection = connection
            try:
                if begin is not None:
                    begin(connection)
                yield connection
                # last: writers queue for the head of the chain of entries, so hold it briefly
                store_notes(connection, [self._note()])
            finally:
                self._connection = None
        self._forget()

    def note(self) -> None:
        """Store the entry of the audit trail by itself."""
        with self._transaction():
            pass

    @property
    def has_something_to_note(self) -> bool:
        """Whether data of people was read, or modules were shown, and nothing notes it yet."""
        return bool(self._subjects or self._shown)

    def take_note(self) -> Note | None:
        """Return, for the audit writer, what was read and shown and is not noted yet."""
        if not self.has_something_to_note:
            return None
        note = self._note()
        self._forget()
        return note

    def person(self, connection: Connection, person_id: str, *, lock: bool = False) -> PersonHead:
        """Find a person within the principal's scope, and note that the person was looked at.

        With `lock` nobody else changes the person until the transaction ends.

        Raises
        ------
        NotFoundError
            If there is no such person, or none that the principal may see: nobody can tell which.
        """
        head = find_person(connection, self.who.scope, person_id, lock=lock)
        if head is None:
            raise NotFoundError("person.unknown", person_id=person_id)
        self.saw([head.ref])
        return head

    @property
    def subjects(self) -> tuple[str, ...]:
        """Whose data this request has read or written so far, by `ref`."""
        return tuple(self._subjects)

    def saw(self, refs: Iterable[str | None]) -> None:
        """Note whose data this request reads or writes, by `ref`."""
        # a dict as a set that keeps the order in which people were read
        self._subjects.update(dict.fromkeys(ref for ref in refs if ref))

    def saw_people(self, connection: Connection, person_ids: Sequence[str]) -> None:
        """Note by id whose data this request reads or writes; of very many only how many."""
        self.details["people"] = len(person_ids)
        if len(person_ids) <= NAMED_PEOPLE:
            self.saw(read_refs(connection, person_ids))

    def showed(self, recommendations: Iterable[Recommendations]) -> None:
        """Note which modules are shown to whom, at which rank."""
        self._shown += recommendations

    def _forget(self) -> None:
        self.is_noted = True
        self._subjects.clear()
        self._shown.clear()

    def _note(self) -> Note:
        now = dt.datetime.now(dt.UTC)
        entry = AuditEntry(
            at=now,
            actor=self.who.actor,
            role=self.who.role.value,
            action=self.action,
            resource=self.resource,
            subjects=self.subjects,
            request_id=self.request_id,
            details=self.details,
        )
        entries = [entry, *self._find_alarm(entry)]
        return Note(entries, [describe_shown(ranked, at=now) for ranked in self._shown])

    def _find_alarm(self, entry: AuditEntry) -> list[AuditEntry]:
        """Return the entry that says that the actor has read very many people, if it is due."""
        watch = self.service.mass_reads
        people = entry.details.get("people", 0)
        if watch is None or not watch.is_new(entry.actor, entry.subjects, at_least=people):
            return []
        alarm = {"more_than": watch.limit, "within_minutes": WINDOW_MINUTES}
        _log.warning(
            "mass-read", actor=entry.actor, role=entry.role, request_id=entry.request_id, **alarm
        )
        return [replace(entry, action="mass-read", subjects=(), details=alarm)]


@contextmanager
def open_session(
    settings: Settings, action: str, *, always_noted: bool = False, who: Principal = COMMAND_LINE
) -> Iterator[Session]:
    """Open an installation for one command, on behalf of the command line unless told otherwise.

    The audit trail has its entry when this ends, so show nothing of what was read inside.

    Parameters
    ----------
    settings : Settings
        Where catalogue, database and models are.
    action : str
        Name of the command, for the audit trail.
    always_noted : bool
        Whether the audit trail has an entry even where the command read nobody's data.
    who : Principal
        Who asks.

    Yields
    ------
    Session
        Open until the end of the block.
    """
    service = open_service(settings)
    try:
        session = Session(service, who, action, settings.today(), lang=settings.lang)
        try:
            yield session
        except BaseException:
            if always_noted:
                with suppress(StoreError):  # the first problem is the one to tell
                    session.note()
            raise
        if session.has_something_to_note or (always_noted and not session.is_noted):
            session.note()
    finally:
        service.close()
