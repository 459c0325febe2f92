"""Columns that several kinds of tables have."""

from __future__ import annotations

from recommender.table_kinds.columns import Column

PERSON = Column(
    "person_id", ("工号", "员工编号", "人员编号"), refers_to="person", example="00012345"
)
COMPETENCY = Column(
    "competency_id",
    ("能力项", "能力素质项", "能力编号"),
    refers_to="competency",
    example="resilience",
)
MODULE = Column(
    "module_id", ("课程", "课程编号", "培训模块", "模块编号"), refers_to="module", example=""
)
