"""A few random requests to every operation as each role; `make fuzz` sends thousands."""

from __future__ import annotations

import pytest
from fuzzing.afterwards import check_afterwards
from fuzzing.ground import make_ground
from fuzzing.running import fuzz


@pytest.fixture(scope="module")
def made(served):
    return make_ground(served)


@pytest.mark.parametrize("role", ["employee", "manager", "hr", "analyst", "admin"])
def test_random_requests_find_nothing_wrong(served, made, role):
    found = fuzz(served, role, cases=90, seed=1, made=made, thorough=False)
    assert found.cases >= 90
    assert found.failures == []
    assert found.errors == []
    assert check_afterwards(served, role) == []
