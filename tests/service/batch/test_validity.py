"""On every day up to its last one, a standing is what it was on its first."""

import datetime as dt

import numpy as np
import pandas as pd
from hypothesis import given, settings
from hypothesis import strategies as st
from organisations import TINY

from recommender.arrays import to_date
from recommender.service.framework import build_framework
from recommender.service.levels.periods import find_standing_last_days
from recommender.service.levels.standing import find_first_days, find_standing
from recommender.store import Snapshot
from training_catalog import load_catalog

FRAMEWORK = build_framework(load_catalog(TINY))
SUBJECTS = {level: name for (_, level, name) in FRAMEWORK.subject_positions}
AS_OF = dt.date(2026, 2, 28)
VALID = FRAMEWORK.catalog.settings
DAYS = sorted(
    {
        AS_OF - dt.timedelta(days=days)
        for months in (0, VALID.assessment_validity_months, VALID.exam_validity_months, 12)
        for days in (
            *range(int(months * 30.4) - 4, int(months * 30.4) + 5),
            int(months * 30.4) + VALID.rating_window_days // 2,
            int(months * 15),
        )
        if days >= 0
    }
)
DAY = st.sampled_from(DAYS)
PEOPLE = ["P1", "P2"]
PERSON = st.sampled_from(PEOPLE)
COLUMNS = {
    "ratings": "competency_id indicator_id rater_type rater_id rating rated_on",
    "exams": "competency_id exam_level subject score sat_on",
    "assessments": "competency_id level standard_error method assessed_on",
    "completions": "module_id completed_on",
}


def table(kind, rows):
    names = ["person_id", *COLUMNS[kind].split()]
    return pd.DataFrame([list(row) for row in rows], columns=names, dtype=object)


INDICATORS = [
    (competency.id, indicator.id)
    for competency in FRAMEWORK.catalog.competencies
    for level in competency.levels
    for indicator in level.indicators
]
SITTINGS = sorted(FRAMEWORK.subject_positions)
RATINGS = st.tuples(
    PERSON,
    st.sampled_from(INDICATORS),
    st.sampled_from(["manager", "peer", "self"]),
    st.sampled_from([0, 1, 2, 3]),
    DAY,
).map(lambda r: (r[0], *r[1], r[2], r[2], r[3], r[4]))
EXAMS = st.tuples(PERSON, st.sampled_from(SITTINGS), st.sampled_from([40.0, 70.0, 90.0]), DAY).map(
    lambda r: (r[0], *r[1], *r[2:])
)
ASSESSMENTS = st.tuples(
    PERSON,
    st.sampled_from(FRAMEWORK.competency_ids),
    st.sampled_from([0.5, 1.5, 3.0]),
    st.none(),
    st.just("面谈"),
    DAY,
)
COMPLETIONS = st.tuples(PERSON, st.sampled_from([*FRAMEWORK.modules.ids, "gone"]), DAY)


def of_day(facts, as_of):
    """What the database would hand out on a day."""
    first = find_first_days(FRAMEWORK, as_of)
    since = {"ratings": first.ratings, "exams": first.exams, "assessments": first.assessments}
    frames = {}
    for kind, rows in facts.items():
        kept = [row for row in rows if since.get(kind, dt.date.min) <= row[-1] <= as_of]
        frames[kind] = table(kind, kept)
    people = pd.DataFrame({"person_id": PEOPLE, "grade": ["assistant", "librarian"]}, dtype=object)
    return Snapshot(people=people, **frames)


def look(standing):
    """All that is shown of each person, by row."""
    return [
        standing.levels.level,
        standing.levels.standard_error,
        standing.levels.day,
        standing.levels.source,
        standing.targets,
        standing.weights,
        standing.gaps.gap,
        standing.gaps.confidence,
        standing.gaps.priority,
        standing.completed,
        standing.recently_completed,
    ]


def unique(rows, *key):
    return st.lists(rows, max_size=8, unique_by=lambda row: tuple(row[i] for i in key))


FACTS = st.fixed_dictionaries(
    {
        "ratings": unique(RATINGS, 0, 1, 2, 4, 6),
        "exams": unique(EXAMS, 0, 1, 2, 3, 5),
        "assessments": unique(ASSESSMENTS, 0, 1, 5),
        "completions": unique(COMPLETIONS, 0, 1, 2),
    }
)


@given(FACTS, st.lists(st.integers(1, 1500), min_size=1, max_size=4))
@settings(max_examples=40)
def test_no_last_day_comes_late(facts, later):
    standing = find_standing(of_day(facts, AS_OF), FRAMEWORK, as_of=AS_OF)
    last_days = [to_date(day) for day in find_standing_last_days(standing, FRAMEWORK).tolist()]
    assert all(day >= AS_OF for day in last_days)
    far = AS_OF + dt.timedelta(days=3000)
    some = {min(day, far) for day in last_days} | {AS_OF + dt.timedelta(days=n) for n in later}
    for day in sorted(some):
        there = look(find_standing(of_day(facts, day), FRAMEWORK, as_of=day))
        for row, last in enumerate(last_days):
            if day <= last:
                for before, after in zip(look(standing), there, strict=True):
                    assert np.array_equal(
                        before[row], after[row], equal_nan=before.dtype.kind == "f"
                    )


def test_the_last_day_is_the_one_before_something_changes():
    # one of today, and one that counts today for the last time
    for assessed_on in (AS_OF, find_first_days(FRAMEWORK, AS_OF).assessments):
        facts = {kind: [] for kind in COLUMNS}
        name = FRAMEWORK.competency_ids[0]
        facts["assessments"] = [("P1", name, 1.5, None, "面谈", assessed_on)]
        standing = find_standing(of_day(facts, AS_OF), FRAMEWORK, as_of=AS_OF)
        last, never = (
            to_date(day) for day in find_standing_last_days(standing, FRAMEWORK).tolist()
        )
        assert (last == AS_OF) == (assessed_on < AS_OF)
        assert never > dt.date(9000, 1, 1)
        for day, known in ((last, True), (last + dt.timedelta(days=1), False)):
            levels = find_standing(of_day(facts, day), FRAMEWORK, as_of=day).levels
            assert (levels.source[0, 0] >= 0) == known
