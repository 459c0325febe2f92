"""The report on a saved model, made from its card and the model itself."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from recommender.arrays import FloatArray, IntArray
from recommender.documents.evaluation.document import EvaluationReport, HistoryCounts
from recommender.documents.evaluation.report import render_evaluation_report
from recommender.errors import ModelError
from recommender.improvement.evaluation import (
    Evaluation,
    GainBins,
    GainScore,
    IntervalCoverage,
    PairedDifference,
)
from recommender.improvement.registry import ModelCard, TrainedModel
from recommender.service.learning.promotion import explaining
from recommender.service.permissions import Permission
from recommender.service.session import Session


def make_model_report(session: Session, model_id: str) -> str:
    """Return the report on a model as one web page that loads nothing else.

    Raises
    ------
    NotFoundError
        If there is no model of that id.
    ModelError
        If it cannot be used, or its history was too small to judge it.
    """
    return render_evaluation_report(read_report(session, model_id), lang=session.lang)


def read_report(session: Session, model_id: str) -> EvaluationReport:
    """Return the figures of the report on a model; errors as in `make_model_report`."""
    session.need(Permission.READ_MODELS)
    with explaining(model_id):
        model, card = session.service.models.load(model_id)
    try:
        return replace(build_report(model, card), names=_name_modules(session, card))
    # the model was not judged, or by an earlier version of the program, which stored less
    except KeyError:
        raise ModelError("registry.no-metrics") from None


def build_report(model: TrainedModel, card: ModelCard) -> EvaluationReport:
    """Put together the report on a model from the figures in its card."""
    counts = card.counts
    return EvaluationReport(
        evaluation=_to_evaluation(card.metrics, size_known=card.size_known),
        counts=HistoryCounts(
            trained=counts["trained"],
            controls=counts["controls"],
            people=counts["people"],
            modules=counts["modules"],
            modules_with_records=counts["modules_with_records"],
            first_on=card.first_day,
            last_on=card.last_day,
        ),
        bracket=model.fit.bracket,
        reliability=model.fit.reliability,
        size_known=model.fit.size_known,
        warnings=card.warnings,
        effect_coverage=card.effect_coverage,
        top_coverage=card.top_coverage,
        asked_since=card.asked_since,
        findings=card.findings,
        model_id=card.model_id,
        in_use=card.parent,
        made_on=card.created_at.date(),
        data_digest=card.data_digest,
        catalog_digest=card.catalog_digest,
        scale=model.scale,
    )


def _name_modules(session: Session, card: ModelCard) -> dict[str, str]:
    """Name the modules that a finding concerns, as far as the catalogue still has them."""
    concerned = {module for finding in card.findings for module in finding.modules}
    return {
        module.id: module.title.in_language(session.lang)
        for module in session.service.framework.catalog.modules
        if module.id in concerned
    }


def _to_evaluation(metrics: Mapping[str, Any], *, size_known: bool) -> Evaluation:
    """Turn the figures of a card, where NaN is None, back into an `Evaluation`."""

    def scores(part: str) -> dict[str, GainScore]:
        return {
            name: GainScore(
                rmse=_number(score["rmse"]),
                r_squared=_number(score["r_squared"]),
                slope=_number(score["slope"]),
                n_records=score["n_records"],
            )
            for name, score in metrics[part].items()
        }

    def coverage(part: str) -> IntervalCoverage:
        plain = metrics[part]
        return IntervalCoverage(
            tuple(plain["groups"]), _numbers(plain["share"]), _counts(plain["count"])
        )

    def bins(part: str) -> GainBins:
        plain = metrics[part]
        return GainBins(
            predicted=_numbers(plain["predicted"]),
            measured=_numbers(plain["measured"]),
            standard_error=_numbers(plain["standard_error"]),
            count=_counts(plain["count"]),
        )

    return Evaluation(
        estimator=metrics["estimator"],
        known=scores("known"),
        cold=scores("cold"),
        paired={
            name: PairedDifference(**{part: _number(value) for part, value in plain.items()})
            for name, plain in metrics["paired"].items()
        },
        coverage_by_evidence=coverage("coverage_by_evidence"),
        coverage_by_band=coverage("coverage_by_band"),
        coverage_known=_number(metrics["coverage_known"]),
        coverage_cold=_number(metrics["coverage_cold"]),
        calibration_known=bins("calibration_known"),
        calibration_cold=bins("calibration_cold"),
        size_known=size_known,
    )


def _number(value: float | None) -> float:
    return math.nan if value is None else float(value)


def _numbers(values: list[float | None]) -> FloatArray:
    return np.array([_number(value) for value in values])


def _counts(values: list[int]) -> IntArray:
    return np.array(values, dtype=np.int64)
