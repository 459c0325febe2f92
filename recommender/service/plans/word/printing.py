"""A plan as a Word document, by the template in use."""

from __future__ import annotations

from recommender.documents import render_plan_docx
from recommender.service.plans.reading import read_plan_document
from recommender.service.session import Session
from recommender.store.plans.templates import read_template


def write_plan_docx(session: Session, plan_id: str, *, version: int | None = None) -> bytes:
    """Write a plan as .docx, as it is or as it was at a version, in the session's language.

    Raises
    ------
    NotFoundError
        If there is no such plan within the principal's scope, or no such version.
    """
    with session.reading() as connection:
        document = read_plan_document(session, plan_id, version=version)
        template = read_template(connection, session.lang)
    # with no connection held: nothing holds the database while something is computed
    own = None if template is None else template.content
    return render_plan_docx(document, lang=session.lang, template=own)
