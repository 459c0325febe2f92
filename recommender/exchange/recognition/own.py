"""Tables that have our own headers, as the templates do: they need no recognising."""

from __future__ import annotations

from collections.abc import Sequence

from recommender.exchange.recognition.answers.mapping import Mapping
from recommender.exchange.recognition.reading import Reading
from recommender.exchange.recognition.work import ColumnUse
from recommender.exchange.tables.header import Header, find_header
from recommender.exchange.tables.sheets.sheet import Sheet
from recommender.table_kinds import KINDS


def find_own(
    file: str, sheets: Sequence[Sheet], answers: Mapping, kind: str = ""
) -> Reading | None:
    """Return the reading of a table with all the columns of a kind; None if there is none.

    Of kinds that all fit, the one with most of its columns there is taken.
    """
    best: tuple[str, Sheet, Header] | None = None
    for name, table_kind in KINDS.items():
        for sheet in sheets if name == kind or not kind else ():
            header = find_header(sheet.rows, table_kind)
            if header is None or header.missing:
                continue
            if best is None or len(header.columns) > len(best[2].columns):
                best = (name, sheet, header)
    if best is None:
        return None
    name, sheet, header = best
    meaning = {position: column for column, position in header.columns.items()}
    texts = [str(cell).strip() for cell in sheet.rows[header.at]]
    return Reading(
        kind=name,
        form="own",
        file=file,
        layout=None,
        columns=tuple(
            ColumnUse(
                position,
                text,
                meaning.get(position, ""),
                ignored="" if position in meaning else "unneeded",
            )
            for position, text in enumerate(texts)
            if text
        ),
        left_out=(),
        questions=(),
        answers=answers,
        notes=(),
        table=None,
    )
