"""What people do at a plan on their screen: order, words, other courses, limits, lists."""

from __future__ import annotations

import datetime as dt

import pytest
from organisations import AS_OF
from plan_office import (
    ADMIN,
    EMPLOYEE,
    HR,
    LINE_MANAGER,
    ON_BOTH,
    STRANGERS,
    dated,
    modules_of,
    offer,
    refused,
)

from recommender.errors import ConflictError, ForbiddenError, InputError, NotFoundError, StaleError
from recommender.service.plans.choices import PlanRequest
from recommender.service.plans.dates import dates_of
from recommender.service.plans.desk.alternatives import list_additions, list_item_choices
from recommender.service.plans.desk.courses import mark_course
from recommender.service.plans.desk.limits import apply_limits, try_limits
from recommender.service.plans.desk.overview import PlanFilter, overview_plans
from recommender.service.plans.desk.sheet import read_plan_sheet
from recommender.service.plans.desk.words import ItemWords
from recommender.service.plans.reading import read_plan_document

pytestmark = ON_BOTH

LATE = dt.date(2027, 6, 1)

# ---- order ---------------------------------------------------------------------------------------


def test_a_person_sets_the_order_and_the_calendar_follows(office):
    found = office.create()
    plan_id, before = found.plan.plan_id, modules_of(found)
    wanted = (before[1], before[0], *before[2:])
    changed = office.edit(plan_id, order=wanted)
    plan = changed.plan
    assert (tuple(modules_of(changed)), plan.in_turn) == (wanted, True)
    begins = [dates_of(item).begins for item in plan.items]
    assert begins == sorted(begins)
    # the same courses close the same gaps, and the choice is still the solver's
    assert plan.expected_gap_closed == pytest.approx(found.plan.expected_gap_closed)
    assert sum(item.adds for item in plan.items) == pytest.approx(plan.expected_gap_closed)
    assert plan.objective == found.plan.objective
    assert "人工指定" in plan.items[0].order_reasons[-1]
    # a later change keeps it, and puts what is new last
    less = office.edit(plan_id, remove=(wanted[0],))
    assert tuple(modules_of(less)) == wanted[1:]
    again = office.edit(plan_id, add=(wanted[0],))
    assert tuple(modules_of(again)) == (*wanted[1:], wanted[0])
    # days that a person sets are the newer wish
    office.edit(plan_id, items=dated(module_id=wanted[-1], starts_on=LATE))
    spring = dated(module_id=wanted[0], starts_on=dt.date(2027, 3, 1))
    assert modules_of(office.edit(plan_id, items=spring))[-1] == wanted[-1]


def test_an_order_that_cannot_be(office):
    found = office.create()
    plan_id, names = found.plan.plan_id, modules_of(found)
    for order in ((names[0],), (*names, names[0])):
        refused(InputError, "plan.order-incomplete", office.edit, plan_id, order=order)
    need = {"desk-basics", "desk-interview"}
    (free,) = (name for name in names if name not in need)
    turned = ("desk-interview", "desk-basics", free)
    refused(ConflictError, "plan.order-before-prerequisite", office.edit, plan_id, order=turned)
    settled = (
        *dated(module_id="desk-basics", starts_on=AS_OF, ends_on=AS_OF),
        *dated(module_id=free, starts_on=LATE),
    )
    office.edit(plan_id, items=settled)
    turned = (free, "desk-basics", "desk-interview")
    refused(ConflictError, "plan.order-against-dates", office.edit, plan_id, order=turned)


# ---- words ---------------------------------------------------------------------------------------


def test_what_a_person_writes_into_a_course_stays(office):
    found = office.create()
    plan_id, item = found.plan.plan_id, found.plan.items[0]
    said = ItemWords(
        item.module_id,
        on_the_job="每周陪读一次",
        companion="馆长 诸葛明",
        review_on=AS_OF + dt.timedelta(days=300),
    )
    changed = office.edit(plan_id, words=(said,))
    new = changed.plan.items[0]
    assert (new.on_the_job, new.companion) == (said.on_the_job, said.companion)
    assert new.by_hand == ("on_the_job", "companion", "review_on")
    # what nobody wrote is as it was, and the figures are those of before
    assert (new.measure, changed.plan.total_hours) == (item.measure, found.plan.total_hours)
    assert changed.plan.review_on == said.review_on
    # in another language, after another change, and on paper
    other = modules_of(changed)[-1]
    office.edit(plan_id, remove=(other,))
    document = office.read(ADMIN, read_plan_document, plan_id, lang="en")
    row = next(row for row in document.items if row.on_the_job == "每周陪读一次")
    assert (row.companion, row.review_on) == (said.companion, said.review_on)


def test_words_that_change_nothing_or_come_too_early(office):
    found = office.create()
    plan_id, name = found.plan.plan_id, modules_of(found)[0]
    early = AS_OF - dt.timedelta(days=1)
    for words, code in (
        ((ItemWords("no-such-course", measure="有"),), "plan.not-in"),
        ((ItemWords(name, measure="有"), ItemWords(name, measure="无")), "plan.named-twice"),
        ((ItemWords(name),), "plan.words-same"),
        ((ItemWords(name, review_on=early),), "plan.review-too-early"),
    ):
        refused(InputError, code, office.edit, plan_id, words=words)


# ---- other courses, other limits -----------------------------------------------------------------


def test_what_could_stand_in_and_what_could_be_added(office):
    plan_id = office.create(request=PlanRequest(hours_budget=6.0)).plan.plan_id
    offer(office.service, "o7", "classes-online", AS_OF + dt.timedelta(days=9), seats=3)
    additions = office.read(HR, list_additions, plan_id)
    assert [each.adds for each in additions] == sorted(
        (each.adds for each in additions), reverse=True
    )
    online = next(each for each in additions if each.module_id == "classes-online")
    # beside desk-basics, by hand: 1.0 · min(0.5, 0.4)
    assert online.adds == pytest.approx(0.4)
    assert online.hours_over > 0
    assert (online.next_run.offering_id, online.next_run.free) == ("o7", 3)
    choices = office.read(HR, list_item_choices, plan_id, "desk-basics")
    gaps = {part.competency_id for part in office.look(plan_id).plan.items[0].competencies}
    assert all(gaps & {part.competency_id for part in each.competencies} for each in choices.swaps)
    for who in STRANGERS:
        refused(NotFoundError, "plan.unknown", office.read, who, list_additions, plan_id)


def test_other_limits_are_tried_and_then_applied(office):
    plan_id = office.create(request=PlanRequest(hours_budget=6.0)).plan.plan_id
    limits = {"hours_budget": 40.0, "cost_budget": None}
    tried = office.read(LINE_MANAGER, try_limits, plan_id, **limits)
    assert tried.added
    assert tried.plan.expected_gap_closed > tried.present.plan.expected_gap_closed
    # nothing of it was kept
    assert office.look(plan_id).version == 1
    changed = office.write(LINE_MANAGER, apply_limits, plan_id, **limits, seen=1)
    assert set(modules_of(changed)) == {item.module_id for item in tried.plan.items}
    with pytest.raises(StaleError):
        office.write(HR, apply_limits, plan_id, **limits, seen=1)


def test_wishes_hold_under_other_limits(office):
    plan_id = office.create(request=PlanRequest(without=("children-and-shelves",))).plan.plan_id
    found = office.edit(plan_id, remove=("desk-interview",), hours_budget=30.0)
    assert not any(item.wanted for item in found.plan.items)
    added = office.edit(plan_id, add=("desk-interview",))
    assert [item.module_id for item in added.plan.items if item.wanted] == ["desk-interview"]
    tried = office.read(HR, try_limits, plan_id, hours_budget=60.0, cost_budget=None)
    names = {item.module_id for item in tried.plan.items}
    assert "desk-interview" in names
    assert "children-and-shelves" not in names


# ---- the sheet, completions, lists ---------------------------------------------------------------


def test_a_course_is_marked_as_completed_by_those_who_may(office):
    plan_id = office.bring_to("active")
    name = modules_of(office.look(plan_id))[0]
    office.today = AS_OF + dt.timedelta(days=40)
    on = AS_OF + dt.timedelta(days=30)
    refused(
        NotFoundError, "plan.no-course", office.write, HR, mark_course, plan_id, "x", done_on=on
    )
    for day in (AS_OF, office.today + dt.timedelta(days=1)):
        refused(
            InputError,
            "plan.course-done-when",
            office.write,
            HR,
            mark_course,
            plan_id,
            name,
            done_on=day,
        )
    # a classroom course: others keep its attendance
    refused(
        ForbiddenError,
        "plan.course-own",
        office.write,
        EMPLOYEE,
        mark_course,
        plan_id,
        name,
        done_on=on,
    )
    office.write(LINE_MANAGER, mark_course, plan_id, name, done_on=on)
    sheet = office.read(EMPLOYEE, read_plan_sheet, plan_id)
    assert [each.completed_on for each in sheet.items if each.item.module_id == name] == [on]
    assert sheet.stored.progress.items_done == 1
    assert (sheet.party, sheet.versions[-1].change) == ("employee", "activated")
    refused(
        ConflictError, "plan.course-done", office.write, HR, mark_course, plan_id, name, done_on=on
    )


def test_lists_tell_whom_plans_wait_for_and_what_is_due(office):
    plan_id = office.create().plan.plan_id
    office.approve(plan_id, "employee")

    def count(who=HR, **wanted) -> int:
        found = office.read(who, overview_plans, PlanFilter(**wanted), skip=0, limit=10)
        assert len(found.plans) == found.count
        return found.count

    (summary,) = office.read(HR, overview_plans, PlanFilter(), skip=0, limit=10).plans
    assert summary.approved_by == ("employee",)
    assert summary.review_on == office.look(plan_id).plan.review_on
    assert (count(awaiting="employee"), count(awaiting="manager"), count(awaiting="hr")) == (
        0,
        1,
        1,
    )
    assert (count(status="draft"), count(status="active"), count(org_unit="典藏部")) == (1, 0, 0)
    # whoever takes an approval back is waited for again
    office.reject(plan_id, "employee")
    assert count(awaiting="employee") == 1
    office.approve(plan_id)
    office.activate(plan_id)
    last = summary.review_on
    assert (count(due_by=last), count(due_by=last - dt.timedelta(days=1))) == (1, 0)
    assert all(count(who) == 0 for who in STRANGERS)
