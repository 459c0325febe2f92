"""xAPI statements, as a learning record store gives them out: JSON, a statement for each event.

They become the rows of a sheet with the headers of an LMS's list, and are read as such. The number
of a row is that of its statement.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from recommender.errors import InputError
from recommender.exchange.recognition.vocabulary import Names
from recommender.exchange.tables.sheets.sheet import Sheet

SHEET = "xAPI"
_BYTES = 200 * 2**20
# of a course that was passed, most systems also say that it was completed
_DONE = frozenset(("completed", "passed"))


def read_statements(path: Path, modules: Names) -> Sheet | None:
    """Read xAPI statements as the sheet of a list of completions; None where a file is no JSON.

    Parameters
    ----------
    path : Path
        A list of statements, an answer that holds one, or a statement on each line.
    modules : Names
        The courses that an activity may be known by, by its name or the end of its id.

    Raises
    ------
    InputError
        If it is JSON that holds no statements.
    """
    try:
        with path.open("rb") as stream:
            if stream.read(64).lstrip(b"\xef\xbb\xbf \t\r\n")[:1] not in (b"{", b"["):
                return None
        if path.stat().st_size > _BYTES:
            raise InputError("file.too_large", file=path.name, limit=_BYTES // 2**20)
        content = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError):
        return None  # the reader of tables says it better
    statements = _statements(path.name, content)
    rows: list[list[object]] = []
    seen: set[tuple[object, ...]] = set()
    for statement in statements:
        row = _row(statement, modules) if isinstance(statement, dict) else None
        if row is None:
            raise InputError("recognition.not-statements", file=path.name)
        # once a day: what is passed and completed was not done twice
        key = (*row[:3], str(row[4])[:10])
        again = row[3] in _DONE and key in seen
        seen.add(key)
        rows.append(["", "", "", "", ""] if again else row)
    if not rows:
        raise InputError("file.no_rows", file=path.name)
    header: list[object] = ["工号", "姓名", "课程", "状态", "完成时间"]
    filled = [any(row[at] != "" for row in rows) for at in range(len(header))]
    keep = [at for at in range(len(header)) if filled[at] or at > 1]
    table = [[row[at] for at in keep] for row in (header, *rows)]
    # the header stands above the first statement
    return Sheet(SHEET, table, first_row=-1)


def _statements(file: str, content: str) -> list[Any]:
    try:
        read = json.loads(content)
    except (ValueError, RecursionError):
        try:
            read = [json.loads(line) for line in content.splitlines() if line.strip()]
        except (ValueError, RecursionError):
            raise InputError("recognition.not-statements", file=file) from None
    if isinstance(read, dict):
        read = read.get("statements", [read])
    if not isinstance(read, list):
        raise InputError("recognition.not-statements", file=file)
    return read


def _row(statement: Mapping[str, Any], modules: Names) -> list[object] | None:
    """Return person, name, course, status and time of a statement; None if it is none."""
    actor, verb, what = (_part(statement, name) for name in ("actor", "verb", "object"))
    if not isinstance(verb.get("id"), str):
        return None
    word = verb["id"].rstrip("/").rpartition("/")[2].casefold()
    done = word in _DONE and _part(statement, "result").get("completion") is not False
    # an answer to a question, a page that was opened: nothing to store
    status = "completed" if done else "not completed"
    return [
        str(_part(actor, "account").get("name") or ""),
        str(actor.get("name") or ""),
        _course(what, modules),
        status,
        str(statement.get("timestamp") or statement.get("stored") or ""),
    ]


def _part(of: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    part = of.get(name)
    return part if isinstance(part, dict) else {}


def _course(activity: Mapping[str, Any], modules: Names) -> str:
    named = _part(_part(activity, "definition"), "name")
    tail = str(activity.get("id") or "").rstrip("/").rpartition("/")[2]
    names = [str(name) for name in (named.get("zh-CN"), *named.values(), tail) if name]
    return next((name for name in names if modules.find(name)), names[0] if names else "")
