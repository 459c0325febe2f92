"""The plans of many people as one file, or a file each in a zip."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from zipfile import ZIP_STORED, ZipFile

from recommender.documents import (
    PlanDocument,
    render_each_plan_pdf,
    render_plan_docx,
    render_plans_pdf,
)
from recommender.documents.typesetting import AT_ONCE
from recommender.errors import NotFoundError, RecommenderError
from recommender.exchange.forms.layout import safe_name
from recommender.service.exports.bundles import MOST_PEOPLE, Bundle, PlanFormat, TeamFile
from recommender.service.exports.team import ReadPlan, list_team
from recommender.service.permissions import Permission
from recommender.service.session import Session
from recommender.store import PersonHead
from recommender.store.plans.current import find_current
from recommender.store.plans.templates import read_template
from recommender.texts import say


def write_plan_files(
    session: Session,
    org_unit: str | None = None,
    *,
    read: ReadPlan,
    file_format: PlanFormat = "pdf",
    bundle: Bundle = "zip",
    note_progress: Callable[[int, int], None] = lambda done, total: None,
) -> TeamFile:
    """Write the plan that counts now of everybody in a unit.

    Parameters
    ----------
    session : Session
        Who asks.
    org_unit : str, optional
        The unit; everybody within the principal's scope where not given.
    read : callable
        `plans.reading.read_with_document`.
    file_format : str
        ``pdf``, or ``docx`` by the template in use.
    bundle : str
        ``one`` document, of PDFs only, or a ``zip``.
    note_progress : callable
        Takes how many are written, and of how many.

    Returns
    -------
    TeamFile
        The file, and whose plans are in it and whose are not.

    Raises
    ------
    NotFoundError
        If there is no such unit, or nobody of it lies within the scope of the principal.
    InputError
        If there is nobody, or there are too many for one file.
    """
    for permission in (Permission.READ_PEOPLE, Permission.READ_PLANS):
        session.need(permission)
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
                documents.append((person, read(session, connection, head)[1]))
            except RecommenderError as error:
                failed.append((person.person_id, error))
        template = read_template(connection, session.lang) if file_format == "docx" else None
    # from here on with no connection held
    lang, total = session.lang, len(documents)
    if not documents:
        content = None
    elif bundle == "one":
        note_progress(0, total)
        unit = org_unit.rpartition("/")[2] if org_unit else ""
        title = say("export.plans-of" if unit else "export.plans", lang, unit=unit)
        content = render_plans_pdf([each for _, each in documents], title, lang=lang).content
        note_progress(total, total)
    else:
        plans = [each for _, each in documents]
        if file_format == "pdf":
            contents = render_each_plan_pdf(plans, lang=lang)
        else:
            own = None if template is None else template.content
            contents = _render_each_docx(plans, lang=lang, template=own)
        owners = [person for person, _ in documents]
        content = _zip(owners, contents, file_format, note_progress)
    written = [(person.person_id, document.plan_id) for person, document in documents]
    return TeamFile(content, [*written], failed)


def _render_each_docx(
    plans: Sequence[PlanDocument], *, lang: str, template: bytes | None
) -> Iterator[bytes]:
    # python-docx writes while typst draws the picture of another plan
    with ThreadPoolExecutor(AT_ONCE) as pool:
        yield from pool.map(partial(render_plan_docx, lang=lang, template=template), plans)


def _zip(
    people: Sequence[PersonHead],
    contents: Iterator[bytes],
    ending: str,
    note_progress: Callable[[int, int], None],
) -> bytes:
    stream = io.BytesIO()
    # what goes in is compressed already
    with ZipFile(stream, "w", ZIP_STORED) as archive:
        for done, (person, content) in enumerate(zip(people, contents, strict=True), start=1):
            name = f"{safe_name(person.name)} {safe_name(person.person_id)}.{ending}"
            archive.writestr(name, content)
            note_progress(done, len(people))
    return stream.getvalue()
