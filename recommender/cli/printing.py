"""Gaps, recommendations and plans as tables on a terminal."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from recommender.cli.common import Terminal
from recommender.documents import figures, say_month
from recommender.documents.plan.totals import add_up_shown
from recommender.gaps import STANDINGS
from recommender.results import (
    Gaps,
    Plan,
    PlanActivity,
    PlanItem,
    Recommendations,
    ServedCompetency,
)
from recommender.service.framework import Framework, find_path
from recommender.service.levels.distance import name_grade
from recommender.service.levels.sittings import say_incomplete
from recommender.service.plans.document import name_method
from recommender.service.plans.learning_path import is_for_grade
from recommender.service.plans.reasons import name_module

# a module's worth is shown by the hour, and by 1,000 CNY: by one it would be all zeros
_VALUES = {"per_hour": ("value-per-hour", 1.0), "per_cost": ("value-per-cost", 1000.0)}


def print_gaps(term: Terminal, framework: Framework, gaps: Gaps) -> None:
    """Print where a person stands as a table."""
    names = competency_names(framework, term.lang)
    aimed = gaps.target_grade is not None
    rows = [
        (
            names[item.competency_id],
            term.say(f"document.standing.{item.standing or 'assess_first'}"),
            "–"
            if item.level is None
            else f"{figures.level(item.level)} ± {item.standard_error:.2f}",
            figures.target(item.target),
            # no number: who was never assessed has no gap yet (DESIGN, section 2)
            "–" if item.gap is None else figures.gap(item.gap),
            f"{item.weight:.2f}",
            "–" if chance is None else figures.percent(chance),
            name_method(item.method, term.lang),
            "–" if item.assessed_on is None else item.assessed_on.isoformat(),
        )
        for item in gaps.competencies
        for chance in [item.probability_met if aimed else item.confidence]
    ]
    told = {
        "person": gaps.person_id,
        "as_of": gaps.as_of,
        "grade": name_grade(framework, gaps.grade, term.lang),
    }
    if gaps.target_grade is None:
        title = term.say("cli.gaps-title", **told)
    else:
        target = name_grade(framework, gaps.target_grade, term.lang)
        title = term.say("cli.gaps-title-target", target=target, **told)
    headings = (
        "competency",
        "standing",
        "level",
        "target",
        "gap",
        "weight",
        # who asks how far it is to a grade asks how likely each target is met, not missed
        "probability-met" if aimed else "confidence",
        "method",
        "on",
    )
    term.print_table(
        title,
        [
            (
                term.say(f"cli.{name}"),
                "left" if name in ("competency", "standing", "method") else "right",
            )
            for name in headings
        ],
        rows,
        bold=[place for place, item in enumerate(gaps.competencies) if item.standing == "gap"],
    )
    counts = Counter(item.standing or "to_assess" for item in gaps.competencies)
    term.print(
        "cli.gaps-count",
        total=len(gaps.competencies),
        **{name: counts[name] for name in (*STANDINGS, "to_assess")},
    )
    if gaps.headline:
        term.out.print(gaps.headline, markup=False, highlight=False, soft_wrap=True)
    for sitting in gaps.incomplete_sittings:
        sentence = say_incomplete(framework, sitting, term.lang)
        term.out.print(sentence, markup=False, highlight=False, soft_wrap=True)


def print_recommendations(term: Terminal, framework: Framework, ranked: Recommendations) -> None:
    """Print ranked modules as a table."""
    names = competency_names(framework, term.lang)
    # what the modules are sorted by has a column of its own, unless that is the gap closed
    heading, unit = _VALUES.get(ranked.objective, ("", 0.0))
    # no figure where the model orders without one: the experts' would contradict its order
    sized = ranked.size_known
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
                *([("closed", "right")] if sized else []),
                *([(heading, "right")] if heading and sized else []),
                ("serves" if sized else "serves-gap", "left"),
            )
        ],
        [
            (
                str(item.rank),
                f"{framework.module_of[item.module_id].title.in_language(term.lang)}\n"
                f"{item.module_id}",
                term.say(f"modality.{framework.module_of[item.module_id].modality}"),
                figures.hours(item.hours),
                figures.money(item.cost),
                *([f"{item.expected_gap_closed:.3f}"] if sized else []),
                *([_value(term, item.value, unit)] if heading and sized else []),
                "\n".join(
                    _served(term, names, part) if sized else _ordered(term, names, part)
                    for part in item.competencies
                ),
            )
            for item in ranked.recommendations
        ],
    )
    if ranked.target_grade:
        term.print("cli.plan-target", grade=name_grade(framework, ranked.target_grade, term.lang))
    term.print("cli.basis-model" if ranked.model_id else "cli.no-model", model=ranked.model_id)
    if not sized:
        term.print("size-unknown.note")
    shown, excluded = len(ranked.recommendations), len(ranked.excluded)
    term.print(
        "cli.recommend-count",
        total=shown + ranked.further + excluded,
        shown=shown,
        further=ranked.further,
        excluded=excluded,
    )


def print_plan(
    term: Terminal, framework: Framework, made: Plan, *, headline: str | None = None
) -> None:
    """Print a plan as a table; `headline` says how far the person is from its target grade."""
    names = competency_names(framework, term.lang)
    term.print("cli.plan-title", person=made.person_id, as_of=made.as_of, plan=made.plan_id)
    if made.unserved:
        # above the table, because a reader looks for the largest gaps in it, and in vain
        term.print("document.unserved.title")
    for item in made.unserved:
        term.out.print(f"· {item.explanation}", markup=False, highlight=False, soft_wrap=True)
    term.print_table(
        "",
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
                figures.hours(item.hours),
                figures.money(item.cost),
                _when(term, item),
                "\n".join(_served(term, names, part) for part in item.competencies),
                "\n".join([*([item.stage] if item.stage else []), *item.order_reasons]),
            )
            for item in made.items
        ],
    )
    print_path(term, framework, made.path_id)
    if made.target_grade:
        term.print("cli.plan-target", grade=name_grade(framework, made.target_grade, term.lang))
    for sentence in filter(None, (headline, made.outlook)):
        term.out.print(sentence, markup=False, highlight=False, soft_wrap=True)
    totals = add_up_shown(made)
    term.print(
        "cli.plan-total",
        hours=figures.hours(totals.hours),
        cost=figures.money(totals.cost),
        closed=f"{totals.closed:.2f}",
    )
    if not made.size_known:
        term.print("size-unknown.note")
    if made.optimality_gap:
        term.print("note.not-proven", gap=f"{made.optimality_gap:.2f}")
    _print_work(term, framework, made)
    if made.assess_first:
        separator = term.say("document.list_separator")
        assess_first = separator.join(names[name] for name in made.assess_first)
        term.print("cli.plan-assess", names=assess_first)
    # the others were left out for reasons that more hours or a larger budget would not change
    near = [item for item in made.left_out if item.reason in ("over-hours", "over-budget")][:3]
    path = framework.path_of.get(made.path_id or "")
    if path:
        # whoever follows a path asks of each of its modules what became of it
        left_out = {item.module_id: item for item in made.left_out}
        near = [left_out[name] for name in path.module_ids if name in left_out]
    for item in near:
        title = framework.module_of[item.module_id].title.in_language(term.lang)
        term.print("cli.plan-left-out", module=title, reason=item.explanation)
    chosen, left_out = len(made.items), len(made.left_out)
    term.print(
        "cli.plan-count" if near else "cli.plan-count-none",
        total=chosen + left_out,
        chosen=chosen,
        listed=len(near),
        further=left_out - len(near),
    )


def _when(term: Terminal, item: PlanItem) -> str:
    if item.starts_on is None:
        return say_month(item.proposed_month, item.proposed_until, term.lang)
    days = dict.fromkeys([item.starts_on, item.ends_on or item.starts_on])
    return "\n".join(day.isoformat() for day in days)


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
                figures.hours(totals.hours),
                figures.money(totals.cost),
                f"{totals.closed:.2f}",
                str(len(plan.assess_first)),
            )
            for plan, totals in ((plan, add_up_shown(plan)) for plan in plans)
        ],
    )
    if not all(plan.size_known for plan in plans):
        term.print("size-unknown.note")


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


def _value(term: Terminal, value: float | None, unit: float) -> str:
    return term.say("cli.value-free") if value is None else f"{value * unit:.3f}"


def _served(term: Terminal, names: dict[str, str], item: ServedCompetency) -> str:
    text = f"{names[item.competency_id]} {item.expected_improvement:.2f}/{figures.gap(item.gap)}"
    if item.basis == "expert":
        key = "cli.basis-order" if item.evidence_count else "cli.basis-expert"
        return f"{text} ({term.say(key, count=item.evidence_count)})"
    basis = term.say(f"cli.basis-{item.basis}", count=item.evidence_count)
    # neither have the experts a range, nor has every estimator
    if item.lower is None or item.upper is None:
        return f"{text} ({basis})"
    return f"{text} ({item.lower:.2f}…{item.upper:.2f}, {basis})"


def _ordered(term: Terminal, names: dict[str, str], item: ServedCompetency) -> str:
    cases = term.say("cli.order-cases", count=item.evidence_count)
    return f"{names[item.competency_id]} {item.gap:.2f} ({cases})"


def competency_names(framework: Framework, lang: str) -> dict[str, str]:
    """Return the names of the competencies by id."""
    return {c.id: c.name.in_language(lang) for c in framework.catalog.competencies}


def print_facts(
    term: Terminal,
    framework: Framework,
    competency_id: str,
    facts: Sequence[Mapping[str, Any]],
) -> None:
    """Print what a level was computed from: figures of each rater type or sitting, or raw rows."""
    competency = framework.competencies[competency_id]
    names = {
        subject.id: subject.name.in_language(term.lang)
        for exam in competency.exams
        for subject in exam.subjects
    }
    names |= {
        indicator.id: f"{indicator.text.in_language(term.lang)}\n{indicator.id}"
        for level in competency.levels
        for indicator in level.indicators
    }
    # ratings, exams and imported levels have different columns; the title names these two
    columns = [name for name in facts[0] if name not in ("person_id", "competency_id")]
    term.print_table(
        "",
        [(term.say(f"fact.column.{name}"), "left") for name in columns],
        [[_cell(term, names, name, row[name]) for name in columns] for row in facts],
    )


def print_evidence(term: Terminal, evidence: Sequence[Mapping[str, Any]]) -> None:
    """Print results of work that are held beside a level, if there are any."""
    if evidence:
        term.print_table(
            term.say("document.evidence.title"),
            [
                (term.say(f"document.evidence.{name}"), "left")
                for name in ("on", "result", "figure")
            ],
            [
                (
                    str(each["achieved_on"]),
                    each["result"],
                    figures.evidence(each["figure"], each["unit"]),
                )
                for each in evidence
            ],
        )


def _cell(term: Terminal, names: Mapping[str, str], column: str, value: Any) -> str:
    if value is None:
        return "–"
    if isinstance(value, bool):
        return term.say("fact.yes" if value else "fact.no")
    if column == "rater_type":
        return term.say(f"fact.rater.{value}")
    # fulfilment of the four levels; subjects that are missing
    if isinstance(value, list | tuple):
        separator = " · " if column == "fulfilment" else term.say("document.list_separator")
        parts: list[Any] = list(value)
        return separator.join(_cell(term, names, column, part) for part in parts) or "–"
    if isinstance(value, float):
        return f"{value:.0%}" if column in ("fulfilment", "weight") else f"{value:.3g}"
    return names.get(str(value), str(value))
