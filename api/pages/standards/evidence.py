"""What calls for a change of the standard, and the evidence on the targets of a grade."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import Query, Response

from api.admission import Call
from api.pages.plans.view import Names
from api.pages.rendering import render
from api.pages.routing import Pages, Visited
from recommender.service.groups.organisation import at_home
from recommender.service.groups.table import StatisticsRequest
from recommender.service.permissions import Permission
from recommender.service.standards.evidence import StandardReview
from recommender.service.standards.reading import read_bases
from recommender.service.standards.reviewing import review_standards
from recommender.service.standards.wording import say_finding, say_unchecked

PAGES = Pages()


@PAGES.page("GET", "/standards/findings", Permission.READ_STATISTICS)
def show_standard_findings(call: Visited) -> Response:
    """Say what calls for a review; apart from the list, which would wait for it. A fragment."""
    review = _review(call, None)
    return render(call, "standards/_findings.html.j2", **_in_words(call, review))


@PAGES.page("GET", "/standards/evidence", Permission.READ_STATISTICS)
def show_standard_evidence(
    call: Visited, grade: Annotated[str, Query(max_length=80)] = ""
) -> Response:
    """Show the targets of a grade beside its people, and how items and raters do."""
    names = Names(call)
    known = [each.id for each in names.catalog.grades]
    chosen = grade or known[0]
    review = _review(call, chosen)
    return render(
        call,
        "standards/evidence.html.j2",
        found=review,
        evidence=review.grades[0],
        grade=chosen,
        grades=[(each, names.grade(each)) for each in known],
        names=names,
        **_in_words(call, review),
    )


def _review(call: Call, grade: str | None) -> StandardReview:
    session = call.session
    request = at_home(session, StatisticsRequest(session.today, grade=grade))
    with session.reading():
        return review_standards(session, request, bases=read_bases(session))


def _in_words(call: Call, review: StandardReview) -> dict[str, Any]:
    framework = call.session.service.framework
    return {
        "findings": [say_finding(framework, each, call.lang) for each in review.findings],
        "unchecked": [say_unchecked(framework, each, call.lang) for each in review.unchecked],
    }
