"""The first hour: a guide that ticks itself, and a demo for an installation that is empty."""

from __future__ import annotations

from fastapi import Response

from api.admission import Call
from api.pages.rendering import render
from api.pages.routing import Pages, Visited, see_other
from recommender.errors import ConflictError
from recommender.service.jobs.requests import SAMPLE_PEOPLE, Job, find_sample_job, submit_sample
from recommender.service.permissions import Permission
from recommender.service.today.first_hour import FirstHour, read_first_hour
from recommender.texts import explain

PAGES = Pages()


@PAGES.page("GET", "/start", Permission.IMPORT)
def show_start(call: Visited) -> Response:
    """Show the first steps, and which of them are done."""
    return _show(call)


@PAGES.page("POST", "/start/sample", Permission.IMPORT)
def fill_with_sample(call: Visited) -> Response:
    """Fill the installation with the made-up organisation, where it is empty."""
    try:
        submit_sample(call.session)
    except ConflictError as error:
        return _show(call, error)
    call.state.jobs.wake()
    return see_other(call, "/start#sample")


@PAGES.page("GET", "/start/sample", Permission.IMPORT)
def follow_sample(call: Visited) -> Response:
    """Say how far the filling is; a fragment."""
    job = find_sample_job(call.session)
    # the whole page has changed once it is done
    headers = {} if _is_running(job) else {"HX-Redirect": "/start"}
    return render(call, "start/_sample.html.j2", headers=headers, job=job)


def _show(call: Call, error: ConflictError | None = None) -> Response:
    hour = read_first_hour(call.session)
    job = find_sample_job(call.session) if _may_fill(call) else None
    return render(
        call,
        "start/start.html.j2",
        status=409 if error else 200,
        hour=hour,
        steps=_steps(hour),
        job=job,
        is_filling=_is_running(job),
        offers_sample=_may_fill(call) and hour.is_empty,
        people=SAMPLE_PEOPLE,
        problem=explain(error, call.lang) if error else None,
    )


def _steps(hour: FirstHour) -> list[tuple[str, bool, str]]:
    """Return the steps in their order: what it is called in the texts, whether done, and where."""
    return [
        ("people", hour.done.people, "/imports"),
        ("scores", hour.done.scores, "/imports/forms"),
        ("catalog", True, "/catalog"),
        ("plan", hour.done.plans, "/people"),
    ]


def _may_fill(call: Call) -> bool:
    return {Permission.IMPORT, Permission.WRITE_MODELS} <= call.session.who.permissions


def _is_running(job: Job | None) -> bool:
    return job is not None and not job.has_ended
