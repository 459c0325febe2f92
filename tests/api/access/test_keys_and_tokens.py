"""Keys with fewer rights, keys that have ended, and tokens of an identity provider."""

from __future__ import annotations

import datetime as dt

import pytest
from serving import COLLEAGUE, EMPLOYEE, MANAGER, OTHER_UNIT, OUTSIDE, UNIT, serve
from token_issuer import AUDIENCE, TokenIssuer, make_key, published, sign_with_secret

from recommender.service.permissions import Permission, Role
from recommender.store import count_change, writing
from recommender.store.access.keys import change_key


def get(served, token, path):
    return served.client(None).get(path, headers={"Authorization": f"Bearer {token}"})


def key_id(token):
    return token.split("_")[1]


def change(served, token, **values):
    with writing(served.app.state.server.installation.engine) as connection:
        change_key(connection, key_id(token), **values)
        count_change(connection, "access")


def test_a_key_with_fewer_permissions_than_its_role(served):
    token = served.key("hr", org_unit=UNIT, permissions=[Permission.READ_PEOPLE])
    assert get(served, token, f"/v1/people/{EMPLOYEE}").status_code == 200
    assert get(served, token, f"/v1/people/{OUTSIDE}").status_code == 404
    for path in (f"/v1/people/{EMPLOYEE}/gaps", f"/v1/people/{OUTSIDE}/gaps", "/v1/modules"):
        assert get(served, token, path).status_code == 403
    assert get(served, token, "/v1/me").json()["permissions"] == ["people:read"]


def test_a_key_with_no_permission_knows_who_it_is(served):
    token = served.key("admin", permissions=[])
    assert get(served, token, "/v1/me").json()["permissions"] == []
    assert get(served, token, "/v1/api-keys").status_code == 403


def test_a_key_cannot_be_given_more_than_its_role_has(served):
    body = {"label": "a", "role": "analyst", "permissions": ["people:read"]}
    refused = served.client("admin").post("/v1/api-keys", json=body)
    assert refused.status_code == 422


def test_an_hr_key_of_another_unit(served):
    token = served.key("hr", org_unit=OTHER_UNIT)
    assert get(served, token, f"/v1/people/{OUTSIDE}").status_code == 200
    assert get(served, token, f"/v1/people/{EMPLOYEE}").status_code == 404


def test_an_hr_key_of_part_of_a_unit(served):
    """A unit whose name begins alike is another one."""
    token = served.key("hr", org_unit=f"{UNIT}/政企客户部/党政客户部")
    assert get(served, token, f"/v1/people/{EMPLOYEE}").status_code == 200
    assert get(served, token, "/v1/people/00001").status_code == 404


def test_a_key_that_has_expired(served):
    token = served.key("hr")
    assert get(served, token, "/v1/me").status_code == 200
    change(served, token, expires_at=dt.datetime.now(dt.UTC) - dt.timedelta(seconds=1))
    assert get(served, token, "/v1/me").status_code == 401


def test_a_key_expires_while_it_is_held(served):
    """Nothing tells the server: it looks at the clock."""
    token = served.key("hr")
    ends = dt.datetime.now(dt.UTC) + dt.timedelta(seconds=1)
    change(served, token, expires_at=ends)
    while get(served, token, "/v1/me").status_code == 200:
        assert dt.datetime.now(dt.UTC) < ends + dt.timedelta(seconds=5)
    assert dt.datetime.now(dt.UTC) >= ends
    assert get(served, token, "/v1/me").json()["type"].endswith("access.bad-token")


def test_a_key_that_was_revoked(served):
    token = served.key("hr")
    assert get(served, token, "/v1/me").status_code == 200
    assert served.client("admin").delete(f"/v1/api-keys/{key_id(token)}").status_code == 204
    assert get(served, token, "/v1/me").status_code == 401


def test_a_key_that_was_rotated_goes_on_for_a_while(served):
    old = served.key("employee", person_id=EMPLOYEE, permissions=[Permission.READ_PEOPLE])
    made = served.client("admin").post(f"/v1/api-keys/{key_id(old)}/rotation")
    assert made.status_code == 201
    new = made.json()["token"]
    me = [get(served, token, "/v1/me").json() for token in (old, new)]
    assert me[0]["actor"] != me[1]["actor"]
    assert {**me[0], "actor": ""} == {**me[1], "actor": ""}
    change(served, old, expires_at=dt.datetime.now(dt.UTC))
    assert [get(served, token, "/v1/me").status_code for token in (old, new)] == [401, 200]


def test_a_secret_of_another_key(served):
    one, other = served.key("admin"), served.key("analyst")
    mixed = f"trk_{key_id(one)}_{other.split('_', 2)[2]}"
    assert get(served, mixed, "/v1/me").status_code == 401
    assert get(served, one + "x", "/v1/me").status_code == 401
    assert get(served, one[:-1], "/v1/me").status_code == 401


def test_two_headers_are_no_way_in(served):
    headers = [("authorization", "Bearer nothing"), ("authorization", "Bearer nothing")]
    assert served.client(None).get("/v1/me", headers=headers).status_code == 401


def test_a_key_of_somebody_who_is_no_longer_there(served):
    given = {"person_id": "T9001", "name": "临时", "org_unit": UNIT, "grade": "g1"}
    admin = served.client("admin")
    assert admin.post("/v1/people", json=given).status_code == 201
    token = served.key("employee", person_id="T9001")
    assert get(served, token, "/v1/people/T9001").status_code == 200
    erased = admin.post("/v1/people/T9001/erasure", json={"confirm": "T9001"})
    assert erased.status_code == 200
    assert get(served, token, "/v1/people/T9001").status_code in (401, 404)
    # nor does it come back with somebody who is given the same staff number
    assert admin.post("/v1/people", json=given).status_code == 201
    assert get(served, token, "/v1/people/T9001").status_code == 401


@pytest.fixture(scope="module")
def issuer():
    with TokenIssuer() as running:
        yield running


@pytest.fixture(scope="module")
def company(issuer, tmp_path_factory):
    """The service of a company whose people come with tokens of its identity provider."""
    folder = tmp_path_factory.mktemp("company")
    settings = {
        "oidc_issuer": issuer.url,
        "oidc_audience": AUDIENCE,
        "oidc_jwks": issuer.jwks_url,
        "oidc_role_claim": "app.role",
    }
    with serve(f"sqlite:///{folder / 'served.db'}", folder, **settings) as running:
        yield running


def bearer(issuer, role, **claims):
    return issuer.mint(app={"role": role}, **claims)


ADMITTED = {
    "employee": ({"person_id": EMPLOYEE}, {EMPLOYEE}),
    "manager": ({"person_id": MANAGER}, {MANAGER, EMPLOYEE, COLLEAGUE}),
    "hr": ({"org_unit": UNIT}, {MANAGER, EMPLOYEE, COLLEAGUE}),
    "hr of all": ({"org_unit": "*"}, {MANAGER, EMPLOYEE, COLLEAGUE, OUTSIDE}),
    "admin": ({}, {MANAGER, EMPLOYEE, COLLEAGUE, OUTSIDE}),
}


def test_a_token_of_each_role(company, issuer, subtests):
    for role in ADMITTED:
        with subtests.test(role=role):
            claims, reach = ADMITTED[role]
            token = bearer(issuer, role.split()[0], **claims)
            for person in (EMPLOYEE, MANAGER, COLLEAGUE, OUTSIDE, "nobody"):
                found = get(company, token, f"/v1/people/{person}").status_code
                assert found == (200 if person in reach else 404), person


def test_a_token_of_a_role_that_sees_nobody(company, issuer, subtests):
    for role, path in [
        ("analyst", "/v1/modules"),
        ("system-admin", "/v1/models"),
        ("access-admin", "/v1/api-keys"),
        ("auditor", "/v1/audit"),
    ]:
        with subtests.test(role=role):
            token = bearer(issuer, role, person_id=EMPLOYEE, org_unit=UNIT)
            assert get(company, token, path).status_code == 200
            assert get(company, token, f"/v1/people/{EMPLOYEE}").status_code == 403


def test_claims_that_are_missing(company, issuer, subtests):
    for role, claims in [
        ("employee", {}),
        ("employee", {"person_id": ""}),
        ("employee", {"person_id": None, "org_unit": UNIT}),
        ("employee", {"person_id": [EMPLOYEE]}),
        ("manager", {}),
        ("manager", {"org_unit": UNIT}),
        ("hr", {}),
        ("hr", {"person_id": EMPLOYEE}),
        ("hr", {"org_unit": ""}),
        ("hr", {"org_unit": "/"}),
        ("hr", {"org_unit": " / "}),
        ("hr", {"org_unit": ["*"]}),
        ("king", {"person_id": EMPLOYEE}),
        ("ADMIN", {}),
        (None, {"person_id": EMPLOYEE}),
        (["king", "queen"], {}),
        ({"name": "admin"}, {}),
    ]:
        with subtests.test(role=role, claims=claims):
            refused = get(company, bearer(issuer, role, **claims), f"/v1/people/{EMPLOYEE}")
            assert refused.status_code == 401
            assert refused.json()["type"].endswith("access.bad-token")


def test_a_person_or_unit_that_is_not_here(company, issuer):
    """The provider may know more people than the service: they see nobody."""
    for role, claims in (
        ("employee", {"person_id": "X1"}),
        ("manager", {"person_id": "X1"}),
        ("hr", {"org_unit": "火星分公司"}),
        ("hr", {"org_unit": UNIT[:2]}),
        ("hr", {"org_unit": "%"}),
    ):
        token = bearer(issuer, role, **claims)
        assert get(company, token, "/v1/people").json()["items"] == []
        assert get(company, token, f"/v1/people/{EMPLOYEE}").status_code == 404


def test_hostile_tokens(company, issuer, caplog):
    """Each is refused with the same answer; why stands in the log only."""
    public = published(issuer.keys["rsa-1"], None)["n"].encode()
    good = {"app": {"role": "admin"}}
    header = {"alg": "HS256", "typ": "JWT", "kid": "rsa-1"}
    payload = b'{"iss": "x"}'
    refusals = {
        "of another issuer": issuer.mint(iss="https://evil.example", **good),
        "signed by another": issuer.mint(key=make_key("RSA", "other"), **good),
        "for another audience": issuer.mint(aud="another-service", **good),
        "expired": issuer.mint(exp=int(issuer.now()) - 3600, **good),
        "not yet valid": issuer.mint(nbf=int(issuer.now()) + 3600, **good),
        "without an end": issuer.mint(exp=None, **good),
        "alg none": issuer.mint(alg="none", **good),
        "alg none, signature kept": issuer.mint(alg="none", **good) + "AAAA",
        "signed with the public key": sign_with_secret(header, payload, public),
        "of an unknown key": issuer.mint(kid="../../etc/passwd", key=make_key("RSA"), **good),
        "not JSON": issuer.mint(payload=b"admin"),
        "a list": issuer.mint(payload=b'["admin"]'),
        "huge": "e" * 100_000 + "." + "e" * 10 + ".e",
        "nested": issuer.mint(payload=b'{"a":' * 3000 + b"1" + b"}" * 3000),
        "three dots": "...",
    }
    answers = {name: get(company, token, "/v1/me") for name, token in refusals.items()}
    assert {name for name, answer in answers.items() if answer.status_code != 401} == set()
    assert len({answer.json()["detail"] for answer in answers.values()}) == 1
    reasons = [r.msg.get("refused") for r in caplog.records if isinstance(r.msg, dict)]
    for reason in ("issuer", "signature", "audience", "expired", "algorithm", "unknown-key"):
        assert reason in reasons
    assert "passwd" not in caplog.text


def test_a_token_is_of_no_use_to_a_server_without_a_provider(served, issuer):
    assert get(served, bearer(issuer, "admin"), "/v1/me").status_code == 401


def test_roles_of_keys_and_tokens_are_the_same():
    see_nobody = {"analyst", "system-admin", "access-admin", "auditor"}
    assert {role.split()[0] for role in ADMITTED} | see_nobody == set(Role)
