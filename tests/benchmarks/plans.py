"""Plans for everybody: what one of them takes must not grow with how many there are.

Nor much with the modules to choose from: beside the catalogue that ships stands one with 500 more.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd
from asking import import_table
from organisations import AS_OF, fill

from recommender.service.installation import open_service
from recommender.service.permissions import COMMAND_LINE
from recommender.service.plans.choices import PlanRequest
from recommender.service.plans.drafts import create_plans
from recommender.service.session import Session
from recommender.settings import Settings
from tests.benchmarks.measuring import Figure, measure

N_PEOPLE = (50, 500, 5_000)


def plan_everybody(n_people: int, n_more: int = 0) -> Callable[[], object]:
    """Prepare plans of people on the telecom catalogue and more modules, in SQLite."""
    folder = Path(tempfile.mkdtemp())
    settings = Settings(database=f"sqlite:///{folder / 'recommender.db'}", as_of=AS_OF)
    service = open_service(settings)
    fill(service, n_people=n_people)
    if n_more:
        modules = make_modules(service.framework.competency_ids, n_more)
        modules.to_csv(folder / "modules.csv", index=False)
        import_table(service, "modules", folder / "modules.csv", latest=AS_OF)
        service.close()
        service = open_service(settings)

    def plan() -> None:
        session = Session(service, COMMAND_LINE, "plan-all", AS_OF)
        made = create_plans(session, PlanRequest(), as_of=AS_OF)
        assert len(made.plans) + len(made.refused) == n_people

    return plan


def make_modules(competency_ids: Sequence[str], n: int) -> pd.DataFrame:
    """Make up modules of few kinds, so that many are nearly alike."""
    rng = np.random.default_rng(1)
    from_level = rng.integers(0, 4, n)
    return pd.DataFrame(
        {
            "module_id": [f"more-{i:03d}" for i in range(n)],
            "title": [f"Module {i} (made up)" for i in range(n)],
            "competency_ids": [
                ";".join(rng.choice(competency_ids, rng.integers(1, 4), replace=False))
                for _ in range(n)
            ],
            "from_level": from_level,
            "to_level": from_level + 1,
            "modality": rng.choice(["online", "classroom", "coaching"], n),
            "hours": rng.choice([2.0, 4.0, 8.0, 16.0], n),
            "cost": rng.choice([0.0, 500.0, 800.0, 1000.0], n),
        }
    )


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
    seconds, peak = measure(partial(plan_everybody, N_PEOPLE[0], 500), repeats=3)
    each, beside = seconds / N_PEOPLE[0], figures[0]
    name = f"a plan, of {N_PEOPLE[0]} people, 500 modules more"
    figures.append(Figure(name, each, peak, beside.name, each / beside.seconds))
    return figures
