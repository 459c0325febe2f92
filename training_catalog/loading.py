"""A folder of YAML in, a `Catalog` out; every fault of the folder in one report.

The folder holds ``catalog.yaml`` (settings, levels, grades, categories) and the sub-folders
``competencies/`` (one file each), ``profiles/`` (one file each) and ``modules/`` (files with
a list under ``modules``). The default catalogue ships in ``training_catalog/data/telecom``.
"""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Hashable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import yaml
from pydantic import BaseModel, ValidationError

from training_catalog.model import (
    Catalog,
    Category,
    Competency,
    Frozen,
    Grade,
    LevelDefinition,
    Settings,
    Slug,
    TargetProfile,
    Text,
    TrainingModule,
)

DEFAULT_CATALOG = Path(__file__).parent / "data" / "telecom"
_MEAN_WEIGHT_TOLERANCE = 1e-6
T = TypeVar("T", bound=BaseModel)


@dataclass(frozen=True)
class CatalogFault:
    """One thing wrong in a catalogue folder: where, what, and how to mend it."""

    file: str
    key: str
    what: Text
    hint: Text


class CatalogError(Exception):
    """A catalogue folder that cannot be used; carries all its faults.

    Parameters
    ----------
    folder : Path
        The folder that was read.
    faults : sequence of CatalogFault
        Everything wrong in it, in the order of files.
    """

    def __init__(self, folder: Path, faults: Iterable[CatalogFault]) -> None:
        self.folder = folder
        self.faults = tuple(faults)
        super().__init__(f"{folder}: {len(self.faults)} fault(s)")


class _Head(Frozen):
    """What ``catalog.yaml`` holds."""

    id: Slug
    name: Text
    settings: Settings = Settings()
    levels: tuple[LevelDefinition, ...]
    grades: tuple[Grade, ...]
    categories: tuple[Category, ...]


class _UniqueKeyLoader(yaml.CSafeLoader):
    """YAML in which a key given twice is an error and not the last one's win."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Hashable, Any]:
        seen: set[str] = set()
        for key_node, _ in node.value:
            key = str(key_node.value)
            if key in seen:
                raise yaml.constructor.ConstructorError(
                    None, None, f"key given twice: {key}", key_node.start_mark
                )
            seen.add(key)
        return super().construct_mapping(node, deep=deep)


def load_catalog(folder: Path = DEFAULT_CATALOG) -> Catalog:
    """Read and check a catalogue folder.

    Parameters
    ----------
    folder : Path
        A folder laid out as the module's docstring says.

    Returns
    -------
    Catalog
        Competencies in framework order, grades lowest first, modules by id.

    Raises
    ------
    CatalogError
        With every fault found, if there is any.
    """
    faults: list[CatalogFault] = []
    if not (folder / "catalog.yaml").is_file():
        raise CatalogError(folder, [_fault("catalog.yaml", "", "no-catalog", folder=str(folder))])
    head = _read_one(folder, folder / "catalog.yaml", _Head, faults)
    competencies = {
        path.name: item
        for path in sorted((folder / "competencies").glob("*.yaml"))
        if (item := _read_one(folder, path, Competency, faults))
    }
    profiles = {
        path.name: item
        for path in sorted((folder / "profiles").glob("*.yaml"))
        if (item := _read_one(folder, path, TargetProfile, faults))
    }
    modules: list[tuple[str, TrainingModule]] = []
    for path in sorted((folder / "modules").glob("*.yaml")):
        modules += _read_modules(folder, path, faults)
    if head is None or faults:
        raise CatalogError(folder, faults)

    order = {name: i for i, name in enumerate(_framework_order(head.categories))}
    grades = tuple(grade.id for grade in head.grades)
    catalog = build_catalog(
        Catalog(
            id=head.id,
            name=head.name,
            digest="",
            settings=head.settings,
            levels=head.levels,
            grades=head.grades,
            categories=head.categories,
            competencies=tuple(
                sorted(competencies.values(), key=lambda c: order.get(c.id, len(order)))
            ),
            profiles=tuple(
                sorted(
                    profiles.values(),
                    key=lambda p: (
                        grades.index(p.grade) if p.grade in grades else -1,
                        p.effective_on,
                    ),
                )
            ),
            modules=tuple(module for _, module in modules),
        )
    )
    module_files = {module.id: file for file, module in modules}
    files = {c.id: f"competencies/{name}" for name, c in competencies.items()}
    profile_files = {(p.grade, p.effective_on): f"profiles/{n}" for n, p in profiles.items()}
    faults += _check_framework(catalog, files)
    faults += _check_profiles(catalog, profile_files)
    faults += _check_modules(catalog, module_files)
    if faults:
        raise CatalogError(folder, faults)
    return catalog


def build_catalog(catalog: Catalog, *, extra_modules: Iterable[TrainingModule] = ()) -> Catalog:
    """Complete a catalogue: modules by id, grades spelled out, digest computed.

    Parameters
    ----------
    catalog : Catalog
        The parts; its digest is ignored.
    extra_modules : iterable of TrainingModule
        Modules that replace those of the same id, or come in addition.

    Returns
    -------
    Catalog
        With the digest of its content: the first 16 hex digits of a SHA-256 over its
        canonical JSON, so that comments and layout of the files do not count.
    """
    extra = {module.id: module for module in extra_modules}
    every_grade = tuple(grade.id for grade in catalog.grades)
    modules = [m for m in catalog.modules if m.id not in extra] + list(extra.values())
    complete = catalog.model_copy(
        update={
            "digest": "",
            "modules": tuple(
                m if m.grades else m.model_copy(update={"grades": every_grade})
                for m in sorted(modules, key=lambda m: m.id)
            ),
        }
    )
    canonical = json.dumps(
        complete.model_dump(mode="json"), ensure_ascii=False, sort_keys=True, separators=(",", ":")
    )
    digest = hashlib.sha256(canonical.encode()).hexdigest()[:16]
    return complete.model_copy(update={"digest": digest})


def _read_yaml(folder: Path, path: Path, faults: list[CatalogFault]) -> Any:
    try:
        return yaml.load(path.read_text(encoding="utf-8"), _UniqueKeyLoader)
    except UnicodeDecodeError as error:
        where = f"byte {error.start}"
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark
        where = f"line {mark.line + 1}: {error.problem}" if mark else str(error.problem)
    except yaml.YAMLError as error:
        where = str(error).splitlines()[0]
    faults.append(_fault(str(path.relative_to(folder)), "", "not-yaml", where=where))
    return None


def _validate(
    file: str, prefix: str, raw: Any, kind: type[T], faults: list[CatalogFault]
) -> T | None:
    try:
        return kind.model_validate(raw)
    except ValidationError as error:
        for item in error.errors():
            key = ".".join(str(part) for part in (*filter(None, [prefix]), *item["loc"]))
            faults.append(
                _fault(
                    file,
                    key,
                    _PYDANTIC_CODES.get(item["type"], "invalid"),
                    found=repr(item.get("input"))[:60],
                    detail=item["msg"],
                )
            )
        return None


def _read_one(folder: Path, path: Path, kind: type[T], faults: list[CatalogFault]) -> T | None:
    before = len(faults)
    raw = _read_yaml(folder, path, faults)
    if len(faults) > before:
        return None
    return _validate(str(path.relative_to(folder)), "", raw, kind, faults)


def _read_modules(
    folder: Path, path: Path, faults: list[CatalogFault]
) -> Iterator[tuple[str, TrainingModule]]:
    before = len(faults)
    raw = _read_yaml(folder, path, faults)
    file = str(path.relative_to(folder))
    if len(faults) > before:
        return
    items = raw.get("modules") if isinstance(raw, dict) else None
    if not isinstance(items, list):
        faults.append(_fault(file, "modules", "no-module-list"))
        return
    for i, item in enumerate(items):
        module = _validate(file, f"modules.{i}", item, TrainingModule, faults)
        if module is not None:
            yield file, module


def _framework_order(categories: Iterable[Category]) -> list[str]:
    return [name for category in categories for name in category.competencies]


def _check_framework(catalog: Catalog, files: dict[str, str]) -> Iterator[CatalogFault]:
    listed = Counter(_framework_order(catalog.categories))
    category_of = {name: c.id for c in catalog.categories for name in c.competencies}
    present = Counter(c.id for c in catalog.competencies)
    for name, count in listed.items():
        if count > 1:
            yield _fault("catalog.yaml", "categories", "listed-twice", found=name)
        if name not in present:
            yield _fault("catalog.yaml", "categories", "no-competency-file", found=name)
    for part, ids in (
        ("grades", [g.id for g in catalog.grades]),
        ("levels", [str(d.level) for d in catalog.levels]),
    ):
        for name, count in Counter(ids).items():
            if count > 1:
                yield _fault("catalog.yaml", part, "listed-twice", found=name)
    if sorted(d.level for d in catalog.levels) != [1, 2, 3, 4]:
        yield _fault("catalog.yaml", "levels", "not-four-levels")
    for competency in catalog.competencies:
        file = files[competency.id]
        if present[competency.id] > 1:
            yield _fault(file, "id", "listed-twice", found=competency.id)
        if competency.id not in listed:
            yield _fault(file, "id", "not-in-framework", found=competency.id)
        elif category_of[competency.id] != competency.category:
            yield _fault(file, "category", "wrong-category", found=competency.category)
        if [level.level for level in competency.levels] != [1, 2, 3, 4]:
            yield _fault(file, "levels", "not-four-levels")
        if competency.kind == "behavioural":
            yield from _check_indicators(competency, file)
        else:
            yield from _check_exams(competency, file)


def _check_indicators(competency: Competency, file: str) -> Iterator[CatalogFault]:
    if competency.exams:
        yield _fault(file, "exams", "exams-of-behaviour")
    for i, level in enumerate(competency.levels):
        if not level.indicators:
            yield _fault(file, f"levels.{i}.indicators", "no-indicators", found=str(level.level))
        ids = Counter(indicator.id for indicator in level.indicators)
        for name, count in ids.items():
            if count > 1:
                yield _fault(file, f"levels.{i}.indicators", "listed-twice", found=name)
            if not name.startswith(f"{competency.id}.{level.level}."):
                yield _fault(
                    file,
                    f"levels.{i}.indicators",
                    "wrong-indicator-id",
                    found=name,
                    expected=f"{competency.id}.{level.level}.",
                )


def _check_exams(competency: Competency, file: str) -> Iterator[CatalogFault]:
    if [exam.level for exam in competency.exams] != [1, 2, 3, 4]:
        yield _fault(file, "exams", "not-four-exams")
    for i, exam in enumerate(competency.exams):
        for name, count in Counter(subject.id for subject in exam.subjects).items():
            if count > 1:
                yield _fault(file, f"exams.{i}.subjects", "listed-twice", found=name)


def _check_profiles(catalog: Catalog, files: dict[tuple[str, Any], str]) -> Iterator[CatalogFault]:
    competencies = {c.id for c in catalog.competencies}
    grades = {g.id for g in catalog.grades}
    versions = Counter((p.grade, p.effective_on) for p in catalog.profiles)
    for grade in sorted(grades - {p.grade for p in catalog.profiles}):
        yield _fault("profiles", "", "no-profile", found=grade)
    for profile in catalog.profiles:
        file = files[(profile.grade, profile.effective_on)]
        if profile.grade not in grades:
            yield _fault(file, "grade", "unknown-grade", found=profile.grade)
        if versions[(profile.grade, profile.effective_on)] > 1:
            yield _fault(file, "effective_on", "listed-twice", found=str(profile.effective_on))
        for name in sorted(competencies - set(profile.targets)):
            yield _fault(file, f"targets.{name}", "no-target", found=name)
        for name in sorted(set(profile.targets) - competencies):
            yield _fault(file, f"targets.{name}", "unknown-competency", found=name)
        mean = sum(t.weight for t in profile.targets.values()) / max(1, len(profile.targets))
        if abs(mean - 1) > _MEAN_WEIGHT_TOLERANCE:
            yield _fault(file, "targets", "mean-weight", found=f"{mean:.6f}")


def _check_modules(catalog: Catalog, files: dict[str, str]) -> Iterator[CatalogFault]:
    competencies = {c.id: c for c in catalog.competencies}
    grades = {g.id for g in catalog.grades}
    ids = Counter(module.id for module in catalog.modules)
    targets = {
        name
        for c in catalog.competencies
        for name in (
            *(i.id for level in c.levels for i in level.indicators),
            *(f"{c.id}.{s.id}" for exam in c.exams for s in exam.subjects),
        )
    }
    for module in catalog.modules:
        file = files[module.id]
        if ids[module.id] > 1:
            yield _fault(file, module.id, "listed-twice", found=module.id)
        for name, count in Counter(part.id for part in module.competencies).items():
            if name not in competencies:
                yield _fault(file, f"{module.id}.competencies", "unknown-competency", found=name)
            if count > 1:
                yield _fault(file, f"{module.id}.competencies", "listed-twice", found=name)
        for name in module.prerequisites:
            if name not in ids:
                yield _fault(file, f"{module.id}.prerequisites", "unknown-module", found=name)
        for name in module.grades:
            if name not in grades:
                yield _fault(file, f"{module.id}.grades", "unknown-grade", found=name)
        for outcome in module.outcomes:
            for name in outcome.serves:
                if name not in targets:
                    yield _fault(file, f"{module.id}.outcomes", "unknown-outcome", found=name)
    for cycle in find_prerequisite_cycles(catalog.modules):
        yield _fault(files[cycle[0]], cycle[0], "prerequisite-cycle", found=" → ".join(cycle))


def find_prerequisite_cycles(modules: Iterable[TrainingModule]) -> list[list[str]]:
    """Find every module that is, directly or not, its own prerequisite.

    Parameters
    ----------
    modules : iterable of TrainingModule
        Modules with unique ids.

    Returns
    -------
    list of list of str
        One list of ids for each cycle, its first id repeated at the end.
    """
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


_PYDANTIC_CODES = {
    "missing": "missing",
    "extra_forbidden": "unknown-key",
    "string_pattern_mismatch": "bad-id",
    "greater_than": "out-of-range",
    "greater_than_equal": "out-of-range",
    "less_than": "out-of-range",
    "less_than_equal": "out-of-range",
    "enum": "not-allowed",
    "literal_error": "not-allowed",
}

# what, hint; each in Chinese and English
_TEXTS: dict[str, tuple[str, str, str, str]] = {
    "no-catalog": (
        "文件夹 {folder} 中没有 catalog.yaml",
        "there is no catalog.yaml in {folder}",
        "用 --catalog 指定一个目录文件夹",
        "name a catalogue folder with --catalog",
    ),
    "not-yaml": (
        "不是可读取的 YAML（{where}）",
        "is not readable YAML ({where})",
        "文件须为 UTF-8 编码；请检查该处的缩进、冒号和重复的键",
        "the file must be UTF-8; check indentation, colons and doubled keys there",
    ),
    "no-module-list": (
        "缺少 modules 列表",
        "has no list of modules",
        "文件应以 modules: 开头，下列各培训模块",
        "begin the file with modules: and list the modules below it",
    ),
    "missing": ("缺少此项", "is missing", "补上此项", "add it"),
    "unknown-key": (
        "不认识的项，内容为 {found}",
        "is not a known key; it holds {found}",
        "检查拼写，或删除此项",
        "check the spelling or remove it",
    ),
    "bad-id": (
        "标识 {found} 格式不对",
        "is not a well-formed id: {found}",
        "只用小写字母、数字和连字符",
        "use lower-case letters, digits and hyphens",
    ),
    "out-of-range": (
        "{found} 超出范围（{detail}）",
        "is out of range: {found} ({detail})",
        "改为范围内的数值",
        "give a value inside the range",
    ),
    "not-allowed": (
        "{found} 不是可选值（{detail}）",
        "is not one of the choices: {found} ({detail})",
        "改为可选值之一",
        "use one of the choices",
    ),
    "invalid": (
        "{found} 无效（{detail}）",
        "is not valid: {found} ({detail})",
        "按说明改正",
        "correct it as described",
    ),
    "listed-twice": (
        "{found} 出现了不止一次",
        "{found} is there more than once",
        "只保留一处",
        "keep one of them",
    ),
    "no-competency-file": (
        "能力项 {found} 没有对应的文件",
        "no file defines the competency {found}",
        "在 competencies/ 下补一个文件，或从 categories 中删除它",
        "add a file under competencies/ or take it out of categories",
    ),
    "not-in-framework": (
        "能力项 {found} 不在 catalog.yaml 的 categories 中",
        "the competency {found} is in no category of catalog.yaml",
        "在 categories 中列出它，或删除此文件",
        "list it in categories or remove the file",
    ),
    "wrong-category": (
        "类别 {found} 与 catalog.yaml 不一致",
        "the category {found} is not the one in catalog.yaml",
        "改成 catalog.yaml 中的类别",
        "use the category of catalog.yaml",
    ),
    "not-four-levels": (
        "级别须依次为 1、2、3、4",
        "the levels must be 1, 2, 3, 4 in this order",
        "补齐并按顺序排列",
        "complete them and put them in order",
    ),
    "exams-of-behaviour": (
        "行为类能力项不设考试",
        "a behavioural competency has no exams",
        "删除 exams，或把 kind 改为 knowledge",
        "remove exams or set kind to knowledge",
    ),
    "no-indicators": (
        "{found} 级没有行为指标",
        "level {found} has no behavioural indicator",
        "每一级至少写一条可观察的行为",
        "write at least one observable behaviour a level",
    ),
    "wrong-indicator-id": (
        "行为指标标识 {found} 应以 {expected} 开头",
        "the indicator id {found} must begin with {expected}",
        "标识为 能力项.级别.序号",
        "an id is competency.level.number",
    ),
    "not-four-exams": (
        "知识类能力项须有 1 至 4 级的考试各一",
        "a knowledge competency needs one exam for each of the levels 1 to 4",
        "补齐 exams 并按级别排列",
        "complete exams, in the order of levels",
    ),
    "no-profile": (
        "职级 {found} 没有目标标准",
        "the grade {found} has no target profile",
        "在 profiles/ 下为它写一个文件",
        "write a file for it under profiles/",
    ),
    "unknown-grade": (
        "没有职级 {found}",
        "there is no grade {found}",
        "用 catalog.yaml 中列出的职级",
        "use a grade listed in catalog.yaml",
    ),
    "no-target": (
        "缺少能力项 {found} 的目标",
        "has no target for {found}",
        "每个能力项都要有目标级别、权重和理由",
        "give level, weight and rationale for every competency",
    ),
    "unknown-competency": (
        "没有能力项 {found}",
        "there is no competency {found}",
        "用 catalog.yaml 的 categories 中列出的能力项",
        "use a competency listed in the categories of catalog.yaml",
    ),
    "mean-weight": (
        "权重平均为 {found}，应为 1",
        "the weights have mean {found}; it must be 1",
        "把每个权重除以当前平均值",
        "divide every weight by the present mean",
    ),
    "unknown-module": (
        "没有培训模块 {found}",
        "there is no module {found}",
        "检查标识，或先写出该模块",
        "check the id, or write that module first",
    ),
    "unknown-outcome": (
        "没有行为指标或考试科目 {found}",
        "there is no indicator or exam subject {found}",
        "写 能力项.级别.序号，或 能力项.科目",
        "write competency.level.number or competency.subject",
    ),
    "prerequisite-cycle": (
        "先修关系成环：{found}",
        "the prerequisites form a cycle: {found}",
        "去掉其中一条先修关系",
        "take out one of these prerequisites",
    ),
}


def _fault(file: str, key: str, code: str, **values: str) -> CatalogFault:
    what_zh, what_en, hint_zh, hint_en = _TEXTS[code]
    return CatalogFault(
        file=file,
        key=key,
        what=Text(zh_cn=what_zh.format(**values), en=what_en.format(**values)),
        hint=Text(zh_cn=hint_zh, en=hint_en),
    )
