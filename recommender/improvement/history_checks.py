"""What a history cannot tell, found before or after a model is fitted on it.

All functions take intervals as the effect model does: X with the columns that `to_intervals` makes,
and the level at the later assessment.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import chain

import numpy as np
import pandas as pd

from recommender.arrays import BoolArray, FloatArray, IntArray

# Without so many intervals without training, there is no telling what would happen without it.
MIN_CONTROLS = 30
# Below this the no-training curve is uncertain, which is only a warning.
FEW_CONTROLS = 200
FEW_TRAINED = 200
# A trained interval is comparable if enough controls start within half a level of it.
OVERLAP_WIDTH = 0.5
MAX_OUTSIDE = 0.05
MAX_SHARED = 0.1
MAX_DUPLICATES = 0.01
LOW_RELIABILITY = 0.5
# Modules that are together in so many of the intervals of either cannot be told apart.
ALWAYS_TOGETHER = 0.9
MIN_TOGETHER = 5
# A shift of the ratings that would move effects by less than this is no matter.
MIN_SHIFT = 0.05
# In standard errors: chance goes beyond in 1 history of 370, and seldom by MIN_SHIFT as well.
BEYOND_NOISE = 3.0
# A quarter with fewer controls says nothing of how ratings were given then.
MIN_IN_QUARTER = 5
MAX_APART = 0.2
# Correlation ratio of unit and share of training; sound histories stay below .15.
MAX_UNEVEN = 0.25
MIN_IN_UNIT = 10
# These limit the effect of every module, so they are said wherever an effect is.
TOUCHING_ALL = frozenset({"no-controls", "calendar-shift", "calendar-apart"})


@dataclass(frozen=True)
class Bracket:
    """Mean effect of training estimated in two ways that err to opposite sides.

    Attributes
    ----------
    ancova : float
        Compared with untrained people of the same recorded level; too low where managers
        nominate on what they know beyond it. In levels; NaN without control rows.
    corrected_gain : float
        Gain over the true level expected from the rating (Kelley), less untrained growth; too
        high in the same case.
    """

    ancova: float
    corrected_gain: float


@dataclass(frozen=True)
class HistoryWarning:
    """Something that limits a model fitted on a history.

    Parameters
    ----------
    code : str
        Key of the texts ``registry.limit.<code>``, without figures, and
        ``history.warning.<code>``, with them.
    figures : mapping of str to float
        What was found, for the sentence: `share`, `lowest`, `highest` in [0, 1], `reliability`,
        `levels`, and counts (`count`, `controls`, `trained`).
    modules : tuple of str
        The modules whose effect it concerns, sorted; empty where it concerns the whole history.
    """

    code: str
    figures: Mapping[str, float] = field(default_factory=dict[str, float])
    modules: tuple[str, ...] = ()

    def touches(self, module_id: str) -> bool:
        """Tell whether it should be said where an effect of the module is shown."""
        return module_id in self.modules if self.modules else self.code in TOUCHING_ALL


def count_modules(X: pd.DataFrame) -> IntArray:
    """Count the modules of each interval."""
    return np.fromiter(map(len, X["modules"].to_numpy(dtype=object)), dtype=np.int64, count=len(X))


def find_reliability(X: pd.DataFrame, level_after: FloatArray) -> float:
    """Test-retest correlation within competencies over control rows; NaN if there are too few.

    Parameters
    ----------
    X : DataFrame
        Intervals.
    level_after : ndarray of shape (n_intervals,)
        Level at the later assessment.
    """
    control = count_modules(X) == 0
    # With fewer pairs a correlation is mostly chance.
    if control.sum() < MIN_CONTROLS:
        return float("nan")
    group = pd.factorize(X["competency_id"][control])[0]
    # Within competencies: that some are rated higher than others says nothing of reliability.
    before = _centred(X["level_before"].to_numpy(float)[control], group)
    after = _centred(np.asarray(level_after)[control], group)
    spread = float(np.sqrt((before @ before) * (after @ after)))
    return float(np.clip(before @ after / spread, 0.0, 1.0)) if spread > 0 else float("nan")


def bracket_effect(
    X: pd.DataFrame, level_after: FloatArray, *, ancova: float, reliability: float
) -> Bracket:
    """Set the model's mean effect beside the reliability-corrected gain.

    Parameters
    ----------
    X : DataFrame
        Intervals.
    level_after : ndarray of shape (n_intervals,)
        Level at the later assessment.
    ancova : float
        Mean effect of the trained intervals by the model, in levels.
    reliability : float
        As `find_reliability` returns it.
    """
    if not np.isfinite(reliability):
        return Bracket(float("nan"), float("nan"))
    trained = count_modules(X) > 0
    level, gain = X["level_before"].to_numpy(float), level_after - X["level_before"].to_numpy(float)
    growth = float(gain[~trained].mean())
    before = level[trained]
    centred = _centred(before, pd.factorize(X["competency_id"][trained])[0])
    # Kelley's formula: a low rating is partly bad luck, so the true level lies nearer the mean.
    expected_true = before - centred + reliability * centred
    return Bracket(ancova, float((level_after[trained] - expected_true).mean()) - growth)


def check_history(
    X: pd.DataFrame,
    level_after: FloatArray,
    *,
    scale: tuple[float, float] = (0.0, 4.0),
    dropped: int = 0,
) -> tuple[HistoryWarning, ...]:
    """Find what limits a model fitted on a history.

    Parameters
    ----------
    X : DataFrame
        Intervals.
    level_after : ndarray of shape (n_intervals,)
        Level at the later assessment.
    scale : tuple of float
        Lowest and highest level.
    dropped : int
        Repeated records that were dropped when the intervals were made.

    Returns
    -------
    tuple of HistoryWarning
        Of ``no-controls``, ``few-controls``, ``no-overlap``, ``one-module``, ``few-records``,
        ``shared-intervals``, ``taken-together``, ``duplicates``, ``low-reliability``,
        ``calendar-shift``, ``calendar-apart``, ``uneven-units``; none on a sound history.
    """
    width = count_modules(X)
    trained = width > 0
    taken = _Taken.of(X, width)
    level = (scale[1] - scale[0]) / 4.0
    warnings = _check_counts(X, trained, taken, level)
    warnings += _check_shared(width, taken)
    warnings += _check_duplicates(X, level_after, dropped)
    reliability = find_reliability(X, level_after)
    if reliability < LOW_RELIABILITY:
        warnings.append(HistoryWarning("low-reliability", {"reliability": reliability}))
    warnings += _check_calendar(X, np.asarray(level_after), trained, taken, level)
    warnings += _check_units(X, trained)
    return tuple(warnings)


@dataclass(frozen=True)
class _Taken:
    """Modules of trained intervals, a row for each of an interval; `row` is that of X."""

    row: IntArray
    module: IntArray
    module_ids: tuple[str, ...]

    @staticmethod
    def of(X: pd.DataFrame, width: IntArray) -> _Taken:
        names = np.fromiter(chain.from_iterable(X["modules"]), dtype=object, count=int(width.sum()))
        module, module_ids = pd.factorize(names, sort=True)
        return _Taken(np.repeat(np.arange(len(X)), width), module, tuple(module_ids))

    def names(self, which: BoolArray) -> tuple[str, ...]:
        return tuple(self.module_ids[at] for at in np.flatnonzero(which))


def _centred(values: FloatArray, group: IntArray) -> FloatArray:
    counts = np.maximum(np.bincount(group), 1)
    return values - (np.bincount(group, weights=values) / counts)[group]


def _check_counts(
    X: pd.DataFrame, trained: BoolArray, taken: _Taken, level: float
) -> list[HistoryWarning]:
    warnings: list[HistoryWarning] = []
    n_controls, n_trained = int((~trained).sum()), int(trained.sum())
    if n_controls < MIN_CONTROLS:
        warnings.append(HistoryWarning("no-controls", {"controls": n_controls}))
    else:
        if n_controls < FEW_CONTROLS:
            warnings.append(HistoryWarning("few-controls", {"controls": n_controls}))
        # Sorted once, so that controls near each interval are counted by two binary searches.
        before, width = X["level_before"].to_numpy(float), OVERLAP_WIDTH * level
        ordered, start = np.sort(before[~trained]), before[trained]
        near = np.searchsorted(ordered, start + width) - np.searchsorted(ordered, start - width)
        outside = float((near < 5).mean()) if n_trained else 0.0
        if outside > MAX_OUTSIDE:
            warnings.append(HistoryWarning("no-overlap", {"share": outside}))
    if len(taken.module_ids) < 2:
        warnings.append(HistoryWarning("one-module", modules=taken.module_ids))
    if n_trained < FEW_TRAINED:
        warnings.append(HistoryWarning("few-records", {"trained": n_trained}))
    return warnings


def _check_shared(width: IntArray, taken: _Taken) -> list[HistoryWarning]:
    warnings: list[HistoryWarning] = []
    n_trained, n_shared = int((width > 0).sum()), int((width > 1).sum())
    if not n_shared:
        return warnings
    if n_shared > MAX_SHARED * n_trained:
        figures = {"count": n_shared, "share": n_shared / n_trained}
        warnings.append(HistoryWarning("shared-intervals", figures))
    counts = np.bincount(taken.module, minlength=len(taken.module_ids))
    rows = pd.DataFrame({"row": taken.row, "module": taken.module})[width[taken.row] > 1]
    pairs = rows.merge(rows, on="row", suffixes=("", "_other")).query("module < module_other")
    together = pairs.groupby(["module", "module_other"]).size()
    one, other = (together.index.get_level_values(at).to_numpy(np.int64) for at in (0, 1))
    size = together.to_numpy(np.int64)
    # Of either: a module that is often met alone is known, and with it what the other adds.
    never_apart = (size >= MIN_TOGETHER) & (
        size >= ALWAYS_TOGETHER * np.maximum(counts[one], counts[other])
    )
    if never_apart.any():
        which = np.zeros(counts.size, dtype=bool)
        which[one[never_apart]] = which[other[never_apart]] = True
        figures = {"count": int(which.sum())}
        warnings.append(HistoryWarning("taken-together", figures, taken.names(which)))
    return warnings


def _check_duplicates(
    X: pd.DataFrame, level_after: FloatArray, dropped: int
) -> list[HistoryWarning]:
    columns = ["person_id", "competency_id", "modules", "level_before", "months", "assessed_on"]
    # Those that are still there, where somebody fits a model on intervals of their own making.
    left = int(X[columns].assign(level_after=level_after).duplicated().sum())
    share = (dropped + left) / max(len(X) + dropped, 1)
    if share <= MAX_DUPLICATES:
        return []
    return [HistoryWarning("duplicates", {"count": dropped + left, "share": share})]


def _check_calendar(
    X: pd.DataFrame, level_after: FloatArray, trained: BoolArray, taken: _Taken, level: float
) -> list[HistoryWarning]:
    """Compare when trained and control intervals end, and how controls were rated then."""
    dated = X["assessed_on"].notna().to_numpy()
    control = dated & ~trained
    if control.sum() < MIN_CONTROLS or not (dated & trained).any():
        return []
    days = X["assessed_on"].to_numpy("datetime64[D]")
    months = np.where(dated, days, np.datetime64(0, "D")).astype("datetime64[M]").astype(np.int64)
    quarter = pd.factorize(months // 3)[0]
    n = int(quarter.max()) + 1
    counts = np.bincount(quarter[control], minlength=n).astype(float)
    known = counts >= MIN_IN_QUARTER
    warnings: list[HistoryWarning] = []
    apart = float((~known)[quarter[dated & trained]].mean())
    if apart > MAX_APART:
        warnings.append(HistoryWarning("calendar-apart", {"share": apart}))

    residual = _untrained_residual(X[control], level_after[control])
    shift = np.bincount(quarter[control], residual, minlength=n) / np.maximum(counts, 1.0)
    variance = float(residual @ residual) / max(residual.size - 1, 1) / np.maximum(counts, 1.0)
    compared = dated[taken.row] & known[quarter[taken.row]]
    # How much more of the intervals, of all trained ones and of each module, end in each quarter
    # than of the controls: the shift of a quarter reaches the effect as far as that.
    table = np.zeros((len(taken.module_ids), n))
    np.add.at(table, (taken.module[compared], quarter[taken.row[compared]]), 1.0)
    whole = np.bincount(quarter[dated & trained & known[quarter]], minlength=n)
    excess = np.vstack([whole, table])
    excess = excess / np.maximum(excess.sum(axis=1, keepdims=True), 1.0)
    excess -= np.where(known, counts, 0.0) / max(counts[known].sum(), 1.0)
    moved = excess @ shift
    noise = np.sqrt(excess**2 @ variance)
    beyond = (np.abs(moved) > MIN_SHIFT * level) & (np.abs(moved) > BEYOND_NOISE * noise)
    if beyond[0]:
        figures = {"levels": float(moved[0])}
        concerned = taken.names(beyond[1:] & (table.sum(axis=1) > 0))
        warnings.append(HistoryWarning("calendar-shift", figures, concerned))
    return warnings


def _untrained_residual(X: pd.DataFrame, level_after: FloatArray) -> FloatArray:
    """Return what competency, starting level and time between leave of the later level."""
    group = pd.factorize(X["competency_id"])[0]
    before, months = X["level_before"].to_numpy(float), X["months"].to_numpy(float)
    months = np.where(np.isfinite(months), months, np.nanmean(months) if len(months) else 0.0)
    months = np.nan_to_num(months)
    columns = np.stack(
        [_centred(v, group) for v in (before, before**2, months, months * before)], axis=1
    )
    target = _centred(level_after, group)
    return target - columns @ np.linalg.lstsq(columns, target, rcond=None)[0]


def _check_units(X: pd.DataFrame, trained: BoolArray) -> list[HistoryWarning]:
    """Compare the share of trained intervals between units, by the correlation ratio."""
    # A row for each person: somebody who trains a lot would make any unit look uneven.
    people = (
        X[["person_id", "org_unit"]]
        .assign(trained=trained)
        .dropna(subset=["org_unit"])
        .groupby(["person_id", "org_unit"], sort=False)["trained"]
        .mean()
    )
    share, n = people.to_numpy(float), len(people)
    unit, names = pd.factorize(people.index.get_level_values("org_unit"))
    whole = float(((share - share.mean()) ** 2).sum()) if n else 0.0
    if len(names) < 2 or n <= len(names) or whole == 0.0:
        return []
    within = float((_centred(share, unit) ** 2).sum())
    # Less what chance makes of it: many small units differ by luck.
    explained = 1.0 - within / whole * (n - 1) / (n - len(names))
    association = float(np.sqrt(max(explained, 0.0)))
    if association <= MAX_UNEVEN:
        return []
    size = np.bincount(unit)
    # Shares of a few people are no figures to show, unless all units are that small.
    means = (np.bincount(unit, share) / size)[size >= min(MIN_IN_UNIT, size.max())]
    figures = {"lowest": float(means.min()), "highest": float(means.max())}
    return [HistoryWarning("uneven-units", figures)]
