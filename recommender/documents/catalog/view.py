"""What a module sheet shows: every text worded, every figure formatted."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from typing import Any

from recommender.documents.figures import hours, money
from recommender.texts import all_texts, say
from training_catalog import Catalog, Text, TrainingModule

View = dict[str, Any]


class CatalogView:
    """The words of a catalogue in one language."""

    def __init__(self, catalog: Catalog, lang: str) -> None:
        self.catalog = catalog
        self.lang = lang
        self.competencies = {c.id: c for c in catalog.competencies}
        self.modules = {m.id: m for m in catalog.modules}
        self.levels = {d.level: d.name.in_language(lang) for d in catalog.levels}
        self.targets = _targets(catalog)
        self.paths: defaultdict[str, list[str]] = defaultdict(list)
        self.certifications: defaultdict[str, list[str]] = defaultdict(list)
        for path in catalog.paths:
            for name in path.module_ids:
                self.paths[name].append(path.name.in_language(lang))
        for certification in catalog.certifications:
            for exam in certification.exams:
                for name in exam.modules:
                    self.certifications[name].append(certification.name.in_language(lang))

    def say(self, key: str, **values: object) -> str:
        """Return a text of the documents."""
        return say(f"catalog_document.{key}", self.lang, **values)

    def text(self, text: Text | None) -> str:
        """Return a text of the catalogue; empty where there is none."""
        return text.in_language(self.lang) if text else ""

    def level(self, level: float) -> str:
        """Return a level as ``2 中级``; below level 1 it has no name."""
        # a module may begin between two levels, at 1.5
        name = self.levels.get(int(level)) if float(level).is_integer() else None
        return f"{level:g} {name}" if name else f"{level:g}"

    def labels(self) -> dict[str, str]:
        """Return the fixed texts of the documents by name."""
        prefix = "catalog_document."
        return {
            key.removeprefix(prefix): text[self.lang]
            for key, text in all_texts().items()
            if key.startswith(prefix)
        }

    def module(self, module: TrainingModule) -> View:
        """Return one module's sheet."""
        return {
            "id": module.id,
            "title": self.text(module.title),
            "retired": module.retired,
            "purpose": self.text(module.purpose),
            "audience": self.text(module.audience),
            "assessment": self.text(module.assessment),
            "syllabus": [self.text(unit) for unit in module.syllabus],
            "facts": self._facts(module),
            "serves": [
                {
                    "name": self.text(self.competencies[part.id].name),
                    "from": self.level(part.from_level),
                    "to": self.level(part.to_level),
                    "from_at": part.from_level,
                    "to_at": part.to_level,
                    "improvement": f"+{part.expert_improvement:.2f}",
                    "main": i == 0,
                }
                for i, part in enumerate(module.competencies)
            ],
            "outcomes": [
                {
                    "text": self.text(outcome.text),
                    "serves": [self._target(name) for name in outcome.serves],
                }
                for outcome in module.outcomes
            ],
            "prerequisites": [
                {"id": name, "title": self.text(self.modules[name].title)}
                for name in module.prerequisites
            ],
            "needed_by": [
                {"id": other.id, "title": self.text(other.title)}
                for other in self.catalog.modules
                if module.id in other.prerequisites and not other.retired
            ],
            "paths": self.paths[module.id],
            # several exams of one certification may ask for the module
            "certifications": list(dict.fromkeys(self.certifications[module.id])),
        }

    def _facts(self, module: TrainingModule) -> list[dict[str, str]]:
        grades = [g for g in self.catalog.grades if g.id in module.grades]
        every = len(grades) == len(self.catalog.grades)
        listed = self.say("comma").join(self.text(g.name) for g in grades)
        facts = {
            "modality": self.modality(module),
            "hours": self.say("hours_value", hours=hours(module.hours)),
            "cost_fact": self.say("cost_value", cost=money(module.cost))
            if module.cost
            else self.say("free"),
            "group_size": self._group_size(module.group_size),
            "repeat": self.say("repeat_value", months=module.repeat_months),
            "grades": self.say("every_grade") if every else listed,
            "owner": self.text(module.owner),
        }
        return [{"label": self.say(name), "value": value} for name, value in facts.items() if value]

    def _group_size(self, size: int | None) -> str:
        if size is None:
            return ""
        return self.say("one_to_one") if size == 1 else self.say("group_size_value", size=size)

    def modality(self, module: TrainingModule) -> str:
        """Return how a module is taught, in words."""
        return say(f"catalog_document.modality_{module.modality.value}", self.lang)

    def _target(self, name: str) -> str:
        level, text = self.targets[name]
        if level is None:
            return self.say("subject", subject=self.text(text))
        return self.say("indicator", level=self.levels.get(level, level), indicator=self.text(text))


def _targets(catalog: Catalog) -> Mapping[str, tuple[int | None, Text]]:
    targets: dict[str, tuple[int | None, Text]] = {}
    for competency in catalog.competencies:
        for level in competency.levels:
            for indicator in level.indicators:
                targets[indicator.id] = (level.level, indicator.text)
        for exam in competency.exams:
            for subject in exam.subjects:
                targets[f"{competency.id}.{subject.id}"] = (None, subject.name)
    return targets
