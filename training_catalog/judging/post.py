"""Judges weights that do not follow from the job profile, and certifications and paths."""

from __future__ import annotations

from collections.abc import Iterator

from training_catalog.judging.judgement import Judgement, judge
from training_catalog.model import Catalog, TrainingModule
from training_catalog.post import Certification, CertificationExam
from training_catalog.weights import derived_profile_weights


def judge_post(catalog: Catalog) -> Iterator[Judgement]:
    """Judge job profile, certifications and learning paths."""
    yield from _weights(catalog)
    modules = {module.id: module for module in catalog.modules}
    for certification in catalog.certifications:
        for exam in certification.exams:
            yield from _exam(catalog, certification, exam, modules)
    yield from _paths(catalog, modules)


def _weights(catalog: Catalog) -> Iterator[Judgement]:
    derived = derived_profile_weights(catalog)
    names = {c.id: c.name for c in catalog.competencies}
    grades = {g.id: g.name for g in catalog.grades}
    # Older profiles follow an older job profile. In order of their days, so the last one stays.
    newest = {profile.grade: profile for profile in catalog.profiles}
    for grade, weights in derived.items():
        for competency, weight in weights.items():
            values = {"grade": grades[grade], "competency": names[competency]}
            if not weight:
                yield judge("competency-without-duty", "job_profile", grade, **values)
                continue
            set_weight = newest[grade].targets[competency].weight
            if abs(set_weight - weight) > 1e-9:
                yield judge(
                    "weight-not-derived",
                    "profiles",
                    grade,
                    given=f"{set_weight:g}",
                    derived=f"{weight:g}",
                    **values,
                )


def _exam(
    catalog: Catalog,
    certification: Certification,
    needed: CertificationExam,
    modules: dict[str, TrainingModule],
) -> Iterator[Judgement]:
    competency = next(c for c in catalog.competencies if c.id == needed.competency)
    exam = next(e for e in competency.exams if e.level == needed.level)
    values = {
        "certification": certification.name,
        "competency": competency.name,
        "level": needed.level,
    }
    served: set[str] = set()
    for name in needed.modules:
        module = modules[name]
        leads = any(
            part.id == competency.id and part.from_level < needed.level <= part.to_level
            for part in module.competencies
        )
        if not leads or module.retired:
            yield judge(
                "preparation-elsewhere",
                "certifications",
                certification.id,
                module=module.title,
                **values,
            )
            continue
        served |= {target for outcome in module.outcomes for target in outcome.serves}
    for subject in exam.subjects:
        if f"{competency.id}.{subject.id}" not in served:
            yield judge(
                "exam-unprepared",
                "certifications",
                certification.id,
                subject=subject.name,
                **values,
            )


def _paths(catalog: Catalog, modules: dict[str, TrainingModule]) -> Iterator[Judgement]:
    for path in catalog.paths:
        done: set[str] = set()
        for name in path.module_ids:
            module = modules[name]
            values = {"path": path.name, "module": module.title}
            if module.retired:
                yield judge("path-retired", "paths", path.id, **values)
            for before in module.prerequisites:
                if before not in done:
                    yield judge(
                        "path-order",
                        "paths",
                        path.id,
                        prerequisite=modules[before].title,
                        **values,
                    )
            # a module must be open to every grade that the path is for
            if path.grades and not set(path.grades) <= set(module.grades):
                yield judge("path-not-for-grade", "paths", path.id, **values)
            done.add(name)
