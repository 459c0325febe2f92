"""What a plan says after an edit, and the dates set by hand."""

from __future__ import annotations

import datetime as dt

import pytest
from organisations import AS_OF
from plan_office import (
    DAY,
    EMPLOYEE,
    HR,
    ON_BOTH,
    PERSON,
    dated,
    modules_of,
    offer,
    refused,
    rows,
)

from recommender.errors import (
    ConflictError,
    InputError,
)
from recommender.service.plans.choices import PlanRequest
from recommender.service.plans.reading import (
    read_plan,
    read_plan_document,
)
from recommender.store import schema, writing

# ---- what a plan says after an edit --------------------------------------------------------------


@ON_BOTH
def test_an_edited_plan_has_the_figures_of_its_modules(office):
    plan_id = office.create().plan.plan_id
    found = office.edit(
        plan_id, remove=("children-and-shelves", "desk-interview"), add=("classes-online",)
    )
    plan = found.plan
    # weight · min(gap, improvement), by hand: 1.0 · min(0.5, 0.4) and 1.5 · min(1, 0.6)
    assert [(i.module_id, i.order) for i in plan.items] == [
        ("desk-basics", 1),
        ("classes-online", 2),
    ]
    assert [i.adds for i in plan.items] == pytest.approx([0.9, 0.4])
    assert plan.expected_gap_closed == pytest.approx(1.3)
    assert (plan.total_hours, plan.total_cost) == (10.0, 400.0)
    assert all(item.reasons and item.order_reasons for item in plan.items)
    assert (found.change, found.version, found.content_version) == ("edited", 2, 2)
    # nobody says that this was the best choice
    assert plan.objective == "by-hand"
    assert "人工选定" in office.read(HR, read_plan_document, plan_id).objective
    reasons = {item.module_id: item.reason for item in plan.left_out}
    assert reasons == {
        "children-and-shelves": "not-wanted",
        "desk-interview": "not-wanted",
        "rules-for-librarians": "wrong-grade",
        "card-catalogue": "retired",
    }
    (head,) = rows(office, schema.plan)
    assert (head["status"], head["version"]) == ("draft", 2)


@ON_BOTH
def test_a_caller_has_one_draft_for_a_person(office):
    """Made again it is made anew, until somebody has put work into it."""
    first = office.create(request=PlanRequest(hours_budget=6.0))
    again = office.create(request=PlanRequest(hours_budget=20.0))
    assert (again.plan.plan_id, again.version, again.change) == (first.plan.plan_id, 2, "remade")
    assert again.plan.hours_budget == 20.0
    before = office.read(HR, read_plan, first.plan.plan_id, version=1)
    assert before.plan.hours_budget == 6.0
    others = office.create(EMPLOYEE)
    assert others.plan.plan_id != first.plan.plan_id
    office.edit(first.plan.plan_id, hours_budget=30.0)
    with pytest.raises(ConflictError) as refused:
        office.create()
    assert refused.value.code == "plan.draft-open"
    assert refused.value.values["plan_id"] == first.plan.plan_id
    assert office.look(first.plan.plan_id).plan.hours_budget == 30.0


def test_what_was_left_out_by_hand_is_said_so(office):
    plan_id = office.create(request=PlanRequest(without=("classes-online",))).plan.plan_id
    office.edit(plan_id, remove=("children-and-shelves",))
    found = office.edit(plan_id, hours_budget=15.0, cost_budget=10_000.0)
    reasons = {item.module_id: item.reason for item in found.plan.left_out}
    assert reasons["children-and-shelves"] == reasons["classes-online"] == "not-wanted"
    office.cancel(plan_id)
    plan_id = office.create(request=PlanRequest(hours_budget=6.0)).plan.plan_id
    for budgets, reason in (
        ({"hours_budget": 12.0}, "not-taken"),
        ({"hours_budget": 7.0}, "past-hours"),
        ({"hours_budget": 12.0, "cost_budget": 350.0}, "past-budget"),
    ):
        found = office.edit(plan_id, **budgets)
        assert modules_of(found) == ["desk-basics"]
        left_out = {item.module_id: item for item in found.plan.left_out}
        assert left_out["classes-online"].reason == reason
        assert left_out["classes-online"].adds == pytest.approx(0.4)
        assert "0.40" in left_out["classes-online"].explanation


def test_a_wanted_module_may_be_added_after_all(office):
    plan_id = office.create(request=PlanRequest(without=("children-and-shelves",))).plan.plan_id
    found = office.edit(plan_id, add=("children-and-shelves",), hours_budget=30.0)
    assert "children-and-shelves" in modules_of(found)


def test_an_edit_within_a_learning_path(office):
    plan_id = office.create(request=PlanRequest(path="first-desk-year")).plan.plan_id
    found = office.edit(plan_id, remove=("desk-interview",))
    assert [(i.module_id, i.stage) for i in found.plan.items] == [
        ("classes-online", "会查"),
        ("desk-basics", "会问"),
    ]
    values = refused(
        ConflictError, "plan.cannot-take", office.edit, plan_id, add=("children-and-shelves",)
    )
    assert values["reason"] == "不在所选学习路径之内"


@pytest.mark.parametrize(
    ("edit", "error", "code", "field"),
    [
        ({}, InputError, "plan.nothing-to-change", None),
        ({"note": "看看"}, InputError, "plan.nothing-to-change", None),
        ({"add": ("nothing",)}, InputError, "module.unknown", "#/add/0"),
        ({"add": ("desk-basics",)}, InputError, "plan.already-in", "#/add/0"),
        ({"add": ("classes-online",) * 2}, InputError, "plan.named-twice", "#/add/1"),
        ({"remove": ("classes-online",)}, InputError, "plan.not-in", "#/remove/0"),
        ({"remove": ("nothing",)}, InputError, "module.unknown", "#/remove/0"),
        ({"add": ("rules-for-librarians",)}, ConflictError, "plan.cannot-take", None),
        ({"remove": ("desk-basics",)}, ConflictError, "plan.prerequisite-missing", None),
        ({"add": ("classes-online",)}, ConflictError, "plan.past-budgets", None),
        ({"cost_budget": 100.0}, ConflictError, "plan.past-budgets", None),
    ],
)
def test_edits_that_are_refused(office, edit, error, code, field):
    plan_id = office.create().plan.plan_id
    values = refused(error, code, office.edit, plan_id, **edit)
    assert values.get("field") == field
    assert office.look(plan_id).version == 1


def test_why_a_module_cannot_be_added_is_said(office):
    plan_id = office.create().plan.plan_id
    for name, reason in (
        ("rules-for-librarians", "该课程不面向本职级"),
        ("card-catalogue", "该课程已停开"),
    ):
        values = refused(ConflictError, "plan.cannot-take", office.edit, plan_id, add=(name,))
        assert values == {"module_id": name, "reason": reason}
    values = refused(
        ConflictError, "plan.prerequisite-missing", office.edit, plan_id, remove=("desk-basics",)
    )
    assert values == {"module_id": "desk-interview", "missing": "desk-basics"}


def test_budgets_are_raised_with_the_same_edit(office):
    plan_id = office.create().plan.plan_id
    found = office.edit(plan_id, add=("classes-online",), hours_budget=30.0)
    assert found.plan.hours_budget == 30.0
    found = office.edit(plan_id, hours_budget=float("inf"), cost_budget=900.0)
    assert (found.plan.hours_budget, found.plan.cost_budget) == (None, 900.0)
    found = office.edit(plan_id, cost_budget=float("inf"))
    assert found.plan.cost_budget is None


def test_a_plan_stays_for_the_grade_and_day_it_was_made_for(office):
    plan_id = office.create().plan.plan_id
    with writing(office.service.engine) as connection:
        connection.execute(
            schema.person.update()
            .where(schema.person.c.person_id == PERSON)
            .values(grade="librarian")
        )
    office.today = dt.date(2027, 3, 1)
    found = office.edit(plan_id, remove=("children-and-shelves",))
    assert found.gaps is not None
    assert (found.gaps.grade, found.plan.as_of) == ("assistant", AS_OF)
    assert found.plan.expected_gap_closed == pytest.approx(1.5 * 1.0)
    # but nothing is put into days that are past
    assert min(item.proposed_month for item in found.plan.items) == "2027-03"


# ---- dates ---------------------------------------------------------------------------------------


def test_dates_set_by_hand_stay(office):
    plan_id = office.create().plan.plan_id
    found = office.edit(plan_id, items=dated(module_id="children-and-shelves", starts_on=DAY))
    item = next(i for i in found.plan.items if i.module_id == "children-and-shelves")
    # nobody said how long it takes
    assert (item.starts_on, item.ends_on, item.fixed) == (DAY, None, True)
    assert item.proposed_month is None
    found = office.edit(plan_id, remove=("desk-interview",))
    kept = next(i for i in found.plan.items if i.module_id == "children-and-shelves")
    assert (kept.starts_on, kept.ends_on) == (item.starts_on, item.ends_on)
    basics = next(i for i in found.plan.items if i.module_id == "desk-basics")
    assert (basics.starts_on, basics.proposed_month, basics.fixed) == (None, "2026-11", False)


def test_a_plan_of_which_only_dates_are_moved_is_still_the_best(office):
    before = office.create().plan
    found = office.edit(
        before.plan_id, items=dated(module_id="children-and-shelves", starts_on=DAY)
    )
    assert (before.objective, found.plan.objective) == ("gap", "gap")
    assert found.plan.left_out == before.left_out
    found = office.edit(before.plan_id, hours_budget=40.0)
    assert found.plan.objective == "by-hand"
    found = office.edit(
        before.plan_id, items=dated(module_id="children-and-shelves", starts_on=DAY)
    )
    assert found.plan.objective == "by-hand"


def test_days_that_are_taken_and_their_hours_are_left_alone(office):
    plan_id = office.create().plan.plan_id
    taken = AS_OF + dt.timedelta(days=3)
    offer(office.service, "clash", "desk-basics", taken)
    found = office.edit(
        plan_id,
        items=dated(module_id="children-and-shelves", starts_on=taken, ends_on=taken),
    )
    when = {i.module_id: (i.proposed_month, i.offering_id) for i in found.plan.items}
    # 5, 6 and 8 hours, and 12 a month
    assert when == {
        "children-and-shelves": (None, None),
        "desk-basics": ("2026-11", None),
        "desk-interview": ("2026-12", None),
    }


def test_a_day_off_is_accepted_and_said(office):
    plan_id = office.create().plan.plan_id
    sunday = dt.date(2026, 12, 6)
    for day, noted in ((sunday, True), (sunday + dt.timedelta(days=1), False)):
        found = office.edit(plan_id, items=dated(module_id="children-and-shelves", starts_on=day))
        item = next(i for i in found.plan.items if i.module_id == "children-and-shelves")
        assert item.starts_on == day
        notes = [text for text in item.order_reasons if text.startswith(f"{day} 是休息日")]
        assert len(notes) == noted


@ON_BOTH
def test_an_item_takes_the_dates_of_its_offering(office):
    plan_id = office.create().plan.plan_id
    offer(office.service, "o1", "desk-interview", DAY)
    found = office.edit(plan_id, items=dated(module_id="desk-interview", offering_id="o1"))
    item = next(i for i in found.plan.items if i.module_id == "desk-interview")
    assert (item.offering_id, item.starts_on, item.ends_on) == (
        "o1",
        DAY,
        DAY + dt.timedelta(days=1),
    )
    # dates in place of the offering
    found = office.edit(plan_id, items=dated(module_id="desk-interview", starts_on=DAY))
    item = next(i for i in found.plan.items if i.module_id == "desk-interview")
    assert (item.offering_id, item.starts_on) == (None, DAY)


@pytest.mark.parametrize(
    ("dates", "error", "code"),
    [
        ({"module_id": "classes-online", "starts_on": DAY}, InputError, "plan.not-in"),
        ({"module_id": "desk-basics"}, InputError, "plan.dates-missing"),
        ({"module_id": "desk-basics", "ends_on": DAY}, InputError, "plan.dates-missing"),
        (
            {"module_id": "desk-basics", "starts_on": DAY, "ends_on": DAY - dt.timedelta(days=1)},
            InputError,
            "plan.dates-impossible",
        ),
        (
            {"module_id": "desk-basics", "starts_on": AS_OF - dt.timedelta(days=1)},
            InputError,
            "plan.dates-impossible",
        ),
        (
            {"module_id": "desk-basics", "offering_id": "full", "starts_on": DAY},
            InputError,
            "plan.offering-has-dates",
        ),
        ({"module_id": "desk-basics", "offering_id": "none"}, InputError, "plan.no-such-offering"),
        (
            {"module_id": "desk-interview", "offering_id": "full"},
            InputError,
            "plan.no-such-offering",
        ),
        ({"module_id": "desk-basics", "offering_id": "full"}, ConflictError, "plan.no-seat"),
        (
            {"module_id": "desk-interview", "starts_on": AS_OF + dt.timedelta(days=1)},
            ConflictError,
            "plan.dates-before-prerequisite",
        ),
    ],
)
def test_dates_that_are_refused(office, dates, error, code):
    offer(office.service, "full", "desk-basics", DAY, seats=0)
    plan_id = office.create().plan.plan_id
    values = refused(error, code, office.edit, plan_id, items=dated(**dates))
    if error is InputError:
        assert values["field"] == "#/items/0"
    assert office.look(plan_id).version == 1
