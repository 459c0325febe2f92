"""Tables that running the service takes: imports, keys and links, the audit trail, jobs."""

from __future__ import annotations

import sqlalchemy as sa

from recommender.store.schema.parts import metadata, moment, number_column, person_column

import_batch = sa.Table(
    "import_batch",
    metadata,
    number_column(),
    sa.Column("kind", sa.String(20), nullable=False),
    sa.Column("file_name", sa.String(400), nullable=False),
    sa.Column("sha256", sa.String(64), nullable=False),
    sa.Column("inserted", sa.Integer, nullable=False),
    sa.Column("updated", sa.Integer, nullable=False),
    sa.Column("unchanged", sa.Integer, nullable=False),
    moment("imported_at"),
    # NULL in batches from before 0010, which cannot be undone
    sa.Column("actor", sa.String(120)),
    sa.Column("org_unit", sa.String(400)),  # path of the unit whose HR it was; NULL: of all
    sa.Column("new_units", sa.JSON),  # paths of the org units that it made
    sa.Column("undone_by", sa.String(120)),
    moment("undone_at", nullable=True),
)

# the rows that an import put in or changed, as they were and as it left them: for its undoing
import_change = sa.Table(
    "import_change",
    metadata,
    sa.Column("batch_id", sa.Integer, sa.ForeignKey("import_batch.id"), primary_key=True),
    sa.Column("part", sa.Integer, primary_key=True),
    # no foreign key: undoing takes the person away, too. NULL: rows that are about nobody
    sa.Column("person_id", sa.String(80), index=True),
    sa.Column("rows", sa.JSON, nullable=False),
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
    moment("created_at"),
    moment("expires_at"),
    moment("revoked_at", nullable=True),
    # opens nothing until a second person has confirmed it, who has time until then
    moment("waits_until", nullable=True),
    sa.Column("confirmed_by", sa.String(120)),
)

# addresses under which calendar programs read a person's dates; of the secret part only the hash
calendar_link = sa.Table(
    "calendar_link",
    metadata,
    number_column(),
    person_column(),
    sa.Column("token_sha256", sa.String(64), nullable=False, unique=True),
    sa.Column("created_by", sa.String(120), nullable=False),
    moment("created_at"),
    moment("revoked_at", nullable=True),
)

# append-only; each entry's hash covers the one before it
audit_entry = sa.Table(
    "audit_entry",
    metadata,
    # given by hand: an automatic number leaves a gap after a rollback, and a gap means tampering
    sa.Column("seq", sa.Integer, primary_key=True, autoincrement=False),
    moment("at"),
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
    sa.Column("file", sa.LargeBinary),  # what a job was asked to make
    sa.Column("attempts", sa.Integer, nullable=False, server_default="0"),
    sa.Column("cancel_asked", sa.Boolean, nullable=False, server_default=sa.false()),
    sa.Column("actor", sa.String(120), nullable=False, index=True),
    sa.Column("principal", sa.JSON, nullable=False),  # on whose behalf, with what rights
    sa.Column("worker", sa.String(40)),
    moment("created_at"),
    moment("started_at", nullable=True),
    moment("seen_at", nullable=True),
    moment("finished_at", nullable=True),
    moment("run_at", nullable=True),  # no worker takes it before; NULL: at once
    # of a job that is done again and again: how often, and the first moment of the series
    sa.Column("repeat", sa.String(20)),
    moment("repeat_since", nullable=True),
    sa.Column("next_job_id", sa.String(40)),  # once it has ended: the next of the series
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
    moment("answered_at"),
)
