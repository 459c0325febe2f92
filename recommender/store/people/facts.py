"""Ratings, exam results and assessments of one person, row by row."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from recommender.store import schema


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


@dataclass(frozen=True)
class Evidence:
    """A result of work: what, when and how much of it, in its `unit`."""

    competency_id: str
    achieved_on: dt.date
    result: str
    figure: float
    unit: str


def read_evidence(
    connection: sa.Connection,
    person_id: str,
    *,
    as_of: dt.date,
    competency_id: str | None = None,
) -> list[Evidence]:
    """Return a person's results of work up to a day, the newest first."""
    table = schema.evidence.c
    query = sa.select(
        table.competency_id, table.achieved_on, table.result, table.figure, table.unit
    ).where(table.person_id == person_id, table.achieved_on <= as_of)
    if competency_id is not None:
        query = query.where(table.competency_id == competency_id)
    ordered = query.order_by(table.achieved_on.desc(), table.competency_id, table.result)
    return [Evidence(*row) for row in connection.execute(ordered)]
