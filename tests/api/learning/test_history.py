"""The improvement history: records within the scope or by pseudonyms, and what they add up to."""

import datetime as dt

import pandas as pd
import pytest
from paging import items_of
from serving import EMPLOYEE, UNIT
from sqlalchemy import select

from recommender.service.people.imports import store_frame
from recommender.store import reading, schema, writing
from recommender.store.imports.batches import add_batch
from recommender.table_kinds import KINDS

COMPETENCY, MODULE = "job-skills", "account-handover-visit-coaching"


def records(client, **query):
    return items_of(client, "/v1/improvement-records", **({"limit": 200} | query))


def statistics(client, **query):
    return items_of(client, "/v1/improvement-statistics", **({"limit": 200} | query))


def store(served, rows):
    """Store improvement records as their import does."""
    columns = [column.name for column in KINDS["records"].columns]
    frame = pd.DataFrame(rows, columns=columns).astype(object)
    frame = frame.astype({"level_before": float, "level_after": float})
    with writing(served.app.state.server.installation.engine) as connection:
        written = store_frame(connection, KINDS["records"], frame)
        add_batch(
            connection,
            written,
            kind="records",
            file_name="x",
            sha256="0" * 64,
            actor="tests",
            org_unit=None,
            new_units=[],
        )


def record(person, module, competency, gain, *, day=1):
    return {
        "person_id": person,
        "competency_id": competency,
        "module_id": module,
        "level_before": 1.0,
        "level_after": 1.0 + gain,
        "before_on": dt.date(2025, 1, day),
        "after_on": dt.date(2025, 7, day),
        "completed_on": dt.date(2025, 3, day),
        "org_unit": f"{UNIT}/政企客户部",
    }


# -- records --


def test_every_record_is_listed_once(served):
    admin = served.client("admin")
    whole = records(admin)
    assert len(whole) > 20
    assert records(admin, limit=7) == whole
    parts = ("person_id", "competency_id", "before_on", "after_on", "module_id")
    keys = [tuple(r[name] or "" for name in parts) for r in whole]
    assert keys == sorted(set(keys))
    assert {r["pseudonym"] for r in whole} == {None}
    for r in whole:
        assert r["before_on"] < r["after_on"]
        assert (r["module_id"] is None) == (r["shared"] == 0)


def test_filters(served):
    admin = served.client("admin")
    whole = records(admin)
    competency = whole[0]["competency_id"]
    modules = {r["module_id"] for r in whole} - {None}
    assert records(admin, competency_id=competency) == [
        r for r in whole if r["competency_id"] == competency
    ]
    for name in sorted(modules)[:2]:
        found = records(admin, module_id=name, limit=1)
        assert found == [r for r in whole if r["module_id"] == name] != []
    assert records(admin, module_id="no-such-module") == []


def test_an_analyst_sees_everybody_by_pseudonyms_that_stay(served):
    whole, seen = records(served.client("admin")), records(served.client("analyst"))
    assert records(served.client("analyst"), limit=7) == seen
    assert {r["person_id"] for r in seen} == {None}
    names = {r["pseudonym"] for r in seen}
    assert len(names) == len({r["person_id"] for r in whole})
    assert not names & {r["person_id"] for r in whole}
    assert all("/" not in (r["org_unit"] or "") for r in seen)
    what = ("competency_id", "level_before", "level_after")

    def figures(rows):
        return sorted(tuple(r[name] for name in what) for r in rows)

    assert figures(seen) == figures(whole)
    by_person = {}
    for r in seen:
        by_person.setdefault(r["pseudonym"], []).append(r)
    groups = {}
    for r in whole:
        groups.setdefault(r["person_id"], []).append(r)
    assert sorted(map(figures, by_person.values())) == sorted(map(figures, groups.values()))


def test_an_analysts_days_are_shifted_alike(served):
    whole, seen = records(served.client("admin")), records(served.client("analyst"))

    def span(r):
        days = [dt.date.fromisoformat(r[name]) for name in ("before_on", "after_on")]
        return (days[1] - days[0]).days

    assert sorted(map(span, whole)) == sorted(map(span, seen))
    assert max(r["after_on"] for r in seen) <= max(r["after_on"] for r in whole)
    assert sorted(r["after_on"] for r in seen) != sorted(r["after_on"] for r in whole)


def test_a_change_is_seen_at_once(served):
    hr, admin, analyst = (served.client(role) for role in ("hr", "admin", "analyst"))
    before = records(admin, competency_id="coordination")
    names = {r["pseudonym"] for r in records(analyst)}
    rows = [
        {
            "competency_id": "coordination",
            "level": level,
            "method": "评审",
            "assessed_on": day,
        }
        for level, day in ((1.0, "2020-01-10"), (1.5, "2020-06-10"))
    ]
    path = f"/v1/people/{EMPLOYEE}/assessments"
    assert hr.post(path, json={"items": rows}).status_code == 201
    found = [r for r in records(admin, competency_id="coordination") if r not in before]
    assert {(r["person_id"], r["level_before"]) for r in found} >= {(EMPLOYEE, 1.0)}
    assert names <= {r["pseudonym"] for r in records(analyst)}
    store(served, [record("gone-01", MODULE, "customer-relationship", 0.5)])
    assert "gone-01" in {r["person_id"] for r in records(admin)}
    assert "gone-01" not in {r["person_id"] for r in records(hr)}


def test_whose_records_were_read_is_in_the_trail(served):
    def read_by(role):
        answered = served.client(role).get("/v1/improvement-records?limit=9")
        request = answered.headers["x-request-id"]
        entry = schema.audit_entry.c
        with reading(served.app.state.server.installation.engine) as connection:
            subjects = connection.scalars(
                select(entry.subjects).where(entry.request_id == request)
            ).all()
        return answered.json()["items"], subjects

    items, (subjects,) = read_by("hr")
    person = schema.person.c
    seen = {item["person_id"] for item in items}
    with reading(served.app.state.server.installation.engine) as connection:
        refs = connection.scalars(select(person.ref).where(person.person_id.in_(seen))).all()
    assert sorted(subjects) == sorted(refs)
    assert read_by("analyst")[1] == []


# -- statistics --


@pytest.fixture(scope="module")
def pairs(served):
    """Two modules and a competency of each: one with records of five people, one of four."""
    items = served.client("admin").get("/v1/modules?limit=50").json()["items"]
    chosen = [(item["id"], item["competencies"][0]["id"]) for item in items][-2:]
    store(
        served,
        [
            record(f"old-{n}", name, competency, 0.1 * n, day=n)
            for (name, competency), people in zip(chosen, (5, 4), strict=True)
            for n in range(1, people + 1)
        ]
        # one of the four twice: five records are not five people
        + [record("old-1", *chosen[1], 0.9, day=20)],
    )
    return chosen


def test_statistics_of_enough_people(served, pairs):
    (found,) = statistics(
        served.client("analyst"), module_id=pairs[0][0], competency_id=pairs[0][1]
    )
    assert found["records"] == 5
    assert found["mean_gain"] == pytest.approx(0.3)
    assert found["mean_level_before"] == found["at_level"] == 1.0
    assert found["basis"] == "expert"
    assert found["expected_improvement"] > 0
    assert (found["lower"], found["upper"]) == (None, None)


def test_few_people_are_not_told(served, pairs):
    (found,) = statistics(served.client("admin"), module_id=pairs[1][0], competency_id=pairs[1][1])
    assert (found["records"], found["mean_gain"], found["mean_level_before"]) == (None,) * 3
    assert found["at_level"] != 1.0
    assert found["expected_improvement"] > 0


def test_statistics_are_of_the_callers_people(served, pairs):
    """All five are of nobody's unit: whoever is there for a unit or a team is told of none."""
    for role in ("hr", "manager"):
        (found,) = statistics(served.client(role), module_id=pairs[0][0], competency_id=pairs[0][1])
        assert (found["records"], found["mean_gain"], found["mean_level_before"]) == (None,) * 3
        assert found["at_level"] != 1.0
        assert found["expected_improvement"] > 0


def test_every_pair_of_the_catalogue_is_there_once(served):
    whole = statistics(served.client("hr"))
    keys = [(item["module_id"], item["competency_id"]) for item in whole]
    framework = served.app.state.server.installation.current(0).framework
    assert keys == sorted(
        (module.id, part.id) for module in framework.catalog.modules for part in module.competencies
    )
    assert statistics(served.client("hr"), limit=33) == whole


def test_statistics_of_one_competency(served):
    found = statistics(served.client("manager"), competency_id="resilience")
    assert {item["competency_id"] for item in found} == {"resilience"}
