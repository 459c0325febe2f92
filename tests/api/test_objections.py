"""Automated proposals: people are told of them, object with a reason, and a person answers."""

from __future__ import annotations

import datetime as dt

import pytest
import sqlalchemy as sa
from asking import session_of
from serving import COLLEAGUE, EMPLOYEE, MANAGER, OUTSIDE

from recommender.service.permissions import Role
from recommender.service.privacy.retention import clear_traces
from recommender.settings import Settings
from recommender.store import reading, schema, writing

PROBLEM = "urn:training-recommender:problem:"
REASON = "去年已参加过同类培训"


@pytest.fixture(scope="module")
def served(served_on_both):
    """On both databases: whose objections are listed is decided there."""
    return served_on_both


def object_to(served, person_id=EMPLOYEE, role="employee", **given):
    path = f"/v1/people/{person_id}/objections"
    return served.client(role).post(path, json={"reason": REASON} | given)


def listed(served, role, **query):
    answered = served.client(role).get("/v1/objections", params={"limit": 200} | query)
    assert answered.status_code == 200, answered.text
    return answered.json()["items"]


def test_everybody_is_told(served, subtests):
    for role in Role:
        with subtests.test(role=role):
            told = served.client(role).get("/v1/automated-decisions")
            assert told.status_code == 200
            assert [each["name"] for each in told.json()["proposals"]] == ["ranking", "plan"]
            assert all(each["data"] and each["logic"] for each in told.json()["proposals"])
            assert "/objections" in told.json()["objecting"]
            assert told.json()["model_id"] is None
    chinese = served.client("employee", Accept_Language="zh-CN").get("/v1/automated-decisions")
    assert "由人决定" in chinese.json()["people_decide"]


def test_a_person_objects_and_hr_answers(served):
    plan = served.client("hr").post(f"/v1/people/{EMPLOYEE}/plans", json={"hours_budget": 12.0})
    plan_id, item = plan.json()["plan_id"], plan.json()["items"][0]
    made = object_to(served, plan_id=plan_id, module_id=item["module_id"])
    assert made.status_code == 201
    objection = made.json()
    assert (objection["plan_id"], objection["module_id"]) == (plan_id, item["module_id"])
    assert (objection["party"], objection["answer"]) == ("employee", None)
    assert objection in listed(served, "hr", answered=False)
    answer = f"/v1/objections/{objection['objection_id']}/answer"
    assert served.client("employee").post(answer, json={"answer": "x"}).status_code == 403
    answered = served.client("hr").post(answer, json={"answer": "已从计划中去掉"})
    assert answered.status_code == 200
    (seen,) = [
        each
        for each in listed(served, "employee", answered=True)
        if each["objection_id"] == objection["objection_id"]
    ]
    assert (seen["answer"], seen) == ("已从计划中去掉", answered.json())
    assert objection["objection_id"] not in [
        each["objection_id"] for each in listed(served, "hr", answered=False)
    ]
    again = served.client("hr").post(answer, json={"answer": "改主意了"})
    assert (again.status_code, again.json()["type"]) == (409, f"{PROBLEM}objection.answered")


def test_hr_objects_on_behalf_of_somebody(served):
    made = object_to(served, COLLEAGUE, "hr", reason=f"{COLLEAGUE} 已学过")
    assert (made.status_code, made.json()["party"]) == (201, "hr")
    assert made.json() in listed(served, "hr", person_id=COLLEAGUE)
    # nobody else reads it: the manager took part in what it is about
    assert {each["person_id"] for each in listed(served, "manager")} <= {MANAGER}
    for role, told in (("manager", False), ("hr", True)):
        client = served.data_protection() if role == "hr" else served.client(role)
        export = client.get(f"/v1/people/{COLLEAGUE}/data-export")
        assert (made.json()["reason"] in export.text) == told
    for role in ("employee", "manager"):
        for path in (f"?person_id={COLLEAGUE}", f"?person_id={OUTSIDE}"):
            assert served.client(role).get(f"/v1/objections{path}").status_code == 404
        assert object_to(served, COLLEAGUE, role).status_code == 404
    assert object_to(served, OUTSIDE, "hr").status_code == 404


def test_nobody_answers_their_own(served):
    own = object_to(served, MANAGER, "manager").json()
    token = served.key("hr", person_id=MANAGER)
    of_hr = served.client(None, Authorization=f"Bearer {token}")
    answer = f"/v1/objections/{own['objection_id']}/answer"
    refused = of_hr.post(answer, json={"answer": "x"})
    assert (refused.status_code, refused.json()["type"]) == (403, f"{PROBLEM}access.own-objection")


def test_what_it_is_about_has_to_be_there(served):
    others = served.client("admin").post(f"/v1/people/{OUTSIDE}/plans", json={"hours_budget": 12.0})
    for given in (
        {"plan_id": others.json()["plan_id"]},
        {"plan_id": "P-1"},
        {"module_id": "no-such-module"},
    ):
        refused = object_to(served, **given)
        (name,) = given
        assert refused.status_code == 422
        assert refused.json()["errors"][0]["pointer"] == f"#/{name}"
    assert object_to(served, reason="").status_code == 422


def test_it_is_in_the_trail_and_in_the_export_and_goes_with_the_person(served):
    made = object_to(served)
    hr = served.data_protection()
    answered = hr.post(
        f"/v1/objections/{made.json()['objection_id']}/answer", json={"answer": "已说明"}
    )
    entry = schema.audit_entry
    with reading(served.app.state.server.installation.engine) as connection:
        for answer, action in ((made, "create_objection"), (answered, "answer_objection")):
            wanted = entry.c.request_id == answer.headers["x-request-id"]
            row = connection.execute(sa.select(entry).where(wanted)).one()
            assert (row.action, len(row.subjects)) == (action, 1)
    leaver = "00015"
    assert object_to(served, leaver, "hr").status_code == 201
    export = hr.get(f"/v1/people/{leaver}/data-export").json()["sections"]
    (section,) = [each for each in export if each["name"] == "objection"]
    assert [row["reason"] for row in section["rows"]] == [REASON]
    erased = hr.post(f"/v1/people/{leaver}/erasure", json={"confirm": leaver})
    assert erased.json()["rows"]["objection"] == 1


def test_an_answered_one_is_kept_as_long_as_plans_an_open_one_for_ever(served):
    engine = served.app.state.server.installation.engine
    old = dt.datetime.now(dt.UTC) - dt.timedelta(days=3660)
    row = {"person_id": EMPLOYEE, "party": "employee", "actor": "cli", "made_at": old}
    answer = {"answer": "已说明", "answered_by": "cli", "answered_at": old}
    table = schema.objection
    with writing(engine) as connection:
        connection.execute(table.insert().values(**row, reason="旧，已答复", **answer))
        connection.execute(table.insert().values(**row, reason="旧，未答复"))
    session = session_of(served.app.state.server.installation.current(0))
    assert clear_traces(session, Settings())["objection"] == 1
    with reading(engine) as connection:
        left = connection.scalars(sa.select(table.c.reason).where(table.c.made_at == old)).all()
    assert left == ["旧，未答复"]
