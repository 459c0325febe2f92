"""Tables of standard levels that are proposed, judged by experts, approved and in force."""

from __future__ import annotations

import sqlalchemy as sa

from recommender.store.schema.parts import (
    id_column,
    metadata,
    moment,
    number_column,
    version_column,
)

standard_proposal = sa.Table(
    "standard_proposal",
    metadata,
    sa.Column("proposal_id", sa.String(40), primary_key=True),
    id_column("grade"),
    sa.Column("effective_on", sa.Date, nullable=False),
    sa.Column("method", sa.String(20), nullable=False),
    sa.Column("status", sa.String(20), nullable=False, index=True),
    sa.Column("rationale", sa.String(2000), nullable=False),
    # what the organisation was like then: duties of the job profile, names of units
    sa.Column("basis", sa.JSON, nullable=False),
    sa.Column("author", sa.String(120), nullable=False),
    moment("created_at"),
    version_column(),
)


def _of_proposal(*, index: bool = False) -> sa.Column[str]:
    return sa.Column(
        "proposal_id",
        sa.String(40),
        sa.ForeignKey("standard_proposal.proposal_id"),
        primary_key=not index,
        nullable=False,
        index=index,
    )


# every competency of the grade, also those that stay as they are: a version says all by itself
standard_target = sa.Table(
    "standard_target",
    metadata,
    _of_proposal(),
    sa.Column("competency_id", sa.String(80), primary_key=True),
    sa.Column("position", sa.Integer, nullable=False),
    sa.Column("old_level", sa.Float, nullable=False),
    sa.Column("new_level", sa.Float, nullable=False),
    sa.Column("weight", sa.Float, nullable=False),
    sa.Column("note", sa.String(400), nullable=False),
    # What the method found, before it was rounded to a target, and of how many: performers, who are
    # counted and not named, or experts. NULL: nothing, or a target set by hand.
    sa.Column("found_of", sa.Integer),
    sa.Column("found", sa.Float),
    sa.Column("lower", sa.Float),
    sa.Column("upper", sa.Float),
)

# experts are told apart by labels that say nothing of who they are
standard_judgement = sa.Table(
    "standard_judgement",
    metadata,
    _of_proposal(),
    sa.Column("round", sa.Integer, primary_key=True),
    sa.Column("expert", sa.String(40), primary_key=True),
    sa.Column("competency_id", sa.String(80), primary_key=True),
    sa.Column("level", sa.Float, nullable=False),
)

standard_decision = sa.Table(
    "standard_decision",
    metadata,
    number_column(),
    _of_proposal(index=True),
    sa.Column("decision", sa.String(20), nullable=False),
    sa.Column("actor", sa.String(120), nullable=False),
    sa.Column("comment", sa.String(2000)),
    moment("decided_at"),
)
