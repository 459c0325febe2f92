"""Files over HTTP: uploaded, asked about, answered, run."""

from __future__ import annotations

import time

import pytest
from serving import EMPLOYEE, UNIT

from recommender.store import schema, writing


@pytest.fixture(scope="module")
def served(served_on_both):
    """On both databases."""
    return served_on_both


def upload(client, text, **query):
    return client.post(
        "/v1/imports", params=query, content=text.encode(), headers={"content-type": "text/csv"}
    )


def run(client, import_id, **query):
    accepted = client.post(f"/v1/imports/{import_id}/run", params=query)
    assert accepted.status_code == 202, accepted.text
    place, ends = accepted.headers["location"], time.monotonic() + 600
    while (job := client.get(place, params={"wait": 10}).json())["finished_at"] is None:
        assert time.monotonic() < ends, job
    return job


MATRIX = f"工号,执行力,抗挫能力\n{EMPLOYEE},2,3\n"


def test_a_matrix_is_asked_about_and_goes_in(served):
    client = served.client("hr")
    made = upload(client, MATRIX, filename="矩阵.csv")
    assert made.status_code == 201
    look = made.json()
    place = f"/v1/imports/{look['import_id']}/mapping"
    assert made.headers["location"] == place
    assert (look["kind"], look["form"], look["is_ready"]) == ("assessments", "matrix", False)
    assert look["summary"].startswith("矩阵.csv: a skills matrix (header in row 1)")
    questions = {q["subject"]: q for q in look["questions"]}
    assert questions["执行力"]["suggestion"] == "execution"
    assert questions["assessed_on"]["required"]
    # not before all is answered
    early = client.post(f"/v1/imports/{look['import_id']}/run")
    assert (early.status_code, early.json()["type"].rpartition(":")[2]) == (422, "recognition.open")

    answers = {"columns": {"执行力": "execution"}, "given": {"assessed_on": "2026-10-01"}}
    answered = client.put(place, json=answers).json()
    assert answered["is_ready"]
    assert answered["mapping"]["given"] == {"assessed_on": "2026-10-01"}
    assert client.get(place).json()["is_ready"]
    assert run(client, look["import_id"], dry_run=True)["status"] == "done"
    job = run(client, look["import_id"])
    assert client.get(job["result_url"]).json()["inserted"] == 2
    found = client.get(f"/v1/people/{EMPLOYEE}/assessments?since=2026-10-01").json()["items"]
    assert {(a["competency_id"], a["level"]) for a in found} >= {
        ("execution", 2),
        ("resilience", 3),
    }

    # the next file of the source: only its day is asked about
    later = upload(client, MATRIX, filename="下月.csv").json()
    assert [q["subject"] for q in later["questions"] if q["required"] and not q["answer"]] == [
        "assessed_on"
    ]


def test_bad_rows_are_told_by_their_place_in_the_file(served):
    client = served.client("hr")
    text = f"能力矩阵（2026年10月1日）,,\n工号,执行能力,抗挫能力\n{EMPLOYEE},2,9\n"
    look = upload(client, text).json()
    job = run(client, look["import_id"])
    assert job["status"] == "failed"
    (fault,) = job["problem"]["faults"]
    assert (fault["row"], fault["column"], fault["found"]) == (3, "抗挫能力", "9")


def test_a_wrong_answer_is_refused(served):
    client = served.client("hr")
    look = upload(client, MATRIX.replace("执行力", "执行的力")).json()
    place = f"/v1/imports/{look['import_id']}/mapping"
    wrong = client.put(place, json={"columns": {"执行的力": "no-such"}})
    assert (wrong.status_code, wrong.json()["type"].rpartition(":")[2]) == (
        422,
        "mapping.unknown-answer",
    )
    assert client.put(place, json={"colums": {}}).status_code == 422


def test_a_file_that_cannot_be_understood_is_not_kept(served):
    client = served.client("hr")
    refused = upload(client, "苹果,梨\n1,2\n")
    assert (refused.status_code, refused.json()["type"].rpartition(":")[2]) == (
        422,
        "recognition.unknown",
    )


def test_hr_of_a_unit_sees_only_its_people(served):
    """Somebody of another unit is as unknown by name as by number."""
    client = served.client("hr")
    with writing(served.app.state.server.installation.engine) as connection:
        outside = connection.execute(
            schema.person.select().where(schema.person.c.person_id != EMPLOYEE)
        ).all()
    text = f"工号,执行能力,抗挫能力,日期\n00100,1,1,2026-10-01\n{EMPLOYEE},1,1,2026-10-01\n"
    look = upload(client, text).json()
    job = run(client, look["import_id"])
    assert job["status"] == "failed"
    assert [fault["found"] for fault in job["problem"]["faults"]][:1] == ["00100"]
    assert outside


def test_a_roster_of_another_unit_is_refused(served):
    client = served.client("hr")
    inside = upload(client, f"工号,姓名,单位,职级\nU7,新人,{UNIT},初级\n").json()
    assert run(client, inside["import_id"], dry_run=True)["status"] == "done"
    outside = upload(client, "工号,姓名,单位,职级\nU8,新人,火星分公司,初级\n").json()
    assert run(client, outside["import_id"])["status"] == "failed"
