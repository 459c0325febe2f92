"""Long work over HTTP: uploads, plans for a unit, training, and what is said of them."""

from __future__ import annotations

import datetime as dt
import io
import shlex
import time
from typing import get_args

import pytest
import sqlalchemy as sa
from openpyxl import load_workbook
from serving import UNIT

from api.operations import TABLES, XLSX
from api.schemas.jobs import TableName
from recommender.service.permissions import Permission, Role
from recommender.store import reading, schema
from recommender.table_kinds import KINDS

HEADER = "person_id,name,org_unit,grade\n"
GOOD = HEADER + f"J1,新人,{UNIT}/政企客户部,g1\n"
BAD = HEADER + f"J2,新人,{UNIT}/政企客户部,g1\nJ3,新人,{UNIT}/政企客户部,g9\n"


@pytest.fixture(scope="module")
def served(served_on_both):
    """On both databases: jobs are claimed in the database."""
    return served_on_both


def send_table(client, table, text, **query):
    body = text.encode() if isinstance(text, str) else text
    return client.post(
        f"/v1/imports/{table}", params=query, content=body, headers={"content-type": "text/csv"}
    )


def wait_for(client, accepted):
    assert accepted.status_code == 202, accepted.text
    place = accepted.headers["location"]
    assert place == f"/v1/jobs/{accepted.json()['job_id']}"
    ends = time.monotonic() + 600
    while (job := client.get(place, params={"wait": 10}).json())["finished_at"] is None:
        assert time.monotonic() < ends, job
    return job


def rows(served, query):
    with reading(served.app.state.server.installation.engine) as connection:
        return connection.execute(query).all()


def test_an_import_is_undone(served):
    """By HR of the unit, once; what is undone can be imported again."""
    client, others = served.client("hr"), served.client("admin")
    text = HEADER + f"U1,新人,{UNIT}/新小组,g1\n"
    job = wait_for(client, send_table(client, "people", text, filename="名单.csv"))
    batch = client.get(job["result_url"]).json()["batch_id"]
    newest = client.get("/v1/import-batches?limit=1").json()
    assert newest["next"] is not None or len(newest["items"]) == 1
    (item,) = newest["items"]
    assert (item["batch_id"], item["kind"], item["file_name"]) == (batch, "people", "名单.csv")
    assert (item["inserted"], item["can_be_undone"], item["undone_at"]) == (1, True, None)
    assert others.get("/v1/import-batches?limit=1").json()["items"] == [item]
    place = f"/v1/import-batches/{batch}/undo"
    undone = client.post(place)
    assert undone.status_code == 200, undone.text
    assert undone.json()["undone_by"] == client.get("/v1/me").json()["actor"]
    assert client.get("/v1/people/U1").status_code == 404
    again = client.post(place)
    assert (again.status_code, again.json()["type"].rpartition(":")[2]) == (
        409,
        "import-batch.undone",
    )
    assert client.post("/v1/import-batches/999999/undo").status_code == 404
    entries = others.get("/v1/audit?limit=200&action=undo_import").json()["items"]
    assert [entry["details"]["batch"] for entry in entries if entry["details"]] == [batch]


def test_an_import_from_upload_to_result(served):
    client = served.client("hr")
    accepted = send_table(client, "people", GOOD, filename="名单.csv")
    first = accepted.json()
    assert first["status"] in ("queued", "running")
    assert first["request"] == {
        "table": "people",
        "file_name": "名单.csv",
        "dry_run": False,
        "clear": False,
    }
    job = wait_for(client, accepted)
    assert (job["kind"], job["status"], job["problem"]) == ("import", "done", None)
    assert job["report_url"] is None
    result = client.get(job["result_url"]).json()
    assert result.pop("batch_id") >= 1
    assert (
        result.items()
        >= {
            "inserted": 1,
            "updated": 0,
            "unchanged": 0,
            "dry_run": False,
            "on_days_off": [],
        }.items()
    )
    again = wait_for(client, send_table(client, "people", GOOD))
    assert client.get(again["result_url"]).json()["unchanged"] == 1


def test_a_dry_run_is_a_preview_and_empty_cells_clear_when_asked(served):
    client = served.client("hr")
    head = "person_id,name,org_unit,grade,hired_on,note\n"
    wait_for(client, send_table(client, "people", head + f"J5,新人,{UNIT},g1,2026-01-05,x\n"))
    for clear, counts in ((False, "kept"), (True, "cleared")):
        again = head + f"J5,新人,{UNIT},g2,,x\nj5,别人,{UNIT},g1,,x\n"
        asked = {"dry_run": True, "clear": clear}
        job = wait_for(client, send_table(client, "people", again, **asked))
        result = client.get(job["result_url"]).json()
        assert result[counts] == {"hired_on": 1}
        grade = {"column": "grade", "old": "g1", "new": "g2"}
        (change,) = result["changes"]
        assert (change["row"], change["key"], change["fields"][0]) == (2, "J5", grade)
        assert result["ignored_columns"] == ["note"]
        assert result["look_alikes"] == [{"row": 3, "id": "j5", "like": "J5", "difference": "case"}]


def test_faults_are_told_by_cause(served):
    client = served.client("hr")
    job = wait_for(client, send_table(client, "people", BAD + f"J4,新人,{UNIT},g8\n"))
    seen = client.get(f"/v1/jobs/{job['job_id']}").json()["problem"]
    (cause,) = seen["causes"]
    assert (cause["code"], cause["column"], cause["count"]) == ("table.unknown_grade", "grade", 2)
    assert cause["example"] == seen["faults"][0]


def test_a_dry_run_stores_nothing(served):
    client = served.client("hr")
    job = wait_for(client, send_table(client, "people", GOOD.replace("J1", "J9"), dry_run=True))
    assert client.get(job["result_url"]).json()["inserted"] == 1
    assert client.get("/v1/jobs", params={"status": "done", "limit": 1}).json()["items"] == [job]
    assert not rows(served, sa.select(schema.person).where(schema.person.c.person_id == "J9"))


def test_bad_rows_are_listed_and_marked(served):
    client = served.client("hr")
    job = wait_for(client, send_table(client, "people", BAD, filename="a.csv"))
    assert (job["status"], job["problem"]["code"]) == ("failed", "table.faults")
    (fault,) = job["problem"]["faults"]
    assert {name: fault[name] for name in ("sheet", "row", "column", "found", "message")} == {
        "sheet": "",
        "row": 3,
        "column": "grade",
        "found": "g9",
        "message": "there is no grade g9",
    }
    chinese = served.client("hr", accept_language="zh-CN").get(f"/v1/jobs/{job['job_id']}").json()
    assert chinese["problem"]["faults"][0]["message"] == "没有职级“g9”"
    report = client.get(job["report_url"])
    assert report.headers["content-type"] == XLSX
    assert load_workbook(io.BytesIO(report.content)).worksheets[1]["D3"].value == "g9"
    refused = client.get(f"/v1/jobs/{job['job_id']}/result")
    assert (refused.status_code, refused.json()["type"].rsplit(":")[-1]) == (409, "job.no-result")
    assert not rows(served, sa.select(schema.person).where(schema.person.c.person_id == "J2"))


def test_an_import_sent_twice_under_one_name_runs_once(served):
    client = served.client("hr", idempotency_key="import-1")
    one, two = send_table(client, "people", GOOD), send_table(client, "people", GOOD)
    assert one.json()["job_id"] == two.json()["job_id"]
    assert two.headers["idempotent-replayed"] == "true"
    other = send_table(client, "people", BAD)
    assert (other.status_code, other.json()["status"]) == (409, 409)
    wait_for(client, one)


def test_a_template_filled_in_can_be_sent_back(served, subtests):
    for table in get_args(TableName):
        with subtests.test(table=table):
            client = served.client("admin")
            template = client.get(f"/v1/import-templates/{table}")
            assert template.headers["content-type"] == XLSX
            assert template.headers["content-disposition"] == f'attachment; filename="{table}.xlsx"'
            book = load_workbook(io.BytesIO(template.content))
            assert book.worksheets[0].title == KINDS[table].title[1]


def test_every_kind_of_table_can_be_sent():
    assert get_args(TableName) == tuple(KINDS)


def test_what_a_table_is_sent_as_does_not_matter(served):
    client = served.client("hr")
    for media_type in (*TABLES, "application/x-www-form-urlencoded"):
        accepted = client.post(
            "/v1/imports/people?dry_run=true",
            content=GOOD.encode("gb18030"),
            headers={"content-type": media_type},
        )
        assert wait_for(client, accepted)["status"] == "done"


def test_no_table_in_the_request(served):
    client = served.client("hr")
    answered = client.post("/v1/imports/people")
    assert answered.status_code == 422
    assert answered.json()["type"].endswith("import.no-file")
    assert send_table(client, "courses", GOOD).status_code == 422


def test_a_table_in_a_form_is_told_how_to_come(served):
    client = served.client("hr")
    answered = client.post("/v1/imports/people?dry_run=true", files={"file": b"x"})
    assert answered.status_code == 415
    assert answered.headers["accept"] == ", ".join(TABLES)
    assert answered.json()["type"].endswith("import.form")
    words = shlex.split(answered.json()["hint"].partition(": ")[2])
    assert words[0] == "curl"
    assert words[-1] == "$API/v1/imports/people?dry_run=true"
    assert words[words.index("--data-binary") + 1] == "@FILE.xlsx"


def test_what_reports_call_the_file(served, subtests):
    client = served.client("hr")
    for query, disposition, name in (
        ("?filename=a.csv", None, "a.csv"),
        ("", "attachment; filename=b.csv", "b.csv"),
        ("", "attachment; filename*=UTF-8''%E8%AF%84%E5%88%86.xlsx", "评分.xlsx"),
        ("", "attachment; filename=\"x.csv\"; filename*=utf-8'zh'%E4%BA%BA.csv", "人.csv"),
        ("?filename=a.csv", "attachment; filename=b.csv", "a.csv"),
        ("", "inline", "people"),
    ):
        with subtests.test(query=query, disposition=disposition):
            headers = {"content-disposition": disposition} if disposition else {}
            place = f"/v1/imports/people{query}"
            job = client.post(place, content=b"no table", headers=headers).json()
            with reading(served.app.state.server.installation.engine) as connection:
                asked = connection.scalar(
                    sa.select(schema.job.c.request).where(schema.job.c.job_id == job["job_id"])
                )
            assert asked["file_name"] == name


def test_tables_of_the_whole_organisation_are_not_for_hr_of_a_unit(served):
    for table in ("records", "modules"):
        answered = send_table(served.client("hr"), table, "x")
        assert answered.status_code == 403
        assert answered.json()["type"].endswith("import.whole-organisation")


def test_plans_for_a_unit(served):
    client = served.client("hr")
    asked = {"org_unit": UNIT, "hours_budget": 16.0, "cost_budget": "3000.00"}
    job = wait_for(client, client.post("/v1/plan-batches", json=asked))
    assert (job["status"], job["done"]) == ("done", job["total"])
    result = client.get(job["result_url"]).json()
    assert len(result["plans"]) == job["total"] > 3
    assert result["failed"] == []
    assert all(plan["total_hours"] <= 16 for plan in result["plans"])
    assert all(float(plan["total_cost"]) <= 3000 for plan in result["plans"])
    stored = {row.plan_id for row in rows(served, sa.select(schema.plan.c.plan_id))}
    assert {plan["plan_id"] for plan in result["plans"]} <= stored
    trail = schema.audit_entry
    (read,) = rows(
        served,
        sa.select(trail).where(
            trail.c.action == "read_job_result",
            trail.c.resource == f"/v1/jobs/{job['job_id']}/result",
        ),
    )
    assert len(read.subjects) == len(result["plans"])


def test_who_cannot_have_a_plan_is_named(served):
    client = served.client("hr")
    modules = served.app.state.server.installation.current(0).framework.catalog.modules
    asked = {"org_unit": UNIT, "must": [module.id for module in modules[:40]]}
    job = wait_for(client, client.post("/v1/plan-batches", json=asked))
    failed = client.get(job["result_url"]).json()["failed"]
    assert len(failed) == job["total"]
    assert {each["problem"]["code"] for each in failed} == {"plan.must-excluded"}


def test_a_batch_that_cannot_be(served, subtests):
    for asked, status, code in [
        ({"org_unit": "西区示例分公司"}, 404, "org-unit.unknown"),
        ({"org_unit": "没有"}, 404, "org-unit.unknown"),
        ({"must": ["nothing"]}, 404, "module.unknown"),
        ({"path_id": "nowhere"}, 404, "path.unknown"),
        ({"target_grade": "g9"}, 422, "target-grade.unknown"),
        ({"hours_budget": -1}, 422, "request.invalid"),
        ({"hours": 8}, 422, "request.invalid"),
        ({"modalities": []}, 422, "request.invalid"),
    ]:
        with subtests.test(asked=asked, status=status, code=code):
            answered = served.client("hr").post("/v1/plan-batches", json=asked)
            assert (answered.status_code, answered.json()["type"].rsplit(":")[-1]) == (status, code)


def test_work_for_later_that_repeats(served, subtests):
    """Nightly plans, a weekly workbook, a monthly training: when, how often, and stopped."""
    tomorrow = dt.datetime.now(dt.UTC).replace(microsecond=0) + dt.timedelta(days=1)
    zone = dt.timezone(dt.timedelta(hours=8))
    for role, place, given in (
        ("hr", "plan-batches", {"org_unit": UNIT, "repeat": "daily"}),
        ("hr", "plan-documents", {"format": "xlsx", "repeat": "weekly"}),
        ("analyst", "trainings", {"repeat": "monthly"}),
        ("analyst", "trainings", {"as_of": "2026-11-01"}),
    ):
        with subtests.test(place=place, given=given):
            client = served.client(role)
            asked = given | {"run_at": tomorrow.astimezone(zone).isoformat()}
            job = client.post(f"/v1/{place}", json=asked).json()
            assert (job["status"], job["next_job_id"], job["series_ended"]) == (
                "queued",
                None,
                False,
            )
            assert dt.datetime.fromisoformat(job["run_at"]) == tomorrow
            assert job["repeat"] == given.get("repeat")
            assert job["request"].get("as_of") == given.get("as_of")
            assert client.get("/v1/jobs", params={"limit": 1}).json()["items"] == [job]
            over = client.post(f"/v1/jobs/{job['job_id']}/cancellation").json()
            assert (over["status"], over["next_job_id"]) == ("cancelled", None)
            assert over["series_ended"] is ("repeat" in given)


def test_a_run_says_which_follows(served):
    client = served.client("analyst")
    job = wait_for(client, client.post("/v1/trainings", json={"repeat": "daily"}))
    assert (job["run_at"], job["status"], job["series_ended"]) == (None, "failed", False)
    following = client.get(f"/v1/jobs/{job['next_job_id']}").json()
    first, second = (
        dt.datetime.fromisoformat(moment) for moment in (job["created_at"], following["run_at"])
    )
    assert abs(second - first - dt.timedelta(days=1)) < dt.timedelta(minutes=1)
    client.post(f"/v1/jobs/{following['job_id']}/cancellation")


def test_a_moment_or_a_repeat_that_cannot_be(served, subtests):
    for given, code in (
        ({"run_at": "2020-01-01T02:00:00+08:00"}, "job.past-moment"),
        ({"run_at": "2199-01-01T02:00:00+08:00"}, "job.far-moment"),
        ({"run_at": "2199-01-01T02:00:00"}, "request.invalid"),  # of which zone?
        ({"run_at": 1_900_000_000}, "request.invalid"),
        ({"repeat": "hourly"}, "request.invalid"),
    ):
        with subtests.test(given=given):
            answered = served.client("hr").post("/v1/plan-batches", json=given)
            assert answered.status_code == 422
            assert answered.json()["type"].rsplit(":")[-1] == code
    assert "run_at" in served.client("hr").post("/v1/plan-batches", json={"run_at": 1}).text


def test_training(served):
    client = served.client("analyst")
    job = wait_for(client, client.post("/v1/trainings", json={"seed": 1}))
    assert (job["status"], job["problem"]["code"]) == ("failed", "model.too-few-records")
    assert served.client("hr").post("/v1/trainings", json={}).status_code == 403


def test_jobs_of_others_are_not_there(served):
    mine = wait_for(served.client("hr"), send_table(served.client("hr"), "people", BAD))
    place = f"/v1/jobs/{mine['job_id']}"
    client = served.client("analyst")
    absent = client.get("/v1/jobs/job-0")
    for answered in (
        client.get(place),
        client.get(f"{place}/result"),
        client.get(f"{place}/report.xlsx"),
        client.post(f"{place}/cancellation"),
    ):
        assert answered.status_code == 404
        assert answered.json()["type"] == absent.json()["type"]
    assert mine["job_id"] not in client.get("/v1/jobs").text
    assert served.client("admin").get(place).json()["job_id"] == mine["job_id"]


def test_an_ended_job_stays_as_it_is(served):
    client = served.client("hr")
    job = wait_for(client, send_table(client, "people", GOOD))
    answered = client.post(f"/v1/jobs/{job['job_id']}/cancellation")
    assert (answered.status_code, answered.json()["status"]) == (200, "done")


def test_jobs_come_in_pages_with_the_fields_asked_for(served):
    client = served.client("hr")
    for _ in range(3):
        wait_for(client, send_table(client, "people", GOOD, dry_run=True))
    page = client.get("/v1/jobs", params={"limit": 2, "fields": "job_id,status"}).json()
    assert [set(item) for item in page["items"]] == [{"job_id", "status"}] * 2
    rest = client.get("/v1/jobs", params={"limit": 2, "cursor": page["next"]}).json()
    ids = [item["job_id"] for item in (*page["items"], *rest["items"])]
    assert ids == sorted(ids, reverse=True)
    assert len(set(ids)) == len(ids) >= 3


def test_waiting_ends_with_the_time_asked_for(served):
    client = served.client("hr")
    started = time.monotonic()
    assert client.get("/v1/jobs/job-0", params={"wait": 30}).status_code == 404
    assert time.monotonic() - started < 30
    assert client.get("/v1/jobs/job-0", params={"wait": 31}).status_code == 422


def test_a_key_of_another_scope(served):
    few = served.key(Role.HR, org_unit=UNIT, permissions=[Permission.READ_CATALOG])
    client = served.client(None)
    client.headers["Authorization"] = f"Bearer {few}"
    assert send_table(client, "people", GOOD).status_code == 403
    assert client.get("/v1/jobs").status_code == 403
