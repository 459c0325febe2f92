"""Writing CSV files: no cell can act as a formula, and a file is complete or not there."""

from __future__ import annotations

import csv
import datetime as dt
import secrets
from pathlib import Path

import pandas as pd

from recommender.errors import InputError

# what a spreadsheet takes for the beginning of a formula, full-width signs as well
_FORMULA_SIGNS = tuple("=+-@\t\r＝＋－＠")


def write_csv(frame: pd.DataFrame, path: Path, *, encoding: str = "utf-8-sig") -> None:
    """Write a table as CSV; the file is complete or not there, and no text acts as a formula.

    Parameters
    ----------
    frame : DataFrame
        The table; its columns become the header.
    path : Path
        The file to write.
    encoding : str
        By default UTF-8 with a BOM, without which Excel garbles Chinese.

    Raises
    ------
    InputError
        If it cannot be written there.
    """
    columns = [_cells(frame[name]) for name in frame.columns]
    part = path.with_name(f".{path.name}.{secrets.token_hex(4)}.part")
    try:
        # the csv module writes its own line ends; on Windows they would be doubled otherwise
        with part.open("w", encoding=encoding, newline="") as stream:
            writer = csv.writer(stream)
            writer.writerow(list(frame.columns))
            writer.writerows(zip(*columns, strict=True))
        part.replace(path)
    except OSError as error:
        raise InputError("file.cannot_write", file=str(path), reason=str(error)) from error
    finally:
        part.unlink(missing_ok=True)


def _cells(column: pd.Series) -> list[object]:
    if column.dtype.kind in "fi":
        return column.tolist()
    # text only: -1.5 is a number, and has to stay one
    return [_safe(cell) for cell in column]


def _safe(cell: object) -> object:
    if isinstance(cell, dt.date):
        return cell.isoformat()
    if not isinstance(cell, str):
        return ""
    return f"'{cell}" if cell.startswith(_FORMULA_SIGNS) else cell
