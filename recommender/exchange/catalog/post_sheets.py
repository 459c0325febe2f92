"""The sheets beside those of the modules: job profile, certification, paths, glossary, figures."""

from __future__ import annotations

from collections.abc import Sequence

from recommender.exchange.catalog import columns
from recommender.exchange.catalog.tree import Items, Keyed, One, Sheet, Split
from recommender.table_kinds import YES_NO
from training_catalog import post

_ELEMENT_KINDS = {"duty": ("职责", "duty"), "result-measure": ("业绩标准", "result-measure")}
_REMARK_KINDS = {
    "difficulty": ("工作难点", "difficulty"),
    "taboo": ("工作禁忌", "taboo"),
    "career": ("职业发展", "career"),
}
_QUALIFICATION_KINDS = {
    "education": ("学历", "education"),
    "experience": ("经历", "experience"),
    "knowledge": ("知识", "knowledge"),
    "skill": ("技能", "skill"),
    "certificate": ("证书", "certificate"),
}


def post_sheets(grades: Sequence[str]) -> tuple[Sheet, ...]:
    """Return the sheets of the post, of certification, learning paths, glossary and figures."""
    job_profile = Sheet(
        "job_profile",
        ("岗位说明书", "Job profile"),
        post.JobProfile,
        pairs=("id", "name", "purpose", "weight_formula", "provenance"),
        holding=One("job_profile"),
        children=(_job_elements(grades), _QUALIFICATIONS, _REMARKS),
    )
    return job_profile, _CERTIFICATIONS, _PATHS, _GLOSSARY, _BUSINESS_FIGURES


def _job_elements(grades: Sequence[str]) -> Sheet:
    return Sheet(
        "job_elements",
        ("职责与业绩标准", "Duties and results"),
        post.JobElement,
        (
            columns.beside(columns.choice("kind", "种类", _ELEMENT_KINDS)),
            columns.key(columns.identifier("element_id", "编号")),
            *columns.text("name", "名称"),
            *columns.text("description", "说明"),
            *columns.by_grade("importance", "重要度", grades, 1000, path=("importance",)),
            columns.PROVENANCE,
        ),
        holding=Split("kind", {"duty": "duties", "result-measure": "result_measures"}),
        children=(
            Sheet(
                "relevance",
                ("相关度", "Relevance"),
                None,
                (
                    columns.key(columns.above(columns.identifier("element_id", "职责或业绩标准"))),
                    columns.key(columns.beside(columns.identifier("competency_id", "能力项编号"))),
                    *columns.by_grade("relevance", "相关度", grades, 3, whole=True),
                ),
                holding=Keyed("relevance", "competency_id"),
            ),
        ),
    )


_QUALIFICATIONS = Sheet(
    "qualifications",
    ("任职资格", "Qualifications"),
    post.Qualification,
    (
        columns.key(columns.identifier("qualification_id", "编号")),
        columns.choice("kind", "种类", _QUALIFICATION_KINDS),
        *columns.text("text", "要求"),
        columns.ids("grades", "适用职级"),
        columns.number("minimum_months", "最少月数", 1, 600, whole=True, nullable=True),
        columns.identifier("certification", "所需认证", nullable=True),
        columns.PROVENANCE,
    ),
)
_REMARKS = Sheet(
    "remarks",
    ("岗位提示", "Post remarks"),
    post.Remark,
    (
        columns.beside(columns.choice("kind", "种类", _REMARK_KINDS)),
        *columns.text("text", "内容"),
        columns.PROVENANCE,
    ),
    holding=Split("kind", {"difficulty": "difficulties", "taboo": "taboos", "career": "career"}),
)
_CERTIFICATIONS = Sheet(
    "certifications",
    ("认证", "Certifications"),
    post.Certification,
    (
        columns.key(columns.identifier("certification_id", "认证编号")),
        columns.LEVEL,
        *columns.text("name", "名称"),
        *columns.text("purpose", "目的"),
        columns.identifier("grade", "职级"),
        columns.identifier("requires", "前置认证", nullable=True),
        *columns.text("practical", "实操", nullable=True),
        columns.number("valid_months", "有效月数", 1, 600, whole=True),
        columns.PROVENANCE,
    ),
    children=(
        Sheet(
            "certification_exams",
            ("认证考试", "Certification exams"),
            post.CertificationExam,
            (
                columns.key(columns.above(columns.identifier("certification_id", "认证编号"))),
                columns.key(columns.identifier("competency", "能力项编号")),
                columns.key(columns.LEVEL),
                columns.once(columns.ids("modules", "备考课程"), "备考模块"),
            ),
            holding=Items("exams"),
        ),
    ),
)
_PATHS = Sheet(
    "paths",
    ("学习路径", "Learning paths"),
    post.LearningPath,
    (
        columns.key(columns.identifier("path_id", "路径编号")),
        *columns.text("name", "名称"),
        *columns.text("purpose", "目的"),
        *columns.text("audience", "对象"),
        columns.ids("grades", "适用职级"),
        columns.identifier("target_grade", "目标职级", nullable=True),
        columns.PROVENANCE,
    ),
    children=(
        Sheet(
            "path_stages",
            ("路径阶段", "Path stages"),
            post.PathStage,
            (
                columns.above(columns.identifier("path_id", "路径编号")),
                *columns.text("name", "阶段"),
                columns.number("until_week", "截至周", 1, 520, whole=True),
                columns.once(columns.ids("modules", "课程", nullable=False), "培训模块"),
                *columns.text("result", "成果", nullable=True),
            ),
            holding=Items("stages"),
        ),
    ),
)
_GLOSSARY = Sheet(
    "glossary",
    ("术语表", "Glossary"),
    post.Term,
    (
        columns.key(columns.identifier("term_id", "术语编号")),
        *columns.text("term", "术语"),
        *columns.text("definition", "定义", nullable=True),
        columns.lines("zh_forbidden", "中文禁用说法"),
        columns.lines("en_forbidden", "英文禁用说法"),
        columns.lines("zh_except", "中文例外"),
        columns.lines("en_except", "英文例外"),
        columns.lines("en_also", "英文同样可用"),
        columns.choice("paired", "中英对应", YES_NO, nullable=True),
    ),
)
_BUSINESS_FIGURES = Sheet(
    "business_figures",
    ("业务指标", "Business figures"),
    post.BusinessFigure,
    (
        columns.key(columns.identifier("figure_id", "指标编号")),
        *columns.text("name", "名称"),
        *columns.text("unit", "计量单位"),
        columns.number("value_per_unit", "每单位价值", -1e9, 1e9, nullable=True),
    ),
)
