"""Files of HR's own shapes: looked at, asked about, and imported as a table of one of our kinds."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path

from recommender.errors import InputError
from recommender.exchange import recognise_form
from recommender.exchange.recognition.answers.mapping import Mapping as Answers
from recommender.exchange.recognition.kinds.statements import read_statements
from recommender.exchange.recognition.reading import Reading
from recommender.exchange.recognition.recognise import recognise
from recommender.exchange.recognition.vocabulary import Names, Staff, Vocabulary, bare
from recommender.exchange.tables.sheets.reading import read_sheets
from recommender.service.framework import Framework
from recommender.service.people.known_ids import find_kind
from recommender.service.people.recognising.learned import read_answers
from recommender.service.permissions import Permission
from recommender.service.session import Session
from recommender.store.people.people import list_people
from training_catalog import Catalog, Text


def look_at_file(
    session: Session, path: Path, *, kind: str = "", answers: Answers | None = None
) -> Reading:
    """Say what a file is, how its columns are understood, and what has to be asked.

    Answers learned of files with the same headers hold where none is given.

    Raises
    ------
    InputError
        If it cannot be read or is of no kind that is known, or there is no such kind.
    """
    session.need(Permission.IMPORT)
    if kind:
        find_kind(kind)
    given = answers or Answers()
    if given.kind:
        find_kind(given.kind)
    if form := recognise_form(path):
        return Reading(form.kind, "form", path.name, None, (), (), (), given, (), None)
    statements = read_statements(path, build_vocabulary(session.service.framework).modules)
    sheets = list(read_sheets(path)) if statements is None else [statements]
    with session.reading() as connection:
        people = list_people(connection, session.who.scope, limit=None)
        words = build_vocabulary(
            session.service.framework,
            (Staff(p.person_id, p.name, p.org_unit, p.grade, p.manager_id) for p in people),
        )
        reading = recognise(path.name, sheets, words, given, kind=kind)
        learned = read_answers(session, connection, reading)
    if learned:
        known = given.over(learned)
        try:
            reading = recognise(path.name, sheets, words, known, kind=kind)
        except InputError as error:
            # what was learned may name a competency that the catalogue no longer has
            if error.code != "mapping.unknown-answer":
                raise
            return reading
        used = [q for q in reading.questions if known.answer(q) and not given.answer(q)]
        if used:
            note = ("learned", {"count": len(used)})
            reading = replace(reading, notes=(*reading.notes, note))
    return reading


def build_vocabulary(framework: Framework, people: Iterable[Staff] = ()) -> Vocabulary:
    """Return what names in a file may stand for: the catalogue's, and these people."""
    catalog = framework.catalog
    indicators = [
        (indicator, competency.id)
        for competency in catalog.competencies
        for level in competency.levels
        for indicator in level.indicators
    ]
    return Vocabulary(
        competencies=_names((c.id, c.name) for c in catalog.competencies),
        modules=_names((m.id, m.title) for m in catalog.modules),
        grades=_names((g.id, g.name) for g in catalog.grades),
        figures=_names((f.id, f.name) for f in catalog.business_figures),
        indicators=_names((i.id, i.text) for i, _ in indicators),
        indicator_of={indicator.id: competency for indicator, competency in indicators},
        subjects=_subjects(catalog),
        level_words={
            bare(word): float(level.level)
            for level in catalog.levels
            for word in (level.name.zh_cn, level.name.en)
        },
        targets=_targets(catalog),
        people=tuple(people),
    )


def _names(things: Iterable[tuple[str, Text]]) -> Names:
    spellings: dict[str, str] = {}
    labels: dict[str, str] = {}
    for id_, text in things:
        labels[id_] = text.zh_cn
        spellings |= {text.zh_cn: id_, text.en: id_, id_: id_}
    return Names(spellings, labels)


def _subjects(catalog: Catalog) -> Mapping[str, tuple[tuple[str, int, str], ...]]:
    subjects: dict[str, dict[tuple[str, int, str], None]] = {}
    for competency in catalog.competencies:
        for exam in competency.exams:
            for subject in exam.subjects:
                for spelling in (subject.name.zh_cn, subject.name.en, subject.id):
                    meaning = (competency.id, exam.level, subject.id)
                    subjects.setdefault(bare(spelling), {})[meaning] = None
    return {spelling: tuple(meanings) for spelling, meanings in subjects.items()}


def _targets(catalog: Catalog) -> Mapping[tuple[str, str], float]:
    # of profiles that replace each other the latest one holds
    return {
        (profile.grade, competency): target.level
        for profile in sorted(catalog.profiles, key=lambda profile: profile.effective_on)
        for competency, target in profile.targets.items()
    }
