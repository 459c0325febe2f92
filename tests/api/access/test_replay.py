"""An Idempotency-Key gives an answer again only to who may still see whom it is about."""

from serving import EMPLOYEE, OTHER_UNIT, OUTSIDE

PLAN = f"/v1/people/{EMPLOYEE}/plans"
BATCH = {"person_ids": ["00001", EMPLOYEE], "top": 1}
REQUESTS = [(PLAN, {}), ("/v1/recommendation-batches", BATCH)]


def move(served, unit):
    admin = served.client("admin")
    place = f"/v1/people/{EMPLOYEE}"
    seen = admin.get(place)
    moved = admin.patch(place, json={"org_unit": unit}, headers={"If-Match": seen.headers["etag"]})
    assert moved.status_code == 200, moved.text
    return seen.json()["org_unit"]


def test_an_answer_does_not_outlive_the_scope(served, subtests):
    for number, (path, body) in enumerate(REQUESTS):
        with subtests.test(path=path):
            hr = served.client("hr", Idempotency_Key=f"scope-{number}")
            first = hr.post(path, json=body)
            assert first.status_code < 300, first.text
            home = move(served, OTHER_UNIT)
            refused = hr.post(path, json=body)
            assert refused.status_code == 404
            assert refused.json()["type"].endswith("request.replay-out-of-scope")
            assert EMPLOYEE not in refused.text
            move(served, home)
            again = hr.post(path, json=body)
            assert (again.status_code, again.content) == (first.status_code, first.content)
            assert again.headers["idempotent-replayed"] == "true"


def test_a_replay_is_in_the_trail_with_whom_it_shows(served):
    hr = served.client("hr", Idempotency_Key="seen-twice")
    answers = [hr.post(PLAN, json={}) for _ in range(3)]
    assert {answered.status_code for answered in answers} == {201}
    found = served.client("admin").get(
        "/v1/audit", params={"person_id": EMPLOYEE, "action": "create_plan", "limit": 200}
    )
    noted = {entry["request_id"] for entry in found.json()["items"]}
    assert {answered.headers["x-request-id"] for answered in answers} <= noted


def test_who_was_never_within_the_scope_is_not_told_apart_from_nobody(served):
    hr = served.client("hr", Idempotency_Key="outside")
    for _ in range(2):
        assert hr.post(f"/v1/people/{OUTSIDE}/plans", json={}).status_code == 404
