"""The answer of the core in the ids of people and offerings, as it is stored and shown."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from recommender.cohorts import CohortChoice, Draw, PolicyOutcome
from recommender.cohorts.lottery import draw_numbers
from recommender.service.cohorts.figures import CohortFigures, NewOffering, UnitShare, Way
from recommender.service.cohorts.problem import Case
from recommender.store.plans.cohorts import CohortSeat, StoredCohort

# more than ever move up; the rest of a large organisation would be millions of rows
_LEAST_WAITING, _WAITING_A_SEAT = 20, 2


@dataclass(frozen=True)
class Answer:
    """Who gets which seat and who waits, the lotteries, and what it all comes to."""

    seats: Sequence[CohortSeat]
    draws: Sequence[Mapping[str, Any]]
    value: float
    bound: float
    figures: CohortFigures
    model_id: str | None


def describe_answer(
    case: Case,
    stored: StoredCohort,
    choice: CohortChoice,
    outcomes: Sequence[PolicyOutcome],
    demand: Sequence[NewOffering],
) -> Answer:
    """Put an answer into the ids of people and offerings."""
    return Answer(
        seats=_list_seats(case, choice),
        draws=[_describe_draw(case, draw, stored) for draw in choice.draws],
        value=choice.value,
        bound=choice.bound,
        figures=_sum_up(case, choice, outcomes, demand),
        model_id=case.estimates.model_id,
    )


def _describe_draw(case: Case, draw: Draw, stored: StoredCohort) -> dict[str, Any]:
    """Return a lottery as it is logged, with a digest of it all."""
    body: dict[str, Any] = {
        "draw_id": draw.draw_id,
        "module_id": case.problem.module_ids[draw.module],
        "offerings": [case.offerings[at].offering_id for at in draw.offerings],
        "seats": draw.seats,
        "seed": stored.seed,
        "tolerance": stored.limits["tolerance"],
        "people": [
            {"person": case.people[at].ref, "added": added, "number": number, "won": won}
            for at, added, number, won in zip(
                draw.members, draw.added, draw.numbers, draw.won, strict=True
            )
        ],
    }
    return body | {"digest": digest_of(body)}


def digest_of(body: Mapping[str, Any]) -> str:
    """Return the SHA-256 of a lottery as it is logged, without its digest."""
    said = {name: value for name, value in body.items() if name != "digest"}
    # without the names that are put beside the code names for readers
    said["people"] = [
        {name: each[name] for name in ("person", "added", "number", "won")}
        for each in body["people"]
    ]
    text = json.dumps(said, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()


def is_reproduced(body: Mapping[str, Any]) -> bool:
    """Say whether a lottery as it is logged is the one that its seed and name settle."""
    people = body["people"]
    numbers = draw_numbers(body["seed"], body["draw_id"], len(people)).tolist()
    best = sorted(range(len(people)), key=numbers.__getitem__)[: body["seats"]]
    return [each["number"] for each in people] == numbers and {
        at for at, each in enumerate(people) if each["won"]
    } == set(best)


def _list_seats(case: Case, choice: CohortChoice) -> list[CohortSeat]:
    chances = {
        (member, offering): (number, draw.chance)
        for draw in choice.draws
        for member, number in zip(draw.members, draw.numbers, strict=True)
        for offering in draw.offerings
    }
    seats: list[CohortSeat] = []
    for person, offering, added in zip(
        choice.seats.person.tolist(),
        choice.seats.offering.tolist(),
        choice.added.tolist(),
        strict=True,
    ):
        number, chance = chances.get((person, offering), (None, None))
        seats.append(
            CohortSeat(
                case.people[person].person_id,
                case.offerings[offering].offering_id,
                "seated",
                None,
                added,
                number,
                chance,
            )
        )
    waiting, taken = choice.waiting, Counter(choice.seats.offering.tolist())
    for person, offering, place, added, number in zip(
        waiting.person.tolist(),
        waiting.offering.tolist(),
        waiting.place.tolist(),
        waiting.added.tolist(),
        waiting.number.tolist(),
        strict=True,
    ):
        _, chance = chances.get((person, offering), (None, None))
        if chance is None and place > _LEAST_WAITING + _WAITING_A_SEAT * taken[offering]:
            continue
        seats.append(
            CohortSeat(
                case.people[person].person_id,
                case.offerings[offering].offering_id,
                "waiting",
                place,
                added,
                number,
                chance,
            )
        )
    return seats


def _sum_up(
    case: Case,
    choice: CohortChoice,
    outcomes: Sequence[PolicyOutcome],
    demand: Sequence[NewOffering],
) -> CohortFigures:
    problem, estimates = case.problem, case.estimates
    exact = next(each for each in outcomes if each.policy == "exact")
    hours = problem.hours[problem.offerings.module[choice.seats.offering]].sum()
    members = np.bincount(problem.unit, minlength=len(problem.unit_ids))
    return CohortFigures(
        size_known=estimates.size_known,
        is_measured=estimates.model_id is not None and estimates.size_known,
        applied=bool((case.applied >= 0).any()),
        gap_closed=choice.expected_gap_closed,
        people=len(set(choice.seats.person.tolist())),
        hours=float(hours),
        cost=float(problem.offerings.cost[choice.seats.offering].sum()),
        lottery_loss=choice.lottery_loss,
        lottery_loss_at_most=choice.lottery_loss_at_most,
        units=tuple(
            UnitShare(
                unit,
                int(members[at]),
                int(problem.floors[at]),
                int(exact.unit_seats[at]),
                float(exact.unit_gap_closed[at]),
            )
            for at, unit in enumerate(problem.unit_ids)
        ),
        ways=tuple(
            Way(
                each.policy,
                len(each.seats.person),
                len(set(each.seats.person.tolist())),
                each.expected_gap_closed,
                float(problem.offerings.cost[each.seats.offering].sum()),
                tuple(problem.unit_ids[at] for at in each.units_below_floor),
            )
            for each in outcomes
        ),
        demand=tuple(demand),
        one_more_seat={
            each.offering_id: float(price)
            for each, price in zip(case.offerings, choice.seat_price.tolist(), strict=True)
        },
    )
