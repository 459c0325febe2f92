"""Ratings, exam results and assessments of one person, row by row."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa


def read_facts(
    connection: sa.Connection,
    table: sa.Table,
    person_id: str,
    *,
    competency_id: str | None = None,
) -> list[dict[str, Any]]:
    """Read the rows of one table that are about a person.

    Parameters
    ----------
    connection : Connection
        Open for reading.
    table : Table
        Ratings, exam results or assessments.
    person_id : str
        The person.
    competency_id : str, optional
        Only rows of this competency.

    Returns
    -------
    list of dict
        All columns, in no order.
    """
    query = sa.select(table).where(table.c.person_id == person_id)
    if competency_id is not None:
        query = query.where(table.c.competency_id == competency_id)
    return [dict(row) for row in connection.execute(query).mappings()]
