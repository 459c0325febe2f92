"""The workbook of a team, written."""

from __future__ import annotations

from collections.abc import Callable

from recommender.exchange import write_report
from recommender.service.exports.plan_files import MOST_PEOPLE, TeamFile
from recommender.service.exports.team import list_team
from recommender.service.exports.workbook.members import Member, read_members
from recommender.service.exports.workbook.person_sheet import person_sheet
from recommender.service.exports.workbook.sheets import (
    budget_sheet,
    demand_sheet,
    summary_sheet,
)
from recommender.service.permissions import Permission
from recommender.service.session import Session

_FIRST_PERSON = 3  # after the sheets about all


def write_team_workbook(
    session: Session,
    org_unit: str | None = None,
    *,
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
        for member in read_members(session, connection, people):
            members.append(member)
            note_progress(len(members), len(people))
    # from here on with no connection held
    summary = summary_sheet(session, members, org_unit, _FIRST_PERSON)
    sheets = [
        summary,
        demand_sheet(session, members),
        budget_sheet(session, members),
        *(person_sheet(session, member) for member in members),
    ]
    content = write_report(sheets, title=summary.title, as_of=session.today)
    written = [
        (each.head.person_id, each.plan.stored.plan.plan_id if each.plan else None)
        for each in members
    ]
    return TeamFile(content, written, [])
