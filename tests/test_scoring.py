"""Levels and standard errors: the core against the oracle."""

from dataclasses import replace
from datetime import date, timedelta

import numpy as np
import oracle
import pytest
from core_inputs import (
    TOLERANCE,
    assessed_by_exams,
    assessed_by_ratings,
    current_levels,
    exam_arrays,
    exam_rules,
    examples,
)
from hypothesis import assume, given
from hypothesis import strategies as st

from recommender.arrays import months_before, to_date, to_day
from recommender.scoring import score_sittings
from recommender.scoring.ratings import sum_levels

N_PEOPLE, N_COMPETENCIES = 3, 3
AS_OF = st.sampled_from(
    [date(2026, 6, 30), date(2026, 8, 31), date(2024, 2, 29), date(2025, 3, 31), date(2026, 1, 1)]
)
RULES = st.builds(
    oracle.Rules,
    rater_weights=st.sampled_from(
        [
            {"manager": 0.5, "peer": 0.2, "customer": 0.2, "self": 0.1},
            {"manager": 1.0, "peer": 1.0, "customer": 1.0, "self": 1.0},
            {"manager": 3.0, "peer": 0.7, "customer": 1.1, "self": 0.01},
        ]
    ),
    rating_standard_error=st.sampled_from([0.35, 0.05, 1.5]),
    rating_window_days=st.sampled_from([90, 0, 30]),
)
EXAMS_OF = {
    1: {
        1: (80.0, {"theory": 0.6, "practice": 0.4}),
        2: (80.0, {"theory": 0.3, "practice": 0.3, "case": 0.4}),
        3: (75.5, {"case": 1.0}),
        4: (90.0, {"case": 2.0, "thesis": 1.0}),
    },
    2: {1: (60.0, {"theory": 1.0}), 2: (80.0, {"theory": 0.1, "practice": 0.2, "case": 0.7})},
}


@st.composite
def days(draw, as_of, *, validity_months):
    """Days near which something changes: today, a window ago, the end of the validity."""
    end = oracle.months_before(as_of, validity_months)
    anchor = draw(st.sampled_from([as_of, end, as_of - timedelta(days=90), end - timedelta(90)]))
    return anchor + timedelta(days=draw(st.sampled_from([-31, -2, -1, 0, 1, 2, 30])))


@st.composite
def rating_rows(draw, as_of, *, competencies=(0,), people=N_PEOPLE, most=24):
    some_days = draw(st.lists(days(as_of, validity_months=18), min_size=1, max_size=3))
    rating = st.builds(
        oracle.Rating,
        level=st.integers(1, 4),
        rater_type=st.sampled_from(["manager", "peer", "customer", "self"]),
        rater_id=st.sampled_from(["a", "b", "c"]),
        rating=st.sampled_from([0, 1, 2, 3, 3, None]),
        rated_on=st.sampled_from(some_days),
    )
    row = st.tuples(st.integers(0, people - 1), st.sampled_from(competencies), rating)
    return draw(st.lists(row, max_size=most))


@st.composite
def score_rows(draw, as_of, *, people=N_PEOPLE, most=8):
    """Whole sittings, some with a subject missing, in any order."""
    rows = {}
    score = st.sampled_from([0, 40, 59.9, 60, 75.5, 79.9, 80, 80.1, 90, 100]) | st.integers(0, 100)
    for _ in range(draw(st.integers(0, most))):
        k = draw(st.sampled_from(sorted(EXAMS_OF)))
        level = draw(st.sampled_from(sorted(EXAMS_OF[k])))
        subjects = list(EXAMS_OF[k][level][1])
        sat_on = draw(days(as_of, validity_months=24))
        p = draw(st.integers(0, people - 1))
        same = draw(st.none() | score)  # all subjects alike: a mean right on a threshold
        if draw(st.integers(0, 4)) == 0:
            subjects = subjects[:-1]
        for subject in subjects:
            points = draw(score) if same is None else same
            rows[p, k, level, subject, sat_on] = (
                p,
                k,
                oracle.Score(level, subject, points, sat_on),
            )
    return draw(st.permutations(list(rows.values())))


@st.composite
def imported_rows(draw, as_of, *, people=N_PEOPLE, most=5):
    rows = {}
    for _ in range(draw(st.integers(0, most))):
        p, k = draw(st.integers(0, people - 1)), draw(st.integers(0, N_COMPETENCIES - 1))
        day = draw(days(as_of, validity_months=18))
        level = draw(st.sampled_from([0.0, 1.0, 1.5, 2.0, 2.37, 4.0]))
        rows[p, k, day] = (p, k, oracle.Imported(level, draw(st.sampled_from([0.1, 0.35])), day))
    return draw(st.permutations(list(rows.values())))


def of(rows, person, competency):
    return [value for p, k, value in rows if (p, k) == (person, competency)]


def as_table(found):
    """{(person, competency, day): (level, standard error, flag)}, and no key twice."""
    keys = list(
        zip(found.person.tolist(), found.competency.tolist(), found.day.tolist(), strict=True)
    )
    assert len(set(keys)) == len(keys)
    values = zip(
        found.level.tolist(),
        found.standard_error.tolist(),
        found.disagreement.tolist(),
        strict=True,
    )
    return dict(zip(keys, values, strict=True))


def expect_same(table, expected):
    assert table.keys() == expected.keys()
    for key, (level, error, flag) in expected.items():
        assert table[key][0] == pytest.approx(level, abs=TOLERANCE)
        assert table[key][1] == pytest.approx(error, abs=TOLERANCE)
        assert table[key][2] == flag


@examples(150)
@given(data=st.data(), as_of=AS_OF, rules=RULES)
def test_ratings_form_the_same_assessments(data, as_of, rules):
    rows = data.draw(rating_rows(as_of, competencies=(0, 1)))
    expected = {
        (p, k, to_day(a.assessed_on)): (a.level, a.standard_error, a.flagged)
        for p in range(N_PEOPLE)
        for k in range(N_COMPETENCIES)
        for a in oracle.assessments_from_ratings(of(rows, p, k), as_of, rules)
    }
    expect_same(as_table(assessed_by_ratings(rows, as_of, rules)), expected)


@examples(150)
@given(data=st.data(), as_of=AS_OF)
def test_exams_give_the_same_levels(data, as_of):
    rules = oracle.Rules(exam_standard_error=0.2)
    rows = data.draw(score_rows(as_of, people=2, most=10))
    expected = {}
    for p in range(2):
        for k, exams in EXAMS_OF.items():
            a, _ = oracle.score_exams(of(rows, p, k), exams, as_of, rules)
            if a is not None:
                expected[p, k, to_day(a.assessed_on)] = (a.level, a.standard_error, False)
    found = assessed_by_exams(rows, as_of, rules, exams_of=EXAMS_OF, n_competencies=N_COMPETENCIES)
    expect_same(as_table(found), expected)


@examples(60)
@given(data=st.data(), as_of=AS_OF)
def test_incomplete_sittings_are_reported_and_not_scored(data, as_of):
    rows = data.draw(score_rows(as_of, people=2))
    found = score_sittings(
        exam_arrays(rows, EXAMS_OF), exam_rules(EXAMS_OF, n_competencies=N_COMPETENCIES)
    )
    expected = {
        (p, k, level, to_day(day))
        for p in range(2)
        for k, exams in EXAMS_OF.items()
        for level, day in oracle.score_exams(of(rows, p, k), exams, as_of)[1]
    }
    missing = ~found.complete
    keys = zip(found.person, found.competency, found.level, found.day, strict=True)
    assert {tuple(map(int, key)) for key, out in zip(keys, missing, strict=True) if out} == expected
    assert np.isnan(found.score[missing]).all()
    assert not found.passed[missing].any()


@examples(120)
@given(data=st.data(), as_of=AS_OF, rules=RULES)
def test_current_levels_are_the_same(data, as_of, rules):
    ratings = data.draw(rating_rows(as_of, competencies=(0,), most=12))
    scores = data.draw(score_rows(as_of, most=5))
    imported = data.draw(imported_rows(as_of))
    levels, found = current_levels(
        as_of,
        rules,
        ratings=ratings,
        scores=scores,
        imported=imported,
        exams_of=EXAMS_OF,
        n_people=N_PEOPLE,
        n_competencies=N_COMPETENCIES,
    )
    for p in range(N_PEOPLE):
        for k in range(N_COMPETENCIES):
            expected = oracle.current_assessment(
                as_of,
                ratings=of(ratings, p, k),
                scores=of(scores, p, k),
                exams=EXAMS_OF.get(k),
                imported=of(imported, p, k),
                rules=rules,
            )
            if expected is None:
                assert np.isnan(levels.level[p, k])
                assert np.isnan(levels.standard_error[p, k])
                assert levels.day[p, k] == levels.source[p, k] == levels.row[p, k] == -1
                continue
            assert levels.level[p, k] == pytest.approx(expected.level, abs=TOLERANCE)
            assert levels.standard_error[p, k] == pytest.approx(
                expected.standard_error, abs=TOLERANCE
            )
            assert to_date(levels.day[p, k]) == expected.assessed_on
            source, row = found[levels.source[p, k]], levels.row[p, k]
            assert (source.person[row], source.competency[row]) == (p, k)
            assert source.level[row] == levels.level[p, k]
            assert source.disagreement[row] == expected.flagged


@examples(60)
@given(data=st.data(), as_of=AS_OF)
def test_a_batch_equals_each_one_alone_and_order_of_rows_is_nothing(data, as_of):
    rules = oracle.Rules()
    shape = {"exams_of": EXAMS_OF, "n_competencies": N_COMPETENCIES}
    kinds = {
        "ratings": data.draw(rating_rows(as_of, most=20)),
        "scores": data.draw(score_rows(as_of)),
        "imported": data.draw(imported_rows(as_of)),
    }
    levels, _ = current_levels(as_of, rules, **kinds, **shape, n_people=N_PEOPLE)
    shuffled = {name: data.draw(st.permutations(rows)) for name, rows in kinds.items()}
    again, _ = current_levels(as_of, rules, **shuffled, **shape, n_people=N_PEOPLE)
    for name in ("level", "standard_error", "day", "source"):
        np.testing.assert_allclose(
            getattr(again, name), getattr(levels, name), rtol=0, atol=TOLERANCE
        )
    for p in range(N_PEOPLE):
        own = {
            name: [(0, k, value) for q, k, value in rows if q == p] for name, rows in kinds.items()
        }
        alone, _ = current_levels(as_of, rules, **own, **shape, n_people=1)
        for name in ("level", "standard_error", "day", "source"):
            np.testing.assert_allclose(
                getattr(alone, name)[0], getattr(levels, name)[p], rtol=0, atol=TOLERANCE
            )


@examples(60)
@given(data=st.data())
def test_a_higher_rating_never_lowers_the_level(data):
    as_of, rules = date(2026, 6, 30), oracle.Rules(rating_window_days=4000)
    rows = data.draw(rating_rows(as_of, people=1).filter(bool))
    before = assessed_by_ratings(rows, as_of, rules)
    at = data.draw(st.integers(0, len(rows) - 1))
    assume(rows[at][2].rating in (0, 1, 2))
    p, k, rating = rows[at]
    rows[at] = (p, k, replace(rating, rating=rating.rating + 1))
    after = assessed_by_ratings(rows, as_of, rules)
    assert (after.level >= before.level - TOLERANCE).all()
    assert ((before.level >= 0) & (before.level <= 4) & (before.standard_error > 0)).all()


@pytest.mark.parametrize("rating", [0, 1, 2, 3])
def test_one_rater_one_rating_everywhere_is_that_share_of_every_level(rating):
    day = date(2026, 6, 1)
    rows = [(0, 0, oracle.Rating(level, "manager", "m", rating, day)) for level in (1, 2, 3, 4)]
    found = assessed_by_ratings(rows, day, oracle.Rules())
    assert found.level.tolist() == [round(4 * rating / 3, 12)]
    assert found.standard_error.tolist() == [0.35]


def test_a_level_added_up_in_thirds_is_exact():
    """Level 2 of f = 2/3 + 2/3 + 2/3 + 0 must compare equal to 2."""
    assert sum_levels(np.array([2 / 3, 2 / 3, 2 / 3, 0.0])) == 2.0


def test_no_rows_at_all():
    levels, _ = current_levels(
        date(2026, 6, 30), oracle.Rules(), n_people=2, n_competencies=3, exams_of=EXAMS_OF
    )
    assert levels.level.shape == (2, 3)
    assert np.isnan(levels.level).all()


@pytest.mark.parametrize(
    ("day", "months", "expected"),
    [
        (date(2026, 4, 30), 2, date(2026, 2, 28)),
        (date(2024, 4, 30), 2, date(2024, 2, 29)),
        (date(2026, 8, 31), 18, date(2025, 2, 28)),
        (date(2026, 1, 15), 1, date(2025, 12, 15)),
        (date(2026, 12, 31), 12, date(2025, 12, 31)),
        (date(2026, 2, 28), 24, date(2024, 2, 28)),
        (date(2026, 5, 31), 0, date(2026, 5, 31)),
        (date(2026, 12, 31), -2, date(2027, 2, 28)),
    ],
)
def test_calendar_months(day, months, expected):
    assert months_before(day, months) == oracle.months_before(day, months) == expected


@examples(60)
@given(st.dates(date(1990, 1, 1), date(2100, 1, 1)), st.integers(0, 600))
def test_calendar_months_everywhere(day, months):
    assert months_before(day, months) == oracle.months_before(day, months)
    assert to_date(to_day(day)) == day
