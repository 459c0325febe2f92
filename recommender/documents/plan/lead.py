"""The sentences that a plan begins with: where the person stands, and what to do first and why."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Protocol

from recommender.documents.figures import decimal, known, sentences
from recommender.documents.plan.document import PlanDocument, ServedGap, Standing
from recommender.results import find_doubt
from recommender.texts import say

_DOUBTS = {"not-certain": "document.lead.not_certain", "few": "document.lead.few"}
_STANDINGS = ("gap", "near", "met")


class Placed(Protocol):
    """A competency, and where the person stands in it; None where to be assessed first."""

    @property
    def standing(self) -> Standing | None:
        """Where the person stands against the target."""
        ...


def lead(document: PlanDocument, *, lang: str) -> list[str]:
    """Return the sentences, each with its full stop; why gaps are not served is said after them.

    Parameters
    ----------
    document : PlanDocument
        The plan.
    lang : str
        ``zh-CN`` or ``en``.

    Returns
    -------
    list of str
        On the levels, on the plan, and on what its figures rest on.
    """
    # against the targets of another grade the first sentence is on how far off that is
    parts = [] if document.target_grade else [say_standing(document.competencies, lang)]
    parts += document.outlook
    if document.items:
        first = document.items[0]
        parts.append(
            say_first(first.title, first.serves, size_known=document.size_known, lang=lang)
        )
        if not document.size_known:
            parts.append(say("size-unknown.note", lang))
    return [sentences([part], lang=lang) for part in parts if part]


def doubt(served: ServedGap, *, lang: str) -> str:
    """Say in words where an estimate rests on little or may be of no effect, else nothing."""
    if served.basis == "expert":
        return ""
    reason = find_doubt(served.basis, known(served.lower), served.evidence_count)
    return say(_DOUBTS[reason], lang) if reason else ""


def say_standing(
    rows: Sequence[Placed], lang: str, *, mark: Callable[[str, str], str] = lambda _, said: said
) -> str:
    """Say how many competencies are below, near and at the target, and to assess first.

    Parameters
    ----------
    rows : sequence of Placed
        The competencies.
    lang : str
        ``zh-CN`` or ``en``.
    mark : callable
        Takes the name of a standing and what is said of it, and returns that as it is to stand in
        the sentence: a page sets it off.

    Returns
    -------
    str
        Without a full stop; empty where there are no competencies.
    """
    if not rows:
        return ""
    if all(row.standing is None for row in rows):
        return say("document.lead.unassessed", lang, count=len(rows))
    counts = {name: sum(row.standing == name for row in rows) for name in _STANDINGS}
    counts["assess_first"] = len(rows) - sum(counts.values())
    parts = [
        mark(name, say(f"document.lead.{name}", lang, count=count))
        for name, count in counts.items()
        if count
    ]
    listed = say("document.comma", lang).join(parts)
    return say("document.lead.standing", lang, count=len(rows), parts=listed)


def say_first(title: str, serves: Sequence[ServedGap], *, size_known: bool, lang: str) -> str:
    """Say which course to begin with, and what it is expected to do; without a full stop.

    Parameters
    ----------
    title : str
        The course.
    serves : sequence of ServedGap
        The gaps it serves.
    size_known : bool
        False where the effect model tells the order of courses only.
    lang : str
        ``zh-CN`` or ``en``.

    Returns
    -------
    str
        One sentence.
    """
    if not serves:
        return say("document.lead.first", lang, title=title)
    # of what it serves, that in which it does most
    served = max(serves, key=lambda part: part.expected_improvement)
    return say(
        "document.lead.first_because",
        lang,
        title=title,
        competency=served.name,
        why=_why(served, size_known=size_known, lang=lang),
    )


def _why(served: ServedGap, *, size_known: bool, lang: str) -> str:
    gain = decimal(served.expected_improvement, digits=2)
    if not size_known:
        return say("document.lead.order_only", lang, gain=gain)
    one = "_one" if served.evidence_count == 1 and served.basis == "measured" else ""
    why = say(
        f"document.lead.{served.basis}{one}", lang, gain=gain, count=f"{served.evidence_count:,}"
    )
    in_doubt = doubt(served, lang=lang)
    return say("document.comma", lang).join([why, in_doubt]) if in_doubt else why
