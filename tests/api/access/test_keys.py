"""API keys over HTTP: shown once, never kept, at an end when they are revoked."""

from paging import pages_of
from serving import EMPLOYEE, OUTSIDE, UNIT
from sqlalchemy import select

from recommender.store import reading, schema

PROBLEM = "urn:training-recommender:problem:"


def engine_of(served):
    return served.app.state.server.installation.engine


def make(served, **body):
    answered = served.client("admin").post("/v1/api-keys", json={"label": "x", **body})
    assert answered.status_code == 201, answered.json()
    return answered.json()


def get_me(served, token):
    client = served.client(None, Authorization=f"Bearer {token}")
    return client.get("/v1/me")


def test_a_new_key_opens_what_it_is_for(served):
    made = make(served, role="manager", person_id=EMPLOYEE, permissions=["people:read"], days=7)
    me = get_me(served, made["token"]).json()
    assert me == {
        "actor": f"key:{made['key_id']}",
        "role": "manager",
        "person_id": EMPLOYEE,
        "org_unit": None,
        "permissions": ["people:read"],
    }
    client = served.client(None, Authorization=f"Bearer {made['token']}")
    assert client.get(f"/v1/people/{EMPLOYEE}/gaps").status_code == 403


def test_a_key_is_read_without_its_secret(served):
    admin = served.client("admin")
    made = make(served, role="hr", org_unit=UNIT)
    answered = admin.get(f"/v1/api-keys/{made['key_id']}")
    assert answered.json() == {name: made[name] for name in made if name != "token"}
    text = admin.get("/v1/api-keys?limit=200").text
    assert made["key_id"] in text
    assert made["token"] not in text
    assert "sha256" not in text


def test_keys_come_in_pages(served):
    admin = served.client("admin")
    for _ in range(3):
        make(served, role="analyst")
    whole = [key["key_id"] for key in admin.get("/v1/api-keys?limit=200").json()["items"]]
    pages = list(pages_of(admin, "/v1/api-keys", limit=2, fields="key_id"))
    assert all(len(page["items"]) <= 2 for page in pages)
    found = [key["key_id"] for page in pages for key in page["items"]]
    assert found == whole == sorted(whole)


def test_a_secret_is_shown_once_and_kept_nowhere(served):
    admin = served.client("admin", Idempotency_Key="make-a-key")
    body = {"label": "once", "role": "analyst"}
    first = admin.post("/v1/api-keys", json=body)
    again = admin.post("/v1/api-keys", json=body)
    assert (first.status_code, again.status_code) == (201, 409)
    assert again.json()["type"] == f"{PROBLEM}keys.shown-once"
    assert again.headers["idempotent-replayed"] == "true"
    secret = first.json()["token"].split("_", 2)[2].encode()
    with reading(engine_of(served)) as connection:
        answers = connection.scalars(select(schema.idempotent_answer.c.body)).all()
        labels = connection.scalars(
            select(schema.api_key.c.label).where(schema.api_key.c.label == "once")
        ).all()
    assert labels == ["once"]
    assert not any(secret in body for body in answers)
    rotating = served.client("admin", Idempotency_Key="rotate-it")
    path = f"/v1/api-keys/{first.json()['key_id']}/rotation"
    assert [rotating.post(path).status_code for _ in range(2)] == [201, 409]


def test_a_revoked_key_opens_nothing_any_more(served):
    made = make(served, role="analyst")
    assert get_me(served, made["token"]).status_code == 200
    admin = served.client("admin")
    assert admin.delete(f"/v1/api-keys/{made['key_id']}").status_code == 204
    assert get_me(served, made["token"]).status_code == 401
    assert admin.delete(f"/v1/api-keys/{made['key_id']}").status_code == 204
    refused = admin.post(f"/v1/api-keys/{made['key_id']}/rotation")
    assert (refused.status_code, refused.json()["type"]) == (409, f"{PROBLEM}keys.ended")


def test_both_keys_hold_for_a_day_after_rotation(served):
    made = make(served, role="hr")
    answered = served.client("admin").post(f"/v1/api-keys/{made['key_id']}/rotation")
    assert answered.status_code == 201
    assert answered.headers["location"] == f"/v1/api-keys/{answered.json()['key_id']}"
    for token in (made["token"], answered.json()["token"]):
        assert get_me(served, token).status_code == 200


def test_keys_that_cannot_be(served, subtests):
    for body, status, code in [
        ({"role": "king"}, 422, "request.invalid"),
        ({"role": "admin", "days": 0}, 422, "request.invalid"),
        ({"role": "admin", "days": 10**9}, 422, "request.invalid"),
        ({"role": "admin", "colour": "red"}, 422, "request.invalid"),
        ({"role": "admin", "permissions": ["all"]}, 422, "request.invalid"),
        ({"role": "admin", "label": ""}, 422, "request.invalid"),
        ({"role": "employee"}, 422, "keys.needs-person"),
        ({"role": "admin", "org_unit": UNIT}, 422, "keys.no-unit"),
        ({"role": "hr", "permissions": ["keys:write"]}, 422, "keys.permission"),
        ({"role": "employee", "person_id": "nobody"}, 404, "person.unknown"),
        ({"role": "hr", "org_unit": "/"}, 404, "org-unit.unknown"),
    ]:
        with subtests.test(body=body, status=status, code=code):
            answered = served.client("admin").post("/v1/api-keys", json={"label": "x"} | body)
            assert (answered.status_code, answered.json()["type"]) == (status, PROBLEM + code)


def test_keys_that_are_not_there(served):
    admin = served.client("admin")
    for answered in (
        admin.get("/v1/api-keys/none"),
        admin.delete("/v1/api-keys/none"),
        admin.post("/v1/api-keys/none/rotation"),
    ):
        assert (answered.status_code, answered.json()["type"]) == (404, f"{PROBLEM}keys.unknown")


def test_what_an_administrator_does_to_keys_is_in_the_trail(served):
    made = make(served, role="employee", person_id=OUTSIDE)
    with reading(engine_of(served)) as connection:
        entry = schema.audit_entry
        rows = connection.execute(select(entry).where(entry.c.action == "create_api_key")).all()
    assert made["key_id"] in {row.details.get("key_id") for row in rows}
