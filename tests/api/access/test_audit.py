"""The audit trail over HTTP."""

import pytest
from serving import COLLEAGUE, EMPLOYEE
from sqlalchemy import select

from recommender.store import reading, schema, writing

PROBLEM = "urn:training-recommender:problem:"


@pytest.fixture(scope="module")
def served(served_on_both):
    """On both databases: the chain of the audit trail is kept by the database."""
    return served_on_both


def entries(served, query=""):
    answered = served.client("admin").get(f"/v1/audit?limit=200&{query}")
    assert answered.status_code == 200, answered.json()
    return answered.json()["items"]


@pytest.fixture(scope="module")
def looked_at(served):
    """The served organisation after a manager looked at two people, and at one of them twice."""
    manager = served.client("manager")
    for person_id in (EMPLOYEE, COLLEAGUE, EMPLOYEE):
        assert manager.get(f"/v1/people/{person_id}/gaps").status_code == 200
    return served


def test_who_looked_at_whom(looked_at):
    found = entries(looked_at, "action=read_gaps")
    assert [entry["subjects"] for entry in found] == [[EMPLOYEE], [COLLEAGUE], [EMPLOYEE]]
    assert {entry["role"] for entry in found} == {"manager"}
    assert {entry["resource"] for entry in found} == {"/v1/people/{person_id}/gaps"}
    about = entries(looked_at, f"action=read_gaps&person_id={COLLEAGUE}")
    assert [entry["subjects"] for entry in about] == [[COLLEAGUE]]
    actor = found[0]["actor"]
    assert len(entries(looked_at, f"action=read_gaps&actor={actor}")) == 3
    assert entries(looked_at, "actor=key:none") == []


def test_by_time(looked_at):
    found = entries(looked_at)
    at = found[3]["at"]
    assert entries(looked_at, f"until={at}") == found[:3]
    assert entries(looked_at, f"since={at}")[: len(found) - 3] == found[3:]
    assert entries(looked_at, "since=9999-12-31T23:59:59-23:59") == []
    assert entries(looked_at, "until=0001-01-01T00:00:00%2B23:59") == []


def test_page_by_page(looked_at):
    admin = looked_at.client("admin")
    found, cursor = [], None
    for _ in range(4):
        query = f"limit=2&fields=seq{f'&cursor={cursor}' if cursor else ''}"
        page = admin.get(f"/v1/audit?{query}").json()
        found += [entry["seq"] for entry in page["items"]]
        cursor = page["next"]
    assert found == list(range(1, 9))


def test_reading_the_trail_about_people_is_in_the_trail(looked_at):
    looked_at.client("admin").get(f"/v1/audit?person_id={EMPLOYEE}&limit=1")
    latest = entries(looked_at, "action=list_audit_entries")[-1]
    assert EMPLOYEE in latest["subjects"]


def test_questions_that_are_none(served, subtests):
    for query, status, code in [
        ("since=yesterday", 422, "request.invalid"),
        ("since=0", 422, "request.invalid"),
        ("since=2026-01-01", 422, "request.invalid"),
        ("since=2026-01-01T00:00:00", 422, "request.invalid"),
        ("until=2026-13-01T00:00:00Z", 422, "request.invalid"),
        ("cursor=abc", 422, "request.cursor"),
        ("limit=0", 422, "request.invalid"),
        ("person_id=nobody", 404, "person.unknown"),
        ("fields=secret", 422, "request.unknown-field"),
    ]:
        with subtests.test(query=query, status=status, code=code):
            answered = served.client("admin").get(f"/v1/audit?{query}")
            assert (answered.status_code, answered.json()["type"]) == (status, PROBLEM + code)


def test_a_trail_that_was_changed_is_told_apart(looked_at):
    admin = looked_at.client("admin")
    noted = admin.get("/v1/audit/verification").json()
    assert noted["broken_at"] is None
    looked_at.client("manager").get(f"/v1/people/{EMPLOYEE}/gaps")
    later = admin.get(f"/v1/audit/verification?head={noted['head']}").json()
    assert later["broken_at"] is None
    assert later["entries"] > noted["entries"]
    unknown = admin.get(f"/v1/audit/verification?head={'0' * 63}1").json()
    assert unknown["broken_at"] == unknown["entries"] + 1
    assert admin.get("/v1/audit/verification?head=x").status_code == 422
    entry = schema.audit_entry
    engine = looked_at.app.state.server.installation.engine
    with reading(engine) as connection:
        actor = connection.scalar(select(entry.c.actor).where(entry.c.seq == 3))
    for name, broken_at in (("key:none", 3), (actor, None)):
        with writing(engine) as connection:
            connection.execute(entry.update().where(entry.c.seq == 3).values(actor=name))
        assert admin.get("/v1/audit/verification").json()["broken_at"] == broken_at
