"""From any fitted estimator to the table that is served."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any, Protocol

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from recommender.arrays import FloatArray, IntArray
from recommender.errors import ModelError
from recommender.improvement.effect_table import (
    GRID,
    Calibration,
    EffectTable,
)
from recommender.improvement.history_checks import (
    bracket_effect,
    find_reliability,
)
from recommender.improvement.intervals import as_asked, ask, is_size_known, is_trained
from recommender.improvement.splitting import (
    Fold,
    split_by_module,
    split_by_person,
    unfitted,
)

COVERAGE = 0.9
N_FOLDS = 3
# Quantiles of so many residuals are exact enough: of a larger history one fold is left out.
ENOUGH_RESIDUALS = 5_000
# The 5 % tails of a band then rest on seven or more records each.
MIN_PER_BAND = 150
MAX_BANDS = 5
# So many questions at once bound the memory of an estimator that answers densely.
BATCH_ROWS = 20_000
# Where the table is held against the estimator: this many pairs, at levels between its own.
CHECKED_PAIRS, CHECKED_LEVELS = 100, 401
# Columns of `explain` beside the features, where an estimator has it.
OWN_PARTS = ("module", "pair")

_UNKNOWN = Calibration(np.zeros(0), *np.full((4, 1), np.nan))


class Ids(Protocol):
    """The ids that the codes of a table stand for; the position is the code."""

    @property
    def module_ids(self) -> Sequence[str]:
        """Modules."""
        ...

    @property
    def competency_ids(self) -> Sequence[str]:
        """Competencies."""
        ...

    @property
    def org_units(self) -> Sequence[str]:
        """Units."""
        ...


def compile_effects(
    estimator: Any,
    X: pd.DataFrame,
    y: FloatArray,
    pairs: pd.DataFrame,
    *,
    ids: Ids,
    scale: tuple[float, float],
    name: str,
    seed: int = 0,
    calibrated: bool = True,
) -> EffectTable:
    """Ask a fitted estimator about every pair at every level, and calibrate its next level.

    Parameters
    ----------
    estimator : estimator
        Fitted on `X` and `y`; it is cloned to be fitted without some people and modules.
    X, y : DataFrame, ndarray of shape (n_intervals,)
        The history.
    pairs : DataFrame
        The catalogue.
    ids : Ids
        What the codes of the table stand for; pairs of other ids are left out.
    scale : tuple of float
        Lowest and highest level.
    name : str
        Name of the estimator.
    seed : int
        Decides who and what is left out together.
    calibrated : bool
        Whether to find the bounds of the next level, which takes several fits more; else they
        are unknown.

    Returns
    -------
    EffectTable
    """
    low, unit = scale[0], (scale[1] - scale[0]) / 4.0
    module, competency, evidence = _list_pairs(X, pairs, ids)
    modules = np.array(ids.module_ids, dtype=object)[module]
    competencies = np.array(ids.competency_ids, dtype=object)[competency]
    asked = _questions(modules, competencies, low + GRID * unit)
    shape = (module.size, GRID.size)
    effect = _batched(estimator.effect, asked).reshape(shape) / unit
    untrained, org_effects = _without_training(estimator, ids, scale)
    size_known = is_size_known(X) and bool(getattr(estimator, "size_known_", True))
    lower, upper = _bounds(estimator, asked, size_known)
    trained = X[is_trained(X)]
    mean_effect = float(np.mean(_batched(estimator.effect, trained)))
    reliability = find_reliability(X, y)
    return EffectTable(
        estimator=name,
        pair_module=module,
        pair_competency=competency,
        effect=effect,
        effect_lower=lower.reshape(shape) / unit,
        effect_upper=upper.reshape(shape) / unit,
        untrained=untrained[competency],
        parts=_parts(estimator, asked, effect, unit),
        evidence_count=evidence,
        org_effects=org_effects,
        calibration=_calibrate(estimator, X, y, scale, seed) if calibrated else _UNKNOWN,
        scale=scale,
        size_known=size_known,
        asked_since=float(getattr(estimator, "asked_since", np.nan)),
        table_error=_table_error(estimator, modules, competencies, effect, scale),
        reliability=reliability,
        bracket=bracket_effect(X, y, ancova=mean_effect, reliability=reliability),
    )


def _list_pairs(
    X: pd.DataFrame, pairs: pd.DataFrame, ids: Ids
) -> tuple[IntArray, IntArray, IntArray]:
    """List the pairs of the catalogue and of the records, sorted, with their trained records."""
    events = X.loc[is_trained(X), ["modules", "competency_id"]].explode("modules")
    width = len(ids.competency_ids)

    def keys(module: pd.Series, competency: pd.Series) -> IntArray:
        at, of = (
            pd.Index(list(known), dtype=object).get_indexer(pd.Index(named, dtype=object))
            for known, named in ((ids.module_ids, module), (ids.competency_ids, competency))
        )
        known = (at >= 0) & (of >= 0)
        return at[known].astype(np.int64) * width + of[known]

    recorded, counts = np.unique(
        keys(events["modules"], events["competency_id"]), return_counts=True
    )
    every = np.union1d(keys(pairs["module_id"], pairs["competency_id"]), recorded)
    evidence = np.zeros(every.size, dtype=np.int64)
    evidence[np.searchsorted(every, recorded)] = counts
    return every // width, every % width, evidence


def _questions(
    modules: NDArray[np.object_], competencies: NDArray[np.object_], levels: FloatArray
) -> pd.DataFrame:
    """Ask about each module and competency at each of some levels."""
    n = len(levels)
    return ask(
        np.repeat(modules, n).tolist(),
        np.repeat(competencies, n).tolist(),
        np.tile(levels, len(modules)),
    )


def _batches(asked: pd.DataFrame) -> Iterator[pd.DataFrame]:
    for start in range(0, len(asked), BATCH_ROWS):
        yield asked.iloc[start : start + BATCH_ROWS]


def _batched(answer: Callable[[pd.DataFrame], FloatArray], asked: pd.DataFrame) -> FloatArray:
    return np.concatenate([np.asarray(answer(part), dtype=float) for part in _batches(asked)])


def _without_training(
    estimator: Any, ids: Ids, scale: tuple[float, float]
) -> tuple[FloatArray, FloatArray]:
    """Level without training by competency and starting level, and what units add to it."""
    low, unit = scale[0], (scale[1] - scale[0]) / 4.0
    competencies = np.array(ids.competency_ids, dtype=object)
    nobody = np.full(competencies.size, None, dtype=object)
    asked = _questions(nobody, competencies, low + GRID * unit)
    level = _batched(estimator.predict, asked).reshape(-1, GRID.size)
    if not len(ids.org_units):
        return (level - low) / unit, np.zeros(0)
    # Where somebody in the middle ends, by unit; what a unit adds is taken to be the same anywhere.
    middle = _questions(nobody, competencies, np.array([low + 2.0 * unit]))
    base = estimator.predict(middle)
    units = pd.concat([middle.assign(org_unit=unit_id) for unit_id in ids.org_units])
    of_unit = _batched(estimator.predict, units).reshape(len(ids.org_units), -1)
    return (level - low) / unit, (of_unit - base).mean(axis=1) / unit


def _bounds(estimator: Any, asked: pd.DataFrame, size_known: bool) -> tuple[FloatArray, FloatArray]:
    """Lower and upper bound of the true effect; NaN where the estimator has none."""
    if not (size_known and hasattr(estimator, "effect_interval")):
        unknown = np.full(len(asked), np.nan)
        return unknown, unknown
    bounds = [np.stack(estimator.effect_interval(part)) for part in _batches(asked)]
    lower, upper = np.concatenate(bounds, axis=1)
    return lower, upper


def _parts(estimator: Any, asked: pd.DataFrame, effect: FloatArray, unit: float) -> FloatArray:
    """Take the effects apart; all of them are features where the estimator does not say."""
    parts = np.zeros((3, *effect.shape))
    if hasattr(estimator, "explain"):
        frames = [estimator.explain(part) for part in _batches(asked)]
        whole = pd.concat(frames, ignore_index=True)
        for at, name in enumerate(OWN_PARTS, start=1):
            if name in whole:
                parts[at] = whole[name].to_numpy(dtype=float).reshape(effect.shape) / unit
    # By subtraction, so that the parts add up to the effect exactly.
    parts[0] = effect - parts[1] - parts[2]
    return parts


def _table_error(
    estimator: Any,
    modules: NDArray[np.object_],
    competencies: NDArray[np.object_],
    effect: FloatArray,
    scale: tuple[float, float],
) -> float:
    """How far what is served lies from the estimator at most, in levels."""
    low, unit = scale[0], (scale[1] - scale[0]) / 4.0
    some = np.unique(np.linspace(0, len(modules) - 1, CHECKED_PAIRS).astype(np.int64))
    levels = np.linspace(0.0, 4.0, CHECKED_LEVELS)
    asked = _questions(modules[some], competencies[some], low + levels * unit)
    exact = _batched(estimator.effect, asked).reshape(some.size, -1)
    table = np.stack([np.interp(levels, GRID, row) for row in effect[some]])
    left = 4.0 - levels
    return float(np.abs(np.minimum(exact / unit, left) - np.minimum(table, left)).max()) * unit


def _calibrate(
    estimator: Any, X: pd.DataFrame, y: FloatArray, scale: tuple[float, float], seed: int
) -> Calibration:
    """Find how far the next level lies from what is expected of people and modules left out."""
    low, unit = scale[0], (scale[1] - scale[0]) / 4.0
    y = np.asarray(y, dtype=float)
    trained = is_trained(X)
    level = (X["level_before"].to_numpy(dtype=float)[trained] - low) / unit

    def residuals(folds: list[Fold]) -> FloatArray:
        found = np.full(len(X), np.nan)
        for learn, judge in folds:
            if np.isfinite(found).sum() >= ENOUGH_RESIDUALS:
                break
            try:
                fitted = unfitted(estimator).fit(X[learn], y[learn])
            except ModelError:  # what is left is too little to learn from
                continue
            found[judge] = y[judge] - fitted.predict(as_asked(X[judge]))
        return found[trained] / unit

    known = residuals(split_by_person(X, N_FOLDS, seed=seed))
    if not np.isfinite(known).any():
        known = (y[trained] - estimator.predict(as_asked(X[trained]))) / unit
    return calibrate(level, known, residuals(split_by_module(X, N_FOLDS, seed=seed)))


def calibrate(level: FloatArray, known: FloatArray, unseen: FloatArray) -> Calibration:
    """Find the quantiles of left-out residuals by band of starting level.

    Parameters
    ----------
    level : ndarray of shape (n,)
        Starting level of trained records, on [0, 4].
    known : ndarray of shape (n,)
        Residual of the next level with the person left out, in levels; NaN where not done.
    unseen : ndarray of shape (n,)
        Residual with the module left out; NaN where not done.

    References
    ----------
    Barber, Candès, Ramdas & Tibshirani (2021), Predictive inference with the jackknife+, Annals of
    Statistics 49; MODEL.md, finding 4.
    """
    is_known, is_unseen = np.isfinite(known), np.isfinite(unseen)
    n_bands = int(np.clip(is_known.sum() // MIN_PER_BAND, 1, MAX_BANDS))
    # Bands, because intervals are narrower near the ceiling; equal edges, where many start alike,
    # are one.
    edges = np.unique(np.quantile(level[is_known], np.arange(1, n_bands) / n_bands))
    band = np.searchsorted(edges, level, side="right")
    bounds = np.zeros((4, edges.size + 1))
    for code in range(edges.size + 1):
        of_known = known[is_known & (band == code)]
        of_known = of_known if of_known.size else known[is_known]
        bounds[:2, code] = _tails(of_known)
        of_unseen = unseen[is_unseen & (band == code)]
        # Too few in the band: take those of all bands, and without enough of them those of known
        # modules, which are a little too narrow.
        if of_unseen.size < MIN_PER_BAND // 2:
            of_unseen = unseen[is_unseen] if is_unseen.sum() >= 30 else of_known
        bounds[2:, code] = _tails(of_unseen)
    return Calibration(edges, *bounds)


def _tails(residuals: FloatArray) -> tuple[float, float]:
    """Find bounds that hold 90 %, corrected for a finite sample, half of the rest on each side."""
    ordered = np.sort(residuals)
    n = ordered.size
    # n + 1, as the next level is one more draw: without it small samples promise too much.
    upper = int(np.ceil((n + 1) * (1.0 + COVERAGE) / 2.0)) - 1
    lower = int(np.floor((n + 1) * (1.0 - COVERAGE) / 2.0)) - 1
    return float(ordered[max(lower, 0)]), float(ordered[min(upper, n - 1)])
