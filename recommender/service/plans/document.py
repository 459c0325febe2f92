"""A plan as the document that employee, manager and HR read and sign."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import cast

from recommender.documents import (
    ActivityRow,
    ApprovedBy,
    CompetencyRow,
    EvidenceRow,
    LeftOutModule,
    PlanDocument,
    PlanItemRow,
    PlanStatus,
    ServedGap,
)
from recommender.results import (
    ExcludedModule,
    Gaps,
    Plan,
    PlanActivity,
    PlanItem,
    ServedCompetency,
)
from recommender.service.framework import Framework
from recommender.service.levels.distance import name_grade
from recommender.service.levels.sittings import say_incomplete
from recommender.service.plans.dates import dates_of
from recommender.service.plans.development.progress import PlanProgress
from recommender.service.plans.reasons import name_competency, name_module, say_place
from recommender.store.people.facts import Evidence
from recommender.texts import all_texts, say
from training_catalog import LearningPath

# The reasons that a reader of a plan asks about, in the order in which the document gives them.
# The others, such as a level already reached, can hold for most of the catalogue.
_WORTH_SAYING = (
    "not-wanted",
    "needs-unwanted",
    "over-hours",
    "over-budget",
    "past-hours",
    "past-budget",
    "not-taken",
    "prerequisite-too-long",
    "completed-recently",
    "prerequisite-not-met",
    "adds-nothing",
    "not-ready",
)

# of each competency: a document is no file of achievements
_EVIDENCE_SHOWN = 3
_OBJECTIVES = {"by-hand": "objective.by-hand", "shortest": "objective.shortest"}


@dataclass(frozen=True)
class PlanReader:
    """Whose plan a document shows; `manager` is a name, empty where there is none."""

    name: str
    org_unit: str
    manager: str
    synthetic: bool


def build_plan_document(
    framework: Framework,
    reader: PlanReader,
    gaps: Gaps,
    plan: Plan,
    *,
    places: Mapping[str, str | None],
    lang: str,
    approvals: Sequence[ApprovedBy] = (),
    progress: PlanProgress | None = None,
    evidence: Sequence[Evidence] = (),
    completed: Mapping[str, dt.date] = {},
    code: str = "",
) -> PlanDocument:
    """Put a plan, its reasons being in the language asked for, into the words of its readers.

    `places` are those of offerings, by id; `progress` is given for a plan in force. What has left
    the catalogue since the plan was made is called by its id. `evidence` is given newest first,
    `completed` is when courses were completed, and `code` is what a Word document is known by.
    """
    path = framework.path_of.get(plan.path_id or "")
    path_name = path.name.in_language(lang) if path else plan.path_id or ""
    keys = course_keys(plan)
    return PlanDocument(
        plan_id=plan.plan_id,
        person_id=plan.person_id,
        name=reader.name,
        org_unit=" / ".join(reader.org_unit.split("/")),
        grade=name_grade(framework, gaps.grade, lang),
        manager=reader.manager,
        as_of=plan.as_of,
        synthetic=reader.synthetic,
        status=cast("PlanStatus", plan.status),
        competencies=competency_rows(framework, gaps, lang),
        items=tuple(
            _item_row(
                framework,
                item,
                order,
                places,
                lang,
                key=keys[item.module_id],
                done_on=completed.get(item.module_id),
            )
            for order, item in enumerate(_by_time(plan), 1)
        ),
        left_out=tuple(
            LeftOutModule(
                title=name_module(framework, item.module_id, lang),
                reason=item.explanation,
                on_path=path is not None and item.module_id in path.module_ids,
            )
            for item in _worth_saying(plan, path)
        ),
        assess_first=tuple(name_competency(framework, name, lang) for name in plan.assess_first),
        total_hours=plan.total_hours,
        total_cost=plan.total_cost,
        hours_budget=plan.hours_budget,
        cost_budget=plan.cost_budget,
        expected_gap_closed=plan.expected_gap_closed,
        objective=say(
            _OBJECTIVES.get(plan.objective, "objective.gap"),
            lang,
            hour_price=f"{plan.hour_price:g}",
        ),
        model_id=plan.model_id or "",
        catalog_digest=plan.catalog_digest,
        level_names=tuple(level.name.in_language(lang) for level in framework.catalog.levels),
        notes=(
            *_note_late(plan, path, lang),
            *_note_hurried(plan, lang),
            *_notes(framework, gaps, lang),
        ),
        path=path_name,
        approvals=tuple(approvals),
        # plans of the first releases did not keep what they left out
        left_out_count=len(plan.left_out) or None,
        size_known=plan.size_known,
        unserved=tuple(item.explanation for item in plan.unserved),
        target_grade=name_grade(framework, plan.target_grade, lang) if plan.target_grade else "",
        outlook=tuple(each for each in (gaps.headline, plan.outlook) if each),
        activities=tuple(_activity_row(framework, each, lang) for each in plan.activities),
        review_on=plan.review_on,
        progress="" if progress is None else say_progress(progress, lang),
        evidence=tuple(_evidence(framework, evidence, lang)),
        code=code,
    )


def competency_rows(framework: Framework, gaps: Gaps, lang: str) -> tuple[CompetencyRow, ...]:
    """Put gaps into the words of their readers, in framework order."""
    category_of = {
        name: category.name.in_language(lang)
        for category in framework.catalog.categories
        for name in category.competencies
    }
    return tuple(
        CompetencyRow(
            category=category_of.get(item.competency_id, ""),
            name=name_competency(framework, item.competency_id, lang),
            target=item.target,
            weight=item.weight,
            level=item.level,
            standard_error=item.standard_error,
            gap=item.gap,
            confidence=item.confidence,
            priority=item.priority,
            method=name_method(item.method, lang),
            assessed_on=item.assessed_on,
            standing=item.standing,
        )
        for item in gaps.competencies
    )


def course_keys(plan: Plan) -> dict[str, str]:
    """Return what each course is called in a Word document, whose tags are short."""
    return {item.module_id: f"c{number}" for number, item in enumerate(plan.items, 1)}


def _evidence(
    framework: Framework, evidence: Sequence[Evidence], lang: str
) -> Iterator[EvidenceRow]:
    """Yield the latest results of each competency, in the order of the catalogue."""
    for competency_id in framework.competency_ids:
        mine = [each for each in evidence if each.competency_id == competency_id]
        for each in mine[:_EVIDENCE_SHOWN]:
            name = name_competency(framework, competency_id, lang)
            yield EvidenceRow(name, each.achieved_on, each.result, each.figure, each.unit)


def say_progress(progress: PlanProgress, lang: str) -> str:
    """Say how far a plan has come; empty where there is nothing in it."""
    if progress.percent_of_items is None:
        return ""
    said = say(
        "progress.items",
        lang,
        done=progress.items_done,
        items=progress.items,
        percent=f"{progress.percent_of_items:.0f}%",
    )
    if progress.percent_of_gap is None:
        return said
    gap = say("progress.gap", lang, percent=f"{progress.percent_of_gap:.0f}%")
    return say("document.separator", lang).join([said, gap])


def name_method(method: str | None, lang: str) -> str:
    """Return how a level was assessed, in words; a method that HR named stays as it is."""
    if method is None:
        return ""
    return say(f"method.{method}", lang) if f"method.{method}" in all_texts() else method


def _worth_saying(plan: Plan, path: LearningPath | None) -> list[ExcludedModule]:
    """Return the modules left out that a reader asks about; first all those on the path."""
    asked = [item for reason in _WORTH_SAYING for item in plan.left_out if item.reason == reason]
    if path is None:
        return asked
    on_path = {item.module_id: item for item in plan.left_out if item.module_id in path.module_ids}
    return [
        *(on_path[name] for name in path.module_ids if name in on_path),
        *(item for item in asked if item.module_id not in on_path),
    ]


def _by_time(plan: Plan) -> list[PlanItem]:
    """Return the items as they come in the calendar, those without a time last."""
    # what a plan wants first may have its run later: a reader follows the calendar
    return sorted(plan.items, key=lambda item: dates_of(item).begins or "9999")


def _item_row(
    framework: Framework,
    item: PlanItem,
    order: int,
    places: Mapping[str, str | None],
    lang: str,
    *,
    key: str,
    done_on: dt.date | None,
) -> PlanItemRow:
    module = framework.module_of.get(item.module_id)
    return PlanItemRow(
        order=order,
        title=name_module(framework, item.module_id, lang),
        modality="" if module is None else say(f"modality.{module.modality}", lang),
        hours=item.hours,
        cost=item.cost,
        starts_on=item.starts_on,
        ends_on=item.ends_on,
        place=(places.get(item.offering_id) or "") if item.offering_id else "",
        serves=tuple(serve_row(framework, part, lang) for part in item.competencies),
        reasons=(*item.reasons, *say_place(framework, item, lang)),
        stage=item.stage or "",
        adds=item.adds,
        proposed_month=item.proposed_month,
        proposed_until=item.proposed_until,
        goal=item.goal,
        on_the_job=item.on_the_job,
        companion=item.companion,
        measure=item.measure,
        review_on=item.review_on,
        key=key,
        done_on=done_on,
    )


def _activity_row(framework: Framework, activity: PlanActivity, lang: str) -> ActivityRow:
    return ActivityRow(
        kind=say(f"activity.kind.{activity.kind}", lang),
        title=activity.title,
        goal=activity.goal,
        companion=activity.companion,
        measure=activity.measure,
        review_on=activity.review_on,
        done_on=activity.done_on,
        carried_over=activity.carried_over_from is not None,
        competency=name_competency(framework, activity.competency_id, lang),
        key=activity.activity_id,
    )


def serve_row(framework: Framework, item: ServedCompetency, lang: str) -> ServedGap:
    """Put what a module is expected to do for a gap into the words of its readers."""
    return ServedGap(
        name=name_competency(framework, item.competency_id, lang),
        gap=item.gap,
        expected_improvement=item.expected_improvement,
        lower=item.lower,
        upper=item.upper,
        evidence_count=item.evidence_count,
        basis=item.basis,
    )


def _note_late(plan: Plan, path: LearningPath | None, lang: str) -> list[str]:
    """Say where a plan takes longer than its learning path allows."""
    if path is None or not plan.items:
        return []
    weeks = path.stages[-1].until_week
    due = (plan.as_of + dt.timedelta(weeks=weeks)).isoformat()
    # a month sorts before its days: what is proposed for the month of `due` can be done by then
    ends = max(dates_of(item).ends for item in plan.items)
    if ends <= due:
        return []
    return [say("note.path-late", lang, weeks=weeks, due=due, ends=ends)]


def _note_hurried(plan: Plan, lang: str) -> list[str]:
    """Say where there was no time to prove that a plan is the best."""
    if not plan.optimality_gap:
        return []
    return [say("note.not-proven", lang, gap=f"{plan.optimality_gap:.2f}")]


def _notes(framework: Framework, gaps: Gaps, lang: str) -> tuple[str, ...]:
    disagreements = tuple(
        say(
            "note.disagreement",
            lang,
            competency=name_competency(framework, item.competency_id, lang),
        )
        for item in gaps.competencies
        if item.disagreement
    )
    incomplete = (say_incomplete(framework, each, lang) for each in gaps.incomplete_sittings)
    return (*disagreements, *incomplete)
