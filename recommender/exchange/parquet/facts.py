"""Facts about people in a folder of Parquet files, as a warehouse keeps them.

A folder for each kind of table, with the columns of `recommender.table_kinds` and a partition for
each branch: ``assessments/branch=示例分公司/part-0.parquet``.
"""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import unquote

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute
import pyarrow.parquet as pq

from recommender.errors import InputError
from recommender.exchange.parquet.parts import partition_of
from recommender.table_kinds import KINDS, YES_NO, Column, TableKind

# its functions are made when it is imported, so a type checker knows none of them
pc: Any = pyarrow.compute

PEOPLE = "people"
FACTS = ("ratings", "exams", "assessments", "enrolments")
"""What levels and candidates rest on, beside the people themselves; each folder may be missing."""
_TYPES = {
    "text": pa.string(),
    "ids": pa.string(),
    "choice": pa.string(),
    "number": pa.float64(),
    "date": pa.date32(),
}


def schema_of(kind: TableKind) -> pa.Schema:
    """Return the columns of a kind of table as Parquet has them."""
    return pa.schema(
        [
            pa.field(column.name, _type_of(column), nullable=column.nullable)
            for column in kind.columns
        ]
    )


def _type_of(column: Column) -> pa.DataType:
    return pa.bool_() if column.choices == YES_NO else _TYPES[column.type]


class _File(NamedTuple):
    """A file as it was when it was looked at."""

    path: Path
    changed_at: int
    size: int


@dataclass(frozen=True)
class FactFolder:
    """A folder of facts.

    Parameters
    ----------
    folder : Path
        Where the folders of the kinds are.
    latest : date
        The last day that a fact may have.
    """

    folder: Path
    latest: dt.date

    def branches(self) -> list[str]:
        """Return the branches that have people.

        Raises
        ------
        InputError
            If there are none.
        """
        names = sorted(path.name for path in (self.folder / PEOPLE).glob("branch=*"))
        if not names:
            raise InputError("batch.no-facts", path=str(self.folder))
        return [unquote(name.removeprefix("branch=")) for name in names]

    def fingerprint(self, branch: str) -> str:
        """Return what changes whenever a file of a branch does."""
        digest = hashlib.sha256()
        for kind in (PEOPLE, *FACTS):
            for file in self._files(kind, branch):
                digest.update(kind.encode() + _digest(file))
        return digest.hexdigest()

    def read_people(
        self, branch: str, as_of: dt.date, person_ids: Collection[str] | None = None
    ) -> pd.DataFrame:
        """Read the people of a branch who are present on a day, by id; see `read`."""
        people = self.read(PEOPLE, branch, person_ids)
        there = people["left_on"].map(lambda left: left is None or left > as_of).astype(bool)
        people = people[there].sort_values("person_id", ignore_index=True)
        twice = people["person_id"][people["person_id"].duplicated()]
        if len(twice):
            raise InputError("batch.facts-twice", path=str(self.folder), person_id=twice.iloc[0])
        # the manager may be of another branch, whose names this one need not know
        return people.assign(
            manager_name=None, synthetic=people["synthetic"].map(bool).astype(object)
        )

    def read_offerings(self, as_of: dt.date) -> pd.DataFrame:
        """Read the offerings that begin on or after a day, earliest first; see `read`."""
        files = _look((self.folder / "offerings").glob("*.parquet"))
        offerings = self._read_files("offerings", files, None)
        offerings = offerings[offerings["starts_on"].map(lambda day: day >= as_of).astype(bool)]
        return offerings.sort_values(["starts_on", "offering_id"], ignore_index=True)

    def read(
        self, kind: str, branch: str, person_ids: Collection[str] | None = None
    ) -> pd.DataFrame:
        """Read the rows of a kind, of some people of a branch or of all, as plain Python values.

        Raises
        ------
        InputError
            If a file cannot be read, lacks a column, or has a value that its column may not have.
        """
        return self._read_files(kind, self._files(kind, branch), person_ids)

    def _read_files(
        self, kind: str, files: Sequence[_File], person_ids: Collection[str] | None
    ) -> pd.DataFrame:
        wanted = schema_of(KINDS[kind])
        tables = [_load(file, kind, self.latest) for file in files]
        table = pa.concat_tables(tables) if tables else wanted.empty_table()
        if person_ids is not None:
            table = table.filter(pc.is_in(table["person_id"], pa.array(sorted(person_ids))))
        return pd.DataFrame({name: _to_objects(table[name]) for name in wanted.names}, dtype=object)

    def _files(self, kind: str, branch: str) -> list[_File]:
        return _look((self.folder / kind / partition_of(branch)).glob("*.parquet"))


def _look(files: Iterable[Path]) -> list[_File]:
    return [
        _File(file, stat.st_mtime_ns, stat.st_size)
        for file, stat in ((file, file.stat()) for file in sorted(files))
    ]


# the parts of a branch come one after the other: its files are read for the first, and held for the
# others
@lru_cache(maxsize=4 * len(FACTS))
def _load(file: _File, kind: str, latest: dt.date) -> pa.Table:
    table = _read_file(file.path, schema_of(KINDS[kind]))
    for column in KINDS[kind].columns:
        _check(file.path, table, column, latest)
    return table


@lru_cache(maxsize=256)
def _digest(file: _File) -> bytes:
    with file.path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").digest()


def _check(file: Path, table: pa.Table, column: Column, latest: dt.date) -> None:
    values = table[column.name]
    for problem, bad in (
        ("empty", None if column.nullable else pc.is_null(values, nan_is_null=True)),
        ("range", _out_of_bounds(values, column) if column.type == "number" else None),
        ("future", pc.greater(values, latest) if column.not_future else None),
        ("choice", _no_choice(values, column) if _type_of(column) == pa.string() else None),
    ):
        if bad is not None and pc.any(bad).as_py():
            at = pc.index(bad, True).as_py()
            raise InputError(
                f"batch.facts-{problem}",
                path=str(file),
                column=column.name,
                value=values[at].as_py(),
                minimum=column.minimum,
                maximum=column.maximum,
                latest=latest,
                choices=", ".join(column.choices),
            )


def _read_file(file: Path, wanted: pa.Schema) -> pa.Table:
    try:
        there = pq.read_schema(file)
        missing = [
            field.name for field in wanted if field.name not in there.names and not field.nullable
        ]
        if missing:
            raise InputError("batch.facts-column", path=str(file), column=missing[0])
        present = [field for field in wanted if field.name in there.names]
        # as one file: as a data set, its branch would become a column
        table = pq.ParquetFile(file).read(columns=[field.name for field in present])
        for at, field in enumerate(present):
            # dictionaries, large strings and moments of midnight are what other tools write
            table = table.set_column(at, field.name, pc.cast(table[field.name], field.type))
    except (OSError, pa.ArrowException) as error:
        raise InputError("batch.facts-file", path=str(file), problem=_first_line(error)) from error
    for field in wanted:
        if field.name not in table.column_names:
            table = table.append_column(field.name, pa.nulls(len(table), field.type))
    return table.select(wanted.names)


def _out_of_bounds(values: pa.ChunkedArray, column: Column) -> pa.ChunkedArray:
    return pc.or_(pc.less(values, column.minimum), pc.greater(values, column.maximum))


def _no_choice(values: pa.ChunkedArray, column: Column) -> pa.ChunkedArray | None:
    if not column.choices:
        return None
    return pc.and_(pc.is_valid(values), pc.invert(pc.is_in(values, pa.array(list(column.choices)))))


def _to_objects(values: pa.ChunkedArray) -> np.ndarray:
    """Return a column as the database would hand it out: text, floats and dates, None for none."""
    array = values.to_pandas(date_as_object=True).to_numpy(dtype=object)
    array = array.copy()  # what pyarrow hands out is read-only
    array[pd.isna(array)] = None
    return array


def _first_line(error: Exception) -> str:
    return str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__


def clear_facts(folder: Path) -> None:
    """Remove the facts that were written here before: there may be more of them than now.

    Raises
    ------
    InputError
        If the folder cannot be written to.
    """
    try:
        for kind in KINDS:
            for file in (folder / kind).glob("**/part-*.parquet"):
                file.unlink()
    except OSError as error:
        raise InputError("batch.io", path=str(folder), problem=error.strerror or error) from error


def write_facts(
    folder: Path, kind: str, rows: pd.DataFrame, *, branch: str | None, number: int = 0
) -> int:
    """Write rows of a kind as the `number`th file of a branch; return how many there were.

    What belongs to no branch, such as offerings, stands in the folder of its kind itself.

    Raises
    ------
    InputError
        If the folder cannot be written to.
    """
    schema = schema_of(KINDS[kind])
    columns = {name: rows.get(name) for name in schema.names}
    if kind == PEOPLE:
        columns["synthetic"] = rows["synthetic"] == "yes"
    frame = pd.DataFrame(columns, index=rows.index).sort_values(list(KINDS[kind].key))
    place = folder / kind if branch is None else folder / kind / partition_of(branch)
    path = place / f"part-{number}.parquet"
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        table = pa.Table.from_pandas(frame, schema, preserve_index=False)
        pq.write_table(table.replace_schema_metadata(), path, compression="zstd")
    except OSError as error:
        raise InputError("batch.io", path=str(folder), problem=error.strerror or error) from error
    return len(frame)


def branch_of(org_unit: str) -> str:
    """Return the branch of an org unit: the first part of its path."""
    return org_unit.split("/", 1)[0]
