"""The sheets of the catalogue workbook that hold its modules."""

from __future__ import annotations

from recommender.exchange.catalog.columns import PROVENANCE
from recommender.exchange.catalog.fields import (
    Layout,
    both_languages,
    choice_column,
    id_column,
    ids_column,
    number_column,
)
from recommender.table_kinds import MODALITIES, YES_NO
from training_catalog import model

MODULE_SHEETS: tuple[Layout, ...] = (
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
            PROVENANCE,
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
)
