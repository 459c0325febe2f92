"""Lists hold what lies within a role's reach: all of it, and nothing else."""

from __future__ import annotations

import re

import pytest
from api_stage import NEIGHBOUR, PEOPLE, TABLE, TEAM, build_stage
from paging import items_of
from serving import COLLEAGUE, EMPLOYEE, MANAGER, OTHER_UNIT, OUTSIDE, UNIT

REPORTS = {"00002", "00003", "00015", "00021", "00025"}
OFFERING = "account-information-map-workshop-261116-1"


@pytest.fixture(scope="module")
def served(served_on_both):
    """On both databases: what a role reaches is filtered in the database."""
    return served_on_both


@pytest.fixture(scope="module")
def stage(served):
    return build_stage(served)


@pytest.fixture(scope="module")
def reach(stage):
    """Ids of the people whom each role may see."""
    people = stage.served.sample.people
    everybody = set(people["person_id"])
    return {
        "employee": {EMPLOYEE},
        "manager": {MANAGER} | REPORTS,
        "hr": set(people["person_id"][people["org_unit"].str.startswith(UNIT)]),
        "analyst": set(),
        "admin": everybody,
    }


def read(stage, role, path, **query):
    answer = stage.client(role).get(path, params=query)
    assert answer.status_code == 200, answer.text
    return answer.json()


def read_all(stage, role, path, *, limit=3, **query):
    """Follow a list to its end, in small pages."""
    return items_of(stage.client(role), path, limit=limit, **query)


def test_people(stage, reach, subtests):
    for role in ["employee", "manager", "hr", "admin"]:
        with subtests.test(role=role):
            found = [person["person_id"] for person in read_all(stage, role, "/v1/people")]
            assert found == sorted(reach[role])


def test_no_filter_reaches_further(stage, subtests):
    for query in [
        {"q": OUTSIDE},
        {"org_unit": OTHER_UNIT},
        {"manager_id": "00028"},
        {"q": "陈少华"},
    ]:
        for role in ["employee", "manager", "hr"]:
            with subtests.test(query=query, role=role):
                assert read(stage, "admin", "/v1/people", **query)["items"]
                assert read(stage, role, "/v1/people", **query)["items"] == []


def test_the_cursor_of_another_reaches_no_further(stage, reach):
    cursor = read(stage, "admin", "/v1/people", limit=1)["next"]
    found = read(stage, "employee", "/v1/people", cursor=cursor)["items"]
    assert {person["person_id"] for person in found} <= reach["employee"]


def test_plans(stage, reach, subtests):
    for role in ["employee", "manager", "hr", "admin"]:
        with subtests.test(role=role):
            found = [plan["person_id"] for plan in read_all(stage, role, "/v1/plans", limit=2)]
            assert sorted(found) == sorted(set(stage.plans) & reach[role])
            for person in PEOPLE.values():
                answer = stage.client(role).get("/v1/plans", params={"person_id": person})
                assert answer.status_code == (200 if person in reach[role] else 404)
            if OUTSIDE not in reach[role]:
                assert read(stage, role, "/v1/plans", org_unit=OTHER_UNIT)["items"] == []


def test_participants_of_an_offering(stage, reach, subtests):
    for role in ["employee", "manager", "hr", "admin"]:
        with subtests.test(role=role):
            path = f"/v1/offerings/{OFFERING}/enrolments"
            for person in (*PEOPLE.values(), MANAGER):
                body = {
                    "module_id": OFFERING[:-9],
                    "offering_id": OFFERING,
                    "enrolled_on": "2026-10-30",
                }
                made = stage.client("admin").post(f"/v1/people/{person}/enrolments", json=body)
                assert made.status_code in (201, 409), made.text
            enrolled = {each["person_id"] for each in read_all(stage, "admin", path)}
            assert enrolled >= set(PEOPLE.values())
            found = {each["person_id"] for each in read_all(stage, role, path, limit=1)}
            assert found == enrolled & reach[role]


def test_recommendations_for_many(stage, reach, subtests):
    for role in ["employee", "manager", "hr", "admin"]:
        with subtests.test(role=role):
            asked = [*PEOPLE.values(), "nobody"]
            body = {"person_ids": asked, "top": 1}
            found = stage.client(role).post("/v1/recommendation-batches", json=body).json()
            assert {each["person_id"] for each in found["items"]} == set(asked) & reach[role]
            assert sorted(found["not_found"]) == sorted(set(asked) - reach[role])
            found = stage.client(role).post("/v1/recommendation-batches", json={"top": 1}).json()
            assert {each["person_id"] for each in found["items"]} == reach[role]
            answer = stage.client(role).post(
                "/v1/recommendation-batches", json={"org_unit": OTHER_UNIT}
            )
            assert answer.status_code == (200 if role == "admin" else 404)


@pytest.mark.parametrize("role", ["manager", "hr", "admin"])
def test_heat_map_of_people(stage, reach, role):
    rows = read_all(stage, role, "/v1/heatmap", by="person")
    assert {row["person_id"] for row in rows} == reach[role]


def test_an_analyst_gets_no_heat_map_of_people(stage):
    for query in ({}, {"org_unit": UNIT}, {"org_unit": "nowhere"}):
        answer = stage.client("analyst").get("/v1/heatmap", params={"by": "person"} | query)
        assert answer.status_code == 403


def test_figures_are_of_those_within_reach(stage, reach, subtests):
    for path in ["/v1/heatmap", "/v1/gap-statistics"]:
        for role in ["manager", "hr", "analyst", "admin"]:
            with subtests.test(path=path, role=role):
                found = read(stage, role, path)
                counted = found["total"]["n_people"] if "total" in found else found["n_people"]
                assert counted == len(reach["admin" if role == "analyst" else role])


def test_org_units(stage):
    def paths(role):
        return {unit["path"] for unit in read_all(stage, role, "/v1/org-units")}

    above = {UNIT, f"{UNIT}/政企客户部", TEAM}
    everywhere = paths("admin")
    assert paths("employee") <= above
    assert TEAM in paths("employee")
    assert paths("manager") == paths("employee")
    assert paths("hr") == {path for path in everywhere if path.startswith(UNIT)}
    assert paths("analyst") == everywhere > paths("hr")


def test_improvement_records(stage, reach):
    whole = read_all(stage, "admin", "/v1/improvement-records", limit=200)
    assert {record["person_id"] for record in whole} <= reach["admin"]
    own = read_all(stage, "hr", "/v1/improvement-records", limit=200)
    assert own == [record for record in whole if record["person_id"] in reach["hr"]]
    hidden = read_all(stage, "analyst", "/v1/improvement-records", limit=200)
    assert len(hidden) == len(whole) > len(own) > 0
    assert {record["person_id"] for record in hidden} == {None}
    assert not {record["pseudonym"] for record in hidden} & reach["admin"]


def test_jobs(stage):
    for role in ("hr", "analyst"):
        found = {job["job_id"] for job in read_all(stage, role, "/v1/jobs", limit=1)}
        assert found == {stage.jobs[role]}
    assert {job["job_id"] for job in read_all(stage, "admin", "/v1/jobs")} >= set(
        stage.jobs.values()
    )


def test_campaigns_and_cohorts(stage):
    for role, units in (("hr", {"top"}), ("admin", {"top", "elsewhere"})):
        found = read_all(stage, role, "/v1/campaigns", limit=1)
        assert {campaign["name"] for campaign in found} & {"top", "elsewhere"} == units
        found = read_all(stage, role, "/v1/cohorts", limit=1)
        assert {cohort["name"] for cohort in found} & {"top", "elsewhere"} == units


def test_what_others_may_not_know_of_a_rating(stage):
    """Who rated is told to HR; others know it of their own ratings only.

    Of few peers not even the ratings are told, nor the manager's, which they would be what is left
    of the level without.
    """
    items = [
        {
            "competency_id": "resilience",
            "indicator_id": "resilience.1.1",
            "rater_type": rater_type,
            "rater_id": rater,
            "rating": 1,
            "rated_on": "2026-10-28",
        }
        for rater_type, rater in (
            ("manager", MANAGER),
            *(("peer", peer) for peer in (COLLEAGUE, "00015", "00021")),
        )
    ]

    def rate(items):
        stage.admin("POST", f"/v1/people/{EMPLOYEE}/ratings", json={"items": items})

    def raters(role):
        found = read(
            stage, role, f"/v1/people/{EMPLOYEE}/ratings", since="2026-10-28", until="2026-10-28"
        )
        return {each["rater_id"] for each in found["items"]}

    rate(items[:3])
    assert raters("employee") == set()
    assert raters("manager") == {MANAGER}
    assert raters("hr") == {MANAGER, COLLEAGUE, "00015"}
    rate(items[3:])
    assert raters("employee") == {None}
    assert raters("manager") == {None, MANAGER}
    assert raters("hr") == raters("admin") == {MANAGER, COLLEAGUE, "00015", "00021"}


def test_an_analyst_is_told_of_nobody(stage):
    """No answer that an analyst can get names one of the people, in whatever field."""
    people = stage.served.sample.people
    ids = "|".join(map(re.escape, people["person_id"]))
    named = re.compile(rf'"({ids})"|{"|".join(set(people["name"]))}')
    for operation, row in TABLE["operations"].items():
        method, _, _ = stage.operations[operation]
        # the glossary explains words of all kinds
        if method != "GET" or "analyst" not in row["may"] or operation == "list_terms":
            continue
        target = stage.targets(row["about"], "analyst")[0]
        answer = stage.ask("analyst", operation, row["about"], target)
        assert answer.status_code in (200, 409), operation
        assert not named.search(answer.text), (operation, named.search(answer.text))


@pytest.mark.parametrize("role", ["employee", "manager", "hr"])
def test_who_changes_place_is_found_there_at_once(stage, role):
    """A report who gets another manager is out of the first one's reach from then on."""
    path = f"/v1/people/{NEIGHBOUR}"
    before = stage.client(role).get(path).status_code
    assert before == (200 if role == "hr" else 404)
    seen = stage.client("admin").get(path).headers["ETag"]
    moved = {"manager": {"manager_id": MANAGER}, "hr": {"org_unit": f"{OTHER_UNIT}/政企客户部"}}
    change = moved.get(role, {"grade": "g1"})
    whole = stage.admin("PATCH", path, headers={"If-Match": seen}, json=change)
    after = stage.client(role).get(path).status_code
    assert after == {"employee": 404, "manager": 200, "hr": 404}[role]
    back = {"manager": {"manager_id": "00005"}, "hr": {"org_unit": TEAM}}.get(role, {"grade": "g2"})
    seen = stage.client("admin").get(path).headers["ETag"]
    assert whole | stage.admin("PATCH", path, headers={"If-Match": seen}, json=back)
    assert stage.client(role).get(path).status_code == before
