"""How good estimators are where the truth is known, and how they differ on the same histories."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import Any
from unittest.mock import patch

import numpy as np
import pandas as pd
from truth_scores import score_truth

from recommender.improvement.estimators import make_estimator
from recommender.improvement.model import effect_model
from recommender.improvement.model.columns import Columns, UntrainedColumns
from recommender.improvement.model.effect_model import EffectModel

from . import old_engine
from .histories import History, make_history
from .routes import hand_in

TOP = 4.0
UNTRAINED = ("level-curve", "months", "unit", "quarter", "competency", "competency-slope")
ADDED = ("hours", "secondary", "served", "modality", "module", "pair", "distance")
ABLATIONS = (
    *(f"effect-model only {member}" for member in ("linear", "curve")),
    *(f"effect-model without {block}" for block in (*ADDED, *UNTRAINED)),
)
"""The effect model without one of its parts each."""
OLD = "945f1f1"
FIGURES = ("regret", "ndcg", "rmse", "bias", "slope", "coverage", "coverage_top", "seconds")


class _WithoutUntrained(EffectModel):
    """The effect model without some blocks of the columns of what happens without training."""

    def __init__(self, blocks: tuple[str, ...], pairs: pd.DataFrame) -> None:
        super().__init__(pairs)
        self.blocks = blocks

    def fit(self, X: pd.DataFrame, y: np.ndarray) -> _WithoutUntrained:
        blocks = self.blocks

        class Fewer(UntrainedColumns):
            def transform(self, intervals: pd.DataFrame, level: np.ndarray) -> Columns:
                made = super().transform(intervals, level)
                keep = ~np.isin(np.array(made.blocks), blocks)
                return Columns(made.values[:, keep], tuple(np.array(made.blocks)[keep]))

        with patch.object(effect_model, "UntrainedColumns", Fewer):
            super().fit(X, y)
        return self


def factory_of(spec: str) -> Callable[[pd.DataFrame], Any]:
    """Find what makes an estimator for a catalogue.

    Parameters
    ----------
    spec : str
        What ``train --estimator`` takes; ``effect-model without BLOCK+BLOCK`` leaves out blocks
        of columns, ``effect-model only MEMBER`` a member.
    """
    name, _, part = spec.partition(" without ")
    blocks = tuple(part.split("+"))
    if set(blocks) <= set(UNTRAINED):
        return lambda pairs: _WithoutUntrained(blocks, pairs)
    if part:
        return lambda pairs: EffectModel(pairs, without=blocks)
    name, _, part = spec.partition(" only ")
    if part:
        return lambda pairs: EffectModel(pairs, members=(part,))
    return lambda pairs: make_estimator(name, pairs, scale=(0.0, TOP))


def answer(spec: str, history: History, x: pd.DataFrame, y: np.ndarray) -> dict[str, Any]:
    """Fit an estimator on a history, in the form of `x` and `y`, and ask its questions.

    Returns
    -------
    dict
        effect, lower and upper (NaN without intervals), in levels, ended at the top of the scale
        as the product ends them; seconds of fitting.
    """
    if spec == OLD:
        return {**old_engine.answer(history), "seconds": float("nan")}
    estimator = factory_of(spec)(history.pairs)
    begun = time.perf_counter()
    estimator.fit(x, y)
    seconds = time.perf_counter() - begun
    asked = history.questions
    room = TOP - asked["level_before"].to_numpy(float)
    effect = np.asarray(estimator.effect(asked), dtype=float)
    bounds = (np.full(len(asked), np.nan), np.full(len(asked), np.nan))
    if hasattr(estimator, "effect_interval") and getattr(estimator, "size_known_", True):
        bounds = estimator.effect_interval(asked)
    ended = [np.minimum(values, room) for values in (effect, *bounds)]
    return dict(zip(("effect", "lower", "upper"), ended, strict=True)) | {"seconds": seconds}


def score(history: History, found: dict[str, Any]) -> dict[str, float]:
    """Score answers against the truth, over all pairs and for the module ranked first."""
    effect, lower, upper = (found[name] for name in ("effect", "lower", "upper"))
    whole = score_truth(history.query, effect, history.truth, lower=lower, upper=upper)
    order = np.lexsort((-effect, history.query))
    first = order[np.flatnonzero(np.diff(history.query[order], prepend=-1))]
    truth = history.truth[first]
    held = (lower[first] <= truth) & (truth <= upper[first])
    known = bool(np.isfinite(lower).all())
    return {
        "regret": 100 * whole.regret,
        "ndcg": whole.ndcg,
        "rmse": whole.rmse,
        "bias": whole.bias,
        "slope": whole.slope,
        "coverage": whole.coverage if known else float("nan"),
        "coverage_top": float(held.mean()) if known else float("nan"),
        "seconds": found["seconds"],
    }


def compare(
    specs: Sequence[str],
    names: Sequence[str],
    seeds: Sequence[int],
    *,
    route: str = "file",
    tell: bool = True,
) -> pd.DataFrame:
    """Score estimators on histories, all on the same.

    Parameters
    ----------
    specs : sequence of str
        Estimators, as `factory_of` reads them, or `OLD`.
    names : sequence of str
        Histories.
    seeds : sequence of int
        Seeds of each.
    route : str
        How the histories reach estimators, one of `ROUTES`; the old engine has them directly.
    tell : bool
        Whether to print a line a history.

    Returns
    -------
    DataFrame
        One row a history and estimator: history, seed, estimator and `FIGURES`.
    """
    rows: list[dict[str, Any]] = []
    for name in names:
        for seed in seeds:
            history = make_history(name, seed)
            x, y = hand_in(history, route)
            for spec in specs:
                figures = score(history, answer(spec, history, x, y))
                rows.append({"history": name, "seed": seed, "estimator": spec, **figures})
                if tell:
                    said = " ".join(f"{key} {value:.3f}" for key, value in figures.items())
                    print(f"{name} {seed} {spec}: {said}", flush=True)
    return pd.DataFrame(rows)


def differences(figures: pd.DataFrame, against: str) -> pd.DataFrame:
    """Pair each estimator with another one on the same histories.

    Parameters
    ----------
    figures : DataFrame
        From `compare`.
    against : str
        The other estimator.

    Returns
    -------
    DataFrame
        One row a history name and estimator, and one over all: mean of each figure, mean and
        standard error of its difference, and how many histories there were.
    """
    keys = ["history", "seed"]
    base = figures[figures["estimator"] == against].set_index(keys)
    rows: list[dict[str, Any]] = []
    for spec in figures["estimator"].drop_duplicates():
        own = figures[figures["estimator"] == spec].set_index(keys)
        names = list(own.index.get_level_values("history").unique())
        for name in [*names, *(["all"] if len(names) > 1 else [])]:
            mine = own if name == "all" else own.loc[[name]]
            theirs = base.reindex(mine.index)
            row: dict[str, Any] = {"history": name, "estimator": spec, "n": len(mine)}
            for figure in FIGURES:
                change = mine[figure] - theirs[figure]
                row[figure] = mine[figure].mean()
                row[f"{figure}_change"] = change.mean()
                row[f"{figure}_se"] = change.sem() if change.notna().sum() > 1 else float("nan")
            rows.append(row)
    return pd.DataFrame(rows)


def as_markdown(table: pd.DataFrame, against: str) -> str:
    """Write differences as a table: the mean of each figure, and the paired change in brackets."""
    digits = {"regret": 1, "ndcg": 3, "rmse": 4, "bias": 3, "slope": 2}
    digits |= {"coverage": 3, "coverage_top": 3, "seconds": 1}
    lines = [
        "| history | estimator | n | " + " | ".join(FIGURES) + " |",
        "|---" * (len(FIGURES) + 3) + "|",
    ]
    for row in table.to_dict("records"):
        cells = [str(row["history"]), str(row["estimator"]), str(row["n"])]
        for figure in FIGURES:
            value, n = row[figure], digits[figure]
            cell = "–" if np.isnan(value) else f"{value:.{n}f}"
            change, error = row[f"{figure}_change"], row[f"{figure}_se"]
            if row["estimator"] != against and np.isfinite(change) and figure != "ndcg":
                cell += f" ({change:+.{n}f}" + (f" ± {error:.{n}f})" if error == error else ")")
            cells.append(cell)
        lines.append("| " + " | ".join(cells) + " |")
    return "\n".join(lines) + "\n"
