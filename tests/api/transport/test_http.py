"""What clients and proxies rely on in HTTP itself, whatever is asked."""

from __future__ import annotations

import gzip
import json

import pytest
from serving import EMPLOYEE

PLANS = f"/v1/people/{EMPLOYEE}/plans"
# of one answer, not of what is answered
PASSING = {"x-request-id", "ratelimit-remaining", "ratelimit-reset"}
# in it stands who read it
GROWING = {"/v1/audit", f"/v1/people/{EMPLOYEE}/data-export"}


@pytest.fixture(scope="module")
def paths(served):
    """Every path of the description, filled in, with what it is declared to take."""
    found = {}
    for path, item in served.app.openapi()["paths"].items():
        for operation in item.values():
            for name, value in operation.get("x-example", {}).items():
                path = path.replace(f"{{{name}}}", str(value).strip("{}"))
        found[path] = {method.upper() for method in item}
    return found


def test_every_path_says_which_methods_it_has(served, paths, subtests):
    client = served.client("hr")
    others = {"/metrics": {"GET"}, "/openapi.json": {"GET"}, "/docs": {"GET"}, "/static/x": {"GET"}}
    every = ("GET", "POST", "PUT", "PATCH", "DELETE")
    for number, (path, methods) in enumerate({**paths, **others}.items()):
        allowed = methods | ({"HEAD"} if "GET" in methods else set())
        # of those that it has not, each path is asked for another
        missing = [method for method in every if method not in methods]
        for method in ("OPTIONS", missing[number % len(missing)]):
            with subtests.test(path=path, method=method):
                answer = client.request(method, path)
                assert answer.status_code == 405
                assert set(answer.headers["allow"].split(", ")) == allowed


def test_the_paper_of_a_plan_is_no_plan(served):
    plan = served.client("hr").post(PLANS, json={}).headers["location"]
    answer = served.client("hr").patch(f"{plan}.pdf", json={}, headers={"If-Match": "*"})
    assert (answer.status_code, answer.headers["allow"]) == (405, "GET, HEAD")


def test_head_is_get_without_the_body(served, paths, subtests):
    client = served.client("admin")
    for path, methods in paths.items():
        if "GET" not in methods or path in GROWING:
            continue
        with subtests.test(path=path):
            whole, head = client.get(path), client.head(path)
            assert head.status_code == whole.status_code
            assert head.content == b""
            assert head.headers["content-length"] == str(len(whole.content))
            for headers in (whole.headers, head.headers):
                for name in PASSING:
                    headers.pop(name, None)
            if whole.is_success:
                assert head.headers == whole.headers


def test_head_knows_what_is_at_hand_and_needs_a_key(served):
    client = served.client("hr")
    etag = client.head("/v1/me").headers["etag"]
    assert client.head("/v1/me", headers={"If-None-Match": etag}).status_code == 304
    assert served.client(None).head("/v1/me").status_code == 401


def test_any_version_will_do(served, subtests):
    client = served.client("admin", If_Match="*")
    plan = client.post(PLANS, json={}).headers["location"]
    offering = {
        "module_id": "account-handover-visit-coaching",
        "starts_on": "2027-03-01",
        "ends_on": "2027-03-02",
    }
    assert served.client("admin").put("/v1/offerings/any", json=offering).status_code == 201
    taken = served.sample.enrolments.iloc[0]
    enrolment = f"{taken.person_id}/enrolments/{taken.module_id}/{taken.enrolled_on}"
    for method, path, body in (
        ("PATCH", plan, {"hours_budget": 30}),
        ("POST", f"{plan}/approvals", {"decision": "approved"}),
        ("POST", f"{plan}/cancellation", {}),
        ("PUT", "/v1/offerings/any", {**offering, "seats": 3}),
        ("PATCH", f"/v1/people/{EMPLOYEE}", {"name": "任意"}),
        ("PATCH", f"/v1/people/{enrolment}", {"status": taken.status}),
        ("DELETE", "/v1/offerings/any", None),
    ):
        with subtests.test(method=method, path=path):
            answer = client.request(method, path, json=body)
            assert answer.is_success, answer.text
    # but there has to be one
    assert client.patch("/v1/people/nobody", json={"name": "x"}).status_code == 404
    assert client.put("/v1/offerings/none", json=offering).status_code == 404


def test_a_name_that_stands_twice_is_refused(served, subtests):
    headers = {"content-type": "application/json"}
    for body, pointers in (
        ('{"hours_budget": 1, "hours_budget": 40}', ["#/hours_budget"]),
        ('{"hours_budget": 1, "hours_budget": 1}', ["#/hours_budget"]),
        ('{"hours_budget": 1, "hours\\u005fbudget": 40}', ["#/hours_budget"]),
        ('{"must": [{"a": 1}, {"a": 1, "b": 2, "a": 1}]}', ["#/must/1/a"]),
    ):
        with subtests.test(body=body):
            answer = served.client("hr").post(PLANS, content=body, headers=headers)
            assert answer.status_code == 422
            found = answer.json()["errors"]
            assert [error["pointer"] for error in found] == pointers
            assert found[0]["detail"] == "occurs more than once in the same object"
            # who may not ask is not told what is wrong with the question
            stranger = served.client(None).post(PLANS, content=body, headers=headers)
            assert stranger.status_code == 401


def test_a_compressed_body_is_refused(served, subtests):
    plain = b'{"hours_budget": 40}'
    for coding, status in (("gzip", 415), ("br, gzip", 415), ("x", 415), ("Identity", 200)):
        for path in ("/v1/simulations", "/v1/imports/people"):
            with subtests.test(coding=coding, path=path):
                body = json.dumps({"person_id": EMPLOYEE}).encode()
                answer = served.client("hr").post(
                    path,
                    content=body if status == 200 else gzip.compress(plain),
                    headers={"content-type": "application/json", "content-encoding": coding},
                )
                assert answer.status_code in ({200, 202} if status == 200 else {415})
                if status == 415:
                    assert answer.headers["accept-encoding"] == "identity"
                    assert answer.json()["type"].endswith("request.content-encoding")
