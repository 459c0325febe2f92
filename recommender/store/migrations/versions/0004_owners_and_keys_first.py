"""Offerings have an owner; on SQLite the columns of a key come first."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

# tables without row ids whose key was declared in another order than their columns: the columns
# in their new order
_COLUMNS = {
    "assessment": "person_id competency_id assessed_on level standard_error method",
    "rating": "person_id competency_id indicator_id rater_type rater_id rated_on rating",
    "exam_result": "person_id competency_id exam_level subject sat_on score",
    "enrolment": "person_id module_id enrolled_on offering_id status completed_on version",
    "improvement_record": "person_id competency_id module_id before_on after_on level_before "
    "level_after completed_on org_unit",
}


def upgrade() -> None:
    op.add_column("offering", sa.Column("owner_unit", sa.String(400)))
    if op.get_context().dialect.name != "sqlite":
        return
    for table, columns in _COLUMNS.items():
        # the rows stay as they are: it is the order of the columns by which the integrity check
        # of SQLite 3.40 finds NULL where there is none
        with op.batch_alter_table(
            table,
            recreate="always",
            partial_reordering=[tuple(columns.split())],
            table_kwargs={"sqlite_with_rowid": False},
        ):
            pass
