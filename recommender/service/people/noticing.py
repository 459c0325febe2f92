"""What a person should look at before a table is stored: lists for the report of an import."""

from __future__ import annotations

import numpy as np

from recommender.errors import TableFault, TableFaultsError
from recommender.exchange import TableRead
from recommender.service.people.comparing import LISTED, Comparison
from recommender.service.people.look_alikes import LookAlike, find_look_alikes
from recommender.service.people.reports import ImportReport, SameName
from recommender.store import Connection
from recommender.store.people.stored_rows import read_names
from recommender.table_kinds import Known, TableKind

# where a table names something new, or somebody who need not be known
_NAMING = {
    "people": "person_id",
    "offerings": "offering_id",
    "modules": "module_id",
    "ratings": "rater_id",
    "records": "person_id",
}


def look_through(
    connection: Connection,
    kind: TableKind,
    table: TableRead,
    compared: Comparison,
    is_new: np.ndarray,
    known: Known,
    *,
    unit: str | None,
) -> ImportReport:
    """Note what a person should look at; the counts of rows are still 0.

    `is_new` says of every row of the table whether it is new; `compared` may lack some.

    Raises
    ------
    TableFaultsError
        If new people have the name of somebody whose id differs by zeros, case or the like only:
        they would be stored twice.
    """
    look_alikes = _find_look_alikes(kind, table, is_new, known)
    same_names: list[SameName] = []
    if kind.name == "people":
        same_names = _find_same_names(connection, table, is_new, unit=unit)
        _refuse_twice(table, look_alikes, same_names)
    return ImportReport(
        0,
        0,
        0,
        changes=compared.changes,
        changed=compared.changed,
        cleared=compared.cleared,
        kept={name: count for name, count in compared.kept.items() if name in table.labels},
        blank=table.blank,
        absent_columns=_absent_columns(kind, table),
        left_out=table.left_out,
        look_alikes=tuple(look_alikes[:LISTED]),
        same_names=tuple(same_names[:LISTED]),
        hidden_rows=table.hidden,
        is_filtered=table.is_filtered,
        ignored_columns=table.ignored,
    )


def _absent_columns(kind: TableKind, table: TableRead) -> tuple[str, ...]:
    return tuple(
        column.name
        for column in kind.columns
        if column.nullable and column.name not in table.labels
    )


def _find_look_alikes(
    kind: TableKind, table: TableRead, is_new: np.ndarray, known: Known
) -> list[LookAlike]:
    if kind.name not in _NAMING:
        return []
    ids = table.frame[_NAMING[kind.name]]
    stored = {"offerings": known.offerings.values(), "modules": known.modules.values()}
    others = set(stored.get(kind.name, known.people))
    wanted = ~ids.duplicated() & ~ids.isin(others)
    if kind.name in ("people", "offerings", "modules"):
        wanted &= is_new
    return find_look_alikes(ids[wanted].tolist(), table.rows[wanted.to_numpy()].tolist(), others)


def _find_same_names(
    connection: Connection, table: TableRead, is_new: np.ndarray, *, unit: str | None
) -> list[SameName]:
    new = np.flatnonzero(is_new)
    ids, names = (table.frame[column].to_numpy()[new] for column in ("person_id", "name"))
    have = read_names(connection, sorted(set(names)), unit)
    return [
        SameName(int(row), id_, name, tuple(have[name]))
        for row, id_, name in zip(table.rows[new], ids, names, strict=True)
        if name in have
    ]


def _refuse_twice(
    table: TableRead,
    look_alikes: list[LookAlike],
    same_names: list[SameName],
) -> None:
    has_name = {same.person_id: set(same.others) for same in same_names}
    names = dict(zip(table.frame["person_id"], table.frame["name"], strict=True))
    twice = [
        alike
        for alike in look_alikes
        if alike.difference != "letters"
        and (
            alike.like in has_name.get(alike.id, ()) or names.get(alike.like) == names.get(alike.id)
        )
    ]
    if not twice:
        return
    faults = [
        TableFault(
            "import.person-twice",
            sheet=table.sheet,
            row=alike.row,
            column=table.labels["person_id"],
            column_index=table.places["person_id"],
            found=alike.id,
            expected="known_person",
            values={"like": alike.like, "name": names[alike.id]},
        )
        for alike in twice
    ]
    raise TableFaultsError(table.file, faults)
