"""Why modules are not in a plan, in words."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from recommender.plan import PlanChoice, PlanProblem, gap_closed
from recommender.results import ExcludedModule
from recommender.service.framework import Framework
from recommender.service.plans.learning_path import Frame
from recommender.service.plans.reasons import say_left_out


def describe_not_chosen(
    problem: PlanProblem, choice: PlanChoice, *, lang: str, by_hand: bool = False
) -> list[ExcludedModule]:
    """Say of every module that could have been chosen why it was not.

    Parameters
    ----------
    problem : PlanProblem
        What the plan was chosen from.
    choice : PlanChoice
        The plan.
    lang : str
        Language of the reasons.
    by_hand : bool
        Whether a person chose, so that nothing is said of better uses of hours and money.

    Returns
    -------
    list of ExcludedModule
        Those that came nearest first.
    """
    chosen = set(choice.order)
    hours_left = problem.hours_budget - sum(problem.hours[i] for i in chosen)
    cost_left = problem.cost_budget - sum(problem.cost[i] for i in chosen)
    near: list[tuple[float, ExcludedModule]] = []
    for i, name in enumerate(problem.module_ids):
        if i in chosen:
            continue
        adds = gap_closed(problem, [*choice.order, i]) - choice.expected_gap_closed
        if adds <= problem.hour_price * problem.hours[i]:
            reason = "adds-nothing"
        elif problem.hours[i] > hours_left:
            reason = "past-hours" if by_hand else "over-hours"
        elif problem.cost[i] > cost_left:
            reason = "past-budget" if by_hand else "over-budget"
        else:
            reason = "not-taken" if by_hand else "prerequisite-too-long"
        text = say_left_out(reason, lang, adds=adds)
        near.append((-adds, ExcludedModule(name, reason, text, adds)))
    near.sort(key=lambda pair: (pair[0], pair[1].module_id))
    return [item for _, item in near]


def describe_ruled_out(
    framework: Framework,
    pool: Sequence[int],
    frame: Frame | None,
    excluded: Sequence[ExcludedModule],
    *,
    without: Collection[str],
    lang: str,
) -> list[ExcludedModule]:
    """Say of every module that could not be chosen why: it is unwanted, no candidate, off the path.

    Parameters
    ----------
    framework : Framework
        The catalogue.
    pool : sequence of int
        The modules that could be chosen.
    frame : Frame or None
        The learning path, if there is one. Of a module that it does not let in nothing else is
        said, unless it was asked to be left out.
    excluded : sequence of ExcludedModule
        Those that are no candidates.
    without : collection of str
        Those that were asked to be left out.
    lang : str
        Language of the reasons.

    Returns
    -------
    list of ExcludedModule
        The unwanted, then those that are no candidates, then those off the path; by id.
    """
    open_ = {framework.modules.ids[m] for m in pool}
    no_candidate = {item.module_id: item for item in excluded}
    unwanted: list[ExcludedModule] = []
    own_reason: list[ExcludedModule] = []
    off_path: list[ExcludedModule] = []
    for name in sorted(framework.module_of.keys() - open_):
        if frame and name not in frame.path.module_ids and name not in without:
            text = say_left_out("outside-path", lang)
            off_path.append(ExcludedModule(name, "outside-path", text))
        elif name in no_candidate:
            own_reason.append(no_candidate[name])
        else:
            reason = "not-wanted" if name in without else "needs-unwanted"
            unwanted.append(ExcludedModule(name, reason, say_left_out(reason, lang)))
    return [*unwanted, *own_reason, *off_path]
