"""Files that were uploaded: looked at, asked about, and kept until they are imported."""

from __future__ import annotations

import datetime as dt
import re
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

from recommender.errors import ConflictError, ForbiddenError, InputError, NotFoundError
from recommender.exchange.recognition.answers.mapping import Mapping as Answers
from recommender.exchange.recognition.answers.mapping import read_mapping
from recommender.exchange.recognition.answers.wording import (
    describe_form,
    describe_notes,
    describe_option,
    describe_question,
    ignored_reason,
)
from recommender.exchange.recognition.reading import Reading
from recommender.service.people.known_ids import find_kind
from recommender.service.people.recognising.recognition import look_at_file
from recommender.service.permissions import Permission, Role
from recommender.service.session import Session
from recommender.store import Connection
from recommender.store.imports import mappings as store
from recommender.store.imports.mappings import Upload
from recommender.table_kinds import TableKind
from recommender.texts import say

# modules are everybody's, and records may be of people who are unknown here: neither has a unit
# that a principal's scope could be compared with
WHOLE_ORGANISATION = ("modules", "records")
# a file that waits takes room in the database
MOST_WAITING = 20
# control characters, what Windows forbids, and the line separators that break a line of a log
_UNUSABLE = re.compile(r"[\x00-\x1f\x7f-\x9f/\\:*?\"<>|\u2028\u2029]")


@dataclass(frozen=True)
class Look:
    """What an uploaded file was taken for, in the words of the reader.

    Parameters
    ----------
    import_id : str
        Of the file.
    kind : str
        The kind of table it is.
    summary : str
        What it was taken for, in a sentence.
    columns, left_out, questions : list of dict
        How each column was understood, which rows hold no record, and what was asked.
    notes : list of str
        What the reader should know.
    is_ready : bool
        Whether it can be imported: no question is open.
    mapping : dict
        The answers so far, those learned of the source included.
    """

    import_id: str
    file_name: str
    kind: str
    form: str
    summary: str
    columns: list[dict[str, Any]]
    left_out: list[dict[str, Any]]
    notes: list[str]
    questions: list[dict[str, Any]]
    is_ready: bool
    mapping: dict[str, Any]


def upload_file(
    session: Session, content: bytes, *, file_name: str | None = None, kind: str = ""
) -> Look:
    """Keep a file for a day, and say what it is and what has to be asked before it goes in.

    Raises
    ------
    InputError
        If there is no file, it cannot be read, or is of no kind that is known.
    ForbiddenError
        If the table concerns the whole organisation and the principal only one unit.
    ConflictError
        If too many files wait.
    """
    session.need(Permission.IMPORT)
    if not content:
        raise InputError("import.no-file")
    name = usable_name(file_name or "table")
    # before it is kept: a file that nobody can read need not wait
    reading = read_content(session, name, content, kind, Answers())
    refuse_whole_organisation(session, find_kind(reading.kind))
    with session.writing() as connection:
        actor = session.who.actor
        if store.count_uploads(connection, actor) >= MOST_WAITING:
            raise ConflictError("upload.too-many", limit=MOST_WAITING)
        upload_id = store.insert_upload(
            connection,
            file_name=name,
            content=content,
            kind=kind,
            actor=actor,
            moment=dt.datetime.now(dt.UTC),
        )
        session.details |= {"import_id": upload_id, "form": reading.form}
    return describe_look(session, upload_id, reading)


def look_at_upload(session: Session, import_id: str) -> Look:
    """Say again what an uploaded file is, with the answers so far.

    Raises
    ------
    NotFoundError
        If there is no such file, or it is somebody else's.
    """
    with session.reading() as connection:
        upload = find_upload(session, connection, import_id)
    return describe_look(session, import_id, read_upload(session, upload))


def answer_upload(session: Session, import_id: str, answers: Mapping[str, Any]) -> Look:
    """Take the place of the answers about an uploaded file, and say what is still open.

    Raises
    ------
    NotFoundError
        If there is no such file, or it is somebody else's.
    InputError
        If an answer is none of those to choose from, or the file is no such kind of table.
    """
    mapping = read_mapping(dict(answers))
    with session.writing() as connection:
        upload = find_upload(session, connection, import_id)
        kind = mapping.kind or upload.kind
        reading = read_content(session, upload.file_name, upload.content, kind, mapping)
        refuse_whole_organisation(session, find_kind(reading.kind))
        store.answer_upload(connection, import_id, kind=kind, answers=mapping.to_dict())
        session.details |= {"import_id": import_id}
    return describe_look(session, import_id, reading)


def find_upload(session: Session, connection: Connection, import_id: str) -> Upload:
    """Return an uploaded file of the principal's own; an administrator may see all."""
    session.need(Permission.IMPORT)
    actor = None if session.who.role is Role.ADMIN else session.who.actor
    upload = store.read_upload(connection, import_id, actor=actor)
    if upload is None:
        raise NotFoundError("upload.unknown", import_id=import_id)
    return upload


def read_upload(session: Session, upload: Upload) -> Reading:
    """Recognise an uploaded file with the answers so far."""
    answers = read_mapping(upload.answers)
    return read_content(session, upload.file_name, upload.content, upload.kind, answers)


def read_content(
    session: Session, name: str, content: bytes, kind: str, answers: Answers
) -> Reading:
    """Recognise a file from its bytes."""
    with tempfile.TemporaryDirectory(prefix="recommender-") as folder:
        path = Path(folder) / name
        path.write_bytes(content)
        return look_at_file(session, path, kind=kind, answers=answers)


def refuse_whole_organisation(session: Session, kind: TableKind) -> None:
    """Raise a `ForbiddenError` if a table is not for HR of one unit to import."""
    scope = session.who.scope
    if not scope.everyone and (kind.name in WHOLE_ORGANISATION or scope.org_unit is None):
        raise ForbiddenError("import.whole-organisation", kind=kind.title[session.lang == "en"])


def describe_look(session: Session, import_id: str, reading: Reading) -> Look:
    """Return a reading in the words of the reader."""
    lang = session.lang
    return Look(
        import_id=import_id,
        file_name=reading.file,
        kind=reading.kind,
        form=reading.form,
        summary=describe_form(reading, lang),
        columns=[
            {
                "header": use.header,
                "column": use.meaning or None,
                "stands_for": use.stands_for or None,
                "ignored": ignored_reason(use, lang) or None,
            }
            for use in reading.columns
        ],
        left_out=[
            {
                "row": left.row,
                "text": left.text,
                "reason": say(f"recognition.row.{left.reason}", lang),
            }
            for left in reading.left_out
        ],
        notes=describe_notes(reading, lang),
        questions=[
            {
                "section": question.section,
                "column": question.column or None,
                "subject": question.subject,
                "text": describe_question(reading, question, lang),
                "options": [
                    {"value": option.value, "meaning": describe_option(option, lang)}
                    for option in question.options
                ],
                "suggestion": question.suggestion or None,
                "answer": reading.answers.answer(question) or None,
                "places": question.places,
                "row": question.row,
                "required": question.required,
            }
            for question in reading.questions
        ],
        is_ready=not reading.open_questions,
        mapping=reading.answers.to_dict(),
    )


def usable_name(given: str) -> str:
    """Return the last part of a file's name in a form that every system can store."""
    # some clients send a whole path, and a name may hold lone surrogates, which UTF-8 cannot store
    name = PurePosixPath(given.replace("\\", "/")).name
    name = _UNUSABLE.sub("", name.encode("utf-8", "ignore").decode()).strip().rstrip(".")
    stem, dot, ending = name.rpartition(".")
    if not dot:
        stem, ending = name, ""
    return f"{stem[:60] or 'table'}{dot}{ending[:8]}"
