"""Columns that several sheets of the catalogue workbook have."""

from __future__ import annotations

from recommender.exchange.catalog.fields import Field, choice_column, number_column
from recommender.table_kinds import Column

PROVENANCES = {
    "source": ("来源材料", "source"),
    "authored": ("本项目编写", "authored"),
    "imported": ("导入", "imported"),
}
PROVENANCE = choice_column("provenance", "来源", PROVENANCES)
LEVEL = number_column("level", "级别", 1, 4, whole=True)
PARENT_LEVEL = Field(LEVEL.column, ())
PAIRS = (
    Field(Column("key", ("项目", "项")), ()),
    Field(Column("value", ("值", "中文或数值"), nullable=True), ()),
    Field(Column("value_en", ("英文",), nullable=True), ()),
)
