"""The program as a process: its exit codes, its pipes, its output under any encoding."""

import json
import os
import shutil
import subprocess
import sys

import pytest
from organisations import AS_OF, TINY, fill, service_on

PROGRAM = [sys.executable, "-c", "from recommender.cli import main; main()"]


def run(*words, url="sqlite:///none.db", catalog=TINY, program=None, **environment):
    return subprocess.run(
        [*(program or PROGRAM), *(str(word) for word in words)],
        capture_output=True,
        check=False,
        timeout=600,
        env={
            **os.environ,
            "RECOMMENDER_DATABASE": url,
            "RECOMMENDER_CATALOG": str(catalog),
            "RECOMMENDER_AS_OF": AS_OF.isoformat(),
            "RECOMMENDER_LANG": "zh-CN",
            **environment,
        },
    )


@pytest.fixture(scope="module")
def url(library_file, tmp_path_factory):
    return f"sqlite:///{shutil.copy(library_file, tmp_path_factory.mktemp('process'))}"


def test_a_known_problem_ends_with_1(url):
    found = run("gaps", "nobody", url=url)
    assert found.returncode == 1
    assert b"Traceback" not in found.stderr
    assert found.stdout == b""
    assert found.stderr


def test_a_bug_ends_with_3_and_a_log(url, tmp_path):
    broken = "import recommender.service.levels.questions as q; q.read_standing = None; "
    found = run(
        "gaps",
        "00001",
        url=url,
        program=[sys.executable, "-c", broken + PROGRAM[2]],
        TMPDIR=str(tmp_path),
        RECOMMENDER_LANG="en",
    )
    assert found.returncode == 3
    assert b"Traceback" not in found.stderr
    (log,) = tmp_path.glob("recommender-*.log")
    # in one piece, however long the path
    assert str(log) in found.stderr.decode()
    assert "Traceback" in log.read_text(encoding="utf-8")


def test_a_terminal_that_lacks_characters(url):
    found = run("gaps", "00001", url=url, PYTHONIOENCODING="ascii")
    assert (found.returncode, found.stderr) == (0, b"")
    assert r"\u53c2\u8003\u54a8\u8be2" in found.stdout.decode("ascii")  # 参考咨询


def test_a_pipe_that_is_closed_early(url, tmp_path):
    command = [*PROGRAM, "catalog", "show", "--json"]
    with (tmp_path / "err").open("wb") as errors:
        process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=errors)
        process.stdout.read(1)
        process.stdout.close()
        process.wait(timeout=600)
    assert process.returncode in (0, 1)
    assert (tmp_path / "err").read_bytes() == b""


def test_plans_of_everybody_are_json_and_nothing_else(tmp_path):
    """A solver's own code may print to the standard output of the process: not this one."""
    path = tmp_path / "hr.db"
    from training_catalog.files.loading import DEFAULT_CATALOG

    with service_on(f"sqlite:///{path}") as service:
        fill(service, n_people=5)
    found = run("plan-all", "--json", url=f"sqlite:///{path}", catalog=DEFAULT_CATALOG)
    assert (found.returncode, found.stderr) == (0, b"")
    assert len(json.loads(found.stdout)) == 5
