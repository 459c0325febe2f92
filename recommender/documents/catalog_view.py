"""What the module sheet and the booklet show: every text worded, every figure formatted."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Any

from recommender.documents.figures import hours, money
from recommender.documents.title_order import initial, title_key
from recommender.texts import all_texts, say
from training_catalog import Catalog, Competency, Text, TrainingModule
from training_catalog.coverage import cell_text, coverage
from training_catalog.traversal import all_texts as catalog_texts

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

    def competency(self, competency: Competency) -> View:
        """Return the opening page of a competency, with the sheets of its modules."""
        own = [
            m
            for m in self.catalog.modules
            if m.competencies[0].id == competency.id and not m.retired
        ]
        own.sort(key=lambda m: (m.competencies[0].from_level, m.hours, m.id))
        return {
            "id": competency.id,
            "name": self.text(competency.name),
            "definition": self.text(competency.definition),
            "levels": [
                {"name": self.level(level.level), "headline": self.text(level.headline)}
                for level in competency.levels
            ],
            "exams": [
                {
                    "level": self.level(exam.level),
                    "pass_mark": f"{exam.pass_mark:g}",
                    "subjects": self.say("comma").join(
                        f"{self.text(s.name)} {_share(s.weight, exam.subjects)}"
                        for s in exam.subjects
                    ),
                }
                for exam in competency.exams
            ],
            "list": [
                {
                    "id": m.id,
                    "title": self.text(m.title),
                    "step": f"{m.competencies[0].from_level:g}→{m.competencies[0].to_level:g}",
                    "modality": self.modality(m),
                    "hours": hours(m.hours),
                    "cost": money(m.cost),
                }
                for m in own
            ],
            "modules": [self.module(m) for m in own],
        }

    def booklet(self) -> View:
        """Return the whole catalogue."""
        catalog = self.catalog
        in_use = [m for m in catalog.modules if not m.retired]
        return {
            "categories": [
                {
                    "name": self.text(category.name),
                    "competencies": [
                        self.competency(self.competencies[name]) for name in category.competencies
                    ],
                }
                for category in catalog.categories
            ],
            "summary": self.say(
                "summary",
                modules=len(in_use),
                competencies=len(catalog.competencies),
                hours=hours(sum(m.hours for m in in_use)),
            ),
            "levels": [
                {"name": self.level(d.level), "definition": self.text(d.definition)}
                for d in catalog.levels
            ],
            "matrix": self._matrix(),
            "certifications": [
                {
                    "name": self.text(c.name),
                    "purpose": self.text(c.purpose),
                    "practical": self.text(c.practical),
                    "exams": [
                        {
                            "name": self.text(self.competencies[e.competency].name),
                            "level": self.level(e.level),
                            "modules": [
                                {"id": m, "title": self.text(self.modules[m].title)}
                                for m in e.modules
                            ],
                        }
                        for e in c.exams
                    ],
                }
                for c in catalog.certifications
            ],
            "paths": [
                {
                    "name": self.text(p.name),
                    "purpose": self.text(p.purpose),
                    "audience": self.text(p.audience),
                    "total": self.say(
                        "path_total",
                        modules=len(p.module_ids),
                        hours=hours(sum(self.modules[m].hours for m in p.module_ids)),
                        weeks=p.stages[-1].until_week,
                    ),
                    "stages": [
                        {
                            "name": self.text(s.name),
                            "until": self.say("until_week", week=s.until_week),
                            "result": self.text(s.result),
                            "modules": [
                                {"id": m, "title": self.text(self.modules[m].title)}
                                for m in s.modules
                            ],
                        }
                        for s in p.stages
                    ],
                }
                for p in catalog.paths
            ],
            "titles": self._titles(in_use),
            "terms": self._terms({m.id for m in in_use}),
        }

    def _matrix(self) -> View:
        table = coverage(self.catalog)
        return {
            "header": table.table(self.lang)[0],
            "rows": [
                {
                    "name": self.text(row.name),
                    "cells": [
                        {"text": cell_text(cell), "count": cell.count, "needed": cell.needed}
                        for cell in row.steps
                    ],
                    "total": table.table(self.lang)[i + 1][-1],
                }
                for i, row in enumerate(table.rows)
            ],
        }

    def _titles(self, modules: Iterable[TrainingModule]) -> list[View]:
        groups: dict[str, list[dict[str, str]]] = {}
        titled = [(self.text(m.title), m.id) for m in modules]
        for title, name in sorted(titled, key=lambda pair: title_key(pair[0])):
            groups.setdefault(initial(title), []).append({"id": name, "title": title})
        return [{"initial": letter, "entries": entries} for letter, entries in groups.items()]

    def _terms(self, in_use: set[str]) -> list[View]:
        """Return for each term of the glossary the modules that speak of it."""
        where: defaultdict[str, list[str]] = defaultdict(list)
        for placed in catalog_texts(self.catalog):
            if placed.part != "modules" or placed.id not in in_use:
                continue
            for term in self.catalog.glossary:
                if term.term.zh_cn in placed.text.zh_cn and placed.id not in where[term.id]:
                    where[term.id].append(placed.id)
        few = max(3, len(in_use) // 6)  # a term that is everywhere points to nothing
        terms = [t for t in self.catalog.glossary if 0 < len(where[t.id]) <= few]
        return [
            {
                "term": self.text(t.term),
                "definition": self.text(t.definition),
                "modules": [{"id": name} for name in where[t.id]],
            }
            for t in sorted(terms, key=lambda t: title_key(self.text(t.term)))
        ]


def _share(weight: float, subjects: Iterable[Any]) -> str:
    return f"{weight / sum(s.weight for s in subjects):.0%}"


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
