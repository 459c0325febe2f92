"""Signature lists of scheduled runs as PDF, with the wait list and the notice of a lottery."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from recommender.documents.figures import day, percent
from recommender.documents.typesetting import RenderedPdf, make_showable, typeset
from recommender.texts import say


@dataclass(frozen=True)
class ListedPerson:
    """Somebody on a list."""

    person_id: str
    name: str
    org_unit: str


@dataclass(frozen=True)
class LotteryNotice:
    """A lottery by which seats were given: among how many, with which chance, and its proof."""

    seats: int
    people: int
    chance: float
    seed: int
    digest: str


@dataclass(frozen=True)
class SeatList:
    """A scheduled run, who has a seat, who waits in which order, and if any of them is made up."""

    offering_id: str
    course: str
    place: str
    starts_on: dt.date
    ends_on: dt.date
    seated: Sequence[ListedPerson]
    waiting: Sequence[ListedPerson]
    lotteries: Sequence[LotteryNotice]
    synthetic: bool


def render_seat_lists_pdf(
    lists: Sequence[SeatList], *, name: str, is_draft: bool, as_of: dt.date, lang: str
) -> RenderedPdf:
    """Set a page for each run: who has a seat, with a line to sign on, who waits, what was drawn.

    Parameters
    ----------
    lists : sequence of SeatList
        At least one.
    name : str
        What the cohort is called.
    is_draft : bool
        Whether nobody is enrolled yet, which every page then says.
    as_of : date
        Day of the cohort, and date of the file.
    lang : str
        ``zh-CN`` or ``en``.

    Returns
    -------
    RenderedPdf
        The same bytes for the same lists.
    """
    missing: dict[str, None] = {}
    labels = (
        *("number", "name", "person_id", "unit", "signature", "waiting", "place", "date"),
        *("lottery", "draft", "author"),
    )
    shown = {
        "lang": lang,
        "name": name,
        "as_of": {"year": as_of.year, "month": as_of.month, "day": as_of.day},
        "draft": is_draft,
        "labels": {label: say(f"document.seats.{label}", lang) for label in labels},
        "lists": [_show(each, lang) for each in lists],
    }
    stamp = dt.datetime.combine(as_of, dt.time(), dt.UTC)
    pdf = typeset("seats.typ", "seats", make_showable(shown, missing), timestamp=stamp)
    return RenderedPdf(pdf, tuple(missing))


def _show(each: SeatList, lang: str) -> dict[str, Any]:
    dates = day(each.starts_on)
    if each.ends_on != each.starts_on:
        dates = say("document.seats.dates", lang, first=dates, last=day(each.ends_on))
    return {
        "course": each.course,
        "run": each.offering_id,
        "dates": dates,
        "place": each.place,
        "synthetic": say("evaluation.synthetic", lang) if each.synthetic else "",
        "seated": [vars(person) for person in each.seated],
        "waiting": [vars(person) for person in each.waiting],
        "lotteries": [
            say(
                "document.seats.notice",
                lang,
                seats=notice.seats,
                people=notice.people,
                chance=percent(notice.chance),
                seed=notice.seed,
                digest=notice.digest[:16],
            )
            for notice in each.lotteries
        ],
    }
