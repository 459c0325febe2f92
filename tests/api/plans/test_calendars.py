"""Dates of plans in calendar programs: a file of one plan, and a link that needs no key."""

from __future__ import annotations

import datetime as dt

import pytest
import sqlalchemy as sa
from icalendar import Calendar
from serving import COLLEAGUE, EMPLOYEE

from recommender.store import reading, schema, writing


def plan_of(served, person_id):
    """Return the id of a new plan of a person, who has no other."""
    with writing(served.app.state.server.installation.engine) as connection:
        plan = schema.plan
        connection.execute(
            plan.update().where(plan.c.person_id == person_id).values(status="cancelled")
        )
    made = served.client("hr").post(f"/v1/people/{person_id}/plans", json={"hours_budget": 40.0})
    assert made.status_code == 201, made.text
    return made.json()["plan_id"]


def events(answer):
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"].startswith("text/calendar")
    found = Calendar.from_ical(answer.content).walk("VEVENT")
    return {str(event["uid"]): event for event in found}


def change(served, plan_id, path, body):
    place = f"/v1/plans/{plan_id}"
    seen = served.client("hr").get(place).headers["ETag"]
    answer = served.client("hr").post(f"{place}{path}", json=body, headers={"If-Match": seen})
    assert answer.is_success, answer.text


def agree(served, plan_id):
    for party in ("employee", "manager", "hr"):
        place = f"/v1/plans/{plan_id}"
        seen = {"If-Match": served.client(party).get(place).headers["ETag"]}
        given = {"decision": "approved"}
        answer = served.client(party).post(f"{place}/approvals", json=given, headers=seen)
        assert answer.is_success, answer.text


def test_dates_of_a_plan_keep_their_ids_and_count_its_changes(served):
    plan_id = plan_of(served, EMPLOYEE)
    path = f"/v1/plans/{plan_id}/plan.ics"
    plan = served.client("hr").get(f"/v1/plans/{plan_id}").json()
    first = events(served.client("employee").get(path))
    reviewed = {item["module_id"] for item in plan["items"] if item["review_on"]}
    dated = {item["module_id"]: item for item in plan["items"] if item["starts_on"]}
    for module_id, item in dated.items():
        event = first[f"{plan_id}.{module_id}@training-recommender"]
        # whole days, and the end of one is the day after
        assert event.decoded("dtstart") == dt.date.fromisoformat(item["starts_on"])
        end = dt.date.fromisoformat(item["ends_on"]) + dt.timedelta(days=1)
        assert event.decoded("dtend") == end
    assert {f"{plan_id}.{name}.review@training-recommender" for name in reviewed} < set(first)
    assert f"{plan_id}.review@training-recommender" in first
    assert {str(event["status"]) for event in first.values()} == {"TENTATIVE"}
    # somebody else reads whose date it is
    name = served.client("hr").get(f"/v1/people/{EMPLOYEE}").json()["name"]
    assert all(name not in str(event["summary"]) for event in first.values())
    others = events(served.client("hr").get(path)).values()
    assert all(str(event["summary"]).startswith(name) for event in others)
    change(served, plan_id, "/cancellation", {"note": "另有安排"})
    ended = events(served.client("employee").get(path))
    assert ended.keys() == first.keys()
    for uid, event in ended.items():
        assert event["sequence"] > first[uid]["sequence"]
        assert event["status"] == "CANCELLED"


def test_a_link_shows_what_is_agreed_until_it_is_revoked(served):
    plan_id = plan_of(served, EMPLOYEE)
    client, stranger = served.client("employee"), served.client(None)
    made = client.post("/v1/calendar-link")
    assert made.status_code == 201, made.text
    link = made.json()["path"]
    # a draft is nobody's appointment yet
    assert events(stranger.get(link)) == {}
    agree(served, plan_id)
    shown = events(stranger.get(link))
    assert shown
    assert {str(event["status"]) for event in shown.values()} == {"CONFIRMED"}
    assert all(uid.startswith(plan_id) for uid in shown)
    # whoever knows the link reads dates and nothing else
    token = link.removeprefix("/calendar/").removesuffix(".ics")
    bearer = {"Authorization": f"Bearer {token}"}
    assert stranger.get("/v1/me", headers=bearer).status_code == 401
    # only the hash is stored, and the trail says who read, not under which address
    with reading(served.app.state.server.installation.engine) as connection:
        entries = connection.execute(
            sa.select(schema.audit_entry).where(schema.audit_entry.c.action == "follow_calendar")
        ).all()
        stored = connection.scalars(sa.select(schema.calendar_link.c.token_sha256)).all()
    assert entries[-1].subjects
    assert entries[-1].actor.startswith("calendar:")
    assert token not in str(entries)
    assert token not in str(stored)
    # another one takes its place, and that one is revoked
    second = client.post("/v1/calendar-link").json()["path"]
    assert client.get("/v1/calendar-link").json()["created_at"]
    assert client.delete("/v1/calendar-link").status_code == 204
    assert client.get("/v1/calendar-link").json() == {"created_at": None}
    unknown = said(stranger.get("/calendar/" + "x" * 43 + ".ics"))
    assert said(stranger.get(link)) == said(stranger.get(second)) == unknown
    assert said(stranger.get("/calendar/nothing/there")) == unknown


def test_a_link_of_somebody_who_has_left_is_unknown(served):
    link = served.client("employee").post("/v1/calendar-link").json()["path"]
    person = schema.person
    me = person.update().where(person.c.person_id == EMPLOYEE)
    engine = served.app.state.server.installation.engine
    with writing(engine) as connection:
        connection.execute(me.values(left_on=dt.date(2020, 1, 1)))
    try:
        assert served.client(None).get(link).status_code == 404
    finally:
        with writing(engine) as connection:
            connection.execute(me.values(left_on=None))


@pytest.mark.parametrize("role", ["hr", "admin"])
def test_there_is_no_link_of_nobody(served, role):
    answer = served.client(role).post("/v1/calendar-link")
    assert answer.status_code == 409
    assert answer.json()["type"].endswith("calendar.no-person")


def test_another_ones_plan_has_no_file(served):
    plan_id = plan_of(served, COLLEAGUE)
    assert served.client("employee").get(f"/v1/plans/{plan_id}/plan.ics").status_code == 404


def said(answer):
    """Return all that tells one refusal from another."""
    problem = answer.json()
    del problem["request_id"]
    return answer.status_code, problem, answer.headers["content-type"]
