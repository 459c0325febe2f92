"""Files that mean harm, sent to be imported: each is a failed job with its problem.

A job has a process of its own; what is watched here is the server and that process together.
"""

from __future__ import annotations

import io
import json
import re
import threading
import time
import zipfile

import httpx2
import pytest
from bombs import HEADER, TABLES, WORKBOOKS
from real_server import MemoryWatch, serve_sample
from serving import EMPLOYEE

MOST_MEMORY = 600 * 2**20
QUICK = ("tags without end", "no workbook")
CHOSEN = (
    *QUICK,
    "zeros",
    "entities in the workbook",
    "a workbook of many elements",
    "1000 sheets with a cell far out",
    "a sheet as large as it may be",
    "one line",
    "a million columns",
    "millions of different cells",
)
BOMBS = {**WORKBOOKS, **TABLES}
FORMULAS = ('=cmd|" /C calc"!A0', "+1+1", "-1+1", "@SUM(1)", "\t=1", '=HYPERLINK("http://evil")')


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    with serve_sample(tmp_path_factory.mktemp("files")) as running:
        yield running


@pytest.fixture(scope="module")
def admin(server):
    headers = {"Authorization": f"Bearer {server.keys['admin']}", "Accept-Language": "en"}
    with httpx2.Client(base_url=server.url, headers=headers, timeout=120) as client:
        # the first job also starts the process that jobs are forked from: no bomb's memory
        wait(client, send(client, b"x"))
        yield client


def send(admin, content, *, table="ratings", **query):
    answer = admin.post(f"/v1/imports/{table}", params=query, content=content)
    assert answer.status_code == 202, answer.text
    return answer.json()["job_id"]


def wait(admin, job_id):
    for _ in range(20):
        job = admin.get(f"/v1/jobs/{job_id}?wait=30").json()
        if job["finished_at"]:
            return job
    raise AssertionError(f"{job_id} does not end")


class Others:
    """Somebody who reads meanwhile, and is answered before the client's patience ends."""

    def __init__(self, server):
        self.server = server
        self.answered = 0
        self.done = threading.Event()
        self.thread = threading.Thread(target=self.read)

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.done.set()
        self.thread.join()

    def read(self):
        key = self.server.keys["employee"]
        while True:
            assert self.server.ask("GET", f"/v1/people/{EMPLOYEE}/gaps", key=key).status == 200
            self.answered += 1
            if self.done.wait(0.2):
                return


@pytest.mark.parametrize("titles", [QUICK, pytest.param(CHOSEN, marks=pytest.mark.slow)])
def test_bomb(server, admin, titles, subtests):
    for title in titles:
        with subtests.test(title=title):
            make, code = BOMBS[title]
            content = make()
            watched = MemoryWatch(server.process, with_children=True)
            with watched as memory, Others(server) as others:
                job = wait(admin, send(admin, content))
            assert job["status"] == "failed"
            assert job["problem"]["code"] == code
            assert memory.growth < MOST_MEMORY, memory.growth / 2**20
            assert others.answered
            assert last_word_of(server, job["job_id"]) == ("job failed", code)


def last_word_of(server, job_id):
    """Return what the log says of a job in the end; it is written after the job has ended."""
    ends = time.monotonic() + 60
    while True:
        said = [line for line in server.log() if line.get("job_id") == job_id]
        if (said and said[-1]["event"] == "job failed") or time.monotonic() > ends:
            return said[-1]["event"], said[-1].get("code")
        time.sleep(0.05)


@pytest.mark.slow
def test_a_table_of_rubbish(server, admin):
    """Every bad cell is counted, the first are told; the report is of a size that can be sent."""
    rows = "\n".join([HEADER, *(f"x{n},y,z,q,w,9,2099-01-01" for n in range(20_000))])
    with MemoryWatch(server.process, with_children=True) as memory:
        job = wait(admin, send(admin, rows.encode()))
    assert job["status"] == "failed"
    assert memory.growth < MOST_MEMORY
    assert len(json.dumps(job)) < 2_000_000


def test_formulas_stay_texts(admin):
    """In the copy that comes back with its bad cells marked nothing is computed."""
    lines = [f'"{cell.replace(chr(34), chr(34) * 2)}",g9,x,x,x,x,x' for cell in FORMULAS]
    rows = "\n".join(["person_id,name,org_unit,grade,manager_id,hired_on,synthetic", *lines])
    job = wait(admin, send(admin, rows.encode(), table="people", filename="=1+1.csv"))
    assert job["status"] == "failed"
    report = admin.get(f"/v1/jobs/{job['job_id']}/report.xlsx")
    assert report.status_code == 200
    assert re.fullmatch(r'attachment; filename="[\w.-]+"', report.headers["content-disposition"])
    with zipfile.ZipFile(io.BytesIO(report.content)) as archive:
        text = "".join(archive.read(name).decode("utf-8", "replace") for name in archive.namelist())
    assert "calc" in text
    assert "<f>" not in text
    assert "<f " not in text
    assert "External" not in text  # links lead to cells of the copy


def test_names_of_files(admin, subtests):
    """They are what reports call the file, and nothing that a system would take for a path."""
    for name in [
        "../../etc/cron.d/x",
        "C:\\x\\y.csv",
        "a\x00b",
        ".",
        "..",
        "/",
        "x" * 400,
        "名单.xlsx",
        "\u202egpj.exe",
    ]:
        with subtests.test(name=name):
            job = wait(admin, send(admin, b"x", filename=name.replace("\x00", "\u2400")))
            shown = job["request"]["file_name"]
            assert not re.search(r"[/\\\x00-\x1f:]", shown)
            assert shown not in ("", ".", "..")
            assert len(shown) <= 80


def test_the_server_is_as_it_was(server, admin):
    assert server.is_well()
    assert admin.get("/v1/people").json()["items"]
    assert [line for line in server.log() if line["event"] in ("bug", "job has a bug")] == []
    assert [line for line in server.log() if line["event"] == "job died"] == []
