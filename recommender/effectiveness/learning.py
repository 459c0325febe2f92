"""What a module changed in exams: the same people's sitting after it against the one before."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from recommender.arrays import BoolArray, FloatArray, IntArray
from recommender.effectiveness.estimate import Estimate, estimate_mean
from recommender.scoring import Sittings

FULL_MARKS = 99.5
"""A standard score that is 100 as it is printed."""
CEILING_SHARE = 0.15
"""From this share of full marks on, a scale can no longer tell how good people are (Terwee et al.
2007, Quality criteria, Journal of Clinical Epidemiology 60)."""
RETAKE_SHARE = 0.5
"""From this share of failed sittings before, chance alone explains part of a gain: of those who
failed, some had a bad day."""


@dataclass(frozen=True)
class ScorePairs:
    """Standard scores before and after a module; arrays of shape (n_pairs,).

    Attributes
    ----------
    person, competency : ndarray of int
        Codes as in the sittings.
    before, after : ndarray of float
        Standard scores of the same exam, in points of 100.
    failed_before : ndarray of bool
        Whether the sitting before was not passed.
    """

    person: IntArray
    competency: IntArray
    before: FloatArray
    after: FloatArray
    failed_before: BoolArray


@dataclass(frozen=True)
class LearningGain:
    """The gain of people who sat an exam before and after a module.

    Attributes
    ----------
    gain : Estimate
        Mean difference in points of 100; no effect of the module alone, as nobody is compared with.
    before, after : float
        Mean standard scores.
    people : int
        Who sat both.
    at_ceiling : bool
        Whether so many reached full marks after that they may have learned more than can be seen.
    many_failed : bool
        Whether so many had failed before that part of the gain is chance.
    """

    gain: Estimate
    before: float
    after: float
    people: int
    at_ceiling: bool
    many_failed: bool


def pair_sittings(
    sittings: Sittings, completed_day: IntArray, *, within_days: tuple[int, int]
) -> ScorePairs:
    """Find for each person the sittings of one exam on both sides of a completion.

    Parameters
    ----------
    sittings : Sittings
        As `recommender.scoring.score_sittings` returns them; incomplete ones do not count.
    completed_day : ndarray of int, shape (n_people,)
        Day on which each person completed the module; -1 for who did not.
    within_days : tuple of int
        How many days before, and after the completion, a sitting may lie at most.

    Returns
    -------
    ScorePairs
        One for each person and competency: the last sitting up to the day of completion and the
        first one after it, of the same level of the exam. Where there are several levels, the
        highest counts.
    """
    done = completed_day[sittings.person]
    lag = sittings.day - done
    rows = np.flatnonzero(
        sittings.complete & (done >= 0) & (lag >= -within_days[0]) & (lag <= within_days[1])
    )
    keys = np.stack([sittings.person, sittings.competency, sittings.level])[:, rows]
    exam, number = np.unique(keys, axis=1, return_inverse=True)
    number = number.reshape(-1)
    last, first = (np.full(exam.shape[1], -1) for _ in range(2))
    # assignments in order: of the sittings up to the day the last one stays, of those after it,
    # gone through backwards, the first one
    order = np.argsort(sittings.day[rows], kind="stable")
    up_to = order[lag[rows][order] <= 0]
    later = order[lag[rows][order] > 0][::-1]
    last[number[up_to]], first[number[later]] = rows[up_to], rows[later]
    both = np.flatnonzero((last >= 0) & (first >= 0))
    person, competency = exam[0, both], exam[1, both]
    # the keys are sorted, so the highest level of a person and competency is the last one
    highest = np.ones(both.size, dtype=bool)
    highest[:-1] = (person[1:] != person[:-1]) | (competency[1:] != competency[:-1])
    chosen = both[highest]
    return ScorePairs(
        exam[0, chosen],
        exam[1, chosen],
        sittings.score[last[chosen]],
        sittings.score[first[chosen]],
        ~sittings.passed[last[chosen]],
    )


def compare_scores(before: FloatArray, after: FloatArray, failed_before: BoolArray) -> LearningGain:
    """Compare the scores of people before and after.

    Parameters
    ----------
    before, after : ndarray of shape (n_people,)
        Standard scores, in points of 100; of one person at least.
    failed_before : ndarray of bool, shape (n_people,)
        Whether the sitting before was not passed.

    Returns
    -------
    LearningGain
        The interval is that of a paired t test.
    """
    return LearningGain(
        gain=estimate_mean(after - before),
        before=float(before.mean()),
        after=float(after.mean()),
        people=before.size,
        at_ceiling=bool((after >= FULL_MARKS).mean() >= CEILING_SHARE),
        many_failed=bool(failed_before.mean() >= RETAKE_SHARE),
    )
