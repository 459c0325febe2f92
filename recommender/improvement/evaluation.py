"""How good an effect model is, beside simpler ones, on records it has not seen.

Known modules are judged on later records of other people, cold start on modules left out; never
on random rows.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from recommender.arrays import BoolArray, FloatArray, IntArray
from recommender.errors import ModelError, ShapeMismatchError
from recommender.improvement.model.effects import fit_effects
from recommender.improvement.model.fitting import MIN_CONTROLS
from recommender.improvement.model.prediction import Prediction, predict
from recommender.improvement.model.tables import ModuleTable, RecordTable

Gain = Callable[[RecordTable], FloatArray]

# How many records of the mean gain the shrunken raw mean assumes beforehand.
SHRINKAGE_RECORDS = 8.0
# An error from fewer records would be mostly luck.
MIN_JUDGED = 20
MIN_PER_BIN = 10
EVIDENCE_EDGES = np.array([1, 5, 20])
BAND_EDGES = np.array([1.0, 2.0, 3.0])


@dataclass(frozen=True)
class Split:
    """Records to learn from and to judge on.

    Attributes
    ----------
    learn, judge : RecordTable
        The two parts; `judge` holds trained records only.
    """

    learn: RecordTable
    judge: RecordTable


@dataclass(frozen=True)
class GainScore:
    """How well one model predicts the measured gain.

    Attributes
    ----------
    rmse : float
        Root mean squared error of the gain, in levels.
    r_squared : float
        Share of the variance of the gain explained; below 0 worse than its mean.
    slope : float
        Slope of measured on predicted gain; 1 is calibrated, NaN where predictions do not vary.
    n_records : int
        Records judged on.
    """

    rmse: float
    r_squared: float
    slope: float
    n_records: int


@dataclass(frozen=True)
class IntervalCoverage:
    """Share of intervals of the next level that held, by group.

    Attributes
    ----------
    groups : tuple of str
        Names of the groups.
    share : ndarray of shape (n_groups,)
        Share that held; NaN where there are no records.
    count : ndarray of int, shape (n_groups,)
        Records in each group.
    """

    groups: tuple[str, ...]
    share: FloatArray
    count: IntArray


@dataclass(frozen=True)
class GainBins:
    """Records in bins of the predicted gain, lowest first; arrays of shape (n_bins,).

    Attributes
    ----------
    predicted, measured : ndarray of float
        Mean gain of the bin, in levels.
    standard_error : ndarray of float
        Of `measured`; NaN with a single record.
    count : ndarray of int
        Records in the bin.
    """

    predicted: FloatArray
    measured: FloatArray
    standard_error: FloatArray
    count: IntArray


@dataclass(frozen=True)
class Evaluation:
    """An effect model beside its baselines.

    Attributes
    ----------
    known, cold : dict of str to GainScore
        By model name, on later records of other people, and on modules left out.
    coverage_by_evidence, coverage_by_band : IntervalCoverage
        Of the 90 % interval of the next measured level, on later records.
    coverage_known, coverage_cold : float
        Overall.
    calibration_known, calibration_cold : GainBins
        Measured beside predicted gain, on later records and on modules left out.
    size_known : bool
        Whether the history has enough control rows to tell how much modules add; without them only
        the order of modules is judged.
    """

    known: dict[str, GainScore]
    cold: dict[str, GainScore]
    coverage_by_evidence: IntervalCoverage
    coverage_by_band: IntervalCoverage
    coverage_known: float
    coverage_cold: float
    calibration_known: GainBins
    calibration_cold: GainBins
    size_known: bool = True


def split_by_time_and_person(
    records: RecordTable, *, later_share: float = 0.3, person_share: float = 0.5, seed: int = 0
) -> Split:
    """Judge on later records of people whose records are all kept out of the learning part.

    Parameters
    ----------
    records : RecordTable
        All records; without dates only people are split.
    later_share : float
        Share of the records that count as later.
    person_share : float
        Share of the people who are set aside for judging.
    seed : int
        Decides who is set aside.
    """
    people, code = np.unique(records.person, return_inverse=True)
    set_aside = (np.random.default_rng(seed).random(people.size) < person_share)[code]
    # Without any date everything is both earlier and later, and only people are split.
    dated = np.isfinite(records.after_day)
    later = np.ones(records.size, dtype=bool)
    earlier = later
    if dated.any():
        later = dated & (
            records.after_day >= np.quantile(records.after_day[dated], 1 - later_share)
        )
        earlier = ~later
    judged = later & set_aside & (records.module >= 0)
    # All records of a judged person leave the learning part, not only the later ones: people differ
    # in ways that a model would recognise.
    known = np.zeros(people.size, dtype=bool)
    known[code[judged]] = True
    return Split(records.rows(earlier & ~known[code]), records.rows(judged))


def split_by_module(records: RecordTable, *, share: float = 0.2, seed: int = 0) -> Split:
    """Judge on modules whose records are all kept out of the learning part."""
    modules = np.unique(records.module[records.module >= 0])
    # At least one module is left out, and at least one stays to learn from.
    size = min(max(1, round(share * modules.size)), max(modules.size - 1, 0))
    out = np.random.default_rng(seed).choice(modules, size, replace=False)
    judged = np.isin(records.module, out)
    return Split(records.rows(~judged), records.rows(judged))


def score_gain(predicted: FloatArray, measured: FloatArray) -> GainScore:
    """Compare predicted with measured gain, both of shape (n,), in levels."""
    if predicted.shape != measured.shape:
        raise ShapeMismatchError(f"gains: {predicted.shape} and {measured.shape}")
    if measured.size == 0:
        nan = float("nan")
        return GainScore(nan, nan, nan, 0)
    error = measured - predicted
    spread = float(((measured - measured.mean()) ** 2).sum())
    return GainScore(
        rmse=float(np.sqrt((error**2).mean())),
        r_squared=1.0 - float((error**2).sum()) / spread if spread > 0 else float("nan"),
        slope=calibration_slope(predicted, measured),
        n_records=int(measured.size),
    )


def calibration_slope(predicted: FloatArray, measured: FloatArray) -> float:
    """Slope of measured on predicted values; NaN where predictions do not vary."""
    centred = predicted - predicted.mean()
    spread = float(centred @ centred)
    return float(centred @ measured) / spread if spread > 1e-12 else float("nan")


def bin_gains(predicted: FloatArray, measured: FloatArray, *, n_bins: int = 10) -> GainBins:
    """Put records into bins of about the same size.

    Parameters
    ----------
    predicted, measured : ndarray of shape (n,)
        Gain of each record, in levels.
    n_bins : int
        At most so many; fewer where a bin would have less than ten records. Equal predictions
        share a bin.

    Returns
    -------
    GainBins
    """
    if predicted.shape != measured.shape:
        raise ShapeMismatchError(f"gains: {predicted.shape} and {measured.shape}")
    n_bins = int(np.clip(predicted.size // MIN_PER_BIN, 1, n_bins))
    edges = np.quantile(predicted, np.arange(1, n_bins) / n_bins) if predicted.size else []
    bin_of = np.searchsorted(edges, predicted, side="right")
    # Equal edges leave bins empty: those that hold records are numbered anew.
    _, code = np.unique(bin_of, return_inverse=True)
    count = np.bincount(code).astype(np.int64)
    mean = np.bincount(code, weights=measured) / count
    squares = np.bincount(code, weights=(measured - mean[code]) ** 2)
    variance = np.divide(squares, count - 1, out=np.full(count.size, np.nan), where=count > 1)
    return GainBins(
        predicted=np.bincount(code, weights=predicted) / count,
        measured=mean,
        standard_error=np.sqrt(variance / count),
        count=count,
    )


def fit_baselines(learn: RecordTable) -> dict[str, Gain]:
    """Fit the simple models that an effect model has to beat.

    Returns
    -------
    dict of str to callable
        Predicted gain of records: `no-module` (mean gain), `raw-mean` and `shrunken-raw-mean` per
        module and competency, `gap-only` (line in the starting level), `ancova` (line in the
        starting level by competency), `popularity` (line in how often a module is taken).
    """
    trained = learn.rows(learn.module >= 0)
    gain = trained.level_after - trained.level_before
    mean = float(gain.mean())
    width = int(learn.competency.max(initial=0)) + 1

    def key(records: RecordTable) -> IntArray:
        return records.module * width + np.minimum(records.competency, width - 1)

    keys, code = np.unique(key(trained), return_inverse=True)
    count = np.bincount(code)
    total = np.bincount(code, weights=gain)

    def by_pair(damping: float) -> Gain:
        values = (total + damping * mean) / (count + damping)

        def of(records: RecordTable) -> FloatArray:
            at = np.minimum(np.searchsorted(keys, key(records)), keys.size - 1)
            return np.where(keys[at] == key(records), values[at], mean)

        return of

    def line(make: Callable[[RecordTable], FloatArray]) -> Gain:
        columns = make(trained)
        # Only so that columns without data, such as an unseen competency, can be solved.
        ridge = 1e-6 * np.eye(columns.shape[1])
        coefficients = np.linalg.solve(columns.T @ columns + ridge, columns.T @ gain)
        return lambda records: make(records) @ coefficients

    def of_level(records: RecordTable) -> FloatArray:
        return np.stack([np.ones(records.size), records.level_before], axis=1)

    def of_competency(records: RecordTable) -> FloatArray:
        dummies = records.competency[:, None] == np.arange(width)
        return np.column_stack([records.level_before, dummies])

    uptake = np.bincount(trained.module)

    def of_uptake(records: RecordTable) -> FloatArray:
        at = np.minimum(records.module, uptake.size - 1)
        taken = np.where(records.module < uptake.size, uptake[at], 0)
        # By the logarithm: a few modules are taken far more often than all others.
        return np.stack([np.ones(records.size), np.log1p(taken)], axis=1)

    return {
        "no-module": lambda records: np.full(records.size, mean),
        "popularity": line(of_uptake),
        "raw-mean": by_pair(0.0),
        "shrunken-raw-mean": by_pair(SHRINKAGE_RECORDS),
        "gap-only": line(of_level),
        "ancova": line(of_competency),
    }


def evaluate(
    records: RecordTable,
    modules: ModuleTable,
    *,
    n_competencies: int,
    scale: tuple[float, float] = (0.0, 4.0),
    seed: int = 0,
) -> Evaluation:
    """Judge the effect model by the protocol, with the baselines beside it.

    Raises
    ------
    ModelError
        `model.too-few-to-judge` if a split leaves fewer than 20 records to judge on; or the
        errors of `fit_effects`.
    """

    def run(split: Split) -> tuple[dict[str, GainScore], Prediction]:
        if split.judge.size < MIN_JUDGED:
            raise ModelError("model.too-few-to-judge", found=split.judge.size, minimum=MIN_JUDGED)
        fit = fit_effects(
            split.learn, modules, n_competencies=n_competencies, scale=scale, seed=seed
        )
        judge = split.judge
        # The model refuses a pair that neither the catalogue nor the learning part has.
        addressed = np.isin(
            judge.module * n_competencies + judge.competency,
            fit.pair_module * n_competencies + fit.pair_competency,
        )
        judge = judge.rows(addressed)
        prediction = predict(fit, judge.module, judge.competency, judge.level_before, judge.org)
        gain = judge.level_after - judge.level_before
        scores = {
            "effect-model": score_gain(prediction.expected_level_after - judge.level_before, gain)
        }
        for name, baseline in fit_baselines(split.learn).items():
            scores[name] = score_gain(baseline(judge), gain)
        judged.append(judge)
        return scores, prediction

    # Filled by `run`, as it drops records that the fit cannot be asked about.
    judged: list[RecordTable] = []
    known, known_prediction = run(split_by_time_and_person(records, seed=seed))
    cold, cold_prediction = run(split_by_module(records, seed=seed))
    held = _held(known_prediction, judged[0])
    unit = (scale[1] - scale[0]) / 4.0
    level = (judged[0].level_before - scale[0]) / unit
    return Evaluation(
        known=known,
        cold=cold,
        coverage_by_evidence=_coverage(
            held,
            np.searchsorted(EVIDENCE_EDGES, known_prediction.evidence_count, side="right"),
            ("0", "1-4", "5-19", "20+"),
        ),
        coverage_by_band=_coverage(
            held, np.searchsorted(BAND_EDGES, level, side="right"), ("0-1", "1-2", "2-3", "3-4")
        ),
        coverage_known=float(held.mean()),
        coverage_cold=float(_held(cold_prediction, judged[1]).mean()),
        calibration_known=_calibration(known_prediction, judged[0]),
        calibration_cold=_calibration(cold_prediction, judged[1]),
        size_known=int((records.module < 0).sum()) >= MIN_CONTROLS,
    )


def _calibration(prediction: Prediction, records: RecordTable) -> GainBins:
    before = records.level_before
    return bin_gains(prediction.expected_level_after - before, records.level_after - before)


def _held(prediction: Prediction, records: RecordTable) -> BoolArray:
    after = records.level_after
    return (prediction.level_after_lower <= after) & (after <= prediction.level_after_upper)


def _coverage(held: BoolArray, group: IntArray, names: tuple[str, ...]) -> IntervalCoverage:
    count = np.bincount(group, minlength=len(names)).astype(np.int64)
    share = np.bincount(group, weights=held, minlength=len(names)) / np.maximum(count, 1)
    return IntervalCoverage(names, np.where(count > 0, share, np.nan), count)
