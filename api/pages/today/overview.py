"""What waits for whoever looks after people: to approve, to import, to assess, to look at again."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

from fastapi import Response

from api.admission import Call
from api.pages.imports.files import ImportId
from api.pages.plans.view import Names
from api.pages.rendering import render
from api.pages.routing import Pages, Visited
from recommender.service.permissions import Permission
from recommender.service.today.approvals import DAYS_TO_DECIDE
from recommender.service.today.today import read_today
from recommender.service.today.work import Running, list_running, read_work, seconds_left
from recommender.service.views.imports import view_upload
from recommender.texts import say

PAGES = Pages()


@dataclass(frozen=True)
class RunningLine:
    """A job under way in words; `left` says how long it will take, `href` leads to its campaign."""

    job_id: str
    label: str
    done: int
    total: int | None
    left: str
    href: str


@PAGES.page("GET", "/today", Permission.READ_STATISTICS)
def show_today(call: Visited) -> Response:
    """Show what waits, the first few of each, and how far this round of assessments has come."""
    with call.session.reading():
        today, work = read_today(call.session), read_work(call.session)
    return render(
        call,
        "today/today.html.j2",
        today=today,
        work=work,
        running=_in_words(call, work.running),
        names=Names(call),
        days_to_decide=DAYS_TO_DECIDE,
    )


@PAGES.page("GET", "/today/running", Permission.READ_STATISTICS)
def show_running(call: Visited) -> Response:
    """Show how far the work under way has come; the page asks for it again and again."""
    return render(
        call, "today/_running.html.j2", running=_in_words(call, list_running(call.session))
    )


@PAGES.page("GET", "/today/imports/{import_id}", Permission.IMPORT)
def show_import_state(call: Visited, import_id: ImportId) -> Response:
    """Say what a file lacks; it is checked for that, which would keep the page waiting."""
    return render(call, "today/_file.html.j2", view=view_upload(call.session, import_id))


def _in_words(call: Call, running: Sequence[Running]) -> list[RunningLine]:
    now = dt.datetime.now(dt.UTC)
    lines: list[RunningLine] = []
    for each in running:
        job = each.job
        unit = job.request.get("org_unit")
        what = (
            each.campaign
            or job.request.get("file_name")
            or (unit.split("/")[-1] if unit else say("console.job.everybody", call.lang))
        )
        campaign_id = job.request.get("campaign_id") if each.campaign else None
        lines.append(
            RunningLine(
                job.job_id,
                say(f"console.job.{job.kind}", call.lang, what=what),
                job.done,
                job.total,
                _say_left(seconds_left(job, now=now), call.lang)
                if job.started_at
                else say("console.job.waits", call.lang),
                f"/campaigns/{campaign_id}" if campaign_id else "",
            )
        )
    return lines


def _say_left(seconds: float | None, lang: str) -> str:
    if seconds is None:
        return ""
    if seconds < 90:
        # to the next ten: nobody can tell more closely
        return say("console.job.seconds_left", lang, count=max(10, round(seconds / 10) * 10))
    return say("console.job.minutes_left", lang, count=round(seconds / 60))
