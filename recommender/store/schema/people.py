"""Tables of people, of what is known of them, and of what they can take."""

from __future__ import annotations

import sqlalchemy as sa

from recommender.store.schema.parts import (
    id_column,
    make_ref,
    metadata,
    moment,
    number_column,
    person_column,
    version_column,
)

org_unit = sa.Table(
    "org_unit",
    metadata,
    number_column(),
    sa.Column("path", sa.String(400), nullable=False, unique=True),
    sa.Column("name", sa.String(200), nullable=False),
    sa.Column("parent_id", sa.Integer, sa.ForeignKey("org_unit.id"), index=True),
)

person = sa.Table(
    "person",
    metadata,
    sa.Column("person_id", sa.String(80), primary_key=True),
    sa.Column("name", sa.String(200), nullable=False),
    sa.Column("org_unit_id", sa.Integer, sa.ForeignKey("org_unit.id"), nullable=False, index=True),
    id_column("grade"),
    sa.Column("manager_id", sa.String(80), sa.ForeignKey("person.person_id"), index=True),
    sa.Column("hired_on", sa.Date),
    sa.Column("left_on", sa.Date),  # from this day on no longer here
    # by index: every page asks whether there is anybody made up
    sa.Column("synthetic", sa.Boolean, nullable=False, server_default=sa.false(), index=True),
    # the person's name in the audit trail, where nothing can be erased: once this row is gone,
    # nobody can tell who was meant
    sa.Column("ref", sa.String(32), unique=True, index=True, default=make_ref),
    # the first of the two who may have to ask for an erasure; goes with the row
    sa.Column("erasure_asked_by", sa.String(120)),
    moment("erasure_asked_at", nullable=True),
    version_column(),  # of the row and of every fact about the person
)

assessment = sa.Table(
    "assessment",
    metadata,
    person_column(key=True),
    id_column("competency_id"),
    sa.Column("assessed_on", sa.Date, nullable=False),
    sa.Column("level", sa.Float, nullable=False),
    sa.Column("standard_error", sa.Float),
    sa.Column("method", sa.String(200), nullable=False),
    sa.PrimaryKeyConstraint("person_id", "competency_id", "assessed_on"),
    sqlite_with_rowid=False,
)

rating = sa.Table(
    "rating",
    metadata,
    person_column(key=True),
    id_column("competency_id"),
    id_column("indicator_id"),
    sa.Column("rater_type", sa.String(20), nullable=False),
    id_column("rater_id"),
    sa.Column("rated_on", sa.Date, nullable=False),
    sa.Column("rating", sa.SmallInteger, nullable=False),
    sa.PrimaryKeyConstraint(
        "person_id", "competency_id", "indicator_id", "rater_type", "rater_id", "rated_on"
    ),
    sqlite_with_rowid=False,
)

exam_result = sa.Table(
    "exam_result",
    metadata,
    person_column(key=True),
    id_column("competency_id"),
    sa.Column("exam_level", sa.SmallInteger, nullable=False),
    id_column("subject"),
    sa.Column("sat_on", sa.Date, nullable=False),
    sa.Column("score", sa.Float, nullable=False),
    sa.PrimaryKeyConstraint("person_id", "competency_id", "exam_level", "subject", "sat_on"),
    sqlite_with_rowid=False,
)

# levels worked out of the facts above. A row is used while the person has its `version`, and the
# catalogue and release are those of its `basis`; how the figures lie in it, and until which day
# they hold, `recommender.service.groups.kept_levels` knows (DECISIONS, 53)
person_levels = sa.Table(
    "person_levels",
    metadata,
    sa.Column(
        "person_id",
        sa.String(80),
        sa.ForeignKey("person.person_id", ondelete="CASCADE"),
        nullable=False,
    ),
    sa.Column("holds_from", sa.Date, nullable=False),
    sa.Column("holds_until", sa.Date, nullable=False),
    sa.Column("version", sa.Integer, nullable=False),
    id_column("basis"),
    sa.Column("figures", sa.LargeBinary, nullable=False),
    sa.PrimaryKeyConstraint("person_id", "holds_from"),
    sqlite_with_rowid=False,
)

# results of work beside a level: shown, and never turned into one
evidence = sa.Table(
    "evidence",
    metadata,
    person_column(key=True),
    id_column("competency_id"),
    sa.Column("achieved_on", sa.Date, nullable=False),
    sa.Column("result", sa.String(200), nullable=False),
    sa.Column("figure", sa.Float, nullable=False),
    sa.Column("unit", sa.String(200), nullable=False),
    sa.PrimaryKeyConstraint("person_id", "competency_id", "achieved_on", "result"),
    sqlite_with_rowid=False,
)

# results of work by month, counted in what the catalogue names; no level and no plan rests on them
business_figure = sa.Table(
    "business_figure",
    metadata,
    person_column(key=True),
    sa.Column("month", sa.Date, nullable=False),  # the first day of it
    id_column("figure_id"),
    sa.Column("value", sa.Float, nullable=False),
    sa.PrimaryKeyConstraint("person_id", "month", "figure_id"),
    sqlite_with_rowid=False,
)

# what participants said of a module; whose answer it is is not held
satisfaction = sa.Table(
    "satisfaction",
    metadata,
    # no foreign keys: the module may stand in the catalogue's files, and of a run that is not known
    # the id is empty, as a part of the primary key cannot be NULL
    id_column("module_id"),
    sa.Column("offering_id", sa.String(80), nullable=False, server_default=""),
    sa.Column("answered_on", sa.Date, nullable=False),
    id_column("answer_id"),
    sa.Column("satisfaction", sa.Float, nullable=False),
    sa.PrimaryKeyConstraint("module_id", "offering_id", "answered_on", "answer_id"),
    sqlite_with_rowid=False,
)

# modules that were imported as a table: they add to the catalogue's files, or replace a module
# of the same id (DECISIONS, 4)
module = sa.Table(
    "module",
    metadata,
    sa.Column("module_id", sa.String(80), primary_key=True),
    sa.Column("title", sa.String(200), nullable=False),
    sa.Column("competency_ids", sa.String(2000), nullable=False),
    sa.Column("from_level", sa.Float, nullable=False),
    sa.Column("to_level", sa.Float, nullable=False),
    sa.Column("modality", sa.String(20), nullable=False),
    sa.Column("hours", sa.Float, nullable=False),
    sa.Column("cost", sa.Float, nullable=False),
    sa.Column("prerequisites", sa.String(2000)),
    sa.Column("expert_improvement", sa.Float),
)

offering = sa.Table(
    "offering",
    metadata,
    sa.Column("offering_id", sa.String(80), primary_key=True),
    # no foreign key: the module may stand in the catalogue's files
    sa.Column("module_id", sa.String(80), nullable=False, index=True),
    sa.Column("starts_on", sa.Date, nullable=False),
    sa.Column("ends_on", sa.Date, nullable=False),
    sa.Column("place", sa.String(200)),
    sa.Column("seats", sa.Integer),
    # path of the unit whose HR may change it; NULL: the organisation's, as all were before 0004
    sa.Column("owner_unit", sa.String(400)),
    version_column(),
)

enrolment = sa.Table(
    "enrolment",
    metadata,
    person_column(key=True),
    id_column("module_id"),
    sa.Column("enrolled_on", sa.Date, nullable=False),
    sa.Column("offering_id", sa.String(80), sa.ForeignKey("offering.offering_id"), index=True),
    sa.Column("status", sa.String(20), nullable=False),
    sa.Column("completed_on", sa.Date),
    version_column(),
    sa.PrimaryKeyConstraint("person_id", "module_id", "enrolled_on"),
    sqlite_with_rowid=False,
)

# person_id is no foreign key, on purpose: history outlives employment, and may be pseudonymous
improvement_record = sa.Table(
    "improvement_record",
    metadata,
    id_column("person_id"),
    id_column("competency_id"),
    # empty, not NULL, where there was no training: a part of the primary key cannot be NULL
    sa.Column("module_id", sa.String(80), nullable=False, server_default=""),
    sa.Column("before_on", sa.Date, nullable=False),
    sa.Column("after_on", sa.Date, nullable=False),
    sa.Column("level_before", sa.Float, nullable=False),
    sa.Column("level_after", sa.Float, nullable=False),
    sa.Column("completed_on", sa.Date),
    sa.Column("org_unit", sa.String(400)),
    sa.PrimaryKeyConstraint("person_id", "competency_id", "module_id", "before_on", "after_on"),
    sqlite_with_rowid=False,
)
