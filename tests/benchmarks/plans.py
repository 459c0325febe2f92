"""Plans for everybody: what one of them takes must not grow with how many there are."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from functools import partial
from pathlib import Path

from organisations import AS_OF, fill

from recommender.service.installation import open_service
from recommender.service.permissions import COMMAND_LINE
from recommender.service.plans.choices import PlanRequest
from recommender.service.plans.drafts import create_plans
from recommender.service.session import Session
from recommender.settings import Settings
from tests.benchmarks.measuring import Figure, measure

N_PEOPLE = (50, 500, 5_000)


def plan_everybody(n_people: int) -> Callable[[], object]:
    """Prepare plans of people on the telecom catalogue, in SQLite."""
    url = f"sqlite:///{Path(tempfile.mkdtemp()) / 'recommender.db'}"
    service = open_service(Settings(database=url, as_of=AS_OF))
    fill(service, n_people=n_people)

    def plan() -> None:
        session = Session(service, COMMAND_LINE, "plan-all", AS_OF)
        made = create_plans(session, PlanRequest(), as_of=AS_OF)
        assert len(made.plans) + len(made.refused) == n_people

    return plan


def run() -> list[Figure]:
    """Measure; the seconds are those of one person's plan."""
    figures: list[Figure] = []
    for n_people in N_PEOPLE:
        seconds, peak = measure(
            partial(plan_everybody, n_people), repeats=3 if n_people < max(N_PEOPLE) else 1
        )
        beside = figures[0] if figures else None
        each = seconds / n_people
        figures.append(
            Figure(
                name=f"a plan, of {n_people:,} people",
                seconds=each,
                peak_mib=peak,
                beside=beside.name if beside else None,
                ratio=each / beside.seconds if beside else None,
            )
        )
    return figures
