"""The demo's satisfaction and business figures: made up the same way each time, and importable."""

import pandas as pd
import pytest
from organisations import AS_OF, TINY

from recommender.service.framework import build_framework
from recommender.service.made_up.organisation import make_organisation
from recommender.service.made_up.outcomes import make_outcomes
from training_catalog import load_catalog


@pytest.fixture(scope="module")
def framework():
    return build_framework(load_catalog(TINY))


def make(framework, n_people):
    sample = make_organisation(framework, n_people=n_people, as_of=AS_OF)
    outcomes = make_outcomes(framework, sample.people, sample.enrolments, as_of=AS_OF)
    return sample, outcomes


def test_nobody_takes_a_course_twice_and_all_lies_in_the_past(framework):
    sample, outcomes = make(framework, 60)
    taken = pd.concat([sample.enrolments, outcomes.enrolments])
    assert len(outcomes.enrolments)
    assert not taken.duplicated(["person_id", "module_id"]).any()
    assert outcomes.enrolments["completed_on"].max() < AS_OF
    assert outcomes.satisfaction["answered_on"].max() <= AS_OF
    # the month of the day itself is not over
    assert outcomes.figures["month"].max() < AS_OF.replace(day=1)
    assert outcomes.satisfaction["satisfaction"].between(1, 5).all()
    assert not outcomes.satisfaction.duplicated(["module_id", "answered_on", "answer_id"]).any()
    assert not outcomes.figures.duplicated(["person_id", "month", "figure_id"]).any()


def test_the_same_each_time_whatever_the_size(framework):
    for n_people in (1, 5, 60):
        (_, first), (_, second) = make(framework, n_people), make(framework, n_people)
        for name in ("enrolments", "satisfaction", "figures"):
            pd.testing.assert_frame_equal(getattr(first, name), getattr(second, name))
        assert first.figures["person_id"].nunique() == n_people


def test_a_catalogue_without_figures_gets_none(framework):
    catalog = framework.catalog.model_copy(update={"business_figures": ()})
    _, outcomes = make(build_framework(catalog), 5)
    assert outcomes.figures.empty
