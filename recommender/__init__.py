"""Decides which training is worth a person's time.

What is listed in `__all__` is what notebooks and other programs may rely on; all else is private.
Names are loaded when they are first used, so that a light import stays light.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from recommender.errors import RecommenderError
    from recommender.improvement.effects import (
        EffectFit,
        ModuleTable,
        Prediction,
        RecordTable,
        explain,
        fit_effects,
        predict,
    )
    from recommender.improvement.evaluation import Evaluation, evaluate
    from recommender.improvement.history import History
    from recommender.improvement.synthetic import SimulationSettings, simulate
    from recommender.ranking import Objective
    from recommender.results import to_json
    from recommender.service import Models, PlanRequest, Service, open_service
    from recommender.service.histories import report_history
    from recommender.service.training import read_history_files
    from recommender.settings import Settings
    from training_catalog import load_catalog

_HOMES = {
    "EffectFit": "recommender.improvement.effects",
    "Evaluation": "recommender.improvement.evaluation",
    "History": "recommender.improvement.history",
    "ModuleTable": "recommender.improvement.effects",
    "Models": "recommender.service",
    "Objective": "recommender.ranking",
    "PlanRequest": "recommender.service",
    "Prediction": "recommender.improvement.effects",
    "RecommenderError": "recommender.errors",
    "RecordTable": "recommender.improvement.effects",
    "Service": "recommender.service",
    "Settings": "recommender.settings",
    "SimulationSettings": "recommender.improvement.synthetic",
    "evaluate": "recommender.improvement.evaluation",
    "explain": "recommender.improvement.effects",
    "fit_effects": "recommender.improvement.effects",
    "load_catalog": "training_catalog",
    "open_service": "recommender.service",
    "predict": "recommender.improvement.effects",
    "read_history_files": "recommender.service.training",
    "report_history": "recommender.service.histories",
    "simulate": "recommender.improvement.synthetic",
    "to_json": "recommender.results",
}

__all__ = [
    "EffectFit",
    "Evaluation",
    "History",
    "Models",
    "ModuleTable",
    "Objective",
    "PlanRequest",
    "Prediction",
    "RecommenderError",
    "RecordTable",
    "Service",
    "Settings",
    "SimulationSettings",
    "evaluate",
    "explain",
    "fit_effects",
    "load_catalog",
    "open_service",
    "predict",
    "read_history_files",
    "report_history",
    "simulate",
    "to_json",
]


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(_HOMES[name]), name)
