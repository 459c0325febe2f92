"""Cohorts as they are found, watched, compared, published and replanned."""

from __future__ import annotations

from typing import Annotated

from fastapi import Form, Path, Query, Response

from api.admission import Call
from api.operations import PDF, XLSX
from api.pages.plans.view import Names, explain_problem
from api.pages.rendering import render
from api.pages.routing import Pages, Visited, see_other
from api.responses import send
from recommender.errors import ConflictError, InputError, NotFoundError, RecommenderError
from recommender.service.cohorts.answers import is_reproduced
from recommender.service.cohorts.dropping_out import drop_out
from recommender.service.cohorts.figures import read_figures
from recommender.service.cohorts.lists import print_lists
from recommender.service.cohorts.publishing import close_cohort, publish_cohort
from recommender.service.cohorts.reading import (
    OfferingCount,
    count_offerings,
    get_cohort,
    get_cohorts,
    latest_lotteries,
    read_cohort_log,
    read_seats,
)
from recommender.service.cohorts.workbook import name_course, say_added, say_basis, write_seats
from recommender.service.jobs.cohort_plans import plan_cohort_again
from recommender.service.permissions import Permission

PAGES = Pages()

_A_PAGE = 50
# of a long wait list the first; the workbook has all
_WAITING_SHOWN = 30
CohortId = Annotated[str, Path(pattern=r"^cohort-[0-9a-f]{1,31}$")]
_Id = Annotated[str, Query(max_length=80)]


@PAGES.page("GET", "/cohorts", Permission.RUN_CAMPAIGNS)
def list_cohorts_page(
    call: Visited, before: Annotated[str, Query(pattern=r"^(cohort-[0-9a-f]{1,31})?$")] = ""
) -> Response:
    """List cohorts, the newest first."""
    cohorts = get_cohorts(call.session, before=before, limit=_A_PAGE + 1)
    return render(
        call,
        "cohorts/list.html.j2",
        found=cohorts[:_A_PAGE],
        older=cohorts[_A_PAGE - 1].stored.cohort_id if len(cohorts) > _A_PAGE else "",
    )


@PAGES.page("GET", "/cohorts/{cohort_id}", Permission.RUN_CAMPAIGNS)
def show_cohort(call: Visited, cohort_id: CohortId, run: _Id = "") -> Response:
    """Show who gets which seat, what that comes to, and what else was or is to be decided."""
    return _show(call, cohort_id, run=run)


@PAGES.page("GET", "/cohorts/{cohort_id}/progress", Permission.RUN_CAMPAIGNS)
def show_cohort_progress(call: Visited, cohort_id: CohortId) -> Response:
    """Show how far a job is that works seats out; a fragment."""
    cohort = get_cohort(call.session, cohort_id)
    # what has come of it is on the page itself
    headers = {} if cohort.is_under_way else {"HX-Refresh": "true"}
    return render(call, "cohorts/_progress.html.j2", headers=headers, cohort=cohort)


@PAGES.page("GET", "/cohorts/{cohort_id}/seats.xlsx", Permission.RUN_CAMPAIGNS)
def download_seats(call: Visited, cohort_id: CohortId) -> Response:
    """Get the seats and wait lists, with names, as a workbook."""
    content = write_seats(call.session, cohort_id)
    return send(call, content, media_type=XLSX, filename=f"{cohort_id}.xlsx")


@PAGES.page("GET", "/cohorts/{cohort_id}/lists.pdf", Permission.RUN_CAMPAIGNS, solves=True)
def download_lists(call: Visited, cohort_id: CohortId) -> Response:
    """Get the lists to be signed, a page for each run."""
    made = print_lists(call.session, cohort_id)
    return send(call, made.content, media_type=PDF, filename=f"{cohort_id}.pdf")


@PAGES.page("POST", "/cohorts/{cohort_id}/solution", Permission.RUN_CAMPAIGNS, solves=True)
def solve_cohort_again(call: Visited, cohort_id: CohortId) -> Response:
    """Work the seats of a draft out again."""
    try:
        cohort = plan_cohort_again(call.session, cohort_id)
    except ConflictError as error:
        return _show(call, cohort_id, error=error)
    call.state.jobs.wake()
    key = "queued" if cohort.is_under_way else "made"
    return see_other(
        call, f"/cohorts/{cohort_id}", said=f"console.cohort.said_{key}", count=cohort.seated
    )


@PAGES.page("POST", "/cohorts/{cohort_id}/publication", Permission.RUN_CAMPAIGNS)
def publish_cohort_page(
    call: Visited,
    cohort_id: CohortId,
    version: Annotated[int, Form(ge=1, le=2_000_000_000)],
) -> Response:
    """Enrol everybody who has a seat, as it was shown."""
    try:
        made = publish_cohort(call.session, cohort_id, seen=version)
    except ConflictError as error:
        return _show(call, cohort_id, error=error)
    return see_other(
        call, f"/cohorts/{cohort_id}", said="console.cohort.said_published", count=made.enrolled
    )


@PAGES.page("POST", "/cohorts/{cohort_id}/dropouts", Permission.RUN_CAMPAIGNS, solves=True)
def record_dropout_page(
    call: Visited,
    cohort_id: CohortId,
    person: Annotated[str, Form(max_length=80)] = "",
    run: Annotated[str, Form(max_length=80)] = "",
) -> Response:
    """Record who drops out, and let those who wait move up."""
    try:
        done = drop_out(call.session, cohort_id, person.strip(), offering_id=run or None)
    except (ConflictError, InputError, NotFoundError) as error:
        return _show(call, cohort_id, run=run, person=person, error=error)
    return see_other(
        call,
        f"/cohorts/{cohort_id}",
        said="console.cohort.said_dropped",
        given=len(done.given_up),
        moved=len(done.moved_up),
        open=len(done.unfilled),
    )


@PAGES.page("POST", "/cohorts/{cohort_id}/closure", Permission.RUN_CAMPAIGNS)
def close_cohort_page(call: Visited, cohort_id: CohortId) -> Response:
    """Discard a draft, or close a published cohort."""
    close_cohort(call.session, cohort_id)
    return see_other(call, f"/cohorts/{cohort_id}", said="console.cohort.said_closed")


def _show(
    call: Call,
    cohort_id: str,
    *,
    run: str = "",
    person: str = "",
    error: RecommenderError | None = None,
) -> Response:
    """Return the page of a cohort, with what could not be done and why."""
    cohort = get_cohort(call.session, cohort_id)
    offerings = count_offerings(call.session, cohort_id)
    chosen = _choose(offerings, run)
    people = []
    if chosen:
        (people,) = read_seats(call.session, cohort_id, offering_id=chosen)
    framework = call.session.service.framework
    log = read_cohort_log(call.session, cohort_id)
    status = 200 if error is None else 409 if isinstance(error, ConflictError) else 422
    return render(
        call,
        "cohorts/cohort.html.j2",
        status=status,
        cohort=cohort,
        found=read_figures(cohort.stored.figures),
        basis=say_basis(cohort, call.lang),
        offerings=offerings,
        chosen=people,
        waiting_shown=_WAITING_SHOWN,
        log=log,
        latest=latest_lotteries(log),
        is_reproduced=is_reproduced,
        person=person,
        problem=None if error is None else explain_problem(call, error),
        course=lambda module_id: name_course(framework, module_id, call.lang),
        said_added=lambda each: say_added(each.at_least, each.at_most, each.added, call.lang),
        names=Names(call),
    )


def _choose(offerings: list[OfferingCount], run: str) -> str:
    """Return the run whose people are shown: the one asked for, or the first that has some."""
    known = [each.offering.offering_id for each in offerings]
    if run in known:
        return run
    some = [each.offering.offering_id for each in offerings if each.seated or each.waiting]
    return some[0] if some else ""
