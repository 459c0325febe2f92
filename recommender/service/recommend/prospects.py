"""What could be recommended to people, and why the rest is not: found once for all of them."""

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

    Parameters
    ----------
    framework : Framework
        The catalogue.
    standing : Standing
        Where the people stand.
    estimates : Estimates
        What each module is expected to add.
    modalities : collection of str or None
        The allowed modalities; all where None.
    candidates : CandidateArrays
        Which modules serve a gap of whom.
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
            recently_completed=standing.recently_completed,
            modalities=modalities,
        ),
        completed=standing.completed,
    )
    return Prospects(framework, standing, estimates, modalities, candidates)


def describe_exclusions(prospects: Prospects, row: int, *, lang: str) -> tuple[ExcludedModule, ...]:
    """Return the modules that are no candidates for a person, by id, with the reason."""
    standing, modules = prospects.standing, prospects.framework.modules
    one = slice(row, row + 1)
    reasons = explain_exclusions(
        standing.levels.level[one],
        standing.targets[one],
        modules,
        grade=standing.grade[one],
        candidate=prospects.candidates.candidate[one],
        recently_completed=standing.recently_completed[one],
        modalities=prospects.modalities,
    )[0].tolist()
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
    for module, k, found in zip(
        arrays.pair_module[pairs].tolist(), competencies.tolist(), expected, strict=True
    ):
        served[module].append(
            ServedCompetency(
                competency_id=framework.competency_ids[k],
                gap=float(standing.gaps.gap[row, k]),
                expected_improvement=found.improvement,
                lower=found.lower,
                upper=found.upper,
                evidence_count=found.evidence_count,
                basis=found.basis,
            )
        )
    for module, items in served.items():
        order = [part.id for part in framework.module_of[arrays.ids[module]].competencies]
        items.sort(key=lambda item: order.index(item.competency_id))
    return [tuple(served[module]) for module in modules]
