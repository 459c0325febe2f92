"""The sentences that a plan begins with: where the person stands, and what to do first and why."""

from __future__ import annotations

from recommender.documents.figures import decimal, known, sentences
from recommender.documents.plan.document import PlanDocument, ServedGap
from recommender.results import find_doubt
from recommender.texts import say

_DOUBTS = {"not-certain": "document.lead.not_certain", "few": "document.lead.few"}
_STANDINGS = ("gap", "near", "met")


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
    standing = [] if document.target_grade else [_standing(document, lang)]
    parts = [*standing, *document.outlook, _first(document, lang)]
    if not document.size_known and document.items:
        parts.append(say("size-unknown.note", lang))
    return [sentences([part], lang=lang) for part in parts if part]


def doubt(served: ServedGap, *, lang: str) -> str:
    """Say in words where an estimate rests on little or may be of no effect, else nothing."""
    if served.basis == "expert":
        return ""
    found = find_doubt(served.basis, known(served.lower), served.evidence_count)
    return say(_DOUBTS[found], lang) if found else ""


def _standing(document: PlanDocument, lang: str) -> str:
    rows = document.competencies
    if not rows:
        return ""
    if all(row.standing is None for row in rows):
        return say("document.lead.unassessed", lang, count=len(rows))
    counts = {name: sum(row.standing == name for row in rows) for name in _STANDINGS}
    counts["assess_first"] = len(rows) - sum(counts.values())
    parts = [
        say(f"document.lead.{name}", lang, count=count) for name, count in counts.items() if count
    ]
    listed = say("document.comma", lang).join(parts)
    return say("document.lead.standing", lang, count=len(rows), parts=listed)


def _first(document: PlanDocument, lang: str) -> str:
    if not document.items:
        return ""
    item = document.items[0]
    if not item.serves:
        return say("document.lead.first", lang, title=item.title)
    # of what it serves, that in which it does most
    served = max(item.serves, key=lambda part: part.expected_improvement)
    return say(
        "document.lead.first_because",
        lang,
        title=item.title,
        competency=served.name,
        why=_why(document, served, lang),
    )


def _why(document: PlanDocument, served: ServedGap, lang: str) -> str:
    gain = decimal(served.expected_improvement, digits=2)
    if not document.size_known:
        return say("document.lead.order_only", lang, gain=gain)
    one = "_one" if served.evidence_count == 1 and served.basis == "measured" else ""
    why = say(
        f"document.lead.{served.basis}{one}", lang, gain=gain, count=f"{served.evidence_count:,}"
    )
    in_doubt = doubt(served, lang=lang)
    return say("document.comma", lang).join([why, in_doubt]) if in_doubt else why
