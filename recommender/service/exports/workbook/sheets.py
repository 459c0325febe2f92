"""The sheets about a team as a whole: summary, demand by course, budget by unit."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

from recommender.documents.figures import money, total
from recommender.documents.plan.totals import add_up_shown
from recommender.exchange import Cell, ReportColumn, ReportSheet, ReportTable, SheetLink
from recommender.service.exports.workbook import shown
from recommender.service.exports.workbook.members import Member
from recommender.service.exports.workbook.needs import (
    find_budgets,
    find_demand,
    sum_cost,
    sum_hours,
)
from recommender.store import org_path
from recommender.texts import say


def summary_sheet(
    members: Sequence[Member],
    org_unit: str | None,
    *,
    first_sheet: int,
    today: dt.date,
    lang: str,
) -> ReportSheet:
    """Say where a team stands and what its plans take, and lead to the sheet of each member.

    `first_sheet` is the place of the first member's sheet among all.
    """
    rows = [
        _summary_row(each, _below(each.head.org_unit, org_unit), place, today, lang)
        for place, each in enumerate(members, start=first_sheet)
    ]
    plans = [each.plan for each in members if each.plan is not None]
    taken = [add_up_shown(plan.document) for plan in plans]
    agreed = [add_up_shown(plan.document) for plan in plans if plan.is_agreed]
    said = [
        say(
            "workbook.said",
            lang,
            people=len(members),
            gaps=sum(each.count("gap") > 0 for each in members),
            assess=sum(each.count(None) > 0 for each in members),
            plans=len(plans),
        ),
        say(
            "workbook.said-cost",
            lang,
            cost=money(sum_cost(taken)),
            agreed=money(sum_cost(agreed)),
        ),
        say("workbook.basis", lang, today=today.isoformat()),
    ]
    if any(each.head.synthetic for each in members):
        said.append(say("document.synthetic", lang))
    return ReportSheet(
        name=say("workbook.summary", lang),
        title=say("workbook.title-of", lang, unit=" / ".join(org_unit.split("/")))
        if org_unit
        else say("workbook.title", lang),
        said=said,
        tables=[
            ReportTable(
                columns=[
                    ReportColumn(say("people.name", lang)),
                    ReportColumn(say("people.id", lang)),
                    ReportColumn(say("document.person.org_unit", lang), width=28),
                    ReportColumn(say("document.person.grade", lang), width=20),
                    ReportColumn(_head("document.standing.met", lang), "count", 8),
                    ReportColumn(_head("document.standing.near", lang), "count", 9),
                    ReportColumn(_head("document.standing.gap", lang), "count", 8),
                    ReportColumn(_head("document.standing.assess_first", lang), "count", 8),
                    ReportColumn(say("team.first", lang), width=18),
                    ReportColumn(say("workbook.gap", lang), "level", 9),
                    ReportColumn(say("team.plan", lang), width=9),
                    ReportColumn(say("workbook.hours", lang), "amount", 8),
                    ReportColumn(say("workbook.cost", lang), "amount", 10),
                    ReportColumn(say("workbook.closed", lang), "level", 15),
                    ReportColumn(say("workbook.items", lang), "count", 7),
                    ReportColumn(say("workbook.items-done", lang), "count", 7),
                    ReportColumn(say("workbook.next-review", lang), "day"),
                ],
                rows=rows,
                total=[
                    say("workbook.total", lang),
                    *[None] * 10,
                    sum_hours(taken),
                    sum_cost(taken),
                    total(each.closed for each in taken),
                    sum(plan.stored.progress.items for plan in plans),
                    sum(plan.stored.progress.items_done for plan in plans),
                    None,
                ],
            )
        ],
        filtered=True,
    )


def demand_sheet(members: Sequence[Member], lang: str) -> ReportSheet:
    """Say how many people are to take which course, what that takes, and who they are."""
    demands = find_demand(members)
    columns = [
        ReportColumn(say("document.left_out.module", lang), width=40),
        ReportColumn(say("workbook.modality", lang), width=11),
        ReportColumn(say("workbook.people", lang), "count", 8),
        ReportColumn(say("workbook.agreed-people", lang), "count", 13),
        ReportColumn(say("workbook.done-people", lang), "count", 9),
        ReportColumn(say("workbook.hours-all", lang), "amount"),
        ReportColumn(say("workbook.cost", lang), "amount"),
        ReportColumn(say("workbook.earliest", lang), "day"),
        ReportColumn(say("workbook.latest", lang), "day"),
        ReportColumn(say("workbook.names", lang), width=60),
    ]
    return ReportSheet(
        name=say("workbook.demand", lang),
        title=say("workbook.demand", lang),
        said=[say("workbook.demand-said" if demands else "workbook.demand-none", lang)],
        tables=[
            ReportTable(
                columns=columns,
                rows=[
                    [
                        each.title,
                        each.modality,
                        len(each.names),
                        each.agreed,
                        each.done,
                        total(each.hours),
                        total(each.cost),
                        _day(min(each.begins, default="")),
                        _day(max(each.begins, default="")),
                        say("document.list_separator", lang).join(each.names),
                    ]
                    for each in demands
                ],
                total=[
                    say("workbook.total", lang),
                    None,
                    sum(len(each.names) for each in demands),
                    sum(each.agreed for each in demands),
                    sum(each.done for each in demands),
                    total(hours for each in demands for hours in each.hours),
                    total(cost for each in demands for cost in each.cost),
                    *[None] * 3,
                ],
            )
        ]
        if demands
        else [],
        back=SheetLink(say("workbook.back", lang), 0),
        filtered=True,
    )


def budget_sheet(members: Sequence[Member], lang: str) -> ReportSheet:
    """Say what the plans of each unit take, and what of it is agreed."""
    budgets = find_budgets(members)
    columns = [
        ReportColumn(say("document.person.org_unit", lang), width=48),
        ReportColumn(say("workbook.people", lang), "count", 9),
        ReportColumn(say("workbook.with-plan", lang), "count", 9),
        ReportColumn(say("workbook.hours", lang), "amount"),
        ReportColumn(say("workbook.cost", lang), "amount"),
        ReportColumn(say("workbook.agreed-hours", lang), "amount", 24),
        ReportColumn(say("workbook.agreed-cost", lang), "amount", 28),
    ]
    return ReportSheet(
        name=say("workbook.budget", lang),
        title=say("workbook.budget", lang),
        said=[say("workbook.budget-said", lang)],
        tables=[
            ReportTable(
                columns=columns,
                rows=[
                    [
                        " / ".join(each.org_unit.split("/")),
                        each.people,
                        each.plans,
                        sum_hours(each.all),
                        sum_cost(each.all),
                        sum_hours(each.agreed),
                        sum_cost(each.agreed),
                    ]
                    for each in budgets
                ],
                total=[
                    say("workbook.total", lang),
                    sum(each.people for each in budgets),
                    sum(each.plans for each in budgets),
                    total(sum_hours(each.all) for each in budgets),
                    total(sum_cost(each.all) for each in budgets),
                    total(sum_hours(each.agreed) for each in budgets),
                    total(sum_cost(each.agreed) for each in budgets),
                ],
            )
        ],
        back=SheetLink(say("workbook.back", lang), 0),
        filtered=True,
    )


def _head(key: str, lang: str) -> str:
    """Return a word of sentences as the head of a column."""
    text = say(key, lang)
    return text[0].upper() + text[1:]


def _day(text: str) -> dt.date | str:
    """Return a day; a month, where a plan has no day yet, stays a text."""
    return dt.date.fromisoformat(text) if len(text) == len("2026-11-30") else text


def _below(path: str, org_unit: str | None) -> str:
    """Return what of the path of a unit the title of the sheet does not say."""
    below = path.removeprefix(org_path(org_unit)).strip("/") if org_unit else path
    return " / ".join((below or path.rpartition("/")[2]).split("/"))


def _summary_row(
    member: Member, unit: str, place: int, today: dt.date, lang: str
) -> list[Cell | SheetLink]:
    head, plan, first = member.head, member.plan, member.first_gap
    row: list[Cell | SheetLink] = [
        SheetLink(head.name, place),
        head.person_id,
        unit,
        member.grade,
        *(member.count(standing) for standing in ("met", "near", "gap", None)),
        first.name if first else None,
        shown.gap(first.gap) if first else None,
    ]
    if plan is None:
        return [*row, say("workbook.no-plan", lang), *[None] * 6]
    taken, progress = add_up_shown(plan.document), plan.stored.progress
    return [
        *row,
        say(f"document.status.{plan.stored.plan.status}", lang),
        taken.hours,
        taken.cost,
        taken.closed,
        progress.items,
        progress.items_done,
        plan.next_review(today),
    ]
