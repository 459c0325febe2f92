"""Checks that the parts of a catalogue fit together: ids exist, and once; the frame has no hole."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping

from training_catalog.faults import CatalogFault, make_fault
from training_catalog.files.assembly import framework_order
from training_catalog.model import Catalog, Competency, TrainingModule
from training_catalog.post_checks import check_post

Files = Mapping[tuple[str, ...], str]
_MEAN_WEIGHT_TOLERANCE = 1e-6  # for sums of decimal fractions; weights are given in hundredths


def check_catalog(catalog: Catalog, files: Files | None = None) -> list[CatalogFault]:
    """Return everything that keeps a catalogue from being used.

    Parameters
    ----------
    catalog : Catalog
        A catalogue whose parts are each valid by themselves.
    files : mapping of tuple to str, optional
        Part and id to the file that holds them, for the report.
    """
    files = files or {}
    faults = (
        *check_framework(catalog, files),
        *check_profiles(catalog, files),
        *check_modules(catalog, files),
        *check_post(catalog),
    )
    # two items with the same id raise the same faults, which are told once; the order stays
    return list(dict.fromkeys(faults))


def served_targets(catalog: Catalog) -> set[str]:
    """Return the ids that outcomes may serve: of indicators, and ``<competency>.<subject>``."""
    return {
        name
        for c in catalog.competencies
        for name in (
            *(i.id for level in c.levels for i in level.indicators),
            *(f"{c.id}.{s.id}" for exam in c.exams for s in exam.subjects),
        )
    }


def check_framework(catalog: Catalog, files: Files) -> Iterator[CatalogFault]:
    """Check categories, grades, levels and competencies."""
    listed = Counter(framework_order(catalog.categories))
    category_of = {name: c.id for c in catalog.categories for name in c.competencies}
    present = Counter(c.id for c in catalog.competencies)
    head = "catalog.yaml"
    for name, count in listed.items():
        at = ("categories", category_of[name], "competencies")
        if count > 1:
            yield make_fault(head, "categories", "listed-twice", at=at, found=name)
        if name not in present:
            yield make_fault(head, "categories", "no-competency-file", at=at, found=name)
    for part, ids in (
        ("grades", [g.id for g in catalog.grades]),
        ("levels", [str(d.level) for d in catalog.levels]),
        ("categories", [c.id for c in catalog.categories]),
    ):
        for name, count in Counter(ids).items():
            if count > 1:
                yield make_fault(head, part, "listed-twice", at=(part, name, "id"), found=name)
    if sorted(d.level for d in catalog.levels) != [1, 2, 3, 4]:
        yield make_fault(head, "levels", "not-four-levels", at=("levels",))
    for competency in catalog.competencies:
        at = ("competencies", competency.id)
        file = files.get(at, "competencies")
        if present[competency.id] > 1:
            yield make_fault(file, "id", "listed-twice", at=(*at, "id"), found=competency.id)
        if competency.id not in listed:
            yield make_fault(file, "id", "not-in-framework", at=(*at, "id"), found=competency.id)
        elif category_of[competency.id] != competency.category:
            yield make_fault(
                file, "category", "wrong-category", at=(*at, "category"), found=competency.category
            )
        if [level.level for level in competency.levels] != [1, 2, 3, 4]:
            yield make_fault(file, "levels", "not-four-levels", at=(*at, "levels"))
        if competency.kind == "behavioural":
            yield from check_indicators(competency, file)
        else:
            yield from check_exams(competency, file)


def check_indicators(competency: Competency, file: str) -> Iterator[CatalogFault]:
    """Check that each level of a behavioural competency has indicators of its own."""
    part = ("competencies", competency.id)
    if competency.exams:
        yield make_fault(file, "exams", "exams-of-behaviour", at=(*part, "exams"))
    for i, level in enumerate(competency.levels):
        key = f"levels.{i}.indicators"
        at = (*part, "levels", str(level.level), "indicators")
        if not level.indicators:
            yield make_fault(file, key, "no-indicators", at=at, found=str(level.level))
        for name, count in Counter(indicator.id for indicator in level.indicators).items():
            if count > 1:
                yield make_fault(file, key, "listed-twice", at=(*at, name), found=name)
            if not name.startswith(f"{competency.id}.{level.level}."):
                yield make_fault(
                    file,
                    key,
                    "wrong-indicator-id",
                    at=(*at, name),
                    found=name,
                    expected=f"{competency.id}.{level.level}.",
                )


def check_exams(competency: Competency, file: str) -> Iterator[CatalogFault]:
    """Check that a knowledge competency has an exam a level."""
    part = ("competencies", competency.id, "exams")
    if [exam.level for exam in competency.exams] != [1, 2, 3, 4]:
        yield make_fault(file, "exams", "not-four-exams", at=part)
    for i, exam in enumerate(competency.exams):
        for name, count in Counter(subject.id for subject in exam.subjects).items():
            if count > 1:
                yield make_fault(
                    file,
                    f"exams.{i}.subjects",
                    "listed-twice",
                    at=(*part, str(exam.level), name),
                    found=name,
                )


def check_profiles(catalog: Catalog, files: Files) -> Iterator[CatalogFault]:
    """Check that each grade has a profile, and each profile a target for every competency."""
    # The core works on full arrays of people by competencies: a missing target would be a hole in
    # them, and with weights of another mean the values of two grades could not be compared.
    competencies = {c.id for c in catalog.competencies}
    grades = {g.id for g in catalog.grades}
    versions = Counter((p.grade, p.effective_on) for p in catalog.profiles)
    for grade in sorted(grades - {p.grade for p in catalog.profiles}):
        yield make_fault("profiles", "", "no-profile", at=("grades", grade, "id"), found=grade)
    for profile in catalog.profiles:
        at = ("profiles", profile.grade, profile.effective_on.isoformat())
        file = files.get(at, "profiles")
        if profile.grade not in grades:
            yield make_fault(file, "grade", "unknown-grade", at=(*at, "grade"), found=profile.grade)
        if versions[(profile.grade, profile.effective_on)] > 1:
            yield make_fault(
                file,
                "effective_on",
                "listed-twice",
                at=(*at, "effective_on"),
                found=str(profile.effective_on),
            )
        for name in sorted(competencies - set(profile.targets)):
            yield make_fault(file, f"targets.{name}", "no-target", at=at, found=name)
        for name in sorted(set(profile.targets) - competencies):
            yield make_fault(
                file,
                f"targets.{name}",
                "unknown-competency",
                at=(*at, "targets", name),
                found=name,
            )
        mean = sum(t.weight for t in profile.targets.values()) / max(1, len(profile.targets))
        if abs(mean - 1) > _MEAN_WEIGHT_TOLERANCE:
            yield make_fault(file, "targets", "mean-weight", at=at, found=f"{mean:.6f}")


def check_modules(catalog: Catalog, files: Files) -> Iterator[CatalogFault]:
    """Check what modules refer to, and that no module is its own prerequisite."""
    competencies = {c.id for c in catalog.competencies}
    grades = {g.id for g in catalog.grades}
    ids = Counter(module.id for module in catalog.modules)
    targets = served_targets(catalog)
    for module in catalog.modules:
        at = ("modules", module.id)
        file = files.get(at, "modules")
        if ids[module.id] > 1:
            yield make_fault(file, module.id, "listed-twice", at=(*at, "id"), found=module.id)
        key = f"{module.id}.competencies"
        for name, count in Counter(part.id for part in module.competencies).items():
            place = (*at, "competencies", name)
            if name not in competencies:
                yield make_fault(file, key, "unknown-competency", at=place, found=name)
            if count > 1:
                yield make_fault(file, key, "listed-twice", at=place, found=name)
        for name in module.prerequisites:
            if name not in ids:
                yield make_fault(
                    file,
                    f"{module.id}.prerequisites",
                    "unknown-module",
                    at=(*at, "prerequisites"),
                    found=name,
                )
        for name in module.grades:
            if name not in grades:
                yield make_fault(
                    file, f"{module.id}.grades", "unknown-grade", at=(*at, "grades"), found=name
                )
        for i, outcome in enumerate(module.outcomes):
            for name in outcome.serves:
                if name not in targets:
                    yield make_fault(
                        file,
                        f"{module.id}.outcomes",
                        "unknown-outcome",
                        at=(*at, "outcomes", str(i), "serves"),
                        found=name,
                    )
    for cycle in find_prerequisite_cycles(catalog.modules):
        at = ("modules", cycle[0])
        yield make_fault(
            files.get(at, "modules"),
            cycle[0],
            "prerequisite-cycle",
            at=(*at, "prerequisites"),
            found=" → ".join(cycle),
        )


def find_prerequisite_cycles(modules: Iterable[TrainingModule]) -> list[list[str]]:
    """Find the modules that are, directly or indirectly, their own prerequisite.

    Parameters
    ----------
    modules : iterable of TrainingModule
        Modules with unique ids.

    Returns
    -------
    list of list of str
        One list of ids for each cycle, its first id repeated at the end.
    """
    # Depth first with a stack of our own: recursion would end at Python's limit in a long chain.
    # In order of ids, so that a cycle is always told from the same module.
    before = {module.id: module.prerequisites for module in modules}
    done: set[str] = set()
    cycles: list[list[str]] = []
    for start in sorted(before):
        trail: list[str] = []
        stack: list[tuple[str, Iterator[str]]] = []
        if start in done:
            continue
        trail.append(start)
        stack.append((start, iter(before[start])))
        while stack:
            name, rest = stack[-1]
            step = next(rest, None)
            if step is None:
                done.add(name)
                stack.pop()
                trail.pop()
            elif step in trail:
                cycles.append([*trail[trail.index(step) :], step])
            elif step in before and step not in done:
                trail.append(step)
                stack.append((step, iter(before[step])))
    return cycles
