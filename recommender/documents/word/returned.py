"""Reading a document that comes back: what was ticked, dated and written in it."""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import dataclass, replace
from typing import Any, Literal

from recommender.documents.word.controls import W, find_controls
from recommender.documents.word.package import BODY, Parts, parse, unpack
from recommender.documents.word.parts import PROPERTY, find_filled
from recommender.errors import InputError

CODE = re.compile(r"IDP:([A-Za-z0-9-]{1,40}):([1-9][0-9]{0,8}):([0-9a-f]{12})(?![0-9a-f])")
MOST_ENTRIES = 500
LONGEST = 2000
_DATE = re.compile(r"(\d{4})\s*[-/.年]\s*(\d{1,2})\s*[-/.月]\s*(\d{1,2})\s*日?")
_COMMENTS = "word/comments.xml"


@dataclass(frozen=True)
class ReturnedDate:
    """A date of a row; `date` is None where what was written is none."""

    key: str
    text: str
    date: dt.date | None


@dataclass(frozen=True)
class ReturnedComment:
    """What somebody wrote.

    Parameters
    ----------
    by : str
        The party in whose place it stands; ``margin`` for a comment of Word.
    text : str
        As it was written, without control characters.
    name : str
        The author that Word gives a comment in the margin.
    """

    by: Literal["employee", "manager", "hr", "margin"]
    text: str
    name: str = ""


@dataclass(frozen=True)
class ReturnedPlan:
    """What a document says that came back.

    Parameters
    ----------
    plan_id, version, digest : str, int, str
        Which plan it was made of, and the digest of what that said.
    done : dict of str to bool
        By the key of a row, whether its box is ticked.
    done_on, review : tuple of ReturnedDate
        The dates that stand there; rows without one are left out.
    comments : tuple of ReturnedComment
        In the order of the document.
    """

    plan_id: str
    version: int
    digest: str
    done: dict[str, bool]
    done_on: tuple[ReturnedDate, ...]
    review: tuple[ReturnedDate, ...]
    comments: tuple[ReturnedComment, ...]


def read_returned(content: bytes, *, file: str) -> ReturnedPlan:
    """Read a plan's document that people have filled in.

    Tracked changes count as made. What stands outside of the controls is not read.

    Raises
    ------
    InputError
        If it is no .docx, or has no code of a plan, or several.
    """
    parts = unpack(content, file=file)
    plan_id, version, digest = _find_code(parts, file)
    tree = parse(parts[BODY], file=file)
    done: dict[str, bool] = {}
    dates: dict[str, dict[str, ReturnedDate]] = {"done-on": {}, "review": {}}
    comments: list[ReturnedComment] = []
    for number, control in enumerate(find_controls(tree)):
        if number >= MOST_ENTRIES:
            raise InputError("word.damaged", file=file)
        if control.kind == "done":
            done[control.key] = control.is_ticked
        elif control.kind == "comment":
            if control.text and control.key in ("employee", "manager", "hr"):
                comments.append(ReturnedComment(control.key, _clean(control.text)))
        elif control.text:
            shown = _clean(control.text)[:100]
            dates[control.kind][control.key] = ReturnedDate(control.key, shown, read_date(shown))
    comments += _margin(parts, file)
    return ReturnedPlan(
        plan_id,
        version,
        digest,
        done,
        tuple(dates["done-on"].values()),
        tuple(dates["review"].values()),
        tuple(comments),
    )


def restore_returned(text: str) -> ReturnedPlan:
    """Return what `read_returned` read, from the JSON in which a page kept it.

    Raises
    ------
    InputError
        If it is none.
    """
    from pydantic import TypeAdapter, ValidationError

    try:
        returned = TypeAdapter(ReturnedPlan).validate_json(text)
    except ValidationError as error:
        raise InputError("word.return.not-ours", file="plan.docx") from error
    # a browser sent it, so anything may stand in it
    if not CODE.fullmatch(f"IDP:{returned.plan_id}:{returned.version}:{returned.digest}"):
        raise InputError("word.return.not-ours", file="plan.docx")
    comments = tuple(
        replace(each, text=_clean(each.text), name=_clean(each.name)[:80])
        for each in returned.comments[:MOST_ENTRIES]
    )
    return replace(returned, comments=comments)


def keep_returned(returned: ReturnedPlan) -> str:
    """Return what a document says as JSON, for a page to send back."""
    from pydantic import TypeAdapter

    return TypeAdapter(ReturnedPlan).dump_json(returned).decode()


def read_date(text: str) -> dt.date | None:
    """Return the day that a text names, such as 2026-11-30 or 2026年11月30日; None if none."""
    match = _DATE.fullmatch(text.strip())
    try:
        return dt.date(*map(int, match.groups())) if match else None
    except ValueError:
        return None


def _find_code(parts: Parts, file: str) -> tuple[str, int, str]:
    """Return plan, version and digest: from the file's properties, else from its pages."""
    codes: set[tuple[str, ...]] = set()
    if "docProps/custom.xml" in parts:
        for entry in parse(parts["docProps/custom.xml"], file=file):
            if entry.get("name") == PROPERTY:
                codes |= set(CODE.findall("".join(entry.itertext())))
    # some programs keep no properties; on the pages, the code can be read by people, too
    for name in () if codes else find_filled(parts):
        for line in parse(parts[name], file=file).iter(f"{W}p"):
            text = "".join(part.text or "" for part in line.iter(f"{W}t"))
            codes |= set(CODE.findall(text))
    if len(codes) != 1:
        raise InputError("word.return.several" if codes else "word.return.not-ours", file=file)
    plan_id, version, digest = codes.pop()
    return plan_id, int(version), digest


def _margin(parts: Parts, file: str) -> list[ReturnedComment]:
    """Return the comments that people put beside the text."""
    if _COMMENTS not in parts:
        return []
    comments: list[ReturnedComment] = []
    for comment in list(parse(parts[_COMMENTS], file=file).iter(f"{W}comment"))[:MOST_ENTRIES]:
        lines = ["".join(_texts(line)) for line in comment.iter(f"{W}p")]
        text = _clean("\n".join(line for line in lines if line))
        if text:
            name = _clean(comment.get(f"{W}author", ""))[:80]
            comments.append(ReturnedComment("margin", text, name))
    return comments


def _texts(line: Any) -> list[str]:
    return [part.text or "" for part in line.iter(f"{W}t")]


def _clean(text: str) -> str:
    return "".join(c for c in text if c == "\n" or c.isprintable() or c == "\u3000").strip()
