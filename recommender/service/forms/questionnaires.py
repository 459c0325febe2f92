"""Rating forms for a round: who is asked about whom, and about which behaviour."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from recommender.errors import InputError, NotFoundError
from recommender.exchange import write_rating_form, write_survey_text
from recommender.exchange.forms.layout import safe_name
from recommender.exchange.forms.rating_forms import Question, RatedPerson, RatingForm
from recommender.service.forms.raters import RULE, Assignment, assign_by_rule, read_assignments
from recommender.service.framework import Framework
from recommender.service.levels.standing import targets_of_grades
from recommender.service.people.known_ids import make_known
from recommender.service.permissions import Permission
from recommender.service.session import Session
from recommender.store import (
    EVERYONE,
    Connection,
    PersonHead,
    covers_unit,
    find_person,
    org_path,
    unit_exists,
)
from recommender.store.people.people import in_unit, list_people
from recommender.store.scope import present
from recommender.table_kinds import RATER_TYPES
from recommender.texts import say

# asked about are the levels no further than this from the target: one may just miss it, or be
# well above it
_AROUND_TARGET = 1.0


@dataclass(frozen=True)
class Questionnaires:
    """The files of a round: rating forms, and texts for 问卷星."""

    forms: list[Path]
    surveys: list[Path]
    rated: int


def write_questionnaires(
    session: Session, org_unit: str, folder: Path, *, raters: str | Path = RULE
) -> Questionnaires:
    """Write the rating forms of a round for the people of a unit and the units below it.

    Each rater gets one workbook, with a sheet for each person to rate. Asked about are the
    indicators of the levels within one level of the target of the person's grade. For each grade
    there is a text, too, that 问卷星 makes a questionnaire of.

    Parameters
    ----------
    session : Session
        Its day is that of the round, which all ratings will have.
    org_unit : str
        Path of the unit.
    folder : Path
        Where to write; made if it is not there.
    raters : str or Path
        A rule (see `assign_by_rule`), or a table of who rates whom.

    Raises
    ------
    NotFoundError
        If there is no such unit within the principal's scope.
    InputError
        If it is no rule and no table that can be read, or nobody is rated.
    TableFaultsError
        If the table of raters has bad rows.
    """
    for permission in (Permission.IMPORT, Permission.READ_PEOPLE):
        session.need(permission)
    framework = session.service.framework
    with session.reading() as connection:
        people, colleagues = _read_people(session, connection, org_unit)
        if isinstance(raters, Path):
            known = make_known(framework, people=[person.person_id for person in people])
            names = {name: head.name for name, head in colleagues.items()}
            assignments = read_assignments(raters, known, names, latest=session.today)
        else:
            assignments = assign_by_rule(raters, people, colleagues)
        rated = {each.person_id for each in assignments}
        seen = rated | {each.rater_id for each in assignments}
        session.saw(colleagues[name].ref for name in sorted(seen & colleagues.keys()))
    if not assignments:
        raise InputError("form.nobody", org_unit=org_unit)
    questions = _find_questions(session)
    folder.mkdir(parents=True, exist_ok=True)
    forms = [
        _write_form(session, mine, colleagues, questions, folder)
        for mine in _by_rater(assignments).values()
    ]
    asked = [person for person in people if person.person_id in rated]
    surveys = _write_surveys(session, asked, questions, folder)
    session.details |= {"forms": len(forms), "rated": len(rated)}
    return Questionnaires(forms, surveys, len(rated))


def _read_people(
    session: Session, connection: Connection, org_unit: str
) -> tuple[list[PersonHead], dict[str, PersonHead]]:
    """Return the people of a unit, and everybody within the scope with their managers, by id."""
    scope, path = session.who.scope, org_path(org_unit)
    if not (path and covers_unit(scope, path) and unit_exists(connection, path)):
        raise NotFoundError("org-unit.unknown", org_unit=org_unit)
    here = [present(session.today)]
    everybody = {
        head.person_id: head for head in list_people(connection, scope, conditions=here, limit=None)
    }
    people = list_people(connection, scope, conditions=[*here, in_unit(path)], limit=None)
    for manager in {person.manager_id for person in people} - everybody.keys() - {None}:
        # the head of a unit reports to somebody outside of it
        head = find_person(connection, EVERYONE, str(manager))
        if head is not None and (head.left_on is None or head.left_on > session.today):
            everybody[head.person_id] = head
    return people, everybody


def _find_questions(session: Session) -> dict[str, list[Question]]:
    """Return by grade what people of it are asked about."""
    framework = session.service.framework
    targets, _ = targets_of_grades(framework, session.today)
    return {
        grade: _questions_of(framework, targets[row], session.lang)
        for row, grade in enumerate(framework.grade_ids)
    }


def _questions_of(framework: Framework, targets: Sequence[float], lang: str) -> list[Question]:
    return [
        Question(
            competency.id,
            competency.name.in_language(lang),
            indicator.id,
            indicator.text.in_language(lang),
        )
        for competency, target in zip(framework.catalog.competencies, targets, strict=True)
        for level in competency.levels
        if abs(level.level - target) <= _AROUND_TARGET
        for indicator in level.indicators
    ]


def _by_rater(assignments: Sequence[Assignment]) -> dict[str, list[Assignment]]:
    order = list(RATER_TYPES)
    by_rater: dict[str, list[Assignment]] = {}
    for each in sorted(assignments, key=lambda each: order.index(each.rater_type)):
        by_rater.setdefault(each.rater_id, []).append(each)
    return by_rater


def _write_form(
    session: Session,
    mine: Sequence[Assignment],
    colleagues: Mapping[str, PersonHead],
    questions: Mapping[str, list[Question]],
    folder: Path,
) -> Path:
    rater = mine[0]
    for each in mine:
        if (grade := colleagues[each.person_id].grade) not in questions:
            raise InputError("person.grade", person_id=each.person_id, grade=grade)
    rated = [
        RatedPerson(head.person_id, head.name, each.rater_type, questions[head.grade])
        for each in mine
        for head in (colleagues[each.person_id],)
    ]
    form = RatingForm(rater.rater_id, rater.rater_name, session.today, rated)
    name = say("form.rating-file", session.lang, name=rater.rater_name, id=rater.rater_id)
    path = folder / f"{safe_name(name)}.xlsx"
    write_rating_form(form, path, lang=session.lang)
    return path


def _write_surveys(
    session: Session,
    people: Sequence[PersonHead],
    questions: Mapping[str, list[Question]],
    folder: Path,
) -> list[Path]:
    written: list[Path] = []
    for grade in session.service.framework.catalog.grades:
        named = [(head.person_id, head.name) for head in people if head.grade == grade.id]
        if named and questions[grade.id]:
            title = say("survey.title", "zh-CN", grade=grade.name.zh_cn)
            path = folder / f"{safe_name(title)}.txt"
            write_survey_text(path, title, named, _in_chinese(session, questions[grade.id]))
            written.append(path)
    return written


def _in_chinese(session: Session, questions: Sequence[Question]) -> list[Question]:
    texts = {
        indicator.id: indicator.text.zh_cn
        for competency in session.service.framework.catalog.competencies
        for level in competency.levels
        for indicator in level.indicators
    }
    return [
        Question(each.competency_id, each.competency, each.indicator_id, texts[each.indicator_id])
        for each in questions
    ]
