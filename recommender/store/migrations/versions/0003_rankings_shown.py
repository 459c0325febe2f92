"""What was shown is one row a ranking, no longer one a module."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

# what a row said of its one module
_OF_ONE_MODULE = (
    ("module_id", sa.String(length=80)),
    ("rank", sa.Integer()),
    ("expected_gap_closed", sa.Float()),
)


def upgrade() -> None:
    with op.batch_alter_table("shown") as batch:
        batch.add_column(sa.Column("modules", sa.JSON(), nullable=True))
        for name, kind in _OF_ONE_MODULE:
            batch.alter_column(name, existing_type=kind, nullable=True)
