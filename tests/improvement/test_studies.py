"""The studies of estimators: both simulators, and what is counted, on tiny histories."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from studies import comparing, histories, independent, routes

TINY = {
    "ours": replace(histories.SMALL, n_people=60, n_modules=12, n_trained=80, n_untrained=90),
    "other": independent.World(n_people=300, n_modules=24, n_trained=80, n_untrained=90),
}


class Guess:
    """Estimates the same effect of every module, with bounds so wide that they hold."""

    def __init__(self, pairs: pd.DataFrame) -> None:
        self.pairs = pairs

    def fit(self, X: pd.DataFrame, y: np.ndarray) -> Guess:
        assert len(X) == len(y)
        return self

    def predict(self, X: pd.DataFrame) -> np.ndarray:
        return X["level_before"].to_numpy(float)

    def effect(self, X: pd.DataFrame) -> np.ndarray:
        return np.full(len(X), 0.3)

    def effect_interval(self, X: pd.DataFrame) -> tuple[np.ndarray, np.ndarray]:
        return np.full(len(X), -4.0), np.full(len(X), 4.0)


@pytest.fixture
def tiny(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(histories, "EVERY", TINY)


def test_both_simulators_make_histories_of_one_form(tiny: None) -> None:
    for name in TINY:
        history = histories.make_history(name, 1, n_queries=50)
        x, asked = history.intervals, history.questions
        assert list(x) == list(asked) == list(histories.COLUMNS)
        assert (x["modules"].map(len) > 0).sum() == 80
        assert (x["modules"].map(len) == 0).sum() == 90
        assert (x["modules"].map(len) == x["since"].map(len)).all()
        for months, since in zip(x["months"], x["since"], strict=True):
            assert all(0 < lag < months for lag in since)
        served = set(zip(history.pairs["module_id"], history.pairs["competency_id"], strict=True))
        for rows in (x, asked):
            for names, competency in zip(rows["modules"], rows["competency_id"], strict=True):
                assert all((module, competency) in served for module in names)
        levels = np.concatenate([x["level_before"], history.level_after, asked["level_before"]])
        assert ((levels >= 0) & (levels <= 4)).all()
        again = histories.make_history(name, 1, n_queries=50)
        assert again.intervals.equals(x)
        assert np.array_equal(again.truth, history.truth)


def test_what_is_counted(tiny: None) -> None:
    figures = comparing.compare(
        [f"{__name__}:Guess", f"{__name__}:Guess"], list(TINY), [1, 2], tell=False
    )
    assert (figures["coverage"] > 0.9).all()
    history = histories.make_history("ours", 1, n_queries=50)
    perfect = {"lower": history.truth, "upper": history.truth, "seconds": 0.0}
    best = comparing.score(history, {"effect": history.truth, **perfect})
    assert best["regret"] == pytest.approx(0)
    assert best["rmse"] == 0
    assert best["coverage_top"] == 1
    two = pd.concat([figures.assign(estimator="a"), figures.assign(estimator="b")])
    two = two.drop_duplicates(["history", "seed", "estimator"])
    two.loc[two["estimator"] == "b", "regret"] += 2.0
    table = comparing.differences(two, "a").set_index(["history", "estimator"])
    assert table.loc[("all", "b"), "regret_change"] == pytest.approx(2)
    assert table.loc[("all", "b"), "regret_se"] == pytest.approx(0)
    assert table.loc[("all", "b"), "n"] == 4
    assert "(+2.0 ± 0.0)" in comparing.as_markdown(table.reset_index(), "a")


def test_a_history_is_the_same_by_every_route(tiny: None) -> None:
    for name in TINY:
        history = histories.make_history(name, 1, n_queries=50)
        found = [routes.hand_in(history, route)[0] for route in routes.ROUTES]
        for x in found:
            assert len(x) == 170
        taken = [sorted(zip(x["modules"], x["level_before"], strict=True)) for x in found]
        assert taken[0] == taken[1] == taken[2]
