"""What holds for every request: admission, problems, ETags, languages, limits, the trail."""

import json

from serving import EMPLOYEE, serve
from sqlalchemy import select

from api.rate_limits import Windows
from recommender.store import reading, schema, verify_trail


def trail_of(served):
    with reading(served.app.state.server.installation.engine) as connection:
        return connection.execute(select(schema.audit_entry).order_by("seq")).mappings().all()


def test_health_is_open(served):
    stranger = served.client(None)
    assert stranger.get("/health").json() == {"status": "ok"}
    assert stranger.get("/health/ready").json() == {"status": "ok"}


def test_what_is_no_key_is_refused(served, subtests):
    for token in ["", "x", "trk_0123456789ab_" + "A" * 43, "trk_", "a.b.c", "Bearer", "ключ"]:
        with subtests.test(token=token):
            client = served.client(None)
            answered = client.get(
                "/v1/me", headers=[(b"authorization", f"Bearer {token}".encode())]
            )
            assert answered.status_code == 401
            assert answered.json()["status"] == 401


def test_a_problem_speaks_both_languages(served):
    for lang, title in (("zh-CN", "不存在"), ("en-GB;q=0.9, fr", "Not found"), ("fr", "不存在")):
        client = served.client("admin", Accept_Language=lang)
        problem = client.get("/v1/people/nobody/gaps").json()
        assert problem["title"] == title
        assert problem["type"] == "urn:training-recommender:problem:person.unknown"


def test_etag_saves_the_body(served):
    client = served.client("employee")
    first = client.get(f"/v1/people/{EMPLOYEE}/gaps")
    again = client.get(
        f"/v1/people/{EMPLOYEE}/gaps", headers={"If-None-Match": first.headers["etag"]}
    )
    assert again.status_code == 304
    assert again.content == b""
    assert again.headers["etag"] == first.headers["etag"]


def test_sparse_fields(served):
    client = served.client("employee")
    found = client.get(f"/v1/people/{EMPLOYEE}/gaps?fields=grade,as_of").json()
    assert list(found) == ["grade", "as_of"]
    refused = client.get(f"/v1/people/{EMPLOYEE}/gaps?fields=grade,salary")
    assert refused.status_code == 422
    assert refused.json()["errors"][0]["pointer"] == "query:fields"


def test_an_unknown_parameter_is_a_mistake(served):
    refused = served.client("admin").get("/v1/me?colour=red")
    assert refused.status_code == 422
    assert refused.json()["errors"][0]["pointer"] == "query:colour"


def test_a_request_id_is_kept_if_it_is_one(served):
    client = served.client("admin")
    given = client.get("/v1/me", headers={"X-Request-ID": "abc-12345.X"})
    assert given.headers["x-request-id"] == "abc-12345.X"
    for bad in ("short", "x" * 65, "semi;colon-in-it"):
        made = client.get("/v1/me", headers={"X-Request-ID": bad})
        assert made.headers["x-request-id"] != bad


def test_security_headers(served):
    headers = served.client("admin").get("/v1/me").headers
    assert headers["x-content-type-options"] == "nosniff"
    assert "default-src 'none'" in headers["content-security-policy"]
    assert headers["cache-control"] == "private, no-cache"


def test_every_read_of_a_person_is_in_the_trail(served):
    client = served.client("manager")
    answered = client.get(f"/v1/people/{EMPLOYEE}/gaps")
    entries = trail_of(served)
    (entry,) = [e for e in entries if e["request_id"] == answered.headers["x-request-id"]]
    with reading(served.app.state.server.installation.engine) as connection:
        ref = connection.scalar(
            select(schema.person.c.ref).where(schema.person.c.person_id == EMPLOYEE)
        )
        assert verify_trail(connection).broken_at is None
    assert (entry["action"], entry["role"], entry["subjects"]) == ("read_gaps", "manager", [ref])
    assert EMPLOYEE not in json.dumps(dict(entry), default=str)


def test_a_body_that_is_too_large(served):
    client = served.client("admin")
    for path in ("/v1/me", "/v1/people/x/plans"):
        answered = client.post(path, content=b"x" * 1_000_001)
        assert answered.status_code == 413
        assert answered.json()["type"].endswith("request.too-large")


def test_rate_limit(tmp_path):
    folder = tmp_path
    with serve(f"sqlite:///{folder / 'limited.db'}", folder, rate_limit="5/minute") as served:
        served.app.state.server.rates = Windows(elapsed=lambda: 0)  # all in one minute
        client = served.client("admin")
        answered = [client.get("/v1/me") for _ in range(7)]
        assert [a.status_code for a in answered] == [200] * 5 + [429] * 2
        assert answered[0].headers["ratelimit-remaining"] == "4"
        assert int(answered[-1].headers["retry-after"]) > 0
        assert served.client("employee").get("/v1/me").status_code == 200


def test_solving_has_a_limit_of_its_own(tmp_path):
    with serve(f"sqlite:///{tmp_path / 'limited.db'}", tmp_path, plan_limit="3/hour") as served:
        served.app.state.server.rates = Windows(elapsed=lambda: 0)  # all in one hour
        client = served.client("hr")
        path = f"/v1/people/{EMPLOYEE}/plans"
        tries = [
            client.post("/v1/simulations", json={"person_id": EMPLOYEE}),
            client.post(path, json={}),
            client.post(path, json={}),
            client.post(path, json={}),
            client.post("/v1/simulations", json={"person_id": EMPLOYEE}),
        ]
        assert [answered.status_code for answered in tries] == [200, 201, 201, 429, 429]
        assert tries[0].headers["ratelimit-remaining"] == "2"
        assert int(tries[-1].headers["retry-after"]) > 60
        assert client.get(path).status_code == 200  # whatever solves nothing goes on


def test_guessing_is_slowed_down(tmp_path):
    folder = tmp_path
    with serve(f"sqlite:///{folder / 'guessed.db'}", folder) as served:
        served.app.state.server.rates = Windows(elapsed=lambda: 0)  # all in one minute
        stranger = served.client(None, Authorization="Bearer trk_0123456789ab_" + "A" * 43)
        statuses = [stranger.get("/v1/me").status_code for _ in range(70)]
        assert statuses[:60] == [401] * 60
        assert set(statuses[60:]) == {429}
        # whoever has a valid key goes on, though the address is the same
        for role in ("admin", "employee"):
            assert served.client(role).get("/v1/me").status_code == 200
