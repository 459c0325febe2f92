"""Effect models in use: trained, judged, kept; and training and scoring on files alone."""

from __future__ import annotations

import dataclasses
import datetime as dt
import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from recommender.arrays import FloatArray, to_date, to_day
from recommender.documents.evaluation.document import ReportOptions, build_evaluation_report
from recommender.documents.evaluation.report import (
    evaluation_report_json,
    render_evaluation_report,
)
from recommender.errors import InputError, ModelError, TableFault, TableFaultsError
from recommender.exchange import read_table
from recommender.improvement.evaluation import (
    Evaluation,
    evaluate,
    score_gain,
    split_by_time_and_person,
)
from recommender.improvement.history import History
from recommender.improvement.model.effects import EffectFit, fit_effects
from recommender.improvement.model.prediction import Prediction, predict
from recommender.improvement.registry import (
    CardFacts,
    ModelCard,
    TrainedModel,
    Verdict,
    active_model,
    judge,
    load_model,
    load_model_folder,
    save_model,
    save_model_folder,
    to_plain,
)
from recommender.service.learning.history import history_of_tables, write_csv
from recommender.table_kinds import KINDS, Column, Known, TableKind

LEVEL_SCALE = (0.0, 4.0)
BASES = ("pooled", "measured")
_ANY_DAY = dt.date.max
_NOTHING_KNOWN = Known(
    people=frozenset(),
    managers={},
    grades={},
    competencies={},
    modules={},
    offerings={},
    indicators={},
    subjects={},
    prerequisites={},
)


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
    history: History,
    root: Path,
    *,
    catalog_digest: str,
    seed: int,
    by: str,
    key: bytes | None = None,
) -> Training:
    """Train on a history, judge beside the baselines and the model in force, and save.

    Parameters
    ----------
    history : History
        Of the database.
    root : Path
        Folder of the models.
    catalog_digest : str
        The catalogue that the history is coded with.
    seed : int
        The same history and seed give the same model.
    by : str
        Who trains.
    key : bytes, optional
        Signs the card.

    Returns
    -------
    Training
        The model is not in force yet.

    Raises
    ------
    ModelError
        If no model can be fitted on the history, with the reason.
    """
    fit = _fit(history, LEVEL_SCALE, seed)
    parent = active_model(root)
    evaluation = evaluate_history(history, seed=seed)
    metrics: dict[str, Any] = {}
    if evaluation is not None:
        metrics = to_plain(evaluation)
        if parent is not None:
            earlier, _ = load_model(root, parent, key=key)
            metrics["in_force"] = {"model_id": parent} | _score_earlier(history, earlier, seed)
    model = _pack(history, fit, LEVEL_SCALE, catalog_digest)
    facts = _facts(history, metrics, seed, parent)
    card = save_model(root, model, facts, by=by, key=key)
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
        evaluation, _fit(history, scale, seed), history.records, history.modules, options
    )
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(render_evaluation_report(report, lang=lang), encoding="utf-8")
    plain = json.dumps(evaluation_report_json(report), ensure_ascii=False, indent=2)
    path.with_suffix(".json").write_text(plain + "\n", encoding="utf-8")


def train_on_files(
    history_file: Path, modules_file: Path, out: Path, *, scale: tuple[float, float], seed: int
) -> ModelCard:
    """Train on tables alone and save the model in a folder.

    Parameters
    ----------
    history_file, modules_file : Path
        Tables of the kinds ``records`` and ``modules``; ids may be any.
    out : Path
        Folder of the model.
    scale : tuple of float
        Lowest and highest level there can be in the tables.
    seed : int
        The same tables and seed give the same model.

    Returns
    -------
    ModelCard
    """
    history = read_history_files(history_file, modules_file, scale=scale)
    model = _pack(history, _fit(history, scale, seed), scale, "")
    return save_model_folder(out, model, _facts(history, {}, seed, None))


def read_history_files(
    history_file: Path, modules_file: Path, *, scale: tuple[float, float]
) -> History:
    """Read a history from a table of records and a table of modules."""
    if not scale[0] < scale[1]:
        raise InputError("model.bad-scale", scale=f"{scale[0]:g} {scale[1]:g}")
    modules = _read(modules_file, KINDS["modules"], scale, needed=("module_id", "competency_ids"))
    return history_of_tables(read_records_file(history_file, scale=scale), modules)


def read_records_file(history_file: Path, *, scale: tuple[float, float]) -> pd.DataFrame:
    """Read a table of records whose ids may be any."""
    needed = ("person_id", "competency_id", "level_before", "level_after")
    return _read(history_file, KINDS["records"], scale, needed=needed)


def score_file(folder: Path, queries_file: Path, out: Path) -> int:
    """Say for each query what its module is expected to do.

    Parameters
    ----------
    folder : Path
        Folder of a model.
    queries_file : Path
        Table with person_id, competency_id, module_id, level and, if known, org_unit.
    out : Path
        CSV to write: the queries in their order, with expected_improvement, effect_lower,
        effect_upper, expected_level_after, level_after_lower, level_after_upper,
        evidence_count and basis.

    Returns
    -------
    int
        How many queries were answered.

    Raises
    ------
    TableFaultsError
        If a query names a module or competency that the model does not know, or a module that
        does not address the competency.
    """
    model, _ = load_model_folder(folder)
    queries = _read(queries_file, _QUERIES, model.scale, needed=())
    codes = [
        _codes(queries[column], ids)
        for column, ids in (
            ("module_id", model.module_ids),
            ("competency_id", model.competency_ids),
            ("org_unit", model.org_ids),
        )
    ]
    _require_known(queries_file, queries, model, codes[0], codes[1])
    found = predict(model.fit, codes[0], codes[1], queries["level"].to_numpy(dtype=float), codes[2])
    write_csv(_with_answers(queries_file, queries, found), out, encoding="utf-8")
    return len(queries)


_QUERIES = TableKind(
    "queries",
    ("预测请求", "Queries"),
    (
        KINDS["records"].column("person_id"),
        KINDS["records"].column("competency_id"),
        dataclasses.replace(KINDS["records"].column("module_id"), nullable=False),
        Column("level", ("级别", "当前级别"), "number"),
        KINDS["records"].column("org_unit"),
    ),
    (),
)


def _with_answers(file: Path, queries: pd.DataFrame, found: Prediction) -> pd.DataFrame:
    """Return the queries as they were handed in, columns of the asker's own included."""
    asked = queries
    if file.suffix.lower() == ".csv":
        try:
            own = pd.read_csv(file, dtype=str, keep_default_na=False, encoding="utf-8-sig")
        except (UnicodeDecodeError, pd.errors.ParserError):
            own = queries
        asked = own if len(own) == len(queries) else queries
    return asked.assign(
        expected_improvement=found.expected_improvement,
        effect_lower=found.effect_lower,
        effect_upper=found.effect_upper,
        expected_level_after=found.expected_level_after,
        level_after_lower=found.level_after_lower,
        level_after_upper=found.level_after_upper,
        evidence_count=found.evidence_count,
        basis=np.array(BASES, dtype=object)[found.basis],
    )


def _require_known(
    file: Path,
    queries: pd.DataFrame,
    model: TrainedModel,
    module: np.ndarray,
    competency: np.ndarray,
) -> None:
    width = len(model.competency_ids)
    pairs = model.fit.pair_module * width + model.fit.pair_competency
    faults: list[TableFault] = []
    for column, wrong in (
        ("module_id", module < 0),
        ("competency_id", competency < 0),
        (
            "competency_id",
            (module >= 0) & (competency >= 0) & ~np.isin(module * width + competency, pairs),
        ),
    ):
        faults += [
            TableFault(
                "model.unknown-query",
                row=int(row) + 2,
                column=column,
                found=str(queries[column].iloc[row]),
                expected="model.known-query",
            )
            for row in np.flatnonzero(wrong)
        ]
    if faults:
        raise TableFaultsError(file.name, sorted(faults, key=lambda fault: fault.row))


def _codes(values: pd.Series, ids: tuple[str, ...]) -> np.ndarray:
    index = pd.Index(ids, dtype=object)
    return index.get_indexer(pd.Index(values, dtype=object)).astype(np.int64)


def _read(
    path: Path, kind: TableKind, scale: tuple[float, float], *, needed: tuple[str, ...]
) -> pd.DataFrame:
    """Read a table whose ids may be any and whose levels lie on a scale."""

    def relax(column: Column) -> Column:
        levels = column.name.startswith(("level", "from_level", "to_level"))
        return dataclasses.replace(
            column,
            refers_to=None,
            slug=False,
            nullable=column.nullable or bool(needed and column.name not in needed),
            type="text" if column.type == "choice" else column.type,
            minimum=scale[0] if levels else column.minimum,
            maximum=scale[1] if levels else column.maximum,
            not_future=False,
        )

    relaxed = dataclasses.replace(kind, columns=tuple(map(relax, kind.columns)), key=())
    return read_table(path, relaxed, _NOTHING_KNOWN, latest=_ANY_DAY)


def _fit(history: History, scale: tuple[float, float], seed: int) -> EffectFit:
    return fit_effects(
        history.records,
        history.modules,
        n_competencies=len(history.ids.competency_ids),
        scale=scale,
        seed=seed,
    )


def _pack(
    history: History, fit: EffectFit, scale: tuple[float, float], catalog_digest: str
) -> TrainedModel:
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


def _facts(history: History, metrics: dict[str, Any], seed: int, parent: str | None) -> CardFacts:
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
