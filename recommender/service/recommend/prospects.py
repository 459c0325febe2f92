"""What could be recommended to people, and why other modules are not: found once for all."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from functools import cache, cached_property

import numpy as np
from numpy.typing import NDArray

from recommender.candidates import (
    CandidateArrays,
    Exclusion,
    explain_exclusions,
    find_candidates,
    permit,
)
from recommender.results import ExcludedModule, ServedCompetency
from recommender.service.estimates import Estimates
from recommender.service.framework import Framework
from recommender.service.levels.standing import Standing
from recommender.texts import say


@dataclass(frozen=True)
class Prospects:
    """The candidates of everybody in a standing, and what each module is expected to add.

    Only the `modalities` are allowed; all where they are None.
    """

    framework: Framework
    standing: Standing
    estimates: Estimates
    modalities: Collection[str] | None
    candidates: CandidateArrays

    @cached_property
    def exclusions(self) -> NDArray[np.int8]:
        """Why each module is no candidate, by person: codes of `Exclusion`; found once for all."""
        standing = self.standing
        return explain_exclusions(
            standing.levels.level,
            standing.targets,
            self.framework.modules,
            grade=standing.grade,
            candidate=self.candidates.candidate,
            target_grade=standing.target_grade,
            recently_completed=standing.recently_completed,
            modalities=self.modalities,
        )


def find_prospects(
    framework: Framework,
    standing: Standing,
    estimates: Estimates,
    *,
    modalities: Collection[str] | None = None,
) -> Prospects:
    """Find the candidates of everybody in a standing."""
    candidates = find_candidates(
        standing.levels.level,
        standing.targets,
        framework.modules,
        permitted=permit(
            framework.modules,
            standing.grade,
            target_grade=standing.target_grade,
            recently_completed=standing.recently_completed,
            modalities=modalities,
        ),
        completed=standing.completed,
    )
    return Prospects(framework, standing, estimates, modalities, candidates)


def describe_exclusions(prospects: Prospects, row: int, *, lang: str) -> tuple[ExcludedModule, ...]:
    """Return the modules that are no candidates for a person, by id, with the reason."""
    ids, reasons = prospects.framework.modules.ids, prospects.exclusions[row]
    excluded = sorted((ids[m], int(reasons[m])) for m in np.flatnonzero(reasons != Exclusion.NONE))
    return tuple(_exclude(module_id, reason, lang) for module_id, reason in excluded)


@cache
def _exclude(module_id: str, reason: int, lang: str) -> ExcludedModule:
    # kept: most modules are excluded for most people, and for a handful of reasons
    code = Exclusion(reason).code
    return ExcludedModule(module_id, code, say(f"exclusion.{code}", lang))


def describe_served(
    prospects: Prospects, row: int, modules: Sequence[int]
) -> list[tuple[ServedCompetency, ...]]:
    """Return the gaps that each of some modules serves for a person, the main competency first."""
    framework, standing = prospects.framework, prospects.standing
    arrays = framework.modules
    pairs = np.flatnonzero(prospects.candidates.serves[row])
    pairs = pairs[np.isin(arrays.pair_module[pairs], modules)]
    competencies = arrays.pair_competency[pairs]
    expected = prospects.estimates.describe(pairs, standing.levels.level[row, competencies])
    served: dict[int, list[ServedCompetency]] = {module: [] for module in modules}
    for module, k, estimate in zip(
        arrays.pair_module[pairs].tolist(), competencies.tolist(), expected, strict=True
    ):
        name, gap = framework.competency_ids[k], float(standing.gaps.gap[row, k])
        served[module].append(ServedCompetency(name, gap, *estimate))
    # pairs are in the order of the framework; a module names its main competency first
    for module, items in served.items():
        order = [part.id for part in framework.module_of[arrays.ids[module]].competencies]
        items.sort(key=lambda item: order.index(item.competency_id))
    return [tuple(served[module]) for module in modules]
