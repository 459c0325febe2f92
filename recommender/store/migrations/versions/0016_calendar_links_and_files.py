"""Calendars are read under secret addresses, and a job can leave a file."""

import sqlalchemy as sa
from alembic import op

from recommender.store.moments import UTCDateTime

revision = "0016"
down_revision = "0014"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "calendar_link",
        sa.Column("id", sa.Integer(), sa.Identity(), nullable=False),
        sa.Column("person_id", sa.String(length=80), nullable=False),
        sa.Column("token_sha256", sa.String(length=64), nullable=False),
        sa.Column("created_by", sa.String(length=120), nullable=False),
        sa.Column("created_at", UTCDateTime(timezone=True), nullable=False),
        sa.Column("revoked_at", UTCDateTime(timezone=True)),
        sa.ForeignKeyConstraint(
            ["person_id"], ["person.person_id"], name="fk_calendar_link_person_id"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_calendar_link"),
        sa.UniqueConstraint("token_sha256", name="uq_calendar_link_token_sha256"),
    )
    op.create_index("ix_calendar_link_person_id", "calendar_link", ["person_id"])
    op.add_column("job", sa.Column("file", sa.LargeBinary()))
