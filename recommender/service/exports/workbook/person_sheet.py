"""The sheet of a person: where the person stands, and what is planned."""

from __future__ import annotations

from typing import Any

from recommender.documents import ActivityRow, CompetencyRow, PlanItemRow
from recommender.documents.plan.lead import say_standing
from recommender.documents.plan.view import plan_view
from recommender.exchange import Cell, ReportColumn, ReportSheet, ReportTable, SheetLink
from recommender.service.exports.workbook import shown
from recommender.service.exports.workbook.members import Member, MemberPlan
from recommender.texts import say


def person_sheet(member: Member, lang: str) -> ReportSheet:
    """Show where a person stands, and the plan in the words of its document."""
    head = member.head
    facts = [
        head.person_id,
        " / ".join(head.org_unit.split("/")),
        member.grade,
        say("workbook.manager", lang, name=member.manager) if member.manager else "",
    ]
    stop = say("document.full_stop", lang)
    said = [
        say("document.dot", lang).join(each for each in facts if each),
        say_standing(member.competencies, lang) + stop,
    ]
    tables = [_competencies(member, lang)]
    if member.plan is None:
        said.append(say("workbook.no-plan-said", lang))
    else:
        view = plan_view(member.plan.document, lang=lang)
        plan_id = member.plan.stored.plan.plan_id
        status = say("workbook.plan-status", lang, status=view["status"], plan=plan_id)
        said += [each for each in (status, view["total"], *view["unserved"]) if each]
        if view["items"]:
            tables.append(_items(member.plan, view["items"], lang))
    return ReportSheet(
        name=head.name,
        title=head.name,
        said=said,
        tables=tables,
        back=SheetLink(say("workbook.back", lang), 0),
    )


def _competencies(member: Member, lang: str) -> ReportTable:
    columns = [
        ReportColumn(say("document.gap.competency", lang), width=36),
        ReportColumn(say("people.standing", lang), width=15),
        ReportColumn(say("document.gap.level", lang), "level", 10),
        ReportColumn(say("workbook.error", lang), "level", 10),
        ReportColumn(say("document.gap.target", lang), "target"),
        ReportColumn(say("document.gap.gap", lang), "level"),
        ReportColumn(say("document.gap.confidence", lang), "share"),
        ReportColumn(say("document.gap.priority", lang), "level"),
        ReportColumn(say("document.gap.method", lang), width=44),
    ]
    rows = [_competency(row, lang) for row in member.competencies]
    bold = {number for number, row in enumerate(member.competencies) if row.standing == "gap"}
    return ReportTable(columns, rows, say("document.gap.title", lang), bold=frozenset(bold))


def _competency(row: CompetencyRow, lang: str) -> list[Cell]:
    on = row.assessed_on.isoformat() if row.assessed_on else ""
    return [
        row.name,
        say(f"document.standing.{row.standing or 'assess_first'}", lang),
        shown.level(row.level),
        shown.error(row.standard_error),
        shown.gap(row.target),
        shown.gap(row.gap),
        shown.share(row.confidence),
        shown.gap(row.priority),
        say("document.dot", lang).join(each for each in (row.method, on) if each),
    ]


def _items(plan: MemberPlan, views: list[dict[str, Any]], lang: str) -> ReportTable:
    columns = [
        ReportColumn(say("document.plan.course", lang)),
        ReportColumn(say("workbook.modality", lang)),
        ReportColumn(say("workbook.hours", lang), "amount"),
        ReportColumn(say("workbook.cost", lang), "amount"),
        ReportColumn(say("workbook.begins", lang), "day"),
        ReportColumn(say("workbook.ends", lang), "day"),
        ReportColumn(say("document.work.review_on", lang), "day"),
        ReportColumn(say("workbook.done-on", lang), "day"),
        ReportColumn(say("document.plan.serves", lang), width=44),
        ReportColumn(say("document.plan.on_the_job", lang), width=44),
        ReportColumn(say("workbook.companion", lang), width=16),
        ReportColumn(say("document.work.measure", lang), width=44),
    ]
    items = [*plan.document.items, *plan.document.activities]
    rows = [_item(item, view, lang) for item, view in zip(items, views, strict=True)]
    return ReportTable(columns, rows, say("document.plan.title", lang))


def _item(item: PlanItemRow | ActivityRow, view: dict[str, Any], lang: str) -> list[Cell]:
    served = [
        say(
            "workbook.serves",
            lang,
            served=f"{each['name']} {each['improvement']}".strip(),
            detail=each["detail"],
        )
        for each in view["serves"]
    ]
    if isinstance(item, PlanItemRow):
        # a month where no day is set, as text
        begins = item.starts_on or item.proposed_month
        ends = item.ends_on or (item.starts_on or item.proposed_until)
        figures = [item.modality, item.hours, item.cost, begins, ends]
    else:
        figures = [item.kind, None, None, None, None]
    return [
        item.title,
        *figures,
        item.review_on,
        item.done_on,
        "\n".join(served),
        view["on_the_job"],
        item.companion,
        item.measure,
    ]
