"""Two-way fixed effects: a linear model in which every person and every period has a level."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from recommender.arrays import FloatArray, IntArray


@dataclass(frozen=True)
class FixedEffects:
    """Coefficients of a model with fixed effects.

    Attributes
    ----------
    coefficients : ndarray of shape (n_regressors,)
        Change of the outcome for one unit of each regressor.
    standard_errors : ndarray of shape (n_regressors,)
        If errors are independent and vary alike.
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
    n_people, n_periods = int(person.max()) + 1, int(period.max()) + 1
    weight = np.ones(outcome.size) if weights is None else np.asarray(weights, float)[person]
    of_person = np.bincount(person, weight)
    # the first period is the one that the levels of the others are told from
    columns = np.column_stack([regressors, period[:, None] == np.arange(1, n_periods)])
    table = np.column_stack([outcome, columns]).astype(float)
    means = np.stack([np.bincount(person, weight * column) for column in table.T], axis=1)
    within = (table - (means / of_person[:, None])[person]) * np.sqrt(weight)[:, None]
    y, x = within[:, 0], within[:, 1:]
    inverse = np.linalg.pinv(x.T @ x)
    coefficients = inverse @ (x.T @ y)
    residual = y - x @ coefficients
    k, n_columns = regressors.shape[1], x.shape[1]
    spread = residual @ residual / (outcome.size - n_people - n_columns)
    scores = np.stack([np.bincount(person, part) for part in (x * residual[:, None]).T], axis=1)
    small = n_people / (n_people - 1) * (outcome.size - 1) / (outcome.size - n_columns)
    clustered = small * inverse @ (scores.T @ scores) @ inverse
    return FixedEffects(
        coefficients[:k],
        np.sqrt(np.diag(inverse)[:k] * spread),
        np.sqrt(np.diag(clustered)[:k]),
        n_people,
    )
