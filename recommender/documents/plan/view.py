"""From a plan document to the words and figures of its page, ready to be set.

Every number is formatted here and every label chosen here; a template only arranges them.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from recommender.documents.figures import (
    day,
    decimal,
    gap,
    hours,
    known,
    level,
    money,
    percent,
    say_month,
    sentences,
    signed,
    target,
    total,
)
from recommender.documents.plan.document import (
    CompetencyRow,
    Party,
    PlanDocument,
    PlanItemRow,
    ServedGap,
)
from recommender.documents.plan.totals import add_up_shown, say_left_out_count
from recommender.documents.plan.work import activity_view, review_line, work_parts
from recommender.texts import all_texts, placeholders, say

LEFT_OUT_SHOWN = 8
FEWEST_ON_RADAR = 3
MOST_DETAILED_ON_RADAR = 20  # beyond that there is no room for the figures below each name
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
    rows = [
        _competency(row, number, lang=lang) for number, row in enumerate(document.competencies, 1)
    ]
    totals = add_up_shown(document)
    return {
        "lang": lang,
        "labels": labels(lang),
        "meta": _meta(document, rows, lang),
        "synthetic": document.synthetic,
        "name": document.name,
        "person_id": document.person_id,
        "status": say(f"document.status.{document.status}", lang),
        "draft": document.status == "draft",
        "facts": _facts(document, lang),
        "figures": _figures(document, lang),
        "unserved": [sentences([each], lang=lang) for each in document.unserved],
        "outlook": [sentences([each], lang=lang) for each in document.outlook],
        "competencies": rows,
        "rings": _rings(document, lang),
        "chart": _chart(len(rows), lang),
        "path": say("document.plan.path", lang, path=document.path) if document.path else "",
        "objective": _objective(document, lang),
        "order_only": ""
        if document.size_known
        else sentences([say("size-unknown.note", lang)], lang=lang),
        "plan_reading": say(
            "document.plan.reading" if document.size_known else "document.order_only.reading", lang
        ),
        "items": _items(document.items, lang=lang),
        "no_items": "" if document.items else _no_items(document, lang),
        "activities": [activity_view(activity, lang=lang) for activity in document.activities],
        "review": review_line(document, lang),
        "total": {
            "hours": hours(totals.hours),
            "cost": _money(totals.cost, lang),
            "closed": say(
                "document.plan.total_closed", lang, closed=decimal(totals.closed, digits=2)
            ),
        },
        "assess_first": list(document.assess_first),
        "left_out": [
            {"title": module.title, "reason": sentences([module.reason], lang=lang)}
            for module in document.left_out[:left_out_shown]
        ],
        "left_out_count": say_left_out_count(document, left_out_shown, lang),
        "notes": [sentences([note], lang=lang) for note in document.notes],
        "signatures": _signatures(document, lang),
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


def labels(lang: str) -> dict[str, str]:
    """Return the fixed texts of the documents by name: those without values to fill in."""
    return {
        key.removeprefix(_PREFIX): text[lang]
        for key, text in all_texts().items()
        if key.startswith(_PREFIX) and not placeholders(text[lang])
    }


def _money(cost: float, lang: str) -> str:
    return say("document.money", lang, amount=money(cost))


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
        "id": document.person_id,
        "grade": document.grade,
        "org_unit": document.org_unit or say("document.not_given", lang),
        "as_of": day(document.as_of),
        "manager": document.manager or say("document.not_given", lang),
        "plan_id": document.plan_id or say("document.not_given", lang),
        **({"target_grade": document.target_grade} if document.target_grade else {}),
    }
    return [
        {"label": say(f"document.person.{key}", lang), "value": value}
        for key, value in facts.items()
    ]


def _figures(document: PlanDocument, lang: str) -> list[dict[str, str]]:
    totals = add_up_shown(document)
    gaps = sum(row.standing == "gap" for row in document.competencies)
    weighted = total(known(row.priority) or 0.0 for row in document.competencies)
    closed = totals.closed
    if weighted >= closed:
        of_total = say("document.figure.closed_of", lang, total=decimal(weighted, digits=2))
    else:
        of_total = say("document.figure.closed_unit", lang)
    no_limit = say("document.figure.no_limit", lang)
    hours_limit, cost_limit = known(document.hours_budget), known(document.cost_budget)
    period = _period(document, lang)
    figures = {
        "gaps": (
            str(gaps),
            say("document.figure.gaps_of", lang, count=len(document.competencies)),
        ),
        "modules": (str(len(document.items)), period),
        "closed": (decimal(closed, digits=2), of_total),
        "hours": (
            hours(totals.hours),
            no_limit
            if hours_limit is None
            else say("document.figure.hours_of", lang, budget=hours(hours_limit)),
        ),
        "cost": (
            _money(totals.cost, lang),
            no_limit
            if cost_limit is None
            else say("document.figure.cost_of", lang, budget=_money(cost_limit, lang)),
        ),
    }
    return [
        {"label": say(f"document.figure.{key}", lang), "value": value, "note": note}
        for key, (value, note) in figures.items()
    ]


def _period(document: PlanDocument, lang: str) -> str:
    if not document.items:
        return say("document.figure.modules_none", lang)
    months = [
        month
        for item in document.items
        for month in (
            *(day(date)[:7] for date in (item.starts_on, item.ends_on)),
            item.proposed_month,
            item.proposed_until,
        )
        if month
    ]
    if not months:
        return say("document.plan.to_arrange", lang)
    return say("document.period", lang, start=min(months), end=max(months))


def _rings(document: PlanDocument, lang: str) -> str:
    if not document.level_names:
        return ""
    below = say("document.radar.below", lang, first=document.level_names[0])
    named = [f"{level} {name}" for level, name in enumerate(document.level_names, 1)]
    rings = say("document.list_separator", lang).join([below, *named])
    return say("document.radar.rings", lang, rings=rings)


def _chart(count: int, lang: str) -> dict[str, Any]:
    """Say how the profile is drawn: a radar with fewer than three axes has no shape."""
    as_radar, detailed = count >= FEWEST_ON_RADAR, count <= MOST_DETAILED_ON_RADAR
    reading = say(f"document.radar.{'reading' if detailed else 'reading_short'}", lang)
    return {"as_radar": as_radar, "detailed": detailed, "reading": reading if as_radar else ""}


def _competency(row: CompetencyRow, number: int, *, lang: str) -> dict[str, Any]:
    at, short = known(row.level), known(row.gap)
    assessed = at is not None
    unknown = say("document.standing.assess_first", lang)
    low, high = _LEVELS
    return {
        "number": number,
        "category": row.category,
        "name": row.name,
        "assessed": assessed,
        "has_gap": row.standing == "gap",
        "standing": say(f"document.standing.{row.standing}", lang) if row.standing else unknown,
        "at": None if at is None else min(max(at, low), high),
        "target_at": min(max(row.target, low), high),
        "level": level(at) if assessed else unknown,
        "standard_error": f"±{decimal(row.standard_error, digits=2)}"
        if assessed and known(row.standard_error) is not None
        else "",
        "target": target(row.target),
        "gap": gap(short if assessed else None),
        "confidence": percent(row.confidence if assessed else None),
        "weight": decimal(row.weight, digits=2),
        "priority": gap(row.priority if assessed and short else None),
        "method": row.method if assessed else "",
        "assessed_on": day(row.assessed_on) if assessed else "",
    }


def _items(items: Sequence[PlanItemRow], *, lang: str) -> list[dict[str, Any]]:
    before = ["", *(item.stage for item in items)]
    return [
        # a stage is named where it begins
        _item(item, stage="" if item.stage == last else item.stage, lang=lang)
        for item, last in zip(items, before, strict=False)
    ]


def _item(item: PlanItemRow, *, stage: str, lang: str) -> dict[str, Any]:
    return {
        "stage": stage,
        "order": str(item.order),
        "title": item.title,
        "modality": item.modality,
        "place": item.place,
        "hours": hours(item.hours),
        "cost": _money(item.cost, lang),
        "dates": [date for date in dict.fromkeys([day(item.starts_on), day(item.ends_on)]) if date],
        "no_dates": say_month(item.proposed_month, item.proposed_until, lang)
        or say("document.plan.to_arrange", lang),
        "serves": [_served(served, lang=lang) for served in item.serves],
        "reason": sentences(item.reasons, lang=lang),
        "keep_whole": _fits_a_page(item),
        "work": work_parts(item, lang),
    }


def _fits_a_page(item: PlanItemRow) -> bool:
    """Tell whether the item surely fits on one page, so that it need not be split."""
    # far below what a page holds: a cell that may not break but is too long runs off the page
    return len(item.serves) <= 10 and sum(map(len, _texts(item))) <= 1500


def _texts(item: PlanItemRow) -> tuple[str, ...]:
    return item.title, *item.reasons, *item.goal, item.on_the_job, item.companion, item.measure


def _served(served: ServedGap, *, lang: str) -> dict[str, str]:
    short = known(served.gap)
    lower, upper = known(served.lower), known(served.upper)
    detail = [
        say("document.plan.gap", lang, gap=gap(short))
        if short
        else say("document.plan.no_gap", lang)
    ]
    if lower is not None and upper is not None and served.basis != "expert":
        interval = say(
            "document.interval",
            lang,
            lower=decimal(lower, digits=2),
            upper=decimal(upper, digits=2),
        )
        detail.append(say("document.plan.interval", lang, interval=interval))
    return {
        "name": served.name,
        "improvement": signed(served.expected_improvement, digits=2),
        "detail": say("document.separator", lang).join([*detail, _basis(served, lang)]),
    }


def _basis(served: ServedGap, lang: str) -> str:
    count = served.evidence_count
    if served.basis == "measured":
        key = "measured_one" if count == 1 else "measured"
        return say(f"document.plan.{key}", lang, **({} if count == 1 else {"count": f"{count:,}"}))
    if served.basis == "pooled":
        if count > 0:
            return say("document.plan.pooled_count", lang, count=f"{count:,}")
        return say("document.plan.pooled", lang)
    if count > 0:
        return say("document.order_only.expert", lang, count=f"{count:,}")
    return say("document.plan.expert", lang)


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
