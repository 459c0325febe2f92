"""Makes a `Catalog` of its parts: in order, complete, with its digest."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable

from training_catalog.base import Frozen, Slug, Text
from training_catalog.model import (
    Catalog,
    CatalogSettings,
    Category,
    Competency,
    Grade,
    LevelDefinition,
    TargetProfile,
    TrainingModule,
)
from training_catalog.post import (
    BusinessFigure,
    Certification,
    JobProfile,
    LearningPath,
    Standards,
    Term,
)

# settings that came after the first release
_LATER_SETTINGS = ("min_raters_shown", "near_gap", "standard_review_months")
_OPTIONAL_PARTS = (
    "standards",
    "job_profile",
    "certifications",
    "paths",
    "glossary",
    "business_figures",
)


class Head(Frozen):
    """What ``catalog.yaml`` holds."""

    id: Slug
    name: Text
    settings: CatalogSettings = CatalogSettings()
    standards: Standards = Standards()
    levels: tuple[LevelDefinition, ...]
    grades: tuple[Grade, ...]
    categories: tuple[Category, ...]
    business_figures: tuple[BusinessFigure, ...] = ()


def framework_order(categories: Iterable[Category]) -> list[str]:
    """Return the ids of all competencies in the order of the framework."""
    return [name for category in categories for name in category.competencies]


def assemble(
    head: Head,
    *,
    competencies: Iterable[Competency],
    profiles: Iterable[TargetProfile],
    modules: Iterable[TrainingModule],
    job_profile: JobProfile | None = None,
    certifications: tuple[Certification, ...] = (),
    paths: tuple[LearningPath, ...] = (),
    glossary: tuple[Term, ...] = (),
) -> Catalog:
    """Put the parts of a catalogue in order and complete it; nothing is checked."""
    # ids that are not in the framework go last, for the checks to report
    order = {name: i for i, name in enumerate(framework_order(head.categories))}
    return build_catalog(
        Catalog(
            id=head.id,
            name=head.name,
            digest="",
            settings=head.settings,
            standards=head.standards,
            levels=head.levels,
            grades=head.grades,
            categories=head.categories,
            competencies=tuple(sorted(competencies, key=lambda c: order.get(c.id, len(order)))),
            profiles=tuple(profiles),
            modules=tuple(modules),
            job_profile=job_profile,
            certifications=certifications,
            paths=paths,
            glossary=glossary,
            business_figures=head.business_figures,
        )
    )


def build_catalog(
    catalog: Catalog,
    *,
    extra_modules: Iterable[TrainingModule] = (),
    extra_profiles: Iterable[TargetProfile] = (),
) -> Catalog:
    """Complete a catalogue: profiles by grade and day, modules by id, grades spelled out, digest.

    Parameters
    ----------
    catalog : Catalog
        The parts; its digest is ignored.
    extra_modules : iterable of TrainingModule
        Modules that replace those of the same id, or come in addition.
    extra_profiles : iterable of TargetProfile
        Versions of profiles that come in addition.

    Returns
    -------
    Catalog
        With the digest of its content: the first 16 hex digits of a SHA-256 over its
        canonical JSON, so that comments and layout of the files do not count.
    """
    # Sorted by id and with grades spelled out before the digest is taken: neither the file that a
    # module stands in nor a short way to write it changes what the catalogue says.
    extra = {module.id: module for module in extra_modules}
    every_grade = tuple(grade.id for grade in catalog.grades)
    # a profile of a grade that is not there goes first, for the checks to report
    place = {name: i for i, name in enumerate(every_grade)}
    profiles = sorted(
        (*catalog.profiles, *extra_profiles),
        key=lambda p: (place.get(p.grade, -1), p.effective_on),
    )
    modules = [m for m in catalog.modules if m.id not in extra] + list(extra.values())
    complete = catalog.model_copy(
        update={
            "digest": "",
            "profiles": tuple(profiles),
            "modules": tuple(
                m if m.grades else m.model_copy(update={"grades": every_grade})
                for m in sorted(modules, key=lambda m: m.id)
            ),
        }
    )
    content = complete.model_dump(mode="json")
    # A part that a catalogue does not use is left out, so that a new optional part does not change
    # the digest of catalogues without it: plans and models carry that.
    for part in _OPTIONAL_PARTS:
        if getattr(complete, part) == Catalog.model_fields[part].default:
            del content[part]
    for setting in _LATER_SETTINGS:
        if getattr(complete.settings, setting) == CatalogSettings.model_fields[setting].default:
            del content["settings"][setting]
    for profile in content["profiles"]:
        if profile["review_on"] is None:
            del profile["review_on"]
    canonical = json.dumps(content, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    digest = hashlib.sha256(canonical.encode()).hexdigest()[:16]
    return complete.model_copy(update={"digest": digest})
