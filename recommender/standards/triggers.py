"""What says that a standard is to be looked at again.

Whatever rests on figures of people is decided by a test, at `ALARM` for each kind of trigger, and
adjusted for how many targets, items or competencies are looked at (Benjamini and Hochberg): small
groups do not trigger by chance, and many cells do not either.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

import numpy as np
from scipy import special

from recommender.arrays import BoolArray, FloatArray, IntArray, months_before
from recommender.significance import adjust_p_values
from recommender.standards.agreement import RaterAgreement
from recommender.standards.items import ItemStatistics, separation_variance

ALARM = 0.05
"""Share of false alarms among those of one kind; where all is well, the chance of any at most."""
SHIFT_ALARM = 0.005
"""The same for shifts of ratings, whose probabilities are drawn over all competencies at once."""
NEARLY_ALL, HARDLY_ANY = 0.9, 0.1
"""Shares of a grade's people who meet a target, above and below which it says little."""
TELLS_APART = 0.64
"""Separation that corresponds to a medium effect (Cohen's d of .5; Ruscio, Psychological Methods
13, 2008, table 1): an indicator that is surely below it hardly tells levels apart."""
GOES_WITH_REST = 0.3
"""Item-rest correlation that an item should at least have (Nunnally and Bernstein, *Psychometric
Theory*, 3rd ed., 1994, chapter 8)."""
POOR_AGREEMENT = 0.4
"""ICC below which agreement is poor (Cicchetti, Psychological Assessment 6, 1994, 284-290)."""
LEAST_GROUP = 10
"""People on either side of a level, below which an indicator is not judged."""


class Trigger(StrEnum):
    """Why a standard is to be looked at again."""

    REVIEW_DUE = "review-due"
    TARGET_MET_BY_NEARLY_ALL = "target-met-by-nearly-all"
    TARGET_MET_BY_HARDLY_ANY = "target-met-by-hardly-any"
    INDICATOR_FLAT = "indicator-does-not-tell-apart"
    SUBJECT_FLAT = "subject-does-not-tell-apart"
    RATERS_DISAGREE = "raters-disagree"
    RATINGS_SHIFTED = "ratings-shifted"
    JOB_PROFILE_CHANGED = "job-profile-changed"
    NEW_BUSINESS_LINE = "new-business-line"


@dataclass(frozen=True)
class Finding:
    """One reason to look at a standard again, with its figures.

    Parameters
    ----------
    trigger : Trigger
        What kind of reason.
    grade, competency_id, item_id : str or None
        What it is about; None where it is about all of them.
    figure, lower, upper : float or None
        What was measured, with its interval: a share of people, a separation, a correlation, an
        ICC, a shift in levels, or a weight by the job profile of today.
    limit : float or None
        What the figure is surely beyond; of a weight what the standard has.
    n : int or None
        People it rests on.
    p_value : float or None
        Adjusted for how many were looked at.
    on : date or None
        When a review is due, or from when ratings are shifted.
    names : tuple of str
        Duties, result measures or org units that are new, gone or changed.
    """

    trigger: Trigger
    grade: str | None = None
    competency_id: str | None = None
    item_id: str | None = None
    figure: float | None = None
    lower: float | None = None
    upper: float | None = None
    limit: float | None = None
    n: int | None = None
    p_value: float | None = None
    on: dt.date | None = None
    names: tuple[str, ...] = ()


@dataclass(frozen=True)
class StandardBasis:
    """What the organisation was like when a standard was set, to be kept beside the standard.

    Parameters
    ----------
    job_elements : mapping of str to str
        Digest of each duty and result measure of the job profile, by its id, as far as it says
        something of the grade.
    units : tuple of str
        Names of the org units that people of the grade belong to: the same line of business has
        the same name in every branch.
    """

    job_elements: Mapping[str, str] = field(default_factory=dict[str, str])
    units: tuple[str, ...] = ()


@dataclass(frozen=True)
class JudgedTargets:
    """How many meet each target; all arrays of shape (n_grades, n_competencies).

    Parameters
    ----------
    share, lower, upper : ndarray of float
        Share of the assessed who meet it, with the exact interval of Clopper and Pearson; NaN where
        nobody is assessed.
    too_easy, too_hard : ndarray of bool
        Whether surely over `NEARLY_ALL`, or under `HARDLY_ANY`, meet it.
    p_value : ndarray of float
        Adjusted, of the nearer of both; 1 where nobody is assessed.
    """

    share: FloatArray
    lower: FloatArray
    upper: FloatArray
    too_easy: BoolArray
    too_hard: BoolArray
    p_value: FloatArray


def judge_targets(met: IntArray, assessed: IntArray, *, confidence: float = 0.95) -> JudgedTargets:
    """Find targets that nearly all people of a grade meet, or hardly any.

    Parameters
    ----------
    met, assessed : ndarray of int, shape (n_grades, n_competencies)
        People of the grade who meet the target, and who are assessed.
    confidence : float
        Of each interval by itself, in (0, 1).

    Returns
    -------
    JudgedTargets
        Decided by the exact binomial test. Below 29 people no target can be found too easy or too
        hard, and below 69 none of 18 in four grades.

    References
    ----------
    C. J. Clopper and E. S. Pearson, Biometrika 26 (1934), 404-413; Y. Benjamini and Y. Hochberg,
    Journal of the Royal Statistical Society B 57 (1995), 289-300.
    """
    some = assessed > 0
    rest = (1 - confidence) / 2
    missed = assessed - met
    lower = np.where(met > 0, special.betaincinv(np.maximum(met, 1), missed + 1, rest), 0.0)
    upper = np.where(missed > 0, special.betaincinv(met + 1, np.maximum(missed, 1), 1 - rest), 1.0)
    easy = np.where(some, special.bdtrc(met - 1, assessed, NEARLY_ALL), 1.0)
    hard = np.where(some, special.bdtr(met, assessed, HARDLY_ANY), 1.0)
    # one test a cell: where the one limit is near, the other is far
    adjusted = _adjust(np.minimum(easy, hard), some)
    return JudgedTargets(
        share=np.divide(met, assessed, out=np.full(met.shape, np.nan), where=some),
        lower=np.where(some, lower, np.nan),
        upper=np.where(some, upper, np.nan),
        too_easy=(adjusted <= ALARM) & (easy < hard),
        too_hard=(adjusted <= ALARM) & (hard < easy),
        p_value=adjusted,
    )


def judge_indicators(items: ItemStatistics) -> FloatArray:
    """Say how sure it is that indicators do not tell levels apart.

    Parameters
    ----------
    items : ItemStatistics
        Of indicators, split at their levels.

    Returns
    -------
    ndarray of shape (n_items,)
        Adjusted p-value, at or below `ALARM` where the indicator does not tell levels apart: of a
        separation of at least `TELLS_APART`, if there are `LEAST_GROUP` people on both sides, and
        of an item-rest correlation of at least `GOES_WITH_REST`, unless nearly all or hardly any
        fulfil the indicator: those differ by chance only. NaN where neither can be judged.
    """
    parted = np.minimum(items.n_below, items.n_reached) >= LEAST_GROUP
    below, reached = (np.maximum(count, 1) for count in (items.n_below, items.n_reached))
    error = np.sqrt(separation_variance(TELLS_APART, below, reached))
    by_separation = special.ndtr((items.separation - TELLS_APART) / error)
    by_rest, correlated = _test_discrimination(items)
    varied = (items.difficulty > HARDLY_ANY) & (items.difficulty < NEARLY_ALL)
    tests = np.stack([parted, correlated & varied])
    p = np.where(tests, np.stack([by_separation, by_rest]), 1.0).min(axis=0)
    judged: BoolArray = tests.sum(axis=0) > 0
    # two tests of one indicator: the smaller p-value counts twice
    p = np.minimum(1.0, p * np.maximum(tests.sum(axis=0), 1))
    return np.where(judged, _adjust(p, judged), np.nan)


def judge_subjects(items: ItemStatistics) -> FloatArray:
    """Say how sure it is that subjects of exams measure something else than the others.

    Parameters
    ----------
    items : ItemStatistics
        Of subjects, beside the other subjects of their exam.

    Returns
    -------
    ndarray of shape (n_items,)
        Adjusted p-value of an item-rest correlation of at least `GOES_WITH_REST`; at or below
        `ALARM` the subject is poor. NaN where it cannot be told.
    """
    p, judged = _test_discrimination(items)
    return np.where(judged, _adjust(p, judged), np.nan)


def judge_agreement(agreement: RaterAgreement) -> FloatArray:
    """Say how sure it is that raters disagree.

    Parameters
    ----------
    agreement : RaterAgreement
        Of the competencies.

    Returns
    -------
    ndarray of shape (n_competencies,)
        Adjusted p-value of an ICC of at least `POOR_AGREEMENT`; at or below `ALARM` raters
        disagree. NaN where it cannot be told.
    """
    judged = ~np.isnan(agreement.icc) & (agreement.n_people >= LEAST_GROUP)
    icc = np.where(judged, agreement.icc, 0.0)
    each = np.where(judged, agreement.raters_per_person, 2.0)
    ratio = (1 + (each - 1) * icc) / np.maximum(1 - icc, 1e-12)
    expected = 1 + each * POOR_AGREEMENT / (1 - POOR_AGREEMENT)
    within = np.maximum(agreement.n_raters - agreement.n_people, 1)
    freedom = np.maximum(agreement.n_people - 1, 1), within
    p = np.asarray(special.fdtr(*freedom, ratio / expected), dtype=np.float64)
    return np.where(judged, _adjust(p, judged), np.nan)


def find_due_day(
    effective_on: dt.date, *, review_on: dt.date | None, review_months: int
) -> dt.date:
    """Return the day a standard is to be reviewed.

    Parameters
    ----------
    effective_on : date
        From when it counts.
    review_on : date or None
        The day that was set for it.
    review_months : int
        Months after which one without such a day is due.

    Returns
    -------
    date
        The day that was set, else so many calendar months after it took effect.
    """
    return review_on or months_before(effective_on, -review_months)


def compare_bases(then: StandardBasis, now: StandardBasis) -> tuple[tuple[str, ...], ...]:
    """Compare what a standard was set for with what there is now.

    Parameters
    ----------
    then, now : StandardBasis
        When the standard was set, and today.

    Returns
    -------
    tuple of tuple of str
        Duties and result measures that are not as they were or are gone; those that are new; org
        units that are new. Each sorted.
    """
    changed = sorted(
        name for name, digest in then.job_elements.items() if now.job_elements.get(name) != digest
    )
    elements = sorted(now.job_elements.keys() - then.job_elements.keys())
    units = sorted(set(now.units) - set(then.units))
    return tuple(changed), tuple(elements), tuple(units)


def _adjust(p: FloatArray, judged: BoolArray) -> FloatArray:
    """Return p-values adjusted for how many are judged; 1 for the others."""
    return np.where(judged, adjust_p_values(np.where(judged, p, np.nan)), 1.0)


def _test_discrimination(items: ItemStatistics) -> tuple[FloatArray, BoolArray]:
    """Test that a correlation with the rest is at least `GOES_WITH_REST`; say where it can be."""
    judged = ~np.isnan(items.discrimination) & (items.n >= 2 * LEAST_GROUP)
    r = np.where(judged, items.discrimination, 0.0)
    with np.errstate(divide="ignore"):  # a correlation of 1 is infinitely far from the limit
        distance = np.arctanh(r) - np.arctanh(GOES_WITH_REST)
    return special.ndtr(distance * np.sqrt(np.maximum(items.n - 3, 1))), judged
