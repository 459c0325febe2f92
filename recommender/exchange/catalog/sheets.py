"""The catalogue as a tree of sheets: it is written by going down the tree, and read by going up."""

from __future__ import annotations

from collections.abc import Sequence

from recommender.exchange.catalog.columns import (
    LEVEL,
    PROVENANCE,
    above,
    beside,
    choice_column,
    date_column,
    id_column,
    ids_column,
    key,
    number_column,
    text_columns,
)
from recommender.exchange.catalog.post_sheets import post_sheets
from recommender.exchange.catalog.tree import Grouped, Items, Keyed, Members, Sheet
from recommender.table_kinds import MODALITIES, YES_NO
from training_catalog import model
from training_catalog.loading import Head


def catalog_sheets(grades: Sequence[str]) -> Sheet:
    """Return the sheet of a whole catalogue with these grades, with all others below it."""
    return Sheet(
        "catalog",
        ("目录与设置", "Catalogue"),
        Head,
        pairs=("id", "name", "settings", "standards"),
        required=True,
        children=(_module_sheet(tuple(grades)), *_FRAMEWORK, *post_sheets(grades)),
    )


def _module_sheet(grades: tuple[str, ...]) -> Sheet:
    return Sheet(
        "modules",
        ("培训模块", "Modules"),
        model.TrainingModule,
        (
            key(id_column("module_id", "模块编号")),
            *text_columns("title", "名称"),
            choice_column("modality", "培训方式", MODALITIES),
            number_column("hours", "学时", 0.01, 1000),
            number_column("cost", "费用", 0, 1_000_000),
            number_column("group_size", "班额", 1, 1_000_000, whole=True, nullable=True),
            number_column("repeat_months", "重修间隔月数", 0, 600, whole=True),
            ids_column("prerequisites", "先修模块"),
            ids_column("grades", "适用职级", blank=grades),
            choice_column("retired", "停开", YES_NO, nullable=True),
            *text_columns("purpose", "目的", nullable=True),
            *text_columns("audience", "对象", nullable=True),
            *text_columns("assessment", "考核方式", nullable=True),
            *text_columns("owner", "负责单位", nullable=True),
            PROVENANCE,
        ),
        needs={"competencies": "catalog_workbook.no_competency"},
        required=True,
        children=(_MODULE_COMPETENCIES, _OUTCOMES, _SYLLABUS),
    )


_MODULE_COMPETENCIES = Sheet(
    "module_competencies",
    ("模块能力项", "Module competencies"),
    model.ModuleCompetency,
    (
        key(above(id_column("module_id", "模块编号"))),
        key(id_column("competency_id", "能力项")),
        number_column("from_level", "起始级别", 0, 4),
        number_column("to_level", "终点级别", 0, 4),
        number_column("expert_improvement", "专家预估提升", 0, 4),
    ),
    holding=Items("competencies"),
    required=True,
)
_OUTCOMES = Sheet(
    "outcomes",
    ("学习成果", "Outcomes"),
    model.Outcome,
    (
        above(id_column("module_id", "模块编号")),
        ids_column("serves", "对应指标或科目", nullable=False),
        *text_columns("text", "成果"),
    ),
)
_SYLLABUS = Sheet(
    "syllabus",
    ("内容大纲", "Syllabus"),
    model.Text,
    (above(id_column("module_id", "模块编号")), *text_columns("text", "内容", path=())),
)
_COMPETENCY_LEVELS = Sheet(
    "competency_levels",
    ("级别要点", "Competency levels"),
    model.CompetencyLevel,
    (
        key(above(id_column("competency_id", "能力项编号"))),
        key(LEVEL),
        *text_columns("headline", "要点"),
        PROVENANCE,
    ),
    holding=Items("levels"),
    required=True,
    children=(
        Sheet(
            "indicators",
            ("行为指标", "Indicators"),
            model.Indicator,
            (
                above(id_column("competency_id", "能力项编号")),
                above(LEVEL),
                key(id_column("indicator_id", "指标编号")),
                *text_columns("text", "行为"),
                PROVENANCE,
            ),
        ),
    ),
)
_EXAMS = Sheet(
    "exams",
    ("考试科目", "Exam subjects"),
    model.Subject,
    (
        key(above(id_column("competency_id", "能力项编号"))),
        key(beside(LEVEL)),
        beside(number_column("pass_mark", "合格线", 0.01, 100)),
        key(id_column("subject_id", "科目编号")),
        *text_columns("name", "科目名称"),
        number_column("weight", "权重", 1e-9, 1e9),
    ),
    holding=Grouped(
        "exams",
        model.Exam,
        ("level", "pass_mark"),
        "subjects",
        differ="catalog_workbook.two_pass_marks",
    ),
)
_TARGETS = Sheet(
    "targets",
    ("目标", "Targets"),
    model.Target,
    (
        key(above(id_column("grade", "职级"))),
        key(above(date_column("effective_on", "生效日期"))),
        key(beside(id_column("competency_id", "能力项编号"))),
        number_column("level", "目标级别", 0, 4),
        number_column("weight", "权重", 1e-9, 1e9),
        *text_columns("rationale", "理由"),
    ),
    holding=Keyed("targets", "competency_id"),
    required=True,
)
_FRAMEWORK = (
    Sheet(
        "levels",
        ("级别", "Levels"),
        model.LevelDefinition,
        (key(LEVEL), *text_columns("name", "名称"), *text_columns("definition", "定义")),
        required=True,
    ),
    Sheet(
        "grades",
        ("职级", "Grades"),
        model.Grade,
        (key(id_column("grade_id", "职级编号")), *text_columns("name", "名称")),
        required=True,
    ),
    Sheet(
        "categories",
        ("类别", "Categories"),
        model.Category,
        (key(id_column("category_id", "类别编号")), *text_columns("name", "名称")),
        members=Members("competencies", sheet="competencies", column="category"),
        needs={"competencies": "catalog_workbook.empty_category"},
        required=True,
    ),
    Sheet(
        "competencies",
        ("能力项", "Competencies"),
        model.Competency,
        (
            key(id_column("competency_id", "能力项编号")),
            id_column("category", "类别"),
            choice_column(
                "kind",
                "种类",
                {"behavioural": ("行为类", "behavioural"), "knowledge": ("知识类", "knowledge")},
            ),
            *text_columns("name", "名称"),
            *text_columns("definition", "定义"),
            PROVENANCE,
        ),
        required=True,
        children=(_COMPETENCY_LEVELS, _EXAMS),
    ),
    Sheet(
        "profiles",
        ("目标标准", "Target profiles"),
        model.TargetProfile,
        (
            key(id_column("grade", "职级")),
            key(date_column("effective_on", "生效日期")),
            *text_columns("name", "名称"),
        ),
        required=True,
        children=(_TARGETS,),
    ),
)
