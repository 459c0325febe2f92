"""People leave, and imports can be undone."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("person", sa.Column("left_on", sa.Date(), nullable=True))
    for column in (
        sa.Column("actor", sa.String(length=120), nullable=True),
        sa.Column("org_unit", sa.String(length=400), nullable=True),
        sa.Column("new_units", sa.JSON(), nullable=True),
        sa.Column("undone_by", sa.String(length=120), nullable=True),
        sa.Column("undone_at", sa.DateTime(timezone=True), nullable=True),
    ):
        op.add_column("import_batch", column)
    op.create_table(
        "import_change",
        sa.Column("batch_id", sa.Integer(), nullable=False),
        sa.Column("part", sa.Integer(), nullable=False),
        sa.Column("person_id", sa.String(length=80), nullable=True),
        sa.Column("rows", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(
            ["batch_id"], ["import_batch.id"], name="fk_import_change_batch_id"
        ),
        sa.PrimaryKeyConstraint("batch_id", "part", name="pk_import_change"),
    )
    op.create_index("ix_import_change_person_id", "import_change", ["person_id"])
