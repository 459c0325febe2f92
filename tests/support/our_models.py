"""Models that an analyst might bring along, as `package.models:factory` names them."""

import numpy as np
from sklearn.base import BaseEstimator, RegressorMixin
from sklearn.tree import DecisionTreeRegressor


class MeanGain(RegressorMixin, BaseEstimator):
    """Everybody gains what people gained on average: ten lines, and a model."""

    def fit(self, X, y):
        """Learn the mean gain."""
        self.gain_ = float(np.mean(y - X[:, 0]))
        return self

    def predict(self, X):
        """Return it for every row."""
        return np.full(X.shape[0], self.gain_)


class Constant(RegressorMixin, BaseEstimator):
    """A model with an effect of its own, by the experts' estimates of the catalogue."""

    def __init__(self, catalog=None, share=1.0):
        self.catalog = catalog
        self.share = share

    def fit(self, X, y):
        """Learn nothing."""
        self.fitted_ = True
        return self

    def effect(self, X):
        """Return the experts' estimates."""
        expert = self.catalog.set_index(["module_id", "competency_id"])["expert_improvement"]
        keys = zip(X["modules"], X["competency_id"], strict=True)
        return np.array([sum(expert.get((m, k), 0.0) for m in modules) for modules, k in keys])

    def predict(self, X):
        """Return the level and the effect."""
        return X["level_before"].to_numpy() + self.share * self.effect(X)


def tree():
    """An estimator of scikit-learn, which knows nothing of modules."""
    return DecisionTreeRegressor(max_depth=4, random_state=0)


def experts(pairs):
    """A model that is given the catalogue."""
    return Constant(pairs)


def nothing():
    """No estimator at all."""
    return object()


class Unsaved(MeanGain):
    """Cannot be pickled."""

    def __getstate__(self):
        """Refuse."""
        raise TypeError("not to be written")
