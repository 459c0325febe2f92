"""Results of work are held beside levels."""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "evidence",
        sa.Column("person_id", sa.String(length=80), nullable=False),
        sa.Column("competency_id", sa.String(length=80), nullable=False),
        sa.Column("achieved_on", sa.Date(), nullable=False),
        sa.Column("result", sa.String(length=200), nullable=False),
        sa.Column("figure", sa.Float(), nullable=False),
        sa.Column("unit", sa.String(length=200), nullable=False),
        sa.ForeignKeyConstraint(["person_id"], ["person.person_id"], name="fk_evidence_person_id"),
        sa.PrimaryKeyConstraint(
            "person_id", "competency_id", "achieved_on", "result", name="pk_evidence"
        ),
        sqlite_with_rowid=False,
    )
