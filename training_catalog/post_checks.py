"""Checks that job profile, certifications, paths and glossary refer only to what exists."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator

from training_catalog.faults import CatalogFault, make_fault
from training_catalog.model import Catalog


def check_post(catalog: Catalog) -> Iterator[CatalogFault]:
    """Check those optional parts that a catalogue has."""
    yield from _check_job_profile(catalog)
    yield from _check_certifications(catalog)
    yield from _check_paths(catalog)
    yield from _twice("glossary.yaml", "glossary", (term.id for term in catalog.glossary))
    figures = (figure.id for figure in catalog.business_figures)
    yield from _twice("catalog.yaml", "business_figures", figures)


def _twice(file: str, part: str, ids: Iterable[str]) -> Iterator[CatalogFault]:
    for name, count in Counter(ids).items():
        if count > 1:
            yield make_fault(file, name, "listed-twice", at=(part, name, "id"), found=name)


def _check_job_profile(catalog: Catalog) -> Iterator[CatalogFault]:
    profile = catalog.job_profile
    if profile is None:
        return
    file = "job-profile.yaml"
    competencies = {c.id for c in catalog.competencies}
    grades = {g.id for g in catalog.grades}
    certifications = {c.id for c in catalog.certifications}
    elements = (*profile.duties, *profile.result_measures)
    yield from _twice(file, "job_elements", (e.id for e in elements))
    yield from _twice(file, "qualifications", (q.id for q in profile.qualifications))
    for element in elements:
        at = ("job_elements", element.id)
        for name in element.importance.keys() - grades:
            yield make_fault(
                file, f"{element.id}.importance", "unknown-grade", at=(*at, name), found=name
            )
        for name, figures in element.relevance.items():
            key = f"{element.id}.relevance.{name}"
            place = ("job_elements", element.id, "relevance", name)
            if name not in competencies:
                yield make_fault(file, key, "unknown-competency", at=place, found=name)
            for grade in figures.keys() - grades:
                yield make_fault(file, key, "unknown-grade", at=(*place, grade), found=grade)
    for item in profile.qualifications:
        at = ("qualifications", item.id)
        for name in set(item.grades) - grades:
            yield make_fault(file, item.id, "unknown-grade", at=(*at, "grades"), found=name)
        if item.certification and item.certification not in certifications:
            yield make_fault(
                file,
                item.id,
                "unknown-certification",
                at=(*at, "certification"),
                found=item.certification,
            )


def _check_certifications(catalog: Catalog) -> Iterator[CatalogFault]:
    file = "certifications.yaml"
    exams = {(c.id, exam.level) for c in catalog.competencies for exam in c.exams}
    modules = {m.id for m in catalog.modules}
    grades = {g.id for g in catalog.grades}
    ids = {c.id for c in catalog.certifications}
    yield from _twice(file, "certifications", (c.id for c in catalog.certifications))
    for certification in catalog.certifications:
        at = ("certifications", certification.id)
        if certification.grade not in grades:
            name = certification.grade
            yield make_fault(file, certification.id, "unknown-grade", at=(*at, "grade"), found=name)
        if certification.requires and certification.requires not in ids - {certification.id}:
            name = certification.requires
            yield make_fault(
                file, certification.id, "unknown-certification", at=(*at, "requires"), found=name
            )
        counts = Counter((exam.competency, exam.level) for exam in certification.exams)
        for exam in certification.exams:
            place = (*at, "exams", exam.competency, str(exam.level))
            name = f"{exam.competency} {exam.level}"
            if (exam.competency, exam.level) not in exams:
                yield make_fault(
                    file, certification.id, "unknown-exam", at=(*place, "competency"), found=name
                )
            if counts[exam.competency, exam.level] > 1:
                yield make_fault(
                    file, certification.id, "listed-twice", at=(*place, "competency"), found=name
                )
            yield from _unknown_modules(
                file, certification.id, exam.modules, modules, (*place, "modules")
            )


def _check_paths(catalog: Catalog) -> Iterator[CatalogFault]:
    file = "paths.yaml"
    modules = {m.id for m in catalog.modules}
    grades = {g.id for g in catalog.grades}
    yield from _twice(file, "paths", (path.id for path in catalog.paths))
    for path in catalog.paths:
        at = ("paths", path.id)
        for name in set(path.grades) - grades:
            yield make_fault(file, path.id, "unknown-grade", at=(*at, "grades"), found=name)
        if path.target_grade is not None and path.target_grade not in grades:
            yield make_fault(
                file,
                path.id,
                "unknown-grade",
                at=(*at, "target_grade"),
                found=path.target_grade,
            )
        for name, count in Counter(path.module_ids).items():
            if count > 1:
                yield make_fault(file, path.id, "listed-twice", at=at, found=name)
        for i, stage in enumerate(path.stages):
            place = (*at, "stages", str(i), "modules")
            yield from _unknown_modules(file, path.id, stage.modules, modules, place)
        weeks = [stage.until_week for stage in path.stages]
        if weeks != sorted(weeks):
            yield make_fault(
                file, path.id, "weeks-reversed", at=at, found="、".join(map(str, weeks))
            )


def _unknown_modules(
    file: str,
    key: str,
    names: Iterable[str],
    known: set[str],
    at: tuple[str, ...],
) -> Iterator[CatalogFault]:
    for name in names:
        if name not in known:
            yield make_fault(file, key, "unknown-module", at=at, found=name)
