"""What the report for the works council says, in words and figures."""

from __future__ import annotations

from typing import Any

from recommender.documents.figures import UNKNOWN, decimal, sentences
from recommender.documents.watch.document import GroupLine, Measure, WatchReport
from recommender.documents.watch.wording import (
    name_group,
    say_background,
    say_difference,
    say_figure,
    say_finding,
    say_lead,
    say_todo,
)
from recommender.texts import say

_MEANS: tuple[Measure, ...] = ("gap", "recommended", "hours", "seats")
_MOST_GROUPS = 15
"""Groups of a dimension that the report lists at most: the largest, so that it stays short."""


def council_view(report: WatchReport, lang: str) -> dict[str, Any]:
    """Say all that the report shows; JSON values only."""

    def text(key: str, **values: object) -> str:
        return say(f"watch.council.{key}", lang, **values)

    return {
        "lang": lang,
        "title": say("watch.council_title", lang),
        "subtitle": say("watch.council_for", lang),
        "day": say("watch.as_of", lang, day=report.as_of),
        "year": report.as_of.year,
        "month": report.as_of.month,
        "number": report.as_of.day,
        "synthetic": say("evaluation.synthetic", lang) if report.synthetic else "",
        "lead": [sentences(say_lead(report, lang), lang=lang), *say_background(report, lang)],
        "decides": [text("decides"), [text("decides_1"), text("decides_2")]],
        "uses": [text("uses"), [text("uses_1"), text("uses_2")]],
        "results": text("results"),
        "notes": [text("results_note"), text("results_hidden")],
        "columns": [
            say("watch.people", lang),
            *(say(f"watch.short.{name}", lang) for name in _MEANS),
            text("column_beside"),
            text("column_offset"),
        ],
        "tables": [
            {
                "name": say(f"watch.dimension.{dimension}", lang),
                "rows": [_row(report, line, lang) for line in _largest(report, dimension)],
            }
            for dimension in ("unit", "tenure", "grade")
        ],
        "found": text("found"),
        "outcome": say_lead(report, lang)[0],
        "findings": [
            [say_finding(report, finding, lang), say_todo(finding, lang)]
            for finding in report.findings
        ],
        "rate": say("watch.rate", lang),
        "done": [text("done"), _list_done(report, lang)],
        "ask": [text("ask"), [text("ask_1"), text("ask_2")]],
        "page": text("page"),
    }


def _largest(report: WatchReport, dimension: str) -> list[GroupLine]:
    lines = [line for line in report.lines if line.dimension == dimension]
    if len(lines) <= _MOST_GROUPS:
        return lines
    return sorted(lines, key=lambda line: (-(line.people or 0), line.group))[:_MOST_GROUPS]


def _row(report: WatchReport, line: GroupLine, lang: str) -> list[str]:
    means = [line.measures.get(name) for name in _MEANS]
    hours = line.measures.get("hours")
    offset = line.predicted.offset if line.predicted else None
    return [
        name_group(report, line.dimension, line.group, lang),
        UNKNOWN if line.people is None else decimal(line.people, digits=0),
        *(
            UNKNOWN if mean is None else say_figure(name, mean.mean.figure, exact=report.exact)
            for name, mean in zip(_MEANS, means, strict=True)
        ),
        say_difference("hours", hours.difference if hours else None, lang, exact=report.exact),
        say_difference("gap", offset, lang, exact=report.exact),
    ]


def _list_done(report: WatchReport, lang: str) -> list[str]:
    done = [
        say(
            "watch.council.done_switch",
            lang,
            day=switch.time.date(),
            what=say(f"models.did.{switch.action}", lang),
            model=switch.model_id or say("watch.council.experts", lang),
        )
        for switch in report.switches
    ]
    reviews = say(
        "watch.council.done_reviews", lang, made=report.objections, answered=report.answered
    )
    return [*(done or [say("watch.council.done_none", lang)]), reviews]
