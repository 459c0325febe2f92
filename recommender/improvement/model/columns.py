"""The columns of the effect model: what happens without training, and what each module adds."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import chain
from typing import Any, Self

import numpy as np
import pandas as pd
import scipy.sparse as sp
from numpy.typing import NDArray
from sklearn.compose import ColumnTransformer
from sklearn.preprocessing import OneHotEncoder, SplineTransformer

from recommender.arrays import FloatArray, IntArray
from recommender.improvement.history_checks import count_modules

ObjectArray = NDArray[np.object_]

# Slopes are centred here, so that they are nearly independent of the constants.
MIDDLE_LEVEL = 2.0
LEVEL_KNOTS = np.array([[0.0], [1.0], [2.0], [3.0], [4.0]])
# Distances reach from too early for a module to well above where it ends.
DISTANCE_KNOTS = np.array([[-1.5], [-0.5], [0.5], [1.5], [2.5]])
UNPENALISED = "level"
"""Name of the columns that are not shrunk: the line of the starting level."""


@dataclass(frozen=True)
class Columns:
    """Columns of a design, each with the name of its block.

    Attributes
    ----------
    values : sparse array of shape (n_rows, n_columns)
        The columns.
    blocks : tuple of str
        Name of the block of each column.
    """

    values: sp.csr_array
    blocks: tuple[str, ...]


@dataclass(frozen=True)
class Events:
    """Completed modules within intervals; arrays of shape (n_events,).

    Attributes
    ----------
    row : ndarray of int
        The interval.
    pair : ndarray of int
        Row of the pairs of module and competency.
    since : ndarray of float
        Months from the completion to the later assessment; NaN where unknown.
    level : ndarray of float
        Level before the interval, on [0, 4].
    """

    row: IntArray
    pair: IntArray
    since: FloatArray
    level: FloatArray

    def sum_by_row(self, values: sp.csr_array, n_rows: int) -> sp.csr_array:
        """Add up what the events of each interval have in their columns."""
        ones = np.ones(self.row.size)
        at = (self.row, np.arange(self.row.size))
        return sp.csr_array(sp.csr_array((ones, at), shape=(n_rows, self.row.size)) @ values)


def flatten(tuples: pd.Series) -> list[object]:
    """Put the items of all tuples into one list."""
    return list(chain.from_iterable(tuples.to_numpy(dtype=object)))


def list_events(intervals: pd.DataFrame, pairs: pd.DataFrame, level: FloatArray) -> Events:
    """List what was completed in each interval.

    Parameters
    ----------
    intervals : DataFrame
        Columns `competency_id`, `modules`, `since`.
    pairs : DataFrame
        `module_id` and `competency_id` of each pair that is known.
    level : ndarray of shape (n_intervals,)
        Level before, on [0, 4].

    Raises
    ------
    KeyError
        With the first pair that `pairs` does not have.
    """
    counts = count_modules(intervals)
    row = np.repeat(np.arange(counts.size), counts)
    index = pd.MultiIndex.from_frame(pairs[["module_id", "competency_id"]])
    module = np.array(flatten(intervals["modules"]), dtype=object)
    competency = intervals["competency_id"].to_numpy(dtype=object)[row]
    pair = _find(index, module, competency)
    since = np.array(flatten(intervals["since"]), dtype=np.float64)
    return Events(row, pair, since, level[row])


def _find(index: pd.MultiIndex, module: ObjectArray, competency: ObjectArray) -> IntArray:
    # By codes: a lookup of a million pairs of texts would take seconds.
    modules, competencies = (index.levels[at] for at in (0, 1))
    known = index.codes[0].astype(np.int64) * (len(competencies) + 1) + index.codes[1]
    asked = modules.get_indexer(pd.Index(module, dtype=object)).astype(np.int64)
    of = competencies.get_indexer(pd.Index(competency, dtype=object)).astype(np.int64)
    key = np.where((asked >= 0) & (of >= 0), asked * (len(competencies) + 1) + of, -1)
    order = np.argsort(known, kind="stable")
    at = np.minimum(np.searchsorted(known[order], key), known.size - 1)
    pair = order[at]
    wrong = np.flatnonzero(known[pair] != key)
    if wrong.size:
        raise KeyError((module[wrong[0]], competency[wrong[0]]))
    return pair


def interact(one: sp.csr_array, other: sp.csr_array) -> sp.csr_array:
    """Multiply each column of one array with each of another, row by row."""
    n, width = one.shape[0], other.shape[1]
    left, right = sp.coo_array(one), sp.csr_array(other)
    # Each entry of the left meets the entries that the right has in the same row.
    counts = np.diff(right.indptr)[left.row]
    entry = np.repeat(np.arange(left.nnz), counts)
    start = np.repeat(right.indptr[left.row], counts)
    at = start + np.arange(entry.size) - np.repeat(np.cumsum(counts) - counts, counts)
    value = left.data[entry] * right.data[at]
    column = left.col[entry].astype(np.int64) * width + right.indices[at]
    shape = (n, one.shape[1] * width)
    return sp.csr_array((value, (left.row[entry], column)), shape=shape)


def _spline(knots: FloatArray) -> SplineTransformer:
    # Only ever asked for values within the knots: beyond, the curve is that of the last knot.
    return SplineTransformer(
        knots=knots,  # pyright: ignore[reportArgumentType] - its stub forgets arrays
        extrapolation="error",
        include_bias=False,
        sparse_output=True,
    )


def _groups(frame: pd.DataFrame, name: str) -> OneHotEncoder:
    """Prepare a column for each value but "", which stands for unknown."""
    values = sorted(set(frame[name].unique()) - {""})
    # The stub of categories forgets lists.
    return OneHotEncoder(categories=[values], handle_unknown="ignore")  # pyright: ignore[reportArgumentType]


def _stack(transformer: ColumnTransformer, values: Any, n_rows: int) -> Columns:
    slices = transformer.output_indices_
    blocks = np.empty(max((part.stop for part in slices.values()), default=0), dtype=object)
    for name, part in slices.items():
        blocks[part] = name
    shape = (n_rows, blocks.size)
    return Columns(sp.csr_array(values, shape=shape), tuple(blocks))


class UntrainedColumns:
    """What happens without training: level, time, competency, unit, and quarter.

    Attributes
    ----------
    blocks_ : tuple of str
        Name of the block of each column.
    """

    def fit(self, intervals: pd.DataFrame, level: FloatArray) -> Self:
        """Learn which competencies, units and quarters there are, and the usual time between."""
        months = intervals["months"].to_numpy(dtype=np.float64)
        known = np.isfinite(months)
        self._centre = float(months[known].mean()) if known.any() else 0.0
        self._spread = max(float(months[known].std()) if known.any() else 0.0, 1e-9)
        frame = self._frame(intervals, level)
        groups = [name for name in ("unit", "quarter") if frame[name].nunique() > 1]
        self._common = ColumnTransformer(
            [
                (UNPENALISED, "passthrough", ["constant", "level"]),
                ("level-curve", _spline(LEVEL_KNOTS - MIDDLE_LEVEL), ["level"]),
                ("months", "passthrough", ["months"]),
                *((name, _groups(frame, name), [name]) for name in groups),
            ],
            sparse_threshold=1.0,
            # All that is learned is given above: the first rows are enough to fit.
        ).fit(frame[:2])
        # With one competency these would repeat the columns above.
        self._competency = None
        if frame["competency"].nunique() > 1:
            self._competency = _groups(frame, "competency").fit(frame[["competency"]][:1])
        self.blocks_ = self.transform(intervals[:1], level[:1]).blocks
        return self

    def transform(self, intervals: pd.DataFrame, level: FloatArray) -> Columns:
        """Make the columns of intervals whose level before, on [0, 4], is given."""
        frame = self._frame(intervals, level)
        common = _stack(self._common, self._common.transform(frame), len(frame))
        if self._competency is None:
            return common
        competency = sp.csr_array(self._competency.transform(frame[["competency"]]))
        line = sp.csr_array(frame[["level"]].to_numpy())
        parts = [
            ("competency", competency),
            ("competency-slope", interact(competency, line)),
        ]
        blocks = chain.from_iterable([name] * part.shape[1] for name, part in parts)
        values = sp.hstack([common.values, *(part for _, part in parts)], format="csr")
        return Columns(sp.csr_array(values), (*common.blocks, *blocks))

    def _frame(self, intervals: pd.DataFrame, level: FloatArray) -> pd.DataFrame:
        months = (intervals["months"].to_numpy(dtype=np.float64) - self._centre) / self._spread
        # A single interval of many years must not tilt the line of time; unknown is average.
        months = np.clip(np.nan_to_num(months), -3.0, 3.0)
        day = intervals["assessed_on"]
        # Counted and named once a quarter, not once a row.
        number = (day.dt.year * 4 + day.dt.quarter).fillna(0).to_numpy(dtype=np.int64)
        codes, quarters = pd.factorize(number)
        names = np.array(["" if q == 0 else f"{q}" for q in quarters.tolist()], dtype=object)
        unit = intervals["org_unit"]
        return pd.DataFrame(
            {
                "constant": 1.0,
                "level": level - MIDDLE_LEVEL,
                "months": months,
                "competency": intervals["competency_id"].to_numpy(dtype=object),
                "unit": unit.astype(object).where(unit.notna(), "").to_numpy(),
                "quarter": names[codes],
            }
        )


class EffectColumns:
    """What a module adds: features of the catalogue, distance, and the module's own deviations.

    Attributes
    ----------
    blocks_ : tuple of str
        Name of the block of each column; ``effect`` is the mean effect and is not shrunk.
    """

    def fit(self, pairs: pd.DataFrame, *, size_known: bool) -> Self:
        """Learn the columns of the pairs of module and competency, in their order."""
        hours = pairs["hours"].to_numpy(dtype=np.float64)
        known = np.isfinite(hours) & (hours > 0)
        logs = np.log(np.where(known, hours, 1.0))
        centre = float(logs[known].mean()) if known.any() else 0.0
        spread = float(logs[known].std()) if known.any() else 0.0
        frame = pd.DataFrame(
            {
                "effect": np.ones(len(pairs)),
                "hours": np.where(known, (logs - centre) / max(spread, 1e-9), 0.0),
                "secondary": 1.0 - pairs["main"].to_numpy(dtype=np.float64),
                "served": pairs["competency_id"].to_numpy(dtype=object),
                "modality": pairs["modality"].fillna("").to_numpy(dtype=object),
                "module": pairs["module_id"].to_numpy(dtype=object),
                "pair": [str(at) for at in range(len(pairs))],
            }
        )
        # Without control rows the mean effect could not be told from the line of no training; a
        # feature that does not vary would repeat it.
        parts = [("effect", "passthrough", ["effect"])] if size_known else []
        parts += [
            (name, "passthrough", [name])
            for name in ("hours", "secondary")
            if frame[name].nunique() > 1
        ]
        # Without control rows what a competency gains more could not be told from its line either.
        names = ("served", "modality") if size_known else ("modality",)
        parts += [
            (name, _groups(frame, name), [name]) for name in names if frame[name].nunique() > 1
        ]
        parts.append(("module", _groups(frame, "module"), ["module"]))
        if frame["module"].nunique() < len(frame):
            parts.append(("pair", _groups(frame, "pair"), ["pair"]))
        transformer = ColumnTransformer(parts, sparse_threshold=1.0).fit(frame)
        made = _stack(transformer, transformer.transform(frame), len(frame))
        self._of_pair = made.values
        self._from = pairs["from_level"].to_numpy(dtype=np.float64)
        self._distance = _spline(DISTANCE_KNOTS).fit(DISTANCE_KNOTS)
        self._curved = bool(np.isfinite(self._from).any())
        n_curve = self._distance.n_features_out_ if self._curved else 0
        self.blocks_ = (*made.blocks, *["distance"] * n_curve)
        return self

    def transform(self, pair: IntArray, level: FloatArray) -> Columns:
        """Make the columns of modules (rows of the pairs) taken at levels on [0, 4]."""
        if not pair.size:
            return Columns(sp.csr_array((0, len(self.blocks_))), self.blocks_)
        values = self._of_pair[pair]
        if self._curved:
            distance = level - self._from[pair]
            known = np.isfinite(distance)
            inside = np.clip(np.where(known, distance, 0.0), DISTANCE_KNOTS[0], DISTANCE_KNOTS[-1])
            curve = self._distance.transform(inside[:, None])
            curve = sp.diags_array(known.astype(float)) @ sp.csr_array(curve)
            values = sp.hstack([values, curve], format="csr")
        return Columns(sp.csr_array(values), self.blocks_)
