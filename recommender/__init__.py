"""Decides which training is worth a person's time.

What is listed in `__all__` is what notebooks and other programs may rely on; all else is private.
Names are loaded when they are first used, so that a light import stays light.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from recommender.analysis import (
        Workbench,
        compare_effects,
        effect_by_level,
        effect_table,
        evaluation_charts,
        history_tables,
        in_words,
        judge_later,
        loop_table,
        open_workbench,
        score_table,
        set_chart_style,
        write_report,
    )
    from recommender.documents.charts import calibration_chart, loop_chart
    from recommender.errors import RecommenderError
    from recommender.improvement.compiling import compile_effects
    from recommender.improvement.effect_table import (
        EffectTable,
        Prediction,
        explain,
        predict,
    )
    from recommender.improvement.estimators import make_estimator
    from recommender.improvement.evaluation import Evaluation, score_trained_rows
    from recommender.improvement.evaluation.judging import evaluate
    from recommender.improvement.history import History
    from recommender.improvement.model.block_ridge import BlockRidge
    from recommender.improvement.model.effect_model import EffectModel
    from recommender.improvement.simulation.closed_loop import LoopSettings, run_closed_loop
    from recommender.improvement.simulation.settings import SimulationSettings
    from recommender.improvement.simulation.synthetic import simulate
    from recommender.ranking import Objective
    from recommender.results import to_json
    from recommender.service.installation import Service, open_service
    from recommender.service.learning.collecting import report_history
    from recommender.service.learning.files import read_history_files
    from recommender.service.levels.questions import read_gaps
    from recommender.service.models import Models
    from recommender.service.plans.choices import PlanRequest
    from recommender.service.plans.drafts.one import create_plan
    from recommender.service.recommend.recommendations import (
        RecommendationRequest,
        recommend_modules,
    )
    from recommender.service.session import Session, open_session
    from recommender.settings import Settings
    from training_catalog import load_catalog

# Where each name is defined. The imports above are for type checkers only: running them would load
# pandas and matplotlib with every command.
_HOMES = {
    "recommend_modules": "recommender.service.recommend.recommendations",
    "read_gaps": "recommender.service.levels.questions",
    "open_session": "recommender.service.session",
    "create_plan": "recommender.service.plans.drafts.one",
    "Session": "recommender.service.session",
    "RecommendationRequest": "recommender.service.recommend.recommendations",
    "BlockRidge": "recommender.improvement.model.block_ridge",
    "EffectModel": "recommender.improvement.model.effect_model",
    "EffectTable": "recommender.improvement.effect_table",
    "Evaluation": "recommender.improvement.evaluation",
    "History": "recommender.improvement.history",
    "LoopSettings": "recommender.improvement.simulation.closed_loop",
    "Models": "recommender.service.models",
    "Objective": "recommender.ranking",
    "PlanRequest": "recommender.service.plans.choices",
    "Prediction": "recommender.improvement.effect_table",
    "RecommenderError": "recommender.errors",
    "Service": "recommender.service.installation",
    "Settings": "recommender.settings",
    "SimulationSettings": "recommender.improvement.simulation.settings",
    "Workbench": "recommender.analysis",
    "calibration_chart": "recommender.documents.charts",
    "compare_effects": "recommender.analysis",
    "effect_by_level": "recommender.analysis",
    "effect_table": "recommender.analysis",
    "compile_effects": "recommender.improvement.compiling",
    "evaluate": "recommender.improvement.evaluation.judging",
    "evaluation_charts": "recommender.analysis",
    "explain": "recommender.improvement.effect_table",
    "history_tables": "recommender.analysis",
    "in_words": "recommender.analysis",
    "judge_later": "recommender.analysis",
    "load_catalog": "training_catalog",
    "make_estimator": "recommender.improvement.estimators",
    "loop_chart": "recommender.documents.charts",
    "loop_table": "recommender.analysis",
    "open_service": "recommender.service.installation",
    "open_workbench": "recommender.analysis",
    "predict": "recommender.improvement.effect_table",
    "read_history_files": "recommender.service.learning.files",
    "report_history": "recommender.service.learning.collecting",
    "run_closed_loop": "recommender.improvement.simulation.closed_loop",
    "score_table": "recommender.analysis",
    "score_trained_rows": "recommender.improvement.evaluation",
    "set_chart_style": "recommender.analysis",
    "simulate": "recommender.improvement.simulation.synthetic",
    "to_json": "recommender.results",
    "write_report": "recommender.analysis",
}

__all__ = [
    "BlockRidge",
    "EffectModel",
    "EffectTable",
    "Evaluation",
    "History",
    "LoopSettings",
    "Models",
    "Objective",
    "PlanRequest",
    "Prediction",
    "RecommendationRequest",
    "RecommenderError",
    "Service",
    "Session",
    "Settings",
    "SimulationSettings",
    "Workbench",
    "calibration_chart",
    "compare_effects",
    "compile_effects",
    "create_plan",
    "effect_by_level",
    "effect_table",
    "evaluate",
    "evaluation_charts",
    "explain",
    "history_tables",
    "in_words",
    "judge_later",
    "load_catalog",
    "loop_chart",
    "loop_table",
    "make_estimator",
    "open_service",
    "open_session",
    "open_workbench",
    "predict",
    "read_gaps",
    "read_history_files",
    "recommend_modules",
    "report_history",
    "run_closed_loop",
    "score_table",
    "score_trained_rows",
    "set_chart_style",
    "simulate",
    "to_json",
    "write_report",
]


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(_HOMES[name]), name)
