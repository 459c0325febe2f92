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
    """Read what is recorded of a person in a table.

    Parameters
    ----------
    connection : Connection
        Open for reading.
    table : Table
        Which.
    person_id : str
        Of whom.
    day : str
        The column that says which day a row is of.
    competency_id : str, optional
        Of this competency.
    since, until : date, optional
        First and last day.

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
