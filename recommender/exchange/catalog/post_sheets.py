"""The sheets of the catalogue workbook that hold job profile, certification and learning paths."""

from __future__ import annotations

from collections.abc import Sequence

from recommender.exchange.catalog.columns import LEVEL, PAIRS, PROVENANCE
from recommender.exchange.catalog.fields import (
    Layout,
    both_languages,
    choice_column,
    id_column,
    ids_column,
    lines_column,
    number_column,
)
from recommender.table_kinds import YES_NO
from training_catalog import post

ELEMENT_KINDS = {"duty": ("职责", "duty"), "result-measure": ("业绩标准", "result-measure")}
REMARK_KINDS = {
    "difficulty": ("工作难点", "difficulty"),
    "taboo": ("工作禁忌", "taboo"),
    "career": ("职业发展", "career"),
}
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


def post_sheets(grades: Sequence[str]) -> tuple[Layout, ...]:
    """Return the sheets of the post for these grades."""
    return (
        Layout("job_profile", ("岗位说明书", "Job profile"), PAIRS, ("key",)),
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
                PROVENANCE,
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
                PROVENANCE,
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
                PROVENANCE,
            ),
            record=post.Remark,
        ),
        Layout(
            "certifications",
            ("认证", "Certifications"),
            (
                id_column("certification_id", "认证编号", "id"),
                LEVEL,
                *both_languages("name", "名称"),
                *both_languages("purpose", "目的"),
                id_column("grade", "职级", "grade"),
                id_column("requires", "前置认证", "requires", nullable=True),
                *both_languages("practical", "实操", nullable=True),
                number_column("valid_months", "有效月数", 1, 600, whole=True),
                PROVENANCE,
            ),
            ("certification_id",),
        ),
        Layout(
            "certification_exams",
            ("认证考试", "Certification exams"),
            (
                id_column("certification_id", "认证编号"),
                id_column("competency", "能力项编号", "competency"),
                LEVEL,
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
                PROVENANCE,
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
