"""The plans of many people as one file, or a file each in a zip."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Literal
from zipfile import ZIP_STORED, ZipFile

from recommender.documents import PlanDocument, render_plan_pdf, render_plans_pdf
from recommender.documents.typesetting import AT_ONCE
from recommender.errors import InputError, NotFoundError, RecommenderError
from recommender.exchange.forms.layout import safe_name
from recommender.service.exports.team import list_team
from recommender.service.permissions import Permission
from recommender.service.session import Session
from recommender.store import PersonHead
from recommender.store.plans.current import find_current
from recommender.texts import say

MOST_PEOPLE: Mapping[str, int] = {"zip": 1000, "one": 200}
"""How many people a file can hold: one document is set as a whole, in memory."""
ZIP = "application/zip"
Bundle = Literal["one", "zip"]


@dataclass(frozen=True)
class PaperFormat:
    """A format of plans.

    Parameters
    ----------
    media_type : str
        Its media type.
    render : callable
        Takes a document and a language.
    render_many : callable or None
        Takes documents, a title and a language; None where several cannot be one file.
    """

    media_type: str
    render: Callable[[PlanDocument, str], bytes]
    render_many: Callable[[Sequence[PlanDocument], str, str], bytes] | None = None


FORMATS: Mapping[str, PaperFormat] = {
    "pdf": PaperFormat(
        "application/pdf",
        lambda document, lang: render_plan_pdf(document, lang=lang).content,
        lambda documents, title, lang: render_plans_pdf(documents, title, lang=lang).content,
    ),
}
"""The formats of plans, by the ending of their files."""


@dataclass(frozen=True)
class PlanFiles:
    """Plans as a file.

    Parameters
    ----------
    content : bytes or None
        The file; None where there is no plan.
    written : list of tuple of str and str
        Whose plans are in it, by id, and the ids of the plans.
    failed : list of tuple of str and RecommenderError
        Whose are not, and why.
    """

    content: bytes | None
    written: list[tuple[str, str]]
    failed: list[tuple[str, RecommenderError]]


def check_bundle(file_format: str, bundle: str) -> None:
    """Raise an `InputError` unless plans can be had in a format and in such a bundle."""
    if file_format not in FORMATS:
        raise InputError("export.format", found=file_format, known=", ".join(FORMATS))
    if bundle == "one" and FORMATS[file_format].render_many is None:
        raise InputError("export.not-one", format=file_format)


def type_of_bundle(file_format: str, bundle: str) -> tuple[str, str]:
    """Return the ending of a file of plans, and its media type."""
    return ("zip", ZIP) if bundle == "zip" else (file_format, FORMATS[file_format].media_type)


def write_plan_files(
    session: Session,
    org_unit: str | None = None,
    *,
    read: Callable[[Session, str], PlanDocument],
    file_format: str = "pdf",
    bundle: Bundle = "zip",
    note_progress: Callable[[int, int], None] = lambda done, total: None,
) -> PlanFiles:
    """Write the plan that counts now of everybody in a unit.

    Parameters
    ----------
    session : Session
        Who asks.
    org_unit : str, optional
        The unit; everybody within the principal's scope where not given.
    read : callable
        Takes a session and the id of a plan, such as `read_plan_document`.
    file_format, bundle : str
        As in `FORMATS`, and ``one`` document or a ``zip``.
    note_progress : callable
        Takes how many are written, and of how many.

    Returns
    -------
    PlanFiles
        The file, and whose plans are in it and whose are not.

    Raises
    ------
    NotFoundError
        If there is no such unit, or nobody of it lies within the scope of the principal.
    InputError
        If there is nobody, there are too many for one file, or no such format.
    """
    for permission in (Permission.READ_PEOPLE, Permission.READ_PLANS):
        session.need(permission)
    check_bundle(file_format, bundle)
    documents: list[tuple[PersonHead, PlanDocument]] = []
    failed: list[tuple[str, RecommenderError]] = []
    with session.reading() as connection:
        people = list_team(session, connection, org_unit, most=MOST_PEOPLE[bundle])
        current = find_current(connection, session.who.scope, [each.person_id for each in people])
        for person in people:
            head = current.get(person.person_id)
            try:
                if head is None:
                    raise NotFoundError("export.no-plan", name=person.name)
                documents.append((person, read(session, head.plan_id)))
            except RecommenderError as error:
                failed.append((person.person_id, error))
    # from here on with no connection held
    paper, total = FORMATS[file_format], len(documents)
    if not documents:
        content = None
    elif bundle == "one" and paper.render_many is not None:
        note_progress(0, total)
        unit = org_unit.rpartition("/")[2] if org_unit else ""
        key = "export.plans-of" if unit else "export.plans"
        title = say(key, session.lang, unit=unit)
        content = paper.render_many([document for _, document in documents], title, session.lang)
        note_progress(total, total)
    else:
        content = _zip(documents, paper, file_format, session.lang, note_progress)
    written = [(person.person_id, document.plan_id) for person, document in documents]
    return PlanFiles(content, written, failed)


def _zip(
    documents: Sequence[tuple[PersonHead, PlanDocument]],
    paper: PaperFormat,
    ending: str,
    lang: str,
    note_progress: Callable[[int, int], None],
) -> bytes:
    stream = io.BytesIO()
    # what goes in is compressed already
    with ZipFile(stream, "w", ZIP_STORED) as archive:
        for done, content in enumerate(_render(documents, paper, lang)):
            person, _ = documents[done]
            name = f"{safe_name(person.name)} {safe_name(person.person_id)}.{ending}"
            archive.writestr(name, content)
            note_progress(done + 1, len(documents))
    return stream.getvalue()


def _render(
    documents: Sequence[tuple[PersonHead, PlanDocument]], paper: PaperFormat, lang: str
) -> Iterator[bytes]:
    # typst gives up the interpreter while it works, so threads do
    with ThreadPoolExecutor(AT_ONCE) as pool:
        yield from pool.map(lambda each: paper.render(each[1], lang), documents)
