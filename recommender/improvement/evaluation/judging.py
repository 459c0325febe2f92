"""How good models are beside simpler ones, on the same intervals that none of them has seen.

Known modules are judged on later intervals of other people, cold start on modules left out; never
on random rows.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd
from sklearn.base import clone

from recommender.arrays import BoolArray, FloatArray, IntArray
from recommender.errors import ModelError
from recommender.improvement.compiling import calibrate
from recommender.improvement.estimators import BASELINES
from recommender.improvement.evaluation.scores import (
    MIN_JUDGED,
    Evaluation,
    GainBins,
    GainScore,
    PairedDifference,
    bin_gains,
    cover_groups,
    is_later,
    score_gain,
)
from recommender.improvement.intervals import as_asked, is_size_known
from recommender.improvement.splitting import (
    Fold,
    split_by_module,
    split_by_person,
    unfitted,
)

N_FOLDS = 5
EVIDENCE_EDGES = np.array([1, 5, 20])
BAND_EDGES = np.array([1.0, 2.0, 3.0])


@dataclass
class _Judged:
    """What a model predicted for intervals that it had not seen."""

    predicted: FloatArray
    fold: IntArray


def evaluate(
    X: pd.DataFrame,
    y: FloatArray,
    estimators: Mapping[str, Any],
    *,
    estimator: str,
    scale: tuple[float, float] = (0.0, 4.0),
    n_folds: int | None = None,
    seed: int = 0,
) -> Evaluation:
    """Judge models by the protocol, side by side and beside the baselines.

    Parameters
    ----------
    X, y : DataFrame, ndarray of shape (n_intervals,)
        The history, as in `EffectModel`.
    estimators : mapping of str to estimator
        The models by name; they are cloned and left as they are.
    estimator : str
        Which of them, or of the baselines, is judged.
    scale : tuple of float
        Lowest and highest level.
    n_folds : int, optional
        In so many groups people, and modules, are left out in turn; `N_FOLDS` when not given.
    seed : int
        Decides who and what is left out together.

    Returns
    -------
    Evaluation

    Raises
    ------
    ModelError
        `model.too-few-to-judge` with fewer than 20 intervals to judge on; or what the models say
        of a history that they cannot learn from.
    """
    y, n_folds = np.asarray(y, dtype=float), n_folds or N_FOLDS
    models = {**{name: make() for name, make in BASELINES.items()}, **estimators}
    # The judged one first, then the others in the order given, the baselines last.
    models = {name: models[name] for name in dict.fromkeys([estimator, *estimators, *models])}
    later = is_later(X)
    known_folds = [
        Fold(fold.learn & (~later | later.all()), fold.judge)
        for fold in split_by_person(X, n_folds, seed=seed)
    ]
    known = {name: _predict_left_out(model, X, y, known_folds) for name, model in models.items()}
    cold_folds = split_by_module(X, n_folds, seed=seed)
    cold = {name: _predict_left_out(model, X, y, cold_folds) for name, model in models.items()}

    low, unit = scale[0], (scale[1] - scale[0]) / 4.0
    before = X["level_before"].to_numpy(dtype=float)
    level = (before - low) / unit
    judged = {
        "known": np.isfinite(known[estimator].predicted) & later,
        "cold": np.isfinite(cold[estimator].predicted),
    }
    for rows in judged.values():
        if rows.sum() < MIN_JUDGED:
            raise ModelError("model.too-few-to-judge", found=int(rows.sum()), minimum=MIN_JUDGED)
    evidence = _evidence(X, known_folds)
    own, of_left_out = (
        replace(part[estimator], predicted=(part[estimator].predicted - low) / unit)
        for part in (known, cold)
    )
    held = _held((own, of_left_out), (y - low) / unit, level, evidence > 0, later)
    rows = judged["known"]

    def scores(part: dict[str, _Judged], rows: BoolArray) -> dict[str, GainScore]:
        return {
            name: score_gain(one.predicted[rows] - before[rows], y[rows] - before[rows])
            for name, one in part.items()
        }

    def bins(part: dict[str, _Judged], rows: BoolArray) -> GainBins:
        return bin_gains(part[estimator].predicted[rows] - before[rows], y[rows] - before[rows])

    return Evaluation(
        estimator=estimator,
        known=scores(known, judged["known"]),
        cold=scores(cold, judged["cold"]),
        paired={
            name: PairedDifference(
                *_difference(known[estimator], known[name], y, judged["known"]),
                *_difference(cold[estimator], cold[name], y, judged["cold"]),
            )
            for name in models
            if name != estimator
        },
        coverage_by_evidence=cover_groups(
            held[0][rows],
            np.searchsorted(EVIDENCE_EDGES, evidence[rows], side="right"),
            ("0", "1-4", "5-19", "20+"),
        ),
        coverage_by_band=cover_groups(
            held[0][rows],
            np.searchsorted(BAND_EDGES, level[rows], side="right"),
            ("0-1", "1-2", "2-3", "3-4"),
        ),
        coverage_known=float(held[0][rows].mean()),
        coverage_cold=float(held[1][judged["cold"]].mean()),
        calibration_known=bins(known, judged["known"]),
        calibration_cold=bins(cold, judged["cold"]),
        size_known=is_size_known(X),
    )


def _predict_left_out(model: Any, X: pd.DataFrame, y: FloatArray, folds: list[Fold]) -> _Judged:
    """Fit a model anew for each fold and predict what the fold leaves out; NaN elsewhere."""
    predicted, of_fold = np.full(len(X), np.nan), np.full(len(X), -1)
    anew: Any = clone(model)
    for at, (learn, judge) in enumerate(folds):
        if judge.any():
            fitted = anew.fit(X[learn], y[learn])
            predicted[judge] = fitted.predict(as_asked(X[judge]))
            of_fold[judge] = at
            anew = unfitted(fitted)
    return _Judged(predicted, of_fold)


def _difference(
    own: _Judged, other: _Judged, y: FloatArray, rows: BoolArray
) -> tuple[float, float]:
    """Mean over the folds of how much larger the other's RMSE is, and its standard error."""
    fold = own.fold[rows]
    count = np.bincount(fold)

    def rmse(one: _Judged) -> FloatArray:
        squares = np.bincount(fold, weights=(y[rows] - one.predicted[rows]) ** 2)
        return np.sqrt(squares[count > 0] / count[count > 0])

    by_fold = rmse(other) - rmse(own)
    size = by_fold.size
    error = float(by_fold.std(ddof=1) / np.sqrt(size)) if size > 1 else float("nan")
    return float(by_fold.mean()), error


def _held(
    judged: tuple[_Judged, _Judged],
    y: FloatArray,
    level: FloatArray,
    seen: BoolArray,
    later: BoolArray,
) -> list[BoolArray]:
    """Say for known and for left-out modules in which intervals the 90 % range held.

    All levels are on [0, 4]. The range of a fold is calibrated on the residuals of the other folds,
    for known modules on the earlier ones, as in use.
    """
    known, cold = (y - one.predicted for one in judged)
    earlier = known if later.all() else np.where(later, np.nan, known)
    held: list[BoolArray] = []
    for one, residual, by in zip(judged, (known, cold), (seen, ~np.isfinite(y)), strict=True):
        inside = np.zeros(y.size, dtype=bool)
        for fold in range(int(one.fold.max(initial=-1)) + 1):
            mine = one.fold == fold
            calibration = calibrate(level, *(np.where(mine, np.nan, r) for r in (earlier, cold)))
            lower, upper = calibration.bounds(level[mine], by[mine])
            # As in a prediction, the range always encloses the expectation.
            left = residual[mine]
            inside[mine] = (np.minimum(lower, 0.0) <= left) & (left <= np.maximum(upper, 0.0))
        held.append(inside)
    return held


def _evidence(X: pd.DataFrame, folds: list[Fold]) -> IntArray:
    """Count for each left-out interval the learned ones of its module for the competency."""
    events = X[["modules", "competency_id"]].reset_index(drop=True).explode("modules").dropna()
    pair = events.groupby(["modules", "competency_id"], sort=False).ngroup().to_numpy()
    row = events.index.to_numpy()
    evidence = np.zeros(len(X), dtype=np.int64)
    for learn, judge in folds:
        count = np.bincount(pair[learn[row]], minlength=int(pair.max(initial=-1)) + 1)
        # Of several modules the best known one counts.
        mine = judge[row]
        np.maximum.at(evidence, row[mine], count[pair[mine]])
    return evidence
