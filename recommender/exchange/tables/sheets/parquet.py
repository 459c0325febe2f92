"""The one table of a Parquet file."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from recommender.errors import InputError
from recommender.exchange.tables.sheets.cell_walk import CELLS, COLUMNS, ROWS
from recommender.exchange.tables.sheets.sheet import Sheet

MAGIC = b"PAR1"
UNPACKED_BYTES = 2 * 2**30


def read_parquet(path: Path) -> Sheet:
    """Read a Parquet file: the names of its columns as a header, and its rows below.

    Raises
    ------
    InputError
        If it is damaged, unreasonably large, or has lists or structures in a column.
    """
    import pyarrow as pa  # only here: files of people are hardly ever of this kind
    import pyarrow.parquet as pq

    try:
        # texts by number: a few kilobytes may say a long one a million times
        texts = [field.name for field in pq.read_schema(path) if _is_text(field.type)]
        with pq.ParquetFile(path, read_dictionary=texts) as file:
            about, schema = file.metadata, file.schema_arrow
            rows, columns = about.num_rows, about.num_columns
            if rows > ROWS or columns > COLUMNS or rows * columns > CELLS:
                raise InputError("file.too_many_cells", file=path.name, rows=ROWS, columns=COLUMNS)
            groups = (about.row_group(number) for number in range(about.num_row_groups))
            if sum(group.total_byte_size for group in groups) > UNPACKED_BYTES:
                limit = UNPACKED_BYTES // 2**20
                raise InputError("file.too_large", file=path.name, limit=limit)
            for field in schema:
                if pa.types.is_nested(field.type):
                    raise InputError("file.nested", file=path.name, column=field.name)
            table = file.read()
    except (pa.ArrowException, OSError, ValueError) as error:
        raise InputError("file.broken", file=path.name) from error
    cells = [_cells(table[name]) for name in schema.names]
    return Sheet("", [list(schema.names), *map(list, zip(*cells, strict=True))])


def _is_text(kind: Any) -> bool:
    return str(kind) in ("string", "large_string")


def _cells(column: Any) -> list[object]:
    cells: list[object] = []
    for chunk in column.chunks:
        if hasattr(chunk, "dictionary"):
            values = chunk.dictionary.to_pylist()
            cells += [None if at is None else values[at] for at in chunk.indices.to_pylist()]
        else:
            cells += chunk.to_pylist()
    # as of a workbook: nothing is an empty text, and every number a float
    return [
        "" if value is None else float(value) if type(value) is int else value for value in cells
    ]
