"""The sheets of the catalogue workbook that hold competencies, grades and target profiles."""

from __future__ import annotations

from recommender.exchange.catalog.columns import LEVEL, PARENT_LEVEL, PROVENANCE
from recommender.exchange.catalog.fields import (
    Layout,
    both_languages,
    choice_column,
    date_column,
    id_column,
    number_column,
)
from training_catalog import model

KINDS = {"behavioural": ("行为类", "behavioural"), "knowledge": ("知识类", "knowledge")}
PROVENANCES = {
    "source": ("来源材料", "source"),
    "authored": ("本项目编写", "authored"),
    "imported": ("导入", "imported"),
}
FRAMEWORK_SHEETS: tuple[Layout, ...] = (
    Layout(
        "levels",
        ("级别", "Levels"),
        (LEVEL, *both_languages("name", "名称"), *both_languages("definition", "定义")),
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
            PROVENANCE,
        ),
        ("competency_id",),
        required=True,
    ),
    Layout(
        "competency_levels",
        ("级别要点", "Competency levels"),
        (
            id_column("competency_id", "能力项编号"),
            LEVEL,
            *both_languages("headline", "要点"),
            PROVENANCE,
        ),
        ("competency_id", "level"),
        required=True,
    ),
    Layout(
        "indicators",
        ("行为指标", "Indicators"),
        (
            id_column("competency_id", "能力项编号"),
            PARENT_LEVEL,
            id_column("indicator_id", "指标编号", "id"),
            *both_languages("text", "行为"),
            PROVENANCE,
        ),
        ("indicator_id",),
        model.Indicator,
    ),
    Layout(
        "exams",
        ("考试科目", "Exam subjects"),
        (
            id_column("competency_id", "能力项编号"),
            PARENT_LEVEL,
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
)
