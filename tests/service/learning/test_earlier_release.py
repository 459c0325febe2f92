"""A model of an earlier release stops nobody from working, and makes way for a new one."""

import json

import asking
import pytest
import structlog
from asking import session_of
from improvement import registry_models as samples
from organisations import AS_OF, TINY, service_on, someone

from recommender.errors import ModelError
from recommender.improvement.registry import card as cards
from recommender.improvement.registry import save_model
from recommender.service.installation import Installation
from recommender.service.made_up.organisation import make_history
from recommender.service.people.imports import store_frame
from recommender.settings import Settings
from recommender.store import writing
from recommender.table_kinds import KINDS


@pytest.fixture
def installed(tmp_path, monkeypatch):
    """An installation whose model in force has a card as earlier releases wrote it."""
    root, url = tmp_path / "models", f"sqlite:///{tmp_path / 'hr.db'}"
    monkeypatch.setenv("RECOMMENDER_MODELS", str(root))
    facts = samples.facts(metrics=samples.whole_metrics())
    with service_on(url, catalog=TINY) as service:
        someone(service, grade="librarian", cataloguing=1.0)
        key = service.models.key
        card = save_model(root, samples.train(), facts, by="li", key=key)
        service.models.promote(card.model_id, by="li")
    path = root / card.model_id / "card.json"
    plain = json.loads(path.read_text(encoding="utf-8"))
    new = {"estimator", "parameters", "asked_since", "effect_coverage", "top_coverage"}
    plain = {name: value for name, value in plain.items() if name not in {*new, "table_error"}}
    del plain[cards.CHECKSUM]
    plain[cards.CHECKSUM] = cards._checksum(plain)
    content = json.dumps(plain).encode()
    path.write_bytes(content)
    path.with_name("card.sig").write_bytes(cards.sign(content, key))
    return url, card.model_id


def test_a_server_starts_ranks_by_the_experts_and_says_so(installed, tmp_path):
    url, model_id = installed
    settings = Settings(database=url, catalog=TINY, models=tmp_path / "models")
    with structlog.testing.capture_logs() as logged:
        installation = Installation(settings)
        for _ in range(3):
            service = installation.current(imports=0)
    (told,) = [line for line in logged if "earlier release" in line["event"]]
    assert told["model"] == model_id
    assert told["command"] == "recommender train"
    ranked = asking.recommend(service, "L1", as_of=AS_OF)
    assert ranked.model_id is None
    served = [each for item in ranked.recommendations for each in item.competencies]
    assert {each.basis for each in served} == {"expert"}
    # asked for by its id, it is refused
    with pytest.raises(ModelError, match=r"registry\.earlier-release"):
        service.models.load(model_id)
    installation.close()


def test_it_makes_way_for_a_model_of_this_release(installed):
    url, earlier = installed
    with service_on(url, catalog=TINY) as service:
        with writing(service.engine) as connection:
            records = make_history(service.framework, as_of=AS_OF, n_trained=200)
            store_frame(connection, KINDS["records"], records)
        trained = asking.train(service, as_of=AS_OF, by="li")
        assert trained.card.parent == earlier
        # nothing can be asked of the earlier one, so its figures are no condition
        assert {c.figure for c in trained.verdict.comparisons} == {"rmse-baseline", "slope"}
        assert trained.verdict.in_force == earlier
        service.models.promote(trained.card.model_id, by="li", override_reason="a new release")
    with service_on(url, catalog=TINY) as service:
        assert service.estimates.model_id == trained.card.model_id
        assert session_of(service).service.model_not_used is None
