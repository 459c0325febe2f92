"""A made-up organisation, for the demo and the tests; nobody in it exists.

Every person carries the mark *synthetic*; the org units, titles of files and notes say it too.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from recommender.improvement.history import pairs_of_modules
from recommender.improvement.simulation.settings import DAYS_PER_MONTH, SimulationSettings
from recommender.improvement.simulation.synthetic import simulate
from recommender.service.framework import Framework, profiles_in_force
from recommender.working_days import next_working_day

_SURNAMES = "王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗"
_GIVEN = (
    *("伟", "芳", "娜", "敏", "静", "磊", "洋", "艳", "勇", "军", "杰", "娟", "涛", "超"),
    *("明", "霞", "平", "刚", "桂英", "志强", "建华", "文博", "子涵", "雨桐", "思远", "晓燕"),
    *("海峰", "国栋", "丽华", "俊杰", "欣怡", "浩然", "梦琪", "宇航", "佳慧", "振宇", "雪梅"),
    *("立新", "少华", "春雨"),
)
_BRANCHES = ("东区示例分公司", "西区示例分公司", "南区示例分公司")
_TEAMS = ("党政客户部", "金融客户部", "工业客户部", "商业客户部")
# Of g1 to g4: the senior grades are the small ones.
_GRADE_SHARES = (0.3, 0.35, 0.25, 0.1)


@dataclass(frozen=True)
class SampleOrganisation:
    """Tables of a made-up organisation, in the columns of `recommender.table_kinds`.

    Parameters
    ----------
    people : DataFrame
        Table of the kind of the same name.
    ratings : mapping of str to DataFrame
        Ratings by branch, as each branch would send its own file.
    exams, assessments, enrolments, offerings : DataFrame
        Tables of the kinds of the same name.
    true_levels : ndarray of shape (n_people, n_competencies)
        The levels the figures were drawn from.
    """

    people: pd.DataFrame
    ratings: Mapping[str, pd.DataFrame]
    exams: pd.DataFrame
    assessments: pd.DataFrame
    enrolments: pd.DataFrame
    offerings: pd.DataFrame
    true_levels: np.ndarray = field(repr=False)


def make_organisation(
    framework: Framework, *, n_people: int = 200, as_of: dt.date, seed: int = 0
) -> SampleOrganisation:
    """Make up an organisation of three branches.

    Parameters
    ----------
    framework : Framework
        The catalogue whose competencies, exams and modules are used.
    n_people : int
        How many people.
    as_of : date
        The day the tables are made for; all facts lie before it.
    seed : int
        The same seed gives the same tables.

    Returns
    -------
    SampleOrganisation
        Some people are not assessed in everything, and some assessments have expired.
    """
    rng = np.random.default_rng(seed)
    people = _people(framework, n_people, as_of, rng)
    grade = people["grade"].map(framework.grade_ids.index).to_numpy()
    # Levels are drawn around the targets of the grade, else juniors would seem hopeless.
    profiles = profiles_in_force(framework, as_of)
    targets = np.array(
        [
            [profiles[name].targets[k].level for k in framework.competency_ids]
            for name in framework.grade_ids
        ]
    )[grade]
    talent = rng.normal(0, 0.35, (n_people, 1))
    # Most people stand somewhat below their target, so that there are gaps to show; some are above.
    true_levels = np.clip(targets - 0.45 + talent + rng.normal(0, 0.55, targets.shape), 0.1, 3.9)
    ratings = _ratings(framework, people, true_levels, targets, as_of, rng)
    branch = people["org_unit"].str.split("/").str[0]
    by_person = dict(zip(people["person_id"], branch, strict=True))
    return SampleOrganisation(
        people=people,
        ratings={name: ratings[ratings["person_id"].map(by_person) == name] for name in _BRANCHES},
        exams=_exams(framework, people, true_levels, as_of, rng),
        assessments=_assessments(framework, people, true_levels, as_of, rng),
        enrolments=_enrolments(framework, people, true_levels, as_of, rng),
        offerings=_offerings(framework, as_of, rng),
        true_levels=true_levels,
    )


def make_history(
    framework: Framework, *, as_of: dt.date, seed: int = 0, n_trained: int = 4000
) -> pd.DataFrame:
    """Make up a history of improvement records with the modules of a catalogue.

    Parameters
    ----------
    framework : Framework
        The catalogue whose modules people took.
    as_of : date
        The last record lies some days before it.
    seed : int
        The same seed gives the same history.
    n_trained : int
        How many records with a module; there are twice as many without.

    Returns
    -------
    DataFrame
        Columns of the kind ``records``, for people who are not in the organisation.
    """
    pairs = pairs_of_modules(framework.catalog.modules)
    settings = SimulationSettings(
        n_people=max(n_trained * 5 // 8, 50),
        n_competencies=len(framework.competency_ids),
        n_modules=len(framework.catalog.modules),
        n_trained=n_trained,
        n_untrained=2 * n_trained,
    )
    made = simulate(settings, seed=seed, pairs=pairs, competency_ids=framework.competency_ids)
    rows = made.intervals
    # The simulation has its own calendar: its last day is moved to ten days before `as_of`.
    day = rows["assessed_on"].dt.floor("D")
    after = day + (pd.Timestamp(as_of) - pd.Timedelta(days=10) - day.max())
    days = (rows["months"] * DAYS_PER_MONTH).round()
    since = [lags[0] * DAYS_PER_MONTH if lags else np.nan for lags in rows["since"]]
    completed = after - pd.to_timedelta(np.round(since), unit="D")
    return pd.DataFrame(
        {
            # H, so that nobody takes them for the people of the sample organisation.
            "person_id": "H" + rows["person_id"].str[1:],
            "competency_id": rows["competency_id"],
            "module_id": [modules[0] if modules else "" for modules in rows["modules"]],
            "level_before": rows["level_before"],
            "level_after": made.level_after,
            "before_on": (after - pd.to_timedelta(days, unit="D")).dt.date,
            "after_on": after.dt.date,
            "completed_on": [None if pd.isna(on) else on.date() for on in completed],
            "org_unit": [_BRANCHES[int(unit[1:]) % len(_BRANCHES)] for unit in rows["org_unit"]],
        }
    )


def _people(
    framework: Framework, n_people: int, as_of: dt.date, rng: np.random.Generator
) -> pd.DataFrame:
    shares = np.array(_GRADE_SHARES[: len(framework.grade_ids)])
    grade = rng.choice(len(shares), n_people, p=shares / shares.sum())
    units = [f"{b}/政企客户部/{team}" for b in _BRANCHES for team in _TEAMS]
    unit = rng.integers(0, len(units), n_people)
    ids = np.array([f"{i:05d}" for i in range(1, n_people + 1)])
    manager: list[str | None] = []
    for i in range(n_people):
        # The most senior person of a unit leads it, and the one with the lowest id among equals.
        team = np.flatnonzero(unit == unit[i])
        lead = team[np.lexsort((team, -grade[team]))[0]]
        manager.append(None if lead == i else str(ids[lead]))
    return pd.DataFrame(
        {
            "person_id": ids,
            "name": [
                f"{_SURNAMES[a]}{_GIVEN[b]}"
                for a, b in zip(
                    rng.integers(0, len(_SURNAMES), n_people),
                    rng.integers(0, len(_GIVEN), n_people),
                    strict=True,
                )
            ],
            "org_unit": [units[u] for u in unit],
            "grade": [framework.grade_ids[g] for g in grade],
            "manager_id": manager,
            "hired_on": [
                as_of - dt.timedelta(days=int(d))
                for d in rng.integers(200, 700, n_people) + grade * 900
            ],
            "synthetic": "yes",
        }
    )


def _ratings(
    framework: Framework,
    people: pd.DataFrame,
    true_levels: np.ndarray,
    targets: np.ndarray,
    as_of: dt.date,
    rng: np.random.Generator,
) -> pd.DataFrame:
    ids = people["person_id"].tolist()
    rows: list[tuple[object, ...]] = []
    managers = people["manager_id"].fillna("00000").tolist()
    for i, person_id in enumerate(ids):
        manager = managers[i]
        others = rng.choice(len(ids), min(3, len(ids)), replace=False)
        # Who rates, by how much they are too kind, and the share of the indicators they answer.
        raters = [
            ("manager", manager, 0.0, 1.0),
            ("self", person_id, 0.25, 1.0),
            *(("peer", ids[j], 0.1, 0.5) for j in others[: rng.integers(1, 3)]),
            ("customer", f"K{rng.integers(100, 999)}", -0.05, 0.35),
        ]
        round_on = as_of - dt.timedelta(days=int(rng.integers(20, 150)))
        for k, competency in enumerate(framework.catalog.competencies):
            if competency.kind != "behavioural" or rng.random() < 0.1:
                continue
            # Every tenth or so was last rated too long ago to count, so that the demo has something
            # to assess first.
            on = round_on - dt.timedelta(days=600 if rng.random() < 0.08 else 0)
            # A questionnaire asks one level above the target, not all four.
            highest = min(4, int(np.ceil(targets[i, k])) + 1)
            for kind, rater, bias, share in raters:
                leniency = bias + rng.normal(0, 0.2)
                day = on - dt.timedelta(days=int(rng.integers(0, 20)))
                for level in competency.levels[:highest]:
                    # A logistic curve: indicators well below the person's level are nearly always
                    # seen (3), those well above nearly never (0).
                    mean = 3 / (
                        1 + np.exp(-2.6 * (true_levels[i, k] + leniency - level.level + 0.5))
                    )
                    for indicator in level.indicators:
                        if rng.random() > share:
                            continue
                        rating = int(np.clip(np.rint(mean + rng.normal(0, 0.45)), 0, 3))
                        rows.append(
                            (person_id, competency.id, indicator.id, kind, rater, rating, day)
                        )
    return pd.DataFrame(
        rows,
        columns=[
            "person_id",
            "competency_id",
            "indicator_id",
            "rater_type",
            "rater_id",
            "rating",
            "rated_on",
        ],
    )


def _exams(
    framework: Framework,
    people: pd.DataFrame,
    true_levels: np.ndarray,
    as_of: dt.date,
    rng: np.random.Generator,
) -> pd.DataFrame:
    rows: list[tuple[object, ...]] = []
    for i, person_id in enumerate(people["person_id"]):
        for k, competency in enumerate(framework.catalog.competencies):
            if not competency.exams or rng.random() < 0.08:
                continue
            # People sit the exam of the level that comes next, and sat the one before it.
            top = min(4, int(true_levels[i, k]) + 1)
            on = as_of - dt.timedelta(days=int(rng.integers(15, 900)))
            for exam in competency.exams[max(0, top - 2) : top]:
                above = true_levels[i, k] - exam.level
                for subject in exam.subjects:
                    # Now and then somebody misses a paper: such a sitting is reported, not scored.
                    if rng.random() < 0.02:
                        continue
                    # Somebody exactly at the level of the exam scores 86 on average, above the pass
                    # mark of 80.
                    score = np.clip(86 + 22 * above + rng.normal(0, 6), 5, 100)
                    row = (person_id, competency.id, exam.level, subject.id, round(score), on)
                    rows.append(row)
                on = min(on + dt.timedelta(days=int(rng.integers(40, 200))), as_of)
    return pd.DataFrame(
        rows, columns=["person_id", "competency_id", "exam_level", "subject", "score", "sat_on"]
    )


def _assessments(
    framework: Framework,
    people: pd.DataFrame,
    true_levels: np.ndarray,
    as_of: dt.date,
    rng: np.random.Generator,
) -> pd.DataFrame:
    """Return what an assessment centre found out about one person in ten."""
    rows: list[tuple[object, ...]] = []
    for i in rng.choice(len(people), len(people) // 10, replace=False):
        n_assessed = min(4, len(framework.competency_ids))
        for k in rng.choice(len(framework.competency_ids), n_assessed, replace=False):
            level = float(np.clip(true_levels[i, k] + rng.normal(0, 0.25), 0, 4))
            rows.append(
                (
                    people["person_id"].iloc[i],
                    framework.competency_ids[k],
                    round(level, 2),
                    0.25,
                    "评价中心",
                    as_of - dt.timedelta(days=int(rng.integers(10, 300))),
                )
            )
    return pd.DataFrame(
        rows,
        columns=[
            "person_id",
            "competency_id",
            "level",
            "standard_error",
            "method",
            "assessed_on",
        ],
    )


def _enrolments(
    framework: Framework,
    people: pd.DataFrame,
    true_levels: np.ndarray,
    as_of: dt.date,
    rng: np.random.Generator,
) -> pd.DataFrame:
    modules = framework.catalog.modules
    starts = np.array([module.competencies[0].from_level for module in modules])
    main = np.array(
        [framework.competency_ids.index(module.competencies[0].id) for module in modules]
    )
    rows: list[tuple[object, ...]] = []
    for i, person_id in enumerate(people["person_id"]):
        # Modules that begin at or a little below the person's level: nobody enrols in the others.
        within = np.flatnonzero(np.abs(true_levels[i, main] - starts - 0.6) < 0.6)
        if not len(within):
            continue
        for m in rng.choice(within, min(len(within), int(rng.integers(0, 5))), replace=False):
            enrolled = as_of - dt.timedelta(days=int(rng.integers(60, 1100)))
            completed = enrolled + dt.timedelta(days=int(rng.integers(7, 50)))
            done = rng.random() < 0.85
            rows.append(
                (
                    person_id,
                    modules[m].id,
                    "completed" if done else "cancelled",
                    enrolled,
                    completed if done else None,
                )
            )
    return pd.DataFrame(
        rows, columns=["person_id", "module_id", "status", "enrolled_on", "completed_on"]
    )


def _offerings(framework: Framework, as_of: dt.date, rng: np.random.Generator) -> pd.DataFrame:
    country = framework.catalog.settings.country
    taught = [m for m in framework.catalog.modules if m.modality in ("classroom", "simulation")]
    rows: list[tuple[object, ...]] = []
    for module in taught:
        for run in range(2):
            day = as_of + dt.timedelta(days=int(rng.integers(10, 90)) + 90 * run)
            starts = ends = next_working_day(day, country)
            for _ in range(1, int(np.ceil(module.hours / 8))):
                ends = next_working_day(ends + dt.timedelta(days=1), country)
            rows.append(
                (
                    f"{module.id[:60]}-{starts:%y%m%d}-{run + 1}",
                    module.id,
                    starts,
                    ends,
                    "示例培训中心",
                    module.group_size or 20,
                )
            )
    return pd.DataFrame(
        rows, columns=["offering_id", "module_id", "starts_on", "ends_on", "place", "seats"]
    )
