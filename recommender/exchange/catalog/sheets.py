"""The catalogue as a tree of sheets: writing goes down the tree, and reading goes up."""

from __future__ import annotations

from collections.abc import Sequence

from recommender.exchange.catalog import columns
from recommender.exchange.catalog.post_sheets import post_sheets
from recommender.exchange.catalog.tree import Grouped, Items, Keyed, Members, Sheet
from recommender.table_kinds import MODALITIES, YES_NO
from training_catalog import model
from training_catalog.files.assembly import Head

_MODULE_ID = columns.once(columns.identifier("module_id", "课程编号"), "模块编号")


def catalog_sheets(grades: Sequence[str]) -> Sheet:
    """Return the sheet of a whole catalogue with these grades, and below it all other sheets."""
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
        ("课程", "Courses", "培训模块", "Modules"),
        model.TrainingModule,
        (
            columns.key(_MODULE_ID),
            *columns.text("title", "名称"),
            columns.choice("modality", "培训方式", MODALITIES),
            # not 0: modules are ranked by what they add per hour
            columns.number("hours", "学时", 0.01, 1000),
            columns.number("cost", "费用", 0, 1_000_000),
            columns.number("group_size", "班额", 1, 1_000_000, whole=True, nullable=True),
            columns.number("repeat_months", "重修间隔月数", 0, 600, whole=True),
            columns.once(columns.ids("prerequisites", "先修课程"), "先修模块"),
            columns.ids("grades", "适用职级", blank=grades),
            columns.choice("retired", "停开", YES_NO, nullable=True),
            *columns.text("purpose", "目的", nullable=True),
            *columns.text("audience", "对象", nullable=True),
            *columns.text("assessment", "考核方式", nullable=True),
            *columns.text("owner", "负责单位", nullable=True),
            columns.PROVENANCE,
        ),
        needs={"competencies": "catalog_workbook.no_competency"},
        required=True,
        children=(_MODULE_COMPETENCIES, _OUTCOMES, _SYLLABUS),
    )


_MODULE_COMPETENCIES = Sheet(
    "module_competencies",
    ("课程能力项", "Course competencies", "模块能力项", "Module competencies"),
    model.ModuleCompetency,
    (
        columns.key(columns.above(_MODULE_ID)),
        columns.key(columns.identifier("competency_id", "能力项")),
        columns.number("from_level", "起始级别", 0, 4),
        columns.number("to_level", "终点级别", 0, 4),
        columns.once(columns.number("expert_improvement", "专家估计提升", 0, 4), "专家预估提升"),
    ),
    holding=Items("competencies"),
    required=True,
)
_OUTCOMES = Sheet(
    "outcomes",
    ("学习成果", "Outcomes"),
    model.Outcome,
    (
        columns.above(_MODULE_ID),
        columns.ids("serves", "对应指标或科目", nullable=False),
        *columns.text("text", "成果"),
    ),
)
_SYLLABUS = Sheet(
    "syllabus",
    ("内容大纲", "Syllabus"),
    model.Text,
    (
        columns.above(_MODULE_ID),
        *columns.text("text", "内容", path=()),
    ),
)
_COMPETENCY_LEVELS = Sheet(
    "competency_levels",
    ("级别要点", "Competency levels"),
    model.CompetencyLevel,
    (
        columns.key(columns.above(columns.identifier("competency_id", "能力项编号"))),
        columns.key(columns.LEVEL),
        *columns.text("headline", "要点"),
        columns.PROVENANCE,
    ),
    holding=Items("levels"),
    required=True,
    children=(
        Sheet(
            "indicators",
            ("行为指标", "Indicators"),
            model.Indicator,
            (
                columns.above(columns.identifier("competency_id", "能力项编号")),
                columns.above(columns.LEVEL),
                columns.key(columns.identifier("indicator_id", "指标编号")),
                *columns.text("text", "行为"),
                columns.PROVENANCE,
            ),
        ),
    ),
)
_EXAMS = Sheet(
    "exams",
    ("考试科目", "Exam subjects"),
    model.Subject,
    (
        columns.key(columns.above(columns.identifier("competency_id", "能力项编号"))),
        columns.key(columns.beside(columns.LEVEL)),
        columns.beside(columns.number("pass_mark", "合格线", 0.01, 100)),
        columns.key(columns.identifier("subject_id", "科目编号")),
        *columns.text("name", "科目名称"),
        columns.number("weight", "权重", 1e-9, 1e9),
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
        columns.key(columns.above(columns.identifier("grade", "职级"))),
        columns.key(columns.above(columns.date("effective_on", "生效日期"))),
        columns.key(columns.beside(columns.identifier("competency_id", "能力项编号"))),
        columns.number("level", "目标级别", 0, 4),
        columns.number("weight", "权重", 1e-9, 1e9),
        *columns.text("rationale", "理由"),
    ),
    holding=Keyed("targets", "competency_id"),
    required=True,
)
_FRAMEWORK = (
    Sheet(
        "levels",
        ("级别", "Levels"),
        model.LevelDefinition,
        (
            columns.key(columns.LEVEL),
            *columns.text("name", "名称"),
            *columns.text("definition", "定义"),
        ),
        required=True,
    ),
    Sheet(
        "grades",
        ("职级", "Grades"),
        model.Grade,
        (columns.key(columns.identifier("grade_id", "职级编号")), *columns.text("name", "名称")),
        required=True,
    ),
    Sheet(
        "categories",
        ("类别", "Categories"),
        model.Category,
        (columns.key(columns.identifier("category_id", "类别编号")), *columns.text("name", "名称")),
        members=Members("competencies", sheet="competencies", column="category"),
        needs={"competencies": "catalog_workbook.empty_category"},
        required=True,
    ),
    Sheet(
        "competencies",
        ("能力项", "Competencies"),
        model.Competency,
        (
            columns.key(columns.identifier("competency_id", "能力项编号")),
            columns.identifier("category", "类别"),
            columns.choice(
                "kind",
                "种类",
                {"behavioural": ("行为类", "behavioural"), "knowledge": ("知识类", "knowledge")},
            ),
            *columns.text("name", "名称"),
            *columns.text("definition", "定义"),
            columns.PROVENANCE,
        ),
        required=True,
        children=(_COMPETENCY_LEVELS, _EXAMS),
    ),
    Sheet(
        "profiles",
        ("目标标准", "Target profiles"),
        model.TargetProfile,
        (
            columns.key(columns.identifier("grade", "职级")),
            columns.key(columns.date("effective_on", "生效日期")),
            columns.date("review_on", "复审日期", nullable=True),
            *columns.text("name", "名称"),
        ),
        required=True,
        children=(_TARGETS,),
    ),
)
