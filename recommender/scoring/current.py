"""The assessment that counts on a day (DESIGN, section 4, "Current level")."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from recommender.arrays import FloatArray, IntArray
from recommender.scoring.assessments import AssessmentArrays

# The position is the code in `LevelArrays.source`.
SOURCES = ("ratings", "exams", "imported")


@dataclass(frozen=True)
class LevelArrays:
    """Current levels; all arrays of shape (n_people, n_competencies).

    Parameters
    ----------
    level, standard_error : ndarray of float
        NaN where there is no valid assessment.
    day : ndarray of int
        Day of the assessment; -1 where there is none.
    source : ndarray of int
        0 ratings, 1 exams, 2 imported; -1 where there is none.
    row : ndarray of int
        Row of the assessment in the arrays of its source; -1 where there is none.
    """

    level: FloatArray
    standard_error: FloatArray
    day: IntArray
    source: IntArray
    row: IntArray


def pick_current(
    sources: tuple[AssessmentArrays, AssessmentArrays, AssessmentArrays],
    *,
    valid_from_days: tuple[int, int, int],
    as_of_day: int,
    n_people: int,
    n_competencies: int,
) -> LevelArrays:
    """Pick the most recent valid assessment of each person and competency.

    Parameters
    ----------
    sources : tuple of AssessmentArrays
        From ratings, from exams, imported.
    valid_from_days : tuple of int
        First day that still counts, for each source.
    as_of_day : int
        Last day that counts.
    n_people, n_competencies : int
        Shape of the result.

    Returns
    -------
    LevelArrays
        Of two assessments of one day the raw form wins over the imported one.

    References
    ----------
    DESIGN, section 4, "Current level".
    """
    shape = (n_people, n_competencies)
    result = LevelArrays(
        level=np.full(shape, np.nan),
        standard_error=np.full(shape, np.nan),
        day=np.full(shape, -1, dtype=np.int64),
        source=np.full(shape, -1, dtype=np.int64),
        row=np.full(shape, -1, dtype=np.int64),
    )
    # Imported assessments come first: a raw form of the same day then overwrites them.
    for source in (2, 1, 0):
        table = sources[source]
        rows = np.flatnonzero((table.day >= valid_from_days[source]) & (table.day <= as_of_day))
        # In order of day, as numpy keeps the last value written to a cell that is indexed twice.
        rows = rows[np.argsort(table.day[rows], kind="stable")]
        # Not older than what an earlier source left there; -1 where it left nothing.
        newest = rows[table.day[rows] >= result.day[table.person[rows], table.competency[rows]]]
        cells = table.person[newest], table.competency[newest]
        result.level[cells] = table.level[newest]
        result.standard_error[cells] = table.standard_error[newest]
        result.day[cells] = table.day[newest]
        result.source[cells] = source
        result.row[cells] = newest
    return result
