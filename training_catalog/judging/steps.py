"""Judges steps without modules or order, modules nobody can reach, and prerequisites."""

from __future__ import annotations

from collections.abc import Iterator

from training_catalog.base import Text
from training_catalog.coverage import coverage, newest_targets
from training_catalog.judging.judgement import Judgement, judge
from training_catalog.model import Catalog, TrainingModule


def judge_steps(catalog: Catalog) -> Iterator[Judgement]:
    """Judge how modules cover the steps and build on one another."""
    yield from _holes(catalog)
    yield from _unreachable(catalog)
    yield from _steps_apart(catalog)
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


def _steps_apart(catalog: Catalog) -> Iterator[Judgement]:
    """Judge steps of several modules none of which has a prerequisite."""
    modules = {module.id: module for module in catalog.modules}
    for row in coverage(catalog).rows:
        for cell in row.steps:
            main = [modules[name] for name in cell.main]
            # two may be there to choose from; of three, one as a rule takes up what another teaches
            if cell.needed and len(main) > 2 and not any(m.prerequisites for m in main):
                yield judge(
                    "step-without-prerequisite",
                    "competencies",
                    row.competency_id,
                    competency=row.name,
                    step=cell.step,
                    next=cell.step + 1,
                    modules=Text(
                        zh_cn="".join(f"《{m.title.zh_cn}》" for m in main),
                        en=", ".join(f"“{m.title.en}”" for m in main),
                    ),
                )


def _prerequisites(catalog: Catalog) -> Iterator[Judgement]:
    modules = {module.id: module for module in catalog.modules}
    competencies = {competency.id: competency.name for competency in catalog.competencies}
    grades = {grade.id: grade.name for grade in catalog.grades}
    for module in catalog.modules:
        steps = {part.id: part for part in module.competencies}
        main = module.competencies[0]
        for name in module.prerequisites:
            before = modules[name]
            values = {"module": module.title, "prerequisite": before.title}
            # A prerequisite is completed or planned as well, and a module is planned only where it
            # leads above the person's level. Who passes from step to step is settled by the
            # from-level; a prerequisite of a lower step would keep out all who outgrew it.
            if not any(
                p.id == main.id and p.to_level >= main.to_level for p in before.competencies
            ):
                yield judge(
                    "prerequisite-below",
                    "modules",
                    module.id,
                    competency=competencies[main.id],
                    to_level=f"{main.to_level:g}",
                    **values,
                )
            for grade in module.grades:
                if grade not in before.grades:
                    yield judge(
                        "prerequisite-not-for-grade",
                        "modules",
                        module.id,
                        grade=grades[grade],
                        **values,
                    )
            shared = [part for part in before.competencies if part.id in steps]
            # without a shared competency, the main ones are compared
            pairs = [(part, steps[part.id]) for part in shared] or [
                (before.competencies[0], module.competencies[0])
            ]
            if any(
                part.from_level > mine.from_level or part.to_level > mine.to_level
                for part, mine in pairs
            ):
                yield judge("prerequisite-above", "modules", module.id, **values)
