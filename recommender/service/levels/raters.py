"""What a reader is told of ratings: who gave them, and which figures stay with HR.

HR is told everything, except about itself. Others are told no rater but themselves, and nothing of
a type of raters that are few: with one or two, everybody knows whose figures they are. Managers
are the exception: they have to stand by their ratings anyway.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import groupby
from typing import Any

from recommender.service.levels.derivation import LevelDerivation, do_parts_disagree
from recommender.service.levels.few_raters import find_withheld
from recommender.service.permissions import Principal, Role
from training_catalog import CatalogSettings

Row = dict[str, Any]


def knows_raters(who: Principal, person_id: str) -> bool:
    """Say whether a reader may know who rated a person."""
    return who.role in (Role.HR, Role.ADMIN) and who.person_id != person_id


def tell_ratings(
    who: Principal, ratings: Iterable[Row], settings: CatalogSettings
) -> tuple[list[Row], list[Row]]:
    """Return the ratings of a person that a reader is told, and those that are withheld.

    They are told newest first; a `rater_id` that the reader may not know is None. Raters always
    see their own.
    """
    told: list[Row] = []
    withheld: list[Row] = []
    for window in _split_assessments(ratings, settings.rating_window_days):
        kinds = _withheld_from(who, window, settings)
        for row in window:
            hidden = row["rater_type"] in kinds and row["rater_id"] != who.person_id
            (withheld if hidden else told).append(row)
    return hide_raters(who, told), withheld


def tell_derivation(
    who: Principal, derivation: LevelDerivation, settings: CatalogSettings
) -> LevelDerivation:
    """Return how a level came about, without the figures that a reader is not told.

    Of a type that is withheld only its weight is left.
    """
    # the only source whose rows name other people
    if derivation.source != "ratings":
        return derivation
    kinds = _withheld_from(who, derivation.rows, settings)
    nothing = dict.fromkeys(("raters", "ratings", "fulfilment", "level"))
    parts = [
        {**part, **nothing} if part["rater_type"] in kinds else part for part in derivation.parts
    ]
    rows = [
        row
        for row in derivation.rows
        if row["rater_type"] not in kinds or row["rater_id"] == who.person_id
    ]
    return replace(
        derivation,
        parts=parts,
        rows=hide_raters(who, rows),
        disagreement=do_parts_disagree(parts),
        # less what the types that are told have rated, it would be what the others did
        fulfilment=() if kinds else derivation.fulfilment,
    )


def hide_raters(who: Principal, ratings: Iterable[Row]) -> list[Row]:
    """Take the ids of raters out of ratings, newest first, and leave the reader's own."""
    rows = [
        row
        if row["rater_id"] == who.person_id or knows_raters(who, row["person_id"])
        else {**row, "rater_id": None}
        for row in ratings
    ]
    # sorted after the ids are gone, so that the order does not follow them
    rows.sort(key=lambda row: (-row["rated_on"].toordinal(), *rating_order(row)))
    return rows


def rating_order(row: Row) -> tuple[str | int, ...]:
    """Return what ratings of one day are ordered by; a hidden rater comes first."""
    return (
        row["competency_id"],
        row["indicator_id"],
        row["rater_type"],
        row["rater_id"] or "",
        row["rating"],
    )


def _withheld_from(
    who: Principal, rows: Sequence[Row], settings: CatalogSettings
) -> frozenset[str]:
    """Find what a reader is not told of the rows of one assessment."""
    if not rows or knows_raters(who, rows[0]["person_id"]):
        return frozenset()
    raters: dict[str, set[str]] = {}
    for row in rows:
        raters.setdefault(row["rater_type"], set()).add(row["rater_id"])
    return find_withheld(raters, reader=who.person_id, settings=settings)


def _split_assessments(ratings: Iterable[Row], window_days: int) -> Iterator[list[Row]]:
    """Split the ratings of a person into those that form one assessment each."""
    by_competency = sorted(
        ratings, key=lambda row: (row["competency_id"], -row["rated_on"].toordinal())
    )
    for _, rows in groupby(by_competency, key=lambda row: row["competency_id"]):
        window: list[Row] = []
        for row in rows:
            # the latest rating dates the assessment, and the window reaches back from it
            first = row if not window else window[0]
            if row["rated_on"] < first["rated_on"] - dt.timedelta(days=window_days):
                yield window
                window = []
            window.append(row)
        yield window
