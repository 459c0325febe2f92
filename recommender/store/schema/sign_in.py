"""Tables of people who sign in with a browser: accounts, sessions, one-time links."""

from __future__ import annotations

import sqlalchemy as sa

from recommender.store.schema.parts import metadata, moment

# people who sign in with a password; those of an identity provider have none
account = sa.Table(
    "account",
    metadata,
    sa.Column("account_id", sa.String(20), primary_key=True),
    sa.Column("login", sa.String(120), nullable=False, unique=True),  # as `fold_login` writes it
    sa.Column("password_hash", sa.String(200)),  # NULL until the first one is chosen
    sa.Column("name", sa.String(200), nullable=False),
    sa.Column("role", sa.String(20), nullable=False),
    sa.Column("person_id", sa.String(80), sa.ForeignKey("person.person_id"), index=True),
    sa.Column("org_unit", sa.String(400)),
    sa.Column("permissions", sa.JSON),  # NULL: all that the role has
    sa.Column("failures", sa.Integer, nullable=False, server_default="0"),
    moment("locked_until", nullable=True),
    moment("disabled_at", nullable=True),
    moment("created_at"),
    sa.Column("created_by", sa.String(120), nullable=False),
    moment("last_login_at", nullable=True),
    # opens nothing until a second person has confirmed it, who has time until then
    moment("waits_until", nullable=True),
    sa.Column("confirmed_by", sa.String(120)),
)

# one browser that is signed in; what it may do is settled when it signs in
browser_session = sa.Table(
    "browser_session",
    metadata,
    sa.Column("token_sha256", sa.String(64), primary_key=True),
    # NULL: of an identity provider
    sa.Column("account_id", sa.String(20), sa.ForeignKey("account.account_id"), index=True),
    sa.Column("actor", sa.String(120), nullable=False, index=True),
    sa.Column("name", sa.String(200), nullable=False),
    sa.Column("role", sa.String(20), nullable=False),
    # no foreign key: an identity provider may name somebody who is not known here
    sa.Column("person_id", sa.String(80)),
    sa.Column("org_unit", sa.String(400)),
    sa.Column("permissions", sa.JSON),
    sa.Column("csrf", sa.String(64), nullable=False),
    moment("created_at"),
    moment("seen_at"),
    moment("ends_at"),
)

sign_in_link = sa.Table(
    "sign_in_link",
    metadata,
    sa.Column("token_sha256", sa.String(64), primary_key=True),
    sa.Column(
        "account_id",
        sa.String(20),
        sa.ForeignKey("account.account_id"),
        nullable=False,
        index=True,
    ),
    sa.Column("purpose", sa.String(20), nullable=False),  # reset or enter
    sa.Column("created_by", sa.String(120), nullable=False),
    moment("created_at"),
    moment("expires_at"),
    moment("used_at", nullable=True),
    moment("waits_until", nullable=True),
)
