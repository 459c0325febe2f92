"""The order of a plan where a person sets it: none begins before the one above it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from recommender.errors import ConflictError
from recommender.plan import PlanChoice, arrange, follow
from recommender.service.plans.choices import Choices
from recommender.service.plans.dates import Dates


def take_in_turn(
    choices: Choices, chosen: Sequence[int], *, asked: Sequence[str], before: Sequence[str]
) -> PlanChoice:
    """Put the chosen modules in the order `asked` for, or else in that of the plan `before`.

    Without a wish modules that are new come last, and what they need first comes in front of them.

    Raises
    ------
    ConflictError
        If a module would come before one that it needs, or before an earlier stage of the learning
        path.
    """
    problem = choices.problem
    place = {name: i for i, name in enumerate(problem.module_ids)}
    if not asked:
        stay = [place[name] for name in before if place.get(name) in chosen]
        new = [i for i in arrange(problem, chosen).order if i not in stay]
        return follow(problem, list(dict.fromkeys(_with_needed(choices, [*stay, *new], chosen))))
    order = [place[name] for name in asked]
    for at, i in enumerate(order):
        later = order[at + 1 :]
        late = [b for b in problem.prerequisites[i] if b in later]
        if late:
            raise ConflictError(
                "plan.order-before-prerequisite",
                module_id=choices.name(i),
                needed=choices.name(late[0]),
            )
        if problem.stages and any(problem.stages[b] < problem.stages[i] for b in later):
            raise ConflictError("plan.order-before-stage", module_id=choices.name(i))
    return follow(problem, order)


def check_turns(module_ids: Sequence[str], dates: Sequence[Dates]) -> None:
    """Check that the dates follow the order that a person asked for.

    Raises
    ------
    ConflictError
        If dates that are settled stand in its way.
    """
    for place in range(1, len(dates)):
        first, then = dates[place - 1], dates[place]
        if then.begins < first.begins:
            # the one whose dates a person set is the one that cannot move
            settled = place if then.fixed else place - 1
            raise ConflictError(
                "plan.order-against-dates",
                module_id=module_ids[settled],
                starts_on=dates[settled].begins,
                other=module_ids[place - 1 if then.fixed else place],
            )


def _with_needed(choices: Choices, order: Sequence[int], chosen: Sequence[int]) -> Iterator[int]:
    for i in order:
        needed = [b for b in choices.problem.prerequisites[i] if b in chosen]
        yield from _with_needed(choices, needed, chosen)
        yield i
