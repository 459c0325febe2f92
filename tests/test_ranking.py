"""Expected gap closed and the ranking by it: the core against the oracle."""

import math
import random

import numpy as np
import oracle
import pytest
from core_inputs import GRADES, TOLERANCE, completion_arrays, examples, module_arrays
from hypothesis import given
from hypothesis import strategies as st
from people_and_modules import (
    AS_OF,
    N_COMPETENCIES,
    Person,
    allowed_modalities,
    expected_candidates,
    modules,
    people,
    person_arrays,
)

from recommender.errors import ShapeMismatchError
from recommender.improvement.effect_table import GRID
from recommender.ranking import CHUNK_PEOPLE, ModelOrder, Objective, rank_modules

OBJECTIVE = st.sampled_from(list(Objective))


@st.composite
def effects(draw, of_modules):
    """{(module id, competency): effect at the whole levels, straight between; or at any level}."""
    n_levels = draw(st.sampled_from([1, 5]))
    number = st.sampled_from([0.0, 0.1, 0.2, 0.4, 0.4, 1.5, -0.1, -0.6])
    return {
        (m.id, k): tuple(draw(number) for _ in range(n_levels)) for m in of_modules for k in m.steps
    }


def at_level(of_effect, level):
    """Effect at a level, by hand."""
    if len(of_effect) == 1:
        return of_effect[0]
    left = min(int(level), 3)
    return of_effect[left] + (level - left) * (of_effect[left + 1] - of_effect[left])


def expected_values(person, of_modules, of_effects, modalities, target_grade=None):
    """{id of each candidate: expected gap closed}."""
    gaps = person.gaps()
    values = {}
    candidates = expected_candidates(person, of_modules, modalities, target_grade)
    for name, (serves, against) in candidates.items():
        if not against:
            improvement = {k: at_level(of_effects[name, k], person.levels[k]) for k in serves}
            values[name] = oracle.expected_gap_closed(
                serves, improvement, gaps, dict(enumerate(person.weights))
            )
    return values


def table(arrays, of_effects):
    rows = zip(arrays.pair_module, arrays.pair_competency, strict=True)
    values = np.array([of_effects[arrays.ids[m], int(k)] for m, k in rows])
    if values.shape[1:] != (5,):
        return values
    return np.array([np.interp(GRID, np.arange(5.0), row) for row in values])


def core_ranking(
    of_people, of_modules, of_effects, *, top, objective, modalities=None, target_grade=None
):
    """For each person the ids, best first, and their values."""
    arrays = module_arrays(of_modules, n_competencies=N_COMPETENCIES)
    levels, targets, weights, grade = person_arrays(of_people)
    ever, recently = completion_arrays(of_people, of_modules, arrays, AS_OF)
    ranked = rank_modules(
        levels,
        targets,
        weights,
        arrays,
        table(arrays, of_effects),
        grade=grade,
        top=top,
        objective=objective,
        completed=ever,
        recently_completed=recently,
        modalities=modalities,
        target_grade=None if target_grade is None else GRADES.index(target_grade),
    )
    result = []
    for row, closed in zip(ranked.module, ranked.expected_gap_closed, strict=True):
        n = int((row >= 0).sum())
        assert (row[n:] == -1).all()
        assert np.isnan(closed[n:]).all()
        result.append(([arrays.ids[m] for m in row[:n]], closed[:n].tolist()))
    return result


@examples(200)
@given(data=st.data(), of_modules=modules(), objective=OBJECTIVE, modalities=allowed_modalities())
def test_rankings_are_the_same(data, of_modules, objective, modalities):
    of_effects = data.draw(effects(of_modules))
    of_people = data.draw(people(of_modules))
    top = data.draw(st.integers(1, 8))
    target_grade = data.draw(st.none() | st.sampled_from(GRADES))
    found = core_ranking(
        of_people,
        of_modules,
        of_effects,
        top=top,
        objective=objective,
        modalities=modalities,
        target_grade=target_grade,
    )
    for person, (ids, closed) in zip(of_people, found, strict=True):
        values = expected_values(person, of_modules, of_effects, modalities, target_grade)
        ranked = oracle.rank([m for m in of_modules if m.id in values], values, objective.value)
        assert ids == ranked[:top]
        assert closed == pytest.approx([values[name] for name in ids], abs=TOLERANCE)


@examples(40)
@given(data=st.data(), of_modules=modules(), objective=OBJECTIVE)
def test_a_batch_equals_each_one_alone_and_order_of_modules_is_nothing(data, of_modules, objective):
    of_effects = data.draw(effects(of_modules))
    of_people = data.draw(people(of_modules))
    asked = {"top": 8, "objective": objective}
    found = core_ranking(of_people, of_modules, of_effects, **asked)
    shuffled = data.draw(st.permutations(of_modules))
    assert core_ranking(of_people, shuffled, of_effects, **asked) == found
    for person, ranked in zip(of_people, found, strict=True):
        assert core_ranking([person], of_modules, of_effects, **asked) == [ranked]


def many_modules(draw, count):
    """Far more modules than a person could read, for the two ways of finding the best."""
    made = []
    for i in range(count):
        k, begin = draw.randrange(N_COMPETENCIES), draw.choice([0.0, 1.0, 2.0])
        made.append(
            oracle.Module(
                f"m-{draw.randrange(10**6):06d}-{i}",
                {k: (begin, begin + draw.choice([1.0, 2.0]))},
                hours=draw.choice([2.0, 4.0, 8.0]),
                cost=draw.choice([0.0, 500.0, 900.0]),
                prerequisites=(draw.choice(made).id,) if made and draw.random() < 0.2 else (),
            )
        )
    return made


@pytest.mark.parametrize("objective", list(Objective))
def test_many_people_and_many_modules(objective):
    """More people than one chunk, more modules than a handful; a few checked by the oracle."""
    draw = random.Random(20260831)
    of_modules = many_modules(draw, 60)
    of_effects = {
        (m.id, k): tuple(draw.choice([0.2, 0.4, 0.6]) for _ in range(5))
        for m in of_modules
        for k in m.steps
    }
    of_people = [
        Person(
            levels=tuple(draw.choice([None, 0.0, 0.5, 1.25, 2.0, 2.8]) for _ in range(3)),
            targets=tuple(draw.choice([1.0, 2.0, 3.0]) for _ in range(3)),
            weights=(0.5, 1.0, 1.5),
        )
        for _ in range(2 * CHUNK_PEOPLE + 7)
    ]
    few = core_ranking(of_people, of_modules, of_effects, top=5, objective=objective)
    all_of_them = core_ranking(of_people, of_modules, of_effects, top=60, objective=objective)
    assert few == [(ids[:5], closed[:5]) for ids, closed in all_of_them]
    for p in (0, CHUNK_PEOPLE - 1, CHUNK_PEOPLE, 2 * CHUNK_PEOPLE, len(of_people) - 1):
        values = expected_values(of_people[p], of_modules, of_effects, None)
        ranked = oracle.rank([m for m in of_modules if m.id in values], values, objective.value)
        assert all_of_them[p][0] == ranked


@examples(60)
@given(data=st.data(), of_modules=modules())
def test_more_weight_and_more_target_never_lower_a_value(data, of_modules):
    """Of a candidate that stays one: what is worth closing can only become worth more."""
    of_effects = data.draw(effects(of_modules))
    person = data.draw(people(of_modules, most=1))[0]
    added = st.sampled_from([0, 0.5, 1])
    more = Person(
        levels=person.levels,
        targets=tuple(min(4.0, t + data.draw(added)) for t in person.targets),
        weights=tuple(w + data.draw(added) for w in person.weights),
        grade=person.grade,
        completions=person.completions,
    )
    (low_ids, low), (high_ids, high) = core_ranking(
        [person, more], of_modules, of_effects, top=len(of_modules), objective=Objective.GAP
    )
    value = dict(zip(high_ids, high, strict=True))
    assert set(low_ids) <= set(high_ids)
    for name, closed in zip(low_ids, low, strict=True):
        assert 0 <= closed <= value[name] + TOLERANCE


@pytest.mark.parametrize("top", [1, 2, 3, 20])
def test_fewer_candidates_than_asked_for(top):
    """The module that wins every tie is listed once, and places without a module are empty."""
    of_modules = [
        oracle.Module("a", {0: (0.0, 1.0)}, hours=1.0),
        oracle.Module("b", {0: (0.0, 1.0)}, hours=2.0),
        *[oracle.Module(f"c{i}", {0: (0.0, 1.0)}, hours=3.0, retired=True) for i in range(18)],
    ]
    person = Person(levels=(0.5, None, None), targets=(2.0, 1.0, 1.0), weights=(1, 1, 1))
    of_effects = {(m.id, 0): (0.4,) for m in of_modules}
    (ranked,) = core_ranking([person], of_modules, of_effects, top=top, objective=Objective.GAP)
    assert ranked[0] == ["a", "b"][:top]


def test_a_free_module_that_adds_something_comes_first_by_cost():
    free_and_useless = oracle.Module("a", {0: (0.0, 1.0)}, hours=1.0)
    free = oracle.Module("z", {0: (0.0, 1.0)}, hours=8.0)
    cheap = oracle.Module("b", {0: (0.0, 1.0)}, hours=2.0, cost=0.01)
    person = Person(levels=(0.5, None, None), targets=(2.0, 1.0, 1.0), weights=(1, 1, 1))
    of_effects = {("a", 0): (0.0,), ("z", 0): (0.1,), ("b", 0): (0.4,)}
    (ranked,) = core_ranking(
        [person],
        [free_and_useless, free, cheap],
        of_effects,
        top=3,
        objective=Objective.PER_COST,
    )
    assert ranked[0] == ["z", "b", "a"]
    assert math.isclose(ranked[1][0], 0.1)


def test_a_table_must_fit_the_pairs():
    arrays = module_arrays([oracle.Module("a", {0: (0.0, 1.0)})], n_competencies=N_COMPETENCIES)
    one = np.ones((1, N_COMPETENCIES))
    with pytest.raises(ShapeMismatchError):
        rank_modules(
            one, one, one, arrays, np.zeros((2, 1)), grade=np.zeros(1, dtype=np.int64), top=1
        )


@examples(100)
@given(data=st.data(), count=st.integers(1, 6))
def test_where_only_the_order_is_known_the_model_ranks_and_the_experts_say_what_is_closed(
    data, count
):
    """For one competency, whatever the gap, the weight and what the experts expect."""
    number = st.integers(-40, 80).map(lambda v: v / 100)
    better = data.draw(st.lists(number, min_size=count, max_size=count, unique=True))
    experts = data.draw(st.lists(st.floats(0, 2), min_size=count, max_size=count))
    gap, weight = data.draw(st.floats(0.01, 2)), data.draw(st.floats(0.1, 3))
    of_modules = [oracle.Module(f"m{i}", {0: (0.0, 3.0)}, hours=8.0) for i in range(count)]
    arrays = module_arrays(of_modules, n_competencies=1)
    ranked = rank_modules(
        np.full((1, 1), 1.0),
        np.full((1, 1), 1.0 + gap),
        np.full((1, 1), weight),
        arrays,
        np.array(experts)[:, None],
        grade=np.zeros(1, dtype=np.int64),
        top=count,
        order=ModelOrder(np.array(better)[:, None], np.full(count, 0.4)),
    )
    by_model = sorted(range(count), key=lambda i: -better[i])
    assert ranked.module[0].tolist() == by_model
    closes = [weight * min(gap, experts[i]) for i in by_model]
    assert ranked.expected_gap_closed[0] == pytest.approx(closes, abs=TOLERANCE)


@pytest.mark.parametrize("objective", list(Objective))
def test_an_order_leaves_the_candidates_as_they_are(objective):
    """What serves no gap stays out, and what the model finds worst is still listed."""
    of_modules = [
        oracle.Module("a-worst", {0: (0.0, 2.0)}, hours=4.0),
        oracle.Module("b-best", {0: (0.0, 2.0)}, hours=4.0, cost=100.0),
        oracle.Module("c-too-low", {0: (0.0, 1.0)}, hours=4.0),
    ]
    arrays = module_arrays(of_modules, n_competencies=2)
    ranked = rank_modules(
        np.array([[1.5, np.nan]]),
        np.array([[3.0, 2.0]]),
        np.ones((1, 2)),
        arrays,
        np.full((3, 1), 0.4),
        grade=np.zeros(1, dtype=np.int64),
        top=3,
        objective=objective,
        order=ModelOrder(np.array([[-0.9], [0.3], [0.9]]), np.full(3, 0.4)),
    )
    assert ranked.module[0].tolist() == [1, 0, -1]
