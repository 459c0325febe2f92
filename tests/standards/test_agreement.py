"""Agreement of raters: a published example, and who counts."""

from __future__ import annotations

import numpy as np
import pytest

from recommender.standards import judge_agreement, measure_agreement

# Shrout and Fleiss (1979), table 2: six people, four judges
JUDGED = np.array(
    [[9, 2, 5, 8], [6, 1, 3, 2], [8, 4, 6, 8], [7, 1, 2, 6], [10, 5, 6, 9], [6, 2, 4, 7]]
)


def agreement(table, competency=0, n_competencies=1):
    person, judge = np.nonzero(~np.isnan(table))
    return measure_agreement(
        person,
        np.full(len(person), competency),
        table[person, judge],
        disagreement=np.array([True, False, False]),
        assessed_competency=np.full(3, competency),
        n_competencies=n_competencies,
    )


def test_the_published_example_comes_out():
    """ICC(1,1) is .17 in table 4 of the paper; psych for R adds the bounds -.13 and .72."""
    found = agreement(JUDGED.astype(float), competency=1, n_competencies=3)
    assert found.n_people.tolist() == [0, 6, 0]
    assert found.raters_per_person[1] == pytest.approx(4)
    figures = [round(float(each[1]), 2) for each in (found.icc, found.lower, found.upper)]
    assert figures == [0.17, -0.13, 0.72]
    assert found.flagged[1] == pytest.approx(1 / 3)
    assert np.isnan(found.icc[[0, 2]]).all()
    assert np.isnan(judge_agreement(found)).all()  # six people are too few to be sure


def test_who_has_one_rater_says_nothing_of_agreement():
    table = JUDGED.astype(float)
    alone = np.vstack([table, [[3.0, np.nan, np.nan, np.nan]]])
    assert agreement(alone).icc[0] == pytest.approx(agreement(table).icc[0])


def test_with_different_numbers_of_raters_the_interval_holds_what_is_true():
    """Half of the variance is between people, whoever is missing; four hundred times."""
    rng = np.random.default_rng(4)
    tables = rng.normal(size=(400, 60, 1)) + rng.normal(size=(400, 60, 5))
    tables[rng.random(tables.shape) < 0.4] = np.nan
    competency, person, rater = np.nonzero(~np.isnan(tables))
    none = np.zeros(0, dtype=np.int64)
    found = measure_agreement(
        person,
        competency,
        tables[competency, person, rater],
        disagreement=none > 0,
        assessed_competency=none,
        n_competencies=400,
    )
    assert found.icc.mean() == pytest.approx(0.5, abs=0.01)
    assert ((found.lower < 0.5) & (found.upper > 0.5)).mean() == pytest.approx(0.95, abs=0.03)
    assert (found.raters_per_person < found.n_raters / found.n_people).all()


def test_raters_who_agree_to_the_last_digit():
    found = agreement(np.repeat(np.arange(12.0)[:, None], 3, axis=1))
    assert found.icc[0] == pytest.approx(1.0)
    assert judge_agreement(found)[0] == pytest.approx(1.0)
