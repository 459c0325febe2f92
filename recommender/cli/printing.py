"""Gaps, recommendations and plans as tables on a terminal."""

from __future__ import annotations

from collections.abc import Sequence

from recommender.cli.common import Terminal
from recommender.results import (
    Gaps,
    Plan,
    PlanActivity,
    PlanItem,
    Recommendations,
    ServedCompetency,
)
from recommender.service.framework import Framework, find_path
from recommender.service.levels.sittings import say_incomplete
from recommender.service.plans.document import name_method
from recommender.service.plans.learning_path import is_for_grade
from recommender.service.plans.reasons import name_module


def print_gaps(term: Terminal, framework: Framework, gaps: Gaps) -> None:
    """Print where a person stands as a table."""
    names = competency_names(framework, term.lang)
    rows = [
        (
            names[item.competency_id],
            "–" if item.level is None else f"{item.level:.2f} ± {item.standard_error:.2f}",
            f"{item.target:g}",
            # no number: who was never assessed has no gap yet (DESIGN, section 2)
            term.say("cli.assess-first") if item.gap is None else f"{item.gap:.2f}",
            f"{item.weight:.2f}",
            "–" if item.confidence is None else f"{item.confidence:.0%}",
            name_method(item.method, term.lang),
            "–" if item.assessed_on is None else item.assessed_on.isoformat(),
        )
        for item in gaps.competencies
    ]
    headings = ("competency", "level", "target", "gap", "weight", "confidence", "method", "on")
    term.print_table(
        term.say("cli.gaps-title", person=gaps.person_id, as_of=gaps.as_of, grade=gaps.grade),
        [
            (term.say(f"cli.{name}"), "left" if name in ("competency", "method") else "right")
            for name in headings
        ],
        rows,
    )
    for sitting in gaps.incomplete_sittings:
        sentence = say_incomplete(framework, sitting, term.lang)
        term.out.print(sentence, markup=False, highlight=False, soft_wrap=True)


def print_recommendations(term: Terminal, framework: Framework, ranked: Recommendations) -> None:
    """Print ranked modules as a table."""
    names = competency_names(framework, term.lang)
    term.print_table(
        term.say("cli.recommend-title", person=ranked.person_id, as_of=ranked.as_of),
        [
            (term.say(f"cli.{name}"), side)
            for name, side in (
                ("rank", "right"),
                ("module", "left"),
                ("modality", "left"),
                ("hours", "right"),
                ("cost", "right"),
                ("closed", "right"),
                ("serves", "left"),
            )
        ],
        [
            (
                str(item.rank),
                f"{framework.module_of[item.module_id].title.in_language(term.lang)}\n"
                f"{item.module_id}",
                term.say(f"modality.{framework.module_of[item.module_id].modality}"),
                f"{item.hours:g}",
                f"{item.cost:,.0f}",
                f"{item.expected_gap_closed:.3f}",
                "\n".join(_served(term, names, part) for part in item.competencies),
            )
            for item in ranked.recommendations
        ],
    )
    term.print("cli.basis-model" if ranked.model_id else "cli.no-model", model=ranked.model_id)
    term.print("cli.excluded", count=len(ranked.excluded))


def print_plan(term: Terminal, framework: Framework, made: Plan) -> None:
    """Print a plan as a table."""
    names = competency_names(framework, term.lang)
    term.print_table(
        term.say("cli.plan-title", person=made.person_id, as_of=made.as_of, plan=made.plan_id),
        [
            (term.say(f"cli.{name}"), side)
            for name, side in (
                ("order", "right"),
                ("module", "left"),
                ("hours", "right"),
                ("cost", "right"),
                ("dates", "left"),
                ("serves", "left"),
                ("why-here", "left"),
            )
        ],
        [
            (
                str(item.order),
                f"{framework.module_of[item.module_id].title.in_language(term.lang)}\n"
                f"{item.module_id}",
                f"{item.hours:g}",
                f"{item.cost:,.0f}",
                f"{item.starts_on}\n{item.ends_on}",
                "\n".join(_served(term, names, part) for part in item.competencies),
                "\n".join([*([item.stage] if item.stage else []), *item.order_reasons]),
            )
            for item in made.items
        ],
    )
    print_path(term, framework, made.path_id)
    term.print(
        "cli.plan-total",
        hours=f"{made.total_hours:g}",
        cost=f"{made.total_cost:,.0f}",
        closed=f"{made.expected_gap_closed:.2f}",
    )
    if made.optimality_gap:
        term.print("note.not-proven", gap=f"{made.optimality_gap:.2f}")
    _print_work(term, framework, made)
    if made.assess_first:
        term.print("cli.plan-assess", names=", ".join(names[name] for name in made.assess_first))
    # the others were left out for reasons that more hours or a larger budget would not change
    near = [item for item in made.left_out if item.reason in ("over-hours", "over-budget")]
    for item in near[:3]:
        title = framework.module_of[item.module_id].title.in_language(term.lang)
        term.print("cli.plan-left-out", module=title, reason=item.explanation)


def _print_work(term: Terminal, framework: Framework, made: Plan) -> None:
    """Print what makes a plan one to work with: of each item, and of what is no course."""
    for item in made.items:
        title = name_module(framework, item.module_id, term.lang)
        goal = term.say("document.separator").join(item.goal)
        _print_parts(term, f"{item.order}. {title}", item, goal=goal, on_the_job=item.on_the_job)
    if made.activities:
        term.out.print()
        term.print("cli.plan-activities")
    for activity in made.activities:
        _print_parts(term, activity.title, activity, goal=activity.goal)
        if activity.carried_over_from is not None:
            term.print("cli.plan-carried-over", plan=activity.carried_over_from)
    if made.review_on is not None:
        term.out.print()
        term.print("document.work.whole", on=made.review_on)


def _print_parts(term: Terminal, title: str, part: PlanItem | PlanActivity, **said: str) -> None:
    more = {"companion": part.companion, "measure": part.measure, "review_on": part.review_on}
    lines = [
        f"   {term.say(f'document.work.{name}')}  {text}"
        for name, text in (said | more).items()
        if text
    ]
    if lines:
        text = "\n".join(["", title, *lines])
        term.out.print(text, markup=False, highlight=False, soft_wrap=True)


def print_plans(term: Terminal, plans: Sequence[Plan]) -> None:
    """Print plans as a table, a line each."""
    term.print_table(
        term.say("cli.plans-title", count=len(plans)),
        [
            (term.say(f"cli.{name}"), "left" if name in ("person", "plan") else "right")
            for name in ("person", "plan", "items", "hours", "cost", "closed", "to-assess")
        ],
        [
            (
                plan.person_id,
                plan.plan_id,
                str(len(plan.items)),
                f"{plan.total_hours:g}",
                f"{plan.total_cost:,.0f}",
                f"{plan.expected_gap_closed:.2f}",
                str(len(plan.assess_first)),
            )
            for plan in plans
        ],
    )


def print_path(term: Terminal, framework: Framework, path_id: str | None) -> None:
    """Name the learning path that frames plans, and the grades it is for."""
    if path_id is None:
        return
    path = find_path(framework, path_id)
    grades = [
        grade.name.in_language(term.lang)
        for grade in framework.catalog.grades
        if is_for_grade(path, grade.id)
    ]
    name = path.name.in_language(term.lang)
    separator = term.say("document.list_separator")
    term.print("cli.plan-path", path=name, grades=separator.join(grades))


def _served(term: Terminal, names: dict[str, str], item: ServedCompetency) -> str:
    text = f"{names[item.competency_id]} {item.expected_improvement:.2f}/{item.gap:.2f}"
    # the experts' estimate has no interval, for nothing was measured
    if item.lower is None or item.upper is None:
        return f"{text} ({term.say('cli.basis-expert')})"
    basis = term.say(f"cli.basis-{item.basis}", count=item.evidence_count)
    return f"{text} ({item.lower:.2f}…{item.upper:.2f}, {basis})"


def competency_names(framework: Framework, lang: str) -> dict[str, str]:
    """Return the names of the competencies by id."""
    return {c.id: c.name.in_language(lang) for c in framework.catalog.competencies}
