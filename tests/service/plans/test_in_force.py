"""A plan in force: seats, and what it brought."""

from __future__ import annotations

import datetime as dt

import asking
import pytest
from at_once import at_once
from organisations import AS_OF
from plan_office import (
    DAY,
    HR,
    LINE_MANAGER,
    MANAGER,
    ON_BOTH,
    PERSON,
    assess,
    dated,
    enrol,
    modules_of,
    offer,
    planned_in,
    principal,
    refused,
    rows,
)

from recommender.errors import (
    ConflictError,
)
from recommender.service.permissions import Role
from recommender.service.plans.life import (
    decide_on_plan,
)
from recommender.service.plans.reading import (
    read_plan,
)
from recommender.store import schema, writing
from recommender.texts import explain

pytestmark = ON_BOTH

# ---- in force ------------------------------------------------------------------------------------


def enrolments(office, person_id=PERSON):
    return [
        (row["module_id"], row["offering_id"], row["status"])
        for row in rows(office, schema.enrolment, person_id=person_id)
    ]


@pytest.mark.parametrize("who", [HR, LINE_MANAGER])
def test_putting_a_plan_in_force_books_its_offerings(office, who):
    plan_id = planned_in(office)
    (before,) = rows(office, schema.person, person_id=PERSON)
    found = office.activate(plan_id, who)
    assert (found.plan.status, found.change) == ("active", "activated")
    assert enrolments(office) == [("desk-basics", "o1", "enrolled")]
    (after,) = rows(office, schema.person, person_id=PERSON)
    assert after["version"] == before["version"] + 1


def test_without_a_seat_nothing_is_put_in_force(office):
    plan_id = planned_in(office)
    enrol(office.service, MANAGER, "desk-basics", offering_id="o1")
    values = refused(ConflictError, "plan.no-seat", office.activate, plan_id)
    assert values == {"module_id": "desk-basics", "offering_id": "o1"}
    assert office.look(plan_id).plan.status == "approved"
    assert enrolments(office) == []


def test_an_offering_that_is_gone_is_named(office):
    plan_id = planned_in(office)
    with writing(office.service.engine) as connection:
        connection.execute(schema.offering.delete())
    values = refused(ConflictError, "plan.no-seat", office.activate, plan_id)
    assert values["module_id"] == "desk-basics"


def test_who_is_enrolled_already_is_not_enrolled_again(office):
    plan_id = planned_in(office)
    enrol(office.service, PERSON, "desk-basics", offering_id="o1")
    assert office.activate(plan_id).plan.status == "active"
    assert enrolments(office) == [("desk-basics", "o1", "enrolled")]
    # that one is not the plan's to cancel
    office.cancel(plan_id)
    assert enrolments(office) == [("desk-basics", "o1", "enrolled")]


def test_who_is_enrolled_elsewhere_has_to_choose(office):
    plan_id = planned_in(office)
    offer(office.service, "o2", "desk-basics", DAY)
    enrol(office.service, PERSON, "desk-basics", offering_id="o2")
    refused(ConflictError, "plan.enrolled-elsewhere", office.activate, plan_id)


def test_a_module_that_was_taken_meanwhile_is_not_booked(office):
    plan_id = planned_in(office)
    enrol(office.service, PERSON, "desk-basics", completed_on=AS_OF + dt.timedelta(days=1))
    office.activate(plan_id)
    assert enrolments(office) == [("desk-basics", None, "completed")]


def test_the_last_seat_goes_to_one_of_two(office):
    plan_id = planned_in(office)
    other = office.create(HR, MANAGER)
    moved = office.edit(
        other.plan.plan_id,
        add=() if "desk-basics" in modules_of(other) else ("desk-basics",),
        hours_budget=float("inf"),
        items=dated(module_id="desk-basics", offering_id="o1"),
    )
    boss = principal(Role.EMPLOYEE, MANAGER)
    for who in (boss, HR):
        moved = office.write(
            who, decide_on_plan, moved.plan.plan_id, decision="approved", seen=moved.version
        )
    assert moved.plan.status == "approved"
    done = at_once(lambda: office.activate(plan_id), lambda: office.activate(moved.plan.plan_id))
    (lost,) = [found for found in done if isinstance(found, Exception)]
    assert lost.code == "plan.no-seat"
    assert len(enrolments(office) + enrolments(office, MANAGER)) == 1


def test_an_active_plan_that_is_edited_keeps_its_dates_and_gives_back_what_it_drops(office):
    plan_id = planned_in(office)
    before = {i.module_id: i for i in office.activate(plan_id).plan.items}
    office.today = AS_OF + dt.timedelta(days=30)
    found = office.edit(plan_id, remove=("children-and-shelves",))
    assert (found.plan.status, found.awaiting) == ("draft", ("employee", "manager", "hr"))
    for item in found.plan.items:
        assert (item.starts_on, item.ends_on, item.offering_id) == (
            before[item.module_id].starts_on,
            before[item.module_id].ends_on,
            before[item.module_id].offering_id,
        )
    assert enrolments(office) == [("desk-basics", "o1", "enrolled")]
    found = office.edit(plan_id, remove=("desk-basics", "desk-interview"), add=("classes-online",))
    assert enrolments(office) == [("desk-basics", "o1", "cancelled")]
    office.approve(plan_id)
    assert office.activate(plan_id).plan.status == "active"


def test_a_cancelled_plan_gives_its_seats_back_but_not_what_was_used(office):
    first = planned_in(office)
    office.activate(first)
    office.cancel(first)
    assert enrolments(office) == [("desk-basics", "o1", "cancelled")]
    # on the same day the seat can be taken again
    second = office.create().plan.plan_id
    office.approve(second)
    office.activate(second)
    assert enrolments(office) == [("desk-basics", "o1", "enrolled")]
    with writing(office.service.engine) as connection:
        connection.execute(schema.enrolment.update().values(status="completed", completed_on=DAY))
    office.cancel(second)
    assert enrolments(office) == [("desk-basics", "o1", "completed")]


# ---- done ----------------------------------------------------------------------------------------


def test_what_is_missing_for_completion_is_named(office):
    plan_id = office.bring_to("active")
    office.today = dt.date(2027, 2, 1)

    def missing():
        with pytest.raises(ConflictError) as caught:
            office.complete(plan_id)
        return explain(caught.value, "zh-CN")[0].removeprefix("计划还不能完成。")

    everything = "尚需复评的能力项：reference-desk, reading-aloud, cataloguing"
    courses = "未完成的课程：desk-basics, children-and-shelves, desk-interview"
    assert missing() == f"{courses}；{everything}"
    # what was completed on the day of the plan or before is not what was planned
    enrol(office.service, PERSON, "desk-basics", enrolled_on=AS_OF, completed_on=AS_OF)
    assert missing() == f"{courses}；{everything}"
    for name, day in (("desk-basics", 1), ("desk-interview", 20), ("children-and-shelves", 10)):
        enrol(
            office.service,
            PERSON,
            name,
            enrolled_on=dt.date(2026, 11, 20),
            completed_on=dt.date(2026, 12, day),
        )
    assert missing() == everything  # and no word of courses
    # after the first of its two modules, not after both
    assess(office.service, PERSON, dt.date(2026, 12, 15), reference_desk=1.5, reading_aloud=1.4)
    assert missing() == "尚需复评的能力项：reference-desk, cataloguing"
    # on the day of the completion is not after it
    assess(office.service, PERSON, dt.date(2026, 12, 10), cataloguing=0.9)
    assess(office.service, PERSON, dt.date(2026, 12, 20), reference_desk=1.6)
    assert missing() == "尚需复评的能力项：reference-desk, cataloguing"
    assess(office.service, PERSON, dt.date(2027, 1, 15), reference_desk=1.7, cataloguing=0.9)
    # nothing counts before its day
    office.today = dt.date(2027, 1, 14)
    assert missing() == "尚需复评的能力项：reference-desk, cataloguing"
    office.today = dt.date(2027, 1, 15)
    assert office.complete(plan_id, LINE_MANAGER).plan.status == "done"


def test_a_plan_that_is_done_holds_expected_and_measured(office):
    plan_id = office.bring_to("done")
    found = office.look(plan_id)
    assert found.change == "done"
    assert found.outcome is not None
    got = {
        part.competency_id: (part.level_before, part.level_after, part.expected_improvement)
        for part in found.outcome
    }
    assert got == {
        "reference-desk": (1.0, 1.7, pytest.approx(1.1)),
        "reading-aloud": (1.0, 1.4, pytest.approx(0.5)),
        "cataloguing": (0.5, 0.9, pytest.approx(0.3)),
    }
    assert office.read(HR, read_plan, plan_id, version=found.version - 1).outcome is None


def test_the_loop_closes_into_the_history(office):
    assert len(asking.history(office.service, as_of=AS_OF).frame) == 0
    office.bring_to("done")
    records = asking.history(office.service, as_of=office.today).frame
    found = {
        (row.module_id, row.competency_id): row.level_after - row.level_before
        for row in records.itertuples()
    }
    assert found == {
        # of one interval, so each record shows what was gained in all of it
        ("desk-basics", "reference-desk"): pytest.approx(0.7),
        ("desk-interview", "reference-desk"): pytest.approx(0.7),
        ("children-and-shelves", "reading-aloud"): pytest.approx(0.4),
        ("children-and-shelves", "cataloguing"): pytest.approx(0.4),
    }
    assert set(records["person_id"]) == {PERSON}
