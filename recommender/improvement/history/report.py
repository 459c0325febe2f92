"""What there is to learn from: a report on a history, for the analyst who is about to fit."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from recommender.arrays import FloatArray, IntArray, to_date
from recommender.errors import ShapeMismatchError
from recommender.improvement.history.coding import HistoryIds
from recommender.improvement.history.frames import Note
from recommender.improvement.history.suspicious import (
    SUSPICIOUS,
    SuspiciousRow,
    find_suspicious,
    group_rows,
    list_suspicious,
)
from recommender.improvement.model.history_checks import find_reliability
from recommender.improvement.model.tables import ModuleTable, RecordTable

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
        Trained records, and the number of people they belong to.
    by_competency : dict of str to int
        Records by competency; 0 for one that the module addresses but nobody was assessed in.
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
        Records with and without a module.
    control_share : float or None
        Share of controls among them; None without any record.
    control_low, control_high : float or None
        Starting levels between which the middle 90 % of the controls lie; None with fewer than
        20 controls.
    overlap : float or None
        Share of the trained records that start within these; None where there are none.
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
        Records with and without both days.
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
    """What a history holds.

    Parameters
    ----------
    records, trained, controls, people : int
        Counts.
    first_on, last_on : date or None
        Days of the earliest and the latest assessment after.
    modules : tuple of ModuleEvidence
        Those with records, most first.
    modules_without_records : tuple of str
        Those without, in the order of the catalogue.
    competencies : tuple of CompetencyEvidence
        All, in the order of the framework.
    control_share : float or None
        Share of controls among all records.
    overlap : float or None
        Share of the trained records that start where the controls of their competency do.
    reliability : float or None
        Test-retest correlation of the controls within competencies; None if there are too few.
    days_between_trained, days_between_controls : Spread
        Days between the assessments.
    ceiling_share : float or None
        Share of records that start at 3.75 or above and end at 4, so that their gain is hidden.
    shared, shared_share : int, float or None
        Trained records whose gain was shared among several modules, and their share.
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
    suspicious: dict[str, int]
    suspicious_rows: tuple[SuspiciousRow, ...]
    notes: tuple[Note, ...]


def describe_history(
    records: RecordTable,
    modules: ModuleTable,
    *,
    ids: HistoryIds,
    rows: Sequence[int] | IntArray | pd.Index | None = None,
    shared: IntArray | None = None,
    notes: Sequence[Note] = (),
    scale: tuple[float, float] = (0.0, 4.0),
) -> HistoryReport:
    """Describe a history.

    Parameters
    ----------
    records : RecordTable
        The records.
    modules : ModuleTable
        The modules.
    ids : HistoryIds
        What the codes stand for.
    rows : sequence of int, shape (n_records,), optional
        How to refer to each record; its position when not given.
    shared : ndarray of int, shape (n_records,), optional
        How many modules share the gain of a record. When not given, it is the number of modules
        with records of the same person, competency and days.
    notes : sequence of Note
        What was left out before, to be passed on.
    scale : tuple of float
        Lowest and highest level of the records.

    Returns
    -------
    HistoryReport
        Counts, shares and the rows to look at.

    Raises
    ------
    ShapeMismatchError
        If `rows` or `shared` is not as long as the records.
    """
    labels = np.arange(records.size) if rows is None else np.asarray(rows)
    shared = _count_shared(records) if shared is None else np.asarray(shared)
    if {labels.shape, shared.shape} != {records.person.shape}:
        raise ShapeMismatchError(f"{labels.shape}, {shared.shape}: not {records.person.shape}")
    trained = records.module >= 0
    level = (scale[1] - scale[0]) / 4.0
    ceiling = (records.level_before >= scale[0] + CEILING_BEFORE * level) & (
        records.level_after >= scale[1]
    )
    evidence, without = _by_module(records, modules, ids)
    competencies, inside, compared = _by_competency(records, ids)
    problems = find_suspicious(records, scale)
    known = records.after_day[np.isfinite(records.after_day)]
    reliability = find_reliability(records)
    n_shared = int((trained & (shared > 1)).sum())
    return HistoryReport(
        records=records.size,
        trained=int(trained.sum()),
        controls=int((~trained).sum()),
        people=int(np.unique(records.person).size),
        first_on=to_date(int(known.min())) if known.size else None,
        last_on=to_date(int(known.max())) if known.size else None,
        modules=evidence,
        modules_without_records=without,
        competencies=competencies,
        control_share=_share(int((~trained).sum()), records.size),
        overlap=_share(inside, compared),
        reliability=reliability if math.isfinite(reliability) else None,
        days_between_trained=_spread(records.days_between[trained]),
        days_between_controls=_spread(records.days_between[~trained]),
        ceiling_share=_share(int(ceiling.sum()), records.size),
        shared=n_shared,
        shared_share=_share(n_shared, int(trained.sum())),
        suspicious={code: int(problems[code].sum()) for code in SUSPICIOUS},
        suspicious_rows=list_suspicious(records, ids, problems, labels),
        notes=tuple(notes),
    )


def _share(part: int, whole: int) -> float | None:
    return part / whole if whole else None


def _count_shared(records: RecordTable) -> IntArray:
    days = records.after_day, records.days_between
    group = group_rows(records.person, records.competency, *days)
    trained = records.module >= 0
    n_groups = int(group.max(initial=-1)) + 1
    width = int(records.module.max(initial=0)) + 1
    # A module with two records in an interval counts once.
    distinct = np.unique((group * width + records.module)[trained])
    counts = np.bincount(distinct // width, minlength=n_groups)
    return np.where(trained, counts[group], 0)


def _by_module(
    records: RecordTable, modules: ModuleTable, ids: HistoryIds
) -> tuple[tuple[ModuleEvidence, ...], tuple[str, ...]]:
    n, k = len(ids.module_ids), max(len(ids.competency_ids), 1)
    trained = records.module >= 0
    module, competency = records.module[trained], records.competency[trained]
    counts = np.bincount(module, minlength=n)
    n_people = max(len(ids.person_ids), 1)
    # Each person once a module, however many records there are.
    person = np.unique(module * n_people + records.person[trained]) // n_people
    people = np.bincount(person, minlength=n)
    addressed = modules.pair_module * k + modules.pair_competency
    # Addressed pairs come along without a record, so that a 0 is shown for them.
    cells, first = np.unique(np.append(addressed, module * k + competency), return_inverse=True)
    of_cell = np.bincount(first[addressed.size :], minlength=cells.size)
    by_competency: list[dict[str, int]] = [{} for _ in range(n)]
    for cell, count in zip(cells.tolist(), of_cell.tolist(), strict=True):
        by_competency[cell // k][ids.competency_ids[cell % k]] = count
    evidence = tuple(
        ModuleEvidence(ids.module_ids[m], int(counts[m]), int(people[m]), by_competency[m])
        for m in np.argsort(-counts, kind="stable").tolist()
        if counts[m]
    )
    return evidence, tuple(ids.module_ids[m] for m in np.flatnonzero(counts == 0))


def _by_competency(
    records: RecordTable, ids: HistoryIds
) -> tuple[tuple[CompetencyEvidence, ...], int, int]:
    # Sorted once, so that the records of a competency are a slice and not a search through all.
    order = np.argsort(records.competency, kind="stable")
    edges = np.searchsorted(records.competency[order], np.arange(len(ids.competency_ids) + 1))
    evidence: list[CompetencyEvidence] = []
    n_inside = n_compared = 0
    for k, name in enumerate(ids.competency_ids):
        rows = order[edges[k] : edges[k + 1]]
        trained = records.module[rows] >= 0
        start, controls = records.level_before[rows][trained], records.level_before[rows][~trained]
        low = high = overlap = None
        if controls.size >= CONTROLS_FOR_OVERLAP:
            # The middle 90 %: a single control far out does not make a record comparable.
            low, high = (float(v) for v in np.quantile(controls, (0.05, 0.95)))
            inside = int(((start >= low) & (start <= high)).sum())
            overlap = _share(inside, start.size)
            n_inside, n_compared = n_inside + inside, n_compared + start.size
        evidence.append(
            CompetencyEvidence(
                competency_id=name,
                trained=start.size,
                controls=controls.size,
                control_share=_share(controls.size, rows.size),
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
