"""The log of a registry: who did what and why; a line that is changed breaks the chain."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from pydantic import TypeAdapter

from recommender.errors import ModelError
from recommender.improvement.registry.files import append_lines, reporting

LOG_FILE = "log.jsonl"
BEFORE = "before_sha256"
NOTHING = "0" * 64

Action = Literal["save", "promote", "override", "rollback"]


@dataclass(frozen=True)
class LogEntry:
    """One thing done.

    Parameters
    ----------
    time : datetime
        When, in UTC.
    action : {"save", "promote", "override", "rollback"}
        What; `override` is a promotion against the verdict.
    model_id : str or None
        The model saved or now in force; None for a rollback to no model.
    previous : str or None
        The model in force before, or when the training began.
    by, reason : str
        Who, and why.
    details : dict
        ``card_sha256`` of what was saved, ``failed`` comparisons of an override, ``skipped``
        models of a rollback.
    """

    time: dt.datetime
    action: Action
    model_id: str | None
    previous: str | None
    by: str
    reason: str
    details: dict[str, Any] = field(default_factory=dict[str, Any])


ENTRY = TypeAdapter(LogEntry)


def read_log(root: Path) -> tuple[LogEntry, ...]:
    """Read the log, oldest first, and verify its chain.

    Parameters
    ----------
    root : Path
        Folder of the models.

    Returns
    -------
    tuple of LogEntry
        Without a last line that a killed process left torn.

    Raises
    ------
    ModelError
        `registry.log-broken` with the number of the first line that is not as it was written.
    """
    entries: list[LogEntry] = []
    before = NOTHING
    lines = _read(root).split(b"\n")[:-1]
    for number, line in enumerate(lines, start=1):
        try:
            plain = json.loads(line)
            intact = plain.pop(BEFORE) == before
            entries.append(ENTRY.validate_python(plain))
        except (ValueError, KeyError, TypeError, AttributeError):
            intact = False
        if not intact:
            raise ModelError("registry.log-broken", path=str(root / LOG_FILE), line=number)
        before = hashlib.sha256(line).hexdigest()
    return tuple(entries)


def append_missing(root: Path, entries: Iterable[LogEntry]) -> None:
    """Append those entries that the log does not have; only for who holds the lock."""
    content = _read(root)
    whole = content[: content.rfind(b"\n") + 1]
    lines = whole.split(b"\n")[:-1]
    known = {_identity(line) for line in lines}
    before = hashlib.sha256(lines[-1]).hexdigest() if lines else NOTHING
    new = b""
    for entry in entries:
        plain = ENTRY.dump_python(entry, mode="json") | {BEFORE: before}
        line = json.dumps(plain, ensure_ascii=False, allow_nan=False).encode()
        if _identity(line) not in known:
            new += line + b"\n"
            before = hashlib.sha256(line).hexdigest()
    if new or len(whole) < len(content):
        append_lines(root / LOG_FILE, new, keep=len(whole))


def find_request(root: Path, request: str, *, since: dt.datetime) -> LogEntry | None:
    """Return the switch that came of a request, if the log has it.

    Parameters
    ----------
    root : Path
        Folder of the models.
    request : str
        What tells the request from others; ``details`` of its entry holds it.
    since : datetime
        Switches before it do not count.
    """
    for line in reversed(_read(root).split(b"\n")[:-1]):
        if request.encode() not in line:
            continue
        try:
            plain = json.loads(line)
            del plain[BEFORE]
            entry = ENTRY.validate_python(plain)
        except (ValueError, KeyError, TypeError):
            continue  # `read_log` tells
        if entry.details.get("request") == request and entry.time >= since:
            return entry
    return None


def saved_models(root: Path) -> set[str | None]:
    """Ids of the models whose saving is in the log."""
    found = {_identity(line) for line in _read(root).split(b"\n")[:-1]}
    return {identity[1] for identity in found if identity[0] == "save"}


def _identity(line: bytes) -> tuple[str, str | None, str]:
    """What tells an entry from others: a model is saved once, a switch has its instant."""
    try:
        plain = json.loads(line)
        action, model_id, time = plain["action"], plain["model_id"], plain["time"]
    except (ValueError, KeyError, TypeError):
        return "", None, ""
    return (action, model_id, "") if action == "save" else (action, model_id, time)


def _read(root: Path) -> bytes:
    path = root / LOG_FILE
    with reporting(path):
        return path.read_bytes() if path.exists() else b""
