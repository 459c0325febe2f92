"""Levels, gaps and rankings of everybody: the cost of a person.

The facts are Parquet files of made-up people. Beside them stands the floor: the same people ranked
by the core alone, out of arrays that are ready.
"""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable
from contextlib import ExitStack
from functools import partial
from multiprocessing.util import Finalize
from pathlib import Path

from recommender.exchange.parquet.facts import FactFolder
from recommender.service.batch.running import work_out_everybody
from recommender.service.batch.sources import FolderFacts
from recommender.service.levels.standing import find_first_days, find_standing
from recommender.service.recommend.recommendations import RecommendationRequest, rank_standing
from recommender.service.session import open_session
from recommender.service.workers import Workers
from recommender.settings import Settings
from recommender.store import EVERYONE
from tests.benchmarks.made_up_facts import AS_OF, write_made_up_facts
from tests.benchmarks.measuring import Figure, measure

SIZES = (1_000, 10_000, 100_000)
REQUEST = RecommendationRequest(top=5)


def prepare(n_people: int) -> Callable[[], object]:
    """Prepare a run over so many people in one process."""
    folder = Path(tempfile.mkdtemp(prefix="everybody-"))
    settings = Settings(database=f"sqlite:///{folder / 'empty.db'}", as_of=AS_OF)
    stack = ExitStack()
    # not atexit: a process of multiprocessing, as the one that measures, ends without it
    Finalize(None, stack.close, exitpriority=10)
    stack.callback(shutil.rmtree, folder)
    session = stack.enter_context(open_session(settings, "benchmark"))
    write_made_up_facts(folder / "facts", session.service.framework, n_people)

    def work() -> None:
        shutil.rmtree(folder / "results", ignore_errors=True)
        report = work_out_everybody(
            session,
            REQUEST,
            to=folder / "results",
            as_of=AS_OF,
            workers=Workers(settings),
            facts=folder / "facts",
        )
        assert report.computed == n_people

    return work


def bare(n_people: int) -> Callable[[], object]:
    """Prepare the floor: levels, gaps and targets are arrays already, and are only ranked."""
    with tempfile.TemporaryDirectory() as folder:
        settings = Settings(database=f"sqlite:///{folder}/empty.db", as_of=AS_OF)
        with open_session(settings, "benchmark") as session:
            framework, estimates = session.service.framework, session.service.estimates
            write_made_up_facts(Path(folder) / "facts", framework, n_people)
            facts = FolderFacts(FactFolder(Path(folder) / "facts", AS_OF))
            people = facts.list_people(EVERYONE, AS_OF)
            with facts.open(people[0][0], AS_OF) as opened:
                snapshot = opened.read_snapshot(
                    [person_id for _, person_id in people], find_first_days(framework, AS_OF)
                )
            standing = find_standing(snapshot, framework, as_of=AS_OF)
    return lambda: rank_standing(framework, standing, estimates, REQUEST)


def run() -> list[Figure]:
    """Measure; the ratios of sizes are those of the seconds a person takes."""
    figures: list[Figure] = []
    n_floor = SIZES[1]
    seconds, peak = measure(partial(bare, n_floor))
    floor = Figure(f"{n_floor:,} people ranked by the core alone", seconds, peak)
    figures.append(floor)
    a_person: dict[int, float] = {}
    for n_people in SIZES:
        seconds, peak = measure(partial(prepare, n_people), repeats=1 + 2 * (n_people < 50_000))
        a_person[n_people] = seconds / n_people
        name = f"facts of {n_people:,} people to levels and rankings, Parquet to Parquet"
        if n_people == n_floor:
            figures.append(Figure(name, seconds, peak, floor.name, seconds / floor.seconds))
        else:
            figures.append(Figure(name, seconds, peak))
    figures.append(
        Figure(
            f"seconds a person at {SIZES[-1]:,}",
            a_person[SIZES[-1]],
            0,
            f"at {SIZES[1]:,}",
            a_person[SIZES[-1]] / a_person[SIZES[1]],
        )
    )
    return figures
