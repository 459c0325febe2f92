"""What the catalogue holds: filtered, searched, looked up."""

from __future__ import annotations

import datetime as dt
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Literal

from recommender.documents import render_module_sheet_pdf
from recommender.errors import InputError, NotFoundError
from recommender.service.framework import find_path, latest_profiles, require_grade
from recommender.service.permissions import Permission
from recommender.service.session import Session
from training_catalog import (
    Catalog,
    Certification,
    Competency,
    JobProfile,
    LearningPath,
    Modality,
    TargetProfile,
    Term,
    Text,
    TrainingModule,
)
from training_catalog.coverage import covers

ModuleOrder = Literal["id", "hours", "cost"]


@dataclass(frozen=True)
class ModuleQuery:
    """Which modules are wanted; what is None does not matter.

    Parameters
    ----------
    competency_id : str or None
        Modules that serve this competency.
    level : float or None
        Modules with a step that begins at or below this level and ends above it; a step in the
        competency, where one is named.
    step : int or None
        Modules that cover the whole step from this level to the next one, as the coverage of the
        catalogue counts them; of the competency, where one is named.
    modality, grade : Modality, str or None
        Modules of this modality, for this grade.
    max_hours, max_cost : float or None
        In hours of a participant, and in CNY.
    retired : bool or None
        Modules that are retired, or that are not.
    text : str or None
        Modules with all of these words in title, purpose, outcomes or syllabus, in either
        language.
    order : str
        What they are ordered by, the lowest first; ties by id.
    """

    competency_id: str | None = None
    level: float | None = None
    step: int | None = None
    modality: Modality | None = None
    grade: str | None = None
    max_hours: float | None = None
    max_cost: float | None = None
    retired: bool | None = None
    text: str | None = None
    order: ModuleOrder = "id"


def read_catalog(session: Session) -> Catalog:
    """Return the catalogue in force: that of the folder and the modules that were imported."""
    session.need(Permission.READ_CATALOG)
    return session.service.framework.catalog


def list_competencies(
    session: Session,
    *,
    category: str | None = None,
    kind: str | None = None,
    text: str | None = None,
) -> list[Competency]:
    """List the competencies of a category and kind with some words, in framework order."""
    return [
        competency
        for competency in read_catalog(session).competencies
        if category in (None, competency.category)
        and kind in (None, competency.kind)
        and _mentions([competency.name, competency.definition], text)
    ]


def find_competency(session: Session, competency_id: str) -> Competency:
    """Return a competency; raise a `NotFoundError` if it is not there."""
    session.need(Permission.READ_CATALOG)
    competency = session.service.framework.competencies.get(competency_id)
    if competency is None:
        raise NotFoundError("competency.unknown", competency_id=competency_id)
    return competency


def list_profiles(
    session: Session, *, as_of: dt.date, grade: str | None = None
) -> list[TargetProfile]:
    """List the target profiles in force on a day, lowest grade first."""
    catalog = read_catalog(session)
    # without `profiles_in_force`, which refuses a day before the first profile of some grade
    in_force = latest_profiles(catalog, as_of)
    return [in_force[g.id] for g in catalog.grades if g.id in in_force and grade in (None, g.id)]


def find_profile(session: Session, grade: str, *, as_of: dt.date) -> TargetProfile:
    """Return the target profile of a grade that is in force on a day.

    Raises
    ------
    NotFoundError
        If there is no such grade.
    InputError
        If it has no profile in force yet on that day.
    """
    session.need(Permission.READ_CATALOG)
    require_grade(session.service.framework, grade)
    profiles = list_profiles(session, as_of=as_of, grade=grade)
    if not profiles:
        raise InputError("profile.not-in-force", grades=grade, as_of=as_of, field="query:as_of")
    return profiles[0]


def list_modules(session: Session, query: ModuleQuery) -> list[TrainingModule]:
    """List the modules that are wanted, in the order that is wanted."""
    wanted = [module for module in read_catalog(session).modules if _is_wanted(module, query)]
    return sorted(wanted, key=lambda module: (getattr(module, query.order), module.id))


def find_titles(session: Session, text: str, *, limit: int) -> list[TrainingModule]:
    """Return the first modules in use whose title has all words of a text."""
    named = (
        module
        for module in read_catalog(session).modules
        if not module.retired and _mentions([module.title], text)
    )
    return list(islice(named, limit))


def find_module(session: Session, module_id: str) -> TrainingModule:
    """Return a module; raise a `NotFoundError` if it is not there."""
    session.need(Permission.READ_CATALOG)
    module = session.service.framework.module_of.get(module_id)
    if module is None:
        raise NotFoundError("module.unknown", module_id=module_id)
    return module


def make_module_sheet(session: Session, module_id: str) -> bytes:
    """Return a module's page as PDF; raise a `NotFoundError` if it is not there."""
    return render_module_sheet_pdf(read_catalog(session), module_id, session.lang).content


def list_paths(session: Session, *, grade: str | None = None) -> list[LearningPath]:
    """List the learning paths for a grade; a path that names none is for all."""
    paths = read_catalog(session).paths
    return [path for path in paths if grade is None or not path.grades or grade in path.grades]


def find_learning_path(session: Session, path_id: str) -> LearningPath:
    """Return a learning path; raise a `NotFoundError` if it is not there."""
    session.need(Permission.READ_CATALOG)
    return find_path(session.service.framework, path_id)


def list_certifications(session: Session) -> Sequence[Certification]:
    """List the levels of the certification."""
    return read_catalog(session).certifications


def read_job_profile(session: Session) -> JobProfile:
    """Return what the post is; raise a `NotFoundError` if the catalogue does not say."""
    profile = read_catalog(session).job_profile
    if profile is None:
        raise NotFoundError("catalogue.no-job-profile")
    return profile


def list_terms(session: Session, *, text: str | None = None) -> list[Term]:
    """List the terms of the glossary with some words."""
    return [
        term
        for term in read_catalog(session).glossary
        if _mentions([term.term, term.definition], text)
    ]


def _is_wanted(module: TrainingModule, query: ModuleQuery) -> bool:
    # with both, one and the same step has to be of the competency and hold the level
    steps = [part for part in module.competencies if query.competency_id in (None, part.id)]
    if query.level is not None:
        steps = [part for part in steps if part.from_level <= query.level < part.to_level]
    if query.step is not None:
        steps = [part for part in steps if covers(part, query.step)]
    return (
        bool(steps)
        and query.modality in (None, module.modality)
        and (query.grade is None or not module.grades or query.grade in module.grades)
        and (query.max_hours is None or module.hours <= query.max_hours)
        and (query.max_cost is None or module.cost <= query.max_cost)
        and query.retired in (None, module.retired)
        and _mentions(_texts_of(module), query.text)
    )


def _texts_of(module: TrainingModule) -> Iterator[Text | None]:
    yield module.title
    yield module.purpose
    for outcome in module.outcomes:
        yield outcome.text
    yield from module.syllabus


def _mentions(texts: Iterable[Text | None], wanted: str | None) -> bool:
    """Say whether all words of a search stand in some texts, in one language or the other."""
    if wanted is None:
        return True
    # all texts as one: the words may stand in different ones
    read = _fold("\n".join(f"{text.zh_cn}\n{text.en}" for text in texts if text))
    return all(word in read for word in _fold(wanted).split())


def _fold(text: str) -> str:
    # full-width letters and digits are typed in Chinese text; nobody searches by case
    return unicodedata.normalize("NFKC", text).casefold()
