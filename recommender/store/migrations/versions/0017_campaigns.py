"""Plans are made for many people at once as a campaign, and found by the day of their review."""

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "campaign",
        sa.Column("campaign_id", sa.String(length=40), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("as_of", sa.Date(), nullable=False),
        sa.Column("org_unit", sa.String(length=400), nullable=True),
        sa.Column("competency_id", sa.String(length=80), nullable=True),
        sa.Column("grade", sa.String(length=80), nullable=True),
        sa.Column("people", sa.Integer(), nullable=False),
        sa.Column("budget", sa.JSON(), nullable=False),
        sa.Column("job_id", sa.String(length=40), nullable=False),
        sa.Column("planned", sa.Integer(), nullable=True),
        sa.Column("refused", sa.Integer(), nullable=True),
        sa.Column("actor", sa.String(length=120), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("campaign_id", name="pk_campaign"),
    )
    op.create_table(
        "campaign_plan",
        sa.Column("plan_id", sa.String(length=40), nullable=False),
        sa.Column("campaign_id", sa.String(length=40), nullable=False),
        sa.Column("published_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["campaign_id"], ["campaign.campaign_id"], name="fk_campaign_plan_campaign_id"
        ),
        sa.ForeignKeyConstraint(["plan_id"], ["plan.plan_id"], name="fk_campaign_plan_plan_id"),
        sa.PrimaryKeyConstraint("plan_id", name="pk_campaign_plan"),
    )
    op.create_index("ix_campaign_plan_campaign_id", "campaign_plan", ["campaign_id"])
    op.add_column("plan", sa.Column("review_on", sa.Date(), nullable=True))
    # those in force; all others have the day as soon as their content changes
    server = op.get_context().dialect.name == "postgresql"
    day = (
        "CAST(v.body->'plan'->>'review_on' AS date)"
        if server
        else ("json_extract(v.body, '$.plan.review_on')")
    )
    op.execute(
        f"""
        UPDATE plan SET review_on = (
          SELECT {day} FROM plan_version v WHERE v.plan_id = plan.plan_id AND v.version = (
            SELECT max(c.version) FROM plan_version c
            WHERE c.plan_id = plan.plan_id AND c.change IN ('created', 'remade', 'edited')))
        WHERE status = 'active' AND review_on IS NULL
        """
    )
