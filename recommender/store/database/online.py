"""Steps of migrations that a PostgreSQL server in use allows; see migrations/README.md."""

from __future__ import annotations

from collections.abc import Sequence

from alembic import op


def create_index_online(
    name: str, table: str, columns: Sequence[str], *, unique: bool = False
) -> None:
    """Create an index on a table that others go on writing to.

    On PostgreSQL the index is built outside a transaction, so what stands before it in the
    migration is committed: give it a migration of its own.

    Parameters
    ----------
    name : str
        Of the index.
    table : str
        A table that may hold rows.
    columns : sequence of str
        What is indexed.
    unique : bool
        Whether no two rows may have the same values.
    """
    if op.get_context().dialect.name != "postgresql":
        op.create_index(name, table, list(columns), unique=unique)
        return
    with op.get_context().autocommit_block():
        # it waits for transactions that are older, and nobody waits for it meanwhile
        op.execute("SET lock_timeout = 0")
        # what was interrupted earlier leaves an index that is not valid
        op.drop_index(name, table_name=table, if_exists=True, postgresql_concurrently=True)
        op.create_index(name, table, list(columns), unique=unique, postgresql_concurrently=True)
