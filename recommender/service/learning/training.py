"""Effect models trained on a history, judged beside simple baselines, and kept."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from recommender.arrays import FloatArray, to_date, to_day
from recommender.documents.evaluation.document import ReportOptions, build_evaluation_report
from recommender.documents.evaluation.report import (
    evaluation_report_json,
    render_evaluation_report,
)
from recommender.errors import ModelError
from recommender.improvement.evaluation import (
    Evaluation,
    evaluate,
    score_gain,
    split_by_time_and_person,
)
from recommender.improvement.history import History
from recommender.improvement.model.effects import EffectFit, fit_effects
from recommender.improvement.model.prediction import predict
from recommender.improvement.registry import (
    CardFacts,
    ModelCard,
    TrainedModel,
    Verdict,
    judge,
    to_plain,
)
from recommender.service.learning.history import read_history
from recommender.service.models import Models
from recommender.service.permissions import Permission
from recommender.service.session import Session

LEVEL_SCALE = (0.0, 4.0)


@dataclass(frozen=True)
class Training:
    """A model that was trained and saved.

    Parameters
    ----------
    card : ModelCard
        What is known of it.
    evaluation : Evaluation or None
        How good it is; None where the history is too small to tell.
    verdict : Verdict or None
        Whether it may be put in force; None without an evaluation.
    """

    card: ModelCard
    evaluation: Evaluation | None
    verdict: Verdict | None


def train_model(
    session: Session, *, as_of: dt.date, seed: int = 0, by: str | None = None
) -> Training:
    """Train an effect model on the history up to a day, judge it and save it; not in force yet.

    Raises
    ------
    ModelError
        If no model can be fitted on the history, with the reason; `model.no-signing-key`.
    """
    session.need(Permission.WRITE_MODELS)
    service = session.service
    service.models.need_key()  # before the history is read
    return train_on_history(
        read_history(session, as_of=as_of),
        service.models,
        catalog_digest=service.framework.catalog.digest,
        seed=seed,
        by=by or session.who.actor,
    )


def train_on_history(
    history: History, models: Models, *, catalog_digest: str, seed: int, by: str
) -> Training:
    """Train on a history, judge beside the baselines and the model in force, and save.

    Parameters
    ----------
    history : History
        Improvement records.
    models : Models
        Where the model is saved.
    catalog_digest : str
        The catalogue that the history is coded with.
    seed : int
        The same history and seed give the same model.
    by : str
        Who trains.

    Returns
    -------
    Training
        The model is not in force yet.

    Raises
    ------
    ModelError
        If no model can be fitted on the history, with the reason; `model.no-signing-key`.
    """
    models.need_key()  # before a model is fitted in vain
    fit = fit_history(history, LEVEL_SCALE, seed)
    parent = models.active()
    evaluation = evaluate_history(history, seed=seed)
    metrics: dict[str, Any] = {}
    if evaluation is not None:
        metrics = to_plain(evaluation)
        if parent is not None:
            earlier, _ = models.load(parent)
            metrics["in_force"] = {"model_id": parent} | _score_earlier(history, earlier, seed)
    model = pack_model(history, fit, LEVEL_SCALE, catalog_digest)
    facts = card_facts(history, metrics, seed, parent)
    card = models.save(model, facts, by=by)
    return Training(card, evaluation, judge(metrics) if metrics else None)


def evaluate_history(
    history: History, *, scale: tuple[float, float] = LEVEL_SCALE, seed: int = 0
) -> Evaluation | None:
    """Judge the effect model on a history; None where it is too small to be split."""
    try:
        return evaluate(
            history.records,
            history.modules,
            n_competencies=len(history.ids.competency_ids),
            scale=scale,
            seed=seed,
        )
    except ModelError as error:
        if error.code in ("model.too-few-to-judge", "model.too-few-records"):
            return None
        raise


def write_evaluation_report(
    history: History,
    evaluation: Evaluation,
    path: Path,
    *,
    options: ReportOptions,
    scale: tuple[float, float] = LEVEL_SCALE,
    seed: int = 0,
    lang: str,
) -> None:
    """Write what an evaluation found as a page with pictures, and as JSON beside it."""
    report = build_evaluation_report(
        evaluation, fit_history(history, scale, seed), history.records, history.modules, options
    )
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(render_evaluation_report(report, lang=lang), encoding="utf-8")
    plain = json.dumps(evaluation_report_json(report), ensure_ascii=False, indent=2)
    path.with_suffix(".json").write_text(plain + "\n", encoding="utf-8")


def fit_history(history: History, scale: tuple[float, float], seed: int) -> EffectFit:
    """Fit the effect model on a history whose levels lie on a scale."""
    return fit_effects(
        history.records,
        history.modules,
        n_competencies=len(history.ids.competency_ids),
        scale=scale,
        seed=seed,
    )


def pack_model(
    history: History, fit: EffectFit, scale: tuple[float, float], catalog_digest: str
) -> TrainedModel:
    """Put a fit together with the ids that its codes stand for."""
    days = history.records.after_day
    known = days[~np.isnan(days)]
    return TrainedModel(
        fit=fit,
        module_ids=history.ids.module_ids,
        competency_ids=history.ids.competency_ids,
        org_ids=history.ids.org_units,
        catalog_digest=catalog_digest,
        scale=scale,
        trained_on=to_date(int(known.max())) if len(known) else None,
    )


def card_facts(
    history: History, metrics: dict[str, Any], seed: int, parent: str | None
) -> CardFacts:
    """Say what a model was fitted on, for its card."""
    records = history.records
    days = records.after_day[~np.isnan(records.after_day)]
    trained = records.module >= 0
    content = history.frame.to_csv(index=False).encode()
    return CardFacts(
        data_digest=hashlib.sha256(content).hexdigest(),
        first_day=to_date(int(days.min())) if len(days) else None,
        last_day=to_date(int(days.max())) if len(days) else None,
        counts={
            "records": records.size,
            "trained": int(trained.sum()),
            "controls": int((~trained).sum()),
            "people": len(history.ids.person_ids),
            "modules": len(history.ids.module_ids),
            "modules_with_records": len(np.unique(records.module[trained])),
        },
        metrics=metrics,
        seed=seed,
        parent=parent,
    )


def _score_earlier(history: History, model: TrainedModel, seed: int) -> dict[str, Any]:
    """Score an earlier model on the records that the new one is judged on.

    Where those after the earlier model's own history are enough, only they count: what it has
    learned from, it knows.
    """
    records = split_by_time_and_person(history.records, seed=seed).judge
    if model.trained_on is not None:
        later = records.after_day > to_day(model.trained_on)
        if later.sum() >= 20:
            records = records.rows(later)

    def translate(ids: tuple[str, ...], own: tuple[str, ...]) -> Callable[[Any], Any]:
        code = np.array([*(own.index(i) if i in own else -1 for i in ids), -1], dtype=np.int64)
        return lambda codes: code[codes]

    module = translate(history.ids.module_ids, model.module_ids)(records.module)
    competency = translate(history.ids.competency_ids, model.competency_ids)(records.competency)
    org = translate(history.ids.org_units, model.org_ids)(records.org)
    width = len(model.competency_ids)
    pairs = model.fit.pair_module * width + model.fit.pair_competency
    known = (module >= 0) & (competency >= 0) & np.isin(module * width + competency, pairs)
    if known.sum() < 2:
        return {"rmse": None, "slope": None, "n_records": int(known.sum())}
    before: FloatArray = records.level_before[known]
    found = predict(model.fit, module[known], competency[known], before, org[known])
    gain = records.level_after[known] - before
    score = score_gain(found.expected_level_after - before, gain)
    return to_plain(score)
