"""The rows that a table would replace, as they are stored."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pandas as pd
import sqlalchemy as sa

from recommender.store import schema
from recommender.store.people.people import in_pieces, select_people
from recommender.store.scope import EVERYONE, in_unit

# a part of a key that a row may lack, by kind: stored as an empty text, since to SQL no NULL equals
# another
MAY_LACK = {"records": "module_id", "satisfaction": "offering_id"}


def read_stored_rows(
    connection: sa.Connection, kind: str, key: Sequence[str], frame: pd.DataFrame
) -> pd.DataFrame:
    """Read the stored rows that have the ids of a table, in the columns of its kind.

    Parameters
    ----------
    connection : Connection
        Open for reading.
    kind : str
        The kind of table.
    key : sequence of str
        Its key. Rows are found by the first column, and by the days between which the others lie.
    frame : DataFrame
        The table, in the columns of its kind.

    Returns
    -------
    DataFrame
        The rows of these keys, and maybe of others beside them; values are objects, None where
        nothing is stored.
    """
    table = schema.person if kind == "people" else schema.TABLE_OF_KIND[kind]
    query: sa.Select[Any] = select_people(EVERYONE) if kind == "people" else sa.select(table)
    for name in key[1:]:
        if name.endswith("_on"):
            query = query.where(table.c[name].between(frame[name].min(), frame[name].max()))
    names = [c.name for c in query.selected_columns]
    rows = [
        tuple(row)
        for ids in in_pieces(frame[key[0]].drop_duplicates().tolist())
        for row in connection.execute(query.where(table.c[key[0]].in_(ids)))
    ]
    stored = pd.DataFrame(rows, columns=names, dtype=object)
    if kind == "people":
        stored["synthetic"] = stored["synthetic"].map({True: "yes", False: "no"}).astype(object)
    if kind in MAY_LACK:
        name = MAY_LACK[kind]
        stored[name] = stored[name].where(stored[name] != "", None)
    return stored


def read_names(
    connection: sa.Connection, names: Sequence[str], unit: str | None
) -> dict[str, list[str]]:
    """Return who has each of these names, by id, within a unit or everywhere."""
    found: dict[str, list[str]] = {}
    person = schema.person.c
    query = sa.select(person.name, person.person_id).order_by(person.person_id)
    if unit is not None:
        query = query.where(in_unit(unit))
    for some in in_pieces(names):
        for name, person_id in connection.execute(query.where(person.name.in_(some))):
            found.setdefault(name, []).append(person_id)
    return found
