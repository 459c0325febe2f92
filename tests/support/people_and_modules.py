"""Random people and modules for the properties of candidates and ranking."""

from dataclasses import dataclass, field
from datetime import date, timedelta

import numpy as np
import oracle
from core_inputs import GRADES
from hypothesis import strategies as st

N_COMPETENCIES = 3
AS_OF = date(2026, 8, 31)
LEVELS = [0.0, 0.5, 1.0, 1.333333333333, 1.5, 2.0, 2.5, 3.0, 3.2, 4.0]
MODALITIES = ["classroom", "online", "coaching"]


@dataclass(frozen=True)
class Person:
    levels: tuple  # None: not assessed
    targets: tuple
    weights: tuple
    grade: str = "g1"
    completions: dict = field(default_factory=dict)

    def known_levels(self):
        return {k: level for k, level in enumerate(self.levels) if level is not None}

    def known_targets(self):
        return dict(enumerate(self.targets))

    def gaps(self):
        return {
            k: oracle.find_gap(level, 0.35, self.targets[k], self.weights[k]).gap
            for k, level in self.known_levels().items()
        }


@st.composite
def modules(draw, *, most=6):
    """Modules with prerequisites among those before them; ids say nothing of the order."""
    names = draw(st.lists(st.sampled_from("abcdefgh"), unique=True, min_size=1, max_size=most))
    made = []
    for i, name in enumerate(names):
        steps = {}
        for k in draw(
            st.lists(st.integers(0, N_COMPETENCIES - 1), unique=True, min_size=1, max_size=3)
        ):
            ends = st.lists(st.sampled_from(LEVELS), unique=True, min_size=2, max_size=2)
            steps[k] = tuple(sorted(draw(ends)))
        made.append(
            oracle.Module(
                id=f"m-{name}",
                steps=steps,
                hours=draw(st.sampled_from([2.0, 4.0, 8.0, 8.0, 12.5])),
                cost=draw(st.sampled_from([0.0, 0.0, 300.0, 600.0, 1999.5])),
                modality=draw(st.sampled_from(MODALITIES)),
                prerequisites=tuple(
                    draw(st.lists(st.sampled_from([m.id for m in made]), unique=True, max_size=2))
                    if i
                    else ()
                ),
                repeat_months=draw(st.sampled_from([24, 12, 6, 0])),
                grades=draw(st.sampled_from([GRADES, GRADES, ("g1",), ("g2",)])),
                retired=draw(st.integers(0, 9)) == 0,
            )
        )
    return made


@st.composite
def people(draw, of_modules, *, most=3):
    """People with levels on and beside the thresholds of the modules."""
    steps = [bound for m in of_modules for step in m.steps.values() for bound in step]
    near = [max(0.0, bound - 0.5) for bound in steps]
    level = st.none() | st.sampled_from([*LEVELS, *steps, *near])

    def person():
        completions = {}
        for m in of_modules:
            if draw(st.integers(0, 3)) == 0:
                edge = oracle.months_before(AS_OF, m.repeat_months)
                shift = timedelta(days=draw(st.sampled_from([-400, -1, 0, 1])))
                completions[m.id] = (min(edge + shift, AS_OF),)
        n = N_COMPETENCIES
        return Person(
            levels=tuple(draw(level) for _ in range(n)),
            targets=tuple(draw(st.sampled_from([1.0, 2.0, 2.5, 3.0, 4.0])) for _ in range(n)),
            weights=tuple(draw(st.sampled_from([0.5, 1.0, 1.5])) for _ in range(n)),
            grade=draw(st.sampled_from(GRADES)),
            completions=completions,
        )

    return [person() for _ in range(draw(st.integers(1, most)))]


@st.composite
def allowed_modalities(draw):
    return draw(st.none() | st.lists(st.sampled_from(MODALITIES), unique=True, max_size=3))


def person_arrays(of_people):
    """Levels, targets, weights and grades; a row a person."""
    return (
        np.array([[np.nan if v is None else v for v in p.levels] for p in of_people], dtype=float),
        np.array([p.targets for p in of_people], dtype=float),
        np.array([p.weights for p in of_people], dtype=float),
        np.array([GRADES.index(p.grade) for p in of_people], dtype=np.int64),
    )


def expected_candidates(person, of_modules, modalities, target_grade=None):
    return oracle.find_candidates(
        of_modules,
        person.known_levels(),
        person.known_targets(),
        grade=person.grade,
        modalities=modalities,
        completions=person.completions,
        as_of=AS_OF,
        target_grade=target_grade,
    )
