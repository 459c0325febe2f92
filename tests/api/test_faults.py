"""What the service owes its users when things break; `make faults` is the long form."""

import pytest
from conftest import need
from faults.all_faults import ONE_OF_EACH, SHORT, Ground, MissingError
from faults.servers import nursery
from faults.site import build_original

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def ground(postgresql):
    """A process that servers are forked from, and what they serve."""
    with nursery() as servers, build_original() as original:
        yield Ground(servers, original, postgresql, SHORT)


@pytest.mark.parametrize("name", ONE_OF_EACH)
def test_nothing_acknowledged_is_lost_and_nothing_is_half_done(ground, name):
    """Killed, without its database, out of disk space, with a wrong clock, or stopped."""
    try:
        figures = ONE_OF_EACH[name](ground)
    except MissingError as missing:
        need(str(missing))
    assert figures["violations"] == []
