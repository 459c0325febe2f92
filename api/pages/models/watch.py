"""The watch of fairness and of the model in force."""

from __future__ import annotations

from fastapi import Response

from api.operations import PDF
from api.pages.rendering import render
from api.pages.routing import Pages, Visited
from api.responses import send
from recommender.documents.watch.tables import watch_page
from recommender.service.permissions import Permission
from recommender.service.watch.watching import make_council_report, watch_model

PAGES = Pages()


@PAGES.page("GET", "/models/watch", Permission.READ_MODELS)
def show_watch(call: Visited) -> Response:
    """Show what is out of line, and how each group fares."""
    report = watch_model(call.session, call.session.today)
    return render(call, "models/watch.html.j2", watch=watch_page(report, call.lang))


@PAGES.page("GET", "/models/watch/report.pdf", Permission.READ_MODELS)
def download_watch_report(call: Visited) -> Response:
    """Get the report for the works council."""
    report = make_council_report(call.session, call.session.today)
    return send(call, report.content, media_type=PDF, filename=f"watch.{call.lang}.pdf")
