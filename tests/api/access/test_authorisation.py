"""Every operation, asked for by every role about everything: as `authorisation.yaml` has it."""

from __future__ import annotations

import json
import re

import pytest
from api_stage import ROLES, TABLE, build_stage
from serving import EMPLOYEE, MANAGER

REACH, OPERATIONS = TABLE["reach"], TABLE["operations"]
ADMITTED = {200, 201, 202, 204, 304, 409, 412}


@pytest.fixture(scope="module")
def stage(served):
    return build_stage(served)


def reaches(role, about, target):
    """Say whether a role that may do something may do it to a target."""
    if about in ("person", "plan", "enrolment"):
        return target in REACH["people"][role]
    if about in ("objector", "objection"):
        return target in REACH["objectors"][role]
    if about == "unit":
        return target in REACH["units"][role]
    if about in ("job", "upload"):
        return target in REACH["jobs"][role]
    if about in ("batch", "campaign", "cohort"):
        return target in REACH["batches"][role]
    return target != "absent"


def without_names(answer, names):
    """Return all that a refusal says, but for the ids that were asked for and its own."""
    problem = answer.json()
    del problem["request_id"]
    text = json.dumps(problem, ensure_ascii=False)
    for kind, name in names.items():
        if kind.endswith("_id") or kind == "org_unit":
            # as a word: a short number also stands in other numbers
            text = re.sub(rf"(?<!\w){re.escape(name)}(?!\w)", "…", text)
    varying = ("x-request-id", "date", "content-length", "ratelimit-remaining", "ratelimit-reset")
    return text, {name: v for name, v in answer.headers.items() if name not in varying}


def test_every_operation_has_a_row_and_every_row_an_operation(stage):
    assert sorted(OPERATIONS) == sorted(stage.operations)


def test_the_table_is_sound():
    for operation, row in OPERATIONS.items():
        assert set(row) <= {"may", "about", "not-own", "owned", "granted"}, operation
        assert row["may"] == "anybody" or set(row["may"]) <= set(ROLES), operation
        assert "admin" in row["may"] or row["may"] == "anybody", operation


def test_without_a_key(stage, subtests):
    for operation, row in OPERATIONS.items():
        for target in stage.targets(row["about"], None):
            with subtests.test(operation=operation, target=target):
                answer = stage.ask(None, operation, row["about"], target)
                assert answer.status_code == (200 if row["may"] == "anybody" else 401)
                if row["may"] != "anybody":
                    assert answer.headers["content-type"] == "application/problem+json"
                    assert answer.headers["www-authenticate"].startswith("Bearer")


def test_with_the_key_of_a_role(stage, subtests):
    for operation in OPERATIONS:
        for role in ROLES:
            with subtests.test(operation=operation, role=role):
                check_role(stage, operation, role)


def forbidden_here(row, role, target):
    """Say whether a role that may do something may not do it to what it can see."""
    if row.get("owned"):
        return role == "hr" and target in ("there", "it")
    return row.get("not-own") and target == "own" and target in REACH["people"][role]


def check_role(stage, operation, role):
    """Ask for an operation about everything, with the key of a role."""
    row = OPERATIONS[operation]
    about, may = row["about"], row["may"] == "anybody" or role in row["may"]
    granted = row.get("granted", {}).get(role, "")
    if granted:
        answers = [stage.ask(role, operation, about, t) for t in stage.targets(about, role)]
        assert {answer.status_code for answer in answers} == {403}, operation
    refusals = []
    targets = stage.targets(about, role)
    # whoever may not is refused before anything is looked for: one that is there, one that is not
    for target in targets if may else (targets[0], targets[-1]):
        version = ""
        if row.get("not-own") and target == "own":
            plan = stage.plans[MANAGER if role == "manager" else EMPLOYEE]
            version = stage.client("admin").get(f"/v1/plans/{plan}").headers["ETag"]
        answer = stage.ask(role, operation, about, target, make=may, version=version, also=granted)
        told = f"{role} {operation} {target}: {answer.status_code} {answer.text[:300]}"
        if not may:
            assert answer.status_code == 403, told
            assert ":access." in answer.json()["type"], told
            refusals.append(without_names(answer, stage.asked))
        elif forbidden_here(row, role, target):
            assert answer.status_code == 403, told
        elif reaches(role, about, target):
            assert answer.status_code in ADMITTED, told
        else:
            assert answer.status_code == 404, told
            refusals.append(without_names(answer, stage.asked))
    # what is not within reach and what is not there look the same, to the letter
    assert all(refusal == refusals[0] for refusal in refusals), refusals


def test_what_stands_beside_the_description(stage, subtests):
    """The description itself is for all who have a key, the figures of monitoring for IT."""
    for role in [None, *ROLES]:
        with subtests.test(role=role):
            described = stage.client(role).get("/openapi.json")
            assert described.status_code == (200 if role else 401)
            figures = stage.client(role).get("/metrics")
            expected = {None: 401, "system-admin": 200, "admin": 200}
            assert figures.status_code == expected.get(role, 403)


def test_the_three_administrators_share_nothing(stage):
    """Neither an operation nor a person's data is within the reach of two of them."""
    three = ("system-admin", "access-admin", "auditor")
    for operation, row in OPERATIONS.items():
        if row["may"] == "anybody" or operation in ("read_caller", "read_automation_notice"):
            continue  # what everybody is told
        may = [role for role in three if role in row["may"]]
        assert len(may) <= 1, operation
        assert not may or row["about"] not in ("person", "plan", "enrolment", "unit"), operation
        method = stage.operations[operation][0]
        assert "auditor" not in may or method == "GET", operation
    assert all(REACH["people"][role] == [] for role in three)


def test_denied_requests_change_nothing(stage):
    """A plan that everybody who may not tried to change is as it was when it was made."""
    for person, plan_id in stage.plans.items():
        found = stage.admin("GET", f"/v1/plans/{plan_id}")
        # made anew at most, by whoever made it
        assert found["status"] == "draft", person
        assert found["change"] in ("created", "remade"), person


def test_the_log_of_refusals_names_nobody(stage, caplog):
    for role in ROLES:
        stage.ask(role, "read_person", "person", "elsewhere")
        stage.ask(role, "read_plan", "plan", "elsewhere")
    assert not re.search(r"(?<!\d)0000\d(?!\d)", caplog.text)
