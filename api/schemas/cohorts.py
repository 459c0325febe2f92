"""Shapes of cohorts: people planned together under shared seats and money."""

from __future__ import annotations

import datetime as dt
from typing import Annotated, Any

from pydantic import BaseModel, Field

from api.responses import Page, Part, Resource
from api.schemas.common import Body, Day, Hours, Id, Line, Money, MoneyIn, UnitPath
from recommender.service.cohorts.reading import State

_COST = "CNY for all seats together; null: no bound."
_HOURS = "Of each person; null: no bound."
_CLOSED = "Expected gap closed, in levels times importance."
_FLOOR = (
    "Each unit right below that of the cohort gets at least this share of the seats that its "
    "people would have if those that are given without it were dealt out evenly."
)
_FLOORS = "Seats that units get at least, by path, in place of that share."
_TOLERANCE = "Two people whose seats add so nearly the same count as equal, and a lottery decides."


class CohortIn(Body):
    """For whom seats are to be given, in which scheduled runs, within which limits."""

    name: Annotated[Line, Field(max_length=100, description="For HR; it should name nobody.")]
    starts_from: Annotated[Day, Field(description="The runs begin on this day or later.")]
    starts_until: Annotated[Day, Field(description="The runs begin on this day or earlier.")]
    org_unit: Annotated[
        UnitPath | None,
        Field(description="The unit, those below it included; null: everybody in your care."),
    ] = None
    offerings: Annotated[
        dict[Id, Annotated[int, Field(ge=1, le=100_000)] | None] | None,
        Field(
            max_length=500,
            description="Only these runs, with the seats to put aside, null for all that are free; "
            "null: every run with a free seat.",
        ),
    ] = None
    applications: Annotated[
        tuple[Id, ...] | None,
        Field(
            max_length=10_000,
            description="Only these people, by staff number, in the order in which they applied; "
            "null: everybody below a target.",
        ),
    ] = None
    without: Annotated[
        tuple[Id, ...], Field(max_length=1000, description="Staff numbers to leave out.")
    ] = ()
    total_cost: Annotated[MoneyIn | None, Field(description=_COST)] = None
    hours: Annotated[Hours | None, Field(description=_HOURS)] = None
    floor_share: Annotated[float, Field(ge=0, le=1, description=_FLOOR)] = 0.0
    floors: Annotated[
        dict[UnitPath, Annotated[int, Field(ge=0, le=100_000)]],
        Field(default_factory=dict, max_length=1000, description=_FLOORS),
    ]
    tolerance: Annotated[
        float, Field(ge=0, le=100, allow_inf_nan=False, description=_TOLERANCE)
    ] = 0.05


class UnitShareOut(Part):
    """What a unit gets."""

    unit: str
    people: Annotated[int, Field(description="Who is considered.")]
    floor: Annotated[int, Field(description="Seats that it had to get.")]
    seats: int
    gap_closed: Annotated[float, Field(description=_CLOSED)]


class WayOut(Part):
    """What a way of giving seats leads to."""

    policy: Annotated[str, Field(description="`order-of-application`, `greedy` or `exact`.")]
    seats: int
    people: int
    gap_closed: Annotated[float, Field(description=_CLOSED)]
    cost: Money
    below_floor: Annotated[
        list[str], Field(description="Units that would get fewer seats than they have to.")
    ]


class NewOfferingOut(Part):
    """What one more run of a module in a month would close."""

    module_id: str
    month: Annotated[str, Field(description="As `2026-11`.")]
    wanted: Annotated[int, Field(description="People to whom a seat in it would add something.")]
    at_least: Annotated[float, Field(description="Gap closed if nobody else's seats change.")]
    at_most: Annotated[float, Field(description="Gap closed that cannot be exceeded.")]
    added: Annotated[
        float | None,
        Field(description="Gap closed with all seats given once more; null: not worked out."),
    ]
    people: Annotated[int, Field(description="Seats that would be taken.")]
    cost: Annotated[Money, Field(description="CNY of these seats.")]


class CohortFiguresOut(Part):
    """What the seats come to."""

    size_known: Annotated[
        bool,
        Field(description="False: the effect model knows the order only, and sizes are expert."),
    ]
    is_measured: Annotated[
        bool, Field(description="Whether a model tells what is expected, or experts do.")
    ]
    applied: Annotated[
        bool, Field(description="Whether the order of application is known, or drawn by lot.")
    ]
    gap_closed: Annotated[float, Field(description=_CLOSED)]
    people: Annotated[int, Field(description="Who gets a seat, or several.")]
    hours: Annotated[float, Field(description="Of all seats.")]
    cost: Money
    lottery_loss: Annotated[float, Field(description="Gap that the lotteries left open.")]
    lottery_loss_at_most: Annotated[float, Field(description="What they could have left open.")]
    units: list[UnitShareOut]
    ways: list[WayOut]
    demand: Annotated[
        list[NewOfferingOut], Field(description="New runs that would close most, the best first.")
    ]
    one_more_seat: Annotated[
        dict[str, float], Field(description="About what one more seat would close, by run.")
    ]


class CohortOut(Resource):
    """A cohort: asked for, and how far it is."""

    cohort_id: str
    name: str
    as_of: dt.date
    org_unit: str | None
    starts_from: dt.date
    starts_until: dt.date
    total_cost: Annotated[Money | None, Field(description=_COST)]
    hours: Annotated[float | None, Field(description=_HOURS)]
    floor_share: Annotated[float, Field(description=_FLOOR)]
    floors: Annotated[dict[str, int], Field(description=_FLOORS)]
    tolerance: Annotated[float, Field(description=_TOLERANCE)]
    seed: Annotated[int, Field(description="Of the lotteries; drawn when the cohort was made.")]
    state: Annotated[
        State,
        Field(description="`draft` once its seats are worked out, until they are published."),
    ]
    people: Annotated[int, Field(description="Who is considered.")]
    seated: Annotated[int, Field(description="Seats given.")]
    waiting: Annotated[int, Field(description="Places on wait lists.")]
    value: Annotated[
        float | None,
        Field(description="Gap closed less the price of the hours; what is maximised."),
    ]
    bound: Annotated[float | None, Field(description="No seats are worth more than this.")]
    figures: CohortFiguresOut | None
    model_id: Annotated[str | None, Field(description="Null: experts' estimates.")]
    catalog_digest: str
    job_id: Annotated[str | None, Field(description="The job that works the seats out, if any.")]
    created_at: dt.datetime
    published_at: dt.datetime | None
    version: Annotated[int, Field(description="To be named when it is published as reviewed.")]


class CohortPage(Page):
    """Cohorts, the newest first."""

    items: list[CohortOut]


class SeatOut(Part):
    """What came of a person in a run."""

    person_id: str
    name: str
    org_unit: str
    status: Annotated[str, Field(description="`seated`, `waiting` or `dropped`.")]
    place: Annotated[int | None, Field(description="On the wait list.")]
    value: Annotated[
        float, Field(description="What the seat adds beside the person's others, by importance.")
    ]
    number: Annotated[float | None, Field(description="Drawn; settles between equals.")]
    chance: Annotated[
        float | None, Field(description="Of a seat in the lottery; null: none was held.")
    ]
    enrolled_on: dt.date | None


class OfferingSeatsOut(BaseModel):
    """A scheduled run, who has a seat in it, and who waits."""

    offering_id: str
    module_id: str
    starts_on: dt.date
    ends_on: dt.date
    seats: Annotated[int | None, Field(description="Put aside for the cohort; null: no bound.")]
    people: list[SeatOut]


class CohortSeatsOut(Resource):
    """Seats and wait lists, run by run, the earliest first."""

    items: list[OfferingSeatsOut]


class LogEntryOut(Part):
    """A lottery that was held, or a dropout that was replaced."""

    kind: Annotated[str, Field(description="`lottery` or `dropout`.")]
    made_at: dt.datetime
    body: Annotated[
        dict[str, Any],
        Field(
            description="Of a lottery: run, seats, seed, numbers, who won, and a digest of it "
            "all, which stands in the audit trail, too. `people` are those it says something of: "
            "`person` is the code name of the audit trail, with `person_id` and `name` where you "
            "may see them."
        ),
    ]


class CohortLogOut(Resource):
    """What happened to the seats, the oldest first."""

    items: list[LogEntryOut]


class CohortPublicationIn(Body):
    """Which version was reviewed."""

    version: Annotated[
        int | None,
        Field(ge=1, le=2_000_000_000, description="As it was read; null: as it is now."),
    ] = None


class CohortPublicationOut(Resource):
    """A cohort that is published."""

    enrolled: Annotated[int, Field(description="Enrolments made; 0 where it was published before.")]
    cohort: CohortOut


class DropoutIn(Body):
    """Who gives up a seat."""

    person_id: Id
    offering_id: Annotated[
        Id | None, Field(description="In this run; null: every run that has not begun.")
    ] = None


class MovedUpOut(Part):
    """Somebody who waited and has a seat now."""

    person_id: str
    offering_id: str


class DropoutOut(Resource):
    """What became of the seats."""

    given_up: Annotated[list[str], Field(description="Runs in which the person had a seat.")]
    moved_up: list[MovedUpOut]
    unfilled: Annotated[
        list[str], Field(description="Runs whose free seat nobody on the wait list could take.")
    ]
    below_floor: Annotated[
        list[str], Field(description="Units that now have fewer seats than they have to.")
    ]
