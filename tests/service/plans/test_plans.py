"""The life of a plan: who may do what to it when, and what is kept."""

from __future__ import annotations

import datetime as dt
import threading
from contextlib import ExitStack
from dataclasses import replace
from itertools import permutations

import asking
import pytest
import sqlalchemy as sa
from conftest import need
from databases import fresh_postgresql
from organisations import AS_OF, TINY, count_rows, service_on
from plan_office import (
    ADMIN,
    ALONE,
    EMPLOYEE,
    HR,
    LINE_MANAGER,
    MANAGER,
    OTHER_UNIT,
    PARTIES,
    PERSON,
    STRANGERS,
    UNIT,
    Office,
    assess,
    enrol,
    move_in,
    offer,
    principal,
)

from recommender.errors import (
    ConflictError,
    ForbiddenError,
    InputError,
    NotFoundError,
    StaleError,
)
from recommender.results import ExcludedModule
from recommender.service.framework import build_framework
from recommender.service.permissions import Role
from recommender.service.plans.choices import PlanRequest
from recommender.service.plans.drafts import create_plan, simulate_plan
from recommender.service.plans.editing import ItemDates, PlanEdit
from recommender.service.plans.life import (
    activate_plan,
    cancel_plan,
    complete_plan,
    decide_on_plan,
    edit_plan,
)
from recommender.service.plans.reading import (
    comment_on_plan,
    read_comments,
    read_decisions,
    read_plan,
    read_plan_document,
    read_plan_versions,
    search_plans,
)
from recommender.service.plans.reasons import name_competency, name_module, reword
from recommender.store import reading, schema, writing
from recommender.texts import LANGUAGES, explain


@pytest.fixture(
    scope="module", params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgresql)]
)
def house(request, tmp_path_factory):
    """A service of the tiny framework over a database of each kind."""
    with ExitStack() as stack:
        if request.param == "sqlite":
            url = f"sqlite:///{tmp_path_factory.mktemp('office') / 'hr.db'}"
        else:
            server = request.getfixturevalue("postgresql")
            if server is None:
                need("a PostgreSQL server")
            url = stack.enter_context(fresh_postgresql(server))
        yield stack.enter_context(service_on(url, catalog=TINY))


@pytest.fixture
def office(house):
    """A small organisation; nothing is left of the test before."""
    with writing(house.engine) as connection:
        for table in reversed(schema.metadata.sorted_tables):
            if table.name not in ("audit_head", "change_counter"):
                connection.execute(table.delete())
        connection.execute(schema.audit_head.update().values(seq=0, hash="0" * 64))
    move_in(house)
    return Office(house)


def refused(error, code, use, *arguments, **options):
    """Check that something is refused, in words of both languages; return the values named."""
    with pytest.raises(error) as caught:
        use(*arguments, **options)
    assert caught.value.code == code
    assert all(all(explain(caught.value, lang)) for lang in LANGUAGES)
    return caught.value.values


def rows(office, table, **where):
    with reading(office.service.engine) as connection:
        query = sa.select(table).where(*(table.c[name] == value for name, value in where.items()))
        ordered = query.order_by(*table.primary_key)
        return [dict(row) for row in connection.execute(ordered).mappings()]


def modules_of(found):
    return [item.module_id for item in found.plan.items]


# ---- from draft to approved ----------------------------------------------------------------------


def test_a_new_plan_is_a_draft_that_awaits_all_parties(office):
    found = office.create()
    assert (found.plan.status, found.version, found.change) == ("draft", 1, "created")
    assert (found.party, found.awaiting) == ("hr", ("employee", "manager", "hr"))
    assert modules_of(found) == ["desk-basics", "children-and-shelves", "desk-interview"]
    assert found.gaps is not None
    assert {gap.competency_id: gap.level for gap in found.gaps.competencies} == {
        "reference-desk": 1.0,
        "reading-aloud": 1.0,
        "cataloguing": 0.5,
    }
    (entry,) = rows(office, schema.audit_entry)
    (person,) = rows(office, schema.person, person_id=PERSON)
    assert entry["subjects"] == [person["ref"]]
    assert entry["details"] == {"plan_id": found.plan.plan_id, "version": 1}


@pytest.mark.parametrize("order", list(permutations(PARTIES)))
def test_a_plan_is_approved_when_all_have_approved(office, order):
    plan_id = office.create().plan.plan_id
    for number, party in enumerate(order, start=1):
        found = office.approve(plan_id, party)
        assert found.plan.status == ("approved" if number == 3 else "draft")
        assert set(found.awaiting) == set(order[number:])
        assert (found.version, found.change, found.party) == (1 + number, "approved", party)
        assert found.content_version == 1
    assert [(d.party, d.decision) for d in found.decisions] == [(p, "approved") for p in order]


def test_without_a_manager_employee_and_hr_suffice(office):
    plan_id = office.create(ADMIN, ALONE).plan.plan_id
    assert office.look(plan_id).awaiting == ("employee", "hr")
    for who in (principal(Role.EMPLOYEE, ALONE), principal(Role.HR, org_unit=OTHER_UNIT)):
        found = office.write(
            who, decide_on_plan, plan_id, decision="approved", seen=office.look(plan_id).version
        )
    assert found.plan.status == "approved"


@pytest.mark.parametrize(
    ("who", "party"),
    [
        (EMPLOYEE, "employee"),
        (LINE_MANAGER, "manager"),
        (HR, "hr"),
        (ADMIN, "hr"),
        # nobody decides on the own plan for another party
        (principal(Role.MANAGER, PERSON), "employee"),
        (principal(Role.HR, PERSON), "employee"),
    ],
)
def test_on_whose_part_somebody_decides(office, who, party):
    plan_id = office.create().plan.plan_id
    found = office.write(who, decide_on_plan, plan_id, decision="approved", seen=1)
    assert [d.party for d in found.decisions] == [party]


def test_a_party_approves_once(office):
    plan_id = office.create().plan.plan_id
    office.approve(plan_id, "hr")
    refused(ConflictError, "plan.approved-already", office.approve, plan_id, "hr")
    assert office.look(plan_id).version == 2


def test_a_rejection_says_why(office):
    plan_id = office.create().plan.plan_id
    for comment in (None, ""):
        values = refused(
            InputError, "plan.comment-missing", office.reject, plan_id, "manager", comment
        )
        assert values["field"] == "#/comment"
    found = office.reject(plan_id, "manager", "先做咨询台")
    assert (found.plan.status, found.change, found.note) == ("draft", "rejected", "先做咨询台")
    assert [(d.party, d.decision, d.comment) for d in found.decisions] == [
        ("manager", "rejected", "先做咨询台")
    ]


def test_a_rejection_takes_an_approved_plan_back_until_the_party_approves(office):
    plan_id = office.bring_to("approved")
    found = office.reject(plan_id, "employee")
    assert (found.plan.status, found.awaiting) == ("draft", ("employee",))
    found = office.approve(plan_id, "employee")
    assert (found.plan.status, found.awaiting) == ("approved", ())
    kept = office.read(EMPLOYEE, read_decisions, plan_id, limit=20)
    assert [d.decision for d in kept if d.party == "employee"] == [
        "approved",
        "rejected",
        "approved",
    ]


def test_approvals_are_of_what_the_plan_says(office):
    plan_id = office.create().plan.plan_id
    office.approve(plan_id, "employee", "manager")
    found = office.edit(plan_id, remove=("children-and-shelves",))
    assert (found.plan.status, found.decisions) == ("draft", ())
    assert found.awaiting == ("employee", "manager", "hr")
    assert office.approve(plan_id, "hr").plan.status == "draft"
    assert office.approve(plan_id, "employee", "manager").plan.status == "approved"
    # those of the first version are kept, and count there
    assert [d.version for d in office.read(HR, read_decisions, plan_id, limit=20)] == [
        1,
        1,
        4,
        4,
        4,
    ]
    earlier = office.read(HR, read_plan, plan_id, version=2)
    assert [d.party for d in earlier.decisions] == ["employee"]


def test_an_approval_of_what_was_read_before_others_approved_counts(office):
    plan_id = office.create().plan.plan_id
    for who in PARTIES.values():
        found = office.write(who, decide_on_plan, plan_id, decision="approved", seen=1)
    assert found.plan.status == "approved"


def test_nobody_approves_what_he_has_not_read(office):
    plan_id = office.create().plan.plan_id
    office.edit(plan_id, remove=("children-and-shelves",))
    for seen in (1, 3):
        refused(
            StaleError,
            "request.stale",
            office.write,
            EMPLOYEE,
            decide_on_plan,
            plan_id,
            decision="approved",
            seen=seen,
        )
    assert office.look(plan_id).version == 2


def at_once(*uses):
    """Run uses at the same time; return what they returned or raised."""
    results, start = [None] * len(uses), threading.Barrier(len(uses))

    def run(place, use):
        start.wait()
        try:
            results[place] = use()
        except Exception as error:
            results[place] = error

    threads = [threading.Thread(target=run, args=(place, use)) for place, use in enumerate(uses)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return results


def test_approvals_at_the_same_time_are_all_kept(office):
    for _ in range(5):
        plan_id = office.create().plan.plan_id
        done = at_once(
            *(
                lambda who=who, plan_id=plan_id: office.write(
                    who, decide_on_plan, plan_id, decision="approved", seen=1
                )
                for who in PARTIES.values()
            )
        )
        assert sorted(found.version for found in done) == [2, 3, 4]
        found = office.look(plan_id)
        assert (found.plan.status, found.version) == ("approved", 4)
        assert {d.party for d in found.decisions} == set(PARTIES)


def test_of_two_edits_at_the_same_time_one_is_told(office):
    for _ in range(5):
        plan_id = office.create().plan.plan_id
        done = at_once(
            lambda plan_id=plan_id: office.edit(plan_id, seen=1, hours_budget=30.0),
            lambda plan_id=plan_id: office.edit(plan_id, EMPLOYEE, seen=1, hours_budget=40.0),
        )
        (lost,) = [found for found in done if isinstance(found, StaleError)]
        (kept,) = [found for found in done if not isinstance(found, Exception)]
        assert lost.values == {"seen": 1, "present": 2}
        assert office.look(plan_id).plan.hours_budget == kept.plan.hours_budget
        office.cancel(plan_id)


# ---- what is allowed in which status -------------------------------------------------------------

ALLOWED = {
    # status: who may then edit, decide, activate, complete, cancel
    "draft": {"edit": "eh", "decide": "eh", "activate": "", "complete": "", "cancel": "eh"},
    "approved": {"edit": "h", "decide": "eh", "activate": "h", "complete": "", "cancel": "h"},
    "active": {"edit": "h", "decide": "", "activate": "", "complete": "eh", "cancel": "h"},
    "done": {"edit": "", "decide": "", "activate": "", "complete": "", "cancel": ""},
    "cancelled": {"edit": "", "decide": "", "activate": "", "complete": "", "cancel": ""},
}
ACTIONS = {
    "edit": (edit_plan, (PlanEdit(hours_budget=30.0),), {}),
    "decide": (decide_on_plan, (), {"decision": "rejected", "comment": "再议"}),
    "activate": (activate_plan, (), {}),
    "complete": (complete_plan, (), {}),
    "cancel": (cancel_plan, (), {}),
}


@pytest.mark.parametrize("status", ALLOWED)
@pytest.mark.parametrize("action", ACTIONS)
@pytest.mark.parametrize("party", ["employee", "hr"])
def test_every_action_in_every_status(office, status, action, party):
    plan_id = office.bring_to(status)
    if status == "active":
        office.fulfil(plan_id)
    use, arguments, options = ACTIONS[action]
    seen = office.look(plan_id).version

    def attempt():
        return office.write(PARTIES[party], use, plan_id, *arguments, seen=seen, **options)

    if party[0] in ALLOWED[status][action]:
        assert attempt().version == seen + 1
        return
    if (party, action) == ("employee", "activate"):
        refused(ForbiddenError, "plan.not-own", attempt)
    else:
        refused(ConflictError, f"plan.cannot-{action}", attempt)
    assert office.look(plan_id).version == seen
    assert office.look(plan_id).plan.status == status


@pytest.mark.parametrize("action", ACTIONS)
def test_every_change_is_of_the_version_that_was_read(office, action):
    plan_id = office.bring_to("approved" if action == "activate" else "draft")
    use, arguments, options = ACTIONS[action]
    present = office.look(plan_id).version
    for seen in (present + 1, 0):
        values = refused(
            StaleError,
            "request.stale",
            office.write,
            HR,
            use,
            plan_id,
            *arguments,
            seen=seen,
            **options,
        )
        assert values == {"seen": seen, "present": present}
    assert office.look(plan_id).version == present


# ---- whose plans somebody may see ----------------------------------------------------------------

USES = {
    **{name: (use, args, {"seen": 1, **options}) for name, (use, args, options) in ACTIONS.items()},
    "read": (read_plan, (), {}),
    "read a version": (read_plan, (), {"version": 1}),
    "versions": (read_plan_versions, (), {"limit": 5}),
    "decisions": (read_decisions, (), {"limit": 5}),
    "comments": (read_comments, (), {"limit": 5}),
    "comment": (comment_on_plan, ("好",), {}),
    "document": (read_plan_document, (), {}),
}


@pytest.mark.parametrize("use", USES)
def test_a_plan_of_others_is_not_there(office, use):
    plan_id = office.create().plan.plan_id
    function, arguments, options = USES[use]
    for who in STRANGERS:
        said = {
            name: refused(
                NotFoundError,
                "plan.unknown",
                office.write,
                who,
                function,
                name,
                *arguments,
                **options,
            )
            for name in (plan_id, "plan-absent")
        }
        assert said == {name: {"plan_id": name} for name in said}
    analyst = principal(Role.ANALYST)
    refused(
        ForbiddenError,
        "access.forbidden",
        office.write,
        analyst,
        function,
        plan_id,
        *arguments,
        **options,
    )
    assert office.look(plan_id).version == 1
    assert rows(office, schema.plan_comment) == []


def test_nobody_plans_for_others(office):
    for who in STRANGERS:
        refused(NotFoundError, "person.unknown", office.create, who)
        refused(
            NotFoundError,
            "person.unknown",
            simulate_plan,
            office.session(who),
            PERSON,
            PlanRequest(),
            as_of=AS_OF,
        )
    refused(ForbiddenError, "access.forbidden", office.create, principal(Role.ANALYST))
    assert rows(office, schema.plan) == []


def test_employees_make_and_edit_their_own_drafts(office):
    found = office.create(EMPLOYEE)
    assert found.party == "employee"
    found = office.edit(found.plan.plan_id, EMPLOYEE, remove=("children-and-shelves",))
    assert (found.party, found.plan.status) == ("employee", "draft")


def test_lists_hold_what_may_be_seen_newest_first(office):
    first, second = office.create(), office.create(EMPLOYEE)
    alone = office.create(ADMIN, ALONE)
    office.approve(first.plan.plan_id)
    ids = [p.plan.plan_id for p in (alone, second, first)]

    def listed(who, **options):
        found = office.read(who, search_plans, **{"limit": 10, **options})
        return [head.plan_id for head in found]

    assert listed(ADMIN) == ids
    for who in (EMPLOYEE, LINE_MANAGER, HR):
        assert listed(who) == ids[1:]
    assert listed(principal(Role.HR, org_unit=OTHER_UNIT)) == ids[:1]
    assert listed(principal(Role.HR, org_unit=UNIT[:2])) == []
    assert listed(ADMIN, status="approved") == [first.plan.plan_id]
    assert listed(ADMIN, person_id=ALONE) == [alone.plan.plan_id]
    assert listed(ADMIN, org_unit=UNIT) == ids[1:]
    refused(NotFoundError, "person.unknown", listed, HR, person_id=ALONE)
    # page by page, one plan each
    pages, after = [], None
    while page := office.read(ADMIN, search_plans, after=after, limit=1):
        pages += [head.plan_id for head in page]
        after = (page[-1].created_at, page[-1].plan_id)
    assert pages == ids


# ---- what a plan says after an edit --------------------------------------------------------------


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
        ("rules-for-librarians", "该模块不面向本职级"),
        ("card-catalogue", "该模块已停开"),
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
    assert min(item.starts_on for item in found.plan.items) == dt.date(2027, 3, 2)


# ---- dates ---------------------------------------------------------------------------------------

DAY = dt.date(2026, 12, 7)


def dated(**dates):
    return (ItemDates(**dates),)


def test_dates_set_by_hand_stay(office):
    plan_id = office.create().plan.plan_id
    found = office.edit(plan_id, items=dated(module_id="children-and-shelves", starts_on=DAY))
    item = next(i for i in found.plan.items if i.module_id == "children-and-shelves")
    # five hours at five a week
    assert (item.starts_on, item.ends_on, item.fixed) == (DAY, DAY + dt.timedelta(days=6), True)
    found = office.edit(plan_id, remove=("desk-interview",))
    kept = next(i for i in found.plan.items if i.module_id == "children-and-shelves")
    assert (kept.starts_on, kept.ends_on) == (item.starts_on, item.ends_on)
    basics = next(i for i in found.plan.items if i.module_id == "desk-basics")
    assert (basics.starts_on, basics.fixed) == (AS_OF + dt.timedelta(days=1), False)


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


def test_nothing_is_put_into_days_that_are_taken(office):
    plan_id = office.create().plan.plan_id
    taken = AS_OF + dt.timedelta(days=3)
    found = office.edit(
        plan_id,
        items=dated(module_id="children-and-shelves", starts_on=taken, ends_on=taken),
    )
    when = {i.module_id: (i.starts_on, i.ends_on) for i in found.plan.items}
    assert when["desk-basics"][0] == taken + dt.timedelta(days=1)
    assert when["desk-interview"][0] > when["desk-basics"][1]


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


# ---- in force ------------------------------------------------------------------------------------


def planned_in(office, offering_id="o1", *, seats=1):
    """Make an approved plan whose desk-basics is in an offering."""
    offer(office.service, offering_id, "desk-basics", AS_OF + dt.timedelta(days=3), seats=seats)
    found = office.create()
    assert [i.offering_id for i in found.plan.items] == [offering_id, None, None]
    office.approve(found.plan.plan_id)
    return found.plan.plan_id


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
        values = refused(ConflictError, "plan.not-complete", office.complete, plan_id)
        return values["modules"], values["competencies"]

    everything = "reference-desk, reading-aloud, cataloguing"
    assert missing() == ("desk-basics, children-and-shelves, desk-interview", everything)
    # what was completed on the day of the plan or before is not what was planned
    enrol(office.service, PERSON, "desk-basics", enrolled_on=AS_OF, completed_on=AS_OF)
    assert missing()[0].startswith("desk-basics")
    for name, day in (("desk-basics", 1), ("desk-interview", 20), ("children-and-shelves", 10)):
        enrol(
            office.service,
            PERSON,
            name,
            enrolled_on=dt.date(2026, 11, 20),
            completed_on=dt.date(2026, 12, day),
        )
    assert missing() == ("–", everything)
    # after the first of its two modules, not after both
    assess(office.service, PERSON, dt.date(2026, 12, 15), reference_desk=1.5, reading_aloud=1.4)
    assert missing() == ("–", "reference-desk, cataloguing")
    # on the day of the completion is not after it
    assess(office.service, PERSON, dt.date(2026, 12, 10), cataloguing=0.9)
    assess(office.service, PERSON, dt.date(2026, 12, 20), reference_desk=1.6)
    assert missing() == ("–", "reference-desk, cataloguing")
    assess(office.service, PERSON, dt.date(2027, 1, 15), reference_desk=1.7, cataloguing=0.9)
    # nothing counts before its day
    office.today = dt.date(2027, 1, 14)
    assert missing() == ("–", "reference-desk, cataloguing")
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
        # two modules share what was gained, by their hours
        ("desk-basics", "reference-desk"): pytest.approx(0.7 * 6 / 14),
        ("desk-interview", "reference-desk"): pytest.approx(0.7 * 8 / 14),
        ("children-and-shelves", "reading-aloud"): pytest.approx(0.4),
        ("children-and-shelves", "cataloguing"): pytest.approx(0.4),
    }
    assert set(records["person_id"]) == {PERSON}


# ---- versions, comments, documents ---------------------------------------------------------------


def test_every_change_is_a_version_that_stays_as_it_was(office):
    plan_id = office.create(EMPLOYEE).plan.plan_id
    office.approve(plan_id, "employee")
    office.edit(
        plan_id,
        LINE_MANAGER,
        remove=("desk-interview",),
        add=("classes-online",),
        note="访谈明年再学",
    )
    office.reject(plan_id, "hr", "预算不足")
    office.approve(plan_id)
    office.activate(plan_id)
    before = rows(office, schema.plan_version, plan_id=plan_id)
    office.cancel(plan_id)
    assert rows(office, schema.plan_version, plan_id=plan_id)[:-1] == before
    entries = office.read(EMPLOYEE, read_plan_versions, plan_id, limit=20)
    assert [(e.version, e.change, e.party, e.status) for e in entries] == [
        (1, "created", "employee", "draft"),
        (2, "approved", "employee", "draft"),
        (3, "edited", "manager", "draft"),
        (4, "rejected", "hr", "draft"),
        (5, "approved", "employee", "draft"),
        (6, "approved", "manager", "draft"),
        (7, "approved", "hr", "approved"),
        (8, "activated", "hr", "active"),
        (9, "cancelled", "hr", "cancelled"),
    ]
    assert entries[2].note == "访谈明年再学"
    assert [(e.added, e.removed) for e in entries if e.added or e.removed] == [
        (("desk-basics", "children-and-shelves", "desk-interview"), ()),
        (("classes-online",), ("desk-interview",)),
    ]
    # page by page
    pages = [
        office.read(EMPLOYEE, read_plan_versions, plan_id, after=after, limit=1)
        for after in range(10)
    ]
    assert pages == [*([entry] for entry in entries), []]
    first = office.read(HR, read_plan, plan_id, version=2)
    assert modules_of(first)[2] == "desk-interview"
    assert (first.version, first.plan.status, first.head.version) == (2, "draft", 9)
    for version in (0, 10):
        refused(
            NotFoundError,
            "plan.unknown-version",
            office.read,
            HR,
            read_plan,
            plan_id,
            version=version,
        )


def test_comments_leave_the_plan_as_it_is(office):
    plan_id = office.create().plan.plan_id
    for party, who in PARTIES.items():
        assert office.write(who, comment_on_plan, plan_id, f"{party} 的意见").party == party
    comments = office.read(EMPLOYEE, read_comments, plan_id, limit=2)
    assert [(c.party, c.text) for c in comments] == [
        ("employee", "employee 的意见"),
        ("manager", "manager 的意见"),
    ]
    rest = office.read(EMPLOYEE, read_comments, plan_id, after=comments[-1].comment_id, limit=2)
    assert [c.party for c in rest] == ["hr"]
    assert office.look(plan_id).version == 1


def test_a_plan_reads_the_same_in_both_languages(office):
    plan_id = office.create(request=PlanRequest(path="first-desk-year")).plan.plan_id
    session = office.session(HR, "en")
    made = create_plan(session, PERSON, PlanRequest(path="first-desk-year"), as_of=AS_OF)
    # kept in Chinese, read in English: as if it had been made in English
    read = office.read(HR, read_plan, plan_id, lang="en").plan
    assert read.items == made.plan.items
    assert read.left_out == made.plan.left_out
    assert read.items[0].stage == "Finding"


def test_the_document_of_a_version_shows_it_as_it_was_decided(office):
    plan_id = planned_in(office)
    office.activate(plan_id)
    office.edit(plan_id, remove=("children-and-shelves",))
    active = office.read(HR, read_plan_document, plan_id, version=5)
    assert (active.status, len(active.items)) == ("active", 3)
    assert [approval.party for approval in active.approvals] == ["employee", "manager", "hr"]
    assert active.items[0].place == "二楼教室"
    assert (active.name, active.manager, active.org_unit) == ("欧阳春", "司马光远", UNIT)
    now = office.read(HR, read_plan_document, plan_id, lang="en")
    assert (now.status, len(now.items), now.approvals) == ("draft", 2, ())
    assert now.items[0].title == "The desk for beginners"
    assert now.grade == "Assistant"
    assert "not-wanted" not in str(now.left_out)
    assert ("Books and voices in the children's room", "left out on request") in [
        (module.title, module.reason) for module in now.left_out
    ]


def test_a_plan_of_an_earlier_release_is_read(office):
    """Such a body has neither gaps nor reasons; see the migration that moved it."""
    plan_id = office.create().plan.plan_id
    (row,) = rows(office, schema.plan_version)
    kept = row["body"]["plan"]
    for name in ("path_id", "left_out", "hour_price"):
        del kept[name]
    for item in kept["items"]:
        for name in ("stage", "reasons", "order_reasons", "needed_by", "fixed"):
            del item[name]
    with writing(office.service.engine) as connection:
        connection.execute(schema.plan_version.update().values(body={"plan": kept}, actor="system"))
    found = office.look(plan_id)
    assert (found.gaps, found.party, found.plan.left_out) == (None, None, ())
    assert found.plan.items[0].reasons
    document = office.read(HR, read_plan_document, plan_id)
    assert [row.level for row in document.competencies] == [1.0, 1.0, 0.5]
    office.approve(plan_id)
    office.activate(plan_id)
    office.fulfil(plan_id)
    found = office.complete(plan_id)
    assert [part.level_before for part in found.outcome] == [1.0, 1.0, 0.5]
    assert office.read(HR, read_plan_versions, plan_id, limit=20)[0].party is None


# ---- what if -------------------------------------------------------------------------------------


def test_what_if_keeps_nothing(office):
    url = office.service.engine.url.render_as_string(hide_password=False)
    before = count_rows(url)
    session = office.session(EMPLOYEE)
    as_is = simulate_plan(session, PERSON, PlanRequest(), as_of=AS_OF)
    assert as_is.plan.plan_id == ""
    assert [i.module_id for i in as_is.plan.items] == [
        "desk-basics",
        "children-and-shelves",
        "desk-interview",
    ]
    short = simulate_plan(session, PERSON, PlanRequest(hours_budget=6.0), as_of=AS_OF)
    assert [i.module_id for i in short.plan.items] == ["desk-basics"]
    without = simulate_plan(session, PERSON, PlanRequest(without=("desk-basics",)), as_of=AS_OF)
    assert "desk-interview" not in [i.module_id for i in without.plan.items]
    later = simulate_plan(session, PERSON, PlanRequest(), as_of=dt.date(2028, 9, 1))
    assert later.plan.items == ()
    assert later.plan.assess_first == ("reference-desk", "reading-aloud", "cataloguing")
    assert count_rows(url) == before


def test_what_if_with_another_grade(office):
    session = office.session(EMPLOYEE)
    found = simulate_plan(session, PERSON, PlanRequest(), as_of=AS_OF, grade="librarian")
    assert found.gaps.grade == "librarian"
    assert [(gap.target, gap.gap) for gap in found.gaps.competencies] == [
        (3.0, 2.0),
        (2.0, 1.0),
        (3.0, 2.5),
    ]
    assert found.plan.expected_gap_closed > 1.5
    own = simulate_plan(session, PERSON, PlanRequest(), as_of=AS_OF, grade="assistant")
    assert own.plan.items == simulate_plan(session, PERSON, PlanRequest(), as_of=AS_OF).plan.items
    values = refused(
        InputError,
        "plan.unknown-grade",
        simulate_plan,
        session,
        PERSON,
        PlanRequest(),
        as_of=AS_OF,
        grade="director",
    )
    assert (values["field"], values["grades"]) == ("#/grade", "assistant, librarian")


# ---- words ---------------------------------------------------------------------------------------


def test_what_has_left_the_catalogue_keeps_its_words(office):
    found = office.create(request=PlanRequest(path="shelves-for-all"))
    catalog = office.service.framework.catalog
    smaller = build_framework(
        catalog.model_copy(
            update={
                "modules": tuple(m for m in catalog.modules if m.id != "classes-online"),
                "paths": (),
            }
        )
    )
    other = reword(smaller, found.plan, "en")
    before = {item.module_id: item for item in found.plan.items}
    assert [item.stage for item in other.items] == ["认架", "认架"]
    # the module is gone, but what it serves is there
    assert other.items[0].reasons != before[other.items[0].module_id].reasons
    assert name_module(smaller, "classes-online", "en") == "classes-online"
    gone = replace(
        found.plan.items[0],
        competencies=(replace(found.plan.items[0].competencies[0], competency_id="filing"),),
    )
    kept = reword(smaller, replace(found.plan, items=(gone,)), "en")
    assert kept.items[0].reasons == gone.reasons
    assert name_competency(smaller, "filing", "en") == "filing"
    old = ExcludedModule("children-and-shelves", "adds-nothing", "几乎不再增益")
    unknown = ExcludedModule("desk-basics", "no-such-reason", "别的原因")
    kept = reword(smaller, replace(found.plan, left_out=(old, unknown)), "en")
    assert kept.left_out == (old, unknown)


def test_the_document_of_a_plan_whose_modules_have_left_the_catalogue(office):
    plan_id = office.create(request=PlanRequest(path="shelves-for-all")).plan.plan_id
    catalog = office.service.framework.catalog
    office.service = replace(
        office.service,
        framework=build_framework(
            catalog.model_copy(
                update={
                    "modules": tuple(m for m in catalog.modules if m.id != "classes-online"),
                    "paths": (),
                }
            )
        ),
    )
    document = office.read(HR, read_plan_document, plan_id)
    assert document.path == "shelves-for-all"
    assert ("classes-online", "") in [(item.title, item.modality) for item in document.items]
    values = refused(ConflictError, "plan.path-gone", office.edit, plan_id, hours_budget=30.0)
    assert values == {"path_id": "shelves-for-all"}
    free = office.create().plan.plan_id
    office.service = replace(
        office.service,
        framework=build_framework(
            catalog.model_copy(
                update={"modules": tuple(m for m in catalog.modules if m.id != "desk-interview")}
            )
        ),
    )
    values = refused(ConflictError, "plan.cannot-take", office.edit, free, hours_budget=30.0)
    assert values == {"module_id": "desk-interview", "reason": "该模块已不在目录中"}
