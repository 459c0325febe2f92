"""Tables of plans, and of what was shown and objected to."""

from __future__ import annotations

import sqlalchemy as sa

from recommender.store.schema.parts import (
    id_column,
    metadata,
    moment,
    number_column,
    person_column,
    version_column,
)

# the head of a plan is for finding it; its content is in its versions
plan = sa.Table(
    "plan",
    metadata,
    sa.Column("plan_id", sa.String(40), primary_key=True),
    person_column(),
    sa.Column("as_of", sa.Date, nullable=False),
    sa.Column("status", sa.String(20), nullable=False, index=True),
    sa.Column("model_id", sa.String(80)),
    sa.Column("catalog_digest", sa.String(64), nullable=False),
    moment("created_at"),
    version_column(),
    # also in the content: there it would have to be looked for in every plan in force
    sa.Column("review_on", sa.Date),
)

# every state that a plan has been in; a row is never changed, except that an erasure blots names
plan_version = sa.Table(
    "plan_version",
    metadata,
    sa.Column("plan_id", sa.String(40), sa.ForeignKey("plan.plan_id"), primary_key=True),
    sa.Column("version", sa.Integer, primary_key=True),
    sa.Column("change", sa.String(20), nullable=False),
    sa.Column("body", sa.JSON, nullable=False),
    sa.Column("actor", sa.String(120), nullable=False),
    moment("made_at"),
)

plan_approval = sa.Table(
    "plan_approval",
    metadata,
    number_column(),
    sa.Column("plan_id", sa.String(40), sa.ForeignKey("plan.plan_id"), nullable=False, index=True),
    sa.Column("version", sa.Integer, nullable=False),  # of the plan that was decided on
    sa.Column("party", sa.String(20), nullable=False),
    sa.Column("decision", sa.String(20), nullable=False),
    sa.Column("comment", sa.String(2000)),
    sa.Column("actor", sa.String(120), nullable=False),
    moment("decided_at"),
)

plan_comment = sa.Table(
    "plan_comment",
    metadata,
    number_column(),
    sa.Column("plan_id", sa.String(40), sa.ForeignKey("plan.plan_id"), nullable=False, index=True),
    sa.Column("party", sa.String(20), nullable=False),
    sa.Column("text", sa.String(2000), nullable=False),
    sa.Column("actor", sa.String(120), nullable=False),
    moment("made_at"),
)

# plans for many people at once, and within which limits
campaign = sa.Table(
    "campaign",
    metadata,
    sa.Column("campaign_id", sa.String(40), primary_key=True),
    sa.Column("name", sa.String(200), nullable=False),
    sa.Column("as_of", sa.Date, nullable=False),
    sa.Column("org_unit", sa.String(400)),  # path; NULL: of all
    id_column("competency_id", nullable=True),  # of which the gaps are; NULL: of all
    id_column("grade", nullable=True),
    sa.Column("people", sa.Integer, nullable=False),
    sa.Column("budget", sa.JSON, nullable=False),
    # no foreign key: jobs are deleted sooner than plans
    sa.Column("job_id", sa.String(40), nullable=False),
    # both NULL until the job has made the plans; how many people got one, and how many did not
    sa.Column("planned", sa.Integer),
    sa.Column("refused", sa.Integer),
    sa.Column("actor", sa.String(120), nullable=False),
    moment("created_at"),
)

# a plan that is made anew belongs to the campaign that did so last
campaign_plan = sa.Table(
    "campaign_plan",
    metadata,
    sa.Column("plan_id", sa.String(40), sa.ForeignKey("plan.plan_id"), primary_key=True),
    sa.Column(
        "campaign_id",
        sa.String(40),
        sa.ForeignKey("campaign.campaign_id"),
        nullable=False,
        index=True,
    ),
    moment("published_at", nullable=True),
)

# a person objects to what was proposed automatically, and somebody answers
objection = sa.Table(
    "objection",
    metadata,
    number_column(),
    person_column(),
    # no foreign keys: an old plan is deleted, and the module may stand in the catalogue's files
    sa.Column("plan_id", sa.String(40)),
    id_column("module_id", nullable=True),
    sa.Column("party", sa.String(20), nullable=False),
    sa.Column("reason", sa.String(2000), nullable=False),
    sa.Column("actor", sa.String(120), nullable=False),
    moment("made_at"),
    sa.Column("answer", sa.String(2000)),
    sa.Column("answered_by", sa.String(120)),
    moment("answered_at", nullable=True),
)

# what was shown to whom at which rank: later evaluation needs it
shown = sa.Table(
    "shown",
    metadata,
    number_column(),
    person_column(),
    sa.Column("objective", sa.String(20), nullable=False),
    sa.Column("modules", sa.JSON),  # id and expected gap closed of each, the first rank first
    # rows from before 0003 are of one module each and have these in place of `modules`
    sa.Column("module_id", sa.String(80)),
    sa.Column("rank", sa.Integer),
    sa.Column("expected_gap_closed", sa.Float),
    sa.Column("as_of", sa.Date, nullable=False),
    sa.Column("model_id", sa.String(80)),
    sa.Column("catalog_digest", sa.String(64), nullable=False),
    moment("shown_at"),
)

# the template for Word that an organisation put in place of the one that ships, one a language
plan_template = sa.Table(
    "plan_template",
    metadata,
    sa.Column("lang", sa.String(20), primary_key=True),
    sa.Column("content", sa.LargeBinary, nullable=False),
    sa.Column("sha256", sa.String(64), nullable=False),
    sa.Column("actor", sa.String(120), nullable=False),
    moment("stored_at"),
)
