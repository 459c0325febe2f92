"""The workbook of a team, written."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from recommender.exchange import write_report
from recommender.service.exports.bundles import MOST_PEOPLE, TeamFile
from recommender.service.exports.team import ReadPlan, list_team
from recommender.service.exports.workbook.members import Member, MemberPlan
from recommender.service.exports.workbook.person_sheet import person_sheet
from recommender.service.exports.workbook.sheets import (
    budget_sheet,
    demand_sheet,
    summary_sheet,
)
from recommender.service.levels.distance import name_grade
from recommender.service.levels.gaps import describe_gaps
from recommender.service.levels.standing import read_standing
from recommender.service.permissions import Permission
from recommender.service.plans.document import competency_rows, course_keys
from recommender.service.session import Session
from recommender.store import Connection, PersonHead
from recommender.store.plans.current import find_current
from recommender.store.plans.versions import read_reader

_FIRST_PERSON = 3  # after the sheets about all


def write_team_workbook(
    session: Session,
    org_unit: str | None = None,
    *,
    read: ReadPlan,
    note_progress: Callable[[int, int], None] = lambda done, total: None,
) -> TeamFile:
    """Write the workbook of a team: a summary, demand by course, budget by unit, a sheet a person.

    Levels are those of today; of each person's plans it is the one in force, or else the one
    approved, or else the draft.

    Parameters
    ----------
    session : Session
        Who asks.
    org_unit : str, optional
        The unit; everybody within the principal's scope where not given.
    read : callable
        `plans.reading.read_with_document`.
    note_progress : callable
        Takes how many people are read, and of how many.

    Returns
    -------
    TeamFile
        The .xlsx and who is in it, with a plan or without.

    Raises
    ------
    NotFoundError
        If there is no such unit, or nobody of it lies within the scope of the principal.
    InputError
        If there is nobody, or there are too many for one file.
    """
    for permission in (
        Permission.READ_PEOPLE,
        Permission.READ_ASSESSMENTS,
        Permission.READ_PLANS,
    ):
        session.need(permission)
    members: list[Member] = []
    with session.reading() as connection:
        people = list_team(session, connection, org_unit, most=MOST_PEOPLE["one"])
        for member in _read_members(session, connection, people, read):
            members.append(member)
            note_progress(len(members), len(people))
    # from here on with no connection held
    lang, today = session.lang, session.today
    summary = summary_sheet(members, org_unit, first_sheet=_FIRST_PERSON, today=today, lang=lang)
    sheets = [
        summary,
        demand_sheet(members, lang),
        budget_sheet(members, lang),
        *(person_sheet(member, lang) for member in members),
    ]
    content = write_report(sheets, title=summary.title, as_of=today)
    written = [
        (each.head.person_id, each.plan.stored.plan.plan_id if each.plan else None)
        for each in members
    ]
    return TeamFile(content, written, [])


def _read_members(
    session: Session, connection: Connection, people: Sequence[PersonHead], read: ReadPlan
) -> Iterator[Member]:
    """Yield the members of a team, in the order of the people given."""
    framework, lang = session.service.framework, session.lang
    ids = [each.person_id for each in people]
    standing = read_standing(connection, framework, as_of=session.today, person_ids=ids)
    row_of = {person_id: row for row, person_id in enumerate(standing.people["person_id"])}
    current = find_current(connection, session.who.scope, ids)
    for each in people:
        gaps = describe_gaps(framework, standing, row_of[each.person_id])
        plan = None
        if (head := current.get(each.person_id)) is not None:
            stored, document = read(session, connection, head)
            plan = MemberPlan(stored, document, course_keys(stored.plan))
        _, _, manager, _ = read_reader(connection, each.person_id)
        yield Member(
            head=each,
            grade=name_grade(framework, each.grade, lang),
            manager=manager,
            competencies=competency_rows(framework, gaps, lang),
            plan=plan,
        )
