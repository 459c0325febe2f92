"""Tables of cohorts: people planned together under shared seats and money."""

from __future__ import annotations

import sqlalchemy as sa

from recommender.store.schema.parts import (
    id_column,
    metadata,
    moment,
    number_column,
    version_column,
)


def _cohort_column(*, key: bool = False) -> sa.Column[str]:
    # an index of its own only where the column does not lead the primary key
    return sa.Column(
        "cohort_id",
        sa.String(40),
        sa.ForeignKey("cohort.cohort_id"),
        nullable=False,
        index=not key,
    )


def _person_column() -> sa.Column[str]:
    # a server of the release before knows nothing of these rows when it deletes a person
    return sa.Column(
        "person_id",
        sa.String(80),
        sa.ForeignKey("person.person_id", ondelete="CASCADE"),
        nullable=False,
        index=True,
    )


cohort = sa.Table(
    "cohort",
    metadata,
    sa.Column("cohort_id", sa.String(40), primary_key=True),
    sa.Column("name", sa.String(200), nullable=False),
    sa.Column("as_of", sa.Date, nullable=False),
    sa.Column("org_unit", sa.String(400)),  # path; NULL: of all
    # the offerings are those that begin between these days
    sa.Column("starts_from", sa.Date, nullable=False),
    sa.Column("starts_until", sa.Date, nullable=False),
    sa.Column("limits", sa.JSON, nullable=False),  # money, hours, floors, tolerance
    sa.Column("seed", sa.Integer, nullable=False),  # of the lotteries
    sa.Column("status", sa.String(20), nullable=False),
    # what the answer rests on, and what it came to; NULL until there is one
    sa.Column("model_id", sa.String(80)),
    sa.Column("catalog_digest", sa.String(64), nullable=False),
    sa.Column("value", sa.Float),
    sa.Column("bound", sa.Float),
    sa.Column("figures", sa.JSON),
    # no foreign key: jobs are deleted sooner
    sa.Column("job_id", sa.String(40)),
    sa.Column("actor", sa.String(120), nullable=False),
    moment("created_at"),
    moment("published_at", nullable=True),
    version_column(),
)

# the runs that seats are given in; `seats` are those put aside for the cohort, NULL: no bound
cohort_offering = sa.Table(
    "cohort_offering",
    metadata,
    _cohort_column(key=True),
    # no foreign key: an offering that nobody is enrolled in may be deleted
    id_column("offering_id"),
    id_column("module_id"),
    sa.Column("starts_on", sa.Date, nullable=False),
    sa.Column("ends_on", sa.Date, nullable=False),
    sa.Column("seats", sa.Integer),
    sa.PrimaryKeyConstraint("cohort_id", "offering_id"),
)

# everybody who is considered; `applied` is the place in the order of application, if there is one
cohort_person = sa.Table(
    "cohort_person",
    metadata,
    _cohort_column(key=True),
    _person_column(),
    sa.Column("applied", sa.Integer),
    sa.PrimaryKeyConstraint("cohort_id", "person_id"),
)

# who has a seat, waits for one, or has dropped out. `number` was drawn and settles between equals;
# `chance` is that of a seat in the lottery that was held, NULL where none was; `enrolled_on` names
# the enrolment, once there is one
cohort_seat = sa.Table(
    "cohort_seat",
    metadata,
    _cohort_column(key=True),
    _person_column(),
    id_column("offering_id"),
    sa.Column("status", sa.String(20), nullable=False),
    sa.Column("place", sa.Integer),  # on the wait list
    sa.Column("value", sa.Float, nullable=False),
    sa.Column("number", sa.Float),
    sa.Column("chance", sa.Float),
    sa.Column("enrolled_on", sa.Date),
    sa.PrimaryKeyConstraint("cohort_id", "person_id", "offering_id"),
)

# lotteries held and dropouts replaced; rows are only added. People stand there by the name that
# they have in the audit trail, which leads nowhere once they are erased
cohort_log = sa.Table(
    "cohort_log",
    metadata,
    number_column(),
    _cohort_column(),
    sa.Column("kind", sa.String(20), nullable=False),
    sa.Column("body", sa.JSON, nullable=False),
    moment("made_at"),
)
