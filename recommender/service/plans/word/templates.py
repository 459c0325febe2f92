"""The template of plans in Word: read, replaced, and the shipped one put back."""

from __future__ import annotations

import datetime as dt
import hashlib
from dataclasses import dataclass

from recommender.documents import check_template, make_template
from recommender.errors import ForbiddenError
from recommender.service.permissions import Permission
from recommender.service.session import Session
from recommender.store import EVERYONE
from recommender.store.plans import templates as store


@dataclass(frozen=True)
class PlanTemplate:
    """A template for plans in Word.

    Parameters
    ----------
    lang : str
        Language of the plans that it is for.
    content : bytes
        The .docx.
    sha256 : str
        Its digest.
    actor : str or None
        Who put it there; None for the one that ships.
    stored_at : datetime or None
        When, in UTC.
    """

    lang: str
    content: bytes
    sha256: str
    actor: str | None = None
    stored_at: dt.datetime | None = None


def read_plan_template(session: Session, lang: str) -> PlanTemplate:
    """Return the template in use for plans in a language.

    Whoever may read plans may see how they are set; a template says nothing about anybody.
    """
    session.need(Permission.READ_PLANS)
    with session.reading() as connection:
        template = store.read_template(connection, lang)
    return _shipped(lang) if template is None else PlanTemplate(**vars(template))


def replace_plan_template(session: Session, lang: str, content: bytes) -> PlanTemplate:
    """Put an organisation's own template into use; plans are printed with it from then on.

    Raises
    ------
    ForbiddenError
        If the principal is HR of a part of the organisation only.
    InputError
        If it cannot be used: it says what is wrong, beside which words, and how to mend it.
    """
    _need_all(session)
    # before anything is written: the check takes a while
    check_template(content, file=f"plan.{lang}.docx")
    with session.writing() as connection:
        stored = store.write_template(
            connection, lang, content, actor=session.who.actor, at=dt.datetime.now(dt.UTC)
        )
        session.details.update(lang=lang, sha256=stored.sha256)
    return PlanTemplate(**vars(stored))


def restore_plan_template(session: Session, lang: str) -> PlanTemplate:
    """Go back to the template that ships; nothing happens where that is in use.

    Raises
    ------
    ForbiddenError
        If the principal is HR of a part of the organisation only.
    """
    _need_all(session)
    with session.writing() as connection:
        session.details.update(lang=lang, removed=store.delete_template(connection, lang))
    return _shipped(lang)


def _shipped(lang: str) -> PlanTemplate:
    content = make_template(lang)
    return PlanTemplate(lang, content, hashlib.sha256(content).hexdigest())


def _need_all(session: Session) -> None:
    """Raise unless the principal is there for the whole organisation, whose template it is."""
    session.need(Permission.IMPORT)
    if session.who.scope != EVERYONE:
        raise ForbiddenError("word.template.one-unit")
