"""People who are made up, found by index."""

from contextlib import nullcontext

from alembic import op

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None

_NAME = "ix_person_synthetic"


def upgrade() -> None:
    context = op.get_context()
    is_server = context.dialect.name == "postgresql"
    with context.autocommit_block() if is_server else nullcontext():
        # what an interrupted run left, which is not valid
        op.drop_index(_NAME, "person", if_exists=True, postgresql_concurrently=True)
        op.create_index(_NAME, "person", ["synthetic"], postgresql_concurrently=True)
