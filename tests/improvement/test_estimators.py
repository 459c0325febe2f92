"""Any estimator of scikit-learn is a model: by name, or an analyst's own."""

from __future__ import annotations

import pickle

import numpy as np
import pytest
from improvement.histories import draw
from our_models import Constant, MeanGain
from sklearn.base import clone
from sklearn.linear_model import RidgeCV
from sklearn.model_selection import GridSearchCV, GroupKFold, cross_val_score

from recommender.errors import InputError
from recommender.improvement.estimators import (
    SHIPPED,
    RawMean,
    SLearner,
    make_estimator,
    wrap_estimator,
)
from recommender.improvement.evaluation import score_trained_rows
from recommender.improvement.intervals import ask, is_trained, without_modules
from recommender.improvement.model.effect_model import EffectModel


@pytest.fixture(scope="module")
def simulation():
    return draw(n_people=200, n_trained=300, n_untrained=600)


def test_every_shipped_estimator_is_a_model(simulation):
    X, y = simulation.intervals, simulation.level_after
    for name in SHIPPED:
        model = make_estimator(name, simulation.pairs, scale=(0.0, 4.0))
        fitted = clone(model).fit(X, y)
        assert np.isfinite(fitted.predict(X)).all(), name
        effect = fitted.effect(X)
        assert np.isfinite(effect).all(), name
        np.testing.assert_allclose(effect[~is_trained(X)], 0.0, atol=1e-12, err_msg=name)
        again = pickle.loads(pickle.dumps(fitted))
        np.testing.assert_array_equal(again.effect(X), effect, err_msg=name)
        # a module or unit that nobody has met is no fault
        strange = ask(["m-new"], [simulation.competency_ids[0]], np.array([1.5]), ["u-new"])
        if name not in ("effect-model", "linear"):
            assert np.isfinite(fitted.effect(strange)).all(), name


def test_ten_lines_of_an_analyst_are_a_model(simulation):
    X, y = simulation.intervals, simulation.level_after
    for name in ("our_models:MeanGain", "our_models:tree", "our_models:experts"):
        model = make_estimator(name, simulation.pairs, scale=(0.0, 4.0)).fit(X, y)
        again = pickle.loads(pickle.dumps(model))
        np.testing.assert_array_equal(again.predict(X), model.predict(X))
    # what has an effect is used as it is; all else is wrapped
    assert isinstance(model, Constant)
    assert isinstance(wrap_estimator(MeanGain(), simulation.pairs), SLearner)


def test_the_effect_of_a_wrapped_estimator_is_the_difference_it_predicts(simulation):
    X, y = simulation.intervals, simulation.level_after
    model = wrap_estimator(RidgeCV(), simulation.pairs).fit(X, y)
    np.testing.assert_allclose(
        model.effect(X), model.predict(X) - model.predict(without_modules(X))
    )


def test_several_modules_of_an_interval_are_told_apart():
    # everybody gains .4 by one and .2 by the other, mostly taken together
    made = draw(n_people=300, n_trained=300, n_untrained=600)
    competency, (one, other) = made.competency_ids[0], made.module_ids[:2]
    rng = np.random.default_rng(0)
    kind = rng.integers(0, 4, 1200)
    level = rng.uniform(1.0, 2.0, 1200)
    X = ask([None] * 1200, [competency] * 1200, level)
    taken = [(), (one,), (other,), (one, other)]
    X["modules"] = [taken[k] for k in kind]
    X["since"] = [(float("nan"),) * len(taken[k]) for k in kind]
    X["person_id"] = [f"p{i}" for i in range(1200)]
    y = level + np.array([0.0, 0.4, 0.2, 0.6])[kind] + rng.normal(0.0, 0.05, 1200)
    asked = ask([one, other], [competency] * 2, np.array([1.5, 1.5]))
    for name in ("effect-model", "linear", "ridge"):
        effect = make_estimator(name, made.pairs, scale=(0.0, 4.0)).fit(X, y).effect(asked)
        np.testing.assert_allclose(effect, [0.4, 0.2], atol=0.05, err_msg=name)


def test_the_raw_mean_is_what_a_plain_report_has():
    X = ask(["a", "a", "b", None], ["k"] * 4, np.array([1.0, 2.0, 1.0, 1.0]))
    y = np.array([1.5, 2.1, 1.2, 3.0])
    asked = ask(["a", "b", "c"], ["k"] * 3, np.zeros(3))
    # of a module without records: the mean of all
    np.testing.assert_allclose(RawMean().fit(X, y).effect(asked), [0.3, 0.2, 0.8 / 3])
    shrunken = RawMean(damping=8.0).fit(X, y).effect(asked)
    np.testing.assert_allclose(shrunken[0], (0.6 + 8 * 0.8 / 3) / 10)


def test_scikit_learn_searches_the_settings_of_our_model(simulation):
    X, y = simulation.intervals, simulation.level_after
    model = EffectModel(simulation.pairs)
    folds = GroupKFold(2)
    scores = cross_val_score(
        model, X, y, groups=X["person_id"], cv=folds, scoring=score_trained_rows
    )
    # an error of recorded levels, in squared levels
    assert (scores > -1.0).all()
    assert (scores < -0.05).all()
    search = GridSearchCV(
        model,
        {"members": [("linear",), ("linear", "curve")]},
        cv=folds,
        scoring=score_trained_rows,
    ).fit(X, y, groups=X["person_id"])
    assert len(set(search.cv_results_["mean_test_score"])) == 2
    assert np.isfinite(search.best_estimator_.effect(X)).all()


def test_a_name_that_is_no_estimator_is_refused(simulation):
    for name, code in (
        ("rigde", "model.no-estimator"),
        ("no_such_package.models:forest", "model.no-estimator"),
        ("our_models:no_such_factory", "model.no-estimator"),
        ("our_models:nothing", "model.no-fit"),
    ):
        with pytest.raises(InputError) as caught:
            make_estimator(name, simulation.pairs, scale=(0.0, 4.0))
        assert caught.value.code == code
