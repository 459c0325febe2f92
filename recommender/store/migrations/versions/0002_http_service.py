"""What the HTTP service keeps: versions of plans, keys, the audit trail, jobs."""

import secrets

import sqlalchemy as sa
from alembic import op

from recommender.store.moments import UTCDateTime

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

# what a plan's head held until now, and holds in the body of its first version from now on
_SINCE = ("objective", "hours_budget", "cost_budget", "total_hours", "total_cost")
_HEAD = (*_SINCE, "expected_gap_closed", "assess_first")


def upgrade() -> None:
    # nullable: whoever is there has none yet, and a release before this one adds people without
    op.add_column("person", sa.Column("ref", sa.String(32)))
    for table in ("person", "offering", "enrolment", "plan"):
        op.add_column(table, sa.Column("version", sa.Integer(), server_default="1", nullable=False))
    _name_people()
    op.create_index("ix_person_ref", "person", ["ref"], unique=True)
    op.create_index("ix_plan_status", "plan", ["status"])
    _create_tables()
    # the items are read here, before their table goes
    _move_plans()
    op.drop_table("plan_item")
    for name in _HEAD:
        op.drop_column("plan", name)
    # one row that writers of the trail lock, and which no program has to make first
    op.bulk_insert(
        sa.table("audit_head", sa.column("id"), sa.column("seq"), sa.column("hash")),
        [{"id": 1, "seq": 0, "hash": "0" * 64}],
    )
    op.bulk_insert(
        sa.table("change_counter", sa.column("name"), sa.column("number")),
        [{"name": "access", "number": 0}, {"name": "catalog", "number": 0}],
    )


def _name_people() -> None:
    person = sa.table("person", sa.column("person_id"), sa.column("ref"))
    connection = op.get_bind()
    # all rows are fetched before the loop begins to write to their table
    for (person_id,) in connection.execute(sa.select(person.c.person_id)).fetchall():
        connection.execute(
            person.update().where(person.c.person_id == person_id).values(ref=secrets.token_hex(16))
        )


def _move_plans() -> None:
    """Turn plans and their items into the first version of each plan."""
    connection = op.get_bind()
    # as they are now, and not from schema.py, which later migrations change
    plan = sa.Table("plan", sa.MetaData(), autoload_with=connection)
    item = sa.Table("plan_item", sa.MetaData(), autoload_with=connection)
    version = sa.table(
        "plan_version",
        sa.column("plan_id"),
        sa.column("version"),
        sa.column("change"),
        sa.column("body", sa.JSON()),
        sa.column("actor"),
        sa.column("made_at", UTCDateTime()),
    )
    for head in connection.execute(sa.select(plan)).mappings().fetchall():
        rows = connection.execute(
            sa.select(item).where(item.c.plan_id == head["plan_id"]).order_by(item.c.position)
        ).mappings()
        items = [
            {
                "order": row["position"],
                **{
                    name: row[name]
                    for name in (
                        "module_id",
                        "hours",
                        "cost",
                        "adds",
                        "offering_id",
                        "competencies",
                    )
                },
                "starts_on": row["starts_on"].isoformat(),
                "ends_on": row["ends_on"].isoformat(),
            }
            for row in rows
        ]
        body = {
            "plan": {
                **{name: head[name] for name in ("plan_id", "person_id", "status", "model_id")},
                **{name: head[name] for name in (*_HEAD, "catalog_digest")},
                "as_of": head["as_of"].isoformat(),
                "items": items,
            }
        }
        connection.execute(
            version.insert().values(
                plan_id=head["plan_id"],
                version=1,
                change="created",
                body=body,
                actor="system",
                made_at=head["created_at"],
            )
        )


def _create_tables() -> None:
    op.create_table(
        "audit_entry",
        sa.Column("seq", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("at", UTCDateTime(timezone=True), nullable=False),
        sa.Column("actor", sa.String(length=120), nullable=False),
        sa.Column("role", sa.String(length=20), nullable=False),
        sa.Column("action", sa.String(length=80), nullable=False),
        sa.Column("resource", sa.String(length=400), nullable=False),
        sa.Column("subjects", sa.JSON(), nullable=False),
        sa.Column("request_id", sa.String(length=64), nullable=False),
        sa.Column("details", sa.JSON(), nullable=False),
        sa.Column("hash", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("seq", name=op.f("pk_audit_entry")),
    )
    op.create_index(op.f("ix_audit_entry_actor"), "audit_entry", ["actor"], unique=False)
    op.create_table(
        "audit_head",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("hash", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit_head")),
    )
    op.create_table(
        "change_counter",
        sa.Column("name", sa.String(length=40), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_change_counter")),
    )
    op.create_table(
        "secret",
        sa.Column("name", sa.String(length=40), nullable=False),
        sa.Column("value", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_secret")),
    )
    op.create_table(
        "idempotent_answer",
        sa.Column("actor", sa.String(length=120), nullable=False),
        sa.Column("key", sa.String(length=200), nullable=False),
        sa.Column("request_sha256", sa.String(length=64), nullable=False),
        sa.Column("status", sa.SmallInteger(), nullable=False),
        sa.Column("headers", sa.JSON(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.Column("answered_at", UTCDateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("actor", "key", name=op.f("pk_idempotent_answer")),
    )
    op.create_table(
        "job",
        sa.Column("job_id", sa.String(length=40), nullable=False),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("status", sa.String(length=20), nullable=False),
        sa.Column("request", sa.JSON(), nullable=False),
        sa.Column("upload", sa.LargeBinary(), nullable=True),
        sa.Column("done", sa.Integer(), server_default="0", nullable=False),
        sa.Column("total", sa.Integer(), nullable=True),
        sa.Column("result", sa.JSON(), nullable=True),
        sa.Column("problem", sa.JSON(), nullable=True),
        sa.Column("report", sa.LargeBinary(), nullable=True),
        sa.Column("attempts", sa.Integer(), server_default="0", nullable=False),
        sa.Column("cancel_asked", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("actor", sa.String(length=120), nullable=False),
        sa.Column("principal", sa.JSON(), nullable=False),
        sa.Column("worker", sa.String(length=40), nullable=True),
        sa.Column("created_at", UTCDateTime(timezone=True), nullable=False),
        sa.Column("started_at", UTCDateTime(timezone=True), nullable=True),
        sa.Column("seen_at", UTCDateTime(timezone=True), nullable=True),
        sa.Column("finished_at", UTCDateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("job_id", name=op.f("pk_job")),
    )
    op.create_index(op.f("ix_job_actor"), "job", ["actor"], unique=False)
    op.create_index(op.f("ix_job_status"), "job", ["status"], unique=False)
    op.create_table(
        "api_key",
        sa.Column("key_id", sa.String(length=20), nullable=False),
        sa.Column("label", sa.String(length=200), nullable=False),
        sa.Column("secret_sha256", sa.String(length=64), nullable=False),
        sa.Column("role", sa.String(length=20), nullable=False),
        sa.Column("person_id", sa.String(length=80), nullable=True),
        sa.Column("org_unit", sa.String(length=400), nullable=True),
        sa.Column("permissions", sa.JSON(), nullable=True),
        sa.Column("created_by", sa.String(length=120), nullable=False),
        sa.Column("created_at", UTCDateTime(timezone=True), nullable=False),
        sa.Column("expires_at", UTCDateTime(timezone=True), nullable=False),
        sa.Column("revoked_at", UTCDateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["person_id"], ["person.person_id"], name=op.f("fk_api_key_person_id")
        ),
        sa.PrimaryKeyConstraint("key_id", name=op.f("pk_api_key")),
    )
    op.create_index(op.f("ix_api_key_person_id"), "api_key", ["person_id"], unique=False)
    op.create_table(
        "plan_approval",
        sa.Column("id", sa.Integer(), sa.Identity(always=False), nullable=False),
        sa.Column("plan_id", sa.String(length=40), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("party", sa.String(length=20), nullable=False),
        sa.Column("decision", sa.String(length=20), nullable=False),
        sa.Column("comment", sa.String(length=2000), nullable=True),
        sa.Column("actor", sa.String(length=120), nullable=False),
        sa.Column("decided_at", UTCDateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["plan_id"], ["plan.plan_id"], name=op.f("fk_plan_approval_plan_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_plan_approval")),
    )
    op.create_index(op.f("ix_plan_approval_plan_id"), "plan_approval", ["plan_id"], unique=False)
    op.create_table(
        "plan_comment",
        sa.Column("id", sa.Integer(), sa.Identity(always=False), nullable=False),
        sa.Column("plan_id", sa.String(length=40), nullable=False),
        sa.Column("party", sa.String(length=20), nullable=False),
        sa.Column("text", sa.String(length=2000), nullable=False),
        sa.Column("actor", sa.String(length=120), nullable=False),
        sa.Column("made_at", UTCDateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["plan_id"], ["plan.plan_id"], name=op.f("fk_plan_comment_plan_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_plan_comment")),
    )
    op.create_index(op.f("ix_plan_comment_plan_id"), "plan_comment", ["plan_id"], unique=False)
    op.create_table(
        "plan_version",
        sa.Column("plan_id", sa.String(length=40), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("change", sa.String(length=20), nullable=False),
        sa.Column("body", sa.JSON(), nullable=False),
        sa.Column("actor", sa.String(length=120), nullable=False),
        sa.Column("made_at", UTCDateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["plan_id"], ["plan.plan_id"], name=op.f("fk_plan_version_plan_id")
        ),
        sa.PrimaryKeyConstraint("plan_id", "version", name=op.f("pk_plan_version")),
    )
