"""The seats of a cohort as a workbook for HR, with names."""

from __future__ import annotations

from recommender.documents import figures
from recommender.exchange import ReportColumn, ReportSheet, ReportTable, write_report
from recommender.service.cohorts.figures import read_figures
from recommender.service.cohorts.reading import Cohort, OfferingSeats, get_cohort, read_seats
from recommender.service.framework import Framework
from recommender.service.session import Session
from recommender.texts import say


def write_seats(session: Session, cohort_id: str) -> bytes:
    """Write who has which seat and who waits, what each unit gets, and which new runs would help.

    Raises
    ------
    NotFoundError
        If there is no such cohort, or the principal may not see it.
    """
    with session.reading():
        cohort = get_cohort(session, cohort_id)
        offerings = read_seats(session, cohort_id)
    framework, lang = session.service.framework, session.lang
    sheets = [_list_people(framework, cohort, offerings, lang), *_sum_up(framework, cohort, lang)]
    return write_report(sheets, title=cohort.stored.name, as_of=cohort.stored.as_of)


def name_course(framework: Framework, module_id: str, lang: str) -> str:
    """Return the title of a module; the id of one that the catalogue no longer has."""
    module = framework.module_of.get(module_id)
    return module_id if module is None else module.title.in_language(lang)


def say_basis(cohort: Cohort, lang: str) -> str:
    """Say where the expected improvements behind the seats come from; empty without an answer."""
    figures = read_figures(cohort.stored.figures)
    if figures is None:
        return ""
    if cohort.stored.model_id is None:
        return say("console.cohort.basis_expert", lang)
    if not figures.size_known:
        return say("console.cohort.basis_order", lang)
    return say("console.cohort.basis_model", lang, model=cohort.stored.model_id)


def _list_people(
    framework: Framework, cohort: Cohort, offerings: list[OfferingSeats], lang: str
) -> ReportSheet:
    columns = [
        ReportColumn(say("console.cohort.course", lang), width=30),
        ReportColumn(say("console.cohort.run", lang), width=30),
        ReportColumn(say("console.cohort.starts_from", lang), "day", 12),
        ReportColumn(say("console.cohort.dropout_person", lang), width=12),
        ReportColumn(say("document.signature.name", lang), width=12),
        ReportColumn(say("console.unit", lang), width=34),
        ReportColumn(say("console.cohort.state", lang), width=14),
        ReportColumn(say("console.cohort.place", lang), "count", 8),
        ReportColumn(say("console.cohort.adds", lang), "level", 12),
        ReportColumn(say("console.cohort.lot", lang), "share", 10),
    ]
    rows = [
        (
            name_course(framework, each.offering.module_id, lang),
            each.offering.offering_id,
            each.offering.starts_on,
            named.head.person_id,
            named.head.name,
            named.head.org_unit,
            say(f"console.cohort.status_{named.seat.status}", lang),
            named.seat.place,
            named.seat.value,
            named.seat.chance,
        )
        for each in offerings
        for named in (*each.seated, *each.waiting, *each.dropped)
    ]
    title = say("console.cohort.list", lang)
    said = [cohort.stored.name, say_basis(cohort, lang)]
    if any(each.names_synthetic for each in offerings):
        said.append(say("evaluation.synthetic", lang))
    return ReportSheet(title, title, said, [ReportTable(columns, rows)], filtered=True)


def _sum_up(framework: Framework, cohort: Cohort, lang: str) -> list[ReportSheet]:
    figures = read_figures(cohort.stored.figures)
    if figures is None:
        return []
    units = ReportTable(
        [
            ReportColumn(say("console.cohort.unit", lang), width=34),
            ReportColumn(say("console.cohort.unit_people", lang), "count"),
            ReportColumn(say("console.cohort.floor", lang), "count"),
            ReportColumn(say("console.cohort.seats", lang), "count"),
            ReportColumn(say("console.cohort.adds", lang), "level", 16),
        ],
        [
            (each.unit, each.people, each.floor, each.seats, each.gap_closed)
            for each in figures.units
        ],
        title=say("console.cohort.units", lang),
    )
    ways = ReportTable(
        [
            ReportColumn(say("console.cohort.way", lang), width=34),
            ReportColumn(say("console.cohort.way_people", lang), "count"),
            ReportColumn(say("console.cohort.seats", lang), "count"),
            ReportColumn(say("console.cohort.cost", lang), "amount"),
            ReportColumn(say("console.cohort.adds", lang), "level", 16),
        ],
        [
            (
                say(f"console.cohort.way_{each.policy}", lang),
                each.people,
                each.seats,
                each.cost,
                each.gap_closed,
            )
            for each in figures.ways
        ],
        title=say("console.cohort.ways", lang),
    )
    demand = ReportTable(
        [
            ReportColumn(say("console.cohort.course", lang), width=34),
            ReportColumn(say("console.cohort.month", lang)),
            ReportColumn(say("console.cohort.wanted", lang), "count"),
            ReportColumn(say("console.cohort.would_take", lang), "count"),
            ReportColumn(say("console.cohort.adds", lang), "level", 16),
            ReportColumn(say("console.cohort.cost", lang), "amount"),
        ],
        [
            (
                name_course(framework, each.module_id, lang),
                each.month,
                each.wanted,
                each.people,
                say_added(each.at_least, each.at_most, each.added, lang),
                each.cost,
            )
            for each in figures.demand
        ],
    )
    basis = say_basis(cohort, lang)
    title, wanted = say("console.cohort.figures", lang), say("console.cohort.demand", lang)
    return [
        ReportSheet(title, title, [basis], [units, ways]),
        ReportSheet(wanted, wanted, [say("console.cohort.demand_note", lang), basis], [demand]),
    ]


def say_added(at_least: float, at_most: float, added: float | None, lang: str) -> str:
    """Say what a new offering would close: a figure, or between which two it lies."""
    if added is not None:
        return figures.gap(added)
    least, most = figures.gap(at_least), figures.gap(at_most)
    return say("console.cohort.between", lang, least=least, most=most)
