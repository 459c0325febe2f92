"""Training of effect models: fitted on a history, judged beside simple baselines, saved."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from recommender.arrays import BoolArray, FloatArray, IntArray, to_date, to_day
from recommender.documents.evaluation.document import ReportOptions, build_evaluation_report
from recommender.documents.evaluation.report import (
    evaluation_report_json,
    render_evaluation_report,
)
from recommender.errors import ModelError
from recommender.improvement.evaluation import (
    MIN_JUDGED,
    Evaluation,
    evaluate,
    score_gain,
    split_by_time_and_person,
)
from recommender.improvement.history import History, find_warnings
from recommender.improvement.model.effects import EffectFit, fit_effects
from recommender.improvement.model.fitting import MIN_CONTROLS
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
from training_catalog import EXPERT_IMPROVEMENT

# levels 1 to 4, and 0 for below level 1 (DESIGN, section 2)
LEVEL_SCALE = (0.0, 4.0)


@dataclass(frozen=True)
class Training:
    """A model that was trained and saved.

    Parameters
    ----------
    evaluation : Evaluation or None
        How good it is; None if the history is too small to tell.
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

    The model is not in force yet. `catalog_digest` names the catalogue that the history is coded
    with; the same history and seed give the same model.

    Raises
    ------
    ModelError
        If no model can be fitted on the history, with the reason; `model.no-signing-key`.
    """
    models.need_key()  # before a model is fitted in vain
    # first: too few records are an error here, while the evaluation is only left out
    model = fit_model(history, scale=LEVEL_SCALE, seed=seed, catalog_digest=catalog_digest)
    parent = models.active()
    evaluation = evaluate_history(history, seed=seed)
    metrics: dict[str, Any] = {}
    if evaluation is not None:
        metrics = to_plain(evaluation)
        if parent is not None:
            earlier, _ = models.load(parent)
            # beside the new model on the same records, as its verdict compares the two
            metrics["in_force"] = {"model_id": parent} | _score_earlier(history, earlier, seed)
    facts = card_facts(history, metrics, seed, parent)
    card = models.save(model, facts, by=by)
    return Training(card, evaluation, judge(metrics) if metrics else None)


def evaluate_history(
    history: History, *, scale: tuple[float, float] = LEVEL_SCALE, seed: int = 0
) -> Evaluation | None:
    """Judge the effect model on a history; None if it is too small to be split."""
    try:
        return evaluate(
            history.records,
            history.modules,
            n_competencies=len(history.ids.competency_ids),
            scale=scale,
            seed=seed,
        )
    except ModelError as error:
        # a small history is no fault of the data; any other problem of theirs is
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
    """Write the results of an evaluation as a page with pictures, and as JSON beside it."""
    options = replace(options, findings=find_warnings(history, scale=scale))
    # fitted once more: the evaluation fits on parts of the history, the report shows the whole
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


def fit_model(
    history: History, *, scale: tuple[float, float], seed: int, catalog_digest: str
) -> TrainedModel:
    """Fit the effect model, and keep the fit with the ids that its codes stand for."""
    return TrainedModel(
        fit=fit_history(history, scale, seed),
        module_ids=history.ids.module_ids,
        competency_ids=history.ids.competency_ids,
        org_ids=history.ids.org_units,
        catalog_digest=catalog_digest,
        scale=scale,
        trained_on=_first_and_last_day(history)[1],
    )


def card_facts(
    history: History,
    metrics: dict[str, Any],
    seed: int,
    parent: str | None,
    *,
    scale: tuple[float, float] = LEVEL_SCALE,
) -> CardFacts:
    """Say what a model was fitted on, for its card."""
    records = history.records
    first_day, last_day = _first_and_last_day(history)
    trained = records.module >= 0
    # the digest tells whether two models were trained on the same records
    content = history.frame.to_csv(index=False).encode()
    controls = int((~trained).sum())
    experts: dict[str, dict[str, float]] = {}
    if controls < MIN_CONTROLS:
        columns = history.pairs[["module_id", "competency_id", "expert_improvement"]]
        for module, competency, levels in columns.itertuples(index=False, name=None):
            if levels != EXPERT_IMPROVEMENT:
                experts.setdefault(module, {})[competency] = levels
    return CardFacts(
        data_digest=hashlib.sha256(content).hexdigest(),
        first_day=first_day,
        last_day=last_day,
        counts={
            "records": records.size,
            "trained": int(trained.sum()),
            "controls": controls,
            "people": history.intervals["person_id"].nunique(),
            "modules": len(history.ids.module_ids),
            "modules_with_records": len(np.unique(records.module[trained])),
        },
        metrics=metrics,
        seed=seed,
        parent=parent,
        expert_improvement=experts,
        findings=find_warnings(history, scale=scale),
    )


def code_ids(values: pd.Series | tuple[str, ...], ids: tuple[str, ...]) -> IntArray:
    """Return the position of each value among the ids, -1 for one that is not there."""
    index = pd.Index(ids, dtype=object)
    return index.get_indexer(pd.Index(values, dtype=object)).astype(np.int64)


def knows_pairs(model: TrainedModel, module: IntArray, competency: IntArray) -> BoolArray:
    """Say for codes of a model which modules address which competency there.

    Parameters
    ----------
    model : TrainedModel
        Whose codes they are.
    module, competency : ndarray of int, shape (n,)
        Positions among its ids, -1 for an unknown one.

    Returns
    -------
    ndarray of bool, shape (n,)
    """
    width = len(model.competency_ids)
    pairs = model.fit.pair_module * width + model.fit.pair_competency
    # without the first two conditions, -1 could give the number of another pair
    return (module >= 0) & (competency >= 0) & np.isin(module * width + competency, pairs)


def _first_and_last_day(history: History) -> tuple[dt.date | None, dt.date | None]:
    days = history.records.after_day
    days = days[~np.isnan(days)]
    return (to_date(int(days.min())), to_date(int(days.max()))) if len(days) else (None, None)


def _score_earlier(history: History, model: TrainedModel, seed: int) -> dict[str, Any]:
    """Score an earlier model on the records that the new one is judged on.

    If there are enough records from after the earlier model's own history, only they count: on
    what it was trained on it would look better than it is.
    """
    records = split_by_time_and_person(history.records, seed=seed).judge
    if model.trained_on is not None:
        later = records.after_day > to_day(model.trained_on)
        if later.sum() >= MIN_JUDGED:
            records = records.rows(later)
    ids = history.ids
    # codes of the history into those of the model; the -1 at the end keeps -1 (no module) as it is
    module, competency, org = (
        np.append(code_ids(names, known_names), -1)[codes]
        for names, known_names, codes in (
            (ids.module_ids, model.module_ids, records.module),
            (ids.competency_ids, model.competency_ids, records.competency),
            (ids.org_units, model.org_ids, records.org),
        )
    )
    known = knows_pairs(model, module, competency)
    # a slope needs two points
    if known.sum() < 2:
        return {"rmse": None, "slope": None, "n_records": int(known.sum())}
    before: FloatArray = records.level_before[known]
    prediction = predict(model.fit, module[known], competency[known], before, org[known])
    gain = records.level_after[known] - before
    return to_plain(score_gain(prediction.expected_level_after - before, gain))
