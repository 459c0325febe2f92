"""The tables. A change here needs a migration under ``migrations/versions``."""

from __future__ import annotations

import sqlalchemy as sa

metadata = sa.MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)


# The tables that are imported are keyed by what identifies their rows: one index to keep in
# place of two, and a repeated import finds its rows.


def _key() -> sa.Column[int]:
    return sa.Column("id", sa.Integer, sa.Identity(), primary_key=True)


def _person(*, key: bool = False) -> sa.Column[str]:
    return sa.Column(
        "person_id", sa.String(80), sa.ForeignKey("person.person_id"), nullable=False, index=not key
    )


def _id(name: str, *, nullable: bool = False) -> sa.Column[str]:
    return sa.Column(name, sa.String(80), nullable=nullable)


org_unit = sa.Table(
    "org_unit",
    metadata,
    _key(),
    sa.Column("path", sa.String(400), nullable=False, unique=True),
    sa.Column("name", sa.String(200), nullable=False),
    sa.Column("parent_id", sa.Integer, sa.ForeignKey("org_unit.id"), index=True),
)

person = sa.Table(
    "person",
    metadata,
    sa.Column("person_id", sa.String(80), primary_key=True),
    sa.Column("name", sa.String(200), nullable=False),
    sa.Column("org_unit_id", sa.Integer, sa.ForeignKey("org_unit.id"), nullable=False, index=True),
    _id("grade"),
    sa.Column("manager_id", sa.String(80), sa.ForeignKey("person.person_id"), index=True),
    sa.Column("hired_on", sa.Date),
    sa.Column("synthetic", sa.Boolean, nullable=False, server_default=sa.false()),
)

assessment = sa.Table(
    "assessment",
    metadata,
    _person(key=True),
    _id("competency_id"),
    sa.Column("level", sa.Float, nullable=False),
    sa.Column("standard_error", sa.Float),
    sa.Column("method", sa.String(200), nullable=False),
    sa.Column("assessed_on", sa.Date, nullable=False),
    sa.PrimaryKeyConstraint("person_id", "competency_id", "assessed_on"),
    sqlite_with_rowid=False,
)

rating = sa.Table(
    "rating",
    metadata,
    _person(key=True),
    _id("competency_id"),
    _id("indicator_id"),
    sa.Column("rater_type", sa.String(20), nullable=False),
    _id("rater_id"),
    sa.Column("rating", sa.SmallInteger, nullable=False),
    sa.Column("rated_on", sa.Date, nullable=False),
    sa.PrimaryKeyConstraint(
        "person_id", "competency_id", "indicator_id", "rater_type", "rater_id", "rated_on"
    ),
    sqlite_with_rowid=False,
)

exam_result = sa.Table(
    "exam_result",
    metadata,
    _person(key=True),
    _id("competency_id"),
    sa.Column("exam_level", sa.SmallInteger, nullable=False),
    _id("subject"),
    sa.Column("score", sa.Float, nullable=False),
    sa.Column("sat_on", sa.Date, nullable=False),
    sa.PrimaryKeyConstraint("person_id", "competency_id", "exam_level", "subject", "sat_on"),
    sqlite_with_rowid=False,
)

# modules that were imported as a table; they add to the catalogue folder, or replace its own
module = sa.Table(
    "module",
    metadata,
    sa.Column("module_id", sa.String(80), primary_key=True),
    sa.Column("title", sa.String(200), nullable=False),
    sa.Column("competency_ids", sa.String(2000), nullable=False),
    sa.Column("from_level", sa.Float, nullable=False),
    sa.Column("to_level", sa.Float, nullable=False),
    sa.Column("modality", sa.String(20), nullable=False),
    sa.Column("hours", sa.Float, nullable=False),
    sa.Column("cost", sa.Float, nullable=False),
    sa.Column("prerequisites", sa.String(2000)),
    sa.Column("expert_improvement", sa.Float),
)

offering = sa.Table(
    "offering",
    metadata,
    sa.Column("offering_id", sa.String(80), primary_key=True),
    sa.Column("module_id", sa.String(80), nullable=False, index=True),
    sa.Column("starts_on", sa.Date, nullable=False),
    sa.Column("ends_on", sa.Date, nullable=False),
    sa.Column("place", sa.String(200)),
    sa.Column("seats", sa.Integer),
)

enrolment = sa.Table(
    "enrolment",
    metadata,
    _person(key=True),
    _id("module_id"),
    sa.Column("offering_id", sa.String(80), sa.ForeignKey("offering.offering_id"), index=True),
    sa.Column("status", sa.String(20), nullable=False),
    sa.Column("enrolled_on", sa.Date, nullable=False),
    sa.Column("completed_on", sa.Date),
    sa.PrimaryKeyConstraint("person_id", "module_id", "enrolled_on"),
    sqlite_with_rowid=False,
)

# person_id refers to nobody on purpose: history outlives employment, and may be pseudonymous;
# module_id is empty where there was no training between the two assessments
improvement_record = sa.Table(
    "improvement_record",
    metadata,
    _id("person_id"),
    _id("competency_id"),
    sa.Column("module_id", sa.String(80), nullable=False, server_default=""),
    sa.Column("level_before", sa.Float, nullable=False),
    sa.Column("level_after", sa.Float, nullable=False),
    sa.Column("before_on", sa.Date, nullable=False),
    sa.Column("after_on", sa.Date, nullable=False),
    sa.Column("completed_on", sa.Date),
    sa.Column("org_unit", sa.String(400)),
    sa.PrimaryKeyConstraint("person_id", "competency_id", "module_id", "before_on", "after_on"),
    sqlite_with_rowid=False,
)

plan = sa.Table(
    "plan",
    metadata,
    sa.Column("plan_id", sa.String(40), primary_key=True),
    _person(),
    sa.Column("as_of", sa.Date, nullable=False),
    sa.Column("status", sa.String(20), nullable=False),
    sa.Column("objective", sa.String(20), nullable=False),
    sa.Column("hours_budget", sa.Float),
    sa.Column("cost_budget", sa.Float),
    sa.Column("total_hours", sa.Float, nullable=False),
    sa.Column("total_cost", sa.Float, nullable=False),
    sa.Column("expected_gap_closed", sa.Float, nullable=False),
    sa.Column("assess_first", sa.JSON, nullable=False),
    sa.Column("model_id", sa.String(80)),
    sa.Column("catalog_digest", sa.String(64), nullable=False),
    sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
)

plan_item = sa.Table(
    "plan_item",
    metadata,
    sa.Column("plan_id", sa.String(40), sa.ForeignKey("plan.plan_id"), primary_key=True),
    sa.Column("position", sa.Integer, primary_key=True),
    _id("module_id"),
    sa.Column("hours", sa.Float, nullable=False),
    sa.Column("cost", sa.Float, nullable=False),
    sa.Column("adds", sa.Float, nullable=False),
    sa.Column("starts_on", sa.Date, nullable=False),
    sa.Column("ends_on", sa.Date, nullable=False),
    sa.Column("offering_id", sa.String(80)),
    sa.Column("competencies", sa.JSON, nullable=False),
)

# what was shown to whom at which rank: later evaluation needs it
shown = sa.Table(
    "shown",
    metadata,
    _key(),
    _person(),
    sa.Column("module_id", sa.String(80), nullable=False),
    sa.Column("rank", sa.Integer, nullable=False),
    sa.Column("objective", sa.String(20), nullable=False),
    sa.Column("expected_gap_closed", sa.Float, nullable=False),
    sa.Column("as_of", sa.Date, nullable=False),
    sa.Column("model_id", sa.String(80)),
    sa.Column("catalog_digest", sa.String(64), nullable=False),
    sa.Column("shown_at", sa.DateTime(timezone=True), nullable=False),
)

import_batch = sa.Table(
    "import_batch",
    metadata,
    _key(),
    sa.Column("kind", sa.String(20), nullable=False),
    sa.Column("file_name", sa.String(400), nullable=False),
    sa.Column("sha256", sa.String(64), nullable=False),
    sa.Column("inserted", sa.Integer, nullable=False),
    sa.Column("updated", sa.Integer, nullable=False),
    sa.Column("unchanged", sa.Integer, nullable=False),
    sa.Column("imported_at", sa.DateTime(timezone=True), nullable=False),
)

TABLE_OF_KIND = {
    "assessments": assessment,
    "ratings": rating,
    "exams": exam_result,
    "records": improvement_record,
    "enrolments": enrolment,
    "modules": module,
    "offerings": offering,
}
