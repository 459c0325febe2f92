"""A small trained model and verdicts for the tests of the registry."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from functools import cache
from typing import Any

import numpy as np
from improvement.histories import draw, fit_table

from recommender.improvement.registry import CardFacts, TrainedModel, Verdict, judge

KEY = b"k" * 32


@cache
def train() -> TrainedModel:
    """Fit a model on a small simulated history."""
    simulation = draw(
        seed=1, n_people=80, n_competencies=4, n_modules=8, n_trained=120, n_untrained=250
    )
    estimator, table = fit_table(simulation)
    return TrainedModel(
        fit=table,
        module_ids=tuple(f"m{code}" for code in range(8)),
        competency_ids=("digital", "finance", "influence", "negotiation"),
        org_ids=tuple(f"u{code}" for code in range(table.org_effects.size)),
        catalog_digest="c" * 64,
        scale=(0.0, 4.0),
        trained_on=dt.date(2026, 6, 30),
        estimator=estimator,
    )


def varied(model: TrainedModel, number: int) -> TrainedModel:
    """The model with other effects, for a registry of several."""
    effect = model.fit.effect + number / 1000.0
    # The parts add up to the effect.
    parts = model.fit.parts + np.array([number / 1000.0, 0.0, 0.0])[:, None, None]
    return replace(model, fit=replace(model.fit, effect=effect, parts=parts))


def metrics(
    own: float | None = 0.5,
    slope: float = 0.95,
    in_force: dict[str, Any] | None = None,
    **others: float | None,
) -> dict[str, Any]:
    """Figures as an evaluation gives them."""
    baselines = others or {"raw_mean": 0.55, "ancova": 0.51}
    known = {
        name.replace("_", "-"): {"rmse": rmse, "slope": 0.5} for name, rmse in baselines.items()
    }
    found: dict[str, Any] = {"known": {"effect-model": {"rmse": own, "slope": slope}, **known}}
    return found | ({"in_force": in_force} if in_force else {})


def whole_metrics(own: float = 0.5) -> dict[str, Any]:
    """All figures of an evaluation, as a card holds them."""
    scores = {
        name: {"rmse": rmse, "r_squared": 0.1, "slope": 0.95, "n_records": 400}
        for name, rmse in {"effect-model": own, "raw-mean": 0.55, "ancova": 0.51}.items()
    }
    bins = {
        "predicted": [0.1, 0.4],
        "measured": [0.15, 0.38],
        "standard_error": [0.05, None],
        "count": [399, 1],
    }
    paired = {"known": 0.05, "known_error": 0.01, "cold": 0.04, "cold_error": None}
    return {
        "estimator": "effect-model",
        "known": scores,
        "cold": scores,
        "paired": {"raw-mean": paired, "ancova": paired},
        "coverage_by_evidence": {"groups": ["0", "1-4"], "share": [None, 0.9], "count": [0, 400]},
        "coverage_by_band": {"groups": ["0-1", "1-2"], "share": [0.9, 0.9], "count": [200, 200]},
        "coverage_known": 0.9,
        "coverage_cold": 0.88,
        "calibration_known": bins,
        "calibration_cold": bins,
    }


def facts(**changed: Any) -> CardFacts:
    """Facts for a card."""
    whole = CardFacts(
        data_digest="d" * 64,
        first_day=dt.date(2023, 7, 1),
        last_day=dt.date(2026, 6, 30),
        counts={
            "records": 370,
            "trained": 120,
            "controls": 250,
            "people": 80,
            "modules": 8,
            "modules_with_records": 7,
        },
        metrics=metrics(),
        seed=0,
    )
    return replace(whole, **changed)


def good(in_force: str | None = None) -> Verdict:
    """A verdict that allows a promotion while `in_force` is."""
    beaten = {"model_id": in_force, "rmse": 0.52, "slope": 0.9}
    return judge(metrics(in_force=beaten if in_force else None))


def bad(in_force: str | None = None) -> Verdict:
    """A verdict that refuses it."""
    beaten = {"model_id": in_force, "rmse": 0.52, "slope": 0.9}
    return judge(metrics(own=0.6, in_force=beaten if in_force else None))
