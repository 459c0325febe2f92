"""What a model is asked about, as its card keeps it and as the watch finds it later."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from recommender.arrays import FloatArray, IntArray
from recommender.improvement.intervals import is_trained
from recommender.service.levels.standing import targets_of_grades
from recommender.service.session import Session
from recommender.store import EVERYONE
from recommender.store.people.people import list_people
from recommender.watch.inputs import InputSummary, summarise_labels, summarise_numbers

NUMBERS = ("level", "gap")


@dataclass(frozen=True)
class Grades:
    """Whose grade is which, and what it asks for, in levels by competency."""

    of_person: Mapping[str, str]
    targets: Mapping[str, Mapping[str, float]]


@dataclass(frozen=True)
class Input:
    """Values of one input, one a record, and whose record each is; of a number, floats."""

    values: FloatArray | Sequence[str]
    person: IntArray


def read_grades(session: Session, *, as_of: dt.date) -> Grades:
    """Read everybody's grade, and the targets of a day."""
    framework = session.service.framework
    with session.reading() as connection:
        people = list_people(connection, EVERYONE, limit=None)
    targets, _ = targets_of_grades(framework, as_of)
    return Grades(
        {head.person_id: head.grade for head in people},
        {
            grade: dict(zip(framework.competency_ids, row, strict=True))
            for grade, row in zip(framework.grade_ids, targets.tolist(), strict=True)
        },
    )


def list_inputs(X: pd.DataFrame, grades: Grades | None) -> dict[str, Input]:
    """List what was asked about in trained intervals, input by input.

    The level and the gap before the training, the grade, the unit, the competency, and each
    module; no gap and no grade without `grades`. What is not known is left out, or NaN.
    """
    X = X[is_trained(X)]
    person = pd.factorize(X["person_id"])[0].astype(np.int64)
    level = X["level_before"].to_numpy(dtype=float)
    events = X["modules"].reset_index(drop=True).explode()
    inputs = {
        "level": Input(level, person),
        "unit": _known([unit or "" for unit in X["org_unit"]], person),
        "competency": Input(list(X["competency_id"]), person),
        "module": Input(list(events), person[events.index.to_numpy()]),
    }
    if grades is not None:
        of = [grades.of_person.get(who, "") for who in X["person_id"]]
        target = [
            grades.targets.get(grade, {}).get(competency, np.nan)
            for grade, competency in zip(of, X["competency_id"], strict=True)
        ]
        gap = np.array(target, dtype=float) - level
        inputs["gap"] = Input(np.where(gap < 0, 0.0, gap), person)
        inputs["grade"] = _known(of, person)
    return inputs


def _known(values: Sequence[str], person: IntArray) -> Input:
    """Leave out what is not known: who has left by now, or was imported under another name."""
    is_known = np.array([bool(value) for value in values], dtype=bool)
    return Input([value for value in values if value], person[is_known])


def summarise_inputs(X: pd.DataFrame, grades: Grades | None) -> tuple[InputSummary, ...]:
    """Summarise what a model is trained on, for its card; units by branch."""
    summaries: list[InputSummary] = []
    for name, asked in list_inputs(X, grades).items():
        if name in NUMBERS:
            values = np.asarray(asked.values, dtype=float)
            summaries.append(summarise_numbers(name, values, asked.person))
            continue
        labels = [str(value) for value in asked.values]
        if name == "unit":
            labels = name_branches(labels)
        summaries.append(summarise_labels(name, labels, asked.person))
    return tuple(summaries)


def name_branches(units: Sequence[str]) -> list[str]:
    """Return the branch of each unit: right below the unit that all have in common.

    Somebody who belongs to that unit itself stands in it; of an unknown unit, which is empty, the
    branch is empty.
    """
    parts = [unit.split("/") for unit in {*units} if unit]
    shortest = min(map(len, parts), default=0)
    depth = 0
    while depth < shortest and len({part[depth] for part in parts}) == 1:
        depth += 1
    branch = {unit: "/".join(unit.split("/")[: depth + 1]) for unit in {*units}}
    return [branch[unit] for unit in units]


def find_branch(unit: str, branches: Sequence[str]) -> str:
    """Return the branch that a unit belongs to, the nearest one; empty where there is none."""
    covering = [each for each in branches if each and f"{unit}/".startswith(f"{each}/")]
    return max(covering, key=len, default="")
