"""Cohorts: who gets which seat, published, and replanned when somebody drops out."""

from __future__ import annotations

from typing import Annotated

from fastapi import Path, Query, Response

from api.admission import Admitted
from api.operations import Operations
from api.responses import Cursor, Fields, Limit, answer, decode_cursor, next_cursor
from api.schemas.cohorts import (
    CohortFiguresOut,
    CohortIn,
    CohortLogOut,
    CohortOut,
    CohortPage,
    CohortPublicationIn,
    CohortPublicationOut,
    CohortSeatsOut,
    DropoutIn,
    DropoutOut,
    LogEntryOut,
    OfferingSeatsOut,
    SeatOut,
)
from api.schemas.common import Id, Strict
from recommender.service.cohorts import dropping_out, publishing, reading
from recommender.service.cohorts.asking import CohortLimits, CohortRequest
from recommender.service.cohorts.figures import read_figures
from recommender.service.jobs.cohort_plans import plan_cohort, plan_cohort_again
from recommender.service.permissions import Permission

ROUTES = Operations("cohorts")

CohortId = Annotated[Id, Path(description="As the answer to the request for it said.")]


def _show(cohort: reading.Cohort) -> CohortOut:
    stored, limits = cohort.stored, cohort.stored.limits
    figures = read_figures(stored.figures)
    return CohortOut.model_validate(
        {
            **vars(stored),
            "total_cost": limits["cost"],
            "hours": limits["hours"],
            "floor_share": limits["floor_share"],
            "floors": limits["floors"],
            "tolerance": limits["tolerance"],
            "state": cohort.state,
            "people": cohort.people,
            "seated": cohort.seated,
            "waiting": cohort.waiting,
            "figures": None if figures is None else CohortFiguresOut.model_validate(figures),
        }
    )


@ROUTES.operation(
    "POST",
    "/cohorts",
    Permission.RUN_CAMPAIGNS,
    answer=CohortOut,
    status=202,
    absent=True,
    conflict=True,
    solves=True,
    example={},
    body_example={
        "name": "一季度面授班",
        "org_unit": "南区示例分公司",
        "starts_from": "2026-12-01",
        "starts_until": "2027-03-31",
        "floor_share": 0.5,
    },
)
def create_cohort(call: Admitted, body: Strict[CohortIn]) -> Response:
    """Work out who gets which seat; nobody is enrolled before it is published.

    For few people the answer comes at once; for many a job works it out. Needs `people:read`,
    `assessments:read` and `enrolments:read` as well.
    """
    request = CohortRequest(
        name=body.name,
        starts_from=body.starts_from,
        starts_until=body.starts_until,
        org_unit=body.org_unit,
        offerings=body.offerings,
        applications=body.applications,
        left_out=frozenset(body.without),
        limits=CohortLimits(
            cost=None if body.total_cost is None else float(body.total_cost),
            hours=body.hours,
            floor_share=body.floor_share,
            floors=body.floors,
            tolerance=body.tolerance,
        ),
    )
    with call.once():
        cohort = plan_cohort(call.session, request)
        place = f"/v1/cohorts/{cohort.stored.cohort_id}"
        response = answer(call, _show(cohort), status=202, location=place)
    call.state.jobs.wake()
    return response


@ROUTES.operation(
    "GET", "/cohorts", Permission.RUN_CAMPAIGNS, answer=CohortPage, example={"limit": 5}
)
def list_cohorts(
    call: Admitted, fields: Fields = None, cursor: Cursor = None, limit: Limit = 50
) -> Response:
    """List the cohorts you asked for or whose unit is in your care, the newest first."""
    (before,) = decode_cursor(cursor, ("",))
    cohorts = reading.get_cohorts(call.session, before=before, limit=limit + 1)
    items, following = next_cursor(cohorts, limit, lambda each: (each.stored.cohort_id,))
    page = CohortPage(items=[_show(each) for each in items], next=following)
    return answer(call, page, fields=fields)


@ROUTES.operation(
    "GET", "/cohorts/{cohort_id}", Permission.RUN_CAMPAIGNS, answer=CohortOut, absent=True
)
def read_cohort(call: Admitted, cohort_id: CohortId, fields: Fields = None) -> Response:
    """Read how far a cohort is and what its seats come to.

    `figures` has the three ways of giving seats beside one another, what each unit gets, and which
    new runs would close most.
    """
    return answer(call, _show(reading.get_cohort(call.session, cohort_id)), fields=fields)


@ROUTES.operation(
    "GET",
    "/cohorts/{cohort_id}/seats",
    Permission.RUN_CAMPAIGNS,
    answer=CohortSeatsOut,
    absent=True,
)
def list_cohort_seats(
    call: Admitted,
    cohort_id: CohortId,
    offering_id: Annotated[Id | None, Query(description="Only this scheduled run.")] = None,
    fields: Fields = None,
) -> Response:
    """List who has a seat, who waits and who dropped out, of the people in your care."""
    seats = reading.read_seats(call.session, cohort_id, offering_id=offering_id)
    items = [
        OfferingSeatsOut(
            **vars(each.offering),
            people=[
                SeatOut(
                    **{
                        **named.seat._asdict(),
                        "name": named.head.name,
                        "org_unit": named.head.org_unit,
                    }
                )
                for named in (*each.seated, *each.waiting, *each.dropped)
            ],
        )
        for each in seats
    ]
    return answer(call, CohortSeatsOut(items=items), fields=fields)


@ROUTES.operation(
    "GET",
    "/cohorts/{cohort_id}/log",
    Permission.RUN_CAMPAIGNS,
    answer=CohortLogOut,
    absent=True,
)
def read_cohort_log(call: Admitted, cohort_id: CohortId, fields: Fields = None) -> Response:
    """Read which lotteries were held, with every number, and who replaced whom."""
    entries = reading.read_cohort_log(call.session, cohort_id)
    items = [LogEntryOut.model_validate(each) for each in entries]
    return answer(call, CohortLogOut(items=items), fields=fields)


@ROUTES.operation(
    "POST",
    "/cohorts/{cohort_id}/solution",
    Permission.RUN_CAMPAIGNS,
    answer=CohortOut,
    status=202,
    absent=True,
    conflict=True,
    solves=True,
)
def run_cohort(call: Admitted, cohort_id: CohortId) -> Response:
    """Work the seats of a draft out again, as people and runs are now; the seed stays."""
    with call.once():
        cohort = plan_cohort_again(call.session, cohort_id)
        response = answer(call, _show(cohort), status=202)
    call.state.jobs.wake()
    return response


@ROUTES.operation(
    "POST",
    "/cohorts/{cohort_id}/publication",
    Permission.RUN_CAMPAIGNS,
    answer=CohortPublicationOut,
    absent=True,
    conflict=True,
    body_example={},
)
def publish_cohort(
    call: Admitted, cohort_id: CohortId, body: Strict[CohortPublicationIn]
) -> Response:
    """Enrol everybody who has a seat, or nobody; published again, nothing happens.

    Whoever waits stays on the wait list. Needs `enrolments:write`, too.
    """
    with call.once():
        made = publishing.publish_cohort(call.session, cohort_id, seen=body.version)
        return answer(call, CohortPublicationOut(enrolled=made.enrolled, cohort=_show(made.cohort)))


@ROUTES.operation(
    "POST",
    "/cohorts/{cohort_id}/dropouts",
    Permission.RUN_CAMPAIGNS,
    answer=DropoutOut,
    absent=True,
    conflict=True,
    solves=True,
    body_example={"person_id": "00003"},
)
def add_dropout(call: Admitted, cohort_id: CohortId, body: Strict[DropoutIn]) -> Response:
    """Cancel what a person was enrolled in, and give the seats to those who wait.

    Nobody else's seat moves. Needs `enrolments:write`, too.
    """
    with call.once():
        done = dropping_out.drop_out(
            call.session, cohort_id, body.person_id, offering_id=body.offering_id
        )
        return answer(call, DropoutOut.model_validate(vars(done)))


@ROUTES.operation(
    "POST",
    "/cohorts/{cohort_id}/closure",
    Permission.RUN_CAMPAIGNS,
    answer=CohortOut,
    absent=True,
)
def cancel_cohort(call: Admitted, cohort_id: CohortId) -> Response:
    """Discard a draft, or stop replacing dropouts of a published one; enrolments stay."""
    with call.once():
        return answer(call, _show(publishing.close_cohort(call.session, cohort_id)))
