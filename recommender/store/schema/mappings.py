"""Tables of files that are recognised: what was learned of their sources, and those that wait."""

from __future__ import annotations

import sqlalchemy as sa

from recommender.store.schema.parts import metadata, moment

# answers about headers and words. Those about people, days and courses belong to one file, and
# are not kept
import_mapping = sa.Table(
    "import_mapping",
    metadata,
    sa.Column("fingerprint", sa.String(64), primary_key=True),
    # path of the unit whose HR answered; empty: of all. One unit's answers are not another's
    sa.Column("org_unit", sa.String(400), primary_key=True),
    sa.Column("answers", sa.JSON, nullable=False),
    sa.Column("actor", sa.String(120), nullable=False),
    moment("learned_at"),
)

# a file between its upload and its import, for a day at most
import_upload = sa.Table(
    "import_upload",
    metadata,
    sa.Column("upload_id", sa.String(40), primary_key=True),
    sa.Column("file_name", sa.String(400), nullable=False),
    sa.Column("content", sa.LargeBinary, nullable=False),
    sa.Column("kind", sa.String(20), nullable=False),  # as asked for; empty: to be found out
    sa.Column("answers", sa.JSON, nullable=False),
    sa.Column("actor", sa.String(120), nullable=False),
    sa.Column("uploaded_at", moment("uploaded_at").type, nullable=False, index=True),
)
