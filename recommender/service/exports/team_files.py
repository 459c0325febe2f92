"""Which files about a team there are: its plans in several forms, and its workbook."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import cast

from recommender.errors import InputError
from recommender.service.exports.plan_files import (
    Bundle,
    PlanFormat,
    TeamFile,
    write_plan_files,
)
from recommender.service.exports.workbook.writing import write_team_workbook
from recommender.service.session import Session

BUNDLES: Mapping[str, tuple[Bundle, ...]] = {
    "pdf": ("zip", "one"),
    # documents in Word cannot be joined: each is known by a code of its own when it comes back
    "docx": ("zip",),
    "xlsx": ("one",),
}
"""By format, what can be had: a file each in a ``zip``, or all in ``one``; the first by default."""
_TYPES = {
    "zip": "application/zip",
    "pdf": "application/pdf",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}


def choose_bundle(file_format: str, bundle: str | None) -> Bundle:
    """Return how files of a format are bundled: as asked, or as is usual for it.

    Raises
    ------
    InputError
        If there is no such format, or it cannot be had like that.
    """
    if file_format not in BUNDLES:
        raise InputError("export.format", found=file_format, known=", ".join(BUNDLES))
    possible = BUNDLES[file_format]
    if bundle is not None and bundle not in possible:
        problem = "export.not-one" if bundle == "one" else "export.not-zip"
        raise InputError(problem, format=file_format)
    return possible[0] if bundle is None else cast("Bundle", bundle)


def type_of_bundle(file_format: str, bundle: str) -> tuple[str, str]:
    """Return the ending of a file about a team, and its media type."""
    ending = "zip" if bundle == "zip" else file_format
    return ending, _TYPES[ending]


def write_team_file(
    session: Session,
    org_unit: str | None = None,
    *,
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
    file_format, bundle : str
        As in `BUNDLES`; ``xlsx`` is the workbook, see `write_team_workbook`, the others are plans.
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
        return write_team_workbook(session, org_unit, note_progress=note_progress)
    return write_plan_files(
        session,
        org_unit,
        file_format=cast("PlanFormat", file_format),
        bundle=chosen,
        note_progress=note_progress,
    )
