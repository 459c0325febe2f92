"""What effects of modules are worked out from, read at once."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, cast

import pandas as pd

from recommender.arrays import FloatArray
from recommender.scoring import Sittings, score_sittings
from recommender.service.framework import Framework
from recommender.service.groups.quarters import find_quarter_end
from recommender.service.learning.records import read_visible_records
from recommender.service.levels.standing import to_exam_arrays
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

    def completions_of(self, module_id: str) -> pd.DataFrame:
        """Return the completions of one module, of the whole organisation."""
        return self.completions.iloc[self._completion_rows.get(module_id, [])]

    def runs_of(self, module_id: str) -> pd.DataFrame:
        """Return the completions of one module by people within the scope."""
        done = self.completions_of(module_id)
        return done[done["person_id"].isin(self.position)]

    def scores_of(self, module_id: str) -> FloatArray:
        """Return what participants said of one module, from 1 to 5."""
        rows = self._answer_rows.get(module_id, [])
        return self.answers["satisfaction"].to_numpy(dtype=float)[rows]

    @cached_property
    def position(self) -> dict[str, int]:
        """Position of each person within the scope."""
        return {person: i for i, person in enumerate(self.people["person_id"])}

    @cached_property
    def _completion_rows(self) -> Mapping[str, Any]:
        return cast(Any, self.completions.groupby("module_id").indices)

    @cached_property
    def _answer_rows(self) -> Mapping[str, Any]:
        return cast(Any, self.answers.groupby("module_id").indices)


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
