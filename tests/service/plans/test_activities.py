"""Development activities of a plan: proposed, edited, done, carried over; progress."""

from __future__ import annotations

import datetime as dt
import json
from dataclasses import replace

import pytest
from organisations import AS_OF
from plan_office import (
    EMPLOYEE,
    HR,
    LINE_MANAGER,
    ON_BOTH,
    PERSON,
    assess,
    enrol,
    modules_of,
    refused,
    rows,
)

from recommender.errors import ConflictError, InputError, NotFoundError, StaleError
from recommender.service.plans.choices import PlanRequest
from recommender.service.plans.development.activities import ActivityChange, NewActivity
from recommender.service.plans.drafts.many import create_plans
from recommender.service.plans.life import mark_activity
from recommender.service.plans.reading import read_plan, read_plan_document, read_plan_versions
from recommender.store import schema, writing

MANAGERS_NAME = "司马光远"
COLLEAGUE = "已达目标水平的同事"
DONE_ON = dt.date(2026, 12, 4)


def mark(office, plan_id, activity_id="a1", *, who=LINE_MANAGER, done_on=DONE_ON, seen=None):
    seen = seen or office.look(plan_id).version
    return office.write(who, mark_activity, plan_id, activity_id, done_on=done_on, seen=seen)


def kinds_of(plan):
    return [(each.kind, each.competency_id) for each in plan.activities]


def active(office):
    """Return a plan in force, some weeks after it was made."""
    plan_id = office.bring_to("active")
    office.today = dt.date(2026, 12, 7)
    return plan_id


# ---- activities ----------------------------------------------------------------------------------


def test_what_no_course_serves_is_proposed_first(office):
    """The desk has the largest priority, but a course; 6 hours are too few for another."""
    plan = office.create(request=PlanRequest(hours_budget=6.0)).plan
    assert modules_of(office.look(plan.plan_id)) == ["desk-basics"]
    assert kinds_of(plan) == [
        ("reading", "cataloguing"),
        ("mentoring", "reading-aloud"),
        ("mentoring", "reference-desk"),
    ]
    assert [each.activity_id for each in plan.activities] == ["a1", "a2", "a3"]
    reading, mentoring, _ = plan.activities
    assert (reading.title, reading.companion) == ("自学阅读：编目知识", f"直接上级 {MANAGERS_NAME}")
    assert "“编目第 1 级”" in reading.goal
    assert mentoring.companion == COLLEAGUE
    assert "“为儿童朗读（2 级之 1）”" in mentoring.goal
    # nothing of it counts in the hours
    assert plan.total_hours == 6.0


def test_the_kind_follows_the_next_level(office):
    for level, kind in ((0.2, "shadowing"), (1.0, "mentoring")):
        assess(office.service, PERSON, AS_OF, reading_aloud=level)
        plan = office.create().plan
        assert {name: kind for kind, name in kinds_of(plan)}["reading-aloud"] == kind
        with writing(office.service.engine) as connection:
            connection.execute(
                schema.assessment.delete().where(schema.assessment.c.assessed_on == AS_OF)
            )


def test_nothing_is_proposed_where_there_is_no_gap(office):
    assess(office.service, PERSON, AS_OF, reference_desk=3.0, reading_aloud=3.0, cataloguing=2.0)
    plan = office.create().plan
    assert (plan.items, plan.activities, plan.review_on) == ((), (), None)


@ON_BOTH
def test_activities_are_added_changed_and_removed(office):
    before = office.create()
    plan_id = before.plan.plan_id
    office.approve(plan_id, "employee")
    found = office.edit(
        plan_id,
        add_activities=(
            NewActivity("project", "reference-desk", title="编写咨询手册", companion="张老师"),
            NewActivity("reading", "cataloguing", review_on=dt.date(2027, 3, 1)),
        ),
        change_activities=(ActivityChange("a2", goal="读完分类法第一编"),),
        remove_activities=("a1",),
        note="面谈商定",
    )
    assert (found.change, found.plan.status, found.awaiting[0]) == ("edited", "draft", "employee")
    by_id = {each.activity_id: each for each in found.plan.activities}
    assert list(by_id) == ["a2", "a3", "a4", "a5"]
    assert (by_id["a2"].goal, by_id["a2"].by_hand) == ("读完分类法第一编", True)
    assert (by_id["a4"].title, by_id["a4"].companion) == ("编写咨询手册", "张老师")
    # what was left out is worded from the catalogue
    assert by_id["a4"].goal.startswith("在一个真实项目中")
    assert not by_id["a5"].by_hand
    assert found.plan.review_on == dt.date(2027, 3, 1)
    # the courses and their figures are as they were chosen
    assert found.plan.items == before.plan.items
    assert (found.plan.objective, found.gaps) == ("gap", before.gaps)
    # words of a person keep their language, the others do not
    english = office.read(HR, read_plan, plan_id, lang="en").plan.activities
    assert [each.goal[:4] for each in english[:2]] == ["读完分类", "Prac"]


def test_activities_are_put_in_order_and_new_ones_come_last(office):
    found = office.create()
    plan_id = found.plan.plan_id
    new = NewActivity("reading", "cataloguing")
    after = office.edit(
        plan_id, remove_activities=("a2",), activity_order=("a3", "a1"), add_activities=(new,)
    )
    assert [each.activity_id for each in after.plan.activities] == ["a3", "a1", "a4"]
    assert after.plan.items == found.plan.items


def test_activities_stay_when_modules_change(office):
    found = office.create()
    plan_id = found.plan.plan_id
    after = office.edit(plan_id, remove=("desk-interview",), remove_activities=("a3",))
    assert after.plan.activities == found.plan.activities[:2]


@pytest.mark.parametrize(
    ("edit", "code", "field"),
    [
        ({"remove_activities": ("a9",)}, "plan.no-activity", "#/remove_activities/0"),
        ({"activity_order": ("a2", "a1")}, "plan.activity-order", "#/activity_order"),
        ({"activity_order": ("a3", "a2", "a1", "a1")}, "plan.activity-order", "#/activity_order"),
        (
            {"change_activities": (ActivityChange("a9", title="x"),)},
            "plan.no-activity",
            "#/change_activities/0",
        ),
        (
            {
                "change_activities": (ActivityChange("a1", title="x"),),
                "remove_activities": ("a2", "a1"),
            },
            "plan.activity-named-twice",
            "#/remove_activities/1",
        ),
        (
            {"change_activities": (ActivityChange("a1"),)},
            "plan.activity-same",
            "#/change_activities/0",
        ),
        (
            {"add_activities": (NewActivity("reading", "nothing"),)},
            "competency.unknown",
            "#/add_activities/0/competency_id",
        ),
        (
            {"change_activities": (ActivityChange("a1", review_on=dt.date(2026, 10, 31)),)},
            "plan.review-too-early",
            "#/change_activities/0/review_on",
        ),
    ],
)
def test_edits_of_activities_that_are_refused(office, edit, code, field):
    plan_id = office.create().plan.plan_id
    assert refused(InputError, code, office.edit, plan_id, **edit)["field"] == field
    assert office.look(plan_id).version == 1


# ---- done ----------------------------------------------------------------------------------------


@ON_BOTH
def test_what_was_done_is_said_by_the_person_or_the_manager_and_nobody_approves_again(office):
    plan_id = active(office)
    before = office.look(plan_id)
    own = mark(office, plan_id, who=EMPLOYEE)
    assert (own.party, own.plan.activities[0].done_on) == ("employee", DONE_ON)
    # the manager does not think so
    mark(office, plan_id, done_on=None)
    found = mark(office, plan_id)
    assert (found.plan.status, found.change) == ("active", "activity-done")
    assert found.content_version == before.content_version
    assert found.plan.activities[0].done_on == DONE_ON
    # as it was before that
    earlier = office.read(HR, read_plan, plan_id, version=before.version)
    assert earlier.plan.activities[0].done_on is None
    # a mistake is taken back
    again = mark(office, plan_id, who=HR, done_on=None)
    assert (again.plan.activities[0].done_on, again.change) == (None, "activity-reopened")
    mark(office, plan_id)
    entries = office.read(HR, read_plan_versions, plan_id, limit=50)
    assert [entry.change for entry in entries][-3:] == [
        "activity-done",
        "activity-reopened",
        "activity-done",
    ]
    # what is done stays done when the plan is edited
    edited = office.edit(plan_id, remove_activities=("a3",))
    assert edited.plan.activities[0].done_on == DONE_ON


def test_marks_that_are_refused(office):
    plan_id = office.create().plan.plan_id
    refused(ConflictError, "plan.cannot-mark", mark, office, plan_id)
    office.approve(plan_id)
    office.activate(plan_id)
    office.today = dt.date(2026, 12, 7)
    refused(NotFoundError, "plan.no-activity", mark, office, plan_id, "a9")
    for day in (AS_OF, dt.date(2026, 12, 8)):
        values = refused(InputError, "plan.activity-done-when", mark, office, plan_id, done_on=day)
        assert values["field"] == "#/done_on"
    with pytest.raises(StaleError):
        mark(office, plan_id, seen=1)


def test_progress_counts_courses_and_activities(office):
    plan_id = active(office)
    at_first = office.look(plan_id).progress
    assert (at_first.items, at_first.items_done) == (6, 0)
    assert (at_first.percent_of_items, at_first.percent_of_gap) == (0, 0)
    enrol(office.service, PERSON, "desk-basics", completed_on=dt.date(2026, 12, 1))
    mark(office, plan_id)
    found = office.look(plan_id)
    assert found.progress.items_done == 2
    assert found.progress.percent_of_items == pytest.approx(100 * 2 / 6)
    # weight · min(gap, improvement) of the desk, 1.5 · 0.6, of what all three were to close
    whole = found.plan.expected_gap_closed
    assert found.progress.percent_of_gap == pytest.approx(100 * 0.9 / whole)
    document = office.read(HR, read_plan_document, plan_id)
    assert document.progress.startswith("进度：6 项中已完成 2 项（33%）")
    assert document.activities[0].done_on == DONE_ON


@ON_BOTH
def test_what_was_not_done_goes_into_the_next_plan(office):
    """Open activities do not keep a plan from being completed."""
    plan_id = active(office)
    office.edit(plan_id, change_activities=(ActivityChange("a3", title="每周给孩子读一本书"),))
    office.approve(plan_id)
    office.activate(plan_id)
    mark(office, plan_id, "a1")
    office.fulfil(plan_id)
    done = office.complete(plan_id)
    assert done.plan.status == "done"
    assert {part.competency_id for part in done.outcome} == {
        "reference-desk",
        "reading-aloud",
        "cataloguing",
    }
    office.today = AS_OF
    simulated = office.create().plan
    (mine,) = (
        plan
        for plan in create_plans(
            office.session(HR), PlanRequest(), as_of=AS_OF, org_unit=None
        ).plans
        if plan.person_id == PERSON
    )
    for plan in (simulated, mine):
        carried = [each for each in plan.activities if each.carried_over_from == plan_id]
        assert kinds_of(replace(plan, activities=tuple(carried))) == [
            ("reading", "cataloguing"),
            ("mentoring", "reading-aloud"),
        ]
        assert carried[1].title == "每周给孩子读一本书"
        assert all(each.done_on is None for each in carried)
        # three in all: the desk, whose activity was done, gets a new one
        assert len(plan.activities) == 3
        assert plan.activities[2].carried_over_from is None


def test_what_is_met_by_now_is_not_carried_over(office):
    active(office)
    assess(office.service, PERSON, dt.date(2026, 10, 31), cataloguing=2.0)
    office.today = AS_OF
    assert "cataloguing" not in {each.competency_id for each in office.create().plan.activities}


def test_a_plan_of_activities_alone_is_completed(office):
    everything = ("desk-basics", "desk-interview", "children-and-shelves", "classes-online")
    plan_id = office.create(request=PlanRequest(without=everything)).plan.plan_id
    office.approve(plan_id)
    office.activate(plan_id)
    done = office.complete(plan_id)
    assert (done.plan.status, done.outcome) == ("done", ())
    assert done.progress.percent_of_gap is None


# ---- personal data -------------------------------------------------------------------------------


def test_the_managers_name_is_said_and_not_kept(office):
    """It goes with the manager, and is not left in the plans of the reports."""
    plan_id = active(office)
    office.edit(
        plan_id,
        add=("classes-online",),
        hours_budget=float("inf"),
        add_activities=(NewActivity("project", "reference-desk", title="编写咨询手册"),),
        change_activities=(ActivityChange("a2", measure="讲一次课"),),
    )
    for version in rows(office, schema.plan_version):
        assert MANAGERS_NAME not in json.dumps(version["body"], ensure_ascii=False)
    said = office.look(plan_id).plan
    assert {item.companion for item in said.items} == {f"直接上级 {MANAGERS_NAME}"}


def test_a_plan_of_an_earlier_release_has_none_of_it(office):
    plan_id = office.create().plan.plan_id
    (version,) = rows(office, schema.plan_version)
    body = version["body"]
    for name in ("activities", "review_on"):
        del body["plan"][name]
    for item in body["plan"]["items"]:
        for name in ("goal", "on_the_job", "companion", "measure", "review_on", "focus"):
            del item[name]
    with writing(office.service.engine) as connection:
        connection.execute(schema.plan_version.update().values(body=body))
    plan = office.look(plan_id).plan
    assert (plan.activities, plan.review_on) == ((), None)
    assert {(item.companion, item.review_on) for item in plan.items} == {("", None)}
    assert office.read(HR, read_plan_document, plan_id).activities == ()
