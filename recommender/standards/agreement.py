"""Whether the raters of a person agree."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import special

from recommender.arrays import BoolArray, FloatArray, IntArray


@dataclass(frozen=True)
class RaterAgreement:
    """Agreement of raters; all arrays of shape (n_competencies,), NaN where it cannot be told.

    Parameters
    ----------
    n_people, n_raters : ndarray of int
        People with two raters or more, and their raters.
    raters_per_person : ndarray of float
        Raters of a person as they count for `icc`: somewhat below the mean where people have
        different numbers of them.
    icc, lower, upper : ndarray of float
        ICC(1): share of the variance between the levels that single raters give which is between
        people. 1 where raters of a person agree in full; 0 or below where they agree no more than
        raters of different people. Interval from the F distribution.
    n_types : ndarray of int
        People with two rater types or more.
    flagged : ndarray of float
        Share of them whose types differ by more than one level.
    """

    n_people: IntArray
    n_raters: IntArray
    raters_per_person: FloatArray
    icc: FloatArray
    lower: FloatArray
    upper: FloatArray
    n_types: IntArray
    flagged: FloatArray


def measure_agreement(
    person: IntArray,
    competency: IntArray,
    level: FloatArray,
    *,
    disagreement: BoolArray,
    assessed_competency: IntArray,
    n_competencies: int,
    confidence: float = 0.95,
) -> RaterAgreement:
    """Measure how far raters of the same person agree, competency by competency.

    Parameters
    ----------
    person, competency : ndarray of int, shape (n_raters,)
        Whom each rater has rated in what; one row for each rater of an assessment.
    level : ndarray of shape (n_raters,)
        The level this rater alone would give.
    disagreement : ndarray of bool, shape (n_assessments,)
        Of assessments by two rater types or more: whether two of them differ by more than a level.
    assessed_competency : ndarray of int, shape (n_assessments,)
        What these assessments are of.
    n_competencies : int
        Competencies of the framework.
    confidence : float
        Of each interval by itself, in (0, 1).

    Returns
    -------
    RaterAgreement
        Raters are taken as drawn anew for each person, since they are others each time; that one
        is kinder than another counts as disagreement.

    References
    ----------
    P. E. Shrout and J. L. Fleiss, "Intraclass correlations: uses in assessing rater reliability",
    Psychological Bulletin 86 (1979), 420-428, case 1. For different numbers of raters the mean
    number is that of S. R. Searle, *Linear Models*, Wiley 1971, chapter 10; the interval is then
    approximate.
    """
    # people of whom a single rater tells say nothing of agreement
    keys, of = np.unique(person * max(n_competencies, 1) + competency, return_inverse=True)
    size = np.bincount(of, minlength=len(keys))
    kept = (size > 1)[of]
    of, level = of[kept], level[kept]
    place = keys % max(n_competencies, 1)
    many = size > 1

    def by_competency(values: FloatArray | IntArray) -> FloatArray:
        return np.bincount(place[many], values[many], minlength=n_competencies).astype(float)

    sums = np.bincount(of, level, minlength=len(keys))
    mean = sums / np.maximum(size, 1)
    within = by_competency(np.bincount(of, (level - mean[of]) ** 2, minlength=len(keys)))
    n, raters = by_competency(np.ones(len(keys))), by_competency(size)
    grand = by_competency(sums) / np.maximum(raters, 1)
    between = by_competency(size * (mean - grand[place]) ** 2)
    squares = by_competency(size.astype(float) ** 2)
    each = _divide(raters - squares / np.maximum(raters, 1), n - 1)
    among, error = _divide(between, n - 1), _divide(within, raters - n)
    rest = (1 - confidence) / 2
    freedom = np.maximum(n - 1, 1), np.maximum(raters - n, 1)
    quantiles = (1.0, *(special.fdtri(*freedom, share) for share in (1 - rest, rest)))
    icc, lower, upper = (
        _divide(among / q - error, among / q + (each - 1) * error) for q in quantiles
    )
    n_types = np.bincount(assessed_competency, minlength=n_competencies)
    flags = np.bincount(assessed_competency, disagreement, minlength=n_competencies)
    return RaterAgreement(
        n_people=n.astype(np.int64),
        n_raters=raters.astype(np.int64),
        raters_per_person=each,
        icc=icc,
        lower=lower,
        upper=upper,
        n_types=n_types,
        flagged=_divide(flags.astype(float), n_types.astype(float)),
    )


def _divide(values: FloatArray, by: FloatArray) -> FloatArray:
    return np.divide(values, by, out=np.full(len(values), np.nan), where=by > 0)
