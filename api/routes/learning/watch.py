"""The watch of fairness and of the model in force."""

from __future__ import annotations

from typing import Any

from fastapi import Response

from api.admission import Admitted, Call
from api.operations import PDF, Operations
from api.responses import Fields, answer, send
from api.schemas.common import AsOf
from api.schemas.learning.watch import FigureOut, WatchFindingOut, WatchOut
from recommender.documents.figures import known
from recommender.documents.watch.document import Finding, WatchReport
from recommender.documents.watch.wording import say_finding, say_todo
from recommender.service.permissions import Permission
from recommender.service.watch.watching import make_council_report, watch_model

ROUTES = Operations("models")


@ROUTES.operation(
    "GET", "/models/watch", Permission.READ_MODELS, answer=WatchOut, conflict=True, example={}
)
def read_model_watch(call: Admitted, as_of: AsOf = None, fields: Fields = None) -> Response:
    """Compare units, years of service and grades, and the model in force with what was measured.

    Hours, seats and recommendations of each group stand beside those of others of the same grade
    with gaps of the same size; predictions beside levels that were measured since the training. An
    alarm is a difference that is surely larger than what is tolerated: where all is well, at most
    one answer in a hundred has any. Needs `statistics:read` as well.
    """
    report = watch_model(call.session, as_of or call.session.today)
    shown: dict[str, Any] = vars(report) | {
        "alarms": len(report.alarms),
        "findings": [_finding(call, report, finding) for finding in report.findings],
    }
    return answer(call, WatchOut.model_validate(shown), fields=fields)


@ROUTES.operation(
    "GET",
    "/models/watch/report",
    Permission.READ_MODELS,
    media={PDF: "One or two pages, in Chinese or English by `Accept-Language`."},
    conflict=True,
    example={},
)
def read_watch_report(call: Admitted, as_of: AsOf = None) -> Response:
    """Read the report for the works council, which tells nothing of single people."""
    report = make_council_report(call.session, as_of or call.session.today)
    return send(call, report.content, media_type=PDF)


def _finding(call: Call, report: WatchReport, finding: Finding) -> WatchFindingOut:
    figure, lower, upper = finding.found
    values = vars(finding) | {
        "found": FigureOut(figure=figure, lower=known(lower), upper=known(upper)),
        "sentence": say_finding(report, finding, call.lang),
        "todo": say_todo(finding, call.lang),
    }
    return WatchFindingOut.model_validate(values)
