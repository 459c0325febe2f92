"""Which further offerings would close most."""

import numpy as np
import pytest
from made_cohorts import FIRST_DAY, make_cohort

from recommender.cohorts import Offerings, choose_cohort, solving, value_new_offerings
from recommender.cohorts.demand import _join


@pytest.fixture(scope="module")
def cohort():
    return make_cohort(50, 8, n_units=3, seats_a_person=0.8)


@pytest.fixture(scope="module")
def proposals(cohort):
    n = len(cohort.module_ids)
    months = FIRST_DAY + np.repeat([40, 200], n)
    return Offerings(
        ids=tuple(f"new{i}" for i in range(2 * n)),
        module=np.tile(np.arange(n), 2),
        seats=np.full(2 * n, 4),
        starts_on=months,
        ends_on=months,
        cost=np.full(2 * n, 500.0),
    )


def test_what_an_offering_adds_lies_between_its_bounds(cohort, proposals):
    choice = choose_cohort(cohort, seed=1, tolerance=0.0)
    values = value_new_offerings(cohort, choice, proposals, resolve=3)
    assert sorted(each.proposal for each in values) == list(range(len(proposals)))
    before = solving.solve(cohort, seed=1).holdings.value
    for each in values[:3]:
        after = solving.solve(_join(cohort, proposals, [each.proposal]), seed=1)
        assert each.added == pytest.approx(after.holdings.value - before, abs=1e-9)
        assert each.estimate - 1e-7 <= each.added <= each.at_most + 1e-7
        assert each.people <= 4
        assert each.cost == 500.0 * each.people
    assert all(each.added is None and each.estimate <= each.at_most for each in values[3:])
    assert values[0].added == max(each.added for each in values[:3]) > 0
    # what was left out could not have come first by more than its own bound
    assert max(each.at_most for each in values[3:]) <= max(each.at_most for each in values[:3])
