"""A manager and HR have files about a team made, watch how far they are, and fetch them."""

from __future__ import annotations

import datetime as dt
import io
from zipfile import ZipFile

import pytest
from openpyxl import load_workbook
from serving import EMPLOYEE, UNIT

from recommender.store import writing
from recommender.store.jobs import insert_job

OTHER_ROLES = ("hr", "analyst", "system-admin")


@pytest.fixture(scope="module")
def desks(served):
    """A manager and HR with their browsers open, a plan for one of the team."""
    with served.client("admin") as admin:
        made = admin.post(f"/v1/people/{EMPLOYEE}/plans", json={"hours_budget": 40})
        assert made.status_code == 201
    with served.browser("manager") as manager, served.browser("hr", lang="en") as hr:
        yield {"manager": manager, "hr": hr}


def ask(browser, **form) -> str:
    """Ask for a file and return the address of the job."""
    answer = browser.post("/jobs", data=form)
    assert answer.status_code == 303, answer.text
    return answer.headers["location"]


def wait_for(served, job: str) -> None:
    with served.client("admin") as admin:
        ended = admin.get(f"/v1{job}", params={"wait": 30}).json()
    assert ended["status"] == "done", ended


def test_a_manager_has_the_workbook_of_the_team_made(served, desks):
    manager = desks["manager"]
    team = manager.get("/team").text
    assert 'action="/jobs"' in team
    assert 'value="xlsx-one" selected' in team
    job = ask(manager, what="xlsx-one")
    word = ask(manager, what="docx-zip", unit=UNIT)
    page = manager.get(word).text
    # it is asked about again and again while it is not over
    assert f'hx-get="{word}/progress"' in page
    assert f'action="{word}/cancellation"' in page
    for each in (job, word):
        wait_for(served, each)
    part = manager.get(f"{job}/progress", headers={"HX-Request": "true"}).text
    assert "<html" not in part
    assert "hx-get" not in part
    assert f'href="{job}/file"' in part
    assert 'hx-swap-oob="innerHTML">已完成' in part
    answer = manager.get(f"{job}/file")
    assert answer.headers["content-disposition"].split("filename=")[1].startswith('"team-job-')
    book = load_workbook(io.BytesIO(answer.content))
    # of the five who report to him, and not of himself
    assert (book.sheetnames[:3], len(book.sheetnames)) == (["概览", "课程需求", "单位预算"], 8)
    # who is not in a file is named, with the reason
    done = manager.get(word).text
    assert done.count("没有草稿、已批准或执行中的计划") == 4
    with ZipFile(io.BytesIO(manager.get(f"{word}/file").content)) as files:
        assert [name.split()[-1] for name in files.namelist()] == [f"{EMPLOYEE}.docx"]
    assert manager.get("/jobs").text.count('href="/jobs/job-') == 2
    for role in OTHER_ROLES:
        with served.browser(role) as other:
            for path in ("", "/progress", "/file"):
                assert other.get(f"{job}{path}").status_code == 404
            assert other.post(f"{job}/cancellation").status_code == 404
            assert job not in other.get("/jobs").text


def test_what_cannot_be_had_is_refused(desks):
    hr = desks["hr"]
    assert hr.post("/jobs", data={"what": "docx-one"}).status_code == 422
    unknown = hr.post("/jobs", data={"what": "pdf-zip", "unit": "西区示例分公司"})
    assert unknown.status_code == 404
    manager = desks["manager"].post("/jobs", data={"what": "pdf-one", "unit": "西区示例分公司"})
    assert manager.status_code == 404
    # an employee has no jobs, and is offered none
    job = ask(hr, what="pdf-one", unit=UNIT)
    assert hr.post(f"{job}/cancellation").headers["location"] == job
    assert hr.get(job).status_code == 200


def test_an_employee_is_not_offered_files(served):
    with served.browser("employee") as employee:
        assert "/jobs" not in employee.get("/plans").text


def test_what_repeats_says_when_and_how_often_and_is_stopped_there(served, desks):
    hr = desks["hr"]
    tomorrow = dt.datetime.now(dt.UTC) + dt.timedelta(days=1)
    # as the account that is signed in: it asks for it over HTTP or in a program
    with writing(served.app.state.server.installation.engine) as connection:
        job_id = insert_job(
            connection,
            "plans",
            {"org_unit": UNIT, "as_of": None, "lang": "en"},
            actor="account:hr",
            principal={},
            run_at=tomorrow,
            repeat="daily",
            repeat_since=tomorrow,
        )
    begins = f"Begins at {tomorrow + dt.timedelta(hours=8):%Y-%m-%d %H:%M}"
    page, listed = hr.get(f"/jobs/{job_id}").text, hr.get("/jobs").text
    for text in (page, listed):
        assert "Every day" in text
        assert begins in text
        assert "Cancel and stop repeating" in text
        assert f'action="/jobs/{job_id}/cancellation"' in text
    assert "hx-get" not in page.partition('id="job"')[2]  # nothing changes before its moment
    stopped = hr.post(f"/jobs/{job_id}/cancellation")
    after = hr.get(stopped.headers["location"]).text
    assert "It will not be repeated any more" in after
    assert "It is not repeated any more." in after
