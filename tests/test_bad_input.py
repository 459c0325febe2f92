"""Bad input never ends in a traceback or a half-written state."""

from __future__ import annotations

import contextlib
import os
import random
import resource
import shutil
import signal
import sqlite3
import stat
import subprocess
import sys
import time
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
from command_line import CHINESE, CommandLine
from organisations import TINY, without_privileges

from recommender.exchange import write_xlsx
from recommender.store.database import connections
from recommender.table_kinds import KINDS

PROGRAM = [sys.executable, "-c", "from recommender.cli import main; main()"]
PERSON = {"person_id": "90001", "name": "欧阳静", "org_unit": "总馆", "grade": "assistant"}
GRADED = {
    "person_id": "00001",
    "competency_id": "reference-desk",
    "level": 2,
    "method": "面谈",
    "assessed_on": "2026-10-01",
}
MODULE = {
    "module_id": "new-one",
    "title": "新模块",
    "competency_ids": "cataloguing",
    "from_level": 1,
    "to_level": 2,
    "modality": "online",
    "hours": 4,
    "cost": 0,
    "prerequisites": "",
}


@pytest.fixture
def call(library_file, tmp_path, monkeypatch) -> CommandLine:
    """The command line on ten people of the tiny framework, in an empty folder."""
    monkeypatch.chdir(tmp_path)
    return CommandLine(shutil.copy(library_file, tmp_path / "library.db"))


def table(kind: str, *rows: dict[str, object]) -> Callable[[Path], None]:
    return lambda path: write_xlsx(list(rows), path, kind=KINDS[kind])


def raw(content: bytes) -> Callable[[Path], None]:
    return lambda path: path.write_bytes(content) and None


def bomb(path: Path) -> None:
    """Write a workbook of some KB whose one sheet unpacks to half a gigabyte."""
    table("people", PERSON)(path)
    with zipfile.ZipFile(path) as archive:
        parts = {info.filename: archive.read(info) for info in archive.infolist()}
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            if name != "xl/worksheets/sheet1.xml":
                archive.writestr(name, content)
        with archive.open("xl/worksheets/sheet1.xml", "w") as sheet:
            sheet.write(b"<worksheet><sheetData>")
            for _ in range(50):
                sheet.write(b"<row/>" * (10 * 2**20 // 6))


def unreadable(path: Path) -> None:
    table("people", PERSON)(path)
    path.chmod(0)


def people_circle(path: Path) -> None:
    rows = [PERSON | {"person_id": f"9{n}", "manager_id": f"9{(n + 1) % 3}"} for n in range(3)]
    table("people", *rows)(path)


CASES: dict[str, tuple[str, Callable[[Path], None], str]] = {
    "empty file": ("people", raw(b""), "file.empty"),
    "PDF": ("people", raw(b"%PDF-1.7 x"), "file.is_pdf"),
    "old Excel": ("people", raw(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" * 99), "file.is_xls"),
    "wrong kind of table": ("ratings", table("people", PERSON), "file.wrong_kind"),
    "10 MB of noise": ("people", raw(random.Random(1).randbytes(10 * 2**20)), "file.is_noise"),
    "noise as xlsx": (
        "people",
        raw(b"PK\x03\x04" + random.Random(2).randbytes(10 * 2**20)),
        "file.broken",
    ),
    "zip bomb": ("people", bomb, "file.bomb"),
    "no such file": ("people", lambda path: None, "file.not_found"),
    "folder": ("people", lambda path: path.mkdir(), "file.is_folder"),
    "no permission": ("people", unreadable, "file.cannot_read"),
    "formula in a name": (
        "people",
        table("people", PERSON | {"name": '=HYPERLINK("http://x","y")'}),
        "table.formula_text",
    ),
    "the same id twice": ("people", table("people", PERSON, PERSON), "table.duplicate"),
    "unknown competency": (
        "assessments",
        table("assessments", GRADED | {"competency_id": "resilience"}),
        "table.unknown_competency",
    ),
    "unknown person": (
        "assessments",
        table("assessments", GRADED | {"person_id": "x"}),
        "table.unknown_person",
    ),
    "level of 9": (
        "assessments",
        table("assessments", GRADED | {"level": 9}),
        "table.out_of_range",
    ),
    "level of NaN": (
        "assessments",
        table("assessments", GRADED | {"level": "NaN"}),
        "table.out_of_range",
    ),
    "date in the future": (
        "assessments",
        table("assessments", GRADED | {"assessed_on": "2199-01-01"}),
        "table.future_date",
    ),
    "one bad row among good ones": (
        "assessments",
        table(
            "assessments",
            GRADED,
            GRADED | {"person_id": "00002"},
            GRADED | {"person_id": "00003", "level": -1},
        ),
        "table.out_of_range",
    ),
    "circle of managers": ("people", people_circle, "table.manager_cycle"),
    "circle with those who are there": (
        "people",
        table("people", PERSON | {"manager_id": "90001"}),
        "table.manager_cycle",
    ),
    "circle of prerequisites": (
        "modules",
        table(
            "modules",
            MODULE | {"module_id": "a", "prerequisites": "b"},
            MODULE | {"module_id": "b", "prerequisites": "a"},
        ),
        "table.prerequisite_cycle",
    ),
}


@pytest.mark.parametrize("title", CASES)
def test_tables(title, call, tmp_path):
    kind, write, code = CASES[title]
    path = tmp_path / "表.xlsx"
    write(path)
    before = call.counts()
    privileges = without_privileges() if title == "no permission" else contextlib.nullcontext()
    if title == "no permission":
        # all the way down to the file there is no obstacle; it alone is closed
        for place in (tmp_path, call.file):
            place.chmod(0o777)
        for place in tmp_path.parents:
            if place.owner() == tmp_path.owner() and not place.stat().st_mode & stat.S_IXGRP:
                place.chmod(place.stat().st_mode | stat.S_IXGRP | stat.S_IXOTH)
    with privileges:
        for lang in ("zh-CN", "en"):
            found = call("import", kind, path, "--lang", lang)
            assert found.code == 1
            assert found.out == ""
            assert "Traceback" not in found.err
            first, *more = found.err.splitlines()
            assert bool(CHINESE.search(first.replace(path.name, ""))) == (lang == "zh-CN")
            assert " — " in first
            assert len(more) == (1 if code.startswith("table.") else 0)
            told = call("import", kind, path, "--lang", lang, "--json").json["error"]
            assert told["code"] == ("table.faults" if code.startswith("table.") else code)
            again = call("import", kind, path, "--lang", lang, "--dry-run")
            assert (again.code, again.err) == (1, found.err)
    assert call.counts() == before
    leftover = {p.name for p in tmp_path.iterdir()} - {path.name}
    assert leftover <= {"library.db", "library.db-wal", "library.db-shm"}


def test_the_fault_is_the_one_that_is_meant(call, tmp_path):
    """The report of a table names the fault, its row and its column in either language."""
    from recommender.texts import say

    for number, (title, (kind, write, code)) in enumerate(CASES.items()):
        if not code.startswith("table."):
            continue
        path = tmp_path / f"{number}.xlsx"
        write(path)
        for lang in ("zh-CN", "en"):
            found = call("import", kind, path, "--json", "--lang", lang).json["error"]["faults"]
            beginning = say(code, lang, **dict.fromkeys(("other", "cycle", "name"), "§"))
            assert found[0]["message"].startswith(beginning.split("§")[0]), title
            assert found[0]["row"] >= 2


# -- catalogue folders --


@pytest.mark.parametrize(
    ("file", "change"),
    [
        ("modules/all.yaml", ("prerequisites: [desk-basics]", "prerequisites: [desk-interview]")),
        ("modules/all.yaml", ("from_level: 0, to_level: 2", "from_level: 2, to_level: 1")),
        ("catalog.yaml", ("grades:", "grades: [")),
        ("profiles/assistant.yaml", ("level: 2,", "level: 9,")),
        ("profiles/assistant.yaml", ("level: 2,", "level: .nan,")),
        ("competencies/cataloguing.yaml", ("weight: 3", "weight: 0")),
    ],
    ids=["circle", "levels", "not YAML", "level of 9", "level of NaN", "weight of nothing"],
)
def test_catalogue_folders(file, change, call, tmp_path):
    folder = shutil.copytree(TINY, tmp_path / "catalog")
    text = (folder / file).read_text(encoding="utf-8")
    assert change[0] in text
    (folder / file).write_text(text.replace(*change), encoding="utf-8")
    before = call.counts()
    for words in (["catalog", "check"], ["gaps", "00001"], ["plan", "00001"]):
        for lang in ("zh-CN", "en"):
            found = call(*words, "--catalog", folder, "--lang", lang)
            assert found.code == 1
            assert "Traceback" not in found.err
            assert file in found.err
            assert bool(CHINESE.search(found.err)) == (lang == "zh-CN")
    assert call.counts() == before


# -- the database --


def test_locked_database(call, tmp_path, monkeypatch):
    monkeypatch.setattr(connections, "BUSY_MILLISECONDS", 100)
    table("people", PERSON)(tmp_path / "p.xlsx")
    holder = sqlite3.connect(call.file, isolation_level=None)
    holder.execute("BEGIN IMMEDIATE")
    before = call.counts()
    for lang, word in (("zh-CN", "占用"), ("en", "in use")):
        # also a question is refused: it could not be noted in the audit trail
        for words in (["import", "people", "p.xlsx"], ["plan", "00001"], ["gaps", "00001"]):
            found = call(*words, "--lang", lang)
            assert found.code == 1
            assert word in found.err
            assert "Traceback" not in found.err
    holder.execute("ROLLBACK")
    holder.close()
    assert call.counts() == before
    assert call("import", "people", "p.xlsx").code == 0


@pytest.mark.parametrize(
    "content", [b"", b"noise" * 5000, b"SQLite format 3\x00" + bytes(5000)], ids=["", "text", "cut"]
)
def test_a_database_that_is_none(content, call, tmp_path):
    path = tmp_path / "noise.db"
    path.write_bytes(content)
    for lang in ("zh-CN", "en"):
        found = call("gaps", "00001", "--database", f"sqlite:///{path}", "--lang", lang)
        assert found.code == 1
        assert "Traceback" not in found.err
    if content:
        assert path.read_bytes() == content


# -- what can happen to the process --


def start(call: CommandLine, *words: object, program: str = PROGRAM[2], **how) -> subprocess.Popen:
    return subprocess.Popen(
        [sys.executable, "-c", program, *(str(word) for word in words)],
        env={**os.environ, **call.environment, "RECOMMENDER_LANG": "en"},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        encoding="utf-8",
        **how,
    )


def mind_ctrl_c() -> None:
    # a shell that runs the tests in the background has its children ignore Ctrl-C
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def small_files_only() -> None:
    # a write beyond it fails as on a full disk; Python ignores the signal that goes with it
    resource.setrlimit(resource.RLIMIT_FSIZE, (600_000, resource.RLIM_INFINITY))


def many_people(path: Path, *, n: int = 12_000) -> None:
    rows = "".join(f"9{i:06d},员工{i},总馆/部门{i % 50},assistant\n" for i in range(n))
    path.write_text("person_id,name,org_unit,grade\n" + rows, encoding="utf-8")


def test_full_disk(call, tmp_path):
    many_people(tmp_path / "p.csv")
    before = call.counts()
    process = start(call, "import", "people", "p.csv", preexec_fn=small_files_only)
    out, err = process.communicate(timeout=600)
    assert (process.returncode, out) == (1, "")
    assert "full" in err
    assert "Traceback" not in err
    assert call.counts() == before
    assert call("import", "people", "p.csv").code == 0


INTERRUPTED = """
import os, signal
import recommender.service.people.imports as intake
from recommender.cli import main

real = intake.{step}

def interrupted(*given, **named):
    found = real(*given, **named)
    os.kill(os.getpid(), signal.SIGINT)
    return found

intake.{step} = interrupted
main()
"""


@pytest.mark.parametrize("step", ["read_import", "write_frame"])
def test_ctrl_c(step, call, tmp_path):
    many_people(tmp_path / "p.csv", n=2000)
    before = call.counts()
    program = INTERRUPTED.format(step=step)
    process = start(call, "import", "people", "p.csv", program=program, preexec_fn=mind_ctrl_c)
    out, err = process.communicate(timeout=600)
    assert process.returncode == 130
    assert (out, "Traceback" in err) == ("", False)
    assert "interrupted" in err
    assert call.counts() == before


STARTED = """
from pathlib import Path
from recommender.cli import main

Path("started").touch()
main()
"""


def test_ctrl_c_at_any_moment(call, tmp_path, subtests):
    """From outside: no traceback either, whenever it comes once the program has begun."""
    many_people(tmp_path / "p.csv", n=2000)
    before = call.counts()
    for seconds in (0, 0.5):
        with subtests.test(seconds=seconds):
            (tmp_path / "started").unlink(missing_ok=True)
            process = start(
                call, "import", "people", "p.csv", program=STARTED, preexec_fn=mind_ctrl_c
            )
            while not (tmp_path / "started").exists():
                assert process.poll() is None
                time.sleep(0.005)
            time.sleep(seconds)
            process.send_signal(signal.SIGINT)
            _, err = process.communicate(timeout=600)
            assert process.returncode in (130, 0)
            assert "Traceback" not in err
            if process.returncode == 130:
                assert call.counts() == before
