"""Who reads very many people within an hour is noticed, once an hour."""

from recommender.service.access.mass_reads import MassReads


class Clock:
    """A clock that goes on when it is told to."""

    def __init__(self):
        self.seconds = 0.0

    def __call__(self):
        return self.seconds


def test_different_people_of_one_actor_within_an_hour():
    clock = Clock()
    watch = MassReads(3, clock)
    assert not watch.is_new("a", ["1", "2", "3"])
    assert not watch.is_new("a", ["3", "2", "1"])
    assert not watch.is_new("b", ["4"])
    assert watch.is_new("a", ["4"])


def test_those_of_an_hour_ago_no_longer_count():
    clock = Clock()
    watch = MassReads(3, clock)
    for minute, person in enumerate("1234567"):
        clock.seconds = minute * 20 * 60
        assert not watch.is_new("a", [person])


def test_it_is_said_once_an_hour():
    clock = Clock()
    watch = MassReads(1, clock)
    said = []
    for minute in range(150):
        clock.seconds = minute * 60
        if watch.is_new("a", [str(minute)]):
            said.append(minute)
    assert said == [1, 61, 121]


def test_too_many_to_be_named():
    assert MassReads(3).is_new("a", [], at_least=4)
    assert not MassReads(3).is_new("a", [], at_least=3)
