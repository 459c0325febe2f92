"""Which modules serve which gap, and why others do not: the core against the oracle."""

import numpy as np
import oracle
import pytest
from core_inputs import GRADES, completion_arrays, examples, module_arrays
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

from recommender.candidates import (
    Exclusion,
    explain_exclusions,
    find_candidates,
    permit,
    serves_gap,
)


def core_candidates(of_people, of_modules, modalities, target_grade=None):
    """{(row, module id): (competencies served, reason code or None)}."""
    arrays = module_arrays(of_modules, n_competencies=N_COMPETENCIES)
    levels, targets, _, grade = person_arrays(of_people)
    ever, recently = completion_arrays(of_people, of_modules, arrays, AS_OF)
    asked = {
        "recently_completed": recently,
        "modalities": modalities,
        "target_grade": None if target_grade is None else GRADES.index(target_grade),
    }
    found = find_candidates(
        levels,
        targets,
        arrays,
        permitted=permit(arrays, grade, **asked),
        completed=ever,
    )
    reasons = explain_exclusions(
        levels,
        targets,
        arrays,
        grade=grade,
        candidate=found.candidate,
        **asked,
    )
    result = {}
    for row in range(len(of_people)):
        for m, name in enumerate(arrays.ids):
            pairs = np.flatnonzero((arrays.pair_module == m) & found.serves[row])
            reason = Exclusion(int(reasons[row, m]))
            assert found.candidate[row, m] == (reason is Exclusion.NONE)
            result[row, name] = (
                sorted(arrays.pair_competency[pairs].tolist()),
                None if reason is Exclusion.NONE else reason.code,
            )
    return result


def is_true_reason(code, person, module, against):
    """Whether a reason the core names is one of those that hold."""
    by_itself = {
        "retired": "retired",
        "wrong-grade": "grade",
        "modality-not-allowed": "modality",
        "completed-recently": "completed",
    }
    if code in by_itself:
        return by_itself[code] in against
    if code == "prerequisite-not-met":
        return "prerequisite" in against and "serves-nothing" not in against
    faults = [
        oracle.faults_of_step(person.levels[k], person.targets[k], *step)
        for k, step in module.steps.items()
    ]
    if code == "assess-first":  # where another competency is assessed, that one explains more
        return all(found == {"assess-first"} for found in faults)
    return "serves-nothing" in against and any(code in found for found in faults)


@examples(250)
@given(data=st.data(), of_modules=modules(), modalities=allowed_modalities())
def test_candidates_are_the_same(data, of_modules, modalities):
    of_people = data.draw(people(of_modules))
    target_grade = data.draw(st.none() | st.sampled_from(GRADES))
    found = core_candidates(of_people, of_modules, modalities, target_grade)
    by_id = {m.id: m for m in of_modules}
    for row, person in enumerate(of_people):
        for name, (serves, against) in expected_candidates(
            person, of_modules, modalities, target_grade
        ).items():
            served, reason = found[row, name]
            if not against:
                assert (served, reason) == (sorted(serves), None)
            else:
                assert served == []
                assert is_true_reason(reason, person, by_id[name], against)


@examples(50)
@given(data=st.data(), of_modules=modules(), modalities=allowed_modalities())
def test_a_batch_equals_each_one_alone_and_order_of_modules_is_nothing(
    data, of_modules, modalities
):
    of_people = data.draw(people(of_modules))
    found = core_candidates(of_people, of_modules, modalities)
    assert core_candidates(of_people, data.draw(st.permutations(of_modules)), modalities) == found
    for row, person in enumerate(of_people):
        alone = core_candidates([person], of_modules, modalities)
        assert all(alone[0, m.id] == found[row, m.id] for m in of_modules)


@pytest.mark.parametrize(
    ("level", "target", "step", "expected"),
    [
        (1.0, 2.0, (1.0, 2.0), None),
        (2.0, 2.0, (1.0, 3.0), "no-gap"),  # on the target
        (1.5, 3.0, (2.0, 3.0), None),  # exactly half a level below the beginning
        (1.499999, 3.0, (2.0, 3.0), "not-ready"),
        (2.0, 3.0, (1.0, 2.0), "level-reached"),  # exactly at its end
        (1.8, 2.0, (2.0, 3.0), "past-target"),  # begins at the target
        (0.0, 4.0, (0.0, 1.0), None),
        (None, 2.0, (0.0, 1.0), "assess-first"),
    ],
)
def test_thresholds_of_one_step(level, target, step, expected):
    person = Person(levels=(level, None, None), targets=(target, 1.0, 1.0), weights=(1, 1, 1))
    found = core_candidates([person], [oracle.Module("m", {0: step})], None)
    assert found[0, "m"] == ([] if expected else [0], expected)


@pytest.mark.parametrize(
    ("level", "target", "begin", "end"),
    [
        (0.57, 2.0, 1.07, 2.0),  # 0.57 + 0.5 is 1.0699999999999998 to a machine
        (1.9999999999999998, 2.0, 1.0, 3.0),  # 2 after rounding: no gap, nothing to serve
        (0.1 + 0.2, 2.0, 0.0, 0.3),  # 0.3 after rounding: its end is reached
        (0.1 + 0.2, 0.3, 0.0, 2.0),
    ],
)
def test_levels_are_compared_after_rounding(level, target, begin, end):
    serves = not oracle.faults_of_step(level, target, begin, end)
    found = serves_gap(*(np.array([v]) for v in (level, target, begin, end)))
    assert found.tolist() == [serves]


def test_a_chain_is_plannable_only_as_a_whole():
    """c needs b needs a: retire a, and all fall; complete it, and b and c stand."""
    chain = [
        oracle.Module("a", {0: (0.0, 1.0)}, retired=True),
        oracle.Module("b", {0: (0.0, 2.0)}, prerequisites=("a",)),
        oracle.Module("c", {0: (0.0, 3.0)}, prerequisites=("b",)),
    ]
    new = Person(levels=(0.5, None, None), targets=(3.0, 1.0, 1.0), weights=(1, 1, 1))
    done = Person(
        levels=new.levels,
        targets=new.targets,
        weights=new.weights,
        completions={"a": (oracle.months_before(AS_OF, 120),)},
    )
    found = core_candidates([new, done], chain, None)
    assert [found[0, name][1] for name in "abc"] == [
        "retired",
        "prerequisite-not-met",
        "prerequisite-not-met",
    ]
    assert [found[1, name][1] for name in "abc"] == ["retired", None, None]


def test_a_module_for_no_grade_is_for_nobody():
    person = Person(levels=(0.5, 1, 1), targets=(3.0, 1.0, 1.0), weights=(1, 1, 1), grade=GRADES[1])
    found = core_candidates([person], [oracle.Module("m", {0: (0.0, 1.0)}, grades=("g1",))], None)
    assert found[0, "m"] == ([], "wrong-grade")
