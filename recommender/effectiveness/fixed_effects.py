"""Two-way fixed effects: a linear model in which every person and every period has a level."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from recommender.arrays import FloatArray, IntArray

# Two rounds do where nobody's rows are missing; some dozens where many are.
_MOST_ROUNDS = 1000
_TINY = 1e-12


@dataclass(frozen=True)
class FixedEffects:
    """Coefficients of a model with fixed effects.

    Attributes
    ----------
    coefficients : ndarray of shape (n_regressors,)
        Change of the outcome for one unit of each regressor.
    standard_errors : ndarray of shape (n_regressors,)
        If errors are independent and vary alike; NaN where no degree of freedom is left.
    clustered_errors : ndarray of shape (n_regressors,)
        If the errors of one person may depend on each other in any way.
    n_people : int
        Clusters that the latter rest on.
    """

    coefficients: FloatArray
    standard_errors: FloatArray
    clustered_errors: FloatArray
    n_people: int


def fit_fixed_effects(
    outcome: FloatArray,
    regressors: FloatArray,
    *,
    person: IntArray,
    period: IntArray,
    weights: FloatArray | None = None,
) -> FixedEffects:
    """Fit an outcome by regressors, a level of each person and a level of each period.

    Parameters
    ----------
    outcome : ndarray of shape (n,)
        One row a person and period; rows may be missing.
    regressors : ndarray of shape (n, n_regressors)
        Each varies within people and within periods.
    person, period : ndarray of int, shape (n,)
        Codes from 0. There may be very many people, but few periods.
    weights : ndarray of shape (n_people,), optional
        How much each person counts, > 0; all alike when not given.

    Returns
    -------
    FixedEffects

    References
    ----------
    Wooldridge (2010), Econometric Analysis of Cross Section and Panel Data, section 10.5; Arellano
    (1987), Computing robust standard errors for within-groups estimators, for the clusters. The
    correction for few clusters is that of Stata's `areg`, without counting the people's levels.
    """
    person = np.unique(person, return_inverse=True)[1]
    period = np.unique(period, return_inverse=True)[1]
    n, (n_people, n_periods) = outcome.size, (int(person.max()) + 1, int(period.max()) + 1)
    weight = np.ones(n) if weights is None else np.asarray(weights, float)[person]
    # Frisch, Waugh and Lovell: with the levels taken out of both sides, they need no columns
    table = np.column_stack([outcome, regressors]).astype(float)
    within = _take_out_levels(table, (person, period), weight) * np.sqrt(weight)[:, None]
    y, x = within[:, 0], within[:, 1:]
    inverse = np.linalg.pinv(x.T @ x)
    coefficients = inverse @ (x.T @ y)
    residual = y - x @ coefficients
    n_columns = x.shape[1] + n_periods - 1
    left = n - n_people - n_columns
    spread = residual @ residual / left if left > 0 else np.nan
    scores = np.stack([np.bincount(person, part) for part in (x * residual[:, None]).T], axis=1)
    small = n_people / (n_people - 1) * (n - 1) / (n - n_columns)
    clustered = small * inverse @ (scores.T @ scores) @ inverse
    return FixedEffects(
        coefficients, np.sqrt(np.diag(inverse) * spread), np.sqrt(np.diag(clustered)), n_people
    )


def _take_out_levels(
    table: FloatArray, groups: tuple[IntArray, ...], weight: FloatArray
) -> FloatArray:
    """Subtract the means of people and of periods in turn, until there are none left."""
    totals = [np.bincount(group, weight) for group in groups]
    scale = np.abs(table).max(axis=0)
    for _ in range(_MOST_ROUNDS):
        start = table
        for group, total in zip(groups, totals, strict=True):
            means = np.stack([np.bincount(group, weight * part) for part in table.T], axis=1)
            table = table - (means / total[:, None])[group]
        if (np.abs(table - start).max(axis=0) <= _TINY * scale).all():
            break
    return table
