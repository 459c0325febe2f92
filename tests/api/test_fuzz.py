"""A few random requests to every operation as each role; `make fuzz` sends thousands."""

from __future__ import annotations

import pytest
from fuzzing.afterwards import check_afterwards
from fuzzing.ground import make_ground
from fuzzing.running import fuzz

from recommender.service.permissions import Role


def check_role(served, made, role):
    found = fuzz(served, role, cases=90, seed=1, made=made, thorough=False)
    assert found.cases >= 90
    assert found.failures == []
    assert found.errors == []
    assert check_afterwards(served, role) == []


def test_random_requests_of_an_administrator(served):
    check_role(served, make_ground(served), "admin")


@pytest.mark.slow
def test_random_requests_of_each_role(served_on_both, subtests):
    """Each role on one of the databases; the administrator, who may do all, on both."""
    made = make_ground(served_on_both)
    roles = list(Role)
    on_sqlite = str(served_on_both.settings.database).startswith("sqlite")
    for role in roles[::2] if on_sqlite else roles[1::2]:
        with subtests.test(role=role):
            check_role(served_on_both, made, role)
