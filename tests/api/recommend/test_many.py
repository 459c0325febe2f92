"""Recommendations for many people: those of each one, found at once."""

import pytest
from serving import ABSENT, COLLEAGUE, EMPLOYEE, MANAGER, OTHER_UNIT, OUTSIDE, UNIT
from sqlalchemy import func, select

from api.routes.recommend import many
from recommender.store import reading, schema

SECTION = f"{UNIT}/政企客户部/党政客户部"
REPORTS = ["00002", "00003", "00015", "00021", "00025"]


def ask(client, **body):
    return client.post("/v1/recommendation-batches", json=body)


def people(answered):
    return [item["person_id"] for item in answered.json()["items"]]


def shown(served):
    """Return how many rankings were noted as shown."""
    with reading(served.app.state.server.installation.engine) as connection:
        return connection.scalar(select(func.count()).select_from(schema.shown))


def test_each_gets_what_it_would_get_alone(served, subtests):
    for body in [
        {},
        {"top": 3, "objective": "per_hour"},
        {"top": 500, "hours": 12, "budget": "800.00"},
        {"objective": "per_cost", "modality": ["online", "coaching"]},
        {"as_of": "2026-03-01"},
    ]:
        with subtests.test(body=body):
            hr = served.client("hr")
            wanted = ["00001", EMPLOYEE, "00018"]
            answered = ask(hr, person_ids=wanted, **body)
            assert answered.status_code == 200
            alone = [
                hr.get(f"/v1/people/{name}/recommendations", params=body).json() for name in wanted
            ]
            assert answered.json() == {"items": alone, "not_found": [], "next": None}


def test_absent_and_forbidden_are_the_same(served):
    answered = ask(served.client("hr"), person_ids=[OUTSIDE, EMPLOYEE, ABSENT, EMPLOYEE, "00001"])
    assert people(answered) == ["00001", EMPLOYEE]
    assert answered.json()["not_found"] == [OUTSIDE, ABSENT]
    nobody = ask(served.client("hr"), person_ids=[ABSENT])
    assert nobody.json() == {"items": [], "not_found": [ABSENT], "next": None}


@pytest.mark.parametrize(
    ("role", "seen"),
    [
        ("employee", [EMPLOYEE]),
        ("manager", sorted([MANAGER, *REPORTS])),
        ("hr", ["00001", EMPLOYEE, COLLEAGUE, MANAGER]),
    ],
)
def test_without_ids_everybody_within_the_scope(served, role, seen):
    answered = ask(served.client(role), top=1)
    assert answered.json()["not_found"] == []
    assert set(people(answered)) >= set(seen)
    assert OUTSIDE not in people(answered)
    if role != "hr":
        assert people(answered) == seen
    for whom in ([OUTSIDE], [ABSENT]):
        assert people(ask(served.client(role), person_ids=whom)) == []


def test_an_analyst_may_not(served):
    for body in ({}, {"person_ids": [EMPLOYEE]}, {"org_unit": "nowhere"}):
        assert ask(served.client("analyst"), **body).status_code == 403


def test_of_a_unit(served):
    rows = served.sample.people
    expected = sorted(rows["person_id"][rows["org_unit"].str.startswith(UNIT)])
    assert people(ask(served.client("hr"), org_unit=UNIT, top=1)) == expected
    assert people(ask(served.client("manager"), org_unit=SECTION, top=1)) == sorted(
        [MANAGER, *REPORTS]
    )
    both = ask(served.client("hr"), org_unit=SECTION, person_ids=[EMPLOYEE, "00001"], top=1)
    assert (people(both), both.json()["not_found"]) == ([EMPLOYEE], ["00001"])


def test_a_unit_outside_looks_like_none(served):
    said = []
    for unit in (OTHER_UNIT, "北区"):
        refused = ask(served.client("hr"), org_unit=unit)
        assert refused.status_code == 404
        problem = refused.json()
        del problem["request_id"]
        said.append(str(problem).replace(unit, "…"))
    assert said[0] == said[1]


def test_many_in_parts(served, monkeypatch):
    monkeypatch.setattr(many, "PEOPLE_AT_ONCE", 4)
    hr, found, cursor = served.client("hr"), [], None
    while True:
        answered = ask(hr, org_unit=UNIT, top=1, cursor=cursor)
        assert len(people(answered)) <= 4
        found += people(answered)
        cursor = answered.json()["next"]
        if cursor is None:
            break
    rows = served.sample.people
    assert found == sorted(rows["person_id"][rows["org_unit"].str.startswith(UNIT)])


def test_what_is_no_question(served, subtests):
    for body, pointer in [
        ({"person_ids": []}, "#/person_ids"),
        ({"person_ids": ["1"] * 201}, "#/person_ids"),
        ({"person_ids": "00002"}, "#/person_ids"),
        ({"top": 0}, "#/top"),
        ({"top": "3"}, "#/top"),
        ({"modality": []}, "#/modality"),
        ({"budget": 100}, "#/budget"),
        ({"people": ["00002"]}, "#/people"),
        ({"cursor": "x"}, "query:cursor"),
    ]:
        with subtests.test(body=body, pointer=pointer):
            refused = ask(served.client("hr"), **body)
            assert refused.status_code == 422
            assert refused.json()["errors"][0]["pointer"] == pointer


def test_what_was_shown_is_kept_once(served):
    hr, before = served.client("hr", Idempotency_Key="ask-for-many"), shown(served)
    first = ask(hr, person_ids=[EMPLOYEE, COLLEAGUE], top=3)
    assert len(first.json()["items"]) == 2
    assert shown(served) == before + 2
    again = ask(hr, person_ids=[EMPLOYEE, COLLEAGUE], top=3)
    assert again.headers["idempotent-replayed"] == "true"
    assert again.json() == first.json()
    assert shown(served) == before + 2


def test_everybody_asked_about_is_in_the_trail(served):
    answered = ask(served.client("hr"), person_ids=[EMPLOYEE, COLLEAGUE, OUTSIDE], top=1)
    entry, person = schema.audit_entry, schema.person
    with reading(served.app.state.server.installation.engine) as connection:
        entries = connection.execute(
            select(entry.c.subjects, entry.c.details).where(
                entry.c.request_id == answered.headers["x-request-id"]
            )
        ).all()
        refs = set(
            connection.scalars(
                select(person.c.ref).where(person.c.person_id.in_([EMPLOYEE, COLLEAGUE]))
            )
        )
    ((subjects, details),) = entries
    assert (set(subjects), details) == (refs, {"people": 2})
