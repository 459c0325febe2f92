"""Gaps and recommendations: arrays of the core into answers for people."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

import numpy as np

from recommender.arrays import to_date
from recommender.candidates import (
    CandidateArrays,
    Exclusion,
    explain_exclusions,
    find_candidates,
    permit,
)
from recommender.gaps import GapArrays, find_gaps
from recommender.ranking import Objective, rank_modules
from recommender.results import (
    CompetencyGap,
    ExcludedModule,
    Gaps,
    Recommendation,
    Recommendations,
    ServedCompetency,
)
from recommender.scoring import SOURCES
from recommender.service.estimates import Estimates
from recommender.service.framework import Framework, profiles_in_force
from recommender.service.levels.standing import Standing
from recommender.texts import say

_RATINGS = SOURCES.index("ratings")


@dataclass(frozen=True)
class RecommendationRequest:
    """What a ranking is asked to keep to.

    Parameters
    ----------
    top : int
        How many modules at most.
    objective : Objective
        What the ranking goes by.
    hours, budget : float or None
        No module that takes more hours, or costs more CNY.
    modalities : tuple of str or None
        The allowed modalities; all where None.
    """

    top: int = 10
    objective: Objective = Objective.GAP
    hours: float | None = None
    budget: float | None = None
    modalities: tuple[str, ...] | None = None


def compare_with_targets(standing: Standing) -> GapArrays:
    """Return the gaps of everybody in a standing."""
    return find_gaps(
        standing.levels.level,
        standing.targets,
        standing.levels.standard_error,
        weights=standing.weights,
    )


def describe_gaps(framework: Framework, standing: Standing, gaps: GapArrays, row: int) -> Gaps:
    """Return one person's gaps.

    Parameters
    ----------
    framework : Framework
        The catalogue.
    standing : Standing
        Where people stand.
    gaps : GapArrays
        Their gaps.
    row : int
        Whose; a row of `standing.people`.

    Returns
    -------
    Gaps
        In framework order.
    """
    person = standing.people.iloc[row]
    profile = profiles_in_force(framework, standing.as_of)[person["grade"]]
    levels = standing.levels
    found: list[CompetencyGap] = []
    for k, name in enumerate(framework.competency_ids):
        source = int(levels.source[row, k])
        assessed = source >= 0
        found.append(
            CompetencyGap(
                competency_id=name,
                status="assessed" if assessed else "assess-first",
                level=float(levels.level[row, k]) if assessed else None,
                standard_error=float(levels.standard_error[row, k]) if assessed else None,
                target=float(standing.targets[row, k]),
                gap=float(gaps.gap[row, k]) if assessed else None,
                weight=float(standing.weights[row, k]),
                confidence=float(gaps.confidence[row, k]) if assessed else None,
                priority=float(gaps.priority[row, k]) if assessed else None,
                method=_method(framework, standing, row, k) if assessed else None,
                assessed_on=to_date(int(levels.day[row, k])) if assessed else None,
                disagreement=source == _RATINGS
                and bool(standing.assessments[_RATINGS].disagreement[levels.row[row, k]]),
            )
        )
    return Gaps(
        person_id=person["person_id"],
        as_of=standing.as_of,
        grade=person["grade"],
        profile_effective_on=profile.effective_on,
        competencies=tuple(found),
    )


def _method(framework: Framework, standing: Standing, row: int, k: int) -> str:
    source = SOURCES[standing.levels.source[row, k]]
    if source != "imported":
        return source
    # `levels.row` counts those of the framework's competencies only
    rows = standing.snapshot.assessments
    known = rows["competency_id"].isin(framework.competency_ids)
    return str(rows["method"][known].iloc[standing.levels.row[row, k]])


def match_modules(
    framework: Framework, standing: Standing, *, modalities: Collection[str] | None = None
) -> CandidateArrays:
    """Return which modules are candidates for everybody in a standing."""
    return find_candidates(
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


def describe_exclusions(
    framework: Framework,
    standing: Standing,
    candidates: CandidateArrays,
    row: int,
    *,
    modalities: Collection[str] | None,
    lang: str,
) -> tuple[ExcludedModule, ...]:
    """Return the modules that are no candidates for a person, by id, with the reason."""
    ids = framework.modules.ids
    one = slice(row, row + 1)
    reasons = explain_exclusions(
        standing.levels.level[one],
        standing.targets[one],
        framework.modules,
        grade=standing.grade[one],
        candidate=candidates.candidate[one],
        recently_completed=standing.recently_completed[one],
        modalities=modalities,
    )[0].tolist()
    words: dict[int, tuple[str, str]] = {}
    for reason in set(reasons) - {Exclusion.NONE}:
        code = Exclusion(reason).code
        words[reason] = code, say(f"exclusion.{code}", lang)
    excluded = [
        ExcludedModule(ids[module], *words[reason])
        for module, reason in enumerate(reasons)
        if reason != Exclusion.NONE
    ]
    return tuple(sorted(excluded, key=lambda item: item.module_id))


def describe_served(
    framework: Framework,
    standing: Standing,
    gaps: GapArrays,
    candidates: CandidateArrays,
    estimates: Estimates,
    row: int,
    modules: Sequence[int],
) -> list[tuple[ServedCompetency, ...]]:
    """Return the gaps that each of some modules serves for a person, the main competency first."""
    arrays = framework.modules
    pairs = np.flatnonzero(candidates.serves[row])
    pairs = pairs[np.isin(arrays.pair_module[pairs], modules)]
    competencies = arrays.pair_competency[pairs]
    expected = estimates.describe(pairs, standing.levels.level[row, competencies])
    served: dict[int, list[ServedCompetency]] = {module: [] for module in modules}
    for module, k, found in zip(
        arrays.pair_module[pairs].tolist(), competencies.tolist(), expected, strict=True
    ):
        served[module].append(
            ServedCompetency(
                competency_id=framework.competency_ids[k],
                gap=float(gaps.gap[row, k]),
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


def describe_recommendations(
    framework: Framework,
    standing: Standing,
    estimates: Estimates,
    request: RecommendationRequest,
    *,
    lang: str,
) -> list[Recommendations]:
    """Rank the modules for everybody in a standing.

    Parameters
    ----------
    framework : Framework
        The catalogue.
    standing : Standing
        Where people stand.
    estimates : Estimates
        What each module is expected to add.
    request : RecommendationRequest
        What to keep to.
    lang : str
        Language of the reasons.

    Returns
    -------
    list of Recommendations
        In the order of `standing.people`; best first, and every module that is no candidate with
        its reason.
    """
    modules = framework.modules
    affordable = np.ones(len(modules.ids), dtype=bool)
    if request.hours is not None:
        affordable &= modules.hours <= request.hours
    if request.budget is not None:
        affordable &= modules.cost <= request.budget
    ranked = rank_modules(
        standing.levels.level,
        standing.targets,
        standing.weights,
        modules,
        estimates.coefficients,
        grade=standing.grade,
        top=request.top if affordable.all() else len(modules.ids),
        objective=request.objective,
        completed=standing.completed,
        recently_completed=standing.recently_completed,
        modalities=request.modalities,
    )
    gaps = compare_with_targets(standing)
    candidates = match_modules(framework, standing, modalities=request.modalities)
    answers: list[Recommendations] = []
    for row, person_id in enumerate(standing.people["person_id"].tolist()):
        closed = {
            module: value
            for module, value in zip(
                ranked.module[row].tolist(), ranked.expected_gap_closed[row].tolist(), strict=True
            )
            if module >= 0 and affordable[module]
        }
        chosen = list(closed)[: request.top]
        served = describe_served(framework, standing, gaps, candidates, estimates, row, chosen)
        answers.append(
            Recommendations(
                person_id=person_id,
                as_of=standing.as_of,
                objective=request.objective.value,
                model_id=estimates.model_id,
                catalog_digest=framework.catalog.digest,
                recommendations=tuple(
                    Recommendation(
                        rank=rank,
                        module_id=modules.ids[module],
                        expected_gap_closed=closed[module],
                        hours=float(modules.hours[module]),
                        cost=float(modules.cost[module]),
                        competencies=parts,
                        reasons=tuple(
                            reason
                            for part in parts
                            for reason in explain_served(framework, part, lang)
                        ),
                    )
                    for rank, (module, parts) in enumerate(
                        zip(chosen, served, strict=True), start=1
                    )
                ),
                excluded=describe_exclusions(
                    framework, standing, candidates, row, modalities=request.modalities, lang=lang
                ),
            )
        )
    return answers


def explain_served(framework: Framework, item: ServedCompetency, lang: str) -> list[str]:
    """Say in words what a module should do for a gap, and how that is known."""
    values = {
        "competency": framework.competencies[item.competency_id].name.in_language(lang),
        "gap": f"{item.gap:.2f}",
        "closes": f"{max(0.0, min(item.gap, item.expected_improvement)):.2f}",
        "count": item.evidence_count,
    }
    if item.lower is None or item.upper is None:
        return [say("reason.served", lang, **values), say("reason.expert", lang)]
    values |= {
        "gain": f"{item.expected_improvement:.2f}",
        "lower": f"{item.lower:.2f}",
        "upper": f"{item.upper:.2f}",
    }
    return [say("reason.served", lang, **values), say(f"reason.{item.basis}", lang, **values)]
