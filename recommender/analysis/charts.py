"""Charts and the report of a notebook, drawn with the font that ships."""

from __future__ import annotations

from pathlib import Path

import matplotlib as mpl
from matplotlib import font_manager
from matplotlib.figure import Figure

from recommender.analysis.workbench import Workbench
from recommender.documents.charts import (
    bracket_chart,
    calibration_chart,
    coverage_chart,
    error_chart,
)
from recommender.documents.evaluation.comparison import model_names
from recommender.documents.evaluation.document import ReportOptions, build_evaluation_report
from recommender.documents.evaluation.report import render_evaluation_report
from recommender.documents.glyphs import FONT_FAMILY, FONT_FILES, FONT_FOLDER
from recommender.improvement.evaluation import Evaluation
from recommender.improvement.registry import ModelCard, TrainedModel
from recommender.service.learning.training import count_history
from recommender.texts import say


def set_chart_style() -> None:
    """Let matplotlib draw with the font that ships, so that Chinese is readable everywhere."""
    # From our own files, as the machine of an analyst may have no Chinese font.
    for name in FONT_FILES:
        font_manager.fontManager.addfont(FONT_FOLDER / name)
    mpl.rcParams.update(
        {
            "font.family": [FONT_FAMILY],
            "axes.unicode_minus": False,
            "axes.spines.top": False,
            "axes.spines.right": False,
            "axes.grid": True,
            "axes.axisbelow": True,
            "grid.color": "#e4e8ed",
            "figure.figsize": (8.6, 3.6),
            "figure.constrained_layout.use": True,
        }
    )


def evaluation_charts(evaluation: Evaluation, model: TrainedModel, lang: str) -> dict[str, Figure]:
    """Draw how good a model is.

    Parameters
    ----------
    evaluation : Evaluation
        Figures on records that were not learned from.
    model : TrainedModel
        The model whose bracket of the mean effect is drawn.
    lang : str
        ``zh-CN`` or ``en``.

    Returns
    -------
    dict of str to Figure
        ``errors``, ``calibration``, ``coverage``, and ``bracket`` where control rows tell it.
    """
    names = model_names((*evaluation.known, *evaluation.cold), lang)
    charts = {
        "errors": error_chart(
            evaluation.known,
            evaluation.cold,
            estimator=evaluation.estimator,
            lang=lang,
            names=names,
        ),
        "calibration": calibration_chart(
            {
                say("evaluation.known", lang): evaluation.calibration_known,
                say("evaluation.cold", lang): evaluation.calibration_cold,
            },
            lang=lang,
        ),
        "coverage": coverage_chart(
            {
                say("evaluation.coverage.by-evidence", lang): evaluation.coverage_by_evidence,
                say("evaluation.coverage.by-band", lang): evaluation.coverage_by_band,
            },
            lang=lang,
        ),
    }
    # Without control rows both ends of the bracket are unknown.
    if model.fit.size_known:
        charts["bracket"] = bracket_chart(model.fit.bracket, lang=lang)
    return charts


def write_report(
    evaluation: Evaluation, model: TrainedModel, bench: Workbench, path: Path, *, card: ModelCard
) -> Path:
    """Write the report on a saved model as a self-contained web page; return its path."""
    options = ReportOptions(
        model_id=card.model_id,
        in_use=bench.models.active(),
        data_digest=card.data_digest,
        catalog_digest=card.catalog_digest,
        synthetic=bench.source == "simulated",
        findings=card.findings,
    )
    report = build_evaluation_report(evaluation, model.fit, count_history(bench.history), options)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(render_evaluation_report(report, lang=bench.lang), encoding="utf-8")
    return path
