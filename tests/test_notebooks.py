"""The notebooks run, on a database, on a pseudonymised export and with nothing at all."""

from __future__ import annotations

import datetime as dt
import json
import re
import shutil
from pathlib import Path

import asking
import nbformat
import numpy as np
import pytest
from nbclient import NotebookClient
from organisations import fill, service_on

from recommender import Settings, open_workbench
from recommender.analysis import compare_effects, effect_by_level, effect_table, judge_later
from recommender.service.made_up.organisation import make_history
from recommender.service.people.imports import store_frame
from recommender.store import writing
from recommender.table_kinds import KINDS

ROOT = Path(__file__).parent.parent
NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))
QUICK = "01-look-at-the-history"
AS_OF = dt.date(2026, 11, 1)
SMALL_LOOP = """
from recommender import SimulationSettings
LOOP = LoopSettings(
    SimulationSettings(
        n_people=50, n_competencies=3, n_modules=12, n_trained=100, n_untrained=150
    ),
    n_quarters=2,
)
"""


@pytest.fixture(scope="module")
def analyst(tmp_path_factory) -> Path:
    """A folder with a small database, an export of it, and no models."""
    folder = tmp_path_factory.mktemp("analyst")
    with service_on(f"sqlite:///{folder / 'small.db'}") as service:
        fill(service, n_people=30)
        records = make_history(service.framework, as_of=AS_OF, n_trained=300)
        with writing(service.engine) as connection:
            store_frame(connection, KINDS["records"], records)
        asking.export_history(service, folder / "export.csv", pseudonymise=True, as_of=AS_OF)
    return folder


@pytest.fixture
def settings(analyst, tmp_path) -> Settings:
    shutil.copyfile(analyst / "small.db", tmp_path / "small.db")
    return Settings(
        database=f"sqlite:///{tmp_path / 'small.db'}", models=tmp_path / "models", as_of=AS_OF
    )


def run(path: Path, folder: Path, monkeypatch, parameters: str = "", **environment: str):
    """Execute a notebook in a folder; return all that it printed, and how many pictures it drew."""
    for name in ("DATABASE", "MODELS", "CATALOG", "LANG"):
        monkeypatch.delenv(f"RECOMMENDER_{name}", raising=False)
    monkeypatch.setenv("PYTHONWARNINGS", "error::FutureWarning")
    for name, value in environment.items():
        monkeypatch.setenv(f"RECOMMENDER_{name}", value)
    notebook = nbformat.read(path, as_version=4)
    tagged = [c for c in notebook.cells if "parameters" in c.metadata.get("tags", [])]
    assert len(tagged) == 1
    tagged[0].source += "\n" + parameters
    client = NotebookClient(
        notebook, timeout=600, kernel_name="python3", resources={"metadata": {"path": str(folder)}}
    )
    client.execute()
    outputs = [o for cell in notebook.cells for o in cell.get("outputs", [])]
    assert not [o for o in outputs if o.get("name") == "stderr"]
    text = "".join(o.get("text", "") + o.get("data", {}).get("text/plain", "") for o in outputs)
    return text, sum("image/png" in o.get("data", {}) for o in outputs)


@pytest.mark.parametrize(
    "path",
    [
        pytest.param(path, id=path.stem, marks=[] if path.stem == QUICK else pytest.mark.slow)
        for path in NOTEBOOKS
    ],
)
def test_it_runs_on_a_database(path, settings, tmp_path, monkeypatch):
    parameters = SMALL_LOOP if path.stem.startswith("05") else ""
    text, pictures = run(
        path,
        tmp_path,
        monkeypatch,
        parameters,
        DATABASE=settings.database,
        MODELS=str(settings.models),
        AS_OF=str(AS_OF),
    )
    assert pictures >= 2
    assert "数据来自数据库" in text or path.stem.startswith("05")
    kept = list(tmp_path.glob("models/*/card.json"))
    assert len(kept) == (1 if path.stem.startswith("02") else 0)
    assert not (tmp_path / "models" / "active.json").exists()


@pytest.mark.slow
def test_it_runs_on_a_pseudonymised_export(analyst, tmp_path, monkeypatch):
    text, _ = run(
        ROOT / "notebooks" / "01-look-at-the-history.ipynb",
        tmp_path,
        monkeypatch,
        f"HISTORY_FILE = {str(analyst / 'export.csv')!r}",
        LANG="en",
    )
    assert "From files: 9" in text
    assert "improvement records" in text


def test_what_is_kept_is_stripped_and_bilingual(subtests):
    for path in NOTEBOOKS:
        with subtests.test(path.stem):
            notebook = json.loads(path.read_text(encoding="utf-8"))
            nbformat.validate(notebook)
            assert notebook["metadata"]["kernelspec"]["name"] == "python3"
            code = [cell for cell in notebook["cells"] if cell["cell_type"] == "code"]
            assert all(cell["outputs"] == [] and cell["execution_count"] is None for cell in code)
            for cell in notebook["cells"]:
                text = "".join(cell["source"])
                assert not re.search(r"/home/|/work/|/tmp/|/root/|[A-Z]:\\", text)
                if cell["cell_type"] == "markdown":
                    heading = text.splitlines()[0]
                    assert re.fullmatch(r"#{1,2} [^·]*[\u3400-\u9fff][^·]* · [ -~’]+", heading)
                else:
                    assert len(text.splitlines()) <= 24
            source = "".join("".join(cell["source"]) for cell in code)
            # what it shows is found in the product, where it is tested
            assert set(re.findall(r"from (recommender[\w.]*) import", source)) == {"recommender"}
            assert not re.search(r"\bdef |\bclass |\bwhile ", source)


def test_without_a_database_the_history_is_simulated(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("RECOMMENDER_DATABASE", raising=False)
    bench = open_workbench(settings=Settings())
    assert bench.source == "simulated"
    assert "模拟" in bench.describe()
    assert len(bench.history.intervals) == 4500
    assert list(tmp_path.iterdir()) == []


def test_findings_follow_from_interval_and_evidence(settings):
    bench = open_workbench(settings=settings)
    model = bench.fit()
    table = effect_table(model, bench, useful=0.25, enough=3)
    assert len(table) == len(bench.history.pairs)
    assert table["effect"].is_monotonic_decreasing
    for row in table.itertuples():
        expected = "unclear"
        if row.records < 3:
            expected = "unknown"
        elif row.upper < 0.25:
            expected = "weak"
        elif row.lower > 0:
            expected = "works"
        assert row.finding == expected
    trained = bench.history.frame.query("module_id != ''")
    assert table["records"].sum() == len(trained)
    some = table[table["main"] & (table["records"] > 0)].iloc[0]
    own = trained[
        (trained["module_id"] == some["module_id"])
        & (trained["competency_id"] == some["competency_id"])
    ]
    assert some["raw_gain"] == pytest.approx((own["level_after"] - own["level_before"]).mean())
    curve = effect_by_level(model, bench, [some["module_id"]])
    at = curve[np.isclose(curve["level"], some["level"])]
    assert at["effect"].tolist() == pytest.approx([some["effect"]])


@pytest.mark.slow
def test_two_models_are_judged_on_what_neither_has_seen(settings):
    bench = open_workbench(settings=settings)
    first, second = bench.fit(share=0.6), bench.fit(share=0.8)
    assert first.trained_on < second.trained_on
    scores, bins = judge_later({"a": first, "b": second}, bench)
    frame = bench.history.frame
    later = frame[(frame["after_on"] > second.trained_on) & (frame["module_id"] != "")]
    assert {score.n_records for score in scores.values()} == {len(later)}
    assert bins["a"].count.sum() == len(later)
    assert judge_later({"all": bench.fit()}, bench) == ({}, {})
    changes = compare_effects(first, second, bench)
    assert changes["change"].abs().is_monotonic_decreasing
    assert (changes["records_second"] >= changes["records_first"]).all()
    assert compare_effects(first, first, bench)["change"].abs().max() == 0
