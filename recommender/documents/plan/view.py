"""From a plan document to the words and figures of its page, ready to be set.

Every number is formatted here and every label chosen here; a template only arranges them.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache, partial
from typing import Any

from recommender.documents.figures import day, decimal, hours, known, percent, sentences, total
from recommender.documents.figures import evidence as evidence_text
from recommender.documents.figures import gap as gap_text
from recommender.documents.figures import level as level_text
from recommender.documents.figures import target as target_text
from recommender.documents.plan.document import (
    CompetencyRow,
    Party,
    PlanDocument,
)
from recommender.documents.plan.lead import lead
from recommender.documents.plan.radar import FEWEST_ON_RADAR
from recommender.documents.plan.rows import cost_text, plan_details, plan_rows
from recommender.documents.plan.totals import add_up_shown, say_left_out_count
from recommender.texts import all_texts, placeholders, say

LEFT_OUT_SHOWN = 8
DIGEST_SHOWN = 12
_PREFIX = "document."
_LEVELS = (0, 4)


def plan_view(
    document: PlanDocument, *, lang: str, left_out_shown: int | None = LEFT_OUT_SHOWN
) -> dict[str, Any]:
    """Return what the page shows.

    Parameters
    ----------
    document : PlanDocument
        The plan.
    lang : str
        ``zh-CN`` or ``en``.
    left_out_shown : int or None
        How many of the modules left out are shown, at the least those on the path; the others are
        only counted. None for all.

    Returns
    -------
    dict
        Plain values that JSON can hold. ``labels`` has every fixed text of the page and ``meta``
        the file's properties; the rest follows the page from top to bottom.
    """
    if left_out_shown is not None:
        # whoever follows a path asks of each of its modules what became of it
        on_path = sum(module.on_path for module in document.left_out)
        left_out_shown = max(left_out_shown, on_path)
    rows = competency_views(document.competencies, lang=lang)
    return {
        "lang": lang,
        "labels": labels(lang),
        "meta": _meta(document, rows, lang),
        "synthetic": document.synthetic,
        "name": document.name,
        "person_id": document.person_id,
        "status": say(f"document.status.{document.status}", lang),
        "plan": say("document.plan.id", lang, plan=document.plan_id) if document.plan_id else "",
        "facts": _facts(document, lang),
        "lead": lead(document, lang=lang),
        "unserved": [sentences([text], lang=lang) for text in document.unserved],
        "path": say("document.plan.path", lang, path=document.path) if document.path else "",
        "items": plan_rows(document, lang=lang),
        "no_items": "" if document.items else _no_items(document, lang),
        "total": _total(document, lang),
        "reading": say(
            "document.plan.reading" if document.size_known else "document.order_only.reading", lang
        ),
        "as_radar": len(rows) >= FEWEST_ON_RADAR,
        "priorities": sorted(
            (row for row in rows if row["has_gap"]), key=lambda row: -row["sorted_by"]
        ),
        "no_gaps": "" if any(row["has_gap"] for row in rows) else _no_gaps(document, lang),
        "besides": _besides(document, lang),
        "signatures": _signatures(document, lang),
        "details": plan_details(document, lang=lang),
        "closed": _closed(document, lang),
        "objective": _objective(document, lang),
        "competencies": rows,
        "evidence": [
            {
                "competency": each.competency,
                "on": day(each.on),
                "result": each.result,
                "figure": evidence_text(each.figure, each.unit),
            }
            for each in document.evidence
        ],
        "assess_first": list(document.assess_first),
        "left_out": [
            {"title": module.title, "reason": sentences([module.reason], lang=lang)}
            for module in document.left_out[:left_out_shown]
        ],
        "left_out_count": say_left_out_count(document, left_out_shown, lang),
        "notes": [sentences([note], lang=lang) for note in document.notes],
        "footer": _footer(document, lang),
    }


def _signatures(document: PlanDocument, lang: str) -> list[dict[str, str]]:
    names: dict[Party, str] = {"employee": document.name, "manager": document.manager, "hr": ""}
    approved = {approval.party: day(approval.on) for approval in document.approvals}
    return [
        {
            "role": say(f"document.signature.{party}", lang),
            "name": name,
            "approved": say("document.signature.approved", lang) if party in approved else "",
            "on": approved.get(party, ""),
        }
        for party, name in names.items()
    ]


@cache
def labels(lang: str) -> dict[str, str]:
    """Return the fixed texts of the documents by name: those without values to fill in.

    Every call returns the same dict: copy it before you change it.
    """
    return {
        key.removeprefix(_PREFIX): text[lang]
        for key, text in all_texts().items()
        if key.startswith(_PREFIX) and not placeholders(text[lang])
    }


def _meta(document: PlanDocument, rows: list[dict[str, Any]], lang: str) -> dict[str, Any]:
    # what the radar shows, in words, for people who cannot see it
    drawn = say("document.list_separator", lang).join(
        say("document.radar.describe_row", lang, **{k: row[k] for k in ("name", "level", "target")})
        for row in rows
    )
    return {
        "title": say("document.title_of", lang, name=document.name),
        "author": say("document.author", lang),
        "subject": say("document.subject", lang, as_of=day(document.as_of)),
        "keywords": [
            document.plan_id,
            document.person_id,
            document.catalog_digest,
            *([document.model_id] if document.model_id else []),
            *([say("document.synthetic", lang)] if document.synthetic else []),
        ],
        "year": document.as_of.year,
        "month": document.as_of.month,
        "day": document.as_of.day,
        "chart": say("document.radar.describe", lang, rows=drawn),
    }


def _facts(document: PlanDocument, lang: str) -> list[dict[str, str]]:
    facts = {
        "grade": document.grade,
        "target_grade": document.target_grade,
        "org_unit": document.org_unit or say("document.not_given", lang),
        "manager": document.manager or say("document.not_given", lang),
    }
    return [
        {"label": say(f"document.person.{key}", lang), "value": value}
        for key, value in facts.items()
        if value
    ]


def _total(document: PlanDocument, lang: str) -> str:
    """Return what the plan takes in all, how far it has come, and when it is looked at again."""
    if not document.items and not document.activities:
        return ""
    totals = add_up_shown(document)
    taken = {
        "hours": (hours(totals.hours), known(document.hours_budget), hours),
        "cost": (
            cost_text(totals.cost, lang),
            known(document.cost_budget),
            partial(cost_text, lang=lang),
        ),
    }
    parts = [
        say(f"document.total.{key}", lang, amount=amount)
        if limit is None
        else say(f"document.total.{key}_of", lang, amount=amount, limit=worded(limit))
        for key, (amount, limit, worded) in taken.items()
    ]
    if document.review_on:
        parts.append(say("document.work.whole", lang, on=day(document.review_on)))
    said = [say("document.comma", lang).join(parts), document.progress]
    return sentences([each for each in said if each], lang=lang)


def _closed(document: PlanDocument, lang: str) -> str:
    if not document.items:
        return ""
    weighted = total(known(row.priority) or 0.0 for row in document.competencies)
    return say(
        "document.plan.total_closed",
        lang,
        closed=decimal(add_up_shown(document).closed, digits=2),
        total=decimal(weighted, digits=2),
    )


def _no_gaps(document: PlanDocument, lang: str) -> str:
    rows = document.competencies
    if not rows:
        return say("document.gap.empty", lang)
    known_any = any(row.standing for row in rows)
    return say(f"document.gap.{'none' if known_any else 'unknown'}", lang)


def _besides(document: PlanDocument, lang: str) -> list[str]:
    """Return what the table of gaps leaves out: what is nearly met, and what the levels mean."""
    separator = say("document.list_separator", lang)
    near = [row.name for row in document.competencies if row.standing == "near"]
    parts: list[str] = []
    if near:
        parts.append(say("document.gap.near_are", lang, names=separator.join(near)))
    if document.assess_first:
        names = separator.join(document.assess_first)
        parts.append(say("document.gap.assess_first_are", lang, names=names))
    if document.level_names:
        below = say("document.radar.below", lang, first=document.level_names[0])
        named = [f"{level} {name}" for level, name in enumerate(document.level_names, 1)]
        rings = separator.join([below, *named])
        parts.append(say("document.radar.rings", lang, rings=rings))
    return [sentences([part], lang=lang) for part in parts]


def competency_views(rows: Sequence[CompetencyRow], *, lang: str) -> list[dict[str, Any]]:
    """Return competencies in the words and figures of tables and charts, numbered from 1."""
    return [_competency(row, number, lang=lang) for number, row in enumerate(rows, 1)]


def _competency(row: CompetencyRow, number: int, *, lang: str) -> dict[str, Any]:
    level, gap = known(row.level), known(row.gap)
    assessed = level is not None
    low, high = _LEVELS
    return {
        "number": number,
        "category": row.category,
        "name": row.name,
        "assessed": assessed,
        "has_gap": row.standing == "gap",
        "sorted_by": known(row.priority) or 0.0,
        "at": None if level is None else min(max(level, low), high),
        "target_at": min(max(row.target, low), high),
        "level": level_text(level) if assessed else say("document.standing.assess_first", lang),
        "standard_error": f"±{decimal(row.standard_error, digits=2)}"
        if assessed and known(row.standard_error) is not None
        else "",
        "target": target_text(row.target),
        # a figure only where there is something to close
        "gap": gap_text(gap)
        if row.standing in ("gap", None)
        else say(f"document.standing.{row.standing}", lang),
        "confidence": percent(row.confidence if assessed else None),
        "weight": decimal(row.weight, digits=2),
        "priority": gap_text(row.priority if assessed and gap else None),
        "method": row.method if assessed else "",
        "assessed_on": day(row.assessed_on) if assessed else "",
    }


def _objective(document: PlanDocument, lang: str) -> str:
    if not document.objective or not document.items:
        return ""
    return say("document.plan.objective", lang, objective=document.objective)


def _no_items(document: PlanDocument, lang: str) -> str:
    rows = document.competencies
    if rows and all(known(row.level) is None for row in rows):
        return say("document.plan.empty_unassessed", lang)
    if any(row.standing == "gap" for row in rows):
        return say(f"document.plan.{'empty_path' if document.path else 'empty_gaps'}", lang)
    return say("document.plan.empty_no_gaps", lang)


def _footer(document: PlanDocument, lang: str) -> list[str]:
    parts = [
        say("document.footer.as_of", lang, as_of=day(document.as_of)),
        say("document.footer.catalog", lang, digest=document.catalog_digest[:DIGEST_SHOWN]),
    ]
    if document.model_id:
        parts.append(say("document.footer.model", lang, model=document.model_id))
    else:
        parts.append(say("document.footer.no_model", lang))
    return parts
