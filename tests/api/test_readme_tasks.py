"""What the READMEs and docs/security say, run as printed, on the demo."""

import contextlib
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from recommender.service.access.keys import KeyRequest, create_key, principal_of
from recommender.service.levels.questions import read_gaps
from recommender.service.permissions import Role
from recommender.service.session import open_session
from recommender.settings import Settings

ROOT = Path(__file__).parent.parent.parent
RECOMMENDER = Path(sys.executable).parent
# as the READMEs export it
DEMO = {
    "RECOMMENDER_DATABASE": "sqlite:///build/demo/recommender.db",
    "RECOMMENDER_MODELS": "build/demo/models",
}


@pytest.fixture(scope="module")
def demo(tmp_path_factory):
    """The folder in which the demo was run."""
    folder = tmp_path_factory.mktemp("demo")
    run_bash("recommender demo", folder)
    return folder


@pytest.fixture
def copied(demo, tmp_path):
    """A folder with a demo of its own."""
    shutil.copytree(demo / "build", tmp_path / "build")
    return tmp_path


def run_bash(script, folder, **environment):
    """Run a script as somebody who has installed the product; return what it printed."""
    path = f"{RECOMMENDER}{os.pathsep}{os.environ['PATH']}"
    given = {"PATH": path, "PYTHONPATH": str(ROOT), "PYTHONWARNINGS": "ignore"}
    printed = folder / "printed.txt"
    with printed.open("wb") as out:
        # a session of its own, so that a server that it leaves behind ends with it
        running = subprocess.Popen(
            ["bash", "-c", script],
            cwd=folder,
            env={**os.environ, **given, **environment},
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


# a class each, so that the two run beside one another
@pytest.mark.slow
class TestInEnglish:
    def test_everything_runs_as_printed(self, copied):
        run_as_printed(copied, "README.md")


@pytest.mark.slow
class TestInChinese:
    def test_everything_runs_as_printed(self, copied):
        run_as_printed(copied, "README.zh-CN.md")


def run_as_printed(copied, readme):
    """All of it in one shell but for `make`; only the port is another, which may be taken."""
    if shutil.which("curl") is None:
        pytest.skip("the READMEs use curl, and there is none here")
    # it is read from the folder of the project
    (copied / "training_catalog").symlink_to(ROOT / "training_catalog")
    script = []
    for language, block in blocks_of(readme):
        if language == "python":
            (copied / "tasks.py").write_text(block, encoding="utf-8")
            block = "python tasks.py\n"
        script.append(block)
    assert script[0].startswith("make demo")
    assert script[1].startswith("set -e\n")
    whole = "".join(script[1:]).replace("8000", a_free_port())
    said = run_bash(whole, copied)
    for name in ("plan.pdf", "sheet.pdf", "booklet.pdf"):
        assert (copied / name).read_bytes().startswith(b"%PDF")
    assert (copied / "scores.csv").read_text(encoding="utf-8").count("\n") == 2
    assert '"status":"done"' in said
    assert "\n404\n" in said
    # approved by all three, each with the key of the README
    assert '"awaiting":[]' in said


@pytest.mark.slow
@pytest.mark.parametrize("page", ["docs/security.md", "docs/security.zh-CN.md"])
def test_auditors_questions_are_answered_by_the_commands_printed(copied, page, monkeypatch):
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
    answers = [run_bash(block, copied, K=key.key_id, **DEMO) for _, block in blocks_of(page)]
    who_saw, what_it_did = answers
    reads = [said.count(f"key:{key.key_id}") for said in answers]
    assert reads == [1, 2]
    assert "HR portal" in who_saw
    assert "cli" in who_saw
    assert "00005" in what_it_did
    assert "cli" not in what_it_did
