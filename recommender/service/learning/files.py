"""Training and scoring on files alone, with no database and no catalogue."""

from __future__ import annotations

import dataclasses
import datetime as dt
from pathlib import Path

import numpy as np
import pandas as pd

from recommender.errors import InputError, TableFault, TableFaultsError
from recommender.exchange import read_table
from recommender.exchange.tables.csv_writing import write_csv
from recommender.improvement.history import History
from recommender.improvement.model.prediction import Prediction, predict
from recommender.improvement.registry import (
    ModelCard,
    TrainedModel,
    load_model_folder,
    save_model_folder,
)
from recommender.service.learning.collecting import history_of_tables
from recommender.service.learning.training import card_facts, fit_history, pack_model
from recommender.table_kinds import KINDS, Column, Known, TableKind

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


def train_on_files(
    history_file: Path,
    modules_file: Path,
    out: Path,
    *,
    scale: tuple[float, float],
    seed: int,
    key: bytes | None = None,
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
    key : bytes, optional
        Signs the card. None is needed: `score_file` reads arrays, and no model outside of the
        registry can be put in force.

    Returns
    -------
    ModelCard
    """
    history = read_history_files(history_file, modules_file, scale=scale)
    model = pack_model(history, fit_history(history, scale, seed), scale, "")
    return save_model_folder(out, model, card_facts(history, {}, seed, None), key=key)


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
