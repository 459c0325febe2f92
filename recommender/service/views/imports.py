"""What the pages of imports show: a file that waits, the list of imports, and the empty forms."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from recommender.errors import (
    ConflictError,
    ForbiddenError,
    InputError,
    TableFaultsError,
)
from recommender.exchange import describe_causes, describe_faults
from recommender.service.people import batches
from recommender.service.people.recognising.uploads import (
    Look,
    describe_look,
    find_upload,
    read_upload,
)
from recommender.service.people.recognising.waiting import (
    group_faults,
    list_waiting,
    try_upload,
)
from recommender.service.people.report_words import describe_changes, describe_notices
from recommender.service.people.reports import ImportReport
from recommender.service.session import Session
from recommender.service.views.actors import name_actors
from recommender.service.views.import_fields import Ask, ColumnLine, ask_of, columns_of
from recommender.store.imports.batches import ImportBatch
from recommender.store.imports.mappings import WaitingFile
from recommender.table_kinds import KINDS
from recommender.texts import explain, say
from training_catalog import CatalogError

# as many lines as one mends in one go; the rest come up when these are done
LINES_SHOWN = 100
_ROWS_NAMED = 6


@dataclass(frozen=True)
class BadLine:
    """A wrong value with its cells.

    Parameters
    ----------
    rows : str
        Their rows, the first ones by number.
    """

    key: str
    rows: str
    count: int
    found: str
    message: str
    hint: str
    has_cell: bool


@dataclass(frozen=True)
class BadGroup:
    """Wrong values with one cause in one column."""

    message: str
    hint: str
    column: str
    count: int
    lines: list[BadLine]


@dataclass(frozen=True)
class UploadView:
    """A file that waits: what it was taken for, what is open or wrong, what it would change.

    Parameters
    ----------
    groups : list of BadGroup
        What is wrong, by cause.
    bad : int
        How many cells are wrong, listed or not.
    report : ImportReport or None
        What the import would do; None while something is open or wrong.
    notices : list of (str, list of str)
        What to look at before the import.
    changes : list of (int, str, list of str)
        Row, record and what changes of it.
    problem : (str, str) or None
        Why the file as a whole cannot go in, and how to mend it.
    """

    look: Look
    kind_title: str
    kinds: list[tuple[str, str]]
    columns: list[ColumnLine]
    asks: list[Ask]
    uploaded_at: dt.datetime
    groups: list[BadGroup] = field(default_factory=list[BadGroup])
    bad: int = 0
    report: ImportReport | None = None
    notices: list[tuple[str, list[str]]] = field(default_factory=list[tuple[str, list[str]]])
    changes: list[tuple[int, str, list[str]]] = field(
        default_factory=list[tuple[int, str, list[str]]]
    )
    problem: tuple[str, str] | None = None


@dataclass(frozen=True)
class BatchLine:
    """An import that was done, with the kind and the people by name."""

    batch: ImportBatch
    kind_title: str
    by: str
    undone_by: str


def view_upload(session: Session, import_id: str) -> UploadView:
    """Show a file that waits, and try what its import would do where no question is open.

    Raises
    ------
    NotFoundError
        If there is no such file, or it is somebody else's.
    """
    lang = session.lang
    with session.reading() as connection:
        upload = find_upload(session, connection, import_id)
    reading = read_upload(session, upload)
    look = describe_look(session, import_id, reading)
    asks = [ask_of(each, lang) for each in look.questions]
    asked = {each["subject"] for each in look.questions if each["section"] == "columns"}
    competencies = session.service.framework.catalog.competencies
    names = {each.id: each.name.in_language(lang) for each in competencies}
    shown: dict[str, Any] = {
        "look": look,
        "kind_title": _title(reading.kind, lang),
        "kinds": list_kinds(lang),
        "columns": columns_of(reading, look, asked, names, lang),
        "asks": asks,
        "uploaded_at": upload.uploaded_at,
    }
    if not look.is_ready:
        return UploadView(**shown)
    try:
        report = try_upload(session, import_id)
    except TableFaultsError as error:
        return UploadView(
            **shown,
            groups=_groups(error, lang, is_form=reading.form == "form"),
            bad=int(str(error.values["count"])),
        )
    except (InputError, ConflictError, ForbiddenError) as error:
        return UploadView(**shown, problem=explain(error, lang))
    except CatalogError as error:
        return UploadView(**shown, problem=_explain_catalog(error, lang))
    kind = KINDS[reading.kind]
    return UploadView(
        **shown,
        report=report,
        notices=describe_notices(report, kind, lang),
        changes=describe_changes(report, kind, lang),
    )


def view_batches(
    session: Session, *, before: int | None = None, limit: int
) -> tuple[list[WaitingFile], list[BatchLine]]:
    """Show the files that wait, and the imports of the principal's unit, the newest first."""
    done = batches.list_batches(session, before=before, limit=limit)
    return list_waiting(session), _lines(session, done)


def view_batch(session: Session, batch_id: int) -> BatchLine:
    """Show an import that was done.

    Raises
    ------
    NotFoundError
        If there is no such import of the principal's unit.
    """
    return _lines(session, [batches.get_batch(session, batch_id)])[0]


def list_kinds(lang: str) -> list[tuple[str, str]]:
    """List the kinds of tables that can be imported: name and title."""
    return [(name, _title(name, lang)) for name in KINDS]


def _groups(error: TableFaultsError, lang: str, *, is_form: bool) -> list[BadGroup]:
    words = dict(zip(map(id, error.faults), describe_faults(error, lang), strict=True))
    lines: dict[tuple[str, str], list[BadLine]] = {}
    for shown, bad in enumerate(group_faults(error)):
        first = bad.faults[0]
        said = words[id(first)]
        if shown < LINES_SHOWN:
            lines.setdefault((first.code, first.column), []).append(
                BadLine(
                    key=bad.key,
                    rows=_rows(first.sheet, [fault.row for fault in bad.faults if fault.row], lang),
                    count=len(bad.faults),
                    found=first.found,
                    message=str(said["message"]),
                    hint=str(said["hint"]),
                    # what a form lacks is no answer, but what holds for all of them: its day
                    has_cell=bad.has_cell and bool(first.found or not is_form),
                )
            )
    return [
        BadGroup(
            message=cause["message"],
            hint=cause["hint"],
            column=cause["column"],
            count=cause["count"],
            lines=lines.get((cause["code"], cause["column"]), []),
        )
        for cause in describe_causes(error, lang)
    ]


def _rows(sheet: str, rows: Sequence[int], lang: str) -> str:
    if not rows:
        return ""
    named = say("document.list_separator", lang).join(map(str, rows[:_ROWS_NAMED]))
    key = "console.import.rows_more" if len(rows) > _ROWS_NAMED else "console.import.rows"
    said = say(key, lang, rows=named, count=len(rows))
    return say("console.import.rows_of", lang, sheet=sheet, rows=said) if sheet else said


def _lines(session: Session, done: Sequence[ImportBatch]) -> list[BatchLine]:
    name = name_actors(session, (who for each in done for who in (each.actor, each.undone_by)))
    return [
        BatchLine(each, _title(each.kind, session.lang), name(each.actor), name(each.undone_by))
        for each in done
    ]


def _title(kind: str, lang: str) -> str:
    return KINDS[kind].title[lang == "en"]


def _explain_catalog(error: CatalogError, lang: str) -> tuple[str, str]:
    message = say("catalog.faults", lang, folder=error.folder.name, count=len(error.faults))
    separator = "; " if lang == "en" else "；"
    first = (fault.what.in_language(lang) for fault in error.faults[:_ROWS_NAMED])
    return message, separator.join(first)
