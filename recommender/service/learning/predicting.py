"""What a saved model expects of intervals that were measured: to judge it by them."""

from __future__ import annotations

import numpy as np
import pandas as pd

from recommender.arrays import BoolArray, FloatArray, IntArray
from recommender.improvement.effect_table import expect_levels
from recommender.improvement.intervals import is_trained
from recommender.improvement.registry import TrainedModel


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


def expected_levels(model: TrainedModel, X: pd.DataFrame) -> FloatArray:
    """Predict the next level of trained intervals from the table of a model.

    Returns
    -------
    ndarray of shape (n_intervals,)
        NaN where the model does not know a module, or not for the competency, and in control rows.
    """
    events = X["modules"].reset_index(drop=True).explode().dropna()
    row = events.index.to_numpy()
    module = code_ids(events, model.module_ids)
    competency = code_ids(X["competency_id"], model.competency_ids)
    unknown = ~knows_pairs(model, module, competency[row])
    usable = is_trained(X) & (np.bincount(row, weights=unknown, minlength=len(X)) == 0)
    expected = np.full(len(X), np.nan)
    chosen = usable[row]
    if usable.any():
        # numbered anew among the usable intervals
        position = np.cumsum(usable) - 1
        expected[usable] = expect_levels(
            model.fit,
            position[row[chosen]],
            module[chosen],
            competency[usable],
            X["level_before"].to_numpy(dtype=float)[usable],
            code_ids(X["org_unit"], model.org_ids)[usable],
        )
    return expected


def expected_ranges(
    model: TrainedModel, X: pd.DataFrame, expected: FloatArray
) -> tuple[FloatArray, FloatArray]:
    """Return the 90 % ranges of the next levels that `expected_levels` predicts.

    Returns
    -------
    lower : ndarray of shape (n_intervals,)
        On the scale of the records; NaN where nothing is expected.
    upper : ndarray of shape (n_intervals,)
        Likewise.
    """
    fit, (low, high) = model.fit, model.fit.scale
    unit = (high - low) / 4.0
    events = X["modules"].reset_index(drop=True).explode().dropna()
    row = events.index.to_numpy()
    width = len(model.competency_ids)
    recorded = fit.evidence_count > 0
    pairs = (fit.pair_module * width + fit.pair_competency)[recorded]
    asked = code_ids(events, model.module_ids) * width
    asked += code_ids(X["competency_id"], model.competency_ids)[row]
    # of several modules the best known one counts, as in the evaluation
    seen = np.bincount(row, weights=np.isin(asked, pairs), minlength=len(X)) > 0
    level = np.clip((X["level_before"].to_numpy(dtype=float) - low) / unit, 0.0, 4.0)
    lower, upper = fit.calibration.bounds(level, seen)
    after = (expected - low) / unit
    # as in a prediction: the range encloses the expectation, and ends where the scale does
    return (
        low + np.clip(after + lower, 0.0, after) * unit,
        low + np.clip(after + upper, after, 4.0) * unit,
    )
