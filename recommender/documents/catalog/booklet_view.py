"""What the catalogue booklet shows besides its module sheets."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

from recommender.documents.catalog.title_order import initial, title_key
from recommender.documents.catalog.view import CatalogView, View
from recommender.documents.figures import hours, money
from training_catalog import Competency, Subject, TrainingModule
from training_catalog.coverage import cell_text, coverage
from training_catalog.placed_texts import all_texts


class BookletView(CatalogView):
    """The words of a whole catalogue in one language."""

    def competency(self, competency: Competency) -> View:
        """Return the opening page of a competency, with the sheets of its modules."""
        modules = self._own(competency.id)
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
                for m in modules
            ],
            "modules": [self.module(m) for m in modules],
        }

    def _own(self, competency_id: str) -> list[TrainingModule]:
        """Return the modules in use with this main competency, in the order of their pages."""
        modules = [
            m
            for m in self.catalog.modules
            if m.competencies[0].id == competency_id and not m.retired
        ]
        return sorted(modules, key=lambda m: (m.competencies[0].from_level, m.hours, m.id))

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
        """Return for each term of the glossary the modules that speak of it, by page."""
        ordered = [m.id for c in self.catalog.competencies for m in self._own(c.id)]
        place = {name: at for at, name in enumerate(ordered)}
        where: defaultdict[str, list[str]] = defaultdict(list)
        for placed in all_texts(self.catalog):
            if placed.part != "modules" or placed.id not in in_use:
                continue
            for term in self.catalog.glossary:
                # in Chinese for both languages: it has no plural and no inflection to miss
                if term.term.zh_cn in placed.text.zh_cn and placed.id not in where[term.id]:
                    where[term.id].append(placed.id)
        few = max(3, len(in_use) // 6)  # a term that is everywhere leads nowhere
        terms = [t for t in self.catalog.glossary if 0 < len(where[t.id]) <= few]
        return [
            {
                "term": self.text(t.term),
                "definition": self.text(t.definition),
                "modules": [{"id": name} for name in sorted(where[t.id], key=place.__getitem__)],
            }
            for t in sorted(terms, key=lambda t: title_key(self.text(t.term)))
        ]


def _share(weight: float, subjects: Iterable[Subject]) -> str:
    return f"{weight / sum(s.weight for s in subjects):.0%}"
