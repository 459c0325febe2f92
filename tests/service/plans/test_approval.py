"""From draft to approved: whose word a plan needs, and what it stands for."""

from __future__ import annotations

from itertools import permutations

import pytest
from at_once import at_once
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
    modules_of,
    principal,
    refused,
    rows,
)

from recommender.errors import (
    ConflictError,
    InputError,
    StaleError,
)
from recommender.service.permissions import Role
from recommender.service.plans.life import (
    decide_on_plan,
)
from recommender.service.plans.reading import (
    read_decisions,
    read_plan,
)
from recommender.store import schema


@ON_BOTH
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


@ON_BOTH
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


@ON_BOTH
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


def test_nobody_approves_what_they_have_not_read(office):
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


@ON_BOTH
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


@ON_BOTH
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
