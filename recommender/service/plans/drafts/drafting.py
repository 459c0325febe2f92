"""A draft out of where somebody stands."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from recommender.results import Gaps, Plan, PlanActivity
from recommender.service.levels.gaps import describe_gaps
from recommender.service.levels.standing import Standing, aim_at
from recommender.service.plans.choices import PlanRequest, find_target_grade
from recommender.service.plans.dates import Dates
from recommender.service.plans.making import make_plan
from recommender.service.recommend.prospects import Prospects, find_prospects
from recommender.service.session import Session


@dataclass(frozen=True)
class PlanDraft:
    """A plan that is not kept, and the gaps it answers."""

    gaps: Gaps
    plan: Plan


def find_plan_prospects(session: Session, standing: Standing, request: PlanRequest) -> Prospects:
    service, framework = session.service, session.service.framework
    standing = aim_at(standing, framework, find_target_grade(framework, request))
    return find_prospects(framework, standing, service.estimates, modalities=request.modalities)


def draft_row(
    session: Session,
    prospects: Prospects,
    row: int,
    request: PlanRequest,
    runs: Mapping[str, Sequence[Dates]],
    undone: Sequence[PlanActivity],
) -> PlanDraft:
    plan = make_plan(prospects, row, request, runs=runs, lang=session.lang, undone=undone)
    return PlanDraft(describe_gaps(prospects.framework, prospects.standing, row), plan)
