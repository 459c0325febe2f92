"""What a process imports before it answers: figures of time would hold on one machine only."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from organisations import TINY, service_on, someone

from recommender.cli.app import COMMANDS, load_command

ROOT = Path(__file__).parent.parent
# what takes longest to import
ARRAYS = {"numpy", "pandas", "scipy", "sklearn"}
DOCUMENTS = {"fontTools", "highspy", "jinja2", "matplotlib", "typst", "xlsxwriter"}
SERVER = {"alembic", "fastapi", "sqlalchemy", "uvicorn"}
YAML = {"yaml", "training_catalog.files.reading", "training_catalog.checks"}

RUN = "from recommender.cli.app import app; assert not app({}, standalone_mode=False)"
LOAD = "from pathlib import Path; from training_catalog import load_catalog; load_catalog(Path({}))"


def modules_after(code: str) -> set[str]:
    """Return the names of all modules that a new process has imported after running code."""
    report = "; import json, sys; print(json.dumps(sorted(sys.modules)))"
    process = subprocess.run(
        [sys.executable, "-c", code + report],
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=True,
        timeout=120,
    )
    return set(json.loads(process.stdout.splitlines()[-1]))


def test_a_catalogue_loaded_before_is_read_without_yaml(monkeypatch, tmp_path):
    monkeypatch.setenv("RECOMMENDER_CACHE", str(tmp_path))
    load = LOAD.format(repr(str(TINY)))
    cold, warm = modules_after(load), modules_after(load)
    assert cold >= YAML
    assert warm & YAML == set()
    assert warm & (ARRAYS | DOCUMENTS | SERVER | {"tomllib"}) == set()


@pytest.mark.parametrize(
    ("module", "further"),
    [
        ("recommender.errors", {"pydantic", "training_catalog", "tomllib"}),
        ("recommender.texts", {"pydantic", "training_catalog", "tomllib"}),
        ("recommender.results", {"pydantic", "training_catalog", "tomllib"}),
        ("recommender.settings", {"tomllib"}),
        ("training_catalog", {"pydantic_settings", "tomllib"}),
    ],
)
def test_what_everything_imports_is_light(module, further):
    heavy = ARRAYS | DOCUMENTS | SERVER | YAML | further
    assert modules_after(f"import {module}") & heavy == set()


def test_the_list_of_commands_says_what_each_command_says_of_itself():
    for name, (_file, said) in COMMANDS.items():
        command = load_command(name)
        assert command.help.splitlines()[0] == said, name


def test_the_list_of_commands_loads_none_of_them():
    modules = modules_after(RUN.format(["--help"]))
    loaded = {name for name in modules if name.startswith(("recommender.", "training_catalog"))}
    assert loaded == {"recommender.cli", "recommender.cli.app"}
    assert modules & (ARRAYS | DOCUMENTS | SERVER | YAML | {"pydantic"}) == set()


def test_a_question_on_gaps_loads_nothing_that_only_others_need(monkeypatch, tmp_path):
    url = f"sqlite:///{tmp_path / 'new.db'}"
    monkeypatch.setenv("RECOMMENDER_CACHE", str(tmp_path))
    monkeypatch.setenv("RECOMMENDER_CATALOG", str(TINY))
    monkeypatch.setenv("RECOMMENDER_DATABASE", url)
    with service_on(url, catalog=TINY) as service:
        person = someone(service, reference_desk=1.0)
    unneeded = {"alembic", "fastapi", "python_calamine", "scipy", "sklearn", "uvicorn", "yaml"}
    ask = RUN.format(["gaps", person])
    modules_after(ask)  # the first one compiles the catalogue
    modules = modules_after(ask)
    assert "recommender.gaps" in modules
    assert modules & (unneeded | DOCUMENTS) == set()


def test_a_server_loads_no_solver_and_nothing_that_draws():
    """What a worker holds for good; jobs, documents and models load the rest when they need it."""
    later = {"joblib", "scipy.optimize", "sklearn", "docx"} | DOCUMENTS - {"jinja2", "xlsxwriter"}
    assert modules_after("import api.app") & later == set()
