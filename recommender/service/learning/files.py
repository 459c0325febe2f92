"""Training and scoring on files alone, with no database and no catalogue."""

from __future__ import annotations

import dataclasses
import datetime as dt
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd

from recommender.errors import InputError, TableFault, TableFaultsError
from recommender.exchange import read_table
from recommender.exchange.tables.csv_writing import write_csv
from recommender.improvement.effect_table import (
    DEFAULT_ESTIMATOR,
    Prediction,
    has_interval,
    predict,
)
from recommender.improvement.history import (
    History,
    code_history,
    pairs_of_table,
    read_records,
)
from recommender.improvement.registry import (
    ModelCard,
    TrainedModel,
    load_model_folder,
    save_model_folder,
)
from recommender.service.learning.predicting import code_ids, knows_pairs
from recommender.service.learning.training import card_facts, fit_model
from recommender.table_kinds import KINDS, Column, Known, TableKind
from training_catalog import EXPERT_IMPROVEMENT

# in the order of the codes POOLED and MEASURED of a prediction
BASES = ("pooled", "measured")
_ANY_DAY = dt.date.max
# tables alone have nothing that their ids could be checked against
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


def train_on_files(
    history_file: Path,
    modules_file: Path,
    out: Path,
    *,
    scale: tuple[float, float],
    estimator: str = DEFAULT_ESTIMATOR,
    seed: int,
    key: bytes | None = None,
) -> ModelCard:
    """Train on a table of records and one of modules, and save the model in a folder.

    The ids in the tables may be any, and the levels lie on `scale`, from lowest to highest. The
    same tables, estimator and seed give the same table of effects. `key` signs the card; none is
    needed, as `score_file` reads arrays and no model outside of the registry can be put in force.
    """
    history = read_history_files(history_file, modules_file, scale=scale)
    model = fit_model(history, estimator, scale=scale, seed=seed, catalog_digest="")
    facts = card_facts(history, {}, seed, None, scale=scale)
    return save_model_folder(out, model, facts, key=key)


def read_history_files(
    history_file: Path, modules_file: Path, *, scale: tuple[float, float]
) -> History:
    """Read a history from a table of records and a table of modules."""
    if not scale[0] < scale[1]:
        raise InputError("model.bad-scale", scale=f"{scale[0]:g} {scale[1]:g}")
    modules = _read(modules_file, KINDS["modules"], scale, needed=("module_id", "competency_ids"))
    records = read_records(read_records_file(history_file, scale=scale))
    return code_history(records, pairs_of_table(modules))


def read_records_file(history_file: Path, *, scale: tuple[float, float]) -> pd.DataFrame:
    """Read a table of records whose ids may be any."""
    needed = ("person_id", "competency_id", "level_before", "level_after")
    return _read(history_file, KINDS["records"], scale, needed=needed)


class Scored(NamedTuple):
    """How many queries were answered, and whether the model knows more than an order."""

    queries: int
    size_known: bool


def score_file(folder: Path, queries_file: Path, out: Path) -> Scored:
    """Predict for each query what its module does.

    Parameters
    ----------
    folder : Path
        Folder of a model.
    queries_file : Path
        Table with person_id, competency_id, module_id, level and, if known, org_unit.
    out : Path
        CSV to write: the queries in their order with the fields of `Prediction` added, as DESIGN,
        section 5, lists them, the bounds of the effect empty where the model has none; then
        ``size_known`` and ``rank_score``, by which modules for the same
        competency are ranked, the largest first.

    Raises
    ------
    TableFaultsError
        If a query names a module or competency that the model does not know, or a module that
        does not address the competency.
    """
    model, card = load_model_folder(folder)
    queries = _read(queries_file, _QUERIES, model.scale, needed=())
    module = code_ids(queries["module_id"], model.module_ids)
    competency = code_ids(queries["competency_id"], model.competency_ids)
    _require_known(queries_file, queries, model, module, competency)
    # a unit that the model does not know is no fault: its people are predicted without one
    org = code_ids(queries["org_unit"], model.org_ids)
    prediction = predict(model.fit, module, competency, queries["level"].to_numpy(dtype=float), org)
    answers = _with_answers(queries_file, queries, prediction)
    answers = answers.assign(
        size_known="true" if model.fit.size_known else "false",
        rank_score=prediction.expected_improvement,
    )
    if not has_interval(model.fit):
        answers = answers.assign(effect_lower="", effect_upper="")
    if not model.fit.size_known:
        # the next measured level stays: records of trained people tell that, but not how much of
        # it is due to the training
        unit = (model.scale[1] - model.scale[0]) / 4.0
        experts = [
            card.expert_improvement.get(name, {}).get(served, EXPERT_IMPROVEMENT) * unit
            for name, served in zip(queries["module_id"], queries["competency_id"], strict=True)
        ]
        answers = answers.assign(
            # no module lifts anybody beyond the top of the scale
            expected_improvement=np.minimum(experts, model.scale[1] - queries["level"]),
            basis="expert",
        )
    write_csv(answers, out, encoding="utf-8")
    return Scored(len(queries), model.fit.size_known)


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


def _with_answers(file: Path, queries: pd.DataFrame, prediction: Prediction) -> pd.DataFrame:
    """Return the queries as they were handed in, with further columns, and the answers added."""
    if file.suffix.lower() == ".csv":
        # read anew, because `read_table` keeps only the columns that it knows; text stays as it is
        with suppress(UnicodeDecodeError, pd.errors.ParserError):
            as_sent = pd.read_csv(file, dtype=str, keep_default_na=False, encoding="utf-8-sig")
            # rows that `read_table` skipped would put the answers beside the wrong queries
            queries = as_sent if len(as_sent) == len(queries) else queries
    basis = np.array(BASES, dtype=object)[prediction.basis]
    return queries.assign(**vars(prediction) | {"basis": basis})


def _require_known(
    file: Path,
    queries: pd.DataFrame,
    model: TrainedModel,
    module: np.ndarray,
    competency: np.ndarray,
) -> None:
    both = (module >= 0) & (competency >= 0)
    faults: list[TableFault] = []
    for column, wrong in (
        ("module_id", module < 0),
        ("competency_id", competency < 0),
        ("competency_id", both & ~knows_pairs(model, module, competency)),
    ):
        faults += [
            TableFault(
                "model.unknown-query",
                # as a spreadsheet counts: from 1, and the first row is the header
                row=int(row) + 2,
                column=column,
                found=str(queries[column].iloc[row]),
                expected="model.known-query",
            )
            for row in np.flatnonzero(wrong)
        ]
    if faults:
        raise TableFaultsError(file.name, sorted(faults, key=lambda fault: fault.row))


def _read(
    path: Path, kind: TableKind, scale: tuple[float, float], *, needed: tuple[str, ...]
) -> pd.DataFrame:
    """Read a table whose ids may be any and whose levels lie on a scale."""

    # the kinds are those of imports, whose rules about ids and levels hold for a catalogue only
    def relax(column: Column) -> Column:
        # bounds of 0 to 4 would refuse levels of any other scale
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
