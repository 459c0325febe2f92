"""The sheets of what surrounds the modules: job profile, certification, paths, glossary."""

from __future__ import annotations

from collections.abc import Sequence

from recommender.exchange.catalog.columns import (
    LEVEL,
    PROVENANCE,
    above,
    beside,
    choice_column,
    grade_columns,
    id_column,
    ids_column,
    key,
    lines_column,
    number_column,
    text_columns,
)
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
    """Return the sheets of the post, of certification, learning paths and glossary."""
    job_profile = Sheet(
        "job_profile",
        ("岗位说明书", "Job profile"),
        post.JobProfile,
        pairs=("id", "name", "purpose", "weight_formula", "provenance"),
        holding=One("job_profile"),
        children=(_job_elements(grades), _QUALIFICATIONS, _REMARKS),
    )
    return job_profile, _CERTIFICATIONS, _PATHS, _GLOSSARY


def _job_elements(grades: Sequence[str]) -> Sheet:
    return Sheet(
        "job_elements",
        ("职责与业绩标准", "Duties and results"),
        post.JobElement,
        (
            beside(choice_column("kind", "种类", _ELEMENT_KINDS)),
            key(id_column("element_id", "编号")),
            *text_columns("name", "名称"),
            *text_columns("description", "说明"),
            *grade_columns("importance", "重要度", grades, 1000, path=("importance",)),
            PROVENANCE,
        ),
        holding=Split("kind", {"duty": "duties", "result-measure": "result_measures"}),
        children=(
            Sheet(
                "relevance",
                ("相关度", "Relevance"),
                None,
                (
                    key(above(id_column("element_id", "职责或业绩标准"))),
                    key(beside(id_column("competency_id", "能力项编号"))),
                    *grade_columns("relevance", "相关度", grades, 3, whole=True),
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
        key(id_column("qualification_id", "编号")),
        choice_column("kind", "种类", _QUALIFICATION_KINDS),
        *text_columns("text", "要求"),
        ids_column("grades", "适用职级"),
        number_column("minimum_months", "最少月数", 1, 600, whole=True, nullable=True),
        id_column("certification", "所需认证", nullable=True),
        PROVENANCE,
    ),
)
_REMARKS = Sheet(
    "remarks",
    ("岗位提示", "Post remarks"),
    post.Remark,
    (
        beside(choice_column("kind", "种类", _REMARK_KINDS)),
        *text_columns("text", "内容"),
        PROVENANCE,
    ),
    holding=Split("kind", {"difficulty": "difficulties", "taboo": "taboos", "career": "career"}),
)
_CERTIFICATIONS = Sheet(
    "certifications",
    ("认证", "Certifications"),
    post.Certification,
    (
        key(id_column("certification_id", "认证编号")),
        LEVEL,
        *text_columns("name", "名称"),
        *text_columns("purpose", "目的"),
        id_column("grade", "职级"),
        id_column("requires", "前置认证", nullable=True),
        *text_columns("practical", "实操", nullable=True),
        number_column("valid_months", "有效月数", 1, 600, whole=True),
        PROVENANCE,
    ),
    children=(
        Sheet(
            "certification_exams",
            ("认证考试", "Certification exams"),
            post.CertificationExam,
            (
                key(above(id_column("certification_id", "认证编号"))),
                key(id_column("competency", "能力项编号")),
                key(LEVEL),
                ids_column("modules", "备考模块"),
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
        key(id_column("path_id", "路径编号")),
        *text_columns("name", "名称"),
        *text_columns("purpose", "目的"),
        *text_columns("audience", "对象"),
        ids_column("grades", "适用职级"),
        PROVENANCE,
    ),
    children=(
        Sheet(
            "path_stages",
            ("路径阶段", "Path stages"),
            post.PathStage,
            (
                above(id_column("path_id", "路径编号")),
                *text_columns("name", "阶段"),
                number_column("until_week", "截至周", 1, 520, whole=True),
                ids_column("modules", "培训模块", nullable=False),
                *text_columns("result", "成果", nullable=True),
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
        key(id_column("term_id", "术语编号")),
        *text_columns("term", "术语"),
        *text_columns("definition", "定义", nullable=True),
        lines_column("zh_forbidden", "中文禁用说法"),
        lines_column("en_forbidden", "英文禁用说法"),
        lines_column("zh_except", "中文例外"),
        lines_column("en_except", "英文例外"),
        lines_column("en_also", "英文同样可用"),
        choice_column("paired", "中英对应", YES_NO, nullable=True),
    ),
)
