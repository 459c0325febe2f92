"""What the catalogue holds: filtered, searched, looked up."""

from __future__ import annotations

import datetime as dt
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from recommender.documents import render_module_sheet_pdf
from recommender.errors import InputError, NotFoundError
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

ModuleOrder = Literal["id", "hours", "cost"]


@dataclass(frozen=True)
class ModuleQuery:
    """Which modules are wanted; what is None does not matter.

    Parameters
    ----------
    competency_id : str or None
        Serving this competency.
    level : float or None
        With a step that begins at or below this level and ends above it; of the competency,
        where one is named.
    modality : Modality or None
        Taught like this.
    grade : str or None
        For this grade.
    max_hours, max_cost : float or None
        Taking no more hours, costing no more CNY.
    retired : bool or None
        Retired, or not.
    text : str or None
        With all of these words in title, purpose, outcomes or syllabus, in either language.
    order : str
        What they are ordered by, the lowest first; ties by id.
    """

    competency_id: str | None = None
    level: float | None = None
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
        found
        for found in read_catalog(session).competencies
        if category in (None, found.category)
        and kind in (None, found.kind)
        and _mentions([found.name, found.definition], text)
    ]


def find_competency(session: Session, competency_id: str) -> Competency:
    """Return a competency; raise a `NotFoundError` if it is not there."""
    for found in read_catalog(session).competencies:
        if found.id == competency_id:
            return found
    raise NotFoundError("competency.unknown", competency_id=competency_id)


def list_profiles(
    session: Session, *, as_of: dt.date, grade: str | None = None
) -> list[TargetProfile]:
    """List the target profiles in force on a day, lowest grade first."""
    catalog = read_catalog(session)
    in_force: dict[str, TargetProfile] = {}
    for profile in sorted(catalog.profiles, key=lambda profile: profile.effective_on):
        if profile.effective_on <= as_of:
            in_force[profile.grade] = profile
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
    if all(known.id != grade for known in read_catalog(session).grades):
        raise NotFoundError("catalogue.no-grade", grade=grade)
    found = list_profiles(session, as_of=as_of, grade=grade)
    if not found:
        raise InputError("profile.not-in-force", grades=grade, as_of=as_of, field="query:as_of")
    return found[0]


def list_modules(session: Session, query: ModuleQuery) -> list[TrainingModule]:
    """List the modules that are wanted, in the order that is wanted."""
    found = [module for module in read_catalog(session).modules if _is_wanted(module, query)]
    if query.order == "hours":
        return sorted(found, key=lambda module: (module.hours, module.id))
    if query.order == "cost":
        return sorted(found, key=lambda module: (module.cost, module.id))
    return sorted(found, key=lambda module: module.id)


def find_module(session: Session, module_id: str) -> TrainingModule:
    """Return a module; raise a `NotFoundError` if it is not there."""
    session.need(Permission.READ_CATALOG)
    found = session.service.framework.module_of.get(module_id)
    if found is None:
        raise NotFoundError("module.unknown", module_id=module_id)
    return found


def make_module_sheet(session: Session, module_id: str) -> bytes:
    """Return a module's page as PDF; raise a `NotFoundError` if it is not there."""
    return render_module_sheet_pdf(read_catalog(session), module_id, session.lang).content


def list_paths(session: Session, *, grade: str | None = None) -> list[LearningPath]:
    """List the learning paths for a grade; a path that names none is for all."""
    paths = read_catalog(session).paths
    return [path for path in paths if grade is None or not path.grades or grade in path.grades]


def find_learning_path(session: Session, path_id: str) -> LearningPath:
    """Return a learning path; raise a `NotFoundError` if it is not there."""
    paths = read_catalog(session).paths
    for path in paths:
        if path.id == path_id:
            return path
    known = ", ".join(path.id for path in paths) or "–"
    raise NotFoundError("path.unknown", path_id=path_id, paths=known)


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
    steps = [part for part in module.competencies if query.competency_id in (None, part.id)]
    if query.level is not None:
        steps = [part for part in steps if part.from_level <= query.level < part.to_level]
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
    read = _fold("\n".join(f"{text.zh_cn}\n{text.en}" for text in texts if text))
    return all(word in read for word in _fold(wanted).split())


def _fold(text: str) -> str:
    # full-width letters and digits are typed in Chinese text; nobody searches by case
    return unicodedata.normalize("NFKC", text).casefold()
