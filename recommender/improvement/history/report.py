"""What there is to learn from: a report on a history, for the analyst who is about to fit."""

from __future__ import annotations

import datetime as dt
import math
from dataclasses import dataclass
from itertools import chain

import numpy as np
import pandas as pd

from recommender.arrays import BoolArray, FloatArray
from recommender.improvement.history.coding import History
from recommender.improvement.history.frames import Note
from recommender.improvement.history.intervals import DAYS_PER_MONTH
from recommender.improvement.history.suspicious import (
    SUSPICIOUS,
    SuspiciousRow,
    find_suspicious,
    list_suspicious,
)
from recommender.improvement.history_checks import (
    HistoryWarning,
    check_history,
    count_modules,
    find_reliability,
)

QUANTILES = (0.05, 0.25, 0.5, 0.75, 0.95)
# The 5 % quantile of fewer controls is just the lowest of them.
CONTROLS_FOR_OVERLAP = 20
# On a scale of four levels. Rated a quarter below the top, people can hardly show a gain.
CEILING_BEFORE = 3.75


@dataclass(frozen=True)
class ModuleEvidence:
    """The evidence on one module.

    Parameters
    ----------
    module_id : str
        The module.
    records, people : int
        Intervals in which it was completed, and the number of people they belong to.
    by_competency : dict of str to int
        These by competency; 0 for one that the module addresses but nobody was assessed in.
    """

    module_id: str
    records: int
    people: int
    by_competency: dict[str, int]


@dataclass(frozen=True)
class CompetencyEvidence:
    """The evidence on one competency.

    Parameters
    ----------
    competency_id : str
        The competency.
    trained, controls : int
        Intervals with and without a module.
    control_share : float or None
        Share of controls among them; None without any record.
    control_low, control_high : float or None
        Starting levels between which the middle 90 % of the controls lie; None with fewer than
        20 controls.
    overlap : float or None
        Share of the trained intervals that start within these; None where there are none.
    """

    competency_id: str
    trained: int
    controls: int
    control_share: float | None
    control_low: float | None
    control_high: float | None
    overlap: float | None


@dataclass(frozen=True)
class Spread:
    """How days between are spread; None where none is known.

    Parameters
    ----------
    known, unknown : int
        Intervals with and without both days.
    lowest, p5, p25, median, p75, p95, highest : float or None
        Quantiles, in days.
    """

    known: int
    unknown: int
    lowest: float | None
    p5: float | None
    p25: float | None
    median: float | None
    p75: float | None
    p95: float | None
    highest: float | None


@dataclass(frozen=True)
class HistoryReport:
    """What a history holds, counted in intervals: two assessments and all training between them.

    Parameters
    ----------
    records, trained, controls, people : int
        Intervals, those with and without a module, and people.
    first_on, last_on : date or None
        Days of the earliest and the latest assessment after.
    modules : tuple of ModuleEvidence
        Those with intervals, most first.
    modules_without_records : tuple of str
        Those without, in the order of the catalogue.
    competencies : tuple of CompetencyEvidence
        All, in the order of the framework.
    control_share : float or None
        Share of controls among all intervals.
    overlap : float or None
        Share of the trained intervals that start where the controls of their competency do.
    reliability : float or None
        Test-retest correlation of the controls within competencies; None if there are too few.
    days_between_trained, days_between_controls : Spread
        Days between the assessments.
    ceiling_share : float or None
        Share of intervals that start at 3.75 or above and end at 4, so that their gain is hidden.
    shared, shared_share : int, float or None
        Trained intervals with several modules, and their share.
    warnings : tuple of HistoryWarning
        What limits a model that is fitted on it.
    suspicious : dict of str to int
        How many records of each of `SUSPICIOUS`.
    suspicious_rows : tuple of SuspiciousRow
        Which ones, up to 1000 of each kind.
    notes : tuple of Note
        What was left out before.
    """

    records: int
    trained: int
    controls: int
    people: int
    first_on: dt.date | None
    last_on: dt.date | None
    modules: tuple[ModuleEvidence, ...]
    modules_without_records: tuple[str, ...]
    competencies: tuple[CompetencyEvidence, ...]
    control_share: float | None
    overlap: float | None
    reliability: float | None
    days_between_trained: Spread
    days_between_controls: Spread
    ceiling_share: float | None
    shared: int
    shared_share: float | None
    warnings: tuple[HistoryWarning, ...]
    suspicious: dict[str, int]
    suspicious_rows: tuple[SuspiciousRow, ...]
    notes: tuple[Note, ...]


def describe_history(history: History, *, scale: tuple[float, float] = (0.0, 4.0)) -> HistoryReport:
    """Describe a history.

    Parameters
    ----------
    history : History
        The history.
    scale : tuple of float
        Lowest and highest level of the records.

    Returns
    -------
    HistoryReport
        Counts, shares, warnings and the rows to look at, by the index of `history.frame`.
    """
    X, after = history.intervals, history.level_after
    width = count_modules(X)
    trained = width > 0
    level = (scale[1] - scale[0]) / 4.0
    ceiling = (X["level_before"] >= scale[0] + CEILING_BEFORE * level) & (after >= scale[1])
    evidence, without = _by_module(history)
    competencies, inside, compared = _by_competency(history, trained)
    problems = find_suspicious(history.frame, scale)
    ends = X["assessed_on"].dropna()
    reliability = find_reliability(X, after)
    n_trained, n_shared = int(trained.sum()), int((width > 1).sum())
    days = X["months"].to_numpy(float) * DAYS_PER_MONTH
    return HistoryReport(
        records=len(X),
        trained=n_trained,
        controls=len(X) - n_trained,
        people=X["person_id"].nunique(),
        first_on=ends.min().date() if len(ends) else None,
        last_on=ends.max().date() if len(ends) else None,
        modules=evidence,
        modules_without_records=without,
        competencies=competencies,
        control_share=_share(len(X) - n_trained, len(X)),
        overlap=_share(inside, compared),
        reliability=reliability if math.isfinite(reliability) else None,
        days_between_trained=_spread(days[trained]),
        days_between_controls=_spread(days[~trained]),
        ceiling_share=_share(int(ceiling.sum()), len(X)),
        shared=n_shared,
        shared_share=_share(n_shared, n_trained),
        warnings=find_warnings(history, scale=scale),
        suspicious={code: int(problems[code].sum()) for code in SUSPICIOUS},
        suspicious_rows=list_suspicious(history.frame, problems),
        notes=history.notes,
    )


def find_warnings(
    history: History, *, scale: tuple[float, float] = (0.0, 4.0)
) -> tuple[HistoryWarning, ...]:
    """Find what limits a model fitted on a history, repeated records among it."""
    dropped = sum(note.count for note in history.notes if note.code == "duplicates")
    return check_history(history.intervals, history.level_after, scale=scale, dropped=dropped)


def _share(part: int, whole: int) -> float | None:
    return part / whole if whole else None


def _by_module(history: History) -> tuple[tuple[ModuleEvidence, ...], tuple[str, ...]]:
    X = history.intervals
    at = np.repeat(np.arange(len(X)), count_modules(X))
    taken = pd.DataFrame(
        {
            "module_id": pd.Series(list(chain.from_iterable(X["modules"])), dtype=object),
            "competency_id": X["competency_id"].to_numpy(dtype=object)[at],
            "person_id": X["person_id"].to_numpy(dtype=object)[at],
        }
    )
    people = taken.groupby("module_id")["person_id"].nunique()
    counts = taken.groupby(["module_id", "competency_id"]).size()
    # Addressed pairs come along without an interval, so that a 0 is shown for them.
    by_competency: dict[str, dict[str, int]] = {name: {} for name in history.ids.module_ids}
    for module, competency in history.pairs[["module_id", "competency_id"]].itertuples(index=False):
        if competency in history.ids.competency_ids:
            by_competency[module][competency] = 0
    for module, competency, count in counts.reset_index().itertuples(index=False):
        by_competency[module][competency] = int(count)
    evidence = [
        ModuleEvidence(name, sum(found.values()), int(people.get(name, 0)), found)
        for name, found in by_competency.items()
    ]
    with_records = sorted((e for e in evidence if e.records), key=lambda e: -e.records)
    return tuple(with_records), tuple(e.module_id for e in evidence if not e.records)


def _by_competency(
    history: History, trained: BoolArray
) -> tuple[tuple[CompetencyEvidence, ...], int, int]:
    X = history.intervals.assign(trained=trained)
    groups = X.groupby(["competency_id", "trained"])["level_before"]
    levels = {key: rows.to_numpy(float) for key, rows in groups}
    nothing = np.empty(0)
    evidence: list[CompetencyEvidence] = []
    n_inside = n_compared = 0
    for name in history.ids.competency_ids:
        start, controls = levels.get((name, True), nothing), levels.get((name, False), nothing)
        low = high = overlap = None
        if controls.size >= CONTROLS_FOR_OVERLAP:
            # The middle 90 %: a single control far out does not make an interval comparable.
            low, high = (float(v) for v in np.quantile(controls, (0.05, 0.95)))
            inside = int(((start >= low) & (start <= high)).sum())
            overlap = _share(inside, start.size)
            n_inside, n_compared = n_inside + inside, n_compared + start.size
        evidence.append(
            CompetencyEvidence(
                competency_id=name,
                trained=start.size,
                controls=controls.size,
                control_share=_share(controls.size, start.size + controls.size),
                control_low=low,
                control_high=high,
                overlap=overlap,
            )
        )
    return tuple(evidence), n_inside, n_compared


def _spread(days: FloatArray) -> Spread:
    known = days[np.isfinite(days)]
    if not known.size:
        return Spread(0, days.size, None, None, None, None, None, None, None)
    figures = (float(v) for v in np.quantile(known, (0.0, *QUANTILES, 1.0)))
    return Spread(known.size, days.size - known.size, *figures)
