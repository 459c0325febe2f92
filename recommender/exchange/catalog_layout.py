"""The sheets of a catalogue as a workbook: which column holds which field of which record."""

from __future__ import annotations

from collections.abc import Sequence

from recommender.exchange.catalog_fields import (
    Field,
    Layout,
    both_languages,
    choice_column,
    date_column,
    id_column,
    ids_column,
    lines_column,
    number_column,
)
from recommender.records import MODALITIES, YES_NO, Column
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
_PROVENANCE = choice_column("provenance", "来源", PROVENANCES)
_LEVEL = number_column("level", "级别", 1, 4, whole=True)


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
                id_column("module_id", "模块编号", "id"),
                *both_languages("title", "名称"),
                choice_column("modality", "培训方式", MODALITIES),
                number_column("hours", "学时", 0.01, 1000),
                number_column("cost", "费用", 0, 1_000_000),
                number_column("group_size", "班额", 1, 1_000_000, whole=True, nullable=True),
                number_column("repeat_months", "重修间隔月数", 0, 600, whole=True),
                ids_column("prerequisites", "先修模块"),
                ids_column("grades", "适用职级"),
                choice_column("retired", "停开", YES_NO, nullable=True),
                *both_languages("purpose", "目的", nullable=True),
                *both_languages("audience", "对象", nullable=True),
                *both_languages("assessment", "考核方式", nullable=True),
                *both_languages("owner", "负责单位", nullable=True),
                _PROVENANCE,
            ),
            ("module_id",),
            required=True,
        ),
        Layout(
            "module_competencies",
            ("模块能力项", "Module competencies"),
            (
                id_column("module_id", "模块编号"),
                id_column("competency_id", "能力项", "id"),
                number_column("from_level", "起始级别", 0, 4),
                number_column("to_level", "终点级别", 0, 4),
                number_column("expert_improvement", "专家预估提升", 0, 4),
            ),
            ("module_id", "competency_id"),
            model.ModuleCompetency,
            required=True,
        ),
        Layout(
            "outcomes",
            ("学习成果", "Outcomes"),
            (
                id_column("module_id", "模块编号"),
                ids_column("serves", "对应指标或科目", nullable=False),
                *both_languages("text", "成果"),
            ),
            record=model.Outcome,
        ),
        Layout(
            "syllabus",
            ("内容大纲", "Syllabus"),
            (id_column("module_id", "模块编号"), *both_languages("text", "内容", path=False)),
            record=model.Text,
        ),
        Layout(
            "levels",
            ("级别", "Levels"),
            (_LEVEL, *both_languages("name", "名称"), *both_languages("definition", "定义")),
            ("level",),
            model.LevelDefinition,
            required=True,
        ),
        Layout(
            "grades",
            ("职级", "Grades"),
            (id_column("grade_id", "职级编号", "id"), *both_languages("name", "名称")),
            ("grade_id",),
            model.Grade,
            required=True,
        ),
        Layout(
            "categories",
            ("类别", "Categories"),
            (id_column("category_id", "类别编号", "id"), *both_languages("name", "名称")),
            ("category_id",),
            required=True,
        ),
        Layout(
            "competencies",
            ("能力项", "Competencies"),
            (
                id_column("competency_id", "能力项编号", "id"),
                id_column("category", "类别", "category"),
                choice_column("kind", "种类", KINDS),
                *both_languages("name", "名称"),
                *both_languages("definition", "定义"),
                _PROVENANCE,
            ),
            ("competency_id",),
            required=True,
        ),
        Layout(
            "competency_levels",
            ("级别要点", "Competency levels"),
            (
                id_column("competency_id", "能力项编号"),
                _LEVEL,
                *both_languages("headline", "要点"),
                _PROVENANCE,
            ),
            ("competency_id", "level"),
            required=True,
        ),
        Layout(
            "indicators",
            ("行为指标", "Indicators"),
            (
                id_column("competency_id", "能力项编号"),
                level,
                id_column("indicator_id", "指标编号", "id"),
                *both_languages("text", "行为"),
                _PROVENANCE,
            ),
            ("indicator_id",),
            model.Indicator,
        ),
        Layout(
            "exams",
            ("考试科目", "Exam subjects"),
            (
                id_column("competency_id", "能力项编号"),
                level,
                number_column("pass_mark", "合格线", 0.01, 100, path=()),
                id_column("subject_id", "科目编号", "id"),
                *both_languages("name", "科目名称"),
                number_column("weight", "权重", 1e-9, 1e9),
            ),
            ("competency_id", "level", "subject_id"),
            model.Subject,
        ),
        Layout(
            "profiles",
            ("目标标准", "Target profiles"),
            (
                id_column("grade", "职级", "grade"),
                date_column("effective_on", "生效日期"),
                *both_languages("name", "名称"),
            ),
            ("grade", "effective_on"),
            required=True,
        ),
        Layout(
            "targets",
            ("目标", "Targets"),
            (
                id_column("grade", "职级"),
                date_column("effective_on", "生效日期", path=False),
                id_column("competency_id", "能力项编号"),
                number_column("level", "目标级别", 0, 4),
                number_column("weight", "权重", 1e-9, 1e9),
                *both_languages("rationale", "理由"),
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
                choice_column("kind", "种类", ELEMENT_KINDS, path=False),
                id_column("element_id", "编号", "id"),
                *both_languages("name", "名称"),
                *both_languages("description", "说明"),
                *(
                    number_column(
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
                id_column("element_id", "职责或业绩标准"),
                id_column("competency_id", "能力项编号"),
                *(
                    number_column(
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
                id_column("qualification_id", "编号", "id"),
                choice_column("kind", "种类", QUALIFICATION_KINDS),
                *both_languages("text", "要求"),
                ids_column("grades", "适用职级"),
                number_column("minimum_months", "最少月数", 1, 600, whole=True, nullable=True),
                id_column("certification", "所需认证", "certification", nullable=True),
                _PROVENANCE,
            ),
            ("qualification_id",),
            post.Qualification,
        ),
        Layout(
            "remarks",
            ("岗位提示", "Post remarks"),
            (
                choice_column("kind", "种类", REMARK_KINDS, path=False),
                *both_languages("text", "内容"),
                _PROVENANCE,
            ),
            record=post.Remark,
        ),
        Layout(
            "certifications",
            ("认证", "Certifications"),
            (
                id_column("certification_id", "认证编号", "id"),
                _LEVEL,
                *both_languages("name", "名称"),
                *both_languages("purpose", "目的"),
                id_column("grade", "职级", "grade"),
                id_column("requires", "前置认证", "requires", nullable=True),
                *both_languages("practical", "实操", nullable=True),
                number_column("valid_months", "有效月数", 1, 600, whole=True),
                _PROVENANCE,
            ),
            ("certification_id",),
        ),
        Layout(
            "certification_exams",
            ("认证考试", "Certification exams"),
            (
                id_column("certification_id", "认证编号"),
                id_column("competency", "能力项编号", "competency"),
                _LEVEL,
                ids_column("modules", "备考模块"),
            ),
            ("certification_id", "competency", "level"),
            post.CertificationExam,
        ),
        Layout(
            "paths",
            ("学习路径", "Learning paths"),
            (
                id_column("path_id", "路径编号", "id"),
                *both_languages("name", "名称"),
                *both_languages("purpose", "目的"),
                *both_languages("audience", "对象"),
                ids_column("grades", "适用职级"),
                _PROVENANCE,
            ),
            ("path_id",),
        ),
        Layout(
            "path_stages",
            ("路径阶段", "Path stages"),
            (
                id_column("path_id", "路径编号"),
                *both_languages("name", "阶段"),
                number_column("until_week", "截至周", 1, 520, whole=True),
                ids_column("modules", "培训模块", nullable=False),
                *both_languages("result", "成果", nullable=True),
            ),
            record=post.PathStage,
        ),
        Layout(
            "glossary",
            ("术语表", "Glossary"),
            (
                id_column("term_id", "术语编号", "id"),
                *both_languages("term", "术语"),
                *both_languages("definition", "定义", nullable=True),
                lines_column("zh_forbidden", "中文禁用说法"),
                lines_column("en_forbidden", "英文禁用说法"),
                lines_column("zh_except", "中文例外"),
                lines_column("en_except", "英文例外"),
                lines_column("en_also", "英文同样可用"),
                choice_column("paired", "中英对应", YES_NO, nullable=True),
            ),
            ("term_id",),
            post.Term,
        ),
    )
