"""A file about a team: its plans in several forms, or its workbook."""

from __future__ import annotations

from collections.abc import Callable
from typing import cast

from recommender.service.exports.bundles import PlanFormat, TeamFile, choose_bundle
from recommender.service.exports.plan_files import write_plan_files
from recommender.service.exports.team import ReadPlan
from recommender.service.exports.workbook.writing import write_team_workbook
from recommender.service.session import Session


def write_team_file(
    session: Session,
    org_unit: str | None = None,
    *,
    read: ReadPlan,
    file_format: str,
    bundle: str | None = None,
    note_progress: Callable[[int, int], None] = lambda done, total: None,
) -> TeamFile:
    """Write a file about the people of a unit, or about all within the principal's scope.

    Parameters
    ----------
    session : Session
        Who asks.
    org_unit : str, optional
        The unit, with those below it.
    read : callable
        `plans.reading.read_with_document`.
    file_format, bundle : str
        As in `bundles.BUNDLES`; ``xlsx`` is the workbook, the others are plans.
    note_progress : callable
        Takes how many people are done, and of how many.

    Returns
    -------
    TeamFile
        The file, and who is in it and who is not.

    Raises
    ------
    NotFoundError
        If there is no such unit, or nobody of it lies within the scope of the principal.
    InputError
        If there is nobody, there are too many for one file, or it cannot be had like that.
    """
    chosen = choose_bundle(file_format, bundle)
    if file_format == "xlsx":
        return write_team_workbook(session, org_unit, read=read, note_progress=note_progress)
    return write_plan_files(
        session,
        org_unit,
        read=read,
        file_format=cast("PlanFormat", file_format),
        bundle=chosen,
        note_progress=note_progress,
    )
