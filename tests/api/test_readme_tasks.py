"""What the READMEs and docs/security say, run as printed, on the demo."""

import contextlib
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
from itertools import groupby
from pathlib import Path

import pytest
from made_once import made_once
from ready_program import ready_program

from recommender.service.access.keys import KeyRequest, create_key, principal_of
from recommender.service.levels.questions import read_gaps
from recommender.service.permissions import Role
from recommender.service.session import open_session
from recommender.settings import Settings

ROOT = Path(__file__).parent.parent.parent
PYTHON = {"PYTHONPATH": str(ROOT), "PYTHONWARNINGS": "ignore"}
# as the READMEs export it
DEMO = {
    "RECOMMENDER_DATABASE": "sqlite:///build/demo/recommender.db",
    "RECOMMENDER_MODELS": "build/demo/models",
}


@pytest.fixture(scope="module")
def program():
    """The folder of the program, which is ready at once."""
    with (
        tempfile.TemporaryDirectory() as folder,
        ready_program(Path(folder), {**os.environ, **PYTHON}) as ready,
    ):
        yield ready


@pytest.fixture(scope="session")
def demo(tmp_path_factory):
    """The folder in which the demo was run, once for all who test side by side."""
    return made_once(
        tmp_path_factory,
        "demo",
        lambda folder: run_bash("recommender demo", folder, Path(sys.executable).parent),
    )


@pytest.fixture
def copied(demo, tmp_path):
    """A folder with a demo of its own."""
    shutil.copytree(demo / "build", tmp_path / "build")
    return tmp_path


def run_bash(script, folder, program, **environment):
    """Run a script as somebody who has installed the product; return what it printed."""
    places = [program, Path(sys.executable).parent, os.environ["PATH"]]
    path = os.pathsep.join(map(str, places))
    printed = folder / "printed.txt"
    with printed.open("wb") as out:
        # a session of its own, so that a server that it leaves behind ends with it
        running = subprocess.Popen(
            ["bash", "-c", script],
            cwd=folder,
            env={**os.environ, **PYTHON, "PATH": path, **environment},
            stdout=out,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        try:
            code = running.wait(timeout=600)
        finally:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(running.pid, signal.SIGKILL)
            running.wait()
    text = printed.read_text(encoding="utf-8")
    assert code == 0, text
    return text


def blocks_of(page):
    """Return the blocks of a page, each with its language."""
    text = (ROOT / page).read_text(encoding="utf-8")
    return re.findall(r"```(sh|python)\n(.*?)```", text, re.S)


def a_free_port():
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        return str(held.getsockname()[1])


@pytest.mark.slow
def test_everything_runs_as_printed(copied, program):
    """The READMEs differ in their comments, and in a few lines, which run in both languages."""
    run_as_printed(copied, program, both(*map(script_of, ("README.zh-CN.md", "README.md"))))


def script_of(readme):
    """Return all blocks but the one with `make` as one script, without comments."""
    (_, made), (_, first), *_ = blocks = blocks_of(readme)
    assert made.startswith("make demo")
    assert first.startswith("set -e\n")
    script = "".join(
        f"cat > tasks.py <<'EOF'\n{block}EOF\npython tasks.py\n" if language == "python" else block
        for language, block in blocks[1:]
    )
    return re.sub(r"(^| +)# .*", "", script, flags=re.M)


def both(chinese, english):
    """Return one script: what differs first as the one has it, then as the other has it."""
    commands = [re.split(r"(?<!\\)\n", script) for script in (chinese, english)]
    merged = []
    for alike, pairs in groupby(zip(*commands, strict=True), key=lambda pair: pair[0] == pair[1]):
        first, second = zip(*pairs, strict=True)
        # the same but for names, words and the language of what is printed
        assert [line.split()[:2] for line in first] == [line.split()[:2] for line in second]
        merged += first if alike else first + second
    return "\n".join(merged)


def run_as_printed(copied, program, script):
    """Run it in one shell; only the port is another, which may be taken."""
    if shutil.which("curl") is None:
        pytest.skip("the READMEs use curl, and there is none here")
    # it is read from the folder of the project
    (copied / "training_catalog").symlink_to(ROOT / "training_catalog")
    said = run_bash(script.replace("8000", a_free_port()), copied, program)
    for name in ("plan.pdf", "sheet.pdf", "booklet.pdf"):
        assert (copied / name).read_bytes().startswith(b"%PDF")
    assert (copied / "scores.csv").read_text(encoding="utf-8").count("\n") == 2
    assert '"status":"done"' in said
    assert "\n404\n" in said
    # approved by all three, each with the key of the README
    assert '"awaiting":[]' in said


@pytest.mark.slow
@pytest.mark.parametrize("page", ["docs/security.md", "docs/security.zh-CN.md"])
def test_auditors_questions_are_answered_by_the_commands_printed(
    copied, program, page, monkeypatch
):
    monkeypatch.chdir(copied)
    settings = Settings(
        database=DEMO["RECOMMENDER_DATABASE"], models=Path(DEMO["RECOMMENDER_MODELS"])
    )
    with open_session(settings, "keys create") as session:
        request = KeyRequest("HR portal", Role.HR, org_unit="西区示例分公司")
        key = create_key(session, request).key
    for person in ("00009", "00005"):
        with open_session(settings, "read_gaps", who=principal_of(key)) as session:
            read_gaps(session, person, as_of=settings.as_of)
    answers = [
        run_bash(block, copied, program, K=key.key_id, **DEMO) for _, block in blocks_of(page)
    ]
    who_saw, what_it_did = answers
    reads = [said.count(f"key:{key.key_id}") for said in answers]
    assert reads == [1, 2]
    assert "HR portal" in who_saw
    assert "cli" in who_saw
    assert "00005" in what_it_did
    assert "cli" not in what_it_did
