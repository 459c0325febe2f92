"""Models on files alone: no database, no key, and nothing is unpickled."""

import hashlib
import json
import pickle
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from improvement.registry_models import KEY
from simulated_tables import to_frames

from recommender.errors import ModelError
from recommender.improvement.registry import card as cards
from recommender.improvement.simulation.synthetic import SimulationSettings, simulate
from recommender.service.learning.files import score_file, train_on_files
from recommender.service.models import Models

SCALE = (0.0, 4.0)


@dataclass(frozen=True)
class Sentinel:
    """Leaves a trace when it is unpickled."""

    trace: str

    def __reduce__(self):
        return (Path.touch, (Path(self.trace),))


@pytest.fixture(scope="module")
def tables(tmp_path_factory):
    """Files of records, of modules, and of queries."""
    folder = tmp_path_factory.mktemp("tables")
    made = simulate(
        SimulationSettings(
            n_people=80, n_competencies=4, n_modules=8, n_trained=120, n_untrained=250
        ),
        seed=1,
    )
    records, modules = to_frames(made)
    columns = ["person_id", "competency_id", "module_id", "level_before", "level_after"]
    records[columns].to_csv(folder / "records.csv", index=False)
    addressed, ids = modules["competency_ids"].tolist(), modules["module_id"].tolist()
    modules[["module_id", "competency_ids"]].to_csv(folder / "modules.csv", index=False)
    pd.DataFrame(
        {
            "person_id": "p1",
            "competency_id": [each.split(";")[0] for each in addressed],
            "module_id": ids,
            "level": 1.5,
        }
    ).to_csv(folder / "queries.csv", index=False)
    return folder


def train(tables, out, key=None):
    return train_on_files(
        tables / "records.csv", tables / "modules.csv", out, scale=SCALE, seed=0, key=key
    )


def test_a_model_without_a_range_leaves_its_bounds_empty(tables, tmp_path):
    names = tables / "records.csv", tables / "modules.csv"
    train_on_files(*names, tmp_path / "ridge", scale=SCALE, estimator="ridge", seed=0)
    score(tables, tmp_path / "ridge", tmp_path / "scores.csv")
    scores = pd.read_csv(tmp_path / "scores.csv", dtype=str, keep_default_na=False)
    assert (scores[["effect_lower", "effect_upper"]] == "").all(axis=None)
    assert scores["level_after_lower"].astype(float).notna().all()


def score(tables, model, out):
    assert score_file(model, tables / "queries.csv", out) == (8, True)
    return pd.read_csv(out)["expected_improvement"].to_numpy()


def test_a_model_is_trained_and_scores_with_no_key_and_no_pickle(tables, tmp_path):
    model, trace = tmp_path / "model", tmp_path / "trace"
    train(tables, model)
    first = score(tables, model, tmp_path / "scores.csv")
    assert np.isfinite(first).all()
    content = pickle.dumps(Sentinel(str(trace)))
    (model / "model.joblib").write_bytes(content)
    card = json.loads((model / "card.json").read_text(encoding="utf-8"))
    card |= {"artefact_sha256": hashlib.sha256(content).hexdigest()}
    card[cards.CHECKSUM] = cards._checksum({k: v for k, v in card.items() if k != cards.CHECKSUM})
    (model / "card.json").write_text(json.dumps(card), encoding="utf-8")
    assert (score(tables, model, tmp_path / "again.csv") == first).all()
    assert not trace.exists()


def test_such_a_model_is_not_put_in_force_unless_it_is_signed(tables, tmp_path):
    models = Models(tmp_path, key=KEY)
    made = train(tables, tmp_path / "alone")
    (tmp_path / "alone").rename(tmp_path / made.model_id)
    with pytest.raises(ModelError, match=r"registry\.unsigned"):
        models.promote(made.model_id, by="li", override_reason="a pilot")
    signed = train(tables, tmp_path / "signed", key=KEY)
    train(tables, tmp_path / "signed")  # again, without: the signature of the first goes with it
    assert not (tmp_path / "signed" / "card.sig").exists()
    signed = train(tables, tmp_path / "signed", key=KEY)
    # a registry of its own: made in the same second from the same tables, they have the same id
    models = Models(tmp_path / "another", key=KEY)
    (tmp_path / "another").mkdir()
    (tmp_path / "signed").rename(tmp_path / "another" / signed.model_id)
    models.promote(signed.model_id, by="li", override_reason="a pilot")
    assert models.active() == signed.model_id
