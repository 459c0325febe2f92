"""From a workbook to a `Catalog`: records built from rows, children under their parents."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from recommender.exchange.catalog.cells import ParsedRow
from recommender.exchange.catalog.records import Place, WorkbookRecords
from recommender.exchange.tables.faults import Problem
from training_catalog import Catalog, model, post
from training_catalog.assembly import Head, assemble
from training_catalog.checks import check_catalog


def read_catalog_workbook(path: Path) -> Catalog:
    """Read a catalogue from a workbook that `write_catalog_workbook` wrote and HR edited.

    Parameters
    ----------
    path : Path
        An .xlsx; sheet names and headers may be Chinese or English.

    Returns
    -------
    Catalog
        Complete, checked, with its digest: of an unedited workbook, that of the catalogue
        that was written.

    Raises
    ------
    TableFaultsError
        With every bad cell of every sheet.
    InputError
        If the file is no such workbook.
    """
    return _Reader(path).catalog()


class _Reader(WorkbookRecords):
    def catalog(self) -> Catalog:
        """Build the catalogue, or raise all faults."""
        parts = self._parts()
        self.faults.raise_if_any(self.file)
        catalog = assemble(**parts)
        for fault in check_catalog(catalog):
            self.locate(fault.at, fault.what, fault.hint)
        self.faults.raise_if_any(self.file)
        return catalog

    def _parts(self) -> dict[str, Any]:
        competencies = self._competencies()
        head = self._head(competencies)
        return {
            "head": head,
            "competencies": competencies,
            "profiles": self._profiles(),
            "modules": self._modules(),
            "certifications": self._certifications(),
            "paths": self._paths(),
            "job_profile": self._job_profile(),
            "glossary": self.plain_records("glossary", "glossary", "term_id"),
        }

    def _head(self, competencies: Sequence[model.Competency]) -> Any:
        categories: list[Any] = []
        for row in self.sheets["categories"].rows:
            members = tuple(
                c.id for c in competencies if c.category == row.values.get("category_id")
            )
            self.remember("categories", row, "categories", row.values.get("category_id"))
            raw = {**self.raw_of("categories", row), "competencies": members}
            categories.append(self.make("categories", row, model.Category, raw))
        raw = {
            **self.pairs("catalog"),
            "levels": self.plain_records("levels", "levels", "level"),
            "grades": self.plain_records("grades", "grades", "grade_id"),
            "categories": tuple(c for c in categories if c is not None),
        }
        return self.from_pairs("catalog", Head, raw)

    def _competencies(self) -> tuple[model.Competency, ...]:
        known = self.ids("competencies", ["competency_id"])
        levels = self.children("competency_levels", ["competency_id"], known)
        own = ["competency_id", "level"]
        indicators = self.children("indicators", own, self.ids("competency_levels", own))
        subjects = self.children("exams", ["competency_id"], known)
        records: list[Any] = []
        for row in self.sheets["competencies"].rows:
            name = str(row.values.get("competency_id"))
            self.remember("competencies", row, "competencies", name)
            raw = self.raw_of("competencies", row)
            raw["levels"] = tuple(
                level
                for level_row, _ in levels.get((name,), ())
                if (level := self._level(level_row, name, indicators)) is not None
            )
            raw["exams"] = self._exams(name, subjects.get((name,), ()))
            records.append(self.make("competencies", row, model.Competency, raw))
        return tuple(record for record in records if record is not None)

    def _level(
        self, row: ParsedRow, name: str, indicators: dict[Place, list[tuple[ParsedRow, Any]]]
    ) -> Any:
        number = row.values.get("level")
        place = ("competencies", name, "levels", str(number))
        self.remember("competency_levels", row, *place)
        own = indicators.get((name, str(number)), [])
        for inner, indicator in own:
            if indicator is not None:
                self.remember("indicators", inner, *place, "indicators", indicator.id)
        raw = {
            **self.raw_of("competency_levels", row),
            "indicators": tuple(record for _, record in own if record is not None),
        }
        return self.make("competency_levels", row, model.CompetencyLevel, raw)

    def _exams(self, name: str, subjects: Sequence[tuple[ParsedRow, Any]]) -> tuple[Any, ...]:
        exams: dict[int, dict[str, Any]] = {}
        for row, subject in subjects:
            if subject is None:
                continue
            level, mark = row.values["level"], row.values["pass_mark"]
            self.remember("exams", row, "competencies", name, "exams", level, subject.id)
            exam = exams.setdefault(level, {"level": level, "pass_mark": mark, "subjects": []})
            if exam["pass_mark"] != mark:
                problem = Problem("catalog_workbook.two_pass_marks")
                self.faults.add(self.sheets["exams"], row, "pass_mark", problem)
            exam["subjects"].append(subject)
        return tuple(model.Exam.model_validate(exam) for exam in exams.values())

    def _profiles(self) -> tuple[Any, ...]:
        own = ["grade", "effective_on"]
        targets = self.children("targets", own, self.ids("profiles", own))
        records: list[Any] = []
        for row in self.sheets["profiles"].rows:
            key = tuple(str(row.values.get(name)) for name in own)
            self.remember("profiles", row, "profiles", *key)
            raw = self.raw_of("profiles", row)
            raw["targets"] = {}
            for inner, target in targets.get(key, ()):
                if target is not None:
                    name = inner.values["competency_id"]
                    self.remember("targets", inner, "profiles", *key, name)
                    raw["targets"][name] = target
            records.append(self.make("profiles", row, model.TargetProfile, raw))
        return tuple(record for record in records if record is not None)

    def _modules(self) -> tuple[Any, ...]:
        known = self.ids("modules", ["module_id"])
        served = self.children("module_competencies", ["module_id"], known)
        outcomes = self.children("outcomes", ["module_id"], known)
        syllabus = self.children("syllabus", ["module_id"], known)
        records: list[Any] = []
        for row in self.sheets["modules"].rows:
            name = str(row.values.get("module_id"))
            self.remember("modules", row, "modules", name)
            for inner, part in served.get((name,), ()):
                if part is not None:
                    self.remember(
                        "module_competencies", inner, "modules", name, "competencies", part.id
                    )
            for i, (inner, _) in enumerate(outcomes.get((name,), ())):
                self.remember("outcomes", inner, "modules", name, "outcomes", i)
            raw = self.raw_of("modules", row)
            for key, children in (
                ("competencies", served),
                ("outcomes", outcomes),
                ("syllabus", syllabus),
            ):
                own = children.get((name,), ())
                raw[key] = tuple(record for _, record in own if record is not None)
                if any(record is None for _, record in own):
                    row.good = False
            records.append(self.make("modules", row, model.TrainingModule, raw))
        return tuple(record for record in records if record is not None)

    def _certifications(self) -> tuple[Any, ...]:
        known = self.ids("certifications", ["certification_id"])
        exams = self.children("certification_exams", ["certification_id"], known)
        records: list[Any] = []
        for row in self.sheets["certifications"].rows:
            name = str(row.values.get("certification_id"))
            self.remember("certifications", row, "certifications", name)
            raw = self.raw_of("certifications", row)
            raw["exams"] = tuple(e for _, e in exams.get((name,), ()) if e is not None)
            for inner, exam in exams.get((name,), ()):
                if exam is not None:
                    key = f"{exam.competency}/{exam.level}"
                    self.remember("certification_exams", inner, "certification_exams", name, key)
            records.append(self.make("certifications", row, post.Certification, raw))
        return tuple(record for record in records if record is not None)

    def _paths(self) -> tuple[Any, ...]:
        stages = self.children("path_stages", ["path_id"], self.ids("paths", ["path_id"]))
        records: list[Any] = []
        for row in self.sheets["paths"].rows:
            name = str(row.values.get("path_id"))
            self.remember("paths", row, "paths", name)
            raw = self.raw_of("paths", row)
            raw["stages"] = tuple(s for _, s in stages.get((name,), ()) if s is not None)
            for i, (inner, _) in enumerate(stages.get((name,), ())):
                self.remember("path_stages", inner, "path_stages", name, i)
            records.append(self.make("paths", row, post.LearningPath, raw))
        return tuple(record for record in records if record is not None)

    def _job_profile(self) -> Any:
        if not self.sheets["job_profile"].rows:
            return None
        raw = self.pairs("job_profile")
        known = self.ids("job_elements", ["element_id"])
        relevance = self.children("relevance", ["element_id"], known)
        elements: dict[str, list[Any]] = {"duty": [], "result-measure": []}
        for row in self.sheets["job_elements"].rows:
            name = str(row.values.get("element_id"))
            self.remember("job_elements", row, "job_elements", name)
            inner = {"importance": {}, **self.raw_of("job_elements", row), "relevance": {}}
            for inner_row, _ in relevance.get((name,), ()):
                if inner_row.good:
                    competency = inner_row.values["competency_id"]
                    place = ("job_elements", name, "relevance", competency)
                    self.remember("relevance", inner_row, *place)
                    inner["relevance"][competency] = self.raw_of("relevance", inner_row)
            element = self.make("job_elements", row, post.JobElement, inner)
            if element is not None:
                elements[row.values["kind"]].append(element)
        remarks: dict[str, list[Any]] = {"difficulty": [], "taboo": [], "career": []}
        for row in self.sheets["remarks"].rows:
            remark = self.make("remarks", row, post.Remark, self.raw_of("remarks", row))
            if remark is not None:
                remarks[row.values["kind"]].append(remark)
        raw |= {
            "duties": tuple(elements["duty"]),
            "result_measures": tuple(elements["result-measure"]),
            "qualifications": self.plain_records(
                "qualifications", "qualifications", "qualification_id"
            ),
            "difficulties": tuple(remarks["difficulty"]),
            "taboos": tuple(remarks["taboo"]),
            "career": tuple(remarks["career"]),
        }
        return self.from_pairs("job_profile", post.JobProfile, raw)
