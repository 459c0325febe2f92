"""What a model's history cannot tell of a module is said where the module is recommended."""

import datetime as dt

import asking
import numpy as np
import pandas as pd
from asking import session_of
from organisations import AS_OF, TINY, service_on, someone

from recommender.service.learning.promotion import announcing, promote
from recommender.service.people.imports import store_frame
from recommender.service.plans.choices import PlanRequest
from recommender.store import writing
from recommender.table_kinds import KINDS

TOGETHER = ("classes-online", "children-and-shelves")
SENTENCE = {"zh-CN": "效果无法区分", "en": "cannot be told apart"}


def taken_together() -> pd.DataFrame:
    """Sixty people who took both modules between two assessments, and sixty who took none."""
    rng = np.random.default_rng(0)
    person = np.concatenate([np.repeat(np.arange(60), 2), np.arange(60, 120)])
    module = np.concatenate([np.tile(TOGETHER, 60), np.repeat("", 60)])
    before = rng.uniform(0.0, 2.5, 120)
    after = before + np.where(np.arange(120) < 60, 0.8, 0.1) + rng.normal(0, 0.1, 120)
    return pd.DataFrame(
        {
            "person_id": [f"p{number}" for number in person],
            "competency_id": "cataloguing",
            "module_id": module,
            "level_before": before[person].round(3),
            "level_after": after[person].clip(0, 4).round(3),
            "before_on": dt.date(2026, 1, 1),
            "after_on": dt.date(2026, 7, 1),
        }
    )


def test_modules_that_were_always_taken_together(tmp_path, monkeypatch, subtests):
    monkeypatch.setenv("RECOMMENDER_MODELS", str(tmp_path / "models"))
    with service_on(f"sqlite:///{tmp_path / 'hr.db'}", catalog=TINY) as service:
        someone(service, grade="librarian", cataloguing=1.0)
        with writing(service.engine) as connection:
            store_frame(connection, KINDS["records"], taken_together())
        card = asking.train(service, as_of=AS_OF, by="li").card
        assert "taken-together" in card.warnings
        session = session_of(service)
        with announcing(session, model_id=card.model_id):
            promote(session, card.model_id, override_reason="a pilot")
    with service_on(f"sqlite:///{tmp_path / 'hr.db'}", catalog=TINY) as service:
        for lang, sentence in SENTENCE.items():
            with subtests.test(lang=lang):
                ranked = asking.recommend(service, "L1", as_of=AS_OF, lang=lang)
                said = {
                    item.module_id: any(sentence in reason for reason in item.reasons)
                    for item in ranked.recommendations
                }
                assert said == dict.fromkeys(TOGETHER, True)
                request = PlanRequest(hours_budget=20)
                made, _ = asking.plan(service, "L1", request, as_of=AS_OF, lang=lang)
                assert made.items
                for item in made.items:
                    assert item.cautions == ("taken-together",)
                    assert any(sentence in reason for reason in item.reasons)
