"""A history without re-assessments of untrained people tells the order of modules, no sizes."""

import datetime as dt
import json

import asking
import numpy as np
import pandas as pd
import pytest
from asking import session_of
from organisations import AS_OF, TINY, service_on, someone

from recommender.analysis.effects import effect_table
from recommender.analysis.workbench import open_workbench
from recommender.documents import render_plan_page
from recommender.documents.plan.view import plan_view
from recommender.errors import ConflictError
from recommender.service.learning.files import read_history_files, score_file, train_on_files
from recommender.service.learning.promotion import announcing, promote
from recommender.service.learning.records import summarise
from recommender.service.learning.training import evaluate_history
from recommender.service.people.imports import store_frame
from recommender.service.plans.choices import PlanRequest
from recommender.service.plans.reading import read_plan
from recommender.service.privacy.objections import read_notice
from recommender.store import writing
from recommender.table_kinds import KINDS
from recommender.texts import LANGUAGES

ONLINE, SHELVES = "classes-online", "children-and-shelves"
EXPERTS = {ONLINE: 0.4, SHELVES: 0.3}
SAID = {"zh-CN": "各项提升幅度均为专家估计", "en": "the size of every improvement is an expert"}
OVER_NO_TRAINING = ("比不参加培训多", "over no training")


def records(*, best, controls=0, each=60):
    """A gain of 0.8 by one module and of 0.2 by the other, and people trained in nothing."""
    rng = np.random.default_rng(0)
    module = np.repeat([ONLINE, SHELVES, ""], [each, each, controls])
    before = rng.uniform(0.0, 2.5, module.size)
    gain = np.where(module == best, 0.8, np.where(module == "", 0.0, 0.2))
    return pd.DataFrame(
        {
            "person_id": [f"p{i}" for i in range(module.size)],
            "competency_id": "cataloguing",
            "module_id": module,
            "level_before": before.round(3),
            "level_after": (before + gain + rng.normal(0, 0.1, module.size)).clip(0, 4).round(3),
            "before_on": dt.date(2026, 1, 1),
            "after_on": dt.date(2026, 7, 1),
        }
    )


@pytest.fixture(scope="module", params=[ONLINE, SHELVES])
def order_only(request, tmp_path_factory):
    """A service with such a model in force, and the module that is best by it."""
    folder = tmp_path_factory.mktemp("order-only")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("RECOMMENDER_MODELS", str(folder / "models"))
        put_in_force(f"sqlite:///{folder / 'hr.db'}", best=request.param)
        with service_on(f"sqlite:///{folder / 'hr.db'}", catalog=TINY) as service:
            yield service, request.param


def put_in_force(url, *, best):
    """Train a model by which a module is best, and have it in force for its order only."""
    with service_on(url, catalog=TINY) as service:
        someone(service, grade="librarian", cataloguing=1.0)
        with writing(service.engine) as connection:
            store_frame(connection, KINDS["records"], records(best=best))
        card = asking.train(service, as_of=AS_OF, by="li").card
        session = session_of(service)
        with (
            pytest.raises(ConflictError, match=r"registry\.size-unknown"),
            announcing(session, model_id=card.model_id),
        ):
            promote(session, card.model_id, override_reason="a pilot")
        with announcing(session, model_id=card.model_id, order_only=True):
            promote(session, card.model_id, override_reason="a pilot", order_only=True)
        assert session.details["order_only"] is True


def test_the_order_is_the_models_and_the_sizes_are_the_experts(order_only):
    service, best = order_only
    other = ({ONLINE, SHELVES} - {best}).pop()
    ranked = asking.recommend(service, "L1", as_of=AS_OF, lang="en")
    assert ranked.size_known is False
    assert [item.module_id for item in ranked.recommendations] == [best, other]
    for item in ranked.recommendations:
        (served,) = item.competencies
        assert served.expected_improvement == EXPERTS[item.module_id]
        assert (served.lower, served.upper, served.basis) == (None, None, "expert")
        assert served.evidence_count == 60
        assert "the size is an expert estimate" in item.reasons[-1]
    for found in summarise(session_of(service), competency_id="cataloguing"):
        assert (found.size_known, found.basis, found.lower) == (False, "expert", None)
    notice = read_notice(session_of(service, lang="zh-CN"))
    assert all(SAID["zh-CN"] in proposal.logic for proposal in notice.proposals)


def test_a_plan_is_made_of_the_experts_sizes_and_says_so(order_only, subtests):
    service, _ = order_only
    made, _ = asking.plan(service, "L1", PlanRequest(hours_budget=20), as_of=AS_OF)
    assert made.size_known is False
    assert {item.module_id for item in made.items} == {ONLINE, SHELVES}
    assert made.expected_gap_closed == pytest.approx(0.7)
    assert read_plan(session_of(service), made.plan_id).plan.size_known is False
    (both,) = asking.plan_all(service, PlanRequest(hours_budget=20), as_of=AS_OF)
    assert both.size_known is False
    for lang in LANGUAGES:
        with subtests.test(lang=lang):
            _, document = asking.plan(
                service, "L1", PlanRequest(hours_budget=20), as_of=AS_OF, lang=lang
            )
            assert SAID[lang].lower() in " ".join(plan_view(document, lang=lang)["lead"]).lower()
            page = render_plan_page(document, lang=lang)
            assert SAID[lang].lower() in page.lower()
            assert not any(words in page for words in OVER_NO_TRAINING)


@pytest.fixture
def tables(tmp_path):
    """Files of a history without control rows, on a scale of 0 to 100, and of queries."""
    history = records(best=SHELVES).drop(columns=["before_on", "after_on"])
    for column in ("level_before", "level_after"):
        history[column] *= 25
    history.to_csv(tmp_path / "records.csv", index=False)
    pd.DataFrame(
        {
            "module_id": [ONLINE, SHELVES],
            "competency_ids": "cataloguing",
            "expert_improvement": ["0.6", ""],
        }
    ).to_csv(tmp_path / "modules.csv", index=False)
    pd.DataFrame(
        {
            "person_id": ["q1", "q2", "q3"],
            "competency_id": "cataloguing",
            "module_id": [ONLINE, SHELVES, SHELVES],
            "level": [30.0, 30.0, 96.0],
        }
    ).to_csv(tmp_path / "queries.csv", index=False)
    return tmp_path


def test_scores_of_files_alone_say_what_they_are(tables):
    """The next measured level is told by the records of trained people all the same."""
    scale = (0.0, 100.0)
    card = train_on_files(
        tables / "records.csv", tables / "modules.csv", tables / "model", scale=scale, seed=0
    )
    assert card.size_known is False
    assert json.loads((tables / "model" / "card.json").read_text("utf-8"))["size_known"] is False
    scored = score_file(tables / "model", tables / "queries.csv", tables / "scores.csv")
    assert scored == (3, False)
    scores = pd.read_csv(tables / "scores.csv", dtype=str, keep_default_na=False)
    assert scores["size_known"].tolist() == ["false"] * 3
    # the experts' 0.6 of a level, the usual 0.4, and what is left up to the top of the scale
    improvement = scores["expected_improvement"].astype(float).tolist()
    assert improvement == pytest.approx([15.0, 10.0, 4.0])
    assert (scores[["effect_lower", "effect_upper"]] == "").all(axis=None)
    assert scores["basis"].tolist() == ["expert"] * 3
    online, shelves, _ = scores["rank_score"].astype(float)
    assert online < shelves
    online, shelves, _ = scores["expected_level_after"].astype(float) - 30.0
    assert online == pytest.approx(5.0, abs=2.5)
    assert shelves == pytest.approx(20.0, abs=2.5)
    history = read_history_files(tables / "records.csv", tables / "modules.csv", scale=scale)
    judged = evaluate_history(history, scale=scale)
    assert judged is not None
    assert judged.size_known is False


def test_control_rows_tell_the_size(tables):
    records(best=SHELVES, controls=60).to_csv(tables / "records.csv", index=False)
    card = train_on_files(
        tables / "records.csv", tables / "modules.csv", tables / "model", scale=(0.0, 4.0), seed=0
    )
    assert card.size_known is True
    assert card.expert_improvement == {}
    pd.read_csv(tables / "queries.csv").assign(level=1.2).to_csv(
        tables / "queries.csv", index=False
    )
    score_file(tables / "model", tables / "queries.csv", tables / "scores.csv")
    scores = pd.read_csv(tables / "scores.csv", dtype=str)
    assert set(scores["size_known"]) == {"true"}
    assert scores["rank_score"].tolist() == scores["expected_improvement"].tolist()
    assert scores["effect_lower"].notna().all()


def test_the_notebooks_judge_no_module_by_such_a_model(tmp_path):
    records(best=SHELVES).to_csv(tmp_path / "records.csv", index=False)
    pd.DataFrame({"module_id": [ONLINE, SHELVES], "competency_ids": "cataloguing"}).to_csv(
        tmp_path / "modules.csv", index=False
    )
    bench = open_workbench(tmp_path / "records.csv", tmp_path / "modules.csv")
    effects = effect_table(bench.fit(), bench)
    assert effects["module_id"].tolist() == [SHELVES, ONLINE]
    assert set(effects["finding"]) == {"order-only"}
