"""Questions about groups of a hundred thousand people, and the list of them.

Beside the heat map stands the bare computation of its two tables from arrays that are ready.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from functools import partial
from pathlib import Path

import numpy as np
from asking import session_of
from organisations import AS_OF

from recommender.service.groups.kept_levels import keep_levels, list_days
from recommender.service.groups.organisation import read_organisation
from recommender.service.groups.statistics import read_distribution
from recommender.service.groups.table import StatisticsRequest
from recommender.service.installation import Service, open_service
from recommender.service.permissions import PERMISSIONS, Principal, Role
from recommender.service.views.directory import DirectoryRequest, read_directory, suggest
from recommender.settings import Settings
from tests.benchmarks.many_people import add_people
from tests.benchmarks.measuring import Figure, measure

N_PEOPLE = 100_000
N_UNITS, N_GRADES, N_COMPETENCIES = 555, 4, 18
WORKED_OUT = 2_000
ANALYST = Principal("key:analyst", Role.ANALYST, PERMISSIONS[Role.ANALYST])
ALSO_FIRST = ("heat map", "heat map of an analyst", "statistics")

QUESTIONS: dict[str, Callable[[Service], object]] = {
    "heat map": lambda service: read_organisation(session_of(service), StatisticsRequest(AS_OF)),
    "heat map of an analyst": lambda service: read_organisation(
        session_of(service, who=ANALYST), StatisticsRequest(AS_OF)
    ),
    "statistics": lambda service: read_distribution(session_of(service), StatisticsRequest(AS_OF)),
    "page of people": lambda service: read_directory(
        session_of(service), DirectoryRequest(page=1000)
    ),
    "people sorted by gaps": lambda service: read_directory(
        session_of(service), DirectoryRequest(order="gaps")
    ),
    "part of a name": lambda service: suggest(session_of(service), "人员7123"),
}


def ask(url: str, question: str, *, warm: bool) -> Callable[[], object]:
    """Prepare a question to a service; `warm` if it was asked before."""
    service = open_service(Settings(database=url, as_of=AS_OF))
    if warm:
        QUESTIONS[question](service)
    return partial(QUESTIONS[question], service)


def work_out(folder: Path) -> Callable[[], object]:
    """Prepare working out the levels of people, and keeping them."""
    service = make(f"sqlite:///{folder / 'few.db'}", WORKED_OUT)
    return lambda: keep_levels(service, list_days(service.framework, AS_OF), today=AS_OF)


def make(url: str, n_people: int) -> Service:
    """Make a database of people who have assessments, but no levels yet."""
    service = open_service(Settings(database=url, as_of=AS_OF))
    add_people(service, n_people, as_of=AS_OF)
    return service


def bare() -> Callable[[], object]:
    """Prepare the tables of two days in bare numpy."""
    rng = np.random.default_rng(1)
    shape = (N_PEOPLE, N_COMPETENCIES)
    days = [np.where(rng.uniform(size=shape) < 0.9, rng.uniform(0, 4, shape), np.nan)] * 2
    grade, cell = np.arange(N_PEOPLE) % N_GRADES, np.arange(N_PEOPLE) * N_UNITS // N_PEOPLE
    targets, weights = rng.uniform(0, 4, (2, N_GRADES, N_COMPETENCIES))
    size = N_UNITS * N_GRADES

    def work() -> list[np.ndarray]:
        at, found = cell * N_GRADES + grade, []
        for level in days:
            gap = np.maximum(targets[grade] - level, 0.0)
            for values in (~np.isnan(gap), level, gap, weights[grade] * gap, gap >= 0.5):
                filled = np.nan_to_num(values)
                found += [np.bincount(at, column, minlength=size) for column in filled.T]
        return found

    return work


def run() -> list[Figure]:
    """Measure."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        url = f"sqlite:///{folder / 'many.db'}"
        service = make(url, N_PEOPLE)
        keep_levels(service, list_days(service.framework, AS_OF), today=AS_OF)
        service.close()
        seconds, peak = measure(bare)
        beside = Figure(f"tables of two days in bare numpy, {N_PEOPLE:,} people", seconds, peak)
        found = [beside]
        for question in QUESTIONS:
            for warm in (True, False) if question in ALSO_FIRST else (True,):
                seconds, peak = measure(
                    partial(ask, url, question, warm=warm), repeats=3 if warm else 1
                )
                state = "again" if warm else "first in a process"
                label = f"{question}, {N_PEOPLE:,} people, {state}"
                found.append(Figure(label, seconds, peak, beside.name, seconds / beside.seconds))
        seconds, peak = measure(partial(work_out, folder), repeats=1)
        label = f"levels of eleven days worked out and kept, {WORKED_OUT:,} people"
        found.append(Figure(label, seconds, peak))
    return found
