"""Who looked at a person: told to that person, and to whoever reads the audit trail."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from dataclasses import dataclass

from recommender.errors import ForbiddenError
from recommender.service.permissions import Permission, Principal
from recommender.service.session import Session
from recommender.store import StoredEntry
from recommender.store.access.audit import list_latest

# entries that one page is made of: most are of the same person on the same day
_READ = 1000
# what an operation is about, by a part of its name; the first that fits
_AREAS = (
    ("mass-read", "alarm"),
    ("preview", "plan"),
    ("key", "rights"),
    ("account", "rights"),
    ("password", "rights"),
    ("sign-in", "rights"),
    ("first-start", "rights"),
    ("demo", "import"),
    ("reset_link", "rights"),
    ("confirm_waiting", "rights"),
    ("retention", "privacy"),
    ("model", "model"),
    ("train", "model"),
    ("objection", "review"),
    ("review", "review"),
    ("export", "privacy"),
    ("erase", "privacy"),
    ("access", "privacy"),
    ("audit", "privacy"),
    ("show_trail", "privacy"),
    ("show_entry", "privacy"),
    ("check_chain", "privacy"),
    ("import", "import"),
    ("upload", "import"),
    ("undo_batch", "import"),
    ("show_batch", "import"),
    ("job", "list"),
    ("_file", "import"),
    ("recommend", "courses"),
    ("left_out", "courses"),
    ("plan", "plan"),
    ("enrol", "courses"),
    ("growth", "courses"),
    ("people", "list"),
    ("suggest", "list"),
    ("team", "list"),
    ("heatmap", "list"),
    ("statistics", "list"),
    ("calendar", "plan"),
    ("offering", "catalog"),
    ("catalog", "catalog"),
    ("module", "catalog"),
    ("change_person", "person"),
    ("create_person", "person"),
    ("read_person", "person"),
    ("facts", "person"),
    ("mark_left", "person"),
)


@dataclass(frozen=True)
class Access:
    """How often somebody looked at a kind of data of a person on a day (in UTC).

    Parameters
    ----------
    day : date
        The day.
    last_at : datetime
        The last time on it, in UTC.
    role : str
        In which role.
    is_self : bool
        Whether it was the person.
    actor : str or None
        Name in the audit trail, for those who read the trail; None for the person.
    area : str
        What was looked at, as `find_area` has it.
    times : int
        How often.
    """

    day: dt.date
    last_at: dt.datetime
    role: str
    is_self: bool
    actor: str | None
    area: str
    times: int


def may_see_accesses(who: Principal, person_id: str) -> bool:
    """Say whether a principal is told who looked at a person."""
    return who.person_id == person_id or Permission.READ_AUDIT in who.permissions


def read_accesses(session: Session, person_id: str) -> list[Access]:
    """List who looked at a person, the newest day first.

    Raises
    ------
    ForbiddenError
        If the principal is neither the person nor reads the audit trail.
    NotFoundError
        If there is no such person within the principal's scope.
    """
    if not may_see_accesses(session.who, person_id):
        raise ForbiddenError("access.not-told")
    with session.reading() as connection:
        head = session.person(connection, person_id)
        entries = list_latest(connection, head.ref, limit=_READ)
    named = Permission.READ_AUDIT in session.who.permissions
    times: Counter[tuple[dt.date, str, str, str]] = Counter()
    last: dict[tuple[dt.date, str, str, str], StoredEntry] = {}
    for entry in entries:
        key = (entry.at.date(), entry.actor, entry.role, find_area(entry.action))
        times[key] += 1
        last.setdefault(key, entry)  # the newest comes first
    return [
        Access(
            day=key[0],
            last_at=last[key].at,
            role=key[2],
            is_self=session.who.person_id == person_id and key[1] == session.who.actor,
            actor=key[1] if named else None,
            area=key[3],
            times=count,
        )
        for key, count in times.items()
    ]


def find_area(action: str) -> str:
    """Return what an operation of the audit trail is about; levels unless its name says more."""
    return next((area for part, area in _AREAS if part in action), "levels")
