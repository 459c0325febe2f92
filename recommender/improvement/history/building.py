"""Improvement records out of assessments over time and completed modules.

Two assessments of one person in one competency that follow each other make an *interval*. Each
module that addresses the competency and was completed in it (on the day of the first assessment or
later, before the day of the second) makes a trained record; an interval without any is a control
row.

**Several modules in one interval** make a record each, and all of these have the levels as they
were recorded: which module added how much is for the model to tell (`intervals` puts them together
again). `shared` says how many modules there were. A module completed twice in an interval makes
one record, dated by the last completion.

**Windows** decide about the interval as a whole. It is kept, with all its modules, if at least one
of them was completed within the windows: without the others its gain would be put down to that one
alone. It is left out if none was.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from recommender.arrays import BoolArray, FloatArray, IntArray
from recommender.improvement.history.frames import (
    HistoryRecords,
    Note,
    as_dates,
    day_numbers,
    records_frame,
)

# Older levels say little of where a person stood at the training, later ones little of what it
# added.
BEFORE_WINDOW_DAYS = 540
AFTER_WINDOW_DAYS = 365


@dataclass(frozen=True)
class _Line:
    """Assessments on one line: a stretch for each person and competency, its days in order.

    One binary search on the line then finds the interval of a completion, for all people at once.
    """

    person_ids: pd.Index
    competency_ids: pd.Index
    first_day: int
    n_days: int
    person: IntArray
    competency: IntArray
    day: IntArray
    level: FloatArray

    def place(self, person: IntArray, competency: IntArray, day: IntArray) -> IntArray:
        """Find the place on the line of a day of a person and competency."""
        stretch = person * len(self.competency_ids) + competency
        return stretch * self.n_days + np.clip(day - self.first_day, 0, self.n_days - 1)


def _line_up(assessments: pd.DataFrame) -> _Line:
    day, level = day_numbers(assessments["assessed_on"]), assessments["level"].to_numpy(float)
    usable = np.isfinite(day) & np.isfinite(level)
    rows = assessments[usable]
    person, person_ids = pd.factorize(rows["person_id"].astype(object), sort=True)
    competency, competency_ids = pd.factorize(rows["competency_id"].astype(object), sort=True)
    days, level = day[usable].astype(np.int64), level[usable]
    order = np.lexsort((days, competency, person))
    parts = np.stack([person[order], competency[order], days[order]])
    # Of several assessments on one day the first row of the table stays: lexsort is stable.
    first = np.ones(order.size, dtype=bool)
    first[1:] = (parts[:, 1:] != parts[:, :-1]).any(axis=0)
    # One day before and one after all assessments: completions out there are moved to these.
    start = int(days.min(initial=0)) - 1
    return _Line(
        person_ids=pd.Index(person_ids),
        competency_ids=pd.Index(competency_ids),
        first_day=start,
        n_days=int(days.max(initial=0)) - start + 2,
        person=parts[0, first],
        competency=parts[1, first],
        day=parts[2, first],
        level=level[order][first],
    )


@dataclass(frozen=True)
class _Training:
    """Completed modules in intervals; one row a module, interval and competency."""

    start: IntArray
    module: IntArray
    completed: IntArray
    n_modules: IntArray


def _code_completions(
    completions: pd.DataFrame, person_ids: pd.Index, module_ids: pd.Index
) -> IntArray:
    """Return person, day and module of each completion once; -1 for an unknown person or module."""
    done = completions[["person_id", "module_id"]].assign(
        day=day_numbers(completions["completed_on"])
    )
    done = done[done["day"].notna()].drop_duplicates()
    person = person_ids.get_indexer(pd.Index(done["person_id"], dtype=object))
    module = module_ids.get_indexer(pd.Index(done["module_id"], dtype=object))
    return np.stack([person, done["day"].to_numpy(dtype=np.int64), module], axis=1)


def _join_pairs(
    module: IntArray, pair_module: IntArray, pair_competency: IntArray
) -> tuple[IntArray, IntArray]:
    """Return, for every competency of every completion, the completion's row and the code."""
    order = np.argsort(pair_module, kind="stable")
    # A join by two binary searches: the pairs of a module stand next to each other.
    edges = np.searchsorted(pair_module[order], [module, module + 1])
    width = edges[1] - edges[0]
    row = np.repeat(np.arange(module.size), width)
    offset = np.arange(row.size) - np.repeat(np.cumsum(width) - width, width)
    return row, pair_competency[order][edges[0][row] + offset]


def _gather_modules(start: IntArray, module: IntArray, day: IntArray, n_modules: int) -> _Training:
    """Make one row of each module in an interval, dated by its last completion."""
    keys, row = np.unique(start * max(n_modules, 1) + module, return_inverse=True)
    # The smallest integer, so that any day is later.
    completed = np.full(keys.size, np.iinfo(np.int64).min)
    np.maximum.at(completed, row, day)
    own_start, own_module = np.divmod(keys, max(n_modules, 1))
    owner = np.unique(own_start, return_inverse=True)[1]
    return _Training(
        start=own_start,
        module=own_module,
        completed=completed,
        n_modules=np.bincount(owner, minlength=1)[owner],
    )


def build_records(
    assessments: pd.DataFrame,
    completions: pd.DataFrame,
    pairs: pd.DataFrame,
    *,
    before_window_days: int = BEFORE_WINDOW_DAYS,
    after_window_days: int = AFTER_WINDOW_DAYS,
) -> HistoryRecords:
    """Build improvement records.

    Parameters
    ----------
    assessments : DataFrame
        person_id, competency_id, level, assessed_on; of two on one day the first row counts.
    completions : DataFrame
        person_id, module_id, completed_on.
    pairs : DataFrame
        module_id, competency_id: a row for each competency that a module addresses.
    before_window_days : int
        The assessment before may be at most so many days older than the completion.
    after_window_days : int
        The assessment after may be at most so many days later than the completion.

    Returns
    -------
    HistoryRecords
        Sorted by person, competency, day and module. An interval in which the person completed
        a module that `pairs` does not know is left out, trained or not: what was trained in it
        is unknown.

    References
    ----------
    DESIGN, section 2, "Improvement record"; the rule for several modules stands above.
    """
    line = _line_up(assessments)
    stretch = line.person * len(line.competency_ids) + line.competency
    # The cut at the end is for no assessments at all, where append still gives one value.
    has_next = np.append(stretch[1:] == stretch[:-1], False)[: stretch.size]
    places = line.place(line.person, line.competency, line.day)

    module_ids = pd.Index(pd.unique(pairs["module_id"].astype(object)), dtype=object)
    pair_module = module_ids.get_indexer(pd.Index(pairs["module_id"], dtype=object))
    competencies = pd.Index(pairs["competency_id"], dtype=object)
    done = _code_completions(completions, line.person_ids, module_ids)
    unknown = done[(done[:, 2] < 0) & (done[:, 0] >= 0)]
    done = done[done[:, 2] >= 0]
    row, competency = _join_pairs(
        done[:, 2], pair_module, line.competency_ids.get_indexer(competencies)
    )
    assessed = (competency >= 0) & (done[row, 0] >= 0)
    n_never = int((~assessed).sum())
    competency = competency[assessed]
    person_of, day_of, module_of = done[row[assessed]].T
    # The last assessment on or before the completion; the next one of the stretch comes after it.
    at = np.searchsorted(places, line.place(person_of, competency, day_of), side="right") - 1
    stretch_of = person_of * len(line.competency_ids) + competency
    # Before the first assessment of a stretch the search lands in the stretch before it. Where it
    # lands at -1, numpy reads the last stretch, which `at >= 0` excludes.
    has_before = (at >= 0) & (stretch[at] == stretch_of)
    inside = has_before & has_next[at]
    trained = _gather_modules(at[inside], module_of[inside], day_of[inside], len(module_ids))
    too_old = trained.completed - line.day[trained.start] > before_window_days
    too_late = line.day[trained.start + 1] - trained.completed > after_window_days
    timely = np.zeros(line.day.size, dtype=bool)
    timely[trained.start[~too_old & ~too_late]] = True
    unclear = has_next & _holds_unknown(line, unknown)
    kept = np.flatnonzero((timely & ~unclear)[trained.start])
    outside = ~(timely | unclear)[trained.start]

    untrained = has_next & ~unclear
    # Also intervals whose modules fall outside the windows: they hold training, so they are no
    # control rows.
    untrained[trained.start] = False
    control = np.flatnonzero(untrained)

    start = np.concatenate([trained.start[kept], control])
    nothing = np.full(control.size, -1)
    module = np.concatenate([trained.module[kept], nothing])
    order = np.lexsort((module, start))
    start, module = start[order], module[order]
    completed = np.concatenate([trained.completed[kept], np.full(control.size, np.nan)])[order]
    shared = np.concatenate([trained.n_modules[kept], nothing + 1])[order]
    frame = records_frame(
        person_id=line.person_ids.to_numpy()[line.person[start]],
        competency_id=line.competency_ids.to_numpy()[line.competency[start]],
        # The code -1 of a control row picks the last entry, which is the empty text.
        module_id=np.append(module_ids.to_numpy(), "")[module],
        level_before=line.level[start],
        level_after=line.level[start + 1],
        before_on=as_dates(line.day[start].astype(float)),
        after_on=as_dates(line.day[start + 1].astype(float)),
        completed_on=as_dates(completed),
        org_unit=np.full(start.size, None, dtype=object),
        shared=shared,
        source=np.full(start.size, "derived", dtype=object),
    )
    counts = {
        "no-assessment-before": n_never + int((~has_before).sum()),
        "no-assessment-after": int((has_before & ~inside).sum()),
        "before-too-old": int((outside & too_old).sum()),
        "after-too-late": int((outside & ~too_old).sum()),
        "unclear-interval": int(unclear.sum()),
    }
    return HistoryRecords(frame, tuple(Note(code, n) for code, n in counts.items() if n))


def _holds_unknown(line: _Line, unknown: IntArray) -> BoolArray:
    """Tell which intervals (by their first assessment) hold a completion of unknown content."""
    holds = np.zeros(line.day.size, dtype=bool)
    if not len(unknown):
        return holds
    day = np.clip(unknown[:, 1] - line.first_day, 0, line.n_days - 1)
    keys = np.sort(unknown[:, 0] * line.n_days + day)
    starts = line.person * line.n_days + line.day - line.first_day
    # Sorted keys and two searches: how many completions lie between one assessment and the next.
    edges = np.searchsorted(keys, starts)
    ends = np.searchsorted(keys, starts[1:])
    holds[:-1] = ends > edges[:-1]
    return holds
