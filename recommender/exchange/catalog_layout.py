"""The sheets of a catalogue as a workbook: which column holds which field of which record."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from pydantic import BaseModel

from recommender.records import MODALITIES, YES_NO, Column, ColumnType, TableKind
from training_catalog import model, post

KINDS = {"behavioural": ("行为类", "behavioural"), "knowledge": ("知识类", "knowledge")}
PROVENANCES = {
    "source": ("来源材料", "source"),
    "authored": ("本项目编写", "authored"),
    "imported": ("导入", "imported"),
}
ELEMENT_KINDS = {"duty": ("职责", "duty"), "result-measure": ("业绩标准", "result-measure")}
REMARK_KINDS = {
    "difficulty": ("工作难点", "difficulty"),
    "taboo": ("工作禁忌", "taboo"),
    "career": ("职业发展", "career"),
}
QUALIFICATION_KINDS = {
    "education": ("学历", "education"),
    "experience": ("经历", "experience"),
    "knowledge": ("知识", "knowledge"),
    "skill": ("技能", "skill"),
    "certificate": ("证书", "certificate"),
}


@dataclass(frozen=True)
class Field:
    """A column and the way to its value inside the record of a row.

    Parameters
    ----------
    column : Column
        Its headers, type and bounds. Type ``ids`` is a list with ``;`` between; a ``text`` whose
        `lines` is set is a list with one entry a line.
    path : tuple of str
        Empty where the column names the record that the row belongs to.
    lines : bool
        Whether the cell is a list of texts.
    """

    column: Column
    path: tuple[str, ...]
    lines: bool = False


@dataclass(frozen=True)
class Layout:
    """A sheet: one row a record of a kind.

    Parameters
    ----------
    name : str
        Which sheet it is.
    titles : tuple of str
        Chinese and English name of the sheet.
    fields : tuple of Field
        Its columns.
    key : tuple of str
        Columns that identify a row; empty where rows may repeat.
    record : type or None
        What a row is, where that can be checked by itself.
    required : bool
        Whether a catalogue cannot do without it.
    """

    name: str
    titles: tuple[str, str]
    fields: tuple[Field, ...]
    key: tuple[str, ...] = ()
    record: type[BaseModel] | None = None
    required: bool = False

    @property
    def kind(self) -> TableKind:
        """The sheet as a kind of table, for finding its header."""
        return TableKind(self.name, self.titles, tuple(f.column for f in self.fields), self.key)


def _id(name: str, zh: str, path: str | None = None, *, nullable: bool = False) -> Field:
    way = (path,) if path else ()
    return Field(Column(name, (zh,), nullable=nullable, refers_to="module"), way)


def _both(name: str, zh: str, *, nullable: bool = False, path: bool = True) -> tuple[Field, ...]:
    return tuple(
        Field(
            Column(f"{name}_{short}", (f"{prefix}{zh}",), nullable=nullable),
            (name, lang) if path else (lang,),
        )
        for short, prefix, lang in (("zh", "中文", "zh-CN"), ("en", "英文", "en"))
    )


def _number(
    name: str,
    zh: str,
    low: float,
    high: float,
    *,
    whole: bool = False,
    nullable: bool = False,
    path: tuple[str, ...] | None = None,
) -> Field:
    column = Column(
        name, (zh,), "number", nullable=nullable, minimum=low, maximum=high, whole=whole
    )
    return Field(column, (name,) if path is None else path)


def _choice(
    name: str,
    zh: str,
    choices: Mapping[str, tuple[str, ...]],
    *,
    path: bool = True,
    nullable: bool = False,
) -> Field:
    column = Column(name, (zh,), "choice", choices=choices, nullable=nullable)
    return Field(column, (name,) if path else ())


def _ids(name: str, zh: str, *, nullable: bool = True) -> Field:
    return Field(Column(name, (zh,), "ids", nullable=nullable), (name,))


def _lines(name: str, zh: str) -> Field:
    return Field(Column(name, (zh,), nullable=True), (name,), lines=True)


def _date(name: str, zh: str, *, path: bool = True) -> Field:
    kind: ColumnType = "date"
    return Field(Column(name, (zh,), kind), (name,) if path else ())


_PROVENANCE = _choice("provenance", "来源", PROVENANCES)
_LEVEL = _number("level", "级别", 1, 4, whole=True)


def catalog_layouts(grades: Sequence[str]) -> tuple[Layout, ...]:
    """Return the sheets of a catalogue with these grades, in their order in the workbook."""
    pairs = (
        Field(Column("key", ("项目", "项")), ()),
        Field(Column("value", ("值", "中文或数值"), nullable=True), ()),
        Field(Column("value_en", ("英文",), nullable=True), ()),
    )
    level = Field(_LEVEL.column, ())
    return (
        Layout("catalog", ("目录与设置", "Catalogue"), pairs, ("key",), required=True),
        Layout(
            "modules",
            ("培训模块", "Modules"),
            (
                _id("module_id", "模块编号", "id"),
                *_both("title", "名称"),
                _choice("modality", "培训方式", MODALITIES),
                _number("hours", "学时", 0.01, 1000),
                _number("cost", "费用", 0, 1_000_000),
                _number("group_size", "班额", 1, 1_000_000, whole=True, nullable=True),
                _number("repeat_months", "重修间隔月数", 0, 600, whole=True),
                _ids("prerequisites", "先修模块"),
                _ids("grades", "适用职级"),
                _choice("retired", "停开", YES_NO, nullable=True),
                *_both("purpose", "目的", nullable=True),
                *_both("audience", "对象", nullable=True),
                *_both("assessment", "考核方式", nullable=True),
                *_both("owner", "负责单位", nullable=True),
                _PROVENANCE,
            ),
            ("module_id",),
            required=True,
        ),
        Layout(
            "module_competencies",
            ("模块能力项", "Module competencies"),
            (
                _id("module_id", "模块编号"),
                _id("competency_id", "能力项", "id"),
                _number("from_level", "起始级别", 0, 4),
                _number("to_level", "终点级别", 0, 4),
                _number("expert_improvement", "专家预估提升", 0, 4),
            ),
            ("module_id", "competency_id"),
            model.ModuleCompetency,
            required=True,
        ),
        Layout(
            "outcomes",
            ("学习成果", "Outcomes"),
            (
                _id("module_id", "模块编号"),
                _ids("serves", "对应指标或科目", nullable=False),
                *_both("text", "成果"),
            ),
            record=model.Outcome,
        ),
        Layout(
            "syllabus",
            ("内容大纲", "Syllabus"),
            (_id("module_id", "模块编号"), *_both("text", "内容", path=False)),
            record=model.Text,
        ),
        Layout(
            "levels",
            ("级别", "Levels"),
            (_LEVEL, *_both("name", "名称"), *_both("definition", "定义")),
            ("level",),
            model.LevelDefinition,
            required=True,
        ),
        Layout(
            "grades",
            ("职级", "Grades"),
            (_id("grade_id", "职级编号", "id"), *_both("name", "名称")),
            ("grade_id",),
            model.Grade,
            required=True,
        ),
        Layout(
            "categories",
            ("类别", "Categories"),
            (_id("category_id", "类别编号", "id"), *_both("name", "名称")),
            ("category_id",),
            required=True,
        ),
        Layout(
            "competencies",
            ("能力项", "Competencies"),
            (
                _id("competency_id", "能力项编号", "id"),
                _id("category", "类别", "category"),
                _choice("kind", "种类", KINDS),
                *_both("name", "名称"),
                *_both("definition", "定义"),
                _PROVENANCE,
            ),
            ("competency_id",),
            required=True,
        ),
        Layout(
            "competency_levels",
            ("级别要点", "Competency levels"),
            (_id("competency_id", "能力项编号"), _LEVEL, *_both("headline", "要点"), _PROVENANCE),
            ("competency_id", "level"),
            required=True,
        ),
        Layout(
            "indicators",
            ("行为指标", "Indicators"),
            (
                _id("competency_id", "能力项编号"),
                level,
                _id("indicator_id", "指标编号", "id"),
                *_both("text", "行为"),
                _PROVENANCE,
            ),
            ("indicator_id",),
            model.Indicator,
        ),
        Layout(
            "exams",
            ("考试科目", "Exam subjects"),
            (
                _id("competency_id", "能力项编号"),
                level,
                _number("pass_mark", "合格线", 0.01, 100, path=()),
                _id("subject_id", "科目编号", "id"),
                *_both("name", "科目名称"),
                _number("weight", "权重", 1e-9, 1e9),
            ),
            ("competency_id", "level", "subject_id"),
            model.Subject,
        ),
        Layout(
            "profiles",
            ("目标标准", "Target profiles"),
            (
                _id("grade", "职级", "grade"),
                _date("effective_on", "生效日期"),
                *_both("name", "名称"),
            ),
            ("grade", "effective_on"),
            required=True,
        ),
        Layout(
            "targets",
            ("目标", "Targets"),
            (
                _id("grade", "职级"),
                _date("effective_on", "生效日期", path=False),
                _id("competency_id", "能力项编号"),
                _number("level", "目标级别", 0, 4),
                _number("weight", "权重", 1e-9, 1e9),
                *_both("rationale", "理由"),
            ),
            ("grade", "effective_on", "competency_id"),
            model.Target,
            required=True,
        ),
        Layout("job_profile", ("岗位说明书", "Job profile"), pairs, ("key",)),
        Layout(
            "job_elements",
            ("职责与业绩标准", "Duties and results"),
            (
                _choice("kind", "种类", ELEMENT_KINDS, path=False),
                _id("element_id", "编号", "id"),
                *_both("name", "名称"),
                *_both("description", "说明"),
                *(
                    _number(
                        f"importance_{grade}",
                        f"重要度 {grade}",
                        0,
                        1000,
                        nullable=True,
                        path=("importance", grade),
                    )
                    for grade in grades
                ),
                _PROVENANCE,
            ),
            ("element_id",),
        ),
        Layout(
            "relevance",
            ("相关度", "Relevance"),
            (
                _id("element_id", "职责或业绩标准"),
                _id("competency_id", "能力项编号"),
                *(
                    _number(
                        f"relevance_{grade}",
                        f"相关度 {grade}",
                        0,
                        3,
                        whole=True,
                        nullable=True,
                        path=(grade,),
                    )
                    for grade in grades
                ),
            ),
            ("element_id", "competency_id"),
        ),
        Layout(
            "qualifications",
            ("任职资格", "Qualifications"),
            (
                _id("qualification_id", "编号", "id"),
                _choice("kind", "种类", QUALIFICATION_KINDS),
                *_both("text", "要求"),
                _ids("grades", "适用职级"),
                _number("minimum_months", "最少月数", 1, 600, whole=True, nullable=True),
                _id("certification", "所需认证", "certification", nullable=True),
                _PROVENANCE,
            ),
            ("qualification_id",),
            post.Qualification,
        ),
        Layout(
            "remarks",
            ("岗位提示", "Post remarks"),
            (
                _choice("kind", "种类", REMARK_KINDS, path=False),
                *_both("text", "内容"),
                _PROVENANCE,
            ),
            record=post.Remark,
        ),
        Layout(
            "certifications",
            ("认证", "Certifications"),
            (
                _id("certification_id", "认证编号", "id"),
                _LEVEL,
                *_both("name", "名称"),
                *_both("purpose", "目的"),
                _id("grade", "职级", "grade"),
                _id("requires", "前置认证", "requires", nullable=True),
                *_both("practical", "实操", nullable=True),
                _number("valid_months", "有效月数", 1, 600, whole=True),
                _PROVENANCE,
            ),
            ("certification_id",),
        ),
        Layout(
            "certification_exams",
            ("认证考试", "Certification exams"),
            (
                _id("certification_id", "认证编号"),
                _id("competency", "能力项编号", "competency"),
                _LEVEL,
                _ids("modules", "备考模块"),
            ),
            ("certification_id", "competency", "level"),
            post.CertificationExam,
        ),
        Layout(
            "paths",
            ("学习路径", "Learning paths"),
            (
                _id("path_id", "路径编号", "id"),
                *_both("name", "名称"),
                *_both("purpose", "目的"),
                *_both("audience", "对象"),
                _ids("grades", "适用职级"),
                _PROVENANCE,
            ),
            ("path_id",),
        ),
        Layout(
            "path_stages",
            ("路径阶段", "Path stages"),
            (
                _id("path_id", "路径编号"),
                *_both("name", "阶段"),
                _number("until_week", "截至周", 1, 520, whole=True),
                _ids("modules", "培训模块", nullable=False),
                *_both("result", "成果", nullable=True),
            ),
            record=post.PathStage,
        ),
        Layout(
            "glossary",
            ("术语表", "Glossary"),
            (
                _id("term_id", "术语编号", "id"),
                *_both("term", "术语"),
                *_both("definition", "定义", nullable=True),
                _lines("zh_forbidden", "中文禁用说法"),
                _lines("en_forbidden", "英文禁用说法"),
                _lines("zh_except", "中文例外"),
                _lines("en_except", "英文例外"),
                _lines("en_also", "英文同样可用"),
                _choice("paired", "中英对应", YES_NO, nullable=True),
            ),
            ("term_id",),
            post.Term,
        ),
    )
