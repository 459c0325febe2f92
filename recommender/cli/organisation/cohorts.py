"""Commands for cohorts: cohort plan, show, compare, publish, dropout, demand."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any

import typer

from recommender.cli.app import command_group
from recommender.cli.common import Terminal, command
from recommender.cli.files import write_whole
from recommender.cli.organisation.cohort_tables import (
    print_cohort,
    print_cohorts,
    print_demand,
    print_seats,
    print_ways,
)
from recommender.errors import ConflictError, InputError
from recommender.service.cohorts.asking import TOLERANCE, CohortLimits, CohortRequest
from recommender.service.cohorts.dropping_out import drop_out
from recommender.service.cohorts.figures import CohortFigures, read_figures
from recommender.service.cohorts.lists import print_lists
from recommender.service.cohorts.publishing import publish_cohort
from recommender.service.cohorts.reading import (
    Cohort,
    get_cohort,
    get_cohorts,
    read_cohort_log,
    read_seats,
)
from recommender.service.cohorts.workbook import write_seats
from recommender.service.framework import Framework
from recommender.service.jobs.cohort_plans import plan_cohort
from recommender.service.session import Session

CohortId = Annotated[
    str, typer.Argument(metavar="COHORT", help="Id of the cohort, as `cohort show` lists it.")
]
_MOST_LISTED = 50
_WRITERS: dict[str, Callable[[Session, str], bytes]] = {
    ".xlsx": write_seats,
    ".pdf": lambda session, cohort_id: print_lists(session, cohort_id).content,
}


def register(app: typer.Typer) -> None:
    """Add the commands."""
    group = command_group("Give the seats of scheduled runs to the people of a unit.")
    command(
        group,
        "plan",
        examples=[
            "recommender cohort plan 一季度 --from 2027-01-01 --until 2027-03-31",
            "recommender cohort plan 一季度 --from 2027-01-01 --until 2027-03-31 "
            "--unit 南区示例分公司 --budget 80000 --hours 24 --floor-share 0.5",
            "recommender cohort plan 一季度 --from 2027-01-01 --until 2027-03-31 "
            "--applications ids.txt",
        ],
    )(plan)
    command(
        group,
        "show",
        examples=["recommender cohort show", "recommender cohort show COHORT --to seats.xlsx"],
    )(show)
    command(group, "compare", examples=["recommender cohort compare COHORT"])(compare)
    command(group, "publish", examples=["recommender cohort publish COHORT"])(publish)
    command(group, "dropout", examples=["recommender cohort dropout COHORT 00012345"])(dropout)
    command(group, "demand", examples=["recommender cohort demand COHORT"])(demand)
    app.add_typer(group, name="cohort")


def plan(
    term: Terminal,
    name: Annotated[str, typer.Argument(metavar="NAME", help="What HR will find it by.")],
    first: Annotated[
        str, typer.Option("--from", metavar="DATE", help="Runs that begin on this day or later.")
    ],
    last: Annotated[
        str, typer.Option("--until", metavar="DATE", help="Runs that begin on this day or earlier.")
    ],
    unit: Annotated[
        str | None,
        typer.Option("--unit", metavar="UNIT", help="Org unit, those below it included; a path."),
    ] = None,
    budget: Annotated[float | None, typer.Option(help="CNY for all seats together.", min=0)] = None,
    hours: Annotated[
        float | None, typer.Option(help="Hours of each person at most.", min=0)
    ] = None,
    floor_share: Annotated[
        float,
        typer.Option(
            help="Each unit below gets at least this share of an even share of the seats.",
            min=0,
            max=1,
        ),
    ] = 0.0,
    floor: Annotated[
        list[str] | None,
        typer.Option(
            metavar="UNIT=SEATS", help="At least so many seats for this unit; repeatable."
        ),
    ] = None,
    tolerance: Annotated[
        float,
        typer.Option(help="Weighted levels within which a lottery decides.", min=0),
    ] = TOLERANCE,
    offering: Annotated[
        list[str] | None,
        typer.Option(
            metavar="RUN[=SEATS]",
            help="Only this run, with so many seats put aside; repeatable; all by default.",
        ),
    ] = None,
    applications: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help="Only the people of this file: a staff number a line, who applied first on top.",
        ),
    ] = None,
    without: Annotated[
        list[str] | None, typer.Option(metavar="PERSON", help="Leave a person out; repeatable.")
    ] = None,
) -> None:
    """Work out who gets which seat, as a draft: nobody is enrolled."""
    request = CohortRequest(
        name=name,
        starts_from=_read_day(first),
        starts_until=_read_day(last),
        org_unit=unit,
        offerings=None
        if offering is None
        else {run: None if seats is None else seats for run, seats in map(_split, offering)},
        applications=None if applications is None else _read_ids(applications),
        left_out=frozenset(without or ()),
        limits=CohortLimits(
            cost=budget,
            hours=hours,
            floor_share=floor_share,
            floors={path: seats or 0 for path, seats in map(_split, floor or ())},
            tolerance=tolerance,
        ),
    )
    with term.session() as session:
        cohort = plan_cohort(session, request, waits=True)
    if term.as_json:
        term.print_json(_describe(cohort))
    else:
        print_cohort(term, cohort)


def show(
    term: Terminal,
    cohort: Annotated[
        str | None,
        typer.Argument(
            metavar="COHORT", help="Id of the cohort; all cohorts are listed without one."
        ),
    ] = None,
    to: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help="Write the seats to this .xlsx, or the lists to be signed to this .pdf.",
        ),
    ] = None,
) -> None:
    """Show who gets which seat and who waits, or list the cohorts."""
    if cohort is None:
        with term.session("cohort show") as session:
            listed = get_cohorts(session, limit=_MOST_LISTED)
        if term.as_json:
            term.print_json([_describe(each) for each in listed])
        else:
            print_cohorts(term, listed)
        return
    content = None
    with term.session("cohort show") as session:
        found, framework = get_cohort(session, cohort), session.service.framework
        seats = read_seats(session, cohort)
        log = read_cohort_log(session, cohort)
        if to is not None:
            content = _WRITERS[_ending(to)](session, cohort)
    if to is not None and content is not None:
        write_whole(to, content)
    if term.as_json:
        term.print_json(
            {
                **_describe(found),
                "offerings": [
                    {
                        **vars(each.offering),
                        "people": [
                            named.seat._asdict()
                            for named in (*each.seated, *each.waiting, *each.dropped)
                        ],
                    }
                    for each in seats
                ],
                "log": [vars(entry) for entry in log],
            }
        )
        return
    print_cohort(term, found)
    print_seats(term, framework, seats)


def compare(term: Terminal, cohort: CohortId) -> None:
    """Compare the seats with those by order of application and by the largest gap first."""
    figures, _ = _read_figures(term, cohort, "cohort compare")
    if term.as_json:
        term.print_json([vars(each) for each in figures.ways])
        return
    print_ways(term, figures)
    if not figures.applied:
        term.print("console.cohort.no_applications")


def publish(term: Terminal, cohort: CohortId) -> None:
    """Enrol everybody who has a seat, or nobody; published again, nothing happens."""
    with term.session("cohort publish") as session:
        made = publish_cohort(session, cohort)
    if term.as_json:
        term.print_json({"cohort_id": cohort, "enrolled": made.enrolled})
    term.print("console.cohort.said_published", count=made.enrolled)


def dropout(
    term: Terminal,
    cohort: CohortId,
    person: Annotated[str, typer.Argument(metavar="PERSON", help="Staff number of the person.")],
    offering: Annotated[
        str | None,
        typer.Option(
            metavar="RUN", help="Only in this run; in all that have not begun by default."
        ),
    ] = None,
) -> None:
    """Cancel what a person is enrolled in, and let those who wait move up."""
    with term.session("cohort dropout") as session:
        done = drop_out(session, cohort, person, offering_id=offering)
    if term.as_json:
        term.print_json({**vars(done), "moved_up": [vars(each) for each in done.moved_up]})
    term.print(
        "console.cohort.said_dropped",
        given=len(done.given_up),
        moved=len(done.moved_up),
        open=len(done.unfilled),
    )
    for each in done.moved_up:
        term.print("console.cohort.got", name=each.person_id, run=each.offering_id)


def demand(term: Terminal, cohort: CohortId) -> None:
    """List the new runs that would close most of the gaps, by course and month."""
    figures, framework = _read_figures(term, cohort, "cohort demand")
    if term.as_json:
        term.print_json([vars(each) for each in figures.demand])
        return
    print_demand(term, framework, figures)
    term.print("console.cohort.demand_note")


def _ending(file: Path) -> str:
    ending = file.suffix.lower()
    if ending not in _WRITERS:
        raise InputError("export.ending", file=file.name, known=", ".join(_WRITERS))
    return ending


def _describe(cohort: Cohort) -> dict[str, Any]:
    return {**vars(cohort.stored), "state": cohort.state, "people": cohort.people}


def _read_figures(term: Terminal, cohort_id: str, action: str) -> tuple[CohortFigures, Framework]:
    with term.session(action) as session:
        figures = read_figures(get_cohort(session, cohort_id).stored.figures)
        framework = session.service.framework
    if figures is None:
        raise ConflictError("cohort.unsolved")
    return figures, framework


def _read_day(text: str) -> dt.date:
    try:
        return dt.date.fromisoformat(text)
    except ValueError:
        raise InputError("cohort.day", found=text) from None


def _read_ids(path: Path) -> list[str]:
    lines = path.read_text(encoding="utf-8-sig").splitlines()
    return [line.strip() for line in lines if line.strip()]


def _split(text: str) -> tuple[str, Any]:
    """Split ``NAME=COUNT``; the count may be left out."""
    name, _, count = text.partition("=")
    if count and not count.isdecimal():
        raise InputError("cohort.count", found=text)
    return name, int(count) if count else None
