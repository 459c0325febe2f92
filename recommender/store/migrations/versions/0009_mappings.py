"""What headers and words of a source mean is kept, and files wait to be asked about."""

import sqlalchemy as sa
from alembic import op

from recommender.store.moments import UTCDateTime

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "import_mapping",
        sa.Column("fingerprint", sa.String(length=64), nullable=False),
        sa.Column("org_unit", sa.String(length=400), nullable=False),
        sa.Column("answers", sa.JSON(), nullable=False),
        sa.Column("actor", sa.String(length=120), nullable=False),
        sa.Column("learned_at", UTCDateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("fingerprint", "org_unit", name="pk_import_mapping"),
    )
    op.create_table(
        "import_upload",
        sa.Column("upload_id", sa.String(length=40), nullable=False),
        sa.Column("file_name", sa.String(length=400), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("answers", sa.JSON(), nullable=False),
        sa.Column("actor", sa.String(length=120), nullable=False),
        sa.Column("uploaded_at", UTCDateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("upload_id", name="pk_import_upload"),
    )
    op.create_index("ix_import_upload_uploaded_at", "import_upload", ["uploaded_at"])
