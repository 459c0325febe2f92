"""Levels that were worked out are kept: of everybody they would take minutes to work out anew."""

import sqlalchemy as sa
from alembic import op

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "person_levels",
        sa.Column("person_id", sa.String(length=80), nullable=False),
        sa.Column("holds_from", sa.Date(), nullable=False),
        sa.Column("holds_until", sa.Date(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("basis", sa.String(length=80), nullable=False),
        sa.Column("figures", sa.LargeBinary(), nullable=False),
        # a server of the release before knows nothing of these rows when it deletes a person
        sa.ForeignKeyConstraint(
            ["person_id"],
            ["person.person_id"],
            name="fk_person_levels_person_id",
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("person_id", "holds_from", name="pk_person_levels"),
        sqlite_with_rowid=False,
    )
