"""What the description does not allow is refused, and what it allows is not."""

from __future__ import annotations

import pytest
from jsonschema import Draft202012Validator
from serving import EMPLOYEE, UNIT

PLANS = f"/v1/people/{EMPLOYEE}/plans"


def pointers(answer):
    assert answer.status_code == 422, answer.text
    return [error["pointer"] for error in answer.json()["errors"]]


@pytest.mark.parametrize("value", [True, "40", [40]])
def test_a_number_is_a_number(served, value):
    answer = served.client("hr").post(PLANS, json={"hours_budget": value})
    assert pointers(answer)[0] == "#/hours_budget"


def test_a_whole_number_may_have_a_point(served):
    body = {"person_ids": [EMPLOYEE], "top": 3.0}
    assert served.client("hr").post("/v1/recommendation-batches", json=body).status_code == 200


def test_a_day_is_a_day(served, subtests):
    for day in ["0", "20261101", "2026-11-01T00:00:00", "1969-12-31", "９"]:
        with subtests.test(day=day):
            answer = served.client("hr").get(f"/v1/people/{EMPLOYEE}/gaps", params={"as_of": day})
            assert pointers(answer) == ["query:as_of"]


def test_an_amount_is_an_amount(served, subtests):
    for amount in ["-1", "1.234", "1e3", "٣", "100000000", ""]:
        with subtests.test(amount=amount):
            answer = served.client("hr").get("/v1/modules", params={"max_cost": amount})
            assert pointers(answer) == ["query:max_cost"]


def test_a_body_that_is_no_text(served):
    headers = {"content-type": "application/json"}
    answer = served.client("hr").post(PLANS, content=b'{"a": "\xff"}', headers=headers)
    assert pointers(answer) == ["#/"]


def test_an_unknown_field_of_an_empty_page(served):
    query = {"q": "没有这样的词条", "fields": "colour"}
    answer = served.client("hr").get("/v1/glossary", params=query)
    assert pointers(answer) == ["query:fields"]


def test_the_description_excludes_what_is_refused_whatever_is_stored(served, subtests):
    client = served.client("admin")
    plan = client.post(PLANS, json={}).headers["location"]
    module = {"module_id": "account-handover-visit-coaching"}
    for method, path, shape, bodies in (
        (
            "PATCH",
            plan,
            "PlanEditIn",
            [
                {},
                {"note": "nothing else"},
                {"add": [], "remove": []},
                {"add": ["account-handover-visit-coaching"] * 2},
                {"items": [module]},
                {"items": [module | {"ends_on": "2027-03-02"}]},
                {"items": [module | {"offering_id": "x", "starts_on": "2027-03-01"}]},
                {"add_activities": []},
                {"add_activities": [{"kind": "seminar", "competency_id": "resilience"}]},
                {"change_activities": [{"activity_id": "a1"}]},
                {"change_activities": [{"activity_id": "a1", "title": None}]},
            ],
        ),
        (
            "POST",
            f"{plan}/approvals",
            "DecisionIn",
            [{"decision": "rejected"}, {"decision": "rejected", "comment": None}],
        ),
        (
            "POST",
            "/v1/api-keys",
            "KeyIn",
            [
                {"label": "x", "role": "employee"},
                {"label": "x", "role": "manager", "person_id": None},
                {"label": "x", "role": "admin", "org_unit": UNIT},
                {"label": "x", "role": "analyst", "permissions": ["people:write"]},
            ],
        ),
    ):
        for body in bodies:
            with subtests.test(path=path, body=body):
                assert not validator(served, shape).is_valid(body)
                answer = client.request(method, path, json=body, headers={"If-Match": "*"})
                assert answer.status_code == 422, answer.text


def test_the_description_allows_what_is_taken(served, subtests):
    for shape, body in (
        ("PlanEditIn", {"hours_budget": None}),
        ("PlanEditIn", {"remove": ["x"], "note": "why"}),
        ("PlanEditIn", {"items": [{"module_id": "x", "offering_id": "y", "starts_on": None}]}),
        ("PlanEditIn", {"items": [{"module_id": "x", "starts_on": "2027-03-01"}]}),
        ("PlanEditIn", {"add_activities": [{"kind": "reading", "competency_id": "x"}]}),
        ("PlanEditIn", {"change_activities": [{"activity_id": "a1", "title": "x"}]}),
        ("PlanEditIn", {"remove_activities": ["a1"]}),
        ("PlanEditIn", {"activity_order": ["a2", "a1"]}),
        ("DecisionIn", {"decision": "approved"}),
        ("DecisionIn", {"decision": "rejected", "comment": "why"}),
        ("KeyIn", {"label": "x", "role": "manager", "person_id": "1", "permissions": None}),
        ("KeyIn", {"label": "x", "role": "hr", "org_unit": UNIT}),
        ("KeyIn", {"label": "x", "role": "admin", "person_id": "1"}),
    ):
        with subtests.test(shape=shape, body=body):
            assert validator(served, shape).is_valid(body)


def validator(served, shape):
    """What judges a body by the description."""
    description = served.app.openapi()
    return Draft202012Validator({**description, "$ref": f"#/components/schemas/{shape}"})


def test_all_methods_of_a_path_are_named(served):
    answer = served.client("hr").put(PLANS, json={})
    assert (answer.status_code, answer.headers["allow"]) == (405, "GET, HEAD, POST")


def test_a_name_of_a_request_is_one_word(served):
    client = served.client("hr", idempotency_key="two words")
    assert client.post(PLANS, json={}).json()["type"].endswith("request.idempotency-key")


def test_an_etag_that_a_proxy_weakened_is_understood(served):
    client = served.client("hr")
    etag = client.get("/v1/me").headers["etag"]
    for known in (f"W/{etag}", f'"other", {etag}', "*"):
        assert client.get("/v1/me", headers={"If-None-Match": known}).status_code == 304
