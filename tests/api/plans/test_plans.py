"""Plans over HTTP: from the draft to what it brought, in the manners of the API."""

from __future__ import annotations

import datetime as dt
import io

import asking
import pypdfium2
import pytest
import sqlalchemy as sa
from paging import items_of
from plan_office import enrol
from serving import ABSENT, EMPLOYEE, MANAGER, OTHER_UNIT, OUTSIDE, UNIT

from recommender.store import reading, schema, writing

PROBLEM = "urn:training-recommender:problem:"
PARTIES = ("employee", "manager", "hr")
EARLIER = "2026-05-01"


def engine_of(served):
    return served.app.state.server.installation.engine


def rows(served, table, **where):
    with reading(engine_of(served)) as connection:
        query = sa.select(table).where(*(table.c[name] == value for name, value in where.items()))
        return connection.execute(query.order_by(*table.primary_key)).mappings().all()


def end_drafts(served, person_id=EMPLOYEE):
    """End the drafts that other tests left: a new one would take their place."""
    with writing(engine_of(served)) as connection:
        plan = schema.plan
        left = plan.update().where(plan.c.person_id == person_id, plan.c.status == "draft")
        connection.execute(left.values(status="cancelled"))


def make(served, role="hr", person_id=EMPLOYEE, **body):
    end_drafts(served, person_id)
    answered = served.client(role).post(f"/v1/people/{person_id}/plans", json=body)
    assert answered.status_code == 201, answered.text
    return answered


def place_of(answered):
    return f"/v1/plans/{answered.json()['plan_id']}"


def change(served, role, place, body=None, *, seen, method="POST", **headers):
    """Send a change of a plan that was seen in an answer."""
    etag = seen if isinstance(seen, str) else seen.headers["etag"]
    client = served.client(role, **headers)
    return client.request(method, place, json=body, headers={"If-Match": etag})


def approve(served, made, *parties):
    seen = made
    for party in parties or PARTIES:
        seen = change(
            served, party, f"{place_of(made)}/approvals", {"decision": "approved"}, seen=seen
        )
        assert seen.status_code == 200, seen.text
    return seen


def check_problem(answered, status, code, pointer=None):
    assert answered.status_code == status, answered.text
    assert answered.headers["content-type"] == "application/problem+json"
    problem = answered.json()
    assert problem["type"] == PROBLEM + code
    if pointer is not None:
        assert [error["pointer"] for error in problem["errors"]] == [pointer]
    return problem


def store_levels(service, competencies, level, *, on):
    """Assess the employee anew."""
    with writing(service.engine) as connection:
        for name in competencies:
            row = {"person_id": EMPLOYEE, "competency_id": name, "level": level}
            connection.execute(
                schema.assessment.insert().values(**row, method="复评", assessed_on=on)
            )


def test_the_whole_life_of_a_plan(served):
    service = served.app.state.server.installation.current(0)
    store_levels(service, service.framework.competency_ids, 1.0, on=dt.date(2026, 4, 15))
    made = make(served, as_of=EARLIER, hours_budget=12.0)
    plan = made.json()
    assert made.headers["location"] == place_of(made)
    assert made.headers["etag"].startswith('"1-')
    assert (plan["status"], plan["version"], plan["awaiting"]) == ("draft", 1, list(PARTIES))
    assert plan["items"]
    assert plan["total_hours"] <= 12.0
    assert plan["total_cost"].count(".") == 1
    approved = approve(served, made)
    assert (approved.json()["status"], approved.json()["awaiting"]) == ("approved", [])
    assert [d["party"] for d in approved.json()["decisions"]] == list(PARTIES)

    refused = change(served, "employee", f"{place_of(made)}/activation", seen=approved)
    check_problem(refused, 403, "plan.not-own")
    active = change(served, "manager", f"{place_of(made)}/activation", seen=approved)
    assert active.json()["status"] == "active"

    completion = f"{place_of(made)}/completion"
    refused = check_problem(
        change(served, "employee", completion, seen=active), 409, "plan.not-complete"
    )
    modules = [item["module_id"] for item in plan["items"]]
    assert ", ".join(modules) in refused["detail"]
    for name in modules:
        enrol(
            service,
            EMPLOYEE,
            name,
            enrolled_on=dt.date(2026, 6, 1),
            completed_on=dt.date(2026, 7, 1),
        )
    served_competencies = {c["competency_id"] for i in plan["items"] for c in i["competencies"]}
    store_levels(service, served_competencies, 3.5, on=dt.date(2026, 10, 31))
    done = change(served, "employee", completion, seen=active)
    assert done.status_code == 200, done.text
    assert done.json()["status"] == "done"
    outcome = {part["competency_id"]: part for part in done.json()["outcome"]}
    assert set(outcome) == served_competencies
    for part in outcome.values():
        assert part["level_after"] == 3.5
        assert part["expected_improvement"] > 0
    history = asking.history(service, as_of=dt.date(2026, 11, 1)).frame
    mine = history[(history["person_id"] == EMPLOYEE) & (history["module_id"].isin(modules))]
    assert set(mine["competency_id"]) == served_competencies

    listed = served.client("employee").get(f"{place_of(made)}/versions").json()
    assert [v["change"] for v in listed["items"]] == [
        "created",
        *["approved"] * 3,
        "activated",
        "done",
    ]


def test_development_activities_from_the_draft_to_what_was_done(served):
    service = served.app.state.server.installation.current(0)
    store_levels(service, service.framework.competency_ids, 1.0, on=dt.date(2026, 4, 16))
    made = make(served, as_of="2026-07-15")
    plan = made.json()
    assert len(plan["activities"]) == 3
    assert {each["done_on"] for each in plan["activities"]} == {None}
    total = len(plan["items"]) + len(plan["activities"])
    assert plan["progress"]["items"] == total
    assert plan["progress"]["percent_of_items"] == 0
    competency = plan["activities"][0]["competency_id"]
    edit = {
        "add_activities": [
            {"kind": "shadowing", "competency_id": competency, "companion": "客户部张老师"}
        ],
        "remove_activities": ["a1"],
    }
    edited = change(served, "employee", place_of(made), edit, seen=made, method="PATCH")
    added = edited.json()["activities"][-1]
    assert (added["kind"], added["companion"], added["by_hand"]) == (
        "shadowing",
        "客户部张老师",
        True,
    )
    assert edited.json()["items"] == plan["items"]
    check_problem(
        change(served, "hr", place_of(made), edit, seen=edited, method="PATCH"),
        422,
        "plan.no-activity",
        "#/remove_activities/0",
    )
    done = f"{place_of(made)}/activities/{added['activity_id']}/completion"
    body = {"done_on": "2026-10-20"}
    check_problem(change(served, "hr", done, body, seen=edited), 409, "plan.cannot-mark")
    approved = approve(served, edited)
    active = change(served, "manager", f"{place_of(made)}/activation", seen=approved)
    check_problem(change(served, "hr", done, {}, seen=active), 422, "request.invalid", "#/done_on")
    check_problem(
        change(served, "hr", done, {"done_on": "2031-01-01"}, seen=active),
        422,
        "plan.activity-done-when",
        "#/done_on",
    )
    sent = [
        change(served, "manager", done, body, seen=active, Idempotency_Key="shadowing-done")
        for _ in range(2)
    ]
    assert [each.json()["version"] for each in sent] == [active.json()["version"] + 1] * 2
    assert sent[0].json()["activities"][-1]["done_on"] == body["done_on"]
    assert sent[0].json()["progress"]["items_done"] == 1
    check_problem(change(served, "manager", done, body, seen=active), 412, "request.stale")


def test_a_change_names_the_version_it_is_of(served):
    made = make(served)
    place, body = place_of(made), {"hours_budget": 60.0}
    client = served.client("hr")
    check_problem(client.patch(place, json=body), 428, "request.if-match-missing")
    # also with a key that another request was sent with: what is missing is told first
    used = {"Idempotency-Key": "used-before"}
    assert client.post(f"{place}/comments", json={"text": "seen"}, headers=used).status_code == 201
    check_problem(client.patch(place, json=body, headers=used), 428, "request.if-match-missing")
    check_problem(
        client.patch(place, json=body, headers={"If-Match": "x"}), 412, "request.if-match"
    )
    edited = change(served, "hr", place, body, seen=made, method="PATCH")
    assert edited.headers["etag"].startswith('"2-')
    check_problem(
        change(served, "hr", place, body, seen=made, method="PATCH"), 412, "request.stale"
    )
    for action in ("activation", "completion", "cancellation"):
        body = {} if action == "cancellation" else None
        answered = change(served, "hr", f"{place}/{action}", body, seen=made)
        check_problem(answered, 412, "request.stale")


def test_approvals_of_others_are_no_obstacle_but_edits_are(served):
    made = make(served)
    approvals = f"{place_of(made)}/approvals"
    for party in ("employee", "manager"):
        answered = change(served, party, approvals, {"decision": "approved"}, seen=made)
        assert answered.status_code == 200
    change(served, "hr", place_of(made), {"hours_budget": 60.0}, seen=answered, method="PATCH")
    answered = change(served, "hr", approvals, {"decision": "approved"}, seen=made)
    check_problem(answered, 412, "request.stale")
    kept = served.client("hr").get(approvals).json()["items"]
    assert [(d["party"], d["version"]) for d in kept] == [("employee", 1), ("manager", 1)]


def test_a_rejection_needs_a_reason(served):
    made = make(served)
    approvals = f"{place_of(made)}/approvals"
    answered = change(served, "manager", approvals, {"decision": "rejected"}, seen=made)
    check_problem(answered, 422, "plan.comment-missing", "#/comment")
    answered = change(
        served, "manager", approvals, {"decision": "rejected", "comment": "太多"}, seen=made
    )
    assert answered.json()["decisions"][0]["comment"] == "太多"
    answered = change(served, "manager", approvals, {"decision": "maybe"}, seen=made)
    check_problem(answered, 422, "request.invalid", "#/decision")


def test_what_was_sent_twice_is_done_once(served):
    end_drafts(served)
    client = served.client("hr", Idempotency_Key="make-one-plan")
    address, body = f"/v1/people/{EMPLOYEE}/plans", {"hours_budget": 20.0}
    first, second = client.post(address, json=body), client.post(address, json=body)
    assert (first.status_code, second.status_code) == (201, 201)
    assert first.json() == second.json()
    assert second.headers["idempotent-replayed"] == "true"
    check_problem(client.post(address, json={}), 409, "request.idempotency-reused")
    approvals = f"{place_of(first)}/approvals"
    sent = [
        change(
            served,
            "hr",
            approvals,
            {"decision": "approved"},
            seen=first,
            Idempotency_Key="approve-it",
        )
        for _ in range(2)
    ]
    assert [answered.json()["version"] for answered in sent] == [2, 2]
    assert len(rows(served, schema.plan_approval, plan_id=first.json()["plan_id"])) == 1


def test_a_plan_that_cannot_be_made_keeps_no_key(served):
    end_drafts(served)
    client = served.client("hr", Idempotency_Key="first-wrong-then-right")
    address = f"/v1/people/{EMPLOYEE}/plans"
    wrong = {"must": ["no-such-module"]}
    check_problem(client.post(address, json=wrong), 404, "module.unknown")
    assert client.post(address, json={}).status_code == 201


# ---- forms ---------------------------------------------------------------------------------------


def read_pdf(content):
    document = pypdfium2.PdfDocument(io.BytesIO(content))
    return "".join(page.get_textpage().get_text_range() for page in document)


def test_a_plan_as_pdf(served):
    made = make(served)
    approve(served, made, "employee")
    client = served.client("manager")
    by_name = client.get(f"{place_of(made)}.pdf")
    by_wish = client.get(place_of(made), headers={"Accept": "application/pdf"})
    for answered in (by_name, by_wish):
        assert answered.status_code == 200
        assert answered.headers["content-type"] == "application/pdf"
        plan_id = made.json()["plan_id"]
        assert answered.headers["content-disposition"] == f'attachment; filename="{plan_id}.pdf"'
    assert by_name.content == by_wish.content
    assert read_pdf(by_name.content).count("Approved in the system") == 1
    again = client.get(f"{place_of(made)}.pdf", headers={"If-None-Match": by_name.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
    chinese = client.get(f"{place_of(made)}.pdf", headers={"Accept-Language": "zh-CN"})
    assert "已在系统中批准" in read_pdf(chinese.content)
    # the version before the approval
    first = client.get(f"{place_of(made)}/versions/1", headers={"Accept": "application/pdf"})
    assert "Approved in the system" not in read_pdf(first.content)


def test_the_form_that_is_liked_best(served, subtests):
    for accept, media in [
        (None, "application/json"),
        ("*/*", "application/json"),
        ("application/json", "application/json"),
        ("application/*;q=0.5, text/html;q=0.4", "application/json"),
        ("image/png", "application/json"),
        ("text/html", "text/html; charset=utf-8"),
        (
            "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8",
            "text/html; charset=utf-8",
        ),
        ("application/json;q=0.3, application/pdf;q=0.7", "application/pdf"),
        ("application/pdf;q=nonsense, text/html;q=0.1", "text/html; charset=utf-8"),
        ("application/pdf;q=0", "application/json"),
    ]:
        with subtests.test(accept=accept, media=media):
            place = place_of(make(served))
            client = served.client("hr")
            headers = {} if accept is None else {"Accept": accept}
            for address in (place, f"{place}/versions/1"):
                assert client.get(address, headers=headers).headers["content-type"] == media


def test_the_page_brings_its_style_and_nothing_else(served):
    answered = served.client("hr").get(place_of(make(served)), headers={"Accept": "text/html"})
    policy = answered.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "script" not in policy
    assert answered.text.startswith("<!DOCTYPE html>")


def test_a_plan_speaks_the_language_of_the_reader(served):
    made = make(served)
    english = made.json()["items"][0]["reasons"]
    chinese = served.client("hr", Accept_Language="zh-CN").get(place_of(made))
    assert chinese.headers["content-language"] == "zh-CN"
    assert english != chinese.json()["items"][0]["reasons"]
    assert "差距" in chinese.json()["items"][0]["reasons"][0]


def test_only_some_fields(served):
    place = place_of(make(served))
    client = served.client("hr")
    found = client.get(f"{place}?fields=status,version")
    assert found.json() == {"status": "draft", "version": 1}
    check_problem(client.get(f"{place}?fields=secret"), 422, "request.unknown-field")


# ---- lists ---------------------------------------------------------------------------------------


def pages(client, address, **query):
    """Read a list two items at a time."""
    return items_of(client, address, limit=2, **query)


def test_lists_come_in_pages_newest_first(served):
    made = [make(served).json()["plan_id"] for _ in range(3)]
    for address in (f"/v1/people/{EMPLOYEE}/plans", "/v1/plans"):
        found = pages(served.client("employee"), address)
        ids = [plan["plan_id"] for plan in found]
        assert ids[:3] == made[::-1]
        assert len(set(ids)) == len(ids)
        assert {plan["person_id"] for plan in found} == {EMPLOYEE}
        times = [plan["created_at"] for plan in found]
        assert times == sorted(times, reverse=True)
    client = served.client("admin")
    outside = make(served, "admin", OUTSIDE).json()["plan_id"]
    assert client.get("/v1/plans?limit=1").json()["items"][0]["plan_id"] == outside
    for query, there in (
        ({"org_unit": OTHER_UNIT}, True),
        ({"org_unit": UNIT}, False),
        ({"person_id": OUTSIDE}, True),
        ({"person_id": EMPLOYEE}, False),
        ({"status": "draft"}, True),
        ({"status": "done"}, False),
    ):
        ids = [plan["plan_id"] for plan in pages(client, "/v1/plans", **query)]
        assert (outside in ids) == there, query


def test_what_is_no_cursor(served, subtests):
    for cursor in [
        "x",
        "WyJ5ZXN0ZXJkYXkiLCJwIl0",
        "WzEsMl0",
        "WyIwMDAxLTAxLTAxVDAwOjAwOjAwKzIzOjAwIiwicCJd",
    ]:
        with subtests.test(cursor=cursor):
            answered = served.client("hr").get(f"/v1/plans?cursor={cursor}")
            check_problem(answered, 422, "request.cursor", "query:cursor")


def test_versions_approvals_and_comments_in_pages(served):
    made = make(served)
    place = place_of(made)
    approve(served, made)
    comments = [
        served.client(party).post(f"{place}/comments", json={"text": f"{party}\n说"})
        for party in PARTIES
    ]
    assert [c.status_code for c in comments] == [201] * 3
    client = served.client("employee")
    assert [c["party"] for c in pages(client, f"{place}/comments")] == list(PARTIES)
    assert pages(client, f"{place}/comments")[0]["text"] == "employee\n说"
    assert [d["party"] for d in pages(client, f"{place}/approvals")] == list(PARTIES)
    found = pages(client, f"{place}/versions")
    assert [v["version"] for v in found] == [1, 2, 3, 4]
    assert found[0]["added"] == [item["module_id"] for item in made.json()["items"]]
    assert client.get(place).headers["etag"].startswith('"4-')


# ---- edits ---------------------------------------------------------------------------------------


def test_an_edit_says_what_changes(served):
    made = make(served, hours_budget=30.0, cost_budget="20000.00")
    place = place_of(made)
    last = made.json()["items"][-1]["module_id"]
    edited = change(
        served,
        "hr",
        place,
        {"remove": [last], "hours_budget": None, "note": "少一项"},
        seen=made,
        method="PATCH",
    )
    plan = edited.json()
    assert last not in [item["module_id"] for item in plan["items"]]
    # null takes the bound away, and what is left out stays
    assert (plan["hours_budget"], plan["cost_budget"], plan["note"]) == (None, "20000.00", "少一项")
    moved = change(
        served,
        "hr",
        place,
        {
            "cost_budget": None,
            "items": [{"module_id": plan["items"][-1]["module_id"], "starts_on": "2027-06-01"}],
        },
        seen=edited,
        method="PATCH",
    ).json()
    assert (moved["cost_budget"], moved["hours_budget"]) == (None, None)
    assert (moved["items"][-1]["starts_on"], moved["items"][-1]["fixed"]) == ("2027-06-01", True)


def test_edits_that_cannot_be(served, subtests):
    for body, code, pointer in [
        ({}, "plan.nothing-to-change", None),
        ({"add": ["no-such-module"]}, "module.unknown", "#/add/0"),
        ({"remove": "all"}, "request.invalid", "#/remove"),
        ({"hours_budget": "40"}, "request.invalid", "#/hours_budget"),
        ({"hours_budget": True}, "request.invalid", "#/hours_budget"),
        ({"cost_budget": -1}, "request.invalid", "#/cost_budget"),
        ({"status": "approved"}, "request.invalid", "#/status"),
        (
            {"items": [{"module_id": "x", "starts_on": "tomorrow"}]},
            "request.invalid",
            "#/items/0/starts_on",
        ),
    ]:
        with subtests.test(body=body, code=code, pointer=pointer):
            made = make(served)
            answered = change(served, "hr", place_of(made), body, seen=made, method="PATCH")
            check_problem(answered, 422, code, pointer)
            assert served.client("hr").get(place_of(made)).json()["version"] == 1


def test_the_budgets_of_a_new_plan(served):
    default = served.app.state.server.installation.current(0).framework.catalog.settings
    assert make(served).json()["hours_budget"] == default.plan_hours_budget
    assert make(served, hours_budget=None).json()["hours_budget"] is None
    tight = make(served, hours_budget=8.0, cost_budget="0.00").json()
    assert tight["cost_budget"] == tight["total_cost"] == "0.00"


# ---- who may what --------------------------------------------------------------------------------

READS = ("", ".pdf", "/versions", "/versions/1", "/approvals", "/comments")
CHANGES = {
    "/approvals": {"decision": "approved"},
    "/activation": None,
    "/completion": None,
    "/cancellation": {},
    "/comments": {"text": "好"},
}


def without_id(answered, plan_id):
    problem = answered.json()
    del problem["request_id"]
    return {name: str(value).replace(plan_id, "…") for name, value in problem.items()}


@pytest.mark.parametrize("role", PARTIES)
def test_a_plan_outside_looks_like_none(served, role):
    outside = make(served, "admin", OUTSIDE).json()["plan_id"]
    said = set()
    for plan_id in (outside, "plan-000000000000"):
        place = f"/v1/plans/{plan_id}"
        client = served.client(role, If_Match='"1"')
        answers = [
            *(client.get(f"{place}{read}") for read in READS),
            *(client.post(f"{place}{name}", json=body) for name, body in CHANGES.items()),
            client.patch(place, json={"hours_budget": 1.0}),
        ]
        for answered in answers:
            check_problem(answered, 404, "plan.unknown")
            said.add(str(without_id(answered, plan_id)))
    assert len(said) == 1
    assert served.client("admin").get(f"/v1/plans/{outside}").json()["version"] == 1


@pytest.mark.parametrize("role", PARTIES)
def test_people_outside_look_like_none(served, role):
    client = served.client(role)
    for person_id in (OUTSIDE, ABSENT):
        for answered in (
            client.get(f"/v1/people/{person_id}/plans"),
            client.get(f"/v1/plans?person_id={person_id}"),
            client.post(f"/v1/people/{person_id}/plans", json={}),
            client.post("/v1/simulations", json={"person_id": person_id}),
        ):
            check_problem(answered, 404, "person.unknown")


def test_analysts_see_no_plans(served):
    place = place_of(make(served))
    client = served.client("analyst", If_Match='"1"')
    answers = [
        *(client.get(f"{place}{read}") for read in READS),
        *(client.post(f"{place}{name}", json=body) for name, body in CHANGES.items()),
        client.patch(place, json={"hours_budget": 1.0}),
        client.get("/v1/plans"),
        client.post(f"/v1/people/{EMPLOYEE}/plans", json={}),
        client.post("/v1/simulations", json={"person_id": EMPLOYEE}),
    ]
    for answered in answers:
        check_problem(answered, 403, "access.forbidden")


def test_employees_change_drafts_only(served):
    made = make(served, "employee")
    edited = change(
        served, "employee", place_of(made), {"hours_budget": 60.0}, seen=made, method="PATCH"
    )
    assert edited.json()["party"] == "employee"
    approved = approve(served, edited)
    place = place_of(made)
    refused = change(
        served, "employee", place, {"hours_budget": 50.0}, seen=approved, method="PATCH"
    )
    check_problem(refused, 409, "plan.cannot-edit")
    refused = change(served, "employee", f"{place}/cancellation", {}, seen=approved)
    check_problem(refused, 409, "plan.cannot-cancel")


def test_a_manager_decides_on_the_own_plan_as_employee(served):
    made = make(served, "manager", MANAGER)
    assert made.json()["party"] == "employee"
    answered = change(
        served, "manager", f"{place_of(made)}/approvals", {"decision": "approved"}, seen=made
    )
    assert [d["party"] for d in answered.json()["decisions"]] == ["employee"]


def test_what_is_done_is_in_the_trail_without_personal_data(served):
    made = make(served)
    change(
        served,
        "manager",
        f"{place_of(made)}/approvals",
        {"decision": "rejected", "comment": "悄悄话"},
        seen=made,
    )
    served.client("hr").get(f"{place_of(made)}.pdf")
    trail = rows(served, schema.audit_entry)[-3:]
    (person,) = rows(served, schema.person, person_id=EMPLOYEE)
    plan_id = made.json()["plan_id"]
    assert [(e["action"], e["resource"]) for e in trail] == [
        ("create_plan", "/v1/people/{person_id}/plans"),
        ("decide_on_plan", f"/v1/plans/{plan_id}/approvals"),
        ("print_plan", f"/v1/plans/{plan_id}.pdf"),
    ]
    assert [e["subjects"] for e in trail] == [[person["ref"]]] * 3
    assert trail[1]["details"] == {"change": "rejected", "status": "draft", "version": 2}
    for entry in trail:
        text = str(dict(entry))
        assert EMPLOYEE not in text
        assert person["name"] not in text
        assert "悄悄话" not in text


# ---- what if -------------------------------------------------------------------------------------


def test_what_if_keeps_nothing(served):
    before = {
        table: len(rows(served, table))
        for table in (schema.plan, schema.plan_version, schema.shown)
    }
    client = served.client("employee")
    own = client.post("/v1/simulations", json={"person_id": EMPLOYEE})
    assert own.status_code == 200, own.text
    (grade,) = {row["grade"] for row in rows(served, schema.person, person_id=EMPLOYEE)}
    assert own.json()["gaps"]["grade"] == grade
    assert "plan_id" not in own.json()["plan"]
    other = client.post(
        "/v1/simulations", json={"person_id": EMPLOYEE, "target_grade": "g4"}
    ).json()
    assert (other["gaps"]["grade"], other["gaps"]["target_grade"]) == (grade, "g4")
    assert other["plan"]["target_grade"] == "g4"
    assert other["gaps"]["headline"]
    assert sum(gap["target"] for gap in other["gaps"]["competencies"]) > sum(
        gap["target"] for gap in own.json()["gaps"]["competencies"]
    )
    first = own.json()["plan"]["items"][0]["module_id"]
    without = client.post(
        "/v1/simulations", json={"person_id": EMPLOYEE, "without": [first]}
    ).json()
    assert first not in [item["module_id"] for item in without["plan"]["items"]]
    assert {table: len(rows(served, table)) for table in before} == before


def test_what_if_that_cannot_be(served, subtests):
    for body, status, code in [
        ({"target_grade": "g9"}, 422, "target-grade.unknown"),
        ({"grade": "g3"}, 422, "request.invalid"),
        ({"path": "no-such-path"}, 404, "path.unknown"),
        ({"without": ["no-such-module"]}, 404, "module.unknown"),
        ({"must": ["x"], "hours": 3}, 422, "request.invalid"),
        ({"as_of": "1969-12-31"}, 422, "request.invalid"),
        ({"as_of": "1970-01-01"}, 422, "profile.not-in-force"),
        ({"modalities": []}, 422, "request.invalid"),
    ]:
        with subtests.test(body=body, status=status, code=code):
            answered = served.client("employee").post(
                "/v1/simulations", json={"person_id": EMPLOYEE, **body}
            )
            check_problem(answered, status, code)
