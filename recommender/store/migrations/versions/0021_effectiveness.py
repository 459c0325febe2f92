"""What participants said of modules, and results of work by month, are held."""

import sqlalchemy as sa
from alembic import op

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "business_figure",
        sa.Column("person_id", sa.String(length=80), nullable=False),
        sa.Column("month", sa.Date(), nullable=False),
        sa.Column("figure_id", sa.String(length=80), nullable=False),
        sa.Column("value", sa.Float(), nullable=False),
        sa.ForeignKeyConstraint(
            ["person_id"], ["person.person_id"], name="fk_business_figure_person_id"
        ),
        sa.PrimaryKeyConstraint("person_id", "month", "figure_id", name="pk_business_figure"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "satisfaction",
        sa.Column("module_id", sa.String(length=80), nullable=False),
        sa.Column("offering_id", sa.String(length=80), server_default="", nullable=False),
        sa.Column("answered_on", sa.Date(), nullable=False),
        sa.Column("answer_id", sa.String(length=80), nullable=False),
        sa.Column("satisfaction", sa.Float(), nullable=False),
        sa.PrimaryKeyConstraint(
            "module_id", "offering_id", "answered_on", "answer_id", name="pk_satisfaction"
        ),
        sqlite_with_rowid=False,
    )
