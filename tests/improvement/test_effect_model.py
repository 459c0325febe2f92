"""The effect model as an estimator: what it learns, and what real histories must not fool it by."""

from __future__ import annotations

import pickle
import re
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.base import clone
from sklearn.model_selection import GroupKFold, cross_val_score

from recommender.errors import ModelError
from recommender.improvement.model.curve import Weight
from recommender.improvement.model.effect_model import EffectModel
from recommender.improvement.simulation.synthetic import Simulation, SimulationSettings, simulate

SETTINGS = SimulationSettings(
    n_people=900, n_competencies=6, n_modules=24, n_trained=1500, n_untrained=3000
)
COLUMNS = (
    *("person_id", "competency_id", "modules", "since", "level_before", "months"),
    *("org_unit", "assessed_on"),
)


@pytest.fixture(scope="module")
def history() -> Simulation:
    return simulate(SETTINGS, seed=5)


@pytest.fixture(scope="module")
def model(history: Simulation) -> EffectModel:
    return EffectModel(history.pairs).fit(history.intervals, history.level_after)


def ask(pairs: pd.DataFrame, level: float = 1.5) -> pd.DataFrame:
    """Ask for every pair alone, at one level."""
    return pd.DataFrame(
        {
            "person_id": "",
            "competency_id": pairs["competency_id"],
            "modules": [(name,) for name in pairs["module_id"]],
            "since": [(np.nan,)] * len(pairs),
            "level_before": level,
            "months": np.nan,
            "org_unit": None,
            "assessed_on": pd.Series(pd.NaT, index=pairs.index, dtype="datetime64[s]"),
        }
    )


def two_modules(
    n: int, rng: np.random.Generator, *, together: float
) -> tuple[pd.DataFrame, pd.DataFrame, np.ndarray]:
    """People who took one of two modules of effect .40 each, or both; and as many who took none."""
    pairs = pd.DataFrame(
        {
            "module_id": ["a", "b"],
            "competency_id": ["k", "k"],
            "from_level": [1.0, 1.0],
            "to_level": [2.0, 2.0],
            "main": [True, True],
            "modality": ["workshop", "online"],
            "hours": [8.0, 8.0],
        }
    )
    draw = rng.random(n)
    taken = [
        ("a", "b") if u < together else ("a",) if u < 0.5 + together / 2 else ("b",) for u in draw
    ]
    modules = pd.Series([*taken, *[()] * n])
    level = rng.uniform(0.5, 2.5, 2 * n)
    intervals = ask(pairs.iloc[np.zeros(2 * n, dtype=int)].reset_index(drop=True))
    intervals = intervals.assign(
        person_id=[f"p{number}" for number in range(2 * n)],
        modules=modules,
        since=pd.Series([(3.0,) * len(names) for names in taken] + [()] * n),
        level_before=level,
        months=6.0,
    )
    after = level + 0.1 + 0.4 * modules.map(len) + rng.normal(0.0, 0.3, 2 * n)
    return pairs, intervals, np.clip(after, 0.0, 4.0)


def test_it_is_an_estimator_as_scikit_learn_has_them(
    history: Simulation, model: EffectModel
) -> None:
    again = clone(model)
    assert again.get_params()["asked_since"] == 6.0
    scores = cross_val_score(
        again,
        history.intervals,
        history.level_after,
        groups=history.intervals["person_id"],
        cv=GroupKFold(3),
    )
    assert scores.min() > 0.3
    read = pickle.loads(pickle.dumps(model))
    questions = ask(history.pairs)
    np.testing.assert_array_equal(read.effect(questions), model.effect(questions))


def test_the_same_history_gives_the_same_model(history: Simulation, model: EffectModel) -> None:
    order = np.random.default_rng(0).permutation(len(history.intervals))
    shuffled = history.intervals.iloc[order].assign(person_id="somebody", gender="f", age=40)
    other = EffectModel(history.pairs).fit(shuffled, history.level_after[order])
    questions = ask(history.pairs)
    np.testing.assert_allclose(other.effect(questions), model.effect(questions), atol=1e-6)


def test_nothing_but_these_columns_is_read(history: Simulation, model: EffectModel) -> None:
    read = history.intervals[[name for name in COLUMNS if name != "person_id"]]
    other = EffectModel(history.pairs).fit(read, history.level_after)
    questions = ask(history.pairs)
    np.testing.assert_array_equal(other.effect(questions), model.effect(questions))


def test_effects_do_not_depend_on_the_unit_of_levels(
    history: Simulation, model: EffectModel
) -> None:
    pairs = history.pairs.assign(from_level=25 * history.pairs["from_level"])
    intervals = history.intervals.assign(level_before=25 * history.intervals["level_before"])
    percent = EffectModel(pairs, scale=(0.0, 100.0)).fit(intervals, 25 * history.level_after)
    questions = ask(history.pairs)
    asked = questions.assign(level_before=25 * questions["level_before"])
    np.testing.assert_allclose(percent.effect(asked) / 25, model.effect(questions), atol=1e-6)
    for one, other in zip(
        percent.effect_interval(asked), model.effect_interval(questions), strict=True
    ):
        np.testing.assert_allclose(one / 25, other, atol=1e-6)


def test_parts_add_up_to_the_effect(history: Simulation, model: EffectModel) -> None:
    for level in (0.0, 1.5, 4.0):
        questions = ask(history.pairs, level)
        total = model.explain(questions).sum(axis=1)
        np.testing.assert_allclose(total, model.effect(questions), atol=1e-12)


def test_effects_of_an_interval_add_up_and_a_control_gains_nothing(
    history: Simulation, model: EffectModel
) -> None:
    competency = history.pairs["competency_id"].iloc[0]
    names = history.pairs.loc[history.pairs["competency_id"] == competency, "module_id"].iloc[:2]
    alone = ask(history.pairs[history.pairs["competency_id"] == competency].iloc[:2])
    both = alone[:1].assign(modules=pd.Series([tuple(names)], index=alone.index[:1]))
    both["since"] = pd.Series([(np.nan, np.nan)], index=both.index)
    none = alone[:1].assign(modules=pd.Series([()], index=alone.index[:1]))
    none["since"] = none["modules"]
    assert model.effect(both)[0] == pytest.approx(model.effect(alone).sum(), abs=1e-12)
    assert model.effect(none)[0] == 0.0
    assert model.predict(none)[0] == pytest.approx(
        model.predict(both)[0] - model.effect(both)[0], abs=1e-12
    )


def test_intervals_enclose_the_effect_and_are_wider_without_records(model: EffectModel) -> None:
    pairs = model.pairs_
    lower, upper = model.effect_interval(ask(pairs))
    effect = model.effect(ask(pairs))
    assert (lower <= effect).all()
    assert (effect <= upper).all()
    new = pairs.iloc[:1].assign(module_id="new", main=True)
    more = EffectModel(pd.concat([pairs, new], ignore_index=True), selection_doubt=0.0)
    known = simulate(SETTINGS, seed=5)
    more.fit(known.intervals, known.level_after)
    low, high = more.effect_interval(ask(more.pairs_))
    counts = known.intervals["modules"].explode().value_counts()
    seen = more.pairs_["module_id"].map(counts).fillna(0).to_numpy()
    assert (high - low)[-1] > np.median((high - low)[seen > 50])


def test_two_modules_in_one_interval_are_told_apart() -> None:
    errors: list[np.ndarray] = []
    for seed in range(4):
        pairs, intervals, after = two_modules(600, np.random.default_rng(seed), together=0.5)
        fit = EffectModel(pairs).fit(intervals, after)
        errors.append(fit.effect(ask(pairs)) - 0.4)
    assert np.abs(np.mean(errors, axis=0)).max() < 0.06


def test_effects_that_fade_are_told_for_the_time_asked_for() -> None:
    lasting = simulate(replace(SETTINGS, mean_effect=0.8), seed=3)
    fading = simulate(replace(SETTINGS, mean_effect=0.8, fading_half_life=4.0), seed=3)
    models = [
        EffectModel(each.pairs).fit(each.intervals, each.level_after) for each in (lasting, fading)
    ]
    assert models[0].half_life_ == np.inf
    assert 2.0 <= models[1].half_life_ <= 6.0
    soon, late = (
        EffectModel(fading.pairs, asked_since=asked).fit(fading.intervals, fading.level_after)
        for asked in (2.0, 10.0)
    )
    questions = ask(fading.pairs)
    assert soon.effect(questions).mean() > 2 * late.effect(questions).mean()


def test_a_new_rating_form_is_not_taken_for_an_effect() -> None:
    biases: list[float] = []
    for seed in range(4):
        drawn = {
            shift: simulate(
                replace(SETTINGS, private_selection=0.0, form_shift=shift, trained_later=2.0),
                seed=seed,
            )
            for shift in (0.0, 0.3)
        }
        without, with_ = (
            EffectModel(each.pairs).fit(each.intervals, each.level_after).effect(ask(each.pairs))
            for each in drawn.values()
        )
        biases.append(float((with_ - without).mean()))
    assert abs(np.mean(biases)) < 0.05


def test_without_controls_only_the_order_is_known(history: Simulation) -> None:
    trained = history.intervals["modules"].map(len) > 0
    fit = EffectModel(history.pairs).fit(
        history.intervals[trained], history.level_after[trained.to_numpy()]
    )
    assert not fit.size_known_
    questions = ask(history.pairs)
    with pytest.raises(ModelError, match=r"model\.size-unknown"):
        fit.effect_interval(questions)
    pair = np.arange(len(history.pairs))
    truth = history.truth.effect(pair, np.full(pair.size, 1.5))
    assert np.corrcoef(fit.effect(questions), truth)[0, 1] > 0.4


def test_modules_that_only_records_know_are_learned_too(history: Simulation) -> None:
    unlisted = history.pairs.drop_duplicates("competency_id", keep="first").index[0]
    known = history.pairs.drop(index=unlisted).reset_index(drop=True)
    fit = EffectModel(known).fit(history.intervals, history.level_after)
    assert len(fit.pairs_) == len(history.pairs)
    questions = ask(history.pairs)
    assert np.isfinite(fit.effect(questions)).all()
    unheard = pd.Series([("never-heard-of",)], index=questions.index[:1])
    with pytest.raises(ModelError, match=r"model\.unknown-pair"):
        fit.effect(questions[:1].assign(modules=unheard))


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"level_before": np.nan}, "model.level-missing"),
        ({"level_before": 4.5}, "model.level-outside-scale"),
        ({"level_before": 1.0}, "model.levels-do-not-vary"),
        ({"modules": ()}, "model.too-few-records"),
    ],
)
def test_histories_that_nothing_can_be_learned_from_are_refused(
    history: Simulation, change: dict[str, object], code: str
) -> None:
    column, value = next(iter(change.items()))
    values = pd.Series([value] * len(history.intervals), index=history.intervals.index)
    broken = history.intervals.assign(**{column: values})
    with pytest.raises(ModelError, match=re.escape(code)):
        EffectModel(history.pairs).fit(broken, history.level_after)


levels = st.floats(0.0, 4.0)


@given(level=levels, from_level=levels, lag=st.floats(-12.0, 48.0), half_life=st.floats(1.0, 60.0))
def test_weights_fall_with_distance_time_and_the_end_of_the_scale(
    level: float, from_level: float, lag: float, half_life: float
) -> None:
    weight = Weight(centre=0.5, width=1.0, headroom=0.5, share=0.7, half_life=half_life)

    def at(
        level: float = level, from_level: float = from_level, lag: float = lag, main: bool = True
    ) -> float:
        given_ = [np.array([value]) for value in (level, from_level, main, lag)]
        return float(weight.at(*given_)[0])

    assert at() >= 0.0
    assert at(level=4.0) == 0.0
    assert at(main=False) == pytest.approx(0.7 * at())
    assert at(lag=lag + half_life) <= at()
    ready = at(level=1.0, from_level=0.5)
    assert at(level=1.0, from_level=from_level) <= ready * (1 + 1e-12)
    # What is not known does not count against a module.
    assert at(level=1.0, from_level=np.nan) == pytest.approx(ready)
