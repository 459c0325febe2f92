"""Jobs wait for a moment, and are done again and again."""

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("job", sa.Column("run_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("job", sa.Column("repeat", sa.String(length=20), nullable=True))
    op.add_column("job", sa.Column("repeat_since", sa.DateTime(timezone=True), nullable=True))
    op.add_column("job", sa.Column("next_job_id", sa.String(length=40), nullable=True))
