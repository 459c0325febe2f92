"""From a workbook to a `Catalog`: records built from rows, children under their parents."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ValidationError

from recommender.errors import InputError
from recommender.exchange.catalog_cells import Faults, ParsedRow, SheetRows, read_sheet_rows
from recommender.exchange.catalog_layout import Layout, catalog_layouts
from recommender.exchange.faults import Problem
from recommender.exchange.layout import loose
from recommender.exchange.reading import Sheet, read_sheets
from training_catalog import Catalog, model, post
from training_catalog.checks import check_catalog
from training_catalog.loading import Head, assemble

Place = tuple[str, ...]


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


class _Reader:
    def __init__(self, path: Path) -> None:
        self.file = path.name
        self.faults = Faults()
        self.places: dict[Place, tuple[SheetRows, ParsedRow]] = {}
        given = read_sheets(path)
        self.faults.order = {sheet.name: at for at, sheet in enumerate(given)}
        grades = self._sheet(given, _layout_of(catalog_layouts([]), "grades"), Faults())
        ids = [row.values["grade_id"] for row in grades.rows if row.values.get("grade_id")]
        self.sheets = {
            layout.name: self._sheet(given, layout, self.faults) for layout in catalog_layouts(ids)
        }

    def _sheet(self, given: Sequence[Sheet], layout: Layout, faults: Faults) -> SheetRows:
        titles = {loose(title) for title in layout.titles}
        for sheet in given:
            if loose(sheet.name) in titles:
                return read_sheet_rows(sheet, layout, faults)
        if layout.required:
            raise InputError(
                "catalog_workbook.no_sheet",
                file=self.file,
                sheet_zh=layout.titles[0],
                sheet_en=layout.titles[1],
            )
        return SheetRows(layout, layout.titles[0], [], {}, {})

    def catalog(self) -> Catalog:
        """Build the catalogue, or raise all faults."""
        parts = self._parts()
        self.faults.raise_if_any(self.file)
        catalog = assemble(**parts)
        for fault in check_catalog(catalog):
            self._locate(fault.at, fault.what, fault.hint)
        self.faults.raise_if_any(self.file)
        return catalog

    # -- rows to records -------------------------------------------------------------------

    def _raw(self, name: str, row: ParsedRow) -> dict[str, Any]:
        raw: dict[str, Any] = {}
        for field in self.sheets[name].layout.fields:
            value = row.values.get(field.column.name)
            if not field.path or value is None:
                continue
            inner = raw
            for step in field.path[:-1]:
                inner = inner.setdefault(step, {})
            inner[field.path[-1]] = value
        return raw

    def _make(
        self, name: str, row: ParsedRow, kind: type[BaseModel] | None, raw: Mapping[str, Any]
    ) -> Any:
        """Return the record of a row; None, with faults added, if it is not one."""
        if not row.good or kind is None:
            return None
        try:
            return kind.model_validate(raw)
        except ValidationError as error:
            sheet = self.sheets[name]
            for item in error.errors():
                place = tuple(str(part) for part in item["loc"])
                if "to_level must be above" in item["msg"]:
                    problem, column = Problem("table.levels_reversed"), "to_level"
                else:
                    column = _column_at(sheet.layout, place)
                    code = f"catalog_workbook.{_PYDANTIC.get(item['type'], 'invalid')}"
                    problem = Problem(code, "", {"detail": item["msg"]})
                self.faults.add(sheet, row, column, problem)
            return None

    def _children(
        self, name: str, parents: Sequence[str], known: set[Place]
    ) -> dict[Place, list[tuple[ParsedRow, Any]]]:
        """Build the records of a sheet, by the record each belongs to."""
        sheet = self.sheets[name]
        found: defaultdict[Place, list[tuple[ParsedRow, Any]]] = defaultdict(list)
        for row in sheet.rows:
            if any(row.values.get(parent) is None for parent in parents):
                continue
            key = tuple(str(row.values[parent]) for parent in parents)
            if key not in known:
                self.faults.add(sheet, row, parents[0], Problem("catalog_workbook.no_parent"))
            found[key].append(
                (row, self._make(name, row, sheet.layout.record, self._raw(name, row)))
            )
        return found

    def _ids(self, name: str, columns: Sequence[str]) -> set[Place]:
        return {
            tuple(str(row.values.get(column)) for column in columns)
            for row in self.sheets[name].rows
        }

    def _remember(self, name: str, row: ParsedRow, *place: object) -> None:
        self.places[tuple(map(str, place))] = (self.sheets[name], row)

    def _plain_records(self, name: str, part: str, key: str) -> tuple[Any, ...]:
        """Build the records of a sheet that have no children."""
        sheet = self.sheets[name]
        records: list[Any] = []
        for row in sheet.rows:
            record = self._make(name, row, sheet.layout.record, self._raw(name, row))
            self._remember(name, row, part, row.values.get(key))
            if record is not None:
                records.append(record)
        return tuple(records)

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
            "glossary": self._plain_records("glossary", "glossary", "term_id"),
        }

    def _pairs(self, name: str) -> dict[str, Any]:
        """Build nested values from the key and value rows of a sheet."""
        raw: dict[str, Any] = {}
        for row in self.sheets[name].rows:
            key, value, english = (row.values.get(c) for c in ("key", "value", "value_en"))
            if key is None:
                continue
            self._remember(name, row, name, *str(key).split("."))
            *way, last = str(key).split(".")
            inner = raw
            for step in way:
                inner = inner.setdefault(step, {})
            inner[last] = value if english is None else {"zh-CN": value, "en": english}
        return raw

    def _head(self, competencies: Sequence[model.Competency]) -> Any:
        sheet = self.sheets["categories"]
        categories: list[Any] = []
        for row in sheet.rows:
            members = tuple(
                c.id for c in competencies if c.category == row.values.get("category_id")
            )
            self._remember("categories", row, "categories", row.values.get("category_id"))
            raw = {**self._raw("categories", row), "competencies": members}
            if row.good and not members:
                problem = Problem("catalog_workbook.empty_category")
                self.faults.add(sheet, row, "category_id", problem)
            categories.append(self._make("categories", row, model.Category, raw))
        raw = {
            **self._pairs("catalog"),
            "levels": self._plain_records("levels", "levels", "level"),
            "grades": self._plain_records("grades", "grades", "grade_id"),
            "categories": tuple(c for c in categories if c is not None),
        }
        return self._from_pairs("catalog", Head, raw)

    def _from_pairs(self, name: str, kind: type[BaseModel], raw: Mapping[str, Any]) -> Any:
        try:
            return kind.model_validate(raw)
        except ValidationError as error:
            if self.faults.found:
                return None  # rows that are wrong already are missing here
            for item in error.errors():
                place = tuple(str(part) for part in item["loc"])
                sheet, row = self._nearest((name, *place)) or (self.sheets[name], None)
                problem = Problem(
                    f"catalog_workbook.{_PYDANTIC.get(item['type'], 'invalid')}",
                    "",
                    {"detail": f"{'.'.join(place)}: {item['msg']}"},
                )
                self.faults.add(sheet, row, "value" if row else ".".join(place), problem)
            return None

    def _competencies(self) -> tuple[model.Competency, ...]:
        known = self._ids("competencies", ["competency_id"])
        levels = self._children("competency_levels", ["competency_id"], known)
        own = ["competency_id", "level"]
        indicators = self._children("indicators", own, self._ids("competency_levels", own))
        subjects = self._children("exams", ["competency_id"], known)
        records: list[Any] = []
        for row in self.sheets["competencies"].rows:
            name = str(row.values.get("competency_id"))
            self._remember("competencies", row, "competencies", name)
            raw = self._raw("competencies", row)
            raw["levels"] = tuple(
                level
                for level_row, _ in levels.get((name,), ())
                if (level := self._level(level_row, name, indicators)) is not None
            )
            raw["exams"] = self._exams(name, subjects.get((name,), ()))
            records.append(self._make("competencies", row, model.Competency, raw))
        return tuple(record for record in records if record is not None)

    def _level(
        self, row: ParsedRow, name: str, indicators: dict[Place, list[tuple[ParsedRow, Any]]]
    ) -> Any:
        number = row.values.get("level")
        place = ("competencies", name, "levels", str(number))
        self._remember("competency_levels", row, *place)
        own = indicators.get((name, str(number)), [])
        for inner, indicator in own:
            if indicator is not None:
                self._remember("indicators", inner, *place, "indicators", indicator.id)
        raw = {
            **self._raw("competency_levels", row),
            "indicators": tuple(record for _, record in own if record is not None),
        }
        return self._make("competency_levels", row, model.CompetencyLevel, raw)

    def _exams(self, name: str, subjects: Sequence[tuple[ParsedRow, Any]]) -> tuple[Any, ...]:
        exams: dict[int, dict[str, Any]] = {}
        for row, subject in subjects:
            if subject is None:
                continue
            level, mark = row.values["level"], row.values["pass_mark"]
            self._remember("exams", row, "competencies", name, "exams", level, subject.id)
            exam = exams.setdefault(level, {"level": level, "pass_mark": mark, "subjects": []})
            if exam["pass_mark"] != mark:
                problem = Problem("catalog_workbook.two_pass_marks")
                self.faults.add(self.sheets["exams"], row, "pass_mark", problem)
            exam["subjects"].append(subject)
        return tuple(model.Exam.model_validate(exam) for exam in exams.values())

    def _profiles(self) -> tuple[Any, ...]:
        own = ["grade", "effective_on"]
        targets = self._children("targets", own, self._ids("profiles", own))
        records: list[Any] = []
        for row in self.sheets["profiles"].rows:
            key = tuple(str(row.values.get(name)) for name in own)
            self._remember("profiles", row, "profiles", *key)
            raw = self._raw("profiles", row)
            raw["targets"] = {}
            for inner, target in targets.get(key, ()):
                if target is not None:
                    name = inner.values["competency_id"]
                    self._remember("targets", inner, "profiles", *key, name)
                    raw["targets"][name] = target
            records.append(self._make("profiles", row, model.TargetProfile, raw))
        return tuple(record for record in records if record is not None)

    def _modules(self) -> tuple[Any, ...]:
        known = self._ids("modules", ["module_id"])
        served = self._children("module_competencies", ["module_id"], known)
        outcomes = self._children("outcomes", ["module_id"], known)
        syllabus = self._children("syllabus", ["module_id"], known)
        records: list[Any] = []
        for row in self.sheets["modules"].rows:
            name = str(row.values.get("module_id"))
            self._remember("modules", row, "modules", name)
            for inner, part in served.get((name,), ()):
                if part is not None:
                    self._remember(
                        "module_competencies", inner, "modules", name, "competencies", part.id
                    )
            for i, (inner, _) in enumerate(outcomes.get((name,), ())):
                self._remember("outcomes", inner, "modules", name, "outcomes", i)
            if row.good and not served.get((name,)):
                problem = Problem("catalog_workbook.no_competency")
                self.faults.add(self.sheets["modules"], row, "module_id", problem)
            raw = self._raw("modules", row)
            for key, children in (
                ("competencies", served),
                ("outcomes", outcomes),
                ("syllabus", syllabus),
            ):
                own = children.get((name,), ())
                raw[key] = tuple(record for _, record in own if record is not None)
                if any(record is None for _, record in own):
                    row.good = False
            records.append(self._make("modules", row, model.TrainingModule, raw))
        return tuple(record for record in records if record is not None)

    def _certifications(self) -> tuple[Any, ...]:
        known = self._ids("certifications", ["certification_id"])
        exams = self._children("certification_exams", ["certification_id"], known)
        records: list[Any] = []
        for row in self.sheets["certifications"].rows:
            name = str(row.values.get("certification_id"))
            self._remember("certifications", row, "certifications", name)
            raw = self._raw("certifications", row)
            raw["exams"] = tuple(e for _, e in exams.get((name,), ()) if e is not None)
            for inner, exam in exams.get((name,), ()):
                if exam is not None:
                    key = f"{exam.competency}/{exam.level}"
                    self._remember("certification_exams", inner, "certification_exams", name, key)
            records.append(self._make("certifications", row, post.Certification, raw))
        return tuple(record for record in records if record is not None)

    def _paths(self) -> tuple[Any, ...]:
        stages = self._children("path_stages", ["path_id"], self._ids("paths", ["path_id"]))
        records: list[Any] = []
        for row in self.sheets["paths"].rows:
            name = str(row.values.get("path_id"))
            self._remember("paths", row, "paths", name)
            raw = self._raw("paths", row)
            raw["stages"] = tuple(s for _, s in stages.get((name,), ()) if s is not None)
            for i, (inner, _) in enumerate(stages.get((name,), ())):
                self._remember("path_stages", inner, "path_stages", name, i)
            records.append(self._make("paths", row, post.LearningPath, raw))
        return tuple(record for record in records if record is not None)

    def _job_profile(self) -> Any:
        if not self.sheets["job_profile"].rows:
            return None
        raw = self._pairs("job_profile")
        known = self._ids("job_elements", ["element_id"])
        relevance = self._children("relevance", ["element_id"], known)
        elements: dict[str, list[Any]] = {"duty": [], "result-measure": []}
        for row in self.sheets["job_elements"].rows:
            name = str(row.values.get("element_id"))
            self._remember("job_elements", row, "job_elements", name)
            inner = {"importance": {}, **self._raw("job_elements", row), "relevance": {}}
            for inner_row, _ in relevance.get((name,), ()):
                if inner_row.good:
                    competency = inner_row.values["competency_id"]
                    place = ("job_elements", name, "relevance", competency)
                    self._remember("relevance", inner_row, *place)
                    inner["relevance"][competency] = self._raw("relevance", inner_row)
            element = self._make("job_elements", row, post.JobElement, inner)
            if element is not None:
                elements[row.values["kind"]].append(element)
        remarks: dict[str, list[Any]] = {"difficulty": [], "taboo": [], "career": []}
        for row in self.sheets["remarks"].rows:
            remark = self._make("remarks", row, post.Remark, self._raw("remarks", row))
            if remark is not None:
                remarks[row.values["kind"]].append(remark)
        raw |= {
            "duties": tuple(elements["duty"]),
            "result_measures": tuple(elements["result-measure"]),
            "qualifications": self._plain_records(
                "qualifications", "qualifications", "qualification_id"
            ),
            "difficulties": tuple(remarks["difficulty"]),
            "taboos": tuple(remarks["taboo"]),
            "career": tuple(remarks["career"]),
        }
        return self._from_pairs("job_profile", post.JobProfile, raw)

    # -- faults of the whole ---------------------------------------------------------------

    def _nearest(self, place: Place) -> tuple[SheetRows, ParsedRow] | None:
        for length in range(len(place), 0, -1):
            if place[:length] in self.places:
                return self.places[place[:length]]
        return None

    def _locate(self, at: Place, what: model.Text, advice: model.Text) -> None:
        values = {
            "what_zh": what.zh_cn,
            "what_en": what.en,
            "advice_zh": advice.zh_cn,
            "advice_en": advice.en,
        }
        problem = Problem("catalog_workbook.check", "", values)
        for length in range(len(at), 0, -1):
            if at[:length] in self.places:
                sheet, row = self.places[at[:length]]
                self.faults.add(sheet, row, _column_at(sheet.layout, at[length:]), problem)
                return
        sheet = self.sheets.get(at[0] if at else "", self.sheets["catalog"])
        self.faults.add(sheet, None, "", problem)


def _layout_of(layouts: Sequence[Layout], name: str) -> Layout:
    return next(layout for layout in layouts if layout.name == name)


def _column_at(layout: Layout, place: Place) -> str:
    """Return the column of a field: the one whose way agrees longest, else the row's key."""
    fields = [field for field in layout.fields if field.path]
    for length in range(len(place), 0, -1):
        for field in fields:
            if field.path[:length] == place[:length]:
                return field.column.name
    return (layout.key or (layout.fields[0].column.name,))[-1]


_PYDANTIC = {
    "string_pattern_mismatch": "bad_id",
    "string_too_long": "bad_id",
    "missing": "missing",
    "extra_forbidden": "unknown_key",
    "too_short": "too_few",
    "too_long": "too_few",
}
