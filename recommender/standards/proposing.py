"""What a target should be: by people who have proven themselves, or by a panel of experts."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import special

from recommender.arrays import BoolArray, FloatArray, IntArray, round_off
from recommender.errors import ShapeMismatchError

TARGET_STEP = 0.5
"""Targets are set in steps of this, in levels: finer ones are below the error of assessments."""


@dataclass(frozen=True)
class ProvenMedian:
    """Median level of proven performers; all arrays of shape (n_competencies,).

    Parameters
    ----------
    n : ndarray of int
        Proven performers who are assessed.
    median : ndarray of float
        In levels; NaN where nobody is assessed.
    lower, upper : ndarray of float
        Interval that holds the median of all such people with at least the confidence asked for;
        NaN where they are too few for any such interval, which is below six for 95 %.
    proposed : ndarray of float
        The median, rounded to a target.
    """

    n: IntArray
    median: FloatArray
    lower: FloatArray
    upper: FloatArray
    proposed: FloatArray


@dataclass(frozen=True)
class PanelResult:
    """What a panel of experts found in two rounds; all arrays of shape (n_questions,).

    Parameters
    ----------
    n_experts : ndarray of int
        Experts who answered in the second round.
    first_mean, first_spread, mean, spread : ndarray of float
        Mean over the experts and their standard deviation, in the first round and the second;
        NaN where nobody, or for the spread a single one, answered.
    standard_error : ndarray of float
        Of the mean of the second round: how far another panel like this may come to another mean.
    lower, upper : ndarray of float
        Interval of that mean by Student's t.
    convergence : ndarray of float
        Share of the first spread that is gone in the second: 1 where all agree in the end, 0 where
        discussion changed nothing, negative where experts moved apart; NaN where there was no
        first spread.
    n_changed : ndarray of int
        Experts who changed their judgement between the rounds.
    """

    n_experts: IntArray
    first_mean: FloatArray
    first_spread: FloatArray
    mean: FloatArray
    spread: FloatArray
    standard_error: FloatArray
    lower: FloatArray
    upper: FloatArray
    convergence: FloatArray
    n_changed: IntArray


def median_of_proven(
    levels: FloatArray,
    proven: BoolArray,
    *,
    confidence: float = 0.95,
    step: float = TARGET_STEP,
) -> ProvenMedian:
    """Propose the median level of people who have proven themselves in the grade.

    Parameters
    ----------
    levels : ndarray of shape (n_people, n_competencies)
        In levels; NaN where to be assessed first.
    proven : ndarray of bool, shape (n_people,)
        Who counts as proven. Nothing here says who does: that is a judgement of HR.
    confidence : float
        Of the interval, in (0, 1).
    step : float
        Steps in which targets are set, in levels.

    Returns
    -------
    ProvenMedian
        Competency by competency.

    References
    ----------
    The interval from order statistics, which assumes no distribution: H. A. David and
    H. N. Nagaraja, *Order Statistics*, 3rd ed., Wiley 2003, section 7.1.
    """
    ordered = np.sort(levels[proven], axis=0)  # NaN last
    n: IntArray = (~np.isnan(ordered)).sum(axis=0)
    # The r-th smallest and the r-th largest hold the median between them with 1 - 2 P(X < r), X
    # binomial with one half: the largest r is taken for which that is at most what is allowed.
    counts = np.arange(levels.shape[0] + 1)[:, None]
    rank = (special.bdtr(counts, np.maximum(n, counts), 0.5) < (1 - confidence) / 2).sum(axis=0)
    possible = rank >= 1
    column = np.arange(levels.shape[1])
    # one row more, so that an empty group has something to be looked up in
    padded = np.vstack([ordered, np.full((1, levels.shape[1]), np.nan)])
    lower = np.where(possible, padded[np.maximum(rank - 1, 0), column], np.nan)
    upper = np.where(possible, padded[np.maximum(n - rank, 0), column], np.nan)
    below, above = padded[np.maximum((n - 1) // 2, 0), column], padded[n // 2, column]
    median = np.where(n > 0, (below + above) / 2, np.nan)
    return ProvenMedian(n, median, lower, upper, round_to_step(median, step))


def summarise_panel(
    first: FloatArray, second: FloatArray, *, confidence: float = 0.95
) -> PanelResult:
    """Sum up the two rounds of a panel (modified Angoff).

    In each round every expert says for every question what somebody just good enough for the grade
    would reach: the level in a competency, or the score in an exam. Between the rounds they see
    each other's answers and discuss them. The second round counts.

    Parameters
    ----------
    first, second : ndarray of shape (n_experts, n_questions)
        The same experts in the same order; NaN where one did not answer.
    confidence : float
        Of the interval, in (0, 1).

    Returns
    -------
    PanelResult
        Question by question.

    Raises
    ------
    ShapeMismatchError
        If the rounds differ in shape.

    References
    ----------
    W. H. Angoff, "Scales, norms, and equivalent scores", in: R. L. Thorndike (ed.), *Educational
    Measurement*, 2nd ed., 1971; G. J. Cizek and M. B. Bunch, *Standard Setting*, Sage 2007,
    chapter 6, on the rounds and the standard error over experts.
    """
    if first.shape != second.shape:
        raise ShapeMismatchError(f"rounds of a panel differ: {first.shape}, {second.shape}")
    first_mean, first_spread, _ = _spread_of(first)
    mean, spread, n = _spread_of(second)
    error = spread / np.sqrt(np.maximum(n, 1))
    reach = special.stdtrit(np.maximum(n - 1, 1), (1 + confidence) / 2) * error
    convergence = np.divide(
        first_spread - spread, first_spread, out=np.full_like(mean, np.nan), where=first_spread > 0
    )
    both = ~np.isnan(first) & ~np.isnan(second)
    return PanelResult(
        n_experts=n,
        first_mean=first_mean,
        first_spread=first_spread,
        mean=mean,
        spread=spread,
        standard_error=error,
        lower=mean - reach,
        upper=mean + reach,
        convergence=convergence,
        n_changed=(both & (first != second)).sum(axis=0),
    )


def round_to_step(levels: FloatArray, step: float = TARGET_STEP) -> FloatArray:
    """Round levels to targets as they are set.

    Parameters
    ----------
    levels : ndarray
        In levels; NaN stays.
    step : float
        In levels.

    Returns
    -------
    ndarray
        Multiples of `step` in [0, 4], of the same shape; halves are rounded up.
    """
    rounded: FloatArray = np.clip(np.floor(round_off(levels / step) + 0.5) * step, 0.0, 4.0)
    return rounded


def _spread_of(answers: FloatArray) -> tuple[FloatArray, FloatArray, IntArray]:
    """Return mean, standard deviation and number of the answers to each question."""
    given = ~np.isnan(answers)
    n: IntArray = given.sum(axis=0)
    nothing = np.full(answers.shape[1], np.nan)
    mean = np.divide(np.where(given, answers, 0.0).sum(axis=0), n, out=nothing.copy(), where=n > 0)
    squares = np.where(given, (answers - mean) ** 2, 0.0).sum(axis=0)
    variance = np.divide(squares, n - 1, out=nothing, where=n > 1)
    # equal answers can leave a rounding error of a mean
    return mean, round_off(np.sqrt(variance)), n
