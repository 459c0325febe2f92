"""Why a plan does little or nothing for one of the person's largest priorities."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from recommender.arrays import IntArray
from recommender.candidates import Exclusion, find_obstacles
from recommender.plan import PlanChoice, find_shortfalls, gap_closed
from recommender.ranking import predict_improvement
from recommender.results import ExcludedModule, Obstacle, UnservedPriority

if TYPE_CHECKING:
    # it hands over what it computes, and is nothing that this file calls
    from recommender.service.plans.choices import Choices

# Modules that would serve but were kept out on request, by the code of the reason; what was asked
# for itself is named before what follows from it.
_KEPT_OUT = ("not-wanted", "needs-unwanted", "modality-not-allowed", "outside-path")
# The obstacles that a reader can do something about, the nearest to being overcome first; what is
# below the level or above the target could not serve the gap at all.
_WORTH_SAYING = (
    Exclusion.COMPLETED_RECENTLY,
    Exclusion.PREREQUISITE_NOT_MET,
    Exclusion.MODALITY_NOT_ALLOWED,
    Exclusion.WRONG_GRADE,
    Exclusion.NOT_READY,
)
_ROUNDING = 1e-9


@dataclass(frozen=True)
class _Addition:
    """A module beside the plan, with what it needs first."""

    module: int
    needs: list[int]
    adds: float  # levels, to the gap in question
    is_worth_it: bool  # all that it adds against the price of its hours
    hours: float
    hours_over: float
    cost_over: float

    @property
    def fits(self) -> bool:
        """Whether it stays within the budgets."""
        return not (self.hours_over or self.cost_over)


def find_unserved(
    choices: Choices, choice: PlanChoice, left_out: Sequence[ExcludedModule]
) -> tuple[UnservedPriority, ...]:
    """Say of each of the largest priorities that the plan closes by less than a third why.

    The sentences are given by `reword`. `left_out` are all modules that are not in the plan.
    """
    framework = choices.prospects.framework
    short = find_shortfalls(
        choices.problem, choice.order, near_gap=framework.catalog.settings.near_gap
    )
    if not short:
        return ()
    why = {item.module_id: item.reason for item in left_out}
    pairs = np.flatnonzero(np.isin(framework.modules.pair_competency, list(short)))
    reasons = _explain(choices, pairs)
    competency = framework.modules.pair_competency[pairs]
    return tuple(
        _answer(
            choices, choice, k, closes, pairs[competency == k], reasons[competency == k], why=why
        )
        for k, closes in short.items()
    )


def _explain(choices: Choices, pairs: IntArray) -> IntArray:
    """Return why each pair serves no gap: its step, or else what keeps the module out.

    For a module the ban is named first. Here one competency is asked about, and a module whose
    step does not fit would be no way to close its gap, banned or not.
    """
    prospects, standing, row = choices.prospects, choices.prospects.standing, choices.row
    modules, by_module = prospects.framework.modules, prospects.exclusions[row]
    competency = modules.pair_competency[pairs]
    obstacles = find_obstacles(
        standing.levels.level[row, competency],
        standing.targets[row, competency],
        modules.pair_from[pairs],
        modules.pair_to[pairs],
    )
    serves = prospects.candidates.serves[row, pairs]
    codes, holds = zip((Exclusion.NONE, serves), *obstacles, strict=True)
    return np.select(holds, codes, by_module[modules.pair_module[pairs]]).astype(np.int64)


def _answer(
    choices: Choices,
    choice: PlanChoice,
    k: int,
    closes: float,
    pairs: IntArray,
    reasons: IntArray,
    *,
    why: Mapping[str, str],
) -> UnservedPriority:
    """Answer for competency `k`, given the pairs of the modules that address it."""
    modules, level = choices.prospects.framework.modules, _level(choices, k)
    row = UnservedPriority(
        competency_id=choices.prospects.framework.competency_ids[k],
        reason="no-candidate",
        explanation="",
        level=level,
        gap=float(choices.problem.gap[k]),
        closes=closes,
    )
    serving = pairs[reasons == Exclusion.NONE]
    expected = predict_improvement(np.array([level]), choices.prospects.estimates.table[serving])[0]
    place = {name: i for i, name in enumerate(choices.problem.module_ids)}
    beside: list[_Addition] = []
    kept_out: list[tuple[int, float, str]] = []
    for module, adds in zip(modules.pair_module[serving].tolist(), expected.tolist(), strict=True):
        name = modules.ids[module]
        if why.get(name) in _KEPT_OUT:
            kept_out.append((_KEPT_OUT.index(why[name]), -adds, name))
        elif name in why:
            addition = _weigh(choices, choice, k, place[name])
            # an edit takes a module out of the plan, and not what needs it out of the choice
            if any(why[choices.name(need)] in _KEPT_OUT for need in addition.needs):
                kept_out.append((_KEPT_OUT.index("needs-unwanted"), -adds, name))
            else:
                beside.append(addition)
    worth = [each for each in beside if each.is_worth_it]
    if worth:
        return _name_addition(choices, row, _pick(worth))
    if kept_out:
        code, adds, name = min(kept_out)
        return replace(row, reason=_KEPT_OUT[code], module_id=name, adds=-adds)
    if beside:
        strongest = max(beside, key=lambda each: each.adds)
        return _name_addition(choices, row, strongest)
    return replace(
        row,
        reason="all-taken" if len(serving) else "no-candidate",
        obstacles=_find_obstacles(choices, pairs, reasons),
    )


def _level(choices: Choices, k: int) -> float:
    return float(choices.prospects.standing.levels.level[choices.row, k])


def _pick(worth: Sequence[_Addition]) -> _Addition:
    """Choose which addition to name: the most per hour, of those that do enough for the gap."""
    # what would fit is named first; a plan that the solver chose leaves nothing that would
    fitting = [each for each in worth if each.fits] or worth
    enough = max(each.adds for each in fitting) / 2
    return max((e for e in fitting if e.adds >= enough), key=lambda each: each.adds / each.hours)


def _weigh(choices: Choices, choice: PlanChoice, k: int, module: int) -> _Addition:
    """Find what a module would add to a plan and to one gap, with what it needs first."""
    problem = choices.problem
    together = [module]
    for each in together:  # it grows by what its own members need
        missing = (b for b in problem.prerequisites[each] if b not in choice.order)
        together += [b for b in missing if b not in together]
    more = [*choice.order, *together]
    closed = min(problem.gap[k], problem.improvement[list(choice.order), k].sum())
    hours = float(problem.hours[together].sum())
    gained = gap_closed(problem, more) - choice.expected_gap_closed
    return _Addition(
        module=module,
        needs=together[1:],
        adds=float(min(problem.gap[k], problem.improvement[more, k].sum()) - closed),
        is_worth_it=gained > problem.hour_price * hours + _ROUNDING,
        hours=hours,
        hours_over=_past(problem.hours[more].sum(), problem.hours_budget),
        cost_over=_past(problem.cost[more].sum(), problem.cost_budget),
    )


def _past(amount: float, budget: float) -> float:
    over = float(amount) - budget
    return over if over > _ROUNDING else 0.0


def _name_addition(choices: Choices, row: UnservedPriority, best: _Addition) -> UnservedPriority:
    if not best.is_worth_it:
        reason = "effect-too-small"
    elif best.fits:
        reason = "could-be-added"
    elif not best.cost_over:
        reason = "hours-elsewhere"
    else:
        reason = "hours-and-budget-elsewhere" if best.hours_over else "budget-elsewhere"
    return replace(
        row,
        reason=reason,
        module_id=choices.name(best.module),
        adds=best.adds,
        needs=tuple(choices.name(i) for i in best.needs),
        hours=best.hours,
        hours_over=best.hours_over,
        cost_over=best.cost_over,
    )


def _find_obstacles(choices: Choices, pairs: IntArray, reasons: IntArray) -> tuple[Obstacle, ...]:
    """Group the modules that cannot be planned by what would have to happen first."""
    modules, row = choices.prospects.framework.modules, choices.row
    completed = choices.prospects.standing.completed[row]
    candidate = choices.prospects.candidates.candidate[row]
    obstacles: list[Obstacle] = []
    for reason in _WORTH_SAYING:
        # the nearest step first, and of the same step the shortest
        alike = sorted(pairs[reasons == reason].tolist(), key=lambda p: (modules.pair_from[p], p))
        if not alike:
            continue
        at = [int(modules.pair_module[pair]) for pair in alike]
        missing = [b for m in at for b in modules.prerequisites[m] if not completed[b]]
        obstacles.append(
            Obstacle(
                reason=reason.code,
                module_ids=tuple(modules.ids[m] for m in at),
                from_level=float(modules.pair_from[alike[0]]),
                needed=tuple(
                    dict.fromkeys(modules.ids[b] for b in missing if not candidate[b])
                    if reason == Exclusion.PREREQUISITE_NOT_MET
                    else ()
                ),
            )
        )
    return tuple(obstacles)
