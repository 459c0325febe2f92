"""What could be recommended to people, and why other modules are not: found once for all."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

import numpy as np

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
    standing, modules = prospects.standing, prospects.framework.modules
    one = slice(row, row + 1)  # the core knows only batches: one person is a batch of one
    reasons = explain_exclusions(
        standing.levels.level[one],
        standing.targets[one],
        modules,
        grade=standing.grade[one],
        candidate=prospects.candidates.candidate[one],
        target_grade=standing.target_grade,
        recently_completed=standing.recently_completed[one],
        modalities=prospects.modalities,
    )[0].tolist()
    # once for each reason: of hundreds of modules most are excluded, for a handful of reasons
    words: dict[int, tuple[str, str]] = {}
    for reason in set(reasons) - {Exclusion.NONE}:
        code = Exclusion(reason).code
        words[reason] = code, say(f"exclusion.{code}", lang)
    excluded = [
        ExcludedModule(modules.ids[module], *words[reason])
        for module, reason in enumerate(reasons)
        if reason != Exclusion.NONE
    ]
    return tuple(sorted(excluded, key=lambda item: item.module_id))


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
