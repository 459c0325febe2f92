"""Which intervals to learn from and which to judge on: whole people, or whole modules, apart."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from sklearn.base import clone
from sklearn.model_selection import GroupKFold

from recommender.arrays import BoolArray
from recommender.improvement.intervals import is_trained


class Fold(NamedTuple):
    """The intervals to learn from and to judge on, each an array of bool, shape (n_intervals,)."""

    learn: BoolArray
    judge: BoolArray


def unfitted(estimator: Any) -> Any:
    """Copy a fitted estimator for a further fold, keeping what it may have searched for.

    A search takes most of the time of a fit, and on a fold more or less it would find the same.
    """
    return estimator.settled() if hasattr(estimator, "settled") else clone(estimator)


def split_by_person(X: pd.DataFrame, n_folds: int, *, seed: int = 0) -> list[Fold]:
    """Split intervals so that each trained one is judged once, all of a person's together.

    There are fewer folds where there are fewer people, and none where there is a single one.
    """
    people = pd.factorize(X["person_id"])[0]
    n_folds = min(n_folds, int(people.max(initial=-1)) + 1)
    if n_folds < 2:
        return []
    trained = is_trained(X)
    folds: list[Fold] = []
    for _, rows in GroupKFold(n_folds, shuffle=True, random_state=seed).split(X, groups=people):
        out = np.zeros(len(X), dtype=bool)
        out[rows] = True
        folds.append(Fold(~out, out & trained))
    return folds


def split_by_module(X: pd.DataFrame, n_folds: int, *, seed: int = 0) -> list[Fold]:
    """Split intervals so that modules are judged that nothing was learned of.

    Control rows are always learned from. An interval with modules of several folds is neither
    learned from nor judged where one of them is left out. There are no folds with a single
    module.
    """
    events = X["modules"].reset_index(drop=True).explode().dropna()
    code, modules = pd.factorize(events)
    if len(modules) < 2:
        return []
    n_folds = min(n_folds, len(modules))
    of_module = np.random.default_rng(seed).permutation(len(modules)) % n_folds
    row = events.index.to_numpy()
    counts = np.bincount(row, minlength=len(X))
    folds: list[Fold] = []
    for at in range(n_folds):
        left_out = np.bincount(row[of_module[code] == at], minlength=len(X))
        folds.append(Fold(left_out == 0, (left_out == counts) & (counts > 0)))
    return folds
