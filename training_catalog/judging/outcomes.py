"""Judges outcomes tied to nothing or to the wrong thing, and indicators that no outcome serves."""

from __future__ import annotations

from collections.abc import Iterator

from training_catalog.base import Text
from training_catalog.judging.judgement import Judgement, judge
from training_catalog.model import Catalog, Competency, TrainingModule


def judge_outcomes(catalog: Catalog) -> Iterator[Judgement]:
    """Judge what the outcomes of modules are tied to."""
    names = {c.id: c.name for c in catalog.competencies}
    for module in catalog.modules:
        if not module.outcomes:
            # everything else about its outcomes would only repeat this
            yield judge("no-outcome", "modules", module.id, module=module.title)
            continue
        yield from _elsewhere(module)
        served = {name.partition(".")[0] for o in module.outcomes for name in o.serves}
        for part in module.competencies:
            if part.id not in served:
                yield judge(
                    "competency-without-outcome",
                    "modules",
                    module.id,
                    module=module.title,
                    competency=names[part.id],
                )
    yield from _unserved(catalog)


def _elsewhere(module: TrainingModule) -> Iterator[Judgement]:
    """Find outcomes that serve nothing within the steps of the module's competencies."""
    for outcome in module.outcomes:
        if not any(_within(module, name) for name in outcome.serves):
            yield judge(
                "outcome-elsewhere",
                "modules",
                module.id,
                module=module.title,
                outcome=outcome.text,
                serves="、".join(outcome.serves),
            )


def _within(module: TrainingModule, name: str) -> bool:
    # `<competency>.<level>.<n>` or `<competency>.<subject>`; a subject is examined at every level
    competency, _, rest = name.partition(".")
    level = rest.partition(".")[0]
    return any(
        part.id == competency
        and (not level.isdigit() or part.from_level < int(level) <= part.to_level)
        for part in module.competencies
    )


def _unserved(catalog: Catalog) -> Iterator[Judgement]:
    served: set[tuple[str, int]] = set()
    for module in catalog.modules:
        if module.retired:
            continue
        for part in module.competencies:
            for outcome in module.outcomes:
                served |= {
                    (name, level)
                    for name in outcome.serves
                    if name.partition(".")[0] == part.id
                    for level in range(int(part.from_level) + 1, int(part.to_level) + 1)
                }
    if not served:
        return  # a catalogue that ties no outcome to anything is judged module by module
    for competency in catalog.competencies:
        for name, level, text in _targets(competency):
            if (name, level) not in served:
                yield judge(
                    "indicator-without-outcome",
                    "competencies",
                    competency.id,
                    competency=competency.name,
                    level=level,
                    indicator=text,
                    id=name,
                )


def _targets(competency: Competency) -> Iterator[tuple[str, int, Text]]:
    for level in competency.levels:
        for indicator in level.indicators:
            yield indicator.id, level.level, indicator.text
    for exam in competency.exams:
        for subject in exam.subjects:
            yield f"{competency.id}.{subject.id}", exam.level, subject.name
