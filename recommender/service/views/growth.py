"""What a person has learned: courses taken, and levels before and after them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass

from recommender.service.framework import ChangedStandard, find_changed_standards
from recommender.service.learning.collecting import collect_records
from recommender.service.permissions import Permission
from recommender.service.plans.reasons import name_competency, name_module
from recommender.service.session import Session
from recommender.store import Connection, to_rows
from recommender.store.people.enrolments import list_of_person
from recommender.store.people.offerings import read_offering

_MOST = 200


@dataclass(frozen=True)
class Change:
    """A level before and after a course, in levels, with the days of the two assessments."""

    competency: str
    before: float
    after: float
    before_on: dt.date
    after_on: dt.date

    @property
    def gain(self) -> float:
        """Level after minus level before; not all of it need be due to the course."""
        return self.after - self.before


@dataclass(frozen=True)
class TakenCourse:
    """An enrolment of a person, and what changed around it where that is known.

    `status` is one of ``enrolled``, ``completed``, ``cancelled`` and ``no-show``; `hours` is None
    where the course has left the catalogue.
    """

    module_id: str
    title: str
    hours: float | None
    status: str
    enrolled_on: dt.date
    completed_on: dt.date | None
    place: str
    changes: tuple[Change, ...]


@dataclass(frozen=True)
class LearningRecord:
    """What a person has learned: courses, the newest first, and the hours of completed ones.

    `changed_standards` of the person's grade came into force between the first and the last of the
    assessments that are compared.
    """

    courses: tuple[TakenCourse, ...]
    completed: int
    hours: float
    changed_standards: tuple[ChangedStandard, ...] = ()


def read_learning_record(session: Session, person_id: str) -> LearningRecord:
    """Read which courses a person took, and how levels changed around them.

    Raises
    ------
    NotFoundError
        If there is no such person within the principal's scope.
    """
    session.need(Permission.READ_ENROLMENTS)
    session.need(Permission.READ_ASSESSMENTS)
    with session.reading() as connection:
        grade = session.person(connection, person_id).grade
        courses = tuple(_read_courses(session, connection, person_id))
    completed = [course for course in courses if course.status == "completed"]
    changes = [change for course in courses for change in course.changes]
    return LearningRecord(
        courses,
        len(completed),
        sum(course.hours or 0.0 for course in completed),
        find_changed_standards(
            session.service.framework.catalog,
            min(change.before_on for change in changes),
            max(change.after_on for change in changes),
            grade=grade,
        )
        if changes
        else (),
    )


def _read_courses(
    session: Session, connection: Connection, person_id: str
) -> Iterator[TakenCourse]:
    framework, lang = session.service.framework, session.lang
    frame = collect_records(
        connection, framework, as_of=session.today, person_ids=[person_id]
    ).frame
    records = to_rows(frame[frame["module_id"] != ""])
    for taken in list_of_person(connection, person_id, limit=_MOST):
        run = read_offering(connection, taken.offering_id) if taken.offering_id else None
        module = framework.module_of.get(taken.module_id)
        yield TakenCourse(
            module_id=taken.module_id,
            title=name_module(framework, taken.module_id, lang),
            hours=module.hours if module else None,
            status=taken.status,
            enrolled_on=taken.enrolled_on,
            completed_on=taken.completed_on,
            place=(run.place or "") if run else "",
            changes=tuple(
                Change(
                    name_competency(framework, row["competency_id"], lang),
                    row["level_before"],
                    row["level_after"],
                    row["before_on"],
                    row["after_on"],
                )
                for row in records
                if row["module_id"] == taken.module_id and row["completed_on"] == taken.completed_on
            ),
        )
