"""What the description does not allow is refused, and what it allows is not."""

from __future__ import annotations

import pytest
from serving import EMPLOYEE

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


def test_all_methods_of_a_path_are_named(served):
    answer = served.client("hr").put(PLANS, json={})
    assert (answer.status_code, answer.headers["allow"]) == (405, "GET, POST")


def test_a_name_of_a_request_is_one_word(served):
    client = served.client("hr", idempotency_key="two words")
    assert client.post(PLANS, json={}).json()["type"].endswith("request.idempotency-key")


def test_an_etag_that_a_proxy_weakened_is_understood(served):
    client = served.client("hr")
    etag = client.get("/v1/me").headers["etag"]
    for known in (f"W/{etag}", f'"other", {etag}', "*"):
        assert client.get("/v1/me", headers={"If-None-Match": known}).status_code == 304
