"""A plan as the document that employee, manager and HR read and sign."""

from __future__ import annotations

import numpy as np
import pandas as pd

from recommender.documents import (
    CompetencyRow,
    LeftOutModule,
    PlanDocument,
    PlanItemRow,
    ServedGap,
)
from recommender.gaps import GapArrays
from recommender.results import ExcludedModule, Plan, ServedCompetency
from recommender.service.answers import describe_gaps
from recommender.service.framework import Framework
from recommender.service.framing import find_path
from recommender.service.standing import Standing
from recommender.texts import all_texts, say
from training_catalog import LearningPath

# reasons why a module is not in the plan that a reader of the plan would ask about
_WORTH_SAYING = (
    "not-wanted",
    "needs-unwanted",
    "over-hours",
    "over-budget",
    "prerequisite-too-long",
    "completed-recently",
    "prerequisite-not-met",
    "adds-nothing",
    "not-ready",
)


def build_plan_document(
    framework: Framework,
    standing: Standing,
    gaps: GapArrays,
    row: int,
    plan: Plan,
    offerings: pd.DataFrame,
    *,
    lang: str,
) -> PlanDocument:
    """Put a plan into the words of its readers.

    Parameters
    ----------
    framework : Framework
        The catalogue.
    standing : Standing
        Where people stand.
    gaps : GapArrays
        Their gaps.
    row : int
        Whose plan; a row of `standing.people`.
    plan : Plan
        The plan.
    offerings : DataFrame
        Where the places of offerings are looked up.
    lang : str
        ``zh-CN`` or ``en``.

    Returns
    -------
    PlanDocument
        Everything the document shows.
    """
    person = standing.people.iloc[row]
    catalog = framework.catalog
    category_of = {name: c.name for c in catalog.categories for name in c.competencies}
    places = dict(zip(offerings["offering_id"], offerings["place"], strict=True))
    name_of = {c.id: c.name.in_language(lang) for c in catalog.competencies}
    found = describe_gaps(framework, standing, gaps, row)
    path = None if plan.path_id is None else find_path(framework, plan.path_id)
    return PlanDocument(
        plan_id=plan.plan_id,
        person_id=plan.person_id,
        name=person["name"],
        org_unit=" / ".join(person["org_unit"].split("/")),
        grade=next(g.name.in_language(lang) for g in catalog.grades if g.id == person["grade"]),
        manager=person["manager_name"] or "",
        as_of=plan.as_of,
        synthetic=bool(person["synthetic"]),
        status="draft",
        competencies=tuple(
            CompetencyRow(
                category=category_of[item.competency_id].in_language(lang),
                name=name_of[item.competency_id],
                target=item.target,
                weight=item.weight,
                level=item.level,
                standard_error=item.standard_error,
                gap=item.gap,
                confidence=item.confidence,
                priority=item.priority,
                method=name_method(item.method, lang),
                assessed_on=item.assessed_on,
            )
            for item in found.competencies
        ),
        items=tuple(
            PlanItemRow(
                order=item.order,
                title=framework.module_of[item.module_id].title.in_language(lang),
                modality=say(f"modality.{framework.module_of[item.module_id].modality}", lang),
                hours=item.hours,
                cost=item.cost,
                starts_on=item.starts_on,
                ends_on=item.ends_on,
                place=(places.get(item.offering_id) or "") if item.offering_id else "",
                serves=tuple(_served(part, name_of) for part in item.competencies),
                reasons=item.order_reasons,
                stage=item.stage or "",
            )
            for item in plan.items
        ),
        left_out=tuple(
            LeftOutModule(
                title=framework.module_of[item.module_id].title.in_language(lang),
                reason=item.explanation,
            )
            for item in _worth_saying(plan, path)
        ),
        assess_first=tuple(name_of[name] for name in plan.assess_first),
        total_hours=plan.total_hours,
        total_cost=plan.total_cost,
        hours_budget=plan.hours_budget,
        cost_budget=plan.cost_budget,
        expected_gap_closed=plan.expected_gap_closed,
        objective=say("objective.gap", lang, hour_price=f"{plan.hour_price:g}"),
        model_id=plan.model_id or "",
        catalog_digest=plan.catalog_digest,
        level_names=tuple(level.name.in_language(lang) for level in catalog.levels),
        notes=_notes(framework, standing, row, lang),
        path=path.name.in_language(lang) if path else "",
    )


def name_method(method: str | None, lang: str) -> str:
    """Return how a level was assessed, in words; a method that HR named stays as it is."""
    if method is None:
        return ""
    return say(f"method.{method}", lang) if f"method.{method}" in all_texts() else method


def _worth_saying(plan: Plan, path: LearningPath | None) -> list[ExcludedModule]:
    """Return the modules left out that a reader asks about; of a path all, in its order."""
    asked = [item for reason in _WORTH_SAYING for item in plan.left_out if item.reason == reason]
    if path is None:
        return asked
    on_path = {item.module_id: item for item in plan.left_out if item.module_id in path.module_ids}
    return [
        *(on_path[name] for name in path.module_ids if name in on_path),
        *(item for item in asked if item.module_id not in on_path),
    ]


def _served(item: ServedCompetency, name_of: dict[str, str]) -> ServedGap:
    return ServedGap(
        name=name_of[item.competency_id],
        gap=item.gap,
        expected_improvement=item.expected_improvement,
        lower=item.lower,
        upper=item.upper,
        evidence_count=item.evidence_count,
        basis=item.basis,
    )


def _notes(framework: Framework, standing: Standing, row: int, lang: str) -> tuple[str, ...]:
    rated = standing.assessments[0]
    levels = standing.levels
    flagged = [
        k for k in np.flatnonzero(levels.source[row] == 0) if rated.disagreement[levels.row[row, k]]
    ]
    return tuple(
        say(
            "note.disagreement",
            lang,
            competency=framework.catalog.competencies[k].name.in_language(lang),
        )
        for k in flagged
    )
