"""The model in force beside what was measured since it was trained."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from recommender.arrays import BoolArray, FloatArray, IntArray, to_date
from recommender.errors import ModelError
from recommender.improvement.registry import ModelCard, TrainedModel
from recommender.service.learning.inputs import (
    find_branch,
    list_inputs,
    read_grades,
)
from recommender.service.learning.predicting import expected_levels, expected_ranges
from recommender.service.learning.recent import read_recent_history
from recommender.service.session import Session
from recommender.watch.alarms import FALSE_ALARM_RATE
from recommender.watch.drift import GainDrift, InputDrift, compare_input, find_gain_drift

FEWEST_PEOPLE = 20
"""With records of fewer people since the training nothing is said of the model."""
INDEX_TOLERANCE = 0.1
"""Population stability index up to which an input is taken to be as it was."""


@dataclass(frozen=True)
class NewRecords:
    """Trained intervals since the training that the model has a prediction for.

    Parameters
    ----------
    person_id : sequence of str
        Whose each is.
    person, day : ndarray of int, shape (n_records,)
        Codes of these, and day of the later assessment.
    predicted, observed : ndarray of shape (n_records,)
        Gain in levels.
    held : ndarray of bool, shape (n_records,)
        Whether the measured level lies within its 90 % range.
    """

    person_id: Sequence[str]
    person: IntArray
    day: IntArray
    predicted: FloatArray
    observed: FloatArray
    held: BoolArray


@dataclass(frozen=True)
class WatchedModel:
    """What is known of the model in force.

    `records` is None where there are too few; `inputs` is empty then, and where the card keeps no
    summary. `untested` are codes of what could not be looked at.
    """

    card: ModelCard | None
    records: NewRecords | None
    gains: GainDrift | None
    inputs: tuple[InputDrift, ...]
    untested: tuple[str, ...]


def read_watched_model(session: Session, as_of: dt.date) -> WatchedModel:
    """Compare the model in force with the records up to a day that it has not learned from."""
    models = session.service.models
    model_id = models.active()
    if model_id is None:
        return WatchedModel(None, None, None, (), ("no-model",))
    try:
        model, card = models.load(model_id)
    except ModelError:
        # what is wrong with it the page of the models says; people's figures are told all the same
        return WatchedModel(None, None, None, (), ("model-unusable",))
    untested: tuple[str, ...] = () if card.inputs else ("no-inputs",)
    if not card.size_known:
        untested = (*untested, "order-only")
    if model.trained_on is None:  # then nobody can say what it has not seen
        return WatchedModel(card, None, None, (), (*untested, "few-records"))
    recent = read_recent_history(session, after=model.trained_on, as_of=as_of)
    X, after = recent.intervals, recent.level_after
    records = _predict(model, X, after)
    if np.unique(records.person).size < FEWEST_PEOPLE:
        return WatchedModel(card, None, None, (), (*untested, "few-records"))
    if recent.is_sample:
        untested = (*untested, "sampled")
    gains = find_gain_drift(
        records.observed - records.predicted,
        records.day,
        records.person,
        rate=FALSE_ALARM_RATE,
    )
    return WatchedModel(card, records, gains, _compare_inputs(session, card, X, as_of), untested)


def _predict(model: TrainedModel, X: pd.DataFrame, after: FloatArray) -> NewRecords:
    expected = expected_levels(model, X)
    lower, upper = expected_ranges(model, X, expected)
    known = np.isfinite(expected)
    before = X["level_before"].to_numpy(dtype=float)
    ids = X["person_id"].to_numpy(dtype=object)[known]
    days = X["assessed_on"].to_numpy(dtype="datetime64[D]").astype(np.int64)
    return NewRecords(
        person_id=ids.tolist(),
        person=pd.factorize(ids)[0].astype(np.int64),
        day=days[known],
        predicted=(expected - before)[known],
        observed=(after - before)[known],
        held=((lower <= after) & (after <= upper))[known],
    )


def _compare_inputs(
    session: Session, card: ModelCard, X: pd.DataFrame, as_of: dt.date
) -> tuple[InputDrift, ...]:
    asked = list_inputs(X, read_grades(session, as_of=as_of))
    drifts: list[InputDrift] = []
    for summary in card.inputs:
        new = asked[summary.name]
        values = new.values
        if summary.name == "unit":
            values = [find_branch(str(unit), summary.labels) for unit in values]
        drifts.append(compare_input(summary, values, new.person, tolerance=INDEX_TOLERANCE))
    return tuple(drifts)


def find_first_day(records: NewRecords) -> dt.date:
    """Return the day of the first record since the training."""
    return to_date(int(records.day.min()))
