"""One part of the results: a file in each table, replaced together and never seen half written.

The first table of a part is its head, with a row for each person; its file is written last, so that
the others are there when it is. All files of a part carry the same mark: the digest of what the
results of its people rest on.
"""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pyarrow as pa
import pyarrow.parquet as pq

from recommender.errors import InputError
from recommender.exchange.parquet.schemas import RESULTS

_MARK = b"part"


def partition_of(branch: str) -> str:
    """Return the folder of a branch, written as Hive and Spark do."""
    return "branch=" + re.sub(
        r'[\x00-\x1f"#%\'*/:=?\\{\[\]^\x7f]', lambda c: quote(c[0], ""), branch
    )


@dataclass(frozen=True)
class PartName:
    """Which part of the results: the `number`th of `of` parts of a branch."""

    branch: str
    number: int
    of: int

    def path(self, folder: Path, table: str) -> Path:
        """Return where the part's file of a table is."""
        return (
            folder
            / table
            / partition_of(self.branch)
            / f"part-{self.number:05}-of-{self.of:05}.parquet"
        )


def read_part(folder: Path, part: PartName, tables: Sequence[str]) -> dict[str, pa.Table] | None:
    """Read tables of a part; None where it is not there or not whole."""
    try:
        return {
            # as one file: as a data set, its branch would become a column
            name: pq.ParquetFile(part.path(folder, name)).read().cast(RESULTS[name])
            for name in tables
        }
    except (OSError, pa.ArrowInvalid, ValueError):
        # missing, cut off or of an earlier release: all of it is worked out anew
        return None


def read_head(folder: Path, part: PartName, tables: Sequence[str]) -> pa.Table | None:
    """Read the head of a part; None where a file of the part is missing, cut off or of another."""
    head = read_part(folder, part, tables[:1])
    if head is None:
        return None
    try:
        # their last bytes alone, where a file says what is in it
        marks = {pq.read_metadata(part.path(folder, name)).metadata[_MARK] for name in tables}
    except (OSError, pa.ArrowInvalid, KeyError, TypeError):
        return None
    return head[tables[0]] if marks == {_mark(head[tables[0]])} else None


def _mark(head: pa.Table) -> bytes:
    rows = head.select(["person_id", "rests_on", "holds_until"]).to_pydict()
    return hashlib.sha256(repr(rows).encode()).hexdigest()[:32].encode()


def write_part(folder: Path, part: PartName, tables: Mapping[str, pa.Table]) -> None:
    """Write a part, the first of its tables being its head; the same rows give the same bytes.

    Raises
    ------
    InputError
        If the folder cannot be written to.
    """
    head, *others = tables
    try:
        # the old head goes first and the new one comes last: a part without a head is not there
        part.path(folder, head).unlink(missing_ok=True)
        mark = _mark(tables[head])
        for name in [*others, head]:
            _write(part.path(folder, name), tables[name], mark)
    except OSError as error:
        raise InputError("batch.io", path=str(folder), problem=error.strerror or error) from error


def _write(path: Path, table: pa.Table, mark: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    # two workers may write the same part when one was thought dead; each has a file of its own
    beside = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        _write_whole(beside, table, mark)
        try:
            beside.replace(path)
        except FileNotFoundError:
            # this worker was thought dead, and the run that has ended took its file for a remnant
            _write_whole(beside, table, mark)
            beside.replace(path)
    finally:
        with suppress(OSError):
            beside.unlink(missing_ok=True)


def _write_whole(path: Path, table: pa.Table, mark: bytes) -> None:
    schema = table.schema
    with pq.ParquetWriter(path, schema, compression="zstd", store_schema=False) as writer:
        writer.write_table(table)
        writer.add_key_value_metadata({_MARK: mark})


def remove_others(folder: Path, parts: Iterable[PartName], tables: Sequence[str]) -> None:
    """Remove the files of parts that there are no more, and what killed workers left half written.

    Raises
    ------
    InputError
        If the folder cannot be written to.
    """
    kept = {part.path(folder, name) for part in parts for name in tables}
    try:
        for name in tables:
            for file in (folder / name).glob("branch=*/*part-*-of-*.parquet*"):
                if file not in kept:
                    file.unlink(missing_ok=True)
    except OSError as error:
        raise InputError("batch.io", path=str(folder), problem=error.strerror or error) from error


def to_table(name: str, columns: Mapping[str, Any]) -> pa.Table:
    """Return columns as a table of results."""
    return pa.table(dict(columns), schema=RESULTS[name])
