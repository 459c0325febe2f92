"""Personal data over HTTP: exported, corrected, erased, kept no longer than set."""

import datetime as dt
import json

import pytest
import sqlalchemy as sa
from organisations import AS_OF
from serving import ABSENT, COLLEAGUE, EMPLOYEE, MANAGER, OUTSIDE

from recommender.service.permissions import Permission
from recommender.store import reading, schema, writing

PROBLEM = "urn:training-recommender:problem:"
# reports to the manager of the cast
LEAVER = "00015"


@pytest.fixture(scope="module")
def served(served_on_both):
    """On both databases: an erasure has to reach every table."""
    return served_on_both


def engine_of(served):
    return served.app.state.server.installation.engine


def rows_of(served, query):
    with reading(engine_of(served)) as connection:
        return connection.execute(query).all()


# -- export --


def test_all_that_is_held(served, subtests):
    for role in ["employee", "manager", "hr", "admin"]:
        with subtests.test(role=role):
            client = served.data_protection() if role == "hr" else served.client(role)
            answered = client.get(f"/v1/people/{EMPLOYEE}/data-export")
            assert answered.status_code == 200
            found = answered.json()
            sections = {section["name"]: section for section in found["sections"]}
            assert found["person_id"] == sections["person"]["rows"][0]["person_id"] == EMPLOYEE
            # one by one, or counted where the raters are few
            assert sum(row.get("ratings", 1) for row in sections["rating"]["rows"]) == len(
                rows_of(
                    served, sa.select(schema.rating).where(schema.rating.c.person_id == EMPLOYEE)
                )
            )
            assert set(sections["rating"]["description"]) == {"zh-CN", "en"}
            assert "rater_id" not in sections["rating"]["rows"][0]


def section(client, person_id, name):
    found = client.get(f"/v1/people/{person_id}/data-export").json()
    return next(part["rows"] for part in found["sections"] if part["name"] == name)


def test_what_somebody_rated_stands_in_the_own_export_alone(served):
    """Its days, beside those of ratings that reports were given, would tell who gave them."""
    client = served.client("admin")
    (rater,) = rows_of(
        served,
        sa.select(schema.person.c.person_id, schema.person.c.manager_id)
        .join(schema.rating, schema.rating.c.rater_id == schema.person.c.person_id)
        .where(schema.rating.c.rater_type == "peer", schema.person.c.manager_id.is_not(None))
        .limit(1),
    )
    key = served.key("employee", person_id=rater.person_id)
    own = served.client(None, Authorization=f"Bearer {key}")
    whole = section(own, rater.person_id, "rating_given")
    assert whole == section(client, rater.person_id, "rating_given") != []
    for role, person in (("manager", rater.manager_id), ("hr", None)):
        also = [Permission.EXPORT_PERSON] if role == "hr" else []
        key = served.key(role, person_id=person, also=also)
        other = served.client(None, Authorization=f"Bearer {key}")
        assert section(other, rater.person_id, "rating_given") == []


def test_ratings_by_few_are_counted_in_the_export(served):
    """Of 00002 each competency has one customer: nothing of a customer's is told but how many."""
    for role in ("employee", "manager"):
        rows = section(served.client(role), EMPLOYEE, "rating")
        customers = [row for row in rows if row["rater_type"] == "customer"]
        assert customers
        assert all(set(row) == {"competency_id", "rater_type", "ratings"} for row in customers)
    rows = section(served.data_protection(), EMPLOYEE, "rating")
    assert {"rating", "rated_on"} <= set.intersection(*map(set, rows))


def test_an_export_is_in_the_trail(served):
    answered = served.client("employee").get(f"/v1/people/{EMPLOYEE}/data-export")
    entry = schema.audit_entry
    request_id = answered.headers["x-request-id"]
    (row,) = rows_of(served, sa.select(entry).where(entry.c.request_id == request_id))
    assert row.action == "export_person_data"
    assert len(row.subjects) == 1


def test_nobody_out_of_scope(served, subtests):
    for role in ["employee", "manager", "hr"]:
        for person_id in [OUTSIDE, ABSENT]:
            with subtests.test(role=role, person_id=person_id):
                client = served.data_protection() if role == "hr" else served.client(role)
                answered = client.get(f"/v1/people/{person_id}/data-export")
                assert (answered.status_code, answered.json()["type"]) == (
                    404,
                    f"{PROBLEM}person.unknown",
                )
                if role == "hr":
                    body = {"confirm": person_id}
                    answered = client.post(f"/v1/people/{person_id}/erasure", json=body)
                    assert answered.status_code == 404


# -- erasure --


def test_hr_neither_exports_nor_erases_unless_its_key_was_granted_that(served):
    hr = served.client("hr")
    refused = [
        hr.get(f"/v1/people/{EMPLOYEE}/data-export"),
        hr.post(f"/v1/people/{EMPLOYEE}/erasure", json={"confirm": EMPLOYEE}),
    ]
    told = {(answer.status_code, answer.json()["type"]) for answer in refused}
    assert told == {(403, f"{PROBLEM}access.forbidden")}


def test_erasing_needs_a_confirmation(served):
    hr = served.data_protection()
    path = f"/v1/people/{EMPLOYEE}/erasure"
    refused = hr.post(path, json={"confirm": COLLEAGUE})
    assert (refused.status_code, refused.json()["type"]) == (422, f"{PROBLEM}privacy.confirm")
    assert refused.json()["errors"][0]["pointer"] == "#/confirm"
    assert hr.post(path, json={}).status_code == 422
    assert hr.post(path).status_code == 422
    assert hr.get(f"/v1/people/{EMPLOYEE}/gaps").status_code == 200


def test_a_person_is_gone_and_so_is_the_key(served):
    hr = served.data_protection()
    token = served.key("employee", person_id=LEAVER)
    leaver = served.client(None, Authorization=f"Bearer {token}")
    assert leaver.get(f"/v1/people/{LEAVER}/gaps").status_code == 200
    (person,) = rows_of(served, sa.select(schema.person).where(schema.person.c.person_id == LEAVER))
    erased = hr.post(
        f"/v1/people/{LEAVER}/erasure",
        json={"confirm": LEAVER},
        headers={"Idempotency-Key": "erase-1"},
    )
    assert erased.status_code == 200
    assert erased.json()["rows"]["rating"] > 0
    assert leaver.get("/v1/me").status_code == 401
    assert hr.get(f"/v1/people/{LEAVER}/gaps").status_code == 404
    again = hr.post(f"/v1/people/{LEAVER}/erasure", json={"confirm": LEAVER})
    assert again.status_code == 404
    replayed = hr.post(
        f"/v1/people/{LEAVER}/erasure",
        json={"confirm": LEAVER},
        headers={"Idempotency-Key": "erase-1"},
    )
    assert (replayed.status_code, replayed.json()) == (200, erased.json())
    cells = [
        json.dumps(cell, default=str, ensure_ascii=False)
        for table in schema.metadata.sorted_tables
        for row in rows_of(served, sa.select(table))
        for cell in row
    ]
    namesakes = [
        row.person_id
        for row in rows_of(served, sa.select(schema.person))
        if row.name == person.name
    ]
    assert f'"{LEAVER}"' not in cells
    assert namesakes or not any(person.name in cell for cell in cells)
    entry = schema.audit_entry
    (noted,) = rows_of(
        served,
        sa.select(entry).where(entry.c.request_id == erased.headers["x-request-id"]),
    )
    assert (noted.action, noted.subjects) == ("erase_person", [person.ref])


def test_not_while_a_job_may_bring_the_person_back(served):
    job = schema.job
    values = {
        "job_id": "job-open",
        "kind": "import",
        "status": "running",
        "request": {},
        "upload": b"x",
        "actor": "key:another",
        "principal": {},
        "worker": "another",
        "created_at": dt.datetime.now(dt.UTC),
        "seen_at": dt.datetime.now(dt.UTC),
    }
    with writing(engine_of(served)) as connection:
        connection.execute(job.insert().values(**values))
    answered = served.data_protection().post(
        f"/v1/people/{COLLEAGUE}/erasure", json={"confirm": COLLEAGUE}
    )
    assert (answered.status_code, answered.json()["type"]) == (409, f"{PROBLEM}privacy.open-jobs")
    with writing(engine_of(served)) as connection:
        connection.execute(job.delete().where(job.c.job_id == "job-open"))


# -- single facts --


@pytest.mark.parametrize(
    ("path", "table", "key"),
    [
        (
            "ratings",
            schema.rating,
            ("competency_id", "indicator_id", "rater_type", "rater_id", "rated_on"),
        ),
        ("exam-results", schema.exam_result, ("competency_id", "exam_level", "subject", "sat_on")),
        ("assessments", schema.assessment, ("competency_id", "assessed_on")),
    ],
)
def test_one_wrong_fact(served, path, table, key):
    hr = served.client("hr")
    if table is schema.assessment:
        with writing(engine_of(served)) as connection:
            row = {"person_id": EMPLOYEE, "competency_id": "execution", "level": 2.0}
            row |= {"method": "面谈", "assessed_on": AS_OF}
            connection.execute(table.insert().values(**row))
    own = table.c.person_id == EMPLOYEE
    row = rows_of(served, sa.select(table).where(own))[0]._mapping
    query = {name: str(row[name]) for name in key}
    count = len(rows_of(served, sa.select(table).where(own)))
    before = hr.get(f"/v1/people/{EMPLOYEE}/gaps").json()
    answered = hr.delete(f"/v1/people/{EMPLOYEE}/{path}", params=query)
    assert (answered.status_code, answered.content) == (204, b"")
    assert len(rows_of(served, sa.select(table).where(own))) == count - 1
    again = hr.delete(f"/v1/people/{EMPLOYEE}/{path}", params=query)
    assert (again.status_code, again.json()["type"]) == (404, f"{PROBLEM}fact.unknown")
    assert before["person_id"] == EMPLOYEE
    for missing in key:
        less = {name: query[name] for name in key if name != missing}
        assert hr.delete(f"/v1/people/{EMPLOYEE}/{path}", params=less).status_code == 422
    for who in (OUTSIDE, ABSENT):
        answered = hr.delete(f"/v1/people/{who}/{path}", params=query)
        assert answered.json()["type"] == f"{PROBLEM}person.unknown"
    for role in ("employee", "analyst"):
        client = served.client(role)
        answered = client.delete(f"/v1/people/{EMPLOYEE}/{path}", params=query)
        assert answered.status_code == 403


def test_managers_take_back_their_own_ratings(served):
    rating = schema.rating.c
    row = rows_of(
        served,
        sa.select(schema.rating).where(
            rating.person_id == EMPLOYEE, rating.rater_type == "manager", rating.rater_id == MANAGER
        ),
    )[0]._mapping
    names = ("competency_id", "indicator_id", "rater_type", "rater_id", "rated_on")
    query = {name: str(row[name]) for name in names}
    manager = served.client("manager")
    path = f"/v1/people/{EMPLOYEE}/ratings"
    assert manager.delete(path, params=query | {"rater_id": "K1"}).status_code == 403
    assert manager.delete(path, params=query).status_code == 204


# -- retention --


def test_periods_and_what_is_due(served):
    admin = served.client("admin")
    old = dt.datetime.now(dt.UTC) - dt.timedelta(days=3660)
    values = {"kind": "x", "status": "done", "request": {}, "principal": {}, "actor": "cli"}
    with writing(engine_of(served)) as connection:
        connection.execute(
            schema.job.insert().values(job_id="job-old", created_at=old, finished_at=old, **values)
        )
        connection.execute(
            schema.assessment.insert().values(
                person_id=EMPLOYEE,
                competency_id="execution",
                level=1.0,
                method="面谈",
                assessed_on=dt.date(2016, 1, 1),
            )
        )
    told = admin.get("/v1/retention").json()
    assert told["keep_jobs_days"] == served.settings.keep_jobs_days
    due = {item["table"]: item["rows"] for item in told["due"]}
    assert (due["job"], due["assessment"]) == (1, 1)
    ran = admin.post("/v1/retention/runs")
    assert ran.status_code == 200
    assert (ran.json()["rows"]["job"], ran.json()["rows"]["assessment"]) == (1, 1)
    assert not any(item["rows"] for item in admin.get("/v1/retention").json()["due"])
    assert not any(admin.post("/v1/retention/runs").json()["rows"].values())
