"""Judges steps without modules, modules nobody can reach, and prerequisites that ask too much."""

from __future__ import annotations

from collections.abc import Iterator

from training_catalog.coverage import coverage, newest_targets
from training_catalog.judging.judgement import Judgement, judge
from training_catalog.model import Catalog, TrainingModule


def judge_steps(catalog: Catalog) -> Iterator[Judgement]:
    """Judge how modules cover the steps and build on one another."""
    yield from _holes(catalog)
    yield from _unreachable(catalog)
    yield from _prerequisites(catalog)


def _holes(catalog: Catalog) -> Iterator[Judgement]:
    wanted = catalog.standards.modules_per_step
    for row in coverage(catalog).rows:
        for cell in row.steps:
            values = {"competency": row.name, "step": cell.step, "next": cell.step + 1}
            if cell.needed and not cell.count:
                yield judge("no-module-for-step", "competencies", row.competency_id, **values)
            elif cell.needed and cell.count < wanted:
                yield judge(
                    "few-modules-for-step",
                    "competencies",
                    row.competency_id,
                    count=cell.count,
                    wanted=wanted,
                    **values,
                )


def _reaching_grades(
    module: TrainingModule, targets: dict[tuple[str, str], float]
) -> frozenset[str]:
    """Return the grades that ask for more than the module's from-level in some competency."""
    return frozenset(
        grade
        for (grade, competency), level in targets.items()
        if grade in module.grades
        and any(part.id == competency and level > part.from_level for part in module.competencies)
    )


def _unreachable(catalog: Catalog) -> Iterator[Judgement]:
    targets = newest_targets(catalog)
    modules = {module.id: module for module in catalog.modules if not module.retired}
    reachable = {name for name, module in modules.items() if _reaching_grades(module, targets)}
    for name, module in modules.items():
        if name not in reachable:
            part = module.competencies[0]
            yield judge(
                "above-every-target",
                "modules",
                name,
                module=module.title,
                from_level=f"{part.from_level:g}",
            )
    # A module behind an unreachable one is unreachable as well, and blocks those behind it, hence
    # the repetition. Sorted, so that each is told with the same prerequisite every time.
    titles = {module.id: module.title for module in catalog.modules}
    blocked: dict[str, str] = {}
    changed = True
    while changed:
        changed = False
        for name in sorted(reachable - set(blocked)):
            for before in modules[name].prerequisites:
                if before not in reachable or before in blocked:
                    blocked[name] = before
                    changed = True
                    break
    for name, before in sorted(blocked.items()):
        yield judge(
            "behind-unreachable",
            "modules",
            name,
            module=titles[name],
            prerequisite=titles[before],
        )


def _prerequisites(catalog: Catalog) -> Iterator[Judgement]:
    modules = {module.id: module for module in catalog.modules}
    for module in catalog.modules:
        steps = {part.id: part for part in module.competencies}
        for name in module.prerequisites:
            before = modules[name]
            shared = [part for part in before.competencies if part.id in steps]
            # without a shared competency, the main ones are compared
            pairs = [(part, steps[part.id]) for part in shared] or [
                (before.competencies[0], module.competencies[0])
            ]
            if any(
                part.from_level > mine.from_level or part.to_level > mine.to_level
                for part, mine in pairs
            ):
                yield judge(
                    "prerequisite-above",
                    "modules",
                    module.id,
                    module=module.title,
                    prerequisite=before.title,
                )
