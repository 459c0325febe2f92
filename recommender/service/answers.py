"""Gaps and recommendations: arrays of the core into answers for people."""

from __future__ import annotations

from collections.abc import Collection

import numpy as np

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
from recommender.scoring import SOURCES, to_date
from recommender.service.estimates import Estimates
from recommender.service.framework import Framework, profiles_in_force
from recommender.service.standing import Standing
from recommender.texts import say

_RATINGS = SOURCES.index("ratings")


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
                method=_method(standing, row, k) if assessed else None,
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


def _method(standing: Standing, row: int, k: int) -> str:
    source = SOURCES[standing.levels.source[row, k]]
    if source != "imported":
        return source
    return str(standing.snapshot.assessments["method"].iloc[standing.levels.row[row, k]])


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
    modules = framework.modules
    one = slice(row, row + 1)
    reasons = explain_exclusions(
        standing.levels.level[one],
        standing.targets[one],
        modules,
        grade=standing.grade[one],
        candidate=candidates.candidate[one],
        recently_completed=standing.recently_completed[one],
        modalities=modalities,
    )[0]
    excluded = [
        ExcludedModule(
            module_id=modules.ids[m],
            reason=Exclusion(reasons[m]).code,
            explanation=say(f"exclusion.{Exclusion(reasons[m]).code}", lang),
        )
        for m in np.flatnonzero(reasons)
    ]
    return tuple(sorted(excluded, key=lambda item: item.module_id))


def describe_served(
    framework: Framework,
    standing: Standing,
    gaps: GapArrays,
    candidates: CandidateArrays,
    estimates: Estimates,
    row: int,
    module: int,
) -> tuple[ServedCompetency, ...]:
    """Return the gaps a module serves for a person, the main competency first."""
    modules = framework.modules
    pairs = np.flatnonzero((modules.pair_module == module) & candidates.serves[row])
    order = [part.id for part in framework.module_of[modules.ids[module]].competencies]
    served: list[ServedCompetency] = []
    for pair in pairs.tolist():
        k = modules.pair_competency[pair]
        found = estimates.describe(pair, float(standing.levels.level[row, k]))
        served.append(
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
    return tuple(sorted(served, key=lambda item: order.index(item.competency_id)))


def describe_recommendations(
    framework: Framework,
    standing: Standing,
    estimates: Estimates,
    row: int,
    *,
    top: int,
    objective: Objective,
    modalities: Collection[str] | None,
    hours: float | None = None,
    budget: float | None = None,
    lang: str,
) -> Recommendations:
    """Rank the modules for one person.

    Parameters
    ----------
    framework : Framework
        The catalogue.
    standing : Standing
        Where people stand.
    estimates : Estimates
        What each module is expected to add.
    row : int
        Whom to recommend to; a row of `standing.people`.
    top : int
        How many modules at most.
    objective : Objective
        What the ranking goes by.
    modalities : collection of str, optional
        The allowed modalities; all when not given.
    hours, budget : float, optional
        No module that takes more hours, or costs more CNY.
    lang : str
        Language of the reasons.

    Returns
    -------
    Recommendations
        Best first, and every module that is no candidate with its reason.
    """
    modules = framework.modules
    one = slice(row, row + 1)
    ranked = rank_modules(
        standing.levels.level[one],
        standing.targets[one],
        standing.weights[one],
        modules,
        estimates.coefficients,
        grade=standing.grade[one],
        top=top if hours is None and budget is None else len(modules.ids),
        objective=objective,
        completed=standing.completed[one],
        recently_completed=standing.recently_completed[one],
        modalities=modalities,
    )
    gaps = compare_with_targets(standing)
    candidates = match_modules(framework, standing, modalities=modalities)
    found: list[Recommendation] = []
    for module, closed in zip(ranked.module[0], ranked.expected_gap_closed[0], strict=True):
        if module < 0 or len(found) == top:
            break
        if hours is not None and modules.hours[module] > hours:
            continue
        if budget is not None and modules.cost[module] > budget:
            continue
        served = describe_served(framework, standing, gaps, candidates, estimates, row, int(module))
        found.append(
            Recommendation(
                rank=len(found) + 1,
                module_id=modules.ids[module],
                expected_gap_closed=float(closed),
                hours=float(modules.hours[module]),
                cost=float(modules.cost[module]),
                competencies=served,
                reasons=tuple(
                    reason for item in served for reason in explain_served(framework, item, lang)
                ),
            )
        )
    return Recommendations(
        person_id=standing.people["person_id"].iloc[row],
        as_of=standing.as_of,
        objective=objective.value,
        model_id=estimates.model_id,
        catalog_digest=framework.catalog.digest,
        recommendations=tuple(found),
        excluded=describe_exclusions(
            framework, standing, candidates, row, modalities=modalities, lang=lang
        ),
    )


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
