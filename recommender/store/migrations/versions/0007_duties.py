"""Keys are bound to networks, and keys and erasures can wait for a second person."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("api_key", sa.Column("networks", sa.JSON(), nullable=True))
    op.add_column("api_key", sa.Column("replaces", sa.String(length=20), nullable=True))
    for table, moment, actor in (
        ("api_key", "waits_until", "confirmed_by"),
        ("person", "erasure_asked_at", "erasure_asked_by"),
    ):
        op.add_column(table, sa.Column(moment, sa.DateTime(timezone=True), nullable=True))
        op.add_column(table, sa.Column(actor, sa.String(length=120), nullable=True))
