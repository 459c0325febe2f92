"""Answers about a source of files, kept so that its next file is not asked about again."""

from __future__ import annotations

from recommender.exchange.recognition.answers.mapping import Mapping, read_mapping
from recommender.exchange.recognition.reading import Reading
from recommender.service.session import Session
from recommender.store import Connection
from recommender.store.imports.mappings import read_learned, write_learned

# what an answer says of a source and not of one file: next month's file has other days and courses
_OF_SOURCE = frozenset({"method", "rater_type"})


def read_answers(session: Session, connection: Connection, reading: Reading) -> Mapping | None:
    """Return what was answered before about files with the same headers; None if nothing."""
    learned = read_learned(connection, reading.fingerprint, _unit(session))
    return read_mapping(learned) if learned else None


def keep_answers(session: Session, connection: Connection, reading: Reading) -> None:
    """Keep the answers that hold for the next file of the source, too."""
    learned = learn(reading).to_dict()
    if learned:
        write_learned(
            connection, reading.fingerprint, _unit(session), learned, actor=session.who.actor
        )


def learn(reading: Reading) -> Mapping:
    """Return the answers that hold for the next file of the source, too.

    Days, courses and people belong to one file; and who is meant by a name is kept nowhere but
    with the person.
    """
    mapping = Mapping()
    for question in reading.questions:
        of_file = question.section == "given" and question.subject not in _OF_SOURCE
        if question.section == "people" or of_file:
            continue
        if answer := reading.answers.answer(question):
            mapping = mapping.with_answer(question, answer)
    return mapping


def _unit(session: Session) -> str:
    return "" if session.who.scope.everyone else session.who.scope.org_unit or ""
