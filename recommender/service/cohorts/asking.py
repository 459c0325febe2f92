"""Asking for a cohort: for whom, in which offerings, within which limits."""

from __future__ import annotations

import datetime as dt
import math
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from recommender.errors import ConflictError, InputError
from recommender.service.cohorts.reading import CohortDraft, need_cohorts
from recommender.service.groups.concerned import find_concerned
from recommender.service.groups.table import StatisticsRequest, at_home, require_unit
from recommender.service.session import Session
from recommender.store import Connection, PersonHead, org_path
from recommender.store.people.offerings import list_offerings
from recommender.store.people.staff import PeopleFilter, search_people
from recommender.store.plans.cohorts import (
    CohortOffering,
    StoredCohort,
    insert_cohort,
    make_cohort_id,
)

MOST_PEOPLE = 10_000
MOST_OFFERINGS = 500
# two years
MOST_DAYS = 731
MOST_IN_NAME = 100
# a twentieth of a level less is no difference that an assessment could tell
TOLERANCE = 0.05
_SEEDS = 2**31


@dataclass(frozen=True)
class CohortLimits:
    """What the seats of a cohort have to keep to.

    Parameters
    ----------
    cost : float or None
        CNY for all seats together; None for no bound.
    hours : float or None
        Hours of each person; None for no bound.
    floor_share : float
        Each of the units right below gets at least this share of the seats that its people would
        have if those that are given without any floor were dealt out evenly, in [0, 1].
    floors : mapping of str to int
        Of these units, by path, at least so many seats in place of that share.
    tolerance : float
        Weighted levels within which two people count as equal, so that a lottery decides.
    """

    cost: float | None = None
    hours: float | None = None
    floor_share: float = 0.0
    floors: Mapping[str, int] = field(default_factory=dict[str, int])
    tolerance: float = TOLERANCE

    def to_json(self) -> dict[str, Any]:
        """Return them as they are stored."""
        return vars(self) | {"floors": dict(self.floors)}


@dataclass(frozen=True)
class CohortRequest:
    """For whom seats are to be given, in which offerings, within which limits.

    Parameters
    ----------
    name : str
        What people call it.
    starts_from, starts_until : date
        The offerings are those that begin between these days, and have free seats.
    org_unit : str or None
        The people of this unit and those below it who are below a target; None for everybody in
        the care of whoever asks.
    offerings : mapping of str to int or None, optional
        Only these offerings, with the seats to put aside; None for all that are free.
    applications : sequence of str, optional
        Only these people, in the order in which they have applied.
    left_out : frozenset of str
        Nobody of these.
    limits : CohortLimits
        What the seats have to keep to.
    """

    name: str
    starts_from: dt.date
    starts_until: dt.date
    org_unit: str | None = None
    offerings: Mapping[str, int | None] | None = None
    applications: Sequence[str] | None = None
    left_out: frozenset[str] = frozenset()
    limits: CohortLimits = field(default_factory=CohortLimits)


@dataclass(frozen=True)
class CohortPreview:
    """Who would be considered, and in which offerings."""

    people: int
    offerings: Sequence[CohortOffering]

    @property
    def seats(self) -> int | None:
        """Seats put aside in all; None where an offering has no bound."""
        counts = [each.seats for each in self.offerings]
        return None if None in counts else sum(count or 0 for count in counts)


def preview_cohort(session: Session, request: CohortRequest) -> CohortPreview:
    """Say who would be considered, and in which offerings.

    Raises
    ------
    NotFoundError, InputError
        As `draft_cohort` does.
    """
    with session.reading() as connection:
        people, offerings, _ = _look_up(session, connection, request)
    return CohortPreview(len(people), offerings)


def draft_cohort(
    session: Session, request: CohortRequest, *, seed: int | None = None
) -> CohortDraft:
    """Find who is considered for which offerings, and draw the seed of the lotteries.

    Nothing is stored. Nobody but a test chooses the seed: who could try several would choose who
    wins.

    Raises
    ------
    NotFoundError
        If there is no such unit within the principal's scope.
    InputError
        If it has no name or too long a one, the days or limits make no sense, an offering is not
        free, or an applicant is not there.
    ConflictError
        If nobody is left to be considered, or no offering is free.
    """
    name = " ".join(request.name.split())
    if not name:
        raise InputError("cohort.no-name", field="#/name")
    if len(name) > MOST_IN_NAME:
        raise InputError("cohort.long-name", field="#/name", most=MOST_IN_NAME, found=len(name))
    with session.reading() as connection:
        people, offerings, unit = _look_up(session, connection, request)
    if not people:
        raise ConflictError("cohort.nobody")
    if not offerings:
        raise ConflictError(
            "cohort.no-offerings",
            starts_from=request.starts_from,
            starts_until=request.starts_until,
        )
    stored = StoredCohort(
        cohort_id=make_cohort_id(),
        name=name,
        as_of=session.today,
        org_unit=unit,
        starts_from=request.starts_from,
        starts_until=request.starts_until,
        limits=request.limits.to_json(),
        seed=secrets.randbelow(_SEEDS) if seed is None else seed,
        status="draft",
        model_id=None,
        catalog_digest=session.service.framework.catalog.digest,
        value=None,
        bound=None,
        figures=None,
        job_id=None,
        actor=session.who.actor,
        created_at=dt.datetime.now(dt.UTC),
        published_at=None,
        version=1,
    )
    return CohortDraft(stored, people, offerings)


def keep_draft(session: Session, connection: Connection, draft: CohortDraft) -> None:
    """Store a cohort without an answer."""
    places = {head.person_id: place for head, place in draft.people}
    insert_cohort(connection, draft.stored, draft.offerings, places)
    session.saw(head.ref for head, _ in draft.people)
    session.details |= {
        "cohort_id": draft.stored.cohort_id,
        "people": len(places),
        "seed": draft.stored.seed,
    }


def _look_up(
    session: Session, connection: Connection, request: CohortRequest
) -> tuple[list[tuple[PersonHead, int | None]], list[CohortOffering], str | None]:
    """Return who is considered, with the place in the order of application, where, and the unit."""
    need_cohorts(session)
    _check(request, session.today)
    asked = at_home(session, StatisticsRequest(session.today, request.org_unit))
    people = _find_people(session, connection, request, asked)
    if len(people) > MOST_PEOPLE:
        raise InputError("cohort.too-many-people", most=MOST_PEOPLE, found=len(people))
    offerings = _find_offerings(session, connection, request, asked.org_unit)
    return people, offerings, asked.org_unit


def _find_people(
    session: Session, connection: Connection, request: CohortRequest, asked: StatisticsRequest
) -> list[tuple[PersonHead, int | None]]:
    if request.applications is None:
        heads = [each.head for each in find_concerned(session, asked)]
        return [(head, None) for head in heads if head.person_id not in request.left_out]
    if asked.org_unit is not None:
        require_unit(connection, session.who.scope, asked.org_unit)
    names = list(dict.fromkeys(request.applications))
    wanted = PeopleFilter(person_ids=names, org_unit=asked.org_unit, present_on=session.today)
    heads = search_people(connection, session.who.scope, wanted, limit=None)
    session.saw(head.ref for head in heads)
    unknown = sorted(set(names) - {head.person_id for head in heads})
    if unknown:
        raise InputError(
            "cohort.applicants",
            field="#/applications",
            count=len(unknown),
            people=", ".join(unknown[:10]),
        )
    place = {name: at for at, name in enumerate(names, start=1)}
    return [
        (head, place[head.person_id]) for head in heads if head.person_id not in request.left_out
    ]


def _find_offerings(
    session: Session, connection: Connection, request: CohortRequest, unit: str | None
) -> list[CohortOffering]:
    open_runs = list_offerings(
        connection,
        starts_from=request.starts_from,
        starts_until=request.starts_until,
        free_seats=1,
        limit=MOST_OFFERINGS + 1,
    )
    framework = session.service.framework
    free = {
        each.offering_id: CohortOffering(
            each.offering_id,
            each.module_id,
            each.starts_on,
            each.ends_on,
            None if each.seats is None else each.seats - each.seats_taken,
        )
        for each in open_runs
        if _is_open_to(each.owner_unit, unit)
        and each.module_id in framework.module_of
        and not framework.module_of[each.module_id].retired
    }
    if request.offerings is None:
        if len(open_runs) > MOST_OFFERINGS:
            raise InputError("cohort.too-many-offerings", most=MOST_OFFERINGS)
        return list(free.values())
    chosen: list[CohortOffering] = []
    for offering_id, seats in request.offerings.items():
        at = {"offering_id": offering_id, "field": f"#/offerings/{offering_id}"}
        if offering_id not in free:
            raise InputError("cohort.offering", **at)
        each = free[offering_id]
        if seats is not None and (seats < 1 or (each.seats is not None and seats > each.seats)):
            raise InputError("cohort.seats", seats=seats, free=each.seats or "∞", **at)
        aside = each.seats if seats is None else seats
        chosen.append(
            CohortOffering(offering_id, each.module_id, each.starts_on, each.ends_on, aside)
        )
    return chosen


def _is_open_to(owner: str | None, unit: str | None) -> bool:
    """Say whether an offering is the organisation's, the unit's, or of a unit above or below."""
    if owner is None or unit is None:
        return True
    return f"{owner}/".startswith(f"{unit}/") or f"{unit}/".startswith(f"{owner}/")


def _check(request: CohortRequest, today: dt.date) -> None:
    limits = request.limits
    days = {"starts_from": request.starts_from, "starts_until": request.starts_until}
    if request.starts_until < request.starts_from:
        raise InputError("cohort.days", field="#/starts_until", **days)
    if request.starts_from <= today:
        raise InputError(
            "cohort.past", field="#/starts_from", starts_from=request.starts_from, today=today
        )
    length = (request.starts_until - request.starts_from).days + 1
    if length > MOST_DAYS:
        raise InputError("cohort.too-long", field="#/starts_until", days=length, most=MOST_DAYS)
    for name in ("cost", "hours", "tolerance"):
        limit = getattr(limits, name)
        if limit is not None and not (0 <= limit < math.inf):
            raise InputError("cohort.limit", field=f"#/{name}", limit=limit)
    if not 0 <= limits.floor_share <= 1:
        raise InputError("cohort.share", field="#/floor_share", share=limits.floor_share)
    for unit, seats in limits.floors.items():
        if seats < 0 or unit != org_path(unit):
            raise InputError("cohort.floor", field=f"#/floors/{unit}", unit=unit, seats=seats)
