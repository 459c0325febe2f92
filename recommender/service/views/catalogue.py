"""The catalogue as its pages show it: courses with what they are expected to add, and coverage."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from recommender.arrays import IntArray
from recommender.results import Basis, find_doubt
from recommender.service.catalog.browsing import (
    ModuleQuery,
    find_module,
    list_modules,
    read_catalog,
)
from recommender.service.estimates import PairEstimate
from recommender.service.permissions import Permission, round_count
from recommender.service.plans.reasons import name_competency, name_module
from recommender.service.recommend.wording import say_cautions
from recommender.service.session import Session
from recommender.store.people.offerings import StoredOffering, list_offerings
from recommender.texts import say
from training_catalog import TrainingModule
from training_catalog.coverage import StepCoverage, coverage

Order = Literal["framework", "hours", "cost"]

PER_PAGE = 50
_RUNS_SHOWN = 12
# of all modules together; a page of the catalogue names the next run of each
_RUNS_READ = 2000


@dataclass(frozen=True)
class ExpectedEffect:
    """What a module is expected to add at one level, and what that rests on.

    Parameters
    ----------
    at_level : float
        The level that the expectation is for, the middle of the module's step.
    improvement : float
        In levels, over no training.
    lower, upper : float or None
        90 % range of the true effect, in levels; None for an expert's estimate.
    basis : str
        ``measured``, ``pooled`` or ``expert``.
    size_known : bool
        False where only the order of modules is known: no size is drawn then.
    unsure : bool
        Few cases, or a range that reaches zero.
    said : str
        In words, with the number of cases; in steps of five for who may see no single person.
    """

    at_level: float
    improvement: float
    lower: float | None
    upper: float | None
    basis: Basis
    size_known: bool
    unsure: bool
    said: str


@dataclass(frozen=True)
class CourseStep:
    """A step of a competency that a module serves; `effect` is None for who may not know it."""

    competency_id: str
    name: str
    from_level: float
    to_level: float
    effect: ExpectedEffect | None


@dataclass(frozen=True)
class Course:
    """A module with its steps, the main one first, and its next run with a free seat."""

    module: TrainingModule
    steps: tuple[CourseStep, ...]
    next_run: StoredOffering | None


@dataclass(frozen=True)
class CourseList:
    """One page of the courses that are wanted; `total` counts them all."""

    courses: tuple[Course, ...]
    total: int
    page: int
    pages: int


@dataclass(frozen=True)
class CourseSheet:
    """All that a page says of one module.

    Parameters
    ----------
    course : Course
        The module, its steps and its next run.
    grades : tuple of str
        Names of the grades it is for; empty where it is for all.
    prerequisites : tuple of (str, str)
        Id and title of the modules to take before it.
    runs : tuple of StoredOffering
        The next ones, the earliest first.
    cautions : tuple of str
        What makes its effect uncertain beyond the range.
    """

    course: Course
    grades: tuple[str, ...]
    prerequisites: tuple[tuple[str, str], ...]
    runs: tuple[StoredOffering, ...]
    cautions: tuple[str, ...]


@dataclass(frozen=True)
class CoveredCompetency:
    """A competency and how many modules in use serve each of its steps."""

    competency_id: str
    name: str
    cells: tuple[StepCoverage, ...]
    total: int


@dataclass(frozen=True)
class CatalogCoverage:
    """Which step of which competency no module serves.

    Parameters
    ----------
    rows : tuple of CoveredCompetency
        In framework order.
    wanted : int
        Modules that a step should have, by the catalogue's own standard.
    unserved, thin : tuple of (str, int)
        Steps that a target asks for and that have no module, or fewer than wanted: name of the
        competency and level at which the step begins.
    needed : int
        Number of steps that a target asks for.
    """

    rows: tuple[CoveredCompetency, ...]
    wanted: int
    unserved: tuple[tuple[str, int], ...]
    thin: tuple[tuple[str, int], ...]
    needed: int


def view_courses(
    session: Session, query: ModuleQuery, *, order: Order = "framework", page: int = 1
) -> CourseList:
    """List the modules that are wanted, one page.

    Parameters
    ----------
    session : Session
        Who asks.
    query : ModuleQuery
        Which modules; its own order does not count.
    order : str
        By competency and level as the framework has them; or the least hours or cost first.
    page : int
        From 1; a page that is not there is the last one.
    """
    position = {name: k for k, name in enumerate(session.service.framework.competency_ids)}

    def place(module: TrainingModule) -> tuple[float, ...]:
        if order != "framework":
            return (getattr(module, order),)
        main = module.competencies[0]
        # what serves a competency first of all comes before what serves it too
        is_further = query.competency_id not in (None, main.id)
        return is_further, position[main.id], main.from_level, main.to_level

    modules = sorted(list_modules(session, query), key=place)
    pages = max(1, -(-len(modules) // PER_PAGE))
    page = min(max(1, page), pages)
    shown = modules[(page - 1) * PER_PAGE : page * PER_PAGE]
    with session.reading() as connection:
        runs = list_offerings(connection, starts_from=session.today, free_seats=1, limit=_RUNS_READ)
    next_runs: dict[str, StoredOffering] = {}
    for run in runs:
        next_runs.setdefault(run.module_id, run)
    steps = _describe_steps(session, shown)
    courses = tuple(Course(m, steps[m.id], next_runs.get(m.id)) for m in shown)
    return CourseList(courses, len(modules), page, pages)


def view_course(session: Session, module_id: str) -> CourseSheet:
    """Return all that a page says of a module; raise a `NotFoundError` if it is not there."""
    module, framework = find_module(session, module_id), session.service.framework
    with session.reading() as connection:
        runs = list_offerings(
            connection, module_id=module_id, starts_from=session.today, limit=_RUNS_SHOWN
        )
    free = (run for run in runs if run.seats is None or run.seats > run.seats_taken)
    lang, names = session.lang, {grade.id: grade.name for grade in framework.catalog.grades}
    codes = session.service.estimates.cautions(module_id) if _may_know_effects(session) else ()
    return CourseSheet(
        Course(module, _describe_steps(session, [module])[module_id], next(free, None)),
        tuple(names[grade].in_language(lang) for grade in module.grades),
        tuple((name, name_module(framework, name, lang)) for name in module.prerequisites),
        tuple(runs),
        tuple(say_cautions(codes, lang)),
    )


def view_coverage(session: Session) -> CatalogCoverage:
    """Count the modules in use of each competency and step."""
    table = coverage(read_catalog(session))
    rows = tuple(
        CoveredCompetency(
            row.competency_id,
            row.name.in_language(session.lang),
            row.steps,
            # a set: a module that covers several steps counts once
            len({name for cell in row.steps for name in (*cell.main, *cell.further)}),
        )
        for row in table.rows
    )
    asked = [(row.name, cell) for row in rows for cell in row.cells if cell.needed]
    wanted = table.modules_per_step
    return CatalogCoverage(
        rows,
        wanted,
        tuple((name, cell.step) for name, cell in asked if not cell.count),
        tuple((name, cell.step) for name, cell in asked if 0 < cell.count < wanted),
        len(asked),
    )


def _may_know_effects(session: Session) -> bool:
    """Say whether effects may be told: as part of recommendations, or as statistics."""
    known = {Permission.READ_RECOMMENDATIONS, Permission.READ_STATISTICS}
    return bool(known & session.who.permissions)


def _describe_steps(
    session: Session, modules: Sequence[TrainingModule]
) -> dict[str, tuple[CourseStep, ...]]:
    framework, effects = session.service.framework, _expect(session, modules)
    return {
        module.id: tuple(
            CourseStep(
                part.id,
                name_competency(framework, part.id, session.lang),
                part.from_level,
                part.to_level,
                effects.get((module.id, part.id)),
            )
            for part in module.competencies
        )
        for module in modules
    }


def _expect(
    session: Session, modules: Sequence[TrainingModule]
) -> dict[tuple[str, str], ExpectedEffect]:
    """Estimate what modules add, each in the middle of its step."""
    if not modules or not _may_know_effects(session):
        return {}
    framework, arrays = session.service.framework, session.service.framework.modules
    at = {name: i for i, name in enumerate(arrays.ids)}
    pairs: IntArray = np.flatnonzero(np.isin(arrays.pair_module, [at[m.id] for m in modules]))
    levels = (arrays.pair_from[pairs] + arrays.pair_to[pairs]) / 2
    estimates = session.service.estimates.describe(pairs, levels)
    return {
        (arrays.ids[m], framework.competency_ids[k]): _word(session, level, estimate)
        for m, k, level, estimate in zip(
            arrays.pair_module[pairs].tolist(),
            arrays.pair_competency[pairs].tolist(),
            levels.tolist(),
            estimates,
            strict=True,
        )
    }


def _word(session: Session, level: float, estimate: PairEstimate) -> ExpectedEffect:
    lang, size_known = session.lang, session.service.estimates.size_known
    count = estimate.evidence_count
    doubt = find_doubt(estimate.basis, estimate.lower, count)
    exactly = session.who.sees_people
    if not size_known:
        said = say("person.courses.order_only", lang)
    elif estimate.basis != "measured":
        said = say(f"person.courses.{estimate.basis}", lang)
    elif exactly:
        key = "few" if doubt == "few" else "measured"
        said = say(f"person.courses.{key}", lang, count=count)
    else:
        rounded = round_count(count)
        key = "courses.measured_about" if rounded else "courses.measured_few"
        said = say(key, lang, count=rounded)
    if size_known and doubt == "not-certain":
        said += say("console.comma", lang) + say("person.courses.not_certain", lang)
    return ExpectedEffect(
        level,
        estimate.improvement,
        estimate.lower,
        estimate.upper,
        estimate.basis,
        size_known,
        doubt is not None,
        said,
    )
