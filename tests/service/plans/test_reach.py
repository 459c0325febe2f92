"""What may be done to a plan in which status, and whose plans somebody may see."""

from __future__ import annotations

import pytest
from organisations import AS_OF
from plan_office import (
    ADMIN,
    ALONE,
    EMPLOYEE,
    HR,
    LINE_MANAGER,
    ON_BOTH,
    OTHER_UNIT,
    PARTIES,
    PERSON,
    STRANGERS,
    UNIT,
    principal,
    refused,
    rows,
)

from recommender.errors import (
    ConflictError,
    ForbiddenError,
    NotFoundError,
    StaleError,
)
from recommender.service.permissions import Role
from recommender.service.plans.choices import PlanRequest
from recommender.service.plans.drafts.one import simulate_plan
from recommender.service.plans.editing import PlanEdit
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
from recommender.store import schema

pytestmark = ON_BOTH

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
