"""Which files about a team there are, and what such a file holds."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, cast

from recommender.errors import InputError, RecommenderError

PlanFormat = Literal["pdf", "docx"]
Bundle = Literal["one", "zip"]
MOST_PEOPLE: Mapping[str, int] = {"zip": 1000, "one": 200}
"""How many people a file can hold: one document is set as a whole, in memory."""
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


@dataclass(frozen=True)
class TeamFile:
    """A file about the people of a team.

    Parameters
    ----------
    content : bytes or None
        The file; None where there is no plan to be in it.
    written : list of tuple of str and str or None
        Who is in it, by id, and the ids of their plans; None where somebody is in it without one.
    failed : list of tuple of str and RecommenderError
        Who is not, and why.
    """

    content: bytes | None
    written: list[tuple[str, str | None]]
    failed: list[tuple[str, RecommenderError]]
