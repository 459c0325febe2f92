"""Standard levels are proposed, judged, approved by two and in force from a day on."""

import sqlalchemy as sa
from alembic import op

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "standard_proposal",
        sa.Column("proposal_id", sa.String(length=40), nullable=False),
        sa.Column("grade", sa.String(length=80), nullable=False),
        sa.Column("effective_on", sa.Date(), nullable=False),
        sa.Column("method", sa.String(length=20), nullable=False),
        sa.Column("status", sa.String(length=20), nullable=False),
        sa.Column("rationale", sa.String(length=2000), nullable=False),
        sa.Column("basis", sa.JSON(), nullable=False),
        sa.Column("author", sa.String(length=120), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.PrimaryKeyConstraint("proposal_id", name="pk_standard_proposal"),
    )
    op.create_index("ix_standard_proposal_status", "standard_proposal", ["status"])
    op.create_table(
        "standard_target",
        sa.Column("proposal_id", sa.String(length=40), nullable=False),
        sa.Column("competency_id", sa.String(length=80), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("old_level", sa.Float(), nullable=False),
        sa.Column("new_level", sa.Float(), nullable=False),
        sa.Column("weight", sa.Float(), nullable=False),
        sa.Column("note", sa.String(length=400), nullable=False),
        sa.Column("found_of", sa.Integer(), nullable=True),
        sa.Column("found", sa.Float(), nullable=True),
        sa.Column("lower", sa.Float(), nullable=True),
        sa.Column("upper", sa.Float(), nullable=True),
        sa.ForeignKeyConstraint(
            ["proposal_id"],
            ["standard_proposal.proposal_id"],
            name="fk_standard_target_proposal_id",
        ),
        sa.PrimaryKeyConstraint("proposal_id", "competency_id", name="pk_standard_target"),
    )
    op.create_table(
        "standard_judgement",
        sa.Column("proposal_id", sa.String(length=40), nullable=False),
        sa.Column("round", sa.Integer(), nullable=False),
        sa.Column("expert", sa.String(length=40), nullable=False),
        sa.Column("competency_id", sa.String(length=80), nullable=False),
        sa.Column("level", sa.Float(), nullable=False),
        sa.ForeignKeyConstraint(
            ["proposal_id"],
            ["standard_proposal.proposal_id"],
            name="fk_standard_judgement_proposal_id",
        ),
        sa.PrimaryKeyConstraint(
            "proposal_id", "round", "expert", "competency_id", name="pk_standard_judgement"
        ),
    )
    op.create_table(
        "standard_decision",
        sa.Column("id", sa.Integer(), sa.Identity(), nullable=False),
        sa.Column("proposal_id", sa.String(length=40), nullable=False),
        sa.Column("decision", sa.String(length=20), nullable=False),
        sa.Column("actor", sa.String(length=120), nullable=False),
        sa.Column("comment", sa.String(length=2000), nullable=True),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["proposal_id"],
            ["standard_proposal.proposal_id"],
            name="fk_standard_decision_proposal_id",
        ),
        sa.PrimaryKeyConstraint("id", name="pk_standard_decision"),
    )
    op.create_index("ix_standard_decision_proposal_id", "standard_decision", ["proposal_id"])
