"""Training: any estimator by name, judged beside others and beside the model in force."""

import asking
import numpy as np
import pandas as pd
import pytest
from asking import session_of
from organisations import AS_OF, TINY, service_on, someone

from recommender.service.learning.training import train_model
from recommender.service.made_up.organisation import make_history
from recommender.service.people.imports import store_frame
from recommender.store import writing
from recommender.table_kinds import KINDS


@pytest.fixture
def service(tmp_path, monkeypatch):
    """A service with a small history and no model."""
    monkeypatch.setenv("RECOMMENDER_MODELS", str(tmp_path / "models"))
    with service_on(f"sqlite:///{tmp_path / 'hr.db'}", catalog=TINY) as service:
        someone(service, grade="librarian", cataloguing=1.0)
        with writing(service.engine) as connection:
            records = make_history(service.framework, as_of=AS_OF, n_trained=250)
            store_frame(connection, KINDS["records"], records)
        yield service


def test_the_same_history_gives_the_same_arrays(service):
    one, other = (asking.train(service, as_of=AS_OF, by="li").card for _ in range(2))
    assert one.arrays_sha256 == other.arrays_sha256
    assert one.data_digest == other.data_digest
    # for the watch, to find whether it is still asked about the same
    asked = {summary.name for summary in one.inputs}
    assert asked == {"level", "gap", "grade", "unit", "competency", "module"}
    # who is who is in no artefact, whatever an estimator keeps
    people = pd.read_sql("select distinct person_id from improvement_record", service.engine)
    content = (service.models.root / one.model_id / "model.joblib").read_bytes()
    assert not any(person.encode() in content for person in people["person_id"])


def test_an_analysts_own_model_is_trained_judged_promoted_and_ranked_with(service):
    trained = train_model(session_of(service), as_of=AS_OF, estimator="our_models:experts")
    card = trained.card
    assert card.estimator == trained.evaluation.estimator == "our_models:experts"
    assert {"raw-mean", "ancova", "popularity"} < set(trained.evaluation.known)
    service.models.promote(card.model_id, by="li", override_reason="a pilot")
    vars(service).pop("estimates", None)
    ranked = asking.recommend(service, "L1", as_of=AS_OF)
    assert ranked.model_id == card.model_id
    expert = {
        (module.id, step.id): step.expert_improvement
        for module in service.framework.catalog.modules
        for step in module.competencies
    }
    served = [
        (item.module_id, each) for item in ranked.recommendations for each in item.competencies
    ]
    assert served
    for module, each in served:
        assert each.expected_improvement == pytest.approx(expert[module, each.competency_id])
        # it gives no range, so none is shown
        assert each.lower is each.upper is None
        assert each.basis in ("measured", "pooled")
    said = " ".join(reason for item in ranked.recommendations for reason in item.reasons)
    assert "约提升" in said
    assert "专家估计" not in said
    assert " 至 " not in said


def test_a_model_in_force_is_not_compared_on_what_it_was_trained_on(service):
    first = asking.train(service, as_of=AS_OF, by="li")
    service.models.promote(first.card.model_id, by="li", override_reason="a pilot")
    again = asking.train(service, as_of=AS_OF, by="li")
    in_force = {c.figure: c for c in again.verdict.comparisons if c.figure.endswith("in-force")}
    # nothing came after its history: one of its kind, judged on the same folds, stands in for it
    assert in_force["rmse-in-force"].own == pytest.approx(in_force["rmse-in-force"].other)
    assert all(comparison.holds for comparison in in_force.values())
    assert again.verdict.in_force == first.card.model_id
    assert np.isfinite(again.evaluation.coverage_known)
