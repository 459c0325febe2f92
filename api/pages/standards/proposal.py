"""One proposed standard: its targets, its panel, what it would change, and who decides."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated

from fastapi import Form, Path, Query, Response

from api.admission import Call
from api.operations import PDF
from api.pages.plans.view import Names, explain_problem
from api.pages.rendering import render
from api.pages.routing import Pages, Visited, see_other
from api.responses import send
from recommender.errors import (
    ConflictError,
    ForbiddenError,
    InputError,
    NotFoundError,
    RecommenderError,
)
from recommender.service.permissions import Permission
from recommender.service.standards import deciding
from recommender.service.standards.pasted import parse_answers
from recommender.service.standards.proposing import record_round
from recommender.service.standards.reading import APPROVALS, Proposal, read_proposal
from recommender.service.standards.report import write_standard_report
from recommender.service.standards.simulating import simulate_standard
from recommender.service.views.actors import name_actors

PAGES = Pages()

ProposalId = Annotated[str, Path(pattern=r"^standard-[0-9a-f]{1,31}$")]
_Seen = Annotated[int, Form(ge=1, le=2_000_000_000)]
_Comment = Annotated[str, Form(max_length=2000)]
_SHOWN = 100


@PAGES.page("GET", "/standards/{proposal_id}", Permission.READ_STATISTICS, solves=True)
def show_standard(
    call: Visited,
    proposal_id: ProposalId,
    plans: Annotated[str, Query(pattern="^(yes)?$")] = "",
) -> Response:
    """Show a proposal and what it would change; plans are tried when asked for."""
    return _show(call, proposal_id, plans=bool(plans))


@PAGES.page("GET", "/standards/{proposal_id}/report.pdf", Permission.READ_STATISTICS, solves=True)
def download_standard_report(call: Visited, proposal_id: ProposalId) -> Response:
    """Get the report on a proposal; people are counted in it and not named."""
    pdf = write_standard_report(call.session, proposal_id)
    return send(call, pdf.content, media_type=PDF, filename=f"{proposal_id}.{call.lang}.pdf")


@PAGES.page("POST", "/standards/{proposal_id}/rounds", Permission.WRITE_STANDARDS)
def record_standard_round_page(
    call: Visited,
    proposal_id: ProposalId,
    seen: _Seen,
    number: Annotated[int, Form(ge=1, le=2)],
    answers: Annotated[str, Form(max_length=100_000)] = "",
) -> Response:
    """Record what the experts judged in a round."""
    try:
        given = parse_answers(call.session.service.framework, answers)
        record_round(call.session, proposal_id, number, given, seen=seen)
    except (InputError, ConflictError, NotFoundError) as error:
        return _show(call, proposal_id, error=error, answers=answers)
    return see_other(
        call, f"/standards/{proposal_id}", said="console.standards.said_round", number=number
    )


@PAGES.page("POST", "/standards/{proposal_id}/submission", Permission.WRITE_STANDARDS)
def submit_standard_page(call: Visited, proposal_id: ProposalId, seen: _Seen) -> Response:
    """Hand a draft in for approval."""
    return _turn(call, proposal_id, deciding.submit_standard, seen)


@PAGES.page("POST", "/standards/{proposal_id}/withdrawal", Permission.WRITE_STANDARDS)
def withdraw_standard_page(call: Visited, proposal_id: ProposalId, seen: _Seen) -> Response:
    """Withdraw a proposal that is not decided yet."""
    return _turn(call, proposal_id, deciding.withdraw_standard, seen)


@PAGES.page("POST", "/standards/{proposal_id}/approval", Permission.APPROVE_STANDARDS)
def approve_standard_page(
    call: Visited, proposal_id: ProposalId, seen: _Seen, comment: _Comment = ""
) -> Response:
    """Approve a standard."""
    return _turn(call, proposal_id, deciding.approve_standard, seen, comment=comment)


@PAGES.page("POST", "/standards/{proposal_id}/rejection", Permission.APPROVE_STANDARDS)
def reject_standard_page(
    call: Visited, proposal_id: ProposalId, seen: _Seen, comment: _Comment = ""
) -> Response:
    """Reject a standard."""
    return _turn(call, proposal_id, deciding.reject_standard, seen, comment=comment)


def _turn(
    call: Call, proposal_id: str, act: Callable[..., Proposal], seen: int, **given: str
) -> Response:
    try:
        proposal = act(call.session, proposal_id, seen=seen, **given)
    except (InputError, ConflictError, ForbiddenError) as error:
        # of whoever may not at all the page itself has refused before
        if error.code == "standard.whole-organisation":
            raise
        return _show(call, proposal_id, error=error)
    # the first of two approvals leaves it where it was
    said = "approved_first" if given and proposal.stored.status == "submitted" else ""
    return see_other(
        call,
        f"/standards/{proposal_id}",
        said=f"console.standards.said_{said or proposal.stored.status}",
    )


def _show(
    call: Call,
    proposal_id: str,
    *,
    plans: bool = False,
    error: RecommenderError | None = None,
    answers: str = "",
) -> Response:
    session = call.session
    with session.reading():
        proposal = read_proposal(session, proposal_id)
        told = simulate_standard(session, proposal_id, with_plans=plans)
        name_of = name_actors(session, proposal.actors)
    status = proposal.stored.status
    whole, permissions = session.who.scope.everyone, session.who.permissions
    may_write = whole and Permission.WRITE_STANDARDS in permissions
    refused = isinstance(error, ConflictError | ForbiddenError)
    return render(
        call,
        "standards/proposal.html.j2",
        status=200 if error is None else 409 if refused else 422,
        proposal=proposal,
        told=told,
        movers=(told.movers or ())[:_SHOWN],
        needed=APPROVALS,
        left=APPROVALS - len(proposal.approvals),
        name_of=name_of,
        names=Names(call),
        answers=answers,
        problem=None if error is None else explain_problem(call, error),
        may_edit=may_write and status == "draft",
        may_withdraw=may_write and status in ("draft", "submitted"),
        may_decide=whole and Permission.APPROVE_STANDARDS in permissions and status == "submitted",
        may_plan=told.movers is not None and Permission.READ_RECOMMENDATIONS in permissions,
    )
