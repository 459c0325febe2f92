"""A catalogue as the rows of its sheets."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from pydantic import BaseModel

from recommender.exchange.catalog.fields import Layout
from training_catalog import Catalog, Text

Row = dict[str, Any]

HEAD_NUMBERS = ("settings", "standards")


def catalog_rows(
    catalog: Catalog, layouts: tuple[Layout, ...]
) -> Iterator[tuple[Layout, list[Row]]]:
    """Yield every sheet with its rows, values as the catalogue has them."""
    for layout in layouts:
        if layout.name in ("catalog", "job_profile"):
            yield layout, list(_pairs(catalog, layout.name))
        else:
            yield layout, [_row(layout, *found) for found in _records(catalog, layout.name)]


def _row(layout: Layout, parents: Mapping[str, Any], record: Any) -> Row:
    row: Row = dict(parents)
    for field in layout.fields:
        if field.path:
            row[field.column.name] = _at(record, field.path)
    return row


def _at(record: Any, path: tuple[str, ...]) -> Any:
    for step in path:
        if record is None:
            return None
        if isinstance(record, Text):
            record = record.zh_cn if step == "zh-CN" else record.en
        elif isinstance(record, dict):
            record = record.get(step)
        else:
            record = getattr(record, step)
    return record


def _pairs(catalog: Catalog, sheet: str) -> Iterator[Row]:
    if sheet == "catalog":
        yield {"key": "id", "value": catalog.id}
        yield {"key": "name", "value": catalog.name.zh_cn, "value_en": catalog.name.en}
        for part in HEAD_NUMBERS:
            for name, value in getattr(catalog, part).model_dump().items():
                entries = value.items() if isinstance(value, dict) else [("", value)]
                for inner, number in entries:
                    yield {"key": ".".join(filter(None, (part, name, inner))), "value": number}
    elif catalog.job_profile:
        profile = catalog.job_profile
        yield {"key": "id", "value": profile.id}
        for name in ("name", "purpose", "weight_formula"):
            text = getattr(profile, name)
            yield {"key": name, "value": text.zh_cn, "value_en": text.en}
        yield {"key": "provenance", "value": profile.provenance}


def _records(catalog: Catalog, sheet: str) -> Iterator[tuple[Mapping[str, Any], Any]]:
    """Yield the records of a sheet, each with the columns that name what it belongs to."""
    if sheet in _OF_CATALOG:
        for item in getattr(catalog, sheet):
            yield {}, _whole_grades(catalog, item) if sheet == "modules" else item
    elif sheet in _OF_MODULE:
        for module in catalog.modules:
            for item in getattr(module, _OF_MODULE[sheet]):
                yield {"module_id": module.id}, item
    elif sheet in _OF_COMPETENCY:
        yield from _of_competencies(catalog, sheet)
    elif sheet == "targets":
        for profile in catalog.profiles:
            parents = {"grade": profile.grade, "effective_on": profile.effective_on}
            for name, target in profile.targets.items():
                yield {**parents, "competency_id": name}, target
    elif sheet == "certification_exams":
        for certification in catalog.certifications:
            for exam in certification.exams:
                yield {"certification_id": certification.id}, exam
    elif sheet == "path_stages":
        for path in catalog.paths:
            for stage in path.stages:
                yield {"path_id": path.id}, stage
    elif catalog.job_profile:
        yield from _of_job_profile(catalog, sheet)


_OF_CATALOG = (
    "modules",
    "levels",
    "grades",
    "categories",
    "competencies",
    "profiles",
    "certifications",
    "paths",
    "glossary",
)
_OF_MODULE = {
    "module_competencies": "competencies",
    "outcomes": "outcomes",
    "syllabus": "syllabus",
}
_OF_COMPETENCY = ("competency_levels", "indicators", "exams")


def _whole_grades(catalog: Catalog, module: BaseModel) -> BaseModel:
    """Leave the grades of a module empty where it is for every grade."""
    every = tuple(grade.id for grade in catalog.grades)
    if getattr(module, "grades", ()) == every:
        return module.model_copy(update={"grades": ()})
    return module


def _of_competencies(catalog: Catalog, sheet: str) -> Iterator[tuple[Mapping[str, Any], Any]]:
    for competency in catalog.competencies:
        parents = {"competency_id": competency.id}
        if sheet == "exams":
            for exam in competency.exams:
                here = {**parents, "level": exam.level, "pass_mark": exam.pass_mark}
                for subject in exam.subjects:
                    yield here, subject
            continue
        for level in competency.levels:
            if sheet == "competency_levels":
                yield parents, level
            else:
                for indicator in level.indicators:
                    yield {**parents, "level": level.level}, indicator


def _of_job_profile(catalog: Catalog, sheet: str) -> Iterator[tuple[Mapping[str, Any], Any]]:
    profile = catalog.job_profile
    assert profile is not None
    elements = [("duty", e) for e in profile.duties]
    elements += [("result-measure", e) for e in profile.result_measures]
    if sheet == "job_elements":
        for kind, element in elements:
            yield {"kind": kind}, element
    elif sheet == "relevance":
        for _, element in elements:
            for name, figures in element.relevance.items():
                yield {"element_id": element.id, "competency_id": name}, figures
    elif sheet == "qualifications":
        for item in profile.qualifications:
            yield {}, item
    elif sheet == "remarks":
        for kind, items in (
            ("difficulty", profile.difficulties),
            ("taboo", profile.taboos),
            ("career", profile.career),
        ):
            for item in items:
                yield {"kind": kind}, item
