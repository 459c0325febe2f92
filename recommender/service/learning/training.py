"""Training of effect models: fitted on a history, judged beside simple baselines, saved."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from threadpoolctl import threadpool_limits  # pyright: ignore[reportMissingTypeStubs]

from recommender.documents.evaluation.document import (
    HistoryCounts,
    ReportOptions,
    build_evaluation_report,
    count_intervals,
)
from recommender.documents.evaluation.report import (
    evaluation_report_json,
    render_evaluation_report,
)
from recommender.errors import ModelError
from recommender.improvement.effect_table import (
    DEFAULT_ESTIMATOR,
    EffectTable,
)
from recommender.improvement.evaluation import (
    MIN_JUDGED,
    Evaluation,
    is_later,
    score_gain,
)
from recommender.improvement.history import History, find_warnings
from recommender.improvement.intervals import is_size_known, is_trained
from recommender.improvement.registry import (
    CardFacts,
    ModelCard,
    TrainedModel,
    Verdict,
    judge,
    to_plain,
)
from recommender.service.learning.history import read_history
from recommender.service.learning.inputs import Grades, read_grades, summarise_inputs
from recommender.service.learning.predicting import expected_levels
from recommender.service.models import Models
from recommender.service.permissions import Permission
from recommender.service.session import Session
from training_catalog import EXPERT_IMPROVEMENT

# levels 1 to 4, and 0 for below level 1 (DESIGN, section 2)
LEVEL_SCALE = (0.0, 4.0)
MIN_TRAINED = 30


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
    session: Session,
    *,
    as_of: dt.date,
    estimator: str = DEFAULT_ESTIMATOR,
    seed: int = 0,
    by: str | None = None,
) -> Training:
    """Train a model on the history up to a day, judge it and save it; not in force yet.

    Raises
    ------
    InputError
        `model.no-estimator`, `model.no-fit`.
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
        estimator=estimator,
        seed=seed,
        by=by or session.who.actor,
        grades=read_grades(session, as_of=as_of),
    )


def train_on_history(
    history: History,
    models: Models,
    *,
    catalog_digest: str,
    estimator: str = DEFAULT_ESTIMATOR,
    seed: int,
    by: str,
    grades: Grades | None = None,
) -> Training:
    """Train on a history, judge beside other models and the one in force, and save.

    The model is not in force yet. `catalog_digest` names the catalogue that the history goes with;
    the same history, estimator and seed give the same table of effects.

    Raises
    ------
    InputError
        `model.no-estimator`, `model.no-fit`.
    ModelError
        If no model can be fitted on the history, with the reason; `model.no-signing-key`.
    """
    models.need_key()  # before a model is fitted in vain
    # first: too few records are an error here, while the evaluation is only left out
    model = fit_model(
        history, estimator, scale=LEVEL_SCALE, seed=seed, catalog_digest=catalog_digest
    )
    parent = models.active()
    # beside the baselines alone, which its verdict asks for: all that ship would take minutes
    evaluation = evaluate_history(history, (estimator,), rivals=False, seed=seed)
    metrics: dict[str, Any] = {}
    if evaluation is not None:
        metrics = to_plain(evaluation)
        if parent is not None:
            metrics["in_force"] = {"model_id": parent}
            try:
                earlier, its_card = models.load(parent)
            except ModelError as error:
                # it must not keep the model from being trained that takes its place
                if error.code != "registry.earlier-release":
                    raise
            else:
                # beside the new model on the same records, as its verdict compares the two
                alike = metrics["known"].get(its_card.estimator, {})
                metrics["in_force"] |= _score_earlier(history, earlier) or alike
    facts = card_facts(history, metrics, seed, parent, grades=grades)
    card = models.save(model, facts, by=by)
    return Training(card, evaluation, judge(metrics) if metrics else None)


def evaluate_history(
    history: History,
    estimators: Sequence[str] = (),
    *,
    rivals: bool = True,
    scale: tuple[float, float] = LEVEL_SCALE,
    seed: int = 0,
) -> Evaluation | None:
    """Judge models on a history, side by side; None if it is too small to be split.

    Parameters
    ----------
    history : History
        The history.
    estimators : sequence of str
        Their names, as `make_estimator` takes them, the judged one first.
    rivals : bool
        Whether those that ship stand beside a single one, or are judged where none is named.
    scale : tuple of float
        Lowest and highest level.
    seed : int
        Decides who and what is left out together.
    """
    # only here and in `fit_history`: a server, which leaves training to another process, does not
    # load scikit-learn
    from recommender.improvement.estimators import SHIPPED, make_estimator
    from recommender.improvement.evaluation.judging import evaluate

    beside = SHIPPED if rivals and len(estimators) < 2 else ()
    names = tuple(dict.fromkeys((*estimators, *beside)))
    models = {name: make_estimator(name, history.pairs, scale=scale) for name in names}
    try:
        with threadpool_limits(limits=1, user_api="blas"):
            return evaluate(
                history.intervals,
                history.level_after,
                models,
                estimator=names[0],
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
    _, fit = fit_history(history, evaluation.estimator, scale=scale, seed=seed)
    report = build_evaluation_report(evaluation, fit, count_history(history), options)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(render_evaluation_report(report, lang=lang), encoding="utf-8")
    plain = json.dumps(evaluation_report_json(report), ensure_ascii=False, indent=2)
    path.with_suffix(".json").write_text(plain + "\n", encoding="utf-8")


def fit_history(
    history: History, estimator: str, *, scale: tuple[float, float], seed: int
) -> tuple[Any, EffectTable]:
    """Fit an estimator on a history whose levels lie on a scale, and compile its table."""
    from recommender.improvement.compiling import compile_effects
    from recommender.improvement.estimators import make_estimator

    X, y = history.intervals, history.level_after
    # An estimator may keep what it is fitted on, and who somebody is would then be in its artefact.
    numbers = pd.factorize(X["person_id"])[0].astype(str).astype(object)
    X = X.assign(person_id=numbers)
    model = make_estimator(estimator, history.pairs, scale=scale)
    # The matrices are small and many: BLAS threads would mostly wait for each other, and add up in
    # another order, so that the same history would not give the same table.
    with threadpool_limits(limits=1, user_api="blas"):
        if int(is_trained(X).sum()) < MIN_TRAINED:
            found = int(is_trained(X).sum())
            raise ModelError("model.too-few-records", found=found, minimum=MIN_TRAINED)
        model.fit(X, y)
        table = compile_effects(
            model,
            X,
            y,
            history.pairs,
            ids=history.ids,
            scale=scale,
            name=estimator,
            seed=seed,
        )
    return model, table


def fit_model(
    history: History,
    estimator: str = DEFAULT_ESTIMATOR,
    *,
    scale: tuple[float, float],
    seed: int,
    catalog_digest: str,
) -> TrainedModel:
    """Fit an estimator, and keep it with its table and the ids that the codes stand for."""
    fitted, table = fit_history(history, estimator, scale=scale, seed=seed)
    return TrainedModel(
        fit=table,
        module_ids=history.ids.module_ids,
        competency_ids=history.ids.competency_ids,
        org_ids=history.ids.org_units,
        catalog_digest=catalog_digest,
        scale=scale,
        trained_on=count_history(history).last_on,
        estimator=fitted,
    )


def count_history(history: History) -> HistoryCounts:
    """Count what a model is fitted on."""
    return count_intervals(history.intervals, len(history.ids.module_ids))


def card_facts(
    history: History,
    metrics: dict[str, Any],
    seed: int,
    parent: str | None,
    *,
    scale: tuple[float, float] = LEVEL_SCALE,
    grades: Grades | None = None,
) -> CardFacts:
    """Say what a model was fitted on, for its card."""
    counts = count_history(history)
    # the digest tells whether two models were trained on the same records
    content = history.frame.to_csv(index=False).encode()
    experts: dict[str, dict[str, float]] = {}
    if not is_size_known(history.intervals):
        columns = history.pairs[["module_id", "competency_id", "expert_improvement"]]
        for module, competency, levels in columns.itertuples(index=False, name=None):
            if levels != EXPERT_IMPROVEMENT:
                experts.setdefault(module, {})[competency] = levels
    return CardFacts(
        data_digest=hashlib.sha256(content).hexdigest(),
        first_day=counts.first_on,
        last_day=counts.last_on,
        counts={
            "records": counts.trained + counts.controls,
            "trained": counts.trained,
            "controls": counts.controls,
            "people": counts.people,
            "modules": counts.modules,
            "modules_with_records": counts.modules_with_records,
        },
        metrics=metrics,
        seed=seed,
        parent=parent,
        expert_improvement=experts,
        findings=find_warnings(history, scale=scale),
        inputs=summarise_inputs(history.intervals, grades),
    )


def _score_earlier(history: History, model: TrainedModel) -> dict[str, Any]:
    """Score an earlier model on the later intervals that it has not been trained on.

    Nothing if there are too few: on what it was trained on it would look better than it is. An
    estimator of its kind, trained anew and judged with the others, then stands in for it.
    """
    X = history.intervals
    rows = is_later(X) & is_trained(X)
    if model.trained_on is not None:
        rows &= (X["assessed_on"] > pd.Timestamp(model.trained_on)).to_numpy()
    expected = expected_levels(model, X[rows])
    known = np.isfinite(expected)
    if known.sum() < MIN_JUDGED:
        return {}
    before = X["level_before"].to_numpy(dtype=float)[rows][known]
    gain = history.level_after[rows][known] - before
    return to_plain(score_gain(expected[known] - before, gain))
