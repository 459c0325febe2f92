"""Which modules serve which gap of a person, and why others do not."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from enum import IntEnum
from functools import reduce
from graphlib import TopologicalSorter

import numpy as np
from numpy.typing import NDArray

from recommender.arrays import BoolArray, FloatArray, IntArray, round_off
from training_catalog.model import Modality, TrainingModule

# How far below its from-level a module may be started (DESIGN, section 4, "Candidate").
READINESS_LEVELS = 0.5
# The position is the code in `ModuleArrays.modality`.
MODALITIES = tuple(modality.value for modality in Modality)


class Exclusion(IntEnum):
    """Why a module is no candidate; the first that holds is named."""

    # The order carries meaning: where a module addresses several competencies, the highest code
    # among them is named, as it came nearest to a gap the module could serve.
    NONE = 0
    RETIRED = 1
    WRONG_GRADE = 2
    MODALITY_NOT_ALLOWED = 3
    COMPLETED_RECENTLY = 4
    ASSESS_FIRST = 5
    NO_GAP = 6
    LEVEL_REACHED = 7
    NOT_READY = 8
    PAST_TARGET = 9
    PREREQUISITE_NOT_MET = 10

    @property
    def code(self) -> str:
        """Name as it appears in results."""
        return self.name.lower().replace("_", "-")


@dataclass(frozen=True)
class ModuleArrays:
    """The modules of a catalogue as arrays, in the order of tie-breaks.

    A *pair* is a module and one competency it addresses; pairs are sorted by competency, then
    module.

    Parameters
    ----------
    ids : tuple of str
        Module ids, by hours, then id.
    hours, cost : ndarray of shape (n_modules,)
        Hours of a participant, CNY of a participant.
    retired : ndarray of shape (n_modules,)
        Whether the module is no longer given.
    modality : ndarray of shape (n_modules,)
        Position in `MODALITIES`.
    grade_allowed : ndarray of shape (n_grades, n_modules)
        Whether people of the grade may take it.
    repeat_months : ndarray of shape (n_modules,)
        Months after completion before it may be taken again.
    prerequisites : tuple of tuple of int
        Positions of the modules that come before; their order is `prerequisite_order`.
    prerequisite_order : tuple of int
        Modules with prerequisites, each after the ones it needs.
    pair_module, pair_competency : ndarray of shape (n_pairs,)
        Positions in `ids` and in the framework.
    pair_from, pair_to : ndarray of shape (n_pairs,)
        The step covered, in levels.
    pair_expert : ndarray of shape (n_pairs,)
        The catalogue's own estimate of the improvement, in levels.
    """

    ids: tuple[str, ...]
    hours: FloatArray
    cost: FloatArray
    retired: BoolArray
    modality: IntArray
    grade_allowed: BoolArray
    repeat_months: IntArray
    prerequisites: tuple[tuple[int, ...], ...]
    prerequisite_order: tuple[int, ...]
    pair_module: IntArray
    pair_competency: IntArray
    pair_from: FloatArray
    pair_to: FloatArray
    pair_expert: FloatArray

    @property
    def n_modules(self) -> int:
        """Number of modules."""
        return len(self.ids)


@dataclass(frozen=True)
class CandidateArrays:
    """What may be recommended.

    Parameters
    ----------
    serves : ndarray of shape (n_people, n_pairs)
        Whether the module serves the person's gap in that competency; False for every pair
        of a module that is no candidate.
    candidate : ndarray of shape (n_people, n_modules)
        Whether the module is a candidate.
    """

    serves: BoolArray
    candidate: BoolArray


def build_module_arrays(
    modules: Sequence[TrainingModule], *, competency_ids: Sequence[str], grade_ids: Sequence[str]
) -> ModuleArrays:
    """Turn catalogue modules into arrays.

    Parameters
    ----------
    modules : sequence of TrainingModule
        In any order, without prerequisite cycles.
    competency_ids, grade_ids : sequence of str
        In the order of the catalogue.

    Returns
    -------
    ModuleArrays
        In the order of tie-breaks.
    """
    # Rankings break ties by position, hence by hours, then id.
    ordered = sorted(modules, key=lambda m: (m.hours, m.id))
    position = {module.id: i for i, module in enumerate(ordered)}
    competency = {name: i for i, name in enumerate(competency_ids)}
    # A module addresses a competency once, so the parts themselves are never compared.
    pairs = sorted(
        (competency[part.id], i, part)
        for i, module in enumerate(ordered)
        for part in module.competencies
    )
    needs = [tuple(position[name] for name in module.prerequisites) for module in ordered]
    # In this order one pass over the modules settles whole chains of prerequisites.
    order = TopologicalSorter(dict(enumerate(needs))).static_order()
    return ModuleArrays(
        ids=tuple(module.id for module in ordered),
        hours=np.array([module.hours for module in ordered], dtype=float),
        cost=np.array([module.cost for module in ordered], dtype=float),
        retired=np.array([module.retired for module in ordered], dtype=bool),
        modality=np.array(
            [MODALITIES.index(module.modality.value) for module in ordered], dtype=np.int64
        ),
        grade_allowed=np.array(
            [[grade in module.grades for module in ordered] for grade in grade_ids], dtype=bool
        ).reshape(len(grade_ids), len(ordered)),
        repeat_months=np.array([module.repeat_months for module in ordered], dtype=np.int64),
        prerequisites=tuple(needs),
        prerequisite_order=tuple(i for i in order if needs[i]),
        pair_module=np.array([i for _, i, _ in pairs], dtype=np.int64),
        pair_competency=np.array([k for k, _, _ in pairs], dtype=np.int64),
        pair_from=np.array([part.from_level for _, _, part in pairs], dtype=float),
        pair_to=np.array([part.to_level for _, _, part in pairs], dtype=float),
        pair_expert=np.array([part.expert_improvement for _, _, part in pairs], dtype=float),
    )


def find_obstacles(
    level: FloatArray,
    target: FloatArray,
    from_level: FloatArray | float,
    to_level: FloatArray | float,
) -> list[tuple[Exclusion, BoolArray]]:
    """Say what keeps steps of modules from serving gaps; the arguments broadcast.

    Parameters
    ----------
    level, target : ndarray
        Of the person in the competency, in levels; NaN where there is no valid assessment.
    from_level, to_level : ndarray or float
        Of the module's step, in levels.

    Returns
    -------
    list of tuple
        Each reason with where it holds; of several the first is the one to name.

    References
    ----------
    DESIGN, section 4, "Candidate".
    """
    # Rounded, as a level of exactly 2 may come out of the sums a hair below 2.
    level = round_off(level)
    return [
        (Exclusion.ASSESS_FIRST, np.isnan(level)),
        (Exclusion.NO_GAP, level >= target),
        (Exclusion.LEVEL_REACHED, level >= to_level),
        (Exclusion.NOT_READY, round_off(level + READINESS_LEVELS) < from_level),
        (Exclusion.PAST_TARGET, target <= from_level),
    ]


def serves_gap(
    level: FloatArray,
    target: FloatArray,
    from_level: FloatArray | float,
    to_level: FloatArray | float,
) -> BoolArray:
    """Say which steps serve gaps: those with no obstacle; parameters as in `find_obstacles`."""
    return ~_any_of(find_obstacles(level, target, from_level, to_level))


def _any_of(reasons: list[tuple[Exclusion, BoolArray]]) -> BoolArray:
    return reduce(np.logical_or, (holds for _, holds in reasons))


def _find_bans(
    modules: ModuleArrays,
    grade: IntArray,
    target_grade: int | None,
    recently_completed: BoolArray | None,
    modalities: Collection[str] | None,
) -> list[tuple[Exclusion, BoolArray]]:
    """Say what forbids modules to people, whatever their gaps; the first is the one to name."""
    allowed = modules.grade_allowed[grade]
    if target_grade is not None:
        # what is for the present grade leads there too, as far as it serves a gap
        allowed = allowed | modules.grade_allowed[target_grade]
    bans = [(Exclusion.RETIRED, modules.retired), (Exclusion.WRONG_GRADE, ~allowed)]
    if modalities is not None:
        codes = [MODALITIES.index(name) for name in modalities]
        bans.append((Exclusion.MODALITY_NOT_ALLOWED, ~np.isin(modules.modality, codes)))
    if recently_completed is not None:
        bans.append((Exclusion.COMPLETED_RECENTLY, recently_completed))
    return bans


def permit(
    modules: ModuleArrays,
    grade: IntArray,
    *,
    target_grade: int | None = None,
    recently_completed: BoolArray | None = None,
    modalities: Collection[str] | None = None,
) -> BoolArray:
    """Say which modules a person may take at all.

    Parameters
    ----------
    modules : ModuleArrays
        The modules.
    grade : ndarray of shape (n_people,)
        Position of each person's grade.
    target_grade : int, optional
        Position of the grade whose targets they are to meet; its modules are open to them too.
    recently_completed : ndarray of shape (n_people, n_modules), optional
        Whether the person completed the module within its repeat interval.
    modalities : collection of str, optional
        The allowed modalities; all when not given.

    Returns
    -------
    ndarray of shape (n_people, n_modules)
        False where retired, not for the grade, not of an allowed modality or completed.
    """
    return ~_any_of(_find_bans(modules, grade, target_grade, recently_completed, modalities))


def require_prerequisites(
    candidate: BoolArray, modules: ModuleArrays, completed: BoolArray | None
) -> None:
    """Take out, in place, candidates whose prerequisites are neither completed nor candidates.

    Parameters
    ----------
    candidate : ndarray of shape (n_people, n_modules)
        Changed in place.
    modules : ModuleArrays
        The modules.
    completed : ndarray of shape (n_people, n_modules), optional
        Whether the person ever completed the module.
    """
    for module in modules.prerequisite_order:
        for before in modules.prerequisites[module]:
            met = candidate[:, before]
            candidate[:, module] &= met if completed is None else met | completed[:, before]


def find_candidates(
    levels: FloatArray,
    targets: FloatArray,
    modules: ModuleArrays,
    *,
    permitted: BoolArray,
    completed: BoolArray | None = None,
) -> CandidateArrays:
    """Find the modules that serve a gap and may be taken.

    Parameters
    ----------
    levels, targets : ndarray of shape (n_people, n_competencies)
        In levels; NaN where there is no valid assessment.
    modules : ModuleArrays
        The modules.
    permitted : ndarray of shape (n_people, n_modules)
        As `permit` returns it.
    completed : ndarray of shape (n_people, n_modules), optional
        Whether the person ever completed the module.

    Returns
    -------
    CandidateArrays
        Candidates and the pairs through which they serve.

    References
    ----------
    DESIGN, section 4, "Candidate".
    """
    serves = serves_gap(
        levels[:, modules.pair_competency],
        targets[:, modules.pair_competency],
        modules.pair_from,
        modules.pair_to,
    )
    # Few pairs serve a gap, so setting those is cheaper than reducing over the pairs of a module.
    candidate = np.zeros(permitted.shape, dtype=bool)
    person, pair = serves.nonzero()
    candidate[person, modules.pair_module[pair]] = True
    candidate &= permitted
    require_prerequisites(candidate, modules, completed)
    return CandidateArrays(serves=serves & candidate[:, modules.pair_module], candidate=candidate)


def explain_exclusions(
    levels: FloatArray,
    targets: FloatArray,
    modules: ModuleArrays,
    *,
    grade: IntArray,
    candidate: BoolArray,
    target_grade: int | None = None,
    recently_completed: BoolArray | None = None,
    modalities: Collection[str] | None = None,
) -> NDArray[np.int8]:
    """Name the reason why each module is no candidate.

    Parameters
    ----------
    levels, targets : ndarray of shape (n_people, n_competencies)
        In levels; NaN where there is no valid assessment.
    modules : ModuleArrays
        The modules.
    grade : ndarray of shape (n_people,)
        Position of each person's grade.
    candidate : ndarray of shape (n_people, n_modules)
        As `find_candidates` returns it.
    target_grade : int, optional
        Position of the grade whose targets they are to meet.
    recently_completed : ndarray of shape (n_people, n_modules), optional
        Whether the person completed the module within its repeat interval.
    modalities : collection of str, optional
        The allowed modalities.

    Returns
    -------
    ndarray of shape (n_people, n_modules)
        Codes of `Exclusion`; where a module addresses several competencies, the reason of
        the one that came nearest to a gap it could serve.
    """
    obstacles = find_obstacles(
        levels[:, modules.pair_competency],
        targets[:, modules.pair_competency],
        modules.pair_from,
        modules.pair_to,
    )
    # A pair without any obstacle belongs to a module that lacks a prerequisite: whatever else could
    # keep it from being a candidate is a ban, and bans are named first.
    by_pair = _first_of(obstacles, otherwise=Exclusion.PREREQUISITE_NOT_MET)
    nearest = np.zeros(candidate.shape, dtype=np.int8)
    # Transposed, because `at` takes its indices along the first axis.
    np.maximum.at(nearest.T, modules.pair_module, by_pair.T)
    bans = _find_bans(modules, grade, target_grade, recently_completed, modalities)
    return _first_of([(Exclusion.NONE, candidate), *bans], otherwise=nearest)


def _first_of(
    reasons: list[tuple[Exclusion, BoolArray]], *, otherwise: NDArray[np.int8] | Exclusion
) -> NDArray[np.int8]:
    codes, holds = zip(*reasons, strict=True)
    return np.select(holds, codes, otherwise).astype(np.int8)
