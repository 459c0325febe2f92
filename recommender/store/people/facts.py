"""Ratings, exam results and assessments of one person, row by row."""

from __future__ import annotations

import datetime as dt
from typing import Any

import sqlalchemy as sa


def read_facts(
    connection: sa.Connection,
    table: sa.Table,
    person_id: str,
    *,
    day: str,
    competency_id: str | None = None,
    since: dt.date | None = None,
    until: dt.date | None = None,
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
    day : str
        Name of the column with the day of a row.
    competency_id : str, optional
        Only rows of this competency.
    since, until : date, optional
        Only rows from `since` to `until`, both included.

    Returns
    -------
    list of dict
        All columns, in no order.
    """
    query = sa.select(table).where(table.c.person_id == person_id)
    if competency_id is not None:
        query = query.where(table.c.competency_id == competency_id)
    if since is not None:
        query = query.where(table.c[day] >= since)
    if until is not None:
        query = query.where(table.c[day] <= until)
    return [dict(row) for row in connection.execute(query).mappings()]
