"""Values that mean harm, or that no program should send: in every field of every operation.

Whatever is sent, the answer is one that the operation declares, never a failure; the tables are
there afterwards, and say of everybody what they said before.
"""

from __future__ import annotations

import copy
import itertools
import json
import re
from collections import Counter
from urllib.parse import quote

import pytest
from serving import MANAGER, UNIT

from recommender.store import reading, schema, verify_trail

QUOTED = "' OR '1'='1'; DROP TABLE person; --"
VALUES = (
    QUOTED,
    '"; DELETE FROM person WHERE 1=1; --',
    "%",
    "_",
    "\\",
    "a\x00b",
    "\ud800",
    "\u202e\u200b\ufeff\uffff𝕏e\u0301\U0010ffff",
    "长" * 3000,
    "../../../../etc/passwd",
    "{0.__class__.__mro__} %s%n ${jndi:ldap://x} {{7*7}} #panic()",
    '=cmd|" /C calc"!A0',
    "<script>alert(1)</script>",
    "\r\nSet-Cookie: a=b",
    "1e400",
    "NaN",
    "-0",
    "٣",
    "9" * 400,
    "true",
)
AT_ONCE = 2  # of them in each place; over all places each comes up
NO_TEXTS = (None, True, -1, 0, 1e308, 2**31, 2**63, 10**400, [], {})
HOW_MANY = [AT_ONCE, pytest.param(len(VALUES) + len(NO_TEXTS), marks=pytest.mark.slow)]
# a body that is not one, whatever it is for
BODIES = {
    "nothing": b"",
    "no JSON": b"{",
    "two values": b"{}{}",
    "null": b"null",
    "a list": b"[]",
    "a text": b'"x"',
    "a number": b"1",
    "an unknown field": b'{"no-such-field": 1}',
    "a field with NUL": b'{"a\\u0000b": 1}',
    "a field that is half a surrogate": b'{"\\ud800": 1}',
    "deep": b"[" * 10_000 + b"]" * 10_000,
    "deep objects": b'{"a":' * 10_000 + b"1" + b"}" * 10_000,
    "deep and open": b"[" * 100_000,
    "not UTF-8": b'{"a": "\xff\xfe"}',
    "UTF-16": '{"a": 1}'.encode("utf-16"),
    "NaN": b"NaN",
    "a field that is NaN": b'{"a": NaN, "b": Infinity, "c": -Infinity}',
    "1e400": b'{"a": 1e400}',
    "10**400": b'{"a": 1' + b"0" * 400 + b"}",
    "10**5000": b'{"a": 1' + b"0" * 5000 + b"}",
    "twice": b'{"a": 1, "a": 2}',
    "a comment": b'{/* */ "a": 1}',
}


@pytest.fixture(scope="module")
def operations(served):
    served.app.state.server.jobs.stop()  # what a job would do is looked at elsewhere
    return {
        about["operationId"]: (method.upper(), path, about)
        for path, methods in served.app.openapi()["paths"].items()
        for method, about in methods.items()
        if not path.startswith("/health")
    }


@pytest.fixture(scope="module")
def admin(served):
    return served.client("admin")


def check(answer, about, sent):
    told = f"{about['operationId']} {sent!r:.200}: {answer.status_code} {answer.text[:300]}"
    if answer.status_code != 404:  # with a slash in it a part of a path leads nowhere
        assert str(answer.status_code) in about["responses"], told
    if answer.status_code >= 400:
        assert answer.headers["content-type"] == "application/problem+json", told
        assert answer.json()["status"] == answer.status_code
    # the header of a file's name, the place of what was made: nothing breaks out of it
    assert "set-cookie" not in answer.headers, told


def ask(client, method, path, about, *, changed=None, body=None):
    """Send an example, with one parameter changed or another body."""
    values = {**about.get("x-example", {}), **(changed or {})}
    declared = {each["name"]: each["in"] for each in about.get("parameters", [])}
    for name in re.findall(r"{(\w+)}", path):
        # bytes of half a surrogate are what such a client sends
        part = f"{values.get(name, 'nobody')}".encode("utf-8", "surrogatepass")
        path = path.replace("{" + name + "}", quote(part, safe=""))
    query = [
        f"{name}={quote(str(value).encode('utf-8', 'surrogatepass'), safe='')}"
        for name, value in values.items()
        if declared.get(name) == "query"
    ]
    headers = {"If-Match": '"999999"'} if "If-Match" in declared else {}
    content = None
    if "requestBody" in about:
        content = json.dumps(body).encode()
        headers["Content-Type"] = "application/json"
    return client.request(method, f"{path}?{'&'.join(query)}", headers=headers, content=content)


def example_of(about):
    content = about.get("requestBody", {}).get("content", {})
    return content.get("application/json", {}).get("example")


def places(value, path=()):
    """Return where the texts and numbers of a body are."""
    if isinstance(value, dict):
        for name, part in value.items():
            yield from places(part, (*path, name))
    elif isinstance(value, list):
        for number, part in enumerate(value):
            yield from places(part, (*path, number))
    else:
        yield path


def put(body, path, value):
    changed = copy.deepcopy(body)
    at = changed
    for step in path[:-1]:
        at = at[step]
    at[path[-1]] = value
    return changed


@pytest.mark.parametrize("at_once", HOW_MANY)
def test_every_parameter(operations, admin, at_once):
    """Of those that many operations have alike, the first two are given all values."""
    values, seen = itertools.cycle(VALUES), Counter()
    for method, path, about in operations.values():
        for parameter in about.get("parameters", []):
            if parameter["in"] == "header":
                continue
            alike = json.dumps({**parameter, "description": ""}, sort_keys=True)
            seen[alike] += 1
            for value in itertools.islice(values, at_once if seen[alike] <= 2 else AT_ONCE):
                changed = {parameter["name"]: value}
                answer = ask(admin, method, path, about, changed=changed, body=example_of(about))
                check(answer, about, changed)


@pytest.mark.parametrize("at_once", HOW_MANY)
def test_every_field_of_every_body(operations, admin, at_once):
    values = itertools.cycle((*VALUES, *NO_TEXTS))
    for method, path, about in operations.values():
        example = example_of(about)
        if not isinstance(example, dict):
            continue
        for place in places(example):
            for value in itertools.islice(values, at_once + 2):
                body = put(example, place, value)
                check(ask(admin, method, path, about, body=body), about, body)


def test_headers(operations, admin):
    """Of those that are looked at."""
    for name in ("If-Match", "If-None-Match", "Idempotency-Key", "Accept", "Accept-Language"):
        for value in (*VALUES, '"', '"1', 'W/"1"', '"99999999999999"', "*", ";q=nan", "en;q=1e999"):
            try:
                given = {name: value.encode("latin-1")}
            except UnicodeEncodeError:
                given = {name: value.encode("utf-8", "surrogatepass")}
            if any(byte in given[name] for byte in b"\x00\r\n"):
                continue  # a server does not take them; see test_hostile_connections.py
            for operation in ("edit_plan", "comment_on_plan", "read_profile", "list_people"):
                method, path, about = operations[operation]
                content = None
                if "requestBody" in about:
                    content = json.dumps(example_of(about)).encode()
                    given["Content-Type"] = b"application/json"
                path = path.replace("{plan_id}", "P-1").replace("{grade}", "g2")
                answer = admin.request(method, path, headers=given, content=content)
                check(answer, about, given)


def test_bodies_that_are_none(operations, admin, served, subtests):
    for name in BODIES:
        with subtests.test(name=name):
            for method, path, about in operations.values():
                if example_of(about) is None:
                    continue
                where = re.sub(r"{\w+}", "nobody", path)
                headers = {"Content-Type": "application/json", "If-Match": '"1"'}
                answer = admin.request(method, where, headers=headers, content=BODIES[name])
                check(answer, about, BODIES[name])
                assert answer.status_code == 422, (path, answer.text)
                # who may not ask is not told what is wrong with the question
                stranger = served.client(None)
                answer = stranger.request(method, where, headers=headers, content=BODIES[name])
                assert answer.status_code == 401


def test_json_that_is_called_something_else(operations, admin, subtests):
    for kind in [
        "text/plain",
        "application/x-www-form-urlencoded",
        "application/xml",
        "multipart/form-data",
        "image/png",
        "application/jsonx",
        "application",
        "/",
        "",
        ";",
        "a" * 5000,
    ]:
        with subtests.test(kind=kind):
            for method, path, about in operations.values():
                if example_of(about) is None:
                    continue
                where = re.sub(r"{\w+}", "nobody", path)
                body = json.dumps(example_of(about)).encode()
                headers = {"Content-Type": kind, "If-Match": '"1"'}
                answer = admin.request(method, where, headers=headers, content=body)
                check(answer, about, kind)
                assert answer.status_code == 422, (path, answer.text)


def test_what_is_searched_for_is_taken_as_it_stands(operations, admin, subtests):
    """Nothing has these in it, so nothing is found: they are no patterns."""
    for text in [QUOTED, "%%", "_", "\\", "_____", "[0-9]", "*", ".*"]:
        with subtests.test(text=text):
            searched = 0
            for method, path, about in operations.values():
                names = {
                    each["name"] for each in about.get("parameters", []) if each["in"] == "query"
                }
                for name in names & {"q", "org_unit", "manager_id", "actor", "action", "module_id"}:
                    if "{" in path:
                        continue
                    answer = admin.request(method, path, params={name: text})
                    searched += 1
                    if answer.status_code == 200 and "items" in answer.json():
                        found = [
                            item for item in answer.json()["items"] if text not in json.dumps(item)
                        ]
                        assert found == [], (path, name)
                    else:
                        assert answer.status_code in (200, 404, 422), (path, name)
            assert searched >= 8


def test_names_are_texts_in_a_plan(admin):
    """Neither the page nor the PDF takes a name for markup."""
    name = '<script>alert(1)</script> #panic("x") $x$ *b* {{7*7}} =1+1'
    person = {"person_id": "T7000", "name": name, "org_unit": UNIT, "grade": "g1"}
    made = admin.post("/v1/people", json=person | {"manager_id": MANAGER})
    assert made.status_code == 201
    level = {
        "competency_id": "coordination",
        "level": 1.0,
        "method": name,
        "assessed_on": "2026-10-01",
    }
    assert admin.post("/v1/people/T7000/assessments", json={"items": [level]}).status_code == 201
    plan = admin.post("/v1/people/T7000/plans", json={"hours_budget": 30.0})
    assert plan.status_code == 201, plan.text
    plan_id = plan.json()["plan_id"]
    page = admin.get(f"/v1/plans/{plan_id}", headers={"Accept": "text/html"})
    assert page.status_code == 200
    assert "<script>alert(1)" not in page.text
    assert "&lt;script&gt;alert(1)" in page.text
    assert "{{7*7}}" in page.text
    assert admin.get(f"/v1/plans/{plan_id}.pdf").status_code == 200


def test_nothing_came_of_it(served, admin):
    """After all of the above, that is: who was there is there, under the same name."""
    with reading(served.app.state.server.installation.engine) as connection:
        rows = connection.execute(schema.person.select()).all()
        verdict = verify_trail(connection)
    before = dict(served.sample.people[["person_id", "name"]].itertuples(index=False))
    after = {row.person_id: row.name for row in rows if row.person_id in before}
    assert after == before
    assert verdict.broken_at is None
    assert admin.get("/health/ready").status_code == 200
