"""Cohorts as tables on a terminal."""

from __future__ import annotations

from collections.abc import Sequence

from recommender.cli.common import Terminal
from recommender.documents import figures
from recommender.service.cohorts.figures import CohortFigures, read_figures
from recommender.service.cohorts.reading import Cohort, OfferingSeats
from recommender.service.cohorts.workbook import name_course, say_added, say_basis
from recommender.service.framework import Framework

# a share of the bound that two decimals of a per cent do not show
_NOTHING = 5e-5


def print_cohorts(term: Terminal, cohorts: Sequence[Cohort]) -> None:
    """Print cohorts, one a row."""
    rows = [
        (
            each.stored.cohort_id,
            each.stored.name,
            term.say(f"console.cohort.state_{each.state}"),
            each.stored.org_unit or term.say("console.cohort.everybody"),
            str(each.people),
            str(each.seated),
            str(each.waiting),
        )
        for each in cohorts
    ]
    _print(term, "listed", "id name state for_whom people> seated> waiting>", rows)


def print_cohort(term: Terminal, cohort: Cohort) -> None:
    """Print what a cohort is and what its seats come to."""
    stored, answer = cohort.stored, read_figures(cohort.stored.figures)
    state = term.say(f"console.cohort.state_{cohort.state}")
    term.show(f"{stored.name} · {stored.cohort_id} · {state}")
    if answer is None or stored.value is None or stored.bound is None:
        return
    term.print(
        "console.cohort.lead",
        people=cohort.people,
        offerings=len(answer.one_more_seat),
        seated=cohort.seated,
        given=answer.people,
        closed=figures.gap(answer.gap_closed),
    )
    short = max(0.0, stored.bound - stored.value) / stored.bound if stored.bound > 0 else 0.0
    if short < _NOTHING:
        term.print("console.cohort.lead_best")
    else:
        term.print("console.cohort.lead_bound", share=f"{short:.2%}")
    term.show(say_basis(cohort, term.lang))


def print_seats(term: Terminal, framework: Framework, offerings: Sequence[OfferingSeats]) -> None:
    """Print who has which seat and who waits."""
    rows = [
        (
            name_course(framework, each.offering.module_id, term.lang),
            each.offering.offering_id,
            named.head.person_id,
            named.head.name,
            term.say(f"console.cohort.status_{named.seat.status}"),
            "" if named.seat.place is None else str(named.seat.place),
            figures.gap(named.seat.value),
            "" if named.seat.chance is None else figures.percent(named.seat.chance),
        )
        for each in offerings
        for named in (*each.seated, *each.waiting, *each.dropped)
    ]
    _print(term, "list", "course run dropout_person whose state place> adds> lot>", rows)


def print_ways(term: Terminal, answer: CohortFigures) -> None:
    """Print the ways of giving seats beside one another."""
    comma = term.say("console.comma")
    rows = [
        (
            term.say(f"console.cohort.way_{each.policy}"),
            str(each.people),
            str(each.seats),
            figures.money(each.cost),
            figures.gap(each.gap_closed),
            comma.join(each.below_floor),
        )
        for each in answer.ways
    ]
    _print(term, "ways", "way way_people> seats> cost> adds> below_floor", rows)


def print_demand(term: Terminal, framework: Framework, answer: CohortFigures) -> None:
    """Print the new runs that would close most."""
    rows = [
        (
            name_course(framework, each.module_id, term.lang),
            each.month,
            str(each.wanted),
            str(each.people),
            say_added(each.at_least, each.at_most, each.added, term.lang),
            figures.money(each.cost),
        )
        for each in answer.demand
    ]
    _print(term, "demand", "course month wanted> would_take> adds> cost>", rows)


def _print(term: Terminal, title: str, columns: str, rows: Sequence[Sequence[str]]) -> None:
    """Print a table; columns are keys of texts, and those of numbers end in ``>``."""
    heads = [
        (
            term.say(f"console.cohort.{name.removesuffix('>')}"),
            "right" if name.endswith(">") else "left",
        )
        for name in columns.split()
    ]
    term.print_table(term.say(f"console.cohort.{title}"), heads, rows)
