"""Which figures of groups are shown, and from what they are worked out."""

import datetime as dt

import numpy as np
import pytest
from disclosure import Span, cell, find_secrets, size
from hypothesis import example, given, settings
from hypothesis import strategies as st
from organisations import AS_OF

from recommender.errors import ConflictError
from recommender.gaps import find_gaps
from recommender.service.caches import SharedCache
from recommender.service.groups import levels
from recommender.service.groups.disclosure import SMALL_CELL, add_up, choose_shown, find_above
from recommender.service.groups.levels import read_levels
from recommender.service.groups.table import find_grades
from recommender.service.levels.standing import read_standing
from recommender.store import EVERYONE, reading, schema, touch_people, writing
from recommender.store.people.people import list_people

GRADES = ("g1", "g2", "g3")
UNITS = ("", "east", "east/a", "east/a/1", "east/a/2", "east/b", "eastern", "west", "west/a")


def choose(counts, units=UNITS, grades=GRADES):
    """Return which cells are shown, by unit and grade; `counts` by unit and grade."""
    direct = np.array([[counts.get((unit, grade), 0) for grade in grades] for unit in units])
    above = find_above(units)
    shown = choose_shown(add_up(direct, above), above)
    return {
        (unit, grade): bool(shown[i, j])
        for i, unit in enumerate(units)
        for j, grade in enumerate((None, *grades))
    }


def test_units_add_up_to_the_next_unit_above():
    assert find_above(UNITS).tolist() == [-1, 0, 1, 2, 2, 1, 0, 0, 7]
    direct = np.zeros((len(UNITS), 2), dtype=int)
    direct[3] = (1, 2)
    direct[2] = (10, 0)
    direct[6] = (0, 100)
    cells = add_up(direct, find_above(UNITS))
    assert cells[:, 0].tolist() == [113, 13, 13, 3, 0, 0, 100, 0, 0]
    assert cells[:, 1].tolist() == [11, 11, 11, 1, 0, 0, 0, 0, 0]


def test_units_far_apart_hang_below_the_nearest_one_there_is():
    assert find_above(["", "a/b/c", "a/b/c/d/e", "x"]).tolist() == [-1, 0, 1, 0]


def test_large_cells_are_all_shown():
    counts = {(unit, grade): 5 for unit in UNITS[1:] for grade in GRADES}
    assert all(choose(counts).values())


def test_a_cell_of_nobody_has_nothing_to_hide():
    counts = {("east", "g1"): 7}
    shown = choose(counts)
    assert shown["west", "g2"]
    assert shown["east", "g1"]
    assert shown["east", None]


def test_with_a_small_cell_goes_the_next_smallest():
    counts = {("east", "g1"): 20, ("eastern", "g1"): 6, ("west", "g1"): 4}
    shown = choose(counts, units=("", "east", "eastern", "west"))
    assert {unit for unit in ("east", "eastern", "west") if shown[unit, None]} == {"east"}
    assert shown["", None]


def test_small_cells_that_are_many_together_hide_no_other():
    counts = {("east", "g1"): 20, ("eastern", "g1"): 4, ("west", "g1"): 4}
    shown = choose(counts, units=("", "east", "eastern", "west"))
    assert shown["east", None]
    assert not shown["eastern", None]
    assert not shown["west", None]


def test_small_cells_that_are_few_even_together_hide_another():
    counts = {("east", "g1"): 20, ("eastern", "g1"): 2, ("west", "g1"): 1}
    shown = choose(counts, units=("", "east", "eastern", "west"))
    assert shown["", None]
    assert not shown["east", None]


def test_many_tables_at_once_are_each_as_by_itself(monkeypatch):
    rng = np.random.default_rng(3)
    above = find_above(UNITS)
    direct = rng.choice([0, 1, 3, 6, 20], size=(len(UNITS), len(GRADES), 4, 5))
    counts = add_up(direct, above)
    shown = choose_shown(counts, above)
    assert shown.shape == counts.shape
    assert 0 < shown.mean() < 1
    for at in np.ndindex(4, 5):
        table = (..., *at)
        monkeypatch.setattr("recommender.service.groups.disclosure._chosen", SharedCache(1))
        np.testing.assert_array_equal(shown[table], choose_shown(counts[table], above))


def test_people_of_the_unit_itself_are_a_part_of_it_too():
    # a large unit below and its leader: the difference would be one person
    counts = {("east", "g3"): 1, ("east/a", "g1"): 20}
    shown = choose(counts, units=("", "east", "east/a"))
    assert shown["east", None]
    assert not shown["east/a", None]


def test_a_left_out_unit_does_not_come_out_from_below():
    # west is too small; east goes with it, and must not be the sum of its parts
    counts = {
        ("eastern", "g1"): 30,
        ("east/a/1", "g1"): 9,
        ("east/b", "g1"): 8,
        ("west", "g1"): 3,
    }
    shown = choose(counts)
    assert not shown["east", None]
    assert not (shown["east/a", None] and shown["east/b", None])


def test_too_few_people_altogether():
    shown = choose({("east/a/1", "g1"): 2, ("west", "g2"): 2})
    assert not shown["", None]
    assert not shown["", "g1"]


@st.composite
def organisations(draw):
    units = ["", *sorted(draw(st.sets(st.sampled_from(UNITS[1:]), min_size=1)))]
    grades = GRADES[: draw(st.integers(1, 3))]
    number = st.one_of(st.integers(0, 2 * SMALL_CELL), st.just(0), st.integers(0, 100))
    counts = {(unit, grade): draw(number) for unit in units[1:] for grade in grades}
    return counts, units, grades


@settings(max_examples=300)
@given(organisations())
@example(({("east", "g1"): 5, ("east", "g2"): 4, ("west", "g1"): 1}, UNITS, GRADES))
def test_nothing_small_can_be_computed_from_what_is_shown(organisation):
    counts, units, grades = organisation
    shown = choose(counts, units, grades)
    for (unit, grade), is_shown in shown.items():
        count = size(counts, cell(counts, unit, grade))
        assert not is_shown or count == 0 or count >= SMALL_CELL
        assert is_shown or count > 0
    groups = [group for group, count in counts.items() if count]
    span = Span((cell(counts, *key) for key, is_shown in shown.items() if is_shown), groups)
    secrets = find_secrets(counts, units, grades, few=SMALL_CELL)
    assert not [sorted(secret) for secret in secrets if secret in span]
    if not secrets:
        assert all(shown.values())


@settings(max_examples=100)
@given(st.lists(st.integers(1, 40), min_size=2, max_size=30))
def test_no_more_is_hidden_than_has_to_be_beside_one_total(sizes):
    units = ["", *(f"u{i:02}" for i in range(len(sizes)))]
    counts = {(unit, "g1"): count for unit, count in zip(units[1:], sizes, strict=True)}
    shown = choose(counts, units, ("g1",))
    hidden = sorted(count for (unit, _), count in counts.items() if not shown[unit, None])
    small = [count for count in sizes if count < SMALL_CELL]
    large = sorted(count for count in sizes if count >= SMALL_CELL)
    # the small ones go; where they are few even together, the next smallest goes with them
    with_them = large[:1] if 0 < sum(small) < SMALL_CELL else []
    assert hidden == sorted([*small, *with_them])


def heads(service):
    with reading(service.engine) as connection:
        return list_people(connection, EVERYONE, limit=None)


def read_held(service, *, as_of=AS_OF):
    with reading(service.engine) as connection:
        people = list_people(connection, EVERYONE, limit=None)
        return people, read_levels(connection, service, people, as_of=as_of, scope=EVERYONE)


def read_afresh(service, *, as_of=AS_OF):
    with reading(service.engine) as connection:
        return read_standing(connection, service.framework, as_of=as_of).levels


def test_cached_levels_are_the_levels(library, monkeypatch):
    monkeypatch.setattr(levels, "_AT_ONCE", 3)
    for day in (AS_OF, AS_OF - dt.timedelta(days=400), AS_OF):
        _, found = read_held(library, as_of=day)
        fresh = read_afresh(library, as_of=day)
        np.testing.assert_array_equal(found.level, fresh.level)
        np.testing.assert_array_equal(found.standard_error, fresh.standard_error)
    assert np.isfinite(found.level).any()


def test_only_who_has_changed_is_read_again(library, monkeypatch):
    asked = []

    def spy(connection, framework, **named):
        asked.append(named["person_ids"])
        return read_standing(connection, framework, **named)

    monkeypatch.setattr(levels, "read_standing", spy)
    people, before = read_held(library)
    read_held(library)
    assert asked == [[head.person_id for head in people]]
    someone = people[3].person_id
    with writing(library.engine) as connection:
        connection.execute(
            schema.assessment.insert().values(
                person_id=someone,
                competency_id="reading-aloud",
                level=3.25,
                method="面谈",
                assessed_on=AS_OF,
            )
        )
        touch_people(connection, [someone])
    _, after = read_held(library)
    assert asked[1:] == [[someone]]
    k = library.framework.competency_ids.index("reading-aloud")
    assert after.level[3, k] == 3.25
    np.testing.assert_array_equal(after.level, read_afresh(library).level)
    others = np.arange(len(people)) != 3
    np.testing.assert_array_equal(after.level[others], before.level[others])


def test_few_days_are_held(library):
    for days in range(9):
        read_held(library, as_of=AS_OF - dt.timedelta(days=days))
    days = library.caches.levels._days
    assert len(days) == 4
    assert (library.framework.catalog.digest, AS_OF) not in days


def test_nobody_has_no_levels(library):
    with reading(library.engine) as connection:
        found = read_levels(connection, library, [], as_of=AS_OF, scope=EVERYONE)
    assert found.level.shape == (0, 3)
    assert find_gaps(found.level, found.level, found.level, weights=found.level).gap.size == 0


def test_a_grade_that_is_not_in_the_catalogue_names_nobody(library):
    people = heads(library)
    with writing(library.engine) as connection:
        connection.execute(
            schema.person.update()
            .where(schema.person.c.person_id == people[0].person_id)
            .values(grade="curator")
        )
    with pytest.raises(ConflictError) as caught:
        find_grades(library.framework, heads(library))
    assert caught.value.code == "statistics.grades"
    assert caught.value.values == {"grades": "curator"}
