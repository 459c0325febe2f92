"""The tables. A change here needs a migration under ``migrations/versions``."""

from __future__ import annotations

import datetime as dt
import secrets

import sqlalchemy as sa

from recommender.store.moments import UTCDateTime

# a migration drops a constraint by its name, and SQLite gives none by itself
metadata = sa.MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)


# Imported tables have natural keys and no row ids on SQLite (DECISIONS, 3). Key columns come first
# and in order: otherwise the integrity check of SQLite 3.40 reports missing values that are there.


def _key() -> sa.Column[int]:
    return sa.Column("id", sa.Integer, sa.Identity(), primary_key=True)


def _person(*, key: bool = False) -> sa.Column[str]:
    # an index of its own only where the column does not lead the primary key
    return sa.Column(
        "person_id", sa.String(80), sa.ForeignKey("person.person_id"), nullable=False, index=not key
    )


def _id(name: str, *, nullable: bool = False) -> sa.Column[str]:
    return sa.Column(name, sa.String(80), nullable=nullable)


def _version() -> sa.Column[int]:
    # counts the changes of a row: it is the row's ETag and part of the keys of caches
    return sa.Column("version", sa.Integer, nullable=False, server_default="1")


def _at(name: str, *, nullable: bool = False) -> sa.Column[dt.datetime]:
    return sa.Column(name, UTCDateTime, nullable=nullable)


def make_ref() -> str:
    """Make a name for a person that says nothing about the person."""
    return secrets.token_hex(16)


org_unit = sa.Table(
    "org_unit",
    metadata,
    _key(),
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
    _id("grade"),
    sa.Column("manager_id", sa.String(80), sa.ForeignKey("person.person_id"), index=True),
    sa.Column("hired_on", sa.Date),
    sa.Column("synthetic", sa.Boolean, nullable=False, server_default=sa.false()),
    # the person's name in the audit trail, where nothing can be erased: once this row is gone,
    # nobody can tell who was meant
    sa.Column("ref", sa.String(32), unique=True, index=True, default=make_ref),
    # the first of the two who may have to ask for an erasure; goes with the row
    sa.Column("erasure_asked_by", sa.String(120)),
    _at("erasure_asked_at", nullable=True),
    _version(),  # of the row and of every fact about the person
)

assessment = sa.Table(
    "assessment",
    metadata,
    _person(key=True),
    _id("competency_id"),
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
    _person(key=True),
    _id("competency_id"),
    _id("indicator_id"),
    sa.Column("rater_type", sa.String(20), nullable=False),
    _id("rater_id"),
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
    _person(key=True),
    _id("competency_id"),
    sa.Column("exam_level", sa.SmallInteger, nullable=False),
    _id("subject"),
    sa.Column("sat_on", sa.Date, nullable=False),
    sa.Column("score", sa.Float, nullable=False),
    sa.PrimaryKeyConstraint("person_id", "competency_id", "exam_level", "subject", "sat_on"),
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
    _version(),
)

enrolment = sa.Table(
    "enrolment",
    metadata,
    _person(key=True),
    _id("module_id"),
    sa.Column("enrolled_on", sa.Date, nullable=False),
    sa.Column("offering_id", sa.String(80), sa.ForeignKey("offering.offering_id"), index=True),
    sa.Column("status", sa.String(20), nullable=False),
    sa.Column("completed_on", sa.Date),
    _version(),
    sa.PrimaryKeyConstraint("person_id", "module_id", "enrolled_on"),
    sqlite_with_rowid=False,
)

# person_id is no foreign key, on purpose: history outlives employment, and may be pseudonymous
improvement_record = sa.Table(
    "improvement_record",
    metadata,
    _id("person_id"),
    _id("competency_id"),
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

# the head of a plan is for finding it; its content is in its versions
plan = sa.Table(
    "plan",
    metadata,
    sa.Column("plan_id", sa.String(40), primary_key=True),
    _person(),
    sa.Column("as_of", sa.Date, nullable=False),
    sa.Column("status", sa.String(20), nullable=False, index=True),
    sa.Column("model_id", sa.String(80)),
    sa.Column("catalog_digest", sa.String(64), nullable=False),
    _at("created_at"),
    _version(),
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
    _at("made_at"),
)

plan_approval = sa.Table(
    "plan_approval",
    metadata,
    _key(),
    sa.Column("plan_id", sa.String(40), sa.ForeignKey("plan.plan_id"), nullable=False, index=True),
    sa.Column("version", sa.Integer, nullable=False),  # of the plan that was decided on
    sa.Column("party", sa.String(20), nullable=False),
    sa.Column("decision", sa.String(20), nullable=False),
    sa.Column("comment", sa.String(2000)),
    sa.Column("actor", sa.String(120), nullable=False),
    _at("decided_at"),
)

plan_comment = sa.Table(
    "plan_comment",
    metadata,
    _key(),
    sa.Column("plan_id", sa.String(40), sa.ForeignKey("plan.plan_id"), nullable=False, index=True),
    sa.Column("party", sa.String(20), nullable=False),
    sa.Column("text", sa.String(2000), nullable=False),
    sa.Column("actor", sa.String(120), nullable=False),
    _at("made_at"),
)

# a person objects to what was proposed automatically, and somebody answers
objection = sa.Table(
    "objection",
    metadata,
    _key(),
    _person(),
    # no foreign keys: an old plan is deleted, and the module may stand in the catalogue's files
    sa.Column("plan_id", sa.String(40)),
    _id("module_id", nullable=True),
    sa.Column("party", sa.String(20), nullable=False),
    sa.Column("reason", sa.String(2000), nullable=False),
    sa.Column("actor", sa.String(120), nullable=False),
    _at("made_at"),
    sa.Column("answer", sa.String(2000)),
    sa.Column("answered_by", sa.String(120)),
    _at("answered_at", nullable=True),
)

# what was shown to whom at which rank: later evaluation needs it
shown = sa.Table(
    "shown",
    metadata,
    _key(),
    _person(),
    sa.Column("objective", sa.String(20), nullable=False),
    sa.Column("modules", sa.JSON),  # id and expected gap closed of each, the first rank first
    # rows from before 0003 are of one module each and have these in place of `modules`
    sa.Column("module_id", sa.String(80)),
    sa.Column("rank", sa.Integer),
    sa.Column("expected_gap_closed", sa.Float),
    sa.Column("as_of", sa.Date, nullable=False),
    sa.Column("model_id", sa.String(80)),
    sa.Column("catalog_digest", sa.String(64), nullable=False),
    _at("shown_at"),
)

import_batch = sa.Table(
    "import_batch",
    metadata,
    _key(),
    sa.Column("kind", sa.String(20), nullable=False),
    sa.Column("file_name", sa.String(400), nullable=False),
    sa.Column("sha256", sa.String(64), nullable=False),
    sa.Column("inserted", sa.Integer, nullable=False),
    sa.Column("updated", sa.Integer, nullable=False),
    sa.Column("unchanged", sa.Integer, nullable=False),
    _at("imported_at"),
)

# keys of programs; the secret itself is not stored, only its hash
api_key = sa.Table(
    "api_key",
    metadata,
    sa.Column("key_id", sa.String(20), primary_key=True),
    sa.Column("label", sa.String(200), nullable=False),
    sa.Column("secret_sha256", sa.String(64), nullable=False),
    sa.Column("role", sa.String(20), nullable=False),
    sa.Column("person_id", sa.String(80), sa.ForeignKey("person.person_id"), index=True),
    sa.Column("org_unit", sa.String(400)),
    sa.Column("permissions", sa.JSON),  # NULL: all that the role has
    sa.Column("networks", sa.JSON),  # NULL: from anywhere
    sa.Column("replaces", sa.String(20)),  # id of the key that was rotated
    sa.Column("created_by", sa.String(120), nullable=False),
    _at("created_at"),
    _at("expires_at"),
    _at("revoked_at", nullable=True),
    # opens nothing until a second person has confirmed it, who has time until then
    _at("waits_until", nullable=True),
    sa.Column("confirmed_by", sa.String(120)),
)

# append-only; each entry's hash covers the one before it
audit_entry = sa.Table(
    "audit_entry",
    metadata,
    # given by hand: an automatic number leaves a gap after a rollback, and a gap means tampering
    sa.Column("seq", sa.Integer, primary_key=True, autoincrement=False),
    _at("at"),
    sa.Column("actor", sa.String(120), nullable=False, index=True),
    sa.Column("role", sa.String(20), nullable=False),
    sa.Column("action", sa.String(80), nullable=False),
    sa.Column("resource", sa.String(400), nullable=False),
    sa.Column("subjects", sa.JSON, nullable=False),  # `ref` of each person concerned
    sa.Column("request_id", sa.String(64), nullable=False),
    sa.Column("details", sa.JSON, nullable=False),
    sa.Column("hash", sa.String(64), nullable=False),
)

# one row, the newest entry of the trail; writers lock it and so queue one after the other
audit_head = sa.Table(
    "audit_head",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("seq", sa.Integer, nullable=False),
    sa.Column("hash", sa.String(64), nullable=False),
)

# how often keys and imported modules were changed: every worker compares it with what it read
change_counter = sa.Table(
    "change_counter",
    metadata,
    sa.Column("name", sa.String(40), primary_key=True),
    sa.Column("number", sa.Integer, nullable=False),
)

# keys that earlier releases kept here; `db upgrade` takes them out, and nothing is put in
secret = sa.Table(
    "secret",
    metadata,
    sa.Column("name", sa.String(40), primary_key=True),
    sa.Column("value", sa.LargeBinary, nullable=False),
)

job = sa.Table(
    "job",
    metadata,
    sa.Column("job_id", sa.String(40), primary_key=True),
    sa.Column("kind", sa.String(40), nullable=False),
    sa.Column("status", sa.String(20), nullable=False, index=True),
    sa.Column("request", sa.JSON, nullable=False),
    sa.Column("upload", sa.LargeBinary),  # the file of an import, until it is done
    sa.Column("done", sa.Integer, nullable=False, server_default="0"),
    sa.Column("total", sa.Integer),
    sa.Column("result", sa.JSON),  # of a failed one: the rows that were bad
    sa.Column("problem", sa.JSON),
    sa.Column("report", sa.LargeBinary),  # the file with its bad cells marked
    sa.Column("attempts", sa.Integer, nullable=False, server_default="0"),
    sa.Column("cancel_asked", sa.Boolean, nullable=False, server_default=sa.false()),
    sa.Column("actor", sa.String(120), nullable=False, index=True),
    sa.Column("principal", sa.JSON, nullable=False),  # on whose behalf, with what rights
    sa.Column("worker", sa.String(40)),
    _at("created_at"),
    _at("started_at", nullable=True),
    _at("seen_at", nullable=True),
    _at("finished_at", nullable=True),
)

# answers to requests that carried an Idempotency-Key, to be given again
idempotent_answer = sa.Table(
    "idempotent_answer",
    metadata,
    sa.Column("actor", sa.String(120), primary_key=True),
    sa.Column("key", sa.String(200), primary_key=True),
    sa.Column("request_sha256", sa.String(64), nullable=False),
    sa.Column("status", sa.SmallInteger, nullable=False),
    sa.Column("headers", sa.JSON, nullable=False),
    sa.Column("body", sa.LargeBinary, nullable=False),
    sa.Column("subjects", sa.JSON),  # `ref` of each person concerned
    _at("answered_at"),
)

TABLE_OF_KIND = {
    "assessments": assessment,
    "ratings": rating,
    "exams": exam_result,
    "records": improvement_record,
    "enrolments": enrolment,
    "modules": module,
    "offerings": offering,
}
