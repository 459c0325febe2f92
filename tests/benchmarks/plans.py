"""Plans for everybody: what one of them takes must not grow with how many there are.

Nor much with the modules to choose from: beside the catalogue that ships stands one with 500 more.
How much of it is the choice alone stands beside HiGHS as it comes, on the same programmes.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

import highspy
import numpy as np
import pandas as pd
from asking import import_table
from organisations import AS_OF, fill

from recommender.plan import PlanProblem, choose_plan, solving
from recommender.service.installation import open_service
from recommender.service.levels.standing import read_standing
from recommender.service.permissions import COMMAND_LINE
from recommender.service.plans.choices import PlanRequest, find_choices
from recommender.service.plans.drafts.many import create_plans
from recommender.service.recommend.prospects import find_prospects
from recommender.service.session import Session
from recommender.settings import Settings
from recommender.store import reading
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


def choose_for_everybody(n_people: int) -> Callable[[], object]:
    """Prepare the choice of modules for people on the telecom catalogue."""
    problems = pose_everybody(n_people)

    def choose() -> None:
        for problem in problems:
            choose_plan(problem)

    return choose


def solve_bare(n_people: int) -> Callable[[], object]:
    """Prepare the programmes of the same choice for HiGHS as it comes, which need not be exact."""
    programs = [
        solving._to_program(problem, np.flatnonzero(~solving._dominated(problem)))
        for problem in pose_everybody(n_people)
    ]

    def solve() -> None:
        for program in programs:
            solver = highspy.Highs()
            solver.silent()
            solver.passModel(program)
            solver.run()

    return solve


def pose_everybody(n_people: int) -> list[PlanProblem]:
    """Return what the plan of each of some people is chosen from."""
    settings = Settings(database=f"sqlite:///{tempfile.mkdtemp()}/recommender.db", as_of=AS_OF)
    service = open_service(settings)
    fill(service, n_people=n_people)
    with reading(service.engine) as connection:
        standing = read_standing(connection, service.framework, as_of=AS_OF)
    prospects = find_prospects(service.framework, standing, service.estimates)
    return [
        find_choices(prospects, row, PlanRequest(), lang="en").problem for row in range(n_people)
    ]


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
    few = N_PEOPLE[0]
    bare, choice = "a choice, by HiGHS as it comes", "a choice, proven and with its order"
    seconds, peak = measure(partial(solve_bare, few))
    alone = Figure(bare, seconds / few, peak)
    seconds, peak = measure(partial(choose_for_everybody, few))
    chosen = Figure(choice, seconds / few, peak, bare, seconds / few / alone.seconds)
    figures: list[Figure] = []
    for n_people in N_PEOPLE:
        seconds, peak = measure(
            partial(plan_everybody, n_people), repeats=3 if n_people < max(N_PEOPLE) else 1
        )
        beside = figures[0] if figures else chosen
        each = seconds / n_people
        name = f"a plan, of {n_people:,} people"
        figures.append(Figure(name, each, peak, beside.name, each / beside.seconds))
    seconds, peak = measure(partial(plan_everybody, few, 500), repeats=3)
    each, beside = seconds / few, figures[0]
    name = f"a plan, of {few} people, 500 modules more"
    figures.append(Figure(name, each, peak, beside.name, each / beside.seconds))
    return [alone, chosen, *figures]
