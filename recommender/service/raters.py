"""Who rated whom is told to HR only; others see what was rated, not by whom."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from recommender.service.permissions import Principal, Role


def hide_raters(who: Principal, ratings: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return ratings without the ids of raters that a principal may not know.

    Parameters
    ----------
    who : Principal
        Who is to see them; the own id is not hidden.
    ratings : iterable of dict
        Rows of the kind ``ratings``.

    Returns
    -------
    list of dict
        Newest first. `rater_id` is None where it is hidden, and the order of such rows does not
        follow it either.
    """
    rows = list(ratings)
    if who.role not in (Role.HR, Role.ADMIN):
        rows = [
            row if row["rater_id"] == who.person_id else {**row, "rater_id": None} for row in rows
        ]
    rows.sort(key=_visible)
    return rows


def _visible(row: dict[str, Any]) -> tuple[Any, ...]:
    return (
        -row["rated_on"].toordinal(),
        row["competency_id"],
        row["indicator_id"],
        row["rater_type"],
        row["rater_id"] or "",
        row["rating"],
    )
