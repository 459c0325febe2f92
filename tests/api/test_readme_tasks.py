"""HR's five tasks, word for word as the READMEs have them, against a real server."""

import os
import re
import subprocess
import sys
import threading
import time
from pathlib import Path

import pandas as pd
import pytest
import uvicorn
from serving import UNIT, make_key, settings_for, store_sample

from api.app import create_app
from recommender.service.access.keys import KeyRequest
from recommender.service.permissions import Role

ROOT = Path(__file__).parent.parent.parent


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    """Address of a real server, a key of HR, and a folder with a file of ratings."""
    folder = tmp_path_factory.mktemp("tasks")
    settings = settings_for(f"sqlite:///{folder / 'tasks.db'}", folder)
    sample = store_sample(settings)
    key = make_key(settings, KeyRequest("hr", Role.HR, org_unit=UNIT))
    rows = pd.concat(sample.ratings.values())
    rows[rows["person_id"] == "00009"].to_excel(
        folder / "ratings.xlsx", index=False, engine="xlsxwriter"
    )
    running = uvicorn.Server(
        uvicorn.Config(create_app(settings), port=0, log_config=None, ws="none")
    )
    thread = threading.Thread(target=running.run)
    thread.start()
    while not running.started:
        time.sleep(0.02)
    port = running.servers[0].sockets[0].getsockname()[1]
    yield f"http://127.0.0.1:{port}", key, folder
    running.should_exit = True
    thread.join()


def test_tasks_run_as_written(server, subtests):
    for language in ["sh", "python"]:
        for readme in ["README.md", "README.zh-CN.md"]:
            with subtests.test(language=language, readme=readme):
                address, key, folder = server
                text = (ROOT / readme).read_text(encoding="utf-8")
                (code,) = re.findall(rf"```{language} hr-tasks\n(.*?)```", text, re.S)
                command = (
                    ["bash", "-euo", "pipefail", "-c"]
                    if language == "sh"
                    else [sys.executable, "-c"]
                )
                done = subprocess.run(
                    [*command, code],
                    cwd=folder,
                    env={**os.environ, "API": address, "KEY": key, "PYTHONWARNINGS": "ignore"},
                    capture_output=True,
                    text=True,
                    timeout=600,
                    check=False,
                )
                assert done.returncode == 0, done.stderr
                assert "done" in done.stdout
                assert (folder / "plan.pdf").read_bytes().startswith(b"%PDF")
                (folder / "plan.pdf").unlink()
