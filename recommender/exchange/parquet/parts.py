"""One part of the results: a file in each table, replaced together and never seen half written."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pyarrow as pa
import pyarrow.parquet as pq

from recommender.errors import InputError
from recommender.exchange.parquet.schemas import RESULTS

HEAD = "people"
"""The table that says what a part rests on; its file is written last: the others are there then."""


@dataclass(frozen=True)
class PartName:
    """Which part of the results: the `number`th of `of` parts of a branch."""

    branch: str
    number: int
    of: int

    def path(self, folder: Path, table: str) -> Path:
        """Return where the part's file of a table is."""
        # percent-encoded as Hive and Spark do it; both read it back
        partition = f"branch={quote(self.branch, safe='')}"
        return folder / table / partition / f"part-{self.number:05}-of-{self.of:05}.parquet"


def read_part(folder: Path, part: PartName, tables: Iterable[str]) -> dict[str, pa.Table] | None:
    """Read a part, the table `people` among its tables; None where it is not there or not whole."""
    try:
        return {
            name: pq.read_table(part.path(folder, name), schema=RESULTS[name], partitioning=None)
            for name in [HEAD, *tables]
        }
    except (OSError, pa.ArrowInvalid, ValueError):
        # missing, cut off or of an earlier release: all of it is worked out anew
        return None


def read_head(folder: Path, part: PartName) -> pa.Table | None:
    """Read what a part rests on; None where it is not there or not whole."""
    found = read_part(folder, part, [])
    return found[HEAD] if found else None


def write_part(folder: Path, part: PartName, tables: Mapping[str, pa.Table]) -> None:
    """Write a part; the same rows give the same bytes.

    Raises
    ------
    InputError
        If the folder cannot be written to.
    """
    # the old head goes first and the new one comes last: a part without a head is not there
    head = part.path(folder, HEAD)
    try:
        head.unlink(missing_ok=True)
        for name in [*(name for name in tables if name != HEAD), HEAD]:
            _write(part.path(folder, name), tables[name])
    except OSError as error:
        raise InputError("batch.io", path=str(folder), problem=error.strerror or error) from error


def _write(path: Path, table: pa.Table) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    # two workers may write the same part when one was thought dead; each has a file of its own
    beside = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        pq.write_table(table, beside, compression="zstd", store_schema=False)
        beside.replace(path)
    finally:
        with suppress(OSError):
            beside.unlink(missing_ok=True)


def remove_others(folder: Path, parts: Iterable[PartName], tables: Iterable[str]) -> None:
    """Remove the files of parts that there are no more, such as those of a branch that has gone."""
    kept = {part.path(folder, name) for part in parts for name in [HEAD, *tables]}
    for name in [HEAD, *tables]:
        for file in (folder / name).glob("branch=*/*.parquet"):
            if file not in kept:
                file.unlink()


def to_table(name: str, columns: Mapping[str, Any]) -> pa.Table:
    """Return columns as a table of results."""
    return pa.table(dict(columns), schema=RESULTS[name])
