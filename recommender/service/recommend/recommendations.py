"""Modules ranked for people, with a note of what was shown to whom."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

import numpy as np

from recommender.arrays import BoolArray
from recommender.ranking import Objective, RankedArrays, rank_modules
from recommender.results import Recommendation, Recommendations
from recommender.service.estimates import Estimates, load_estimates
from recommender.service.framework import Framework, require_target_grade
from recommender.service.levels.standing import Standing, aim_at, read_standing
from recommender.service.permissions import Permission
from recommender.service.recommend.prospects import (
    describe_exclusions,
    describe_served,
    find_prospects,
)
from recommender.service.recommend.wording import explain_served, say_cautions
from recommender.service.session import Session

T = TypeVar("T")


@dataclass(frozen=True)
class RecommendationRequest:
    """How to rank, and what to leave out.

    Parameters
    ----------
    top : int
        How many modules at most.
    objective : Objective
        What the ranking goes by.
    hours, budget : float or None
        The most hours that a single module may take, and the most CNY that it may cost.
    modalities : tuple of str or None
        The allowed modalities; all where None.
    target_grade : str or None
        The grade whose targets count; each person's own where None.
    """

    top: int = 10
    objective: Objective = Objective.GAP
    hours: float | None = None
    budget: float | None = None
    modalities: tuple[str, ...] | None = None
    target_grade: str | None = None


def recommend_modules(
    session: Session,
    person_id: str,
    request: RecommendationRequest,
    *,
    as_of: dt.date,
    render: Callable[[Recommendations], T],
    model_id: str | None = None,
) -> T:
    """Rank the modules that are worth a person's time, and note what is shown at which rank.

    Parameters
    ----------
    session : Session
        Who asks; needs `Permission.READ_RECOMMENDATIONS`.
    person_id : str
        Whom to rank for.
    request : RecommendationRequest
        How to rank, and what to leave out.
    as_of : date
        The day of levels and completions.
    render : callable
        Makes the answer from the ranking, such as `as_it_is`. Its result is held until something
        changes that the ranking rests on.
    model_id : str, optional
        Rank by this model, not by the one in force.

    Returns
    -------
    object
        What `render` returned.

    Raises
    ------
    NotFoundError
        If there is no such person within the principal's scope, or no such model.
    InputError
        If there is no such target grade.
    """
    session.need(Permission.READ_RECOMMENDATIONS)
    service, framework = session.service, session.service.framework
    require_target_grade(framework, request.target_grade, field="query:target_grade")
    estimates = service.estimates
    if model_id is not None:
        estimates = load_estimates(framework, service.models, model_id)
    with session.reading() as connection:
        person = session.person(connection, person_id)
        # all that the answer rests on, so that nothing has to be invalidated (DECISIONS 10)
        key = (
            person.ref,
            person.version,
            request,
            as_of,
            session.lang,
            estimates.model_id,
            framework.catalog.digest,
            render,
        )
        found = service.caches.rankings.get(key) or read_standing(
            connection, framework, as_of=as_of, person_ids=[person_id]
        )
    if isinstance(found, Standing):
        (ranked,) = rank_for_people(framework, found, estimates, request, lang=session.lang)
        # rendered, because that takes longer than the ranking
        found = ranked, render(ranked)
        service.caches.rankings.put(key, found)
    ranked, answer = found
    # held or not: how often somebody was shown a module is judged later (DECISIONS 10)
    session.showed([ranked])
    return answer


def as_it_is(ranked: Recommendations) -> Recommendations:
    """Render a ranking as it is, for callers that need no other form."""
    # a function with a name, because `render` is part of the cache's key
    return ranked


def rank_for_people(
    framework: Framework,
    standing: Standing,
    estimates: Estimates,
    request: RecommendationRequest,
    *,
    lang: str,
) -> list[Recommendations]:
    """Rank the modules for everybody in a standing, in its order.

    Best first, and every module that is no candidate with its reason.
    """
    standing = aim_at(standing, framework, request.target_grade)
    prospects = find_prospects(framework, standing, estimates, modalities=request.modalities)
    modules, affordable = framework.modules, _find_affordable(framework, request)
    ranked = rank_standing(framework, standing, estimates, request)
    ranking: list[Recommendations] = []
    for row, person_id in enumerate(standing.people["person_id"].tolist()):
        closed = {
            module: (gap_closed, value)
            for module, gap_closed, value in zip(
                ranked.module[row].tolist(),
                ranked.expected_gap_closed[row].tolist(),
                ranked.value[row].tolist(),
                strict=True,
            )
            if module >= 0 and affordable[module]  # -1 fills the row of a person with fewer
        }
        chosen = list(closed)[: request.top]
        served = describe_served(prospects, row, chosen)
        excluded = describe_exclusions(prospects, row, lang=lang)
        ranking.append(
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
                        expected_gap_closed=closed[module][0],
                        hours=float(modules.hours[module]),
                        cost=float(modules.cost[module]),
                        competencies=parts,
                        reasons=tuple(
                            reason
                            for part in parts
                            for reason in explain_served(framework, part, lang)
                        )
                        + tuple(say_cautions(estimates.cautions(modules.ids[module]), lang)),
                        # JSON knows no infinity
                        # nor where the order is all that is known: what it goes by is no size
                        value=closed[module][1]
                        if estimates.size_known and math.isfinite(closed[module][1])
                        else None,
                    )
                    for rank, (module, parts) in enumerate(
                        zip(chosen, served, strict=True), start=1
                    )
                ),
                excluded=excluded,
                further=len(modules.ids) - len(chosen) - len(excluded),
                size_known=estimates.size_known,
                target_grade=request.target_grade,
            )
        )
    return ranking


def rank_standing(
    framework: Framework, standing: Standing, estimates: Estimates, request: RecommendationRequest
) -> RankedArrays:
    """Rank the modules for everybody in a standing, as arrays.

    Modules that are too long or too dear are still among them: all are ranked then.
    """
    modules = framework.modules
    return rank_modules(
        standing.levels.level,
        standing.targets,
        standing.weights,
        modules,
        estimates.table,
        grade=standing.grade,
        # all of them where some are to be left out afterwards, or fewer than `top` would remain
        top=request.top if _find_affordable(framework, request).all() else len(modules.ids),
        objective=request.objective,
        completed=standing.completed,
        recently_completed=standing.recently_completed,
        modalities=request.modalities,
        order=estimates.order,
        target_grade=standing.target_grade,
    )


def _find_affordable(framework: Framework, request: RecommendationRequest) -> BoolArray:
    modules = framework.modules
    affordable = np.ones(len(modules.ids), dtype=bool)
    if request.hours is not None:
        affordable &= modules.hours <= request.hours
    if request.budget is not None:
        affordable &= modules.cost <= request.budget
    return affordable
