"""A server reads arrays: whoever can write the folder of the models cannot make it run code."""

import hashlib
import json
import os
import pickle
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest
from improvement import registry_models as samples
from organisations import AS_OF, TINY

from recommender.improvement.registry import active_model, judge, promote_model, save_model
from recommender.improvement.registry import card as cards
from recommender.service.access.keys import KeyRequest, create_key
from recommender.service.permissions import Role
from recommender.service.session import open_session
from recommender.settings import Settings

ROOT = Path(__file__).parents[3]
SERVE = """
import json, sys
from fastapi.testclient import TestClient
from api.app import create_app

asked, answered = json.loads(sys.argv[1]), []
with TestClient(create_app(), headers={"Authorization": "Bearer " + sys.argv[2]}) as client:
    for method, path, body in asked:
        reply = client.request(method, path, json=body)
        problem = reply.json()["type"] if reply.status_code >= 400 else ""
        answered.append([reply.status_code, problem.rpartition(":")[2]])
print(json.dumps({"answered": answered, "joblib": "joblib" in sys.modules}))
"""


@dataclass(frozen=True)
class Sentinel:
    """Leaves a trace when it is unpickled."""

    trace: str

    def __reduce__(self):
        return (Path.touch, (Path(self.trace),))


def plant(folder, trace):
    """Put a pickle that runs code in place of the artefact, and a card that says it belongs."""
    content = pickle.dumps(Sentinel(str(trace)))
    (folder / "model.joblib").write_bytes(content)
    card = json.loads((folder / "card.json").read_text(encoding="utf-8"))
    card |= {"artefact_sha256": hashlib.sha256(content).hexdigest()}
    card[cards.CHECKSUM] = cards._checksum({k: v for k, v in card.items() if k != cards.CHECKSUM})
    (folder / "card.json").write_text(json.dumps(card), encoding="utf-8")


@pytest.fixture
def models(tmp_path):
    """Two models, the second in force, whose artefacts run code when they are unpickled."""
    root, model = tmp_path / "models", samples.train()
    facts = samples.facts(metrics=samples.whole_metrics())
    ids = [save_model(root, samples.varied(model, n), facts, by="li").model_id for n in range(2)]
    for number, model_id in enumerate(ids):
        reason = "a pilot" if number else None
        verdict = judge(facts.metrics)
        promote_model(root, model_id, verdict=verdict, by="li", override_reason=reason)
        plant(root / model_id, tmp_path / "trace")
    return root, ids


def test_a_server_unpickles_nothing(models, library_file, tmp_path):
    root, (first, second) = models
    (tmp_path / "copy.db").write_bytes(library_file.read_bytes())
    settings = Settings(
        database=f"sqlite:///{tmp_path / 'copy.db'}", catalog=TINY, models=root, model_key=None
    )
    with open_session(settings, "test") as session:
        token = create_key(session, KeyRequest(label="test", role=Role.ADMIN)).token
    promotion = {"override_reason": "a pilot"}
    asked = [
        ("GET", "/v1/people/00002/recommendations", None, 200, ""),
        ("GET", "/v1/models", None, 200, ""),
        ("GET", f"/v1/models/{second}", None, 200, ""),
        ("GET", f"/v1/models/{second}/report", None, 200, ""),
        ("POST", f"/v1/models/{first}/promotion", promotion, 409, "model.no-signing-key"),
        ("POST", "/v1/trainings", {}, 409, "model.no-signing-key"),
        ("POST", "/v1/model-rollbacks", {"reason": "odd ranks"}, 200, ""),
        ("GET", "/v1/people/00002/recommendations", None, 200, ""),
    ]
    chosen = {
        "RECOMMENDER_DATABASE": settings.database,
        "RECOMMENDER_CATALOG": str(TINY),
        "RECOMMENDER_MODELS": str(root),
        "RECOMMENDER_AS_OF": AS_OF.isoformat(),
        "RECOMMENDER_MODEL_KEY": "",
        "PYTHONPATH": str(ROOT),
    }
    done = subprocess.run(
        [sys.executable, "-c", SERVE, json.dumps([each[:3] for each in asked]), token],
        env=os.environ | chosen,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout.splitlines()[-1])
    assert found["answered"] == [[status, problem] for *_, status, problem in asked]
    assert active_model(root) == first
    assert not found["joblib"]
    assert not (tmp_path / "trace").exists()
