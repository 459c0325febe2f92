"""Models to set beside the effect model, and how any estimator of scikit-learn becomes one.

Every model here learns from intervals (`X`, `y` as in `EffectModel`) and has `fit`, `predict` (the
next level) and `effect` (what the modules of a row add over no training).
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from importlib import import_module
from typing import Any, Protocol, Self

import numpy as np
import pandas as pd
import scipy.sparse as sp
from sklearn.base import BaseEstimator, RegressorMixin, clone
from sklearn.compose import ColumnTransformer
from sklearn.ensemble import HistGradientBoostingRegressor
from sklearn.feature_extraction.text import CountVectorizer
from sklearn.feature_selection import VarianceThreshold
from sklearn.linear_model import LinearRegression, RidgeCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler
from sklearn.utils import get_tags

from recommender.arrays import FloatArray
from recommender.errors import InputError
from recommender.improvement.effect_table import DEFAULT_ESTIMATOR
from recommender.improvement.history_checks import count_modules
from recommender.improvement.intervals import is_trained, without_modules
from recommender.improvement.model.effect_model import EffectModel

Scale = tuple[float, float]

SHRINKAGE_RECORDS = 8.0
"""How many records of the mean gain the shrunken raw mean assumes beforehand."""


class Estimator(Protocol):
    """What is asked of a model."""

    def fit(self, X: pd.DataFrame, y: FloatArray) -> Self:
        """Learn from intervals."""
        ...

    def predict(self, X: pd.DataFrame) -> FloatArray:
        """Return the next level of each row."""
        ...

    def effect(self, X: pd.DataFrame) -> FloatArray:
        """Return what the modules of each row add over no training, in levels."""
        ...


class SLearner(RegressorMixin, BaseEstimator):
    """Makes a model of any estimator that has only `fit` and `predict`.

    The estimator learns the gain from columns of numbers: the level, and counts of competency,
    unit, modules, modules x competency and modality. What modules add is what it predicts with
    them, less what it predicts for the same person without (an S-learner).

    Parameters
    ----------
    estimator : estimator
        Any regressor; it gets sparse columns if its tags say that it takes them.
    catalog : DataFrame
        The pairs of modules and competencies, for the modality.

    References
    ----------
    Künzel, Sekhon, Bickel & Yu (2019), Metalearners for estimating heterogeneous treatment effects
    using machine learning, PNAS 116.
    """

    def __init__(self, estimator: Any = None, catalog: pd.DataFrame | None = None) -> None:
        self.estimator = estimator
        self.catalog = catalog

    def fit(self, X: pd.DataFrame, y: FloatArray) -> Self:
        """Encode the rows and fit the estimator on their gain."""
        self.estimator_: Any = clone(self.estimator)
        sparse = get_tags(self.estimator_).input_tags.sparse
        # The stubs know only names of analyzers.
        vectorizer = CountVectorizer(analyzer=_as_they_are)  # pyright: ignore[reportArgumentType]
        self.columns_ = ColumnTransformer(
            [
                ("group", OneHotEncoder(handle_unknown="ignore"), ["competency_id", "org_unit"]),
                ("modules", vectorizer, "tokens"),
                ("numbers", StandardScaler(), ["level", "square", "months", "count", "ready"]),
            ],
            sparse_threshold=1.0 if sparse else 0.0,
        )
        self.months_ = float(np.nan_to_num(X["months"].mean()))
        columns = self.columns_.fit_transform(self._frame(X))
        self.estimator_.fit(columns, np.asarray(y, dtype=float) - X["level_before"].to_numpy(float))
        return self

    def predict(self, X: pd.DataFrame) -> FloatArray:
        """Return the next level of each row."""
        gain = self.estimator_.predict(self.columns_.transform(self._frame(X)))
        return X["level_before"].to_numpy(dtype=float) + np.asarray(gain, dtype=float)

    def effect(self, X: pd.DataFrame) -> FloatArray:
        """Return what the modules of each row add over no training."""
        return self.predict(X) - self.predict(without_modules(X))

    def _frame(self, X: pd.DataFrame) -> pd.DataFrame:
        level = X["level_before"].to_numpy(dtype=float)
        count = count_modules(X).astype(float)
        return pd.DataFrame(
            {
                "competency_id": X["competency_id"].to_numpy(dtype=object),
                "org_unit": X["org_unit"]
                .astype(object)
                .where(X["org_unit"].notna(), "")
                .to_numpy(),
                "tokens": self._tokens(X),
                "level": level,
                "square": level**2,
                "months": X["months"].fillna(self.months_).to_numpy(dtype=float),
                "count": count,
                # So that a line can tell that modules do less for those who are further on.
                "ready": count * level,
            }
        )

    def _tokens(self, X: pd.DataFrame) -> list[list[str]]:
        modality: dict[str, str] = {}
        if self.catalog is not None:
            known = self.catalog.drop_duplicates("module_id").dropna(subset="modality")
            modality = dict(zip(known["module_id"], known["modality"], strict=True))
        # Rows of one kind are alike, and a history has far more rows than kinds.
        kinds: dict[tuple[str, tuple[str, ...]], list[str]] = {}
        tokens: list[list[str]] = []
        for kind in zip(X["competency_id"], X["modules"], strict=True):
            if kind not in kinds:
                competency, modules = kind
                kinds[kind] = [
                    token
                    for module in modules
                    for token in (
                        f"module {module}",
                        f"pair {module} {competency}",
                        f"trained {competency}",
                        f"modality {modality.get(module, '')}",
                    )
                ]
            tokens.append(kinds[kind])
        return tokens


def _as_they_are(tokens: list[str]) -> list[str]:
    return tokens


class RawMean(RegressorMixin, BaseEstimator):
    """The mean gain of those who took a module for a competency, as a plain report has it.

    Parameters
    ----------
    damping : float
        How many records of the mean gain to assume beforehand; 0 shrinks nothing.
    """

    def __init__(self, damping: float = 0.0) -> None:
        self.damping = damping

    def fit(self, X: pd.DataFrame, y: FloatArray) -> Self:
        """Average the gains of trained rows."""
        trained = is_trained(X)
        gain = (np.asarray(y, dtype=float) - X["level_before"].to_numpy(dtype=float))[trained]
        rows = X.loc[trained, ["modules", "competency_id"]].assign(gain=gain).explode("modules")
        self.mean_ = float(gain.mean()) if gain.size else 0.0
        grouped = rows.groupby(["modules", "competency_id"], sort=False)["gain"]
        total, count = grouped.sum(), grouped.count()
        self.gain_ = ((total + self.damping * self.mean_) / (count + self.damping)).to_dict()
        return self

    def effect(self, X: pd.DataFrame) -> FloatArray:
        """Return the mean gain of each row's modules; 0 without any."""
        of = [
            np.mean([self.gain_.get((module, competency), self.mean_) for module in modules])
            if modules
            else 0.0
            for modules, competency in zip(X["modules"], X["competency_id"], strict=True)
        ]
        return np.array(of, dtype=float)

    def predict(self, X: pd.DataFrame) -> FloatArray:
        """Return the level and the mean gain."""
        return X["level_before"].to_numpy(dtype=float) + self.effect(X)


class TrainedLine(RegressorMixin, BaseEstimator):
    """A straight line for the gain of trained people that knows no module: what to beat.

    Parameters
    ----------
    by : {"nothing", "level", "competency", "uptake"}
        What the gain depends on: nothing, the level, level and competency (an analysis of
        covariance), or how often the modules are taken.
    """

    def __init__(self, by: str = "nothing") -> None:
        self.by = by

    def fit(self, X: pd.DataFrame, y: FloatArray) -> Self:
        """Fit the line on trained rows."""
        trained = is_trained(X)
        rows = X[trained]
        self.uptake_ = rows["modules"].explode().value_counts().to_dict()
        self.competencies_ = OneHotEncoder(handle_unknown="ignore").fit(X[["competency_id"]])
        gain = np.asarray(y, dtype=float)[trained] - rows["level_before"].to_numpy(dtype=float)
        self.line_ = LinearRegression().fit(self._columns(rows), gain)
        return self

    def predict(self, X: pd.DataFrame) -> FloatArray:
        """Return the level and the gain of trained people, whatever the modules."""
        return X["level_before"].to_numpy(dtype=float) + self.line_.predict(self._columns(X))

    def effect(self, X: pd.DataFrame) -> FloatArray:
        """Return 0 everywhere: no module is better than another."""
        return np.zeros(len(X))

    def _columns(self, X: pd.DataFrame) -> sp.csr_array | FloatArray:
        level = X["level_before"].to_numpy(dtype=float)[:, None]
        if self.by == "competency":
            competency = sp.csr_array(self.competencies_.transform(X[["competency_id"]]))
            return sp.csr_array(sp.hstack([competency, sp.csr_array(level)]))
        if self.by == "uptake":
            # By the logarithm: a few modules are taken far more often than all others.
            taken = [[self.uptake_.get(m, 0) for m in modules] or [0] for modules in X["modules"]]
            return np.log1p(np.array([np.mean(each) for each in taken], dtype=float))[:, None]
        return level if self.by == "level" else np.zeros((len(X), 1))


BASELINES: dict[str, Callable[[], Estimator]] = {
    "no-module": TrainedLine,
    "popularity": lambda: TrainedLine("uptake"),
    "raw-mean": RawMean,
    "shrunken-raw-mean": lambda: RawMean(SHRINKAGE_RECORDS),
    "gap-only": lambda: TrainedLine("level"),
    "ancova": lambda: TrainedLine("competency"),
}
"""The simple models that any other has to beat, by name."""


def _ridge(pairs: pd.DataFrame, scale: Scale) -> Any:
    return SLearner(RidgeCV(alphas=np.logspace(-1, 3, 9)), pairs)


def _boosting(pairs: pd.DataFrame, scale: Scale) -> Any:
    trees = HistGradientBoostingRegressor(
        max_iter=40, max_leaf_nodes=15, learning_rate=0.15, random_state=0
    )
    # No leaf would split by a column that few rows have, yet each costs time.
    return SLearner(make_pipeline(VarianceThreshold(0.003), trees), pairs)


SHIPPED: dict[str, Callable[[pd.DataFrame, Scale], Any]] = {
    DEFAULT_ESTIMATOR: lambda pairs, scale: EffectModel(pairs, scale=scale),
    "linear": lambda pairs, scale: EffectModel(pairs, scale=scale, members=("linear",)),
    "ridge": _ridge,
    "boosting": _boosting,
    "raw-mean": lambda pairs, scale: RawMean(),
    "ancova": lambda pairs, scale: TrainedLine("competency"),
}
"""Makers of the estimators that ship, by name, given the catalogue and the scale."""


def make_estimator(name: str, pairs: pd.DataFrame, *, scale: Scale) -> Any:
    """Make an estimator, not fitted yet.

    Parameters
    ----------
    name : str
        One of `SHIPPED`, or ``package.models:factory``: a function that returns an estimator, given
        the catalogue or nothing.
    pairs : DataFrame
        The catalogue, as `pairs_of_modules` or `pairs_of_table` returns it.
    scale : tuple of float
        Lowest and highest level.

    Raises
    ------
    InputError
        `model.no-estimator` if there is none of that name; `model.no-fit` if what the factory
        returns has no `fit` and `predict`.
    """
    if name in SHIPPED:
        return SHIPPED[name](pairs, scale)
    module, _, attribute = name.partition(":")
    names = ", ".join(SHIPPED)
    try:
        factory = getattr(import_module(module), attribute)
    except (ImportError, AttributeError, ValueError) as error:
        raise InputError(
            "model.no-estimator", found=name, known=names, problem=str(error)
        ) from error
    try:
        wants_pairs = bool(inspect.signature(factory).parameters)
    except (TypeError, ValueError):
        wants_pairs = False
    return wrap_estimator(factory(pairs) if wants_pairs else factory(), pairs)


def wrap_estimator(estimator: Any, pairs: pd.DataFrame) -> Any:
    """Return an estimator that has `effect`: itself, or an S-learner of it.

    Raises
    ------
    InputError
        `model.no-fit` if it has no `fit` and `predict`.
    """
    missing = [name for name in ("fit", "predict") if not hasattr(estimator, name)]
    if missing:
        raise InputError("model.no-fit", found=type(estimator).__name__, missing=", ".join(missing))
    return estimator if hasattr(estimator, "effect") else SLearner(estimator, pairs)
