"""The seats that a plan takes in offerings while it is in force."""

from __future__ import annotations

import datetime as dt
from typing import Any

from recommender.errors import ConflictError
from recommender.results import Plan
from recommender.store import Connection, touch_people
from recommender.store.people.seats import (
    find_offerings,
    give_seat_back,
    list_enrolments,
    take_seat,
)
from recommender.store.plans.versions import PlanHead, read_versions


def book_seats(
    connection: Connection, head: PlanHead, plan: Plan, *, on: dt.date
) -> list[dict[str, Any]]:
    """Enrol the person in the offerings of a plan whose lock the transaction holds.

    Returns
    -------
    list of dict
        The enrolments made: module_id, offering_id, enrolled_on. None is made where the person
        has completed the module since the day of the plan, or is enrolled in the offering already.

    Raises
    ------
    ConflictError
        If an offering is gone or full, or the person is enrolled in another of the module.
    """
    wanted = {item.module_id: item.offering_id for item in plan.items if item.offering_id}
    # locked first: two plans put in force at once must not both get the last seat
    runs = find_offerings(connection, wanted.values(), lock=True)
    enrolled = list_enrolments(connection, head.person_id, wanted)
    booked: list[dict[str, Any]] = []
    for module_id, offering_id in wanted.items():
        earlier = [e for e in enrolled if e.module_id == module_id]
        if any(e.completed_on and e.completed_on > plan.as_of for e in earlier):
            continue
        open_runs = [e.offering_id for e in earlier if e.status == "enrolled"]
        if offering_id in open_runs:
            continue
        at = {"module_id": module_id, "offering_id": offering_id}
        if open_runs:
            raise ConflictError("plan.enrolled-elsewhere", **at)
        run = runs.get(offering_id)
        # below 0 where an import took more seats than there are
        if run is None or (run.free is not None and run.free <= 0):
            raise ConflictError("plan.no-seat", **at)
        take_seat(connection, head.person_id, module_id, offering_id, on=on)
        booked.append({**at, "enrolled_on": on.isoformat()})
    # enrolments are facts about the person, and every change of facts has to count
    if booked:
        touch_people(connection, [head.person_id])
    return booked


def release_seats(
    connection: Connection, head: PlanHead, *, unless: set[tuple[str, str | None]]
) -> None:
    """Cancel the open enrolments that a plan made, unless module and offering stay booked.

    The transaction has to hold the lock of the plan.
    """
    freed = False
    # a plan can have been in force several times, with an edit in between
    for activated in read_versions(connection, head.plan_id, change="activated"):
        for made in activated.body["enrolments"]:
            module_id, offering_id = made["module_id"], made["offering_id"]
            if (module_id, offering_id) not in unless:
                freed |= give_seat_back(
                    connection,
                    head.person_id,
                    module_id,
                    offering_id,
                    enrolled_on=dt.date.fromisoformat(made["enrolled_on"]),
                )
    if freed:
        touch_people(connection, [head.person_id])
