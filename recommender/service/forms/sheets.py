"""Sheets for exams and courses, with the people who are to take them."""

from __future__ import annotations

from pathlib import Path

from recommender.errors import InputError, NotFoundError
from recommender.exchange import write_attendance_sheet, write_exam_sheet
from recommender.exchange.forms.sheets import AttendanceSheet, ExamSheet, Participant
from recommender.service.permissions import Permission
from recommender.service.session import Session
from recommender.store import Connection, covers_unit, org_path, unit_exists
from recommender.store.people import enrolments
from recommender.store.people.people import in_unit, list_people
from recommender.store.people.seats import find_offerings
from recommender.store.scope import present

# more would not sit in one room
_MOST_PARTICIPANTS = 10_000


def write_scores_sheet(
    session: Session, competency_id: str, exam_level: int, org_unit: str, path: Path
) -> int:
    """Write the score sheet of an exam for the people of a unit; return how many they are.

    Raises
    ------
    NotFoundError
        If there is no such unit within the principal's scope, or no such competency.
    InputError
        If the competency has no exam of this level, or there is nobody in the unit.
    """
    _need(session)
    competency = session.service.framework.competencies.get(competency_id)
    if competency is None:
        raise NotFoundError("competency.unknown", competency_id=competency_id)
    lang = session.lang
    exams = {exam.level: exam for exam in competency.exams}
    if exam_level not in exams:
        levels = ", ".join(map(str, sorted(exams))) or "-"
        name = competency.name.in_language(lang)
        raise InputError("form.no-exam", competency=name, level=exam_level, levels=levels)
    with session.reading() as connection:
        people = _people_of(session, connection, org_unit)
    subjects = [(each.id, each.name.in_language(lang)) for each in exams[exam_level].subjects]
    level = next(
        each.name.in_language(lang)
        for each in session.service.framework.catalog.levels
        if each.level == exam_level
    )
    title = f"{competency.name.in_language(lang)} · {level}"
    exam = ExamSheet(title, competency_id, exam_level, subjects, people)
    write_exam_sheet(exam, path, lang=lang)
    return len(people)


def write_attendance(
    session: Session,
    path: Path,
    *,
    offering_id: str | None = None,
    module_id: str = "",
    org_unit: str = "",
) -> int:
    """Write an attendance sheet; return how many people stand on it.

    These are the people enrolled in a scheduled run or, for a module without one, those of a unit.

    Raises
    ------
    NotFoundError
        If there is no such scheduled run or module, or no such unit within the principal's scope.
    InputError
        If nobody would stand on it.
    """
    _need(session)
    modules, lang = session.service.framework.module_of, session.lang
    on = None
    with session.reading() as connection:
        if offering_id:
            run = find_offerings(connection, [offering_id]).get(offering_id)
            if run is None:
                raise NotFoundError("offering.unknown", offering_id=offering_id)
            module_id, on = run.module_id, run.ends_on
            people = _people_in(session, connection, offering_id)
        else:
            people = _people_of(session, connection, org_unit)
    if module_id not in modules:
        raise NotFoundError("module.unknown", module_id=module_id)
    title = modules[module_id].title.in_language(lang)
    sheet = AttendanceSheet(title, module_id, offering_id, on, people)
    write_attendance_sheet(sheet, path, lang=lang)
    return len(people)


def _need(session: Session) -> None:
    for permission in (Permission.IMPORT, Permission.READ_PEOPLE):
        session.need(permission)


def _people_of(session: Session, connection: Connection, org_unit: str) -> list[Participant]:
    scope, unit = session.who.scope, org_path(org_unit)
    if not (unit and covers_unit(scope, unit) and unit_exists(connection, unit)):
        raise NotFoundError("org-unit.unknown", org_unit=org_unit)
    conditions = [present(session.today), in_unit(unit)]
    heads = list_people(connection, scope, conditions=conditions, limit=None)
    if not heads:
        raise InputError("form.nobody", org_unit=org_unit)
    session.saw(head.ref for head in heads)
    return [Participant(head.person_id, head.name) for head in heads]


def _people_in(session: Session, connection: Connection, offering_id: str) -> list[Participant]:
    scope = session.who.scope
    rows = enrolments.list_of_offering(connection, scope, offering_id, limit=_MOST_PARTICIPANTS)
    enrolled = {row.person_id: row for row in rows if row.status == "enrolled"}
    if not enrolled:
        raise InputError("form.nobody-enrolled", offering_id=offering_id)
    session.saw(row.ref for row in enrolled.values())
    names = {head.person_id: head.name for head in list_people(connection, scope, limit=None)}
    return [Participant(person, names[person], row.enrolled_on) for person, row in enrolled.items()]
