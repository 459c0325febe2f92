"""What effects of modules are worked out from, read at once."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, cast

import numpy as np
import pandas as pd

from recommender.arrays import FloatArray, IntArray
from recommender.scoring import Sittings, score_sittings
from recommender.service.framework import Framework
from recommender.service.groups.quarters import find_quarter_end
from recommender.service.learning.records import read_visible_records
from recommender.service.levels.standing import to_days, to_exam_arrays
from recommender.service.permissions import Permission, Role
from recommender.service.session import Session
from recommender.store import (
    EVERYONE,
    FirstDays,
    read_business_figures,
    read_completed_runs,
    read_satisfaction,
    read_snapshot,
)

_BEGINNING = dt.date(1900, 1, 1)


@dataclass(frozen=True)
class Sources:
    """The facts, of people within the reader's scope unless it says otherwise.

    Parameters
    ----------
    as_of : date
        Nothing later counts: today, or the end of a quarter for who may see no single person.
    exactly : bool
        Whether figures may be told as they are.
    framework : Framework
        The catalogue.
    people : DataFrame
        person_id, org_unit (path) and grade; positions are the codes of the sittings.
    sittings : Sittings
        Every sitting of an exam.
    completions : DataFrame
        person_id, module_id, offering_id, completed_on; of the whole organisation.
    answers : DataFrame
        Satisfaction, of the whole organisation: it bears no names.
    figures : DataFrame
        person_id, month, figure_id and value.
    records : DataFrame
        Improvement records; shared by all requests, so not to be changed.
    """

    as_of: dt.date
    exactly: bool
    framework: Framework
    people: pd.DataFrame
    sittings: Sittings
    completions: pd.DataFrame
    answers: pd.DataFrame
    figures: pd.DataFrame
    records: pd.DataFrame

    def participants(self, module_id: str) -> int:
        """Return how many people completed a module, in the whole organisation."""
        return self._participants.get(module_id, 0)

    def first_completions(self, module_id: str) -> tuple[IntArray, IntArray]:
        """Return who within the scope completed a module, as positions, and the day of it."""
        person, day, rows = self._first_completions
        at = rows.get(module_id, [])
        return person[at], day[at]

    def scores_of(self, module_id: str) -> FloatArray:
        """Return what participants said of one module, from 1 to 5."""
        rows = self._answer_rows.get(module_id, [])
        return self._scores[rows]

    # each of these once for all modules: 200 small questions to a frame take seconds
    @cached_property
    def position(self) -> dict[str, int]:
        """Position of each person within the scope."""
        return {person: i for i, person in enumerate(self.people["person_id"])}

    @cached_property
    def _first_completions(self) -> tuple[IntArray, IntArray, Mapping[str, Any]]:
        # in the order of time: of a person's completions of a module the first stays
        first = self.completions.drop_duplicates(["person_id", "module_id"])
        first = first[first["person_id"].isin(self.position)]
        person = np.array([self.position[name] for name in first["person_id"]], dtype=np.int64)
        return person, to_days(first["completed_on"]), _rows_by_module(first)

    @cached_property
    def _participants(self) -> dict[str, int]:
        counts = self.completions.groupby("module_id")["person_id"].nunique()
        return {str(module): int(count) for module, count in counts.items()}

    @cached_property
    def _answer_rows(self) -> Mapping[str, Any]:
        return _rows_by_module(self.answers)

    @cached_property
    def _scores(self) -> FloatArray:
        return self.answers["satisfaction"].to_numpy(dtype=float)


def _rows_by_module(frame: pd.DataFrame) -> Mapping[str, Any]:
    return cast(Any, frame.groupby("module_id").indices)


def read_sources(session: Session) -> Sources:
    """Read what effects are worked out from, within the principal's scope."""
    session.need(Permission.READ_STATISTICS)
    framework = session.service.framework
    exactly = session.who.sees_people
    as_of = session.today if exactly else find_quarter_end(session.today)
    scope = EVERYONE if session.who.role is Role.ANALYST else session.who.scope
    # ratings and assessments are in the records already
    later = as_of + dt.timedelta(days=1)
    with session.reading() as connection:
        snapshot = read_snapshot(
            connection, as_of=as_of, first_days=FirstDays(later, _BEGINNING, later), scope=scope
        )
        completions = read_completed_runs(connection, as_of=as_of)
        answers = read_satisfaction(connection, as_of=as_of)
        figures = read_business_figures(connection, as_of=later, scope=scope)
        records = read_visible_records(session, connection)
    if not exactly:
        records = records[records["after_on"] <= as_of]
    ids = snapshot.people["person_id"]
    sittings = score_sittings(to_exam_arrays(snapshot.exams, framework, ids), framework.exam_rules)
    return Sources(
        as_of=as_of,
        exactly=exactly,
        framework=framework,
        people=snapshot.people[["person_id", "org_unit", "grade"]],
        sittings=sittings,
        completions=completions,
        answers=answers,
        figures=figures,
        records=records,
    )
