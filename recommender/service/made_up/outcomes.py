"""What became of training in the made-up organisation: satisfaction, and business figures.

A few courses were taken by many at a time, so that there is something to compare. Of these the
first one raises the figure, and the others leave it as it is.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

import numpy as np
import pandas as pd

from recommender.service.framework import Framework
from training_catalog import TrainingModule

_MONTHS = 18
# months before the day of the runs of a course, and how many of a hundred people take part in each
_RUNS, _SHARE = (11, 8, 6), 0.06
# by how much a course raises a figure, as a share of what somebody reached before
_EFFECTS = (0.12, 0.0, 0.0)
_LIKED = (4.3, 4.5, 2.6)
_ANSWERED = 0.8


@dataclass(frozen=True)
class Outcomes:
    """Tables of the kinds ``enrolments``, ``satisfaction`` and ``business-figures``."""

    enrolments: pd.DataFrame
    satisfaction: pd.DataFrame
    figures: pd.DataFrame


def make_outcomes(
    framework: Framework,
    people: pd.DataFrame,
    enrolments: pd.DataFrame,
    *,
    as_of: dt.date,
    seed: int = 0,
) -> Outcomes:
    """Make up what became of training.

    Parameters
    ----------
    framework : Framework
        The catalogue whose modules people take, and whose first business figure is counted.
    people, enrolments : DataFrame
        The organisation; nobody takes a course a second time.
    as_of : date
        The day the tables are made for; all facts lie before it.
    seed : int
        The same seed gives the same tables.

    Returns
    -------
    Outcomes
        Without business figures where the catalogue defines none.
    """
    rng = np.random.default_rng([seed, 21])
    courses = _pick_courses(framework)
    taken = set(zip(enrolments["person_id"], enrolments["module_id"], strict=True))
    ids = people["person_id"].tolist()
    rows: list[tuple[object, ...]] = []
    answers: list[tuple[object, ...]] = []
    growth = np.ones((len(ids), _MONTHS))
    first = pd.Period(as_of, "M") - _MONTHS
    for course, effect, liked in zip(courses, _EFFECTS, _LIKED, strict=False):
        free = [at for at, person in enumerate(ids) if (person, course.id) not in taken]
        wanted = min(len(free), max(1, round(_SHARE * len(ids))) * len(_RUNS))
        chosen = rng.choice(free, wanted, replace=False)
        for run, some in zip(_RUNS, np.array_split(chosen, len(_RUNS)), strict=True):
            month = pd.Period(as_of, "M") - run
            held_on = month.start_time.date() + dt.timedelta(days=int(rng.integers(8, 18)))
            signed_up = held_on - dt.timedelta(days=30)
            rows += [(ids[at], course.id, "completed", signed_up, held_on) for at in some]
            growth[some, (month - first).n + 1 :] *= 1.0 + effect
            scores = np.clip(np.rint(rng.normal(liked, 0.8, len(some))), 1, 5)
            told = rng.random(len(some)) < _ANSWERED
            answers += [
                (course.id, held_on + dt.timedelta(days=1), f"{number}", int(score))
                for number, score in enumerate(scores[told], 1)
            ]
    return Outcomes(
        enrolments=pd.DataFrame(rows, columns=enrolments.columns),
        satisfaction=pd.DataFrame(
            answers, columns=["module_id", "answered_on", "answer_id", "satisfaction"]
        ),
        figures=_figures(framework, people, growth, first, rng),
    )


def _pick_courses(framework: Framework) -> list[TrainingModule]:
    """Return a course of each of the last competencies, which are those of the job itself."""
    courses: list[TrainingModule] = []
    for competency in reversed(framework.competency_ids):
        held = (m for m in framework.catalog.modules if m.competencies[0].id == competency)
        # one that is held in groups, and that most people are ready for
        fits = [m for m in held if m.modality != "online" and m.competencies[0].from_level == 1]
        courses += fits[:1]
    return courses[: len(_EFFECTS)]


def _figures(
    framework: Framework,
    people: pd.DataFrame,
    growth: np.ndarray,
    first: pd.Period,
    rng: np.random.Generator,
) -> pd.DataFrame:
    columns = ["person_id", "month", "figure_id", "value"]
    if not framework.catalog.business_figures:
        return pd.DataFrame(columns=columns)
    grade = people["grade"].map(framework.grade_ids.index).to_numpy()
    usual = 60_000 * (1 + 0.4 * grade) * np.exp(rng.normal(0, 0.25, len(people)))
    month = np.arange(_MONTHS)
    season = 1 + 0.08 * np.sin(2 * np.pi * (first.month + month) / 12)
    noise = np.exp(rng.normal(0, 0.08, growth.shape))
    values = usual[:, None] * season * noise * growth
    return pd.DataFrame(
        {
            "person_id": np.repeat(people["person_id"].to_numpy(), _MONTHS),
            "month": [(first + int(at)).start_time.date() for at in month] * len(people),
            "figure_id": framework.catalog.business_figures[0].id,
            "value": np.round(values.ravel(), -2),
        },
        columns=columns,
    )
