"""Cohorts: people planned together under shared seats and money."""

import sqlalchemy as sa
from alembic import op

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "cohort",
        sa.Column("cohort_id", sa.String(length=40), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("as_of", sa.Date(), nullable=False),
        sa.Column("org_unit", sa.String(length=400), nullable=True),
        sa.Column("starts_from", sa.Date(), nullable=False),
        sa.Column("starts_until", sa.Date(), nullable=False),
        sa.Column("limits", sa.JSON(), nullable=False),
        sa.Column("seed", sa.Integer(), nullable=False),
        sa.Column("status", sa.String(length=20), nullable=False),
        sa.Column("model_id", sa.String(length=80), nullable=True),
        sa.Column("catalog_digest", sa.String(length=64), nullable=False),
        sa.Column("value", sa.Float(), nullable=True),
        sa.Column("bound", sa.Float(), nullable=True),
        sa.Column("figures", sa.JSON(), nullable=True),
        sa.Column("job_id", sa.String(length=40), nullable=True),
        sa.Column("actor", sa.String(length=120), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("published_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.PrimaryKeyConstraint("cohort_id", name="pk_cohort"),
    )
    op.create_table(
        "cohort_offering",
        _cohort_column(),
        sa.Column("offering_id", sa.String(length=80), nullable=False),
        sa.Column("module_id", sa.String(length=80), nullable=False),
        sa.Column("starts_on", sa.Date(), nullable=False),
        sa.Column("ends_on", sa.Date(), nullable=False),
        sa.Column("seats", sa.Integer(), nullable=True),
        _cohort_reference("cohort_offering"),
        sa.PrimaryKeyConstraint("cohort_id", "offering_id", name="pk_cohort_offering"),
    )
    op.create_table(
        "cohort_person",
        _cohort_column(),
        sa.Column("person_id", sa.String(length=80), nullable=False),
        sa.Column("applied", sa.Integer(), nullable=True),
        _cohort_reference("cohort_person"),
        _person_reference("cohort_person"),
        sa.PrimaryKeyConstraint("cohort_id", "person_id", name="pk_cohort_person"),
    )
    op.create_table(
        "cohort_seat",
        _cohort_column(),
        sa.Column("person_id", sa.String(length=80), nullable=False),
        sa.Column("offering_id", sa.String(length=80), nullable=False),
        sa.Column("status", sa.String(length=20), nullable=False),
        sa.Column("place", sa.Integer(), nullable=True),
        sa.Column("value", sa.Float(), nullable=False),
        sa.Column("number", sa.Float(), nullable=True),
        sa.Column("chance", sa.Float(), nullable=True),
        sa.Column("enrolled_on", sa.Date(), nullable=True),
        _cohort_reference("cohort_seat"),
        _person_reference("cohort_seat"),
        sa.PrimaryKeyConstraint("cohort_id", "person_id", "offering_id", name="pk_cohort_seat"),
    )
    op.create_table(
        "cohort_log",
        sa.Column("id", sa.Integer(), sa.Identity(), nullable=False),
        _cohort_column(),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("body", sa.JSON(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        _cohort_reference("cohort_log"),
        sa.PrimaryKeyConstraint("id", name="pk_cohort_log"),
    )
    op.create_index("ix_cohort_person_person_id", "cohort_person", ["person_id"])
    op.create_index("ix_cohort_seat_person_id", "cohort_seat", ["person_id"])
    op.create_index("ix_cohort_log_cohort_id", "cohort_log", ["cohort_id"])


def _cohort_column() -> sa.Column[str]:
    return sa.Column("cohort_id", sa.String(length=40), nullable=False)


def _cohort_reference(table: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        ["cohort_id"], ["cohort.cohort_id"], name=f"fk_{table}_cohort_id"
    )


def _person_reference(table: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        ["person_id"], ["person.person_id"], name=f"fk_{table}_person_id", ondelete="CASCADE"
    )
