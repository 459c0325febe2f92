"""A plan in the words and pieces of its page; templates only arrange them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from api.admission import Call
from recommender.documents import say_month
from recommender.errors import RecommenderError
from recommender.results import Plan, PlanItem, ServedCompetency, find_doubt
from recommender.service.permissions import Permission
from recommender.service.plans.desk.sheet import PlanSheet
from recommender.service.plans.reasons import name_competency, name_module
from recommender.texts import hint, say
from training_catalog import Catalog

# the ends of the sliders, unless a limit is beyond them; their end stands for no limit
_HOURS_TOP, _COST_TOP = 80.0, 12_000.0
_OPEN = ("draft", "approved", "active")
_ORDER = ("employee", "manager", "hr")
# values of problems that name modules or competencies by id
_IDS = ("module_id", "missing", "needed", "other", "modules", "competencies", "competency_id")


@dataclass(frozen=True)
class Step:
    """A step in the life of a plan: ``done``, ``now`` or ``todo``, with who and when."""

    name: str
    state: str
    who: str
    on: dt.date | None = None


@dataclass(frozen=True)
class Slider:
    """A limit as a slider shows it; at its top there is no limit."""

    value: float
    top: float
    step: str


class Names:
    """What things of the catalogue are called in the reader's language."""

    def __init__(self, call: Call) -> None:
        self._framework, self._lang = call.session.service.framework, call.lang

    @property
    def catalog(self) -> Catalog:
        """The catalogue in force."""
        return self._framework.catalog

    def course(self, module_id: str) -> str:
        """Return the title of a course."""
        return name_module(self._framework, module_id, self._lang)

    def competency(self, competency_id: str) -> str:
        """Return the name of a competency."""
        return name_competency(self._framework, competency_id, self._lang)

    def courses(self, module_ids: Sequence[str]) -> str:
        """Return the titles of courses, one after the other."""
        return self._list(self.course(each) for each in module_ids)

    def competencies(self, competency_ids: Sequence[str]) -> str:
        """Return the names of competencies, one after the other."""
        return self._list(self.competency(each) for each in competency_ids)

    def parties(self, parties: Sequence[str]) -> str:
        """Return what parties are called, one after the other."""
        return self._list(say(f"document.signature.{each}", self._lang) for each in parties)

    def _list(self, names: Iterable[str]) -> str:
        return say("document.list_separator", self._lang).join(names)

    def grade(self, grade_id: str) -> str:
        """Return the name of a grade."""
        for grade in self.catalog.grades:
            if grade.id == grade_id:
                return grade.name.in_language(self._lang)
        return grade_id

    def modality(self, module_id: str) -> str:
        """Return how a course is given; empty where it has left the catalogue."""
        module = self._framework.module_of.get(module_id)
        return "" if module is None else say(f"modality.{module.modality}", self._lang)

    def in_words(self, text: str) -> str:
        """Put names in place of a list of ids, as problems carry them."""
        return self._list(
            say("unserved.course", self._lang, title=self.course(part))
            if part in self._framework.module_of
            else self.competency(part)
            for part in text.split(", ")
        )


def explain_problem(call: Call, error: RecommenderError) -> tuple[str, str]:
    """Return what is wrong and how to mend it, with names in place of ids."""
    names = Names(call)
    values: dict[str, Any] = {
        name: names.in_words(value) if name in _IDS and isinstance(value, str) else value
        for name, value in error.values.items()
    }
    return say(error.code, call.lang, **values), hint(error.code, call.lang, **values)


def steps_of(sheet: PlanSheet, hr: str) -> list[Step]:
    """Return the steps in the life of a plan; `hr` is what the party of HR is called."""
    plan, made = sheet.stored.plan, sheet.versions[0]
    who = {"employee": sheet.reader.name, "manager": sheet.reader.manager, "hr": hr}
    approved = {
        each.party: each.decided_at.date()
        for each in sheet.stored.decisions
        if each.decision == "approved"
    }
    steps = [Step("draft", "done", who.get(made.party or "", ""), made.made_at.date())]
    is_open = plan.status in ("draft", "approved")
    waits = True
    for party in _ORDER:
        if party == "manager" and not sheet.reader.manager:
            continue
        if party in approved:
            steps.append(Step(party, "done", who[party], approved[party]))
        else:
            steps.append(Step(party, "now" if waits and is_open else "todo", who[party]))
            waits = False
    changes = {entry.change: entry.made_at.date() for entry in sheet.versions}
    in_force = plan.status in ("active", "done")
    steps.append(
        Step(
            "active",
            "done" if in_force else "now" if plan.status == "approved" else "todo",
            "",
            changes.get("activated") if in_force else None,
        )
    )
    done = plan.status == "done"
    state = "done" if done else "now" if plan.status == "active" else "todo"
    steps.append(Step("done", state, "", changes.get("done") if done else None))
    return steps


def slider(limit: float | None, top: float, *, fine: float) -> Slider:
    """Return a limit as a slider shows it."""
    while limit is not None and limit >= top:
        top *= 2
    value = top if limit is None else limit
    return Slider(value, top, f"{fine:g}" if value % fine == 0 else "any")


def sliders(hours: float | None, cost: float | None) -> dict[str, Slider]:
    """Return the limits of a plan as its two sliders show them."""
    return {
        "hours": slider(hours, _HOURS_TOP, fine=1),
        "cost": slider(cost, _COST_TOP, fine=100),
    }


def when(item: PlanItem, lang: str, day: Callable[[dt.date], str]) -> str:
    """Say when a course is taken: its days, or the month that is proposed."""
    if item.starts_on is None:
        return say_month(item.proposed_month, item.proposed_until, lang) or say(
            "document.plan.to_arrange", lang
        )
    if item.ends_on in (None, item.starts_on):
        return day(item.starts_on)
    last = item.ends_on
    assert last is not None
    ends = f"{last:%m-%d}" if last.year == item.starts_on.year else day(last)
    return say("document.dates", lang, first=day(item.starts_on), last=ends)


def levels_of(sheet: PlanSheet) -> dict[str, float]:
    """Return the assessed levels that a plan starts from, by competency."""
    return {
        each.competency_id: each.level for each in sheet.gaps.competencies if each.level is not None
    }


def main_effect(parts: Sequence[ServedCompetency]) -> ServedCompetency | None:
    """Return the gap for which a course does most; None where it serves none itself."""
    return max(parts, key=lambda part: part.expected_improvement, default=None)


def doubt_of(part: ServedCompetency) -> str | None:
    """Say what speaks against building on an estimate: ``few``, ``not-certain`` or nothing."""
    return find_doubt(part.basis, part.lower, part.evidence_count)


def whole_gap(sheet: PlanSheet) -> float:
    """Return the sum of gap × weight, of which a plan closes a share."""
    return sum(each.priority or 0.0 for each in sheet.gaps.competencies)


def share_closed(plan: Plan, whole: float) -> float | None:
    """Return the share of all gaps that a plan is expected to close."""
    return plan.expected_gap_closed / whole if whole > 0 else None


def gaps_served(plan: Plan) -> int:
    """Return how many gaps the courses and activities of a plan are for."""
    served = {part.competency_id for item in plan.items for part in item.competencies}
    return len(served | {each.competency_id for each in plan.activities})


def may_change(call: Call, sheet: PlanSheet) -> bool:
    """Say whether the visitor can change what a plan says now."""
    status = sheet.stored.plan.status
    allowed = ("draft",) if sheet.party == "employee" else _OPEN
    return Permission.WRITE_PLANS in call.session.who.permissions and status in allowed


def next_step(plan: Plan) -> dict[str, Any] | None:
    """Return what some more hours would bring, where only hours stand in the way."""
    for each in plan.unserved:
        if each.module_id and each.hours_over and not each.cost_over and (each.adds or 0) >= 0.01:
            return {
                "hours": each.hours_over,
                "course": each.module_id,
                "competency": each.competency_id,
                "adds": each.adds,
            }
    return None


def move(ids: Iterable[str], moved: str, direction: str) -> tuple[str, ...]:
    """Return courses or activities in the order they have once one of them is moved."""
    order = list(ids)
    at = order.index(moved) if moved in order else -1
    to = at + (-1 if direction == "up" else 1)
    if at >= 0 and 0 <= to < len(order):
        order[at], order[to] = order[to], order[at]
    return tuple(order)
