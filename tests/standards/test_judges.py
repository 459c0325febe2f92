"""Item statistics before another package, on the data it comes with.

pingouin is in the group ``judges`` of pyproject.toml (``make judges``).
"""

from __future__ import annotations

import warnings
from importlib import import_module
from typing import Any

import numpy as np
import pandas as pd
import pytest
from rated import draw_ratings
from sklearn.datasets import load_iris

from recommender.standards import (
    cronbach_alpha,
    describe_items,
    measure_agreement,
    rest_means,
    score_items,
)

pytestmark = [pytest.mark.judges, pytest.mark.filterwarnings("ignore")]


@pytest.fixture(scope="module")
def pingouin() -> Any:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return import_module("pingouin")


def answers(pingouin: Any) -> Any:
    """Fifteen people, ten questions with answers from 1 to 7, a row a person."""
    data = pingouin.read_dataset("cronbach_alpha")
    return data.pivot(index="Subj", columns="Items", values="Scores")


def check_alpha(pingouin: Any, table: Any) -> None:
    # it counts people without every answer for its interval, though not for its alpha: we do not
    theirs, (low, high) = pingouin.cronbach_alpha(data=table.dropna())
    ours = cronbach_alpha(table.to_numpy(dtype=float))
    assert ours.value == pytest.approx(theirs)
    assert [round(ours.lower, 3), round(ours.upper, 3)] == [low, high]


def test_alpha_of_its_questionnaires(pingouin) -> None:
    check_alpha(pingouin, answers(pingouin))
    check_alpha(pingouin, pingouin.read_dataset("cronbach_wide_missing"))
    # the figures that the quick suite holds as constants
    theirs, bounds = pingouin.cronbach_alpha(data=pd.DataFrame(load_iris().data))
    assert round(float(theirs), 10) == 0.7084772483
    assert list(bounds) == [0.624, 0.778]


def test_each_question_with_the_rest(pingouin) -> None:
    table = answers(pingouin)
    scores = table.to_numpy(dtype=float) / 7
    found = describe_items(scores, rest_means(scores), np.full(10, 0.5))
    for i, name in enumerate(table.columns):
        theirs = pingouin.corr(table[name], table.drop(columns=name).sum(axis=1))
        assert found.discrimination[i] == pytest.approx(float(theirs["r"].iloc[0]))
        bounds = [found.discrimination_lower[i], found.discrimination_upper[i]]
        assert np.round(bounds, 2).tolist() == list(theirs["CI95"].iloc[0])


def test_separation_is_the_common_language_effect_size(pingouin) -> None:
    data = pingouin.read_dataset("penguins").dropna(subset=["body_mass_g"])
    heavy = (data["species"] == "Gentoo").to_numpy()
    mass = data["body_mass_g"].to_numpy(dtype=float)
    found = describe_items(mass[:, None] / 1e4, heavy[:, None] * 1.0, np.array([0.5]))
    theirs = pingouin.mwu(mass[heavy], mass[~heavy])["CLES"].iloc[0]
    assert found.separation[0] == pytest.approx(float(theirs), abs=1e-4)


def test_agreement_of_its_judges_of_wine(pingouin) -> None:
    data = pingouin.read_dataset("icc")
    theirs = pingouin.intraclass_corr(data, targets="Wine", raters="Judge", ratings="Scores")
    single = theirs.iloc[0]  # ICC(1,1)
    none = np.zeros(0, dtype=np.int64)
    found = measure_agreement(
        data["Wine"].to_numpy(),
        np.zeros(len(data), dtype=np.int64),
        data["Scores"].to_numpy(dtype=float),
        disagreement=none > 0,
        assessed_competency=none,
        n_competencies=1,
    )
    assert found.icc[0] == pytest.approx(float(single["ICC"]))
    bounds = [round(float(found.lower[0]), 2), round(float(found.upper[0]), 2)]
    assert bounds == list(single["CI95"])


def test_on_made_up_ratings_of_one_level_the_rest_goes_the_same_way(pingouin) -> None:
    """Where all are asked for the same items, level by the others and their sum say the same."""
    made = draw_ratings(1, n_people=300, n_competencies=1)
    scored = score_items(
        made.ratings,
        made.items,
        item_competency=made.item_competency,
        item_level=made.item_level,
        rater_weights=np.array([0.1, 0.5, 0.2, 0.2]),
        n_people=300,
    )
    asked = made.grades == 1  # these are asked for three levels
    scores = scored.score[asked][:, :12]
    found = describe_items(scores, scored.rest[asked][:, :12], np.full(12, 1.5))
    for i in range(4, 12):  # the first level is reached by all of them
        rest = np.delete(scores, i, axis=1).sum(axis=1)
        theirs = float(pingouin.corr(scores[:, i], rest)["r"].iloc[0])
        assert found.discrimination[i] == pytest.approx(theirs, abs=0.1)
