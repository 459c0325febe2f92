"""Standards: the versions of target levels, and proposals that two people approve."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated

from fastapi import Path, Query, Response

from api.admission import Admitted, Call
from api.operations import PDF, Operations
from api.responses import (
    Cursor,
    Fields,
    Limit,
    answer,
    cut_page,
    decode_cursor,
    next_cursor,
    send,
)
from api.schemas.catalog.standard_review import StandardReviewOut
from api.schemas.catalog.standards import (
    LevelChangeOut,
    RoundIn,
    StandardDecisionIn,
    StandardProposalHeadOut,
    StandardProposalIn,
    StandardProposalOut,
    StandardProposalPage,
    StandardSimulationOut,
    StandardVersionOut,
    StandardVersionPage,
    Status,
)
from api.schemas.common import AsOf, Id, Strict, UnitPath
from recommender.service.groups.table import StatisticsRequest
from recommender.service.permissions import Permission
from recommender.service.standards import deciding, proposing, reading
from recommender.service.standards.proposing import HandTarget, ProposalRequest
from recommender.service.standards.reading import Proposal
from recommender.service.standards.report import write_standard_report
from recommender.service.standards.reviewing import review_standards
from recommender.service.standards.simulating import simulate_standard

ROUTES = Operations("standards")

ProposalId = Annotated[Id, Path(description="As the answer to the request for it said.")]
_ONE = {"proposal_id": "{proposal_id}"}


@ROUTES.operation("GET", "/standards", Permission.READ_STATISTICS, answer=StandardVersionPage)
def list_standards(
    call: Admitted, fields: Fields = None, cursor: Cursor = None, limit: Limit = 50
) -> Response:
    """List the versions of each grade's standard, those to come included."""
    items, following = cut_page(reading.list_versions(call.session), cursor, limit)
    page = StandardVersionPage(
        items=[
            StandardVersionOut(
                grade=each.grade,
                effective_on=each.effective_on,
                proposal_id=each.proposal_id,
                in_force=each.in_force,
                changes=[
                    LevelChangeOut(competency_id=name, old_level=old, new_level=new)
                    for name, old, new in each.changes
                ],
            )
            for each in items
        ],
        next=following,
    )
    return answer(call, page, fields=fields)


@ROUTES.operation(
    "GET",
    "/standard-review",
    Permission.READ_STATISTICS,
    answer=StandardReviewOut,
    absent=True,
    conflict=True,
    example={"grade": "g2"},
)
def read_standard_review(
    call: Admitted,
    grade: Annotated[Id | None, Query(description="Of this grade.")] = None,
    org_unit: Annotated[
        UnitPath | None, Query(description="Of the people of a unit and those below it.")
    ] = None,
    as_of: AsOf = None,
) -> Response:
    """Read the evidence on targets, indicators, exams and raters, and what calls for a review.

    Indicators and raters are told of to HR and analysts, over all grades.
    """
    session = call.session
    request = StatisticsRequest(as_of or session.today, org_unit, grade)
    with session.reading():
        review = review_standards(session, request, bases=reading.read_bases(session))
    framework = session.service.framework
    return answer(call, StandardReviewOut.of(review, framework, session.lang))


@ROUTES.operation(
    "GET",
    "/standard-proposals",
    Permission.READ_STATISTICS,
    answer=StandardProposalPage,
    absent=True,
    example={"status": "submitted", "limit": 5},
)
def list_standard_proposals(
    call: Admitted,
    grade: Annotated[Id | None, Query(description="Of this grade.")] = None,
    status: Annotated[Status | None, Query(description="In this status.")] = None,
    fields: Fields = None,
    cursor: Cursor = None,
    limit: Limit = 50,
) -> Response:
    """List proposals, the newest first."""
    (before,) = decode_cursor(cursor, ("",))
    proposals = reading.list_proposals(
        call.session, grade=grade, status=status, before=before, limit=limit + 1
    )
    items, following = next_cursor(proposals, limit, lambda each: (each.proposal_id,))
    heads = [StandardProposalHeadOut.model_validate(each) for each in items]
    return answer(call, StandardProposalPage(items=heads, next=following), fields=fields)


@ROUTES.operation(
    "POST",
    "/standard-proposals",
    Permission.WRITE_STANDARDS,
    answer=StandardProposalOut,
    status=201,
    absent=True,
    conflict=True,
    example={},
    body_example={
        "grade": "g2",
        "effective_on": "2027-01-01",
        "method": "by-hand",
        "rationale": "连续两轮达标率超过 90%",
        "targets": {"resilience": {"level": 2.5, "note": "客户投诉更复杂"}},
    },
)
def propose_standard(call: Admitted, body: Strict[StandardProposalIn]) -> Response:
    """Propose a standard; it is a draft, and counts for nobody.

    Only those responsible for the whole organisation propose one. The targets of a panel come from
    its two rounds.
    """
    request = ProposalRequest(
        grade=body.grade,
        effective_on=body.effective_on,
        method=body.method,
        rationale=body.rationale,
        targets={
            name: HandTarget(target.level, target.weight, target.note)
            for name, target in body.targets.items()
        },
        performers=body.performers,
    )
    with call.once():
        proposal = proposing.propose_standard(call.session, request)
        place = f"/v1/standard-proposals/{proposal.stored.proposal_id}"
        return _show(call, proposal, status=201, location=place)


@ROUTES.operation(
    "GET",
    "/standard-proposals/{proposal_id}",
    Permission.READ_STATISTICS,
    answer=StandardProposalOut,
    absent=True,
    example=_ONE,
)
def read_standard_proposal(
    call: Admitted, proposal_id: ProposalId, fields: Fields = None
) -> Response:
    """Read a proposal, what its panel judged, and who has decided."""
    return _show(call, reading.read_proposal(call.session, proposal_id), fields=fields)


@ROUTES.operation(
    "GET",
    "/standard-proposals/{proposal_id}/simulation",
    Permission.READ_STATISTICS,
    answer=StandardSimulationOut,
    absent=True,
    example=_ONE,
    solves=True,
)
def simulate_standard_proposal(
    call: Admitted,
    proposal_id: ProposalId,
    plans: Annotated[
        bool, Query(description="Also try plans under both standards; takes seconds.")
    ] = False,
) -> Response:
    """Ask who would move, and which gaps would open or close, before it counts.

    Those who may see people get their names; others get counts in steps of five, as of the end of
    the last quarter.
    """
    told = simulate_standard(call.session, proposal_id, with_plans=plans)
    return answer(call, StandardSimulationOut.of(told))


@ROUTES.operation(
    "GET",
    "/standard-proposals/{proposal_id}/report",
    Permission.READ_STATISTICS,
    media={PDF: "Some pages, in Chinese or English by `Accept-Language`."},
    absent=True,
    example=_ONE,
    solves=True,
)
def read_standard_report(call: Admitted, proposal_id: ProposalId) -> Response:
    """Read a proposal, its evidence and who would move, to print; people are only counted."""
    report = write_standard_report(call.session, proposal_id)
    name = f"{proposal_id}.{call.lang}.pdf"
    return send(call, report.content, media_type=PDF, filename=name)


@ROUTES.operation(
    "PUT",
    "/standard-proposals/{proposal_id}/rounds/{number}",
    Permission.WRITE_STANDARDS,
    answer=StandardProposalOut,
    absent=True,
    conflict=True,
    versioned=True,
    example={**_ONE, "number": 1},
    body_example={
        "answers": {
            "A": {"resilience": 2.5},
            "B": {"resilience": 3.0},
            "C": {"resilience": 2.5},
        }
    },
)
def record_standard_round(
    call: Admitted,
    proposal_id: ProposalId,
    number: Annotated[int, Path(ge=1, le=2, description="First or second round.")],
    body: Strict[RoundIn],
) -> Response:
    """Record what the experts of a panel judged in a round; the second makes the targets."""
    seen = call.seen_version()
    with call.once():
        return _show(
            call,
            proposing.record_round(call.session, proposal_id, number, body.answers, seen=seen),
        )


@ROUTES.operation(
    "POST",
    "/standard-proposals/{proposal_id}/submission",
    Permission.WRITE_STANDARDS,
    answer=StandardProposalOut,
    absent=True,
    conflict=True,
    versioned=True,
    example=_ONE,
)
def submit_standard(call: Admitted, proposal_id: ProposalId) -> Response:
    """Hand a draft in for approval; from then on it stays as it is."""
    return _turn(call, proposal_id, deciding.submit_standard)


@ROUTES.operation(
    "POST",
    "/standard-proposals/{proposal_id}/withdrawal",
    Permission.WRITE_STANDARDS,
    answer=StandardProposalOut,
    absent=True,
    conflict=True,
    versioned=True,
    example=_ONE,
)
def withdraw_standard(call: Admitted, proposal_id: ProposalId) -> Response:
    """Withdraw a proposal that is not decided yet."""
    return _turn(call, proposal_id, deciding.withdraw_standard)


@ROUTES.operation(
    "POST",
    "/standard-proposals/{proposal_id}/approval",
    Permission.APPROVE_STANDARDS,
    answer=StandardProposalOut,
    absent=True,
    conflict=True,
    versioned=True,
    example=_ONE,
    body_example={"comment": "同意"},
)
def approve_standard(
    call: Admitted, proposal_id: ProposalId, body: Strict[StandardDecisionIn]
) -> Response:
    """Approve a standard; with the second approval it counts from its day on.

    It takes two people, neither of them its author. People are judged by the standard of the day.
    """
    return _turn(
        call,
        proposal_id,
        lambda session, name, *, seen: deciding.approve_standard(
            session, name, comment=body.comment, seen=seen
        ),
    )


@ROUTES.operation(
    "POST",
    "/standard-proposals/{proposal_id}/rejection",
    Permission.APPROVE_STANDARDS,
    answer=StandardProposalOut,
    absent=True,
    conflict=True,
    versioned=True,
    example=_ONE,
    body_example={"comment": "依据不足"},
)
def reject_standard(
    call: Admitted, proposal_id: ProposalId, body: Strict[StandardDecisionIn]
) -> Response:
    """Reject a standard that waits for approval; one is enough."""
    return _turn(
        call,
        proposal_id,
        lambda session, name, *, seen: deciding.reject_standard(
            session, name, comment=body.comment, seen=seen
        ),
    )


def _turn(call: Call, proposal_id: str, act: Callable[..., Proposal]) -> Response:
    seen = call.seen_version()
    with call.once():
        return _show(call, act(call.session, proposal_id, seen=seen))


def _show(
    call: Call,
    proposal: Proposal,
    *,
    status: int = 200,
    fields: str | None = None,
    location: str | None = None,
) -> Response:
    return answer(
        call,
        StandardProposalOut.of(proposal),
        status=status,
        version=proposal.stored.version,
        fields=fields,
        location=location,
    )
