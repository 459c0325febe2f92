"""Kept answers say whom they are about."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("idempotent_answer", sa.Column("subjects", sa.JSON(), nullable=True))
