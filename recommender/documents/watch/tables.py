"""The figures of the watch as a page shows them: tables of texts."""

from __future__ import annotations

from dataclasses import dataclass

from recommender.documents.figures import UNKNOWN, decimal, percent, signed
from recommender.documents.watch.document import (
    MEANT_BY_GRADE,
    MEASURES,
    Dimension,
    GroupLine,
    Measure,
    Predicted,
    WatchReport,
)
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


@dataclass(frozen=True)
class FindingText:
    """A finding in words, what to do about it, and since when."""

    is_alarm: bool
    sentence: str
    todo: str
    since: str


@dataclass(frozen=True)
class Row:
    """A row of a table; a cell is a figure and, below it, its range or difference from others."""

    name: str
    people: str
    cells: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class GroupTable:
    """The groups of one dimension, with the headings of the cells."""

    dimension: Dimension
    name: str
    rows: tuple[Row, ...]


@dataclass(frozen=True)
class WatchPage:
    """All that a page shows.

    `measures` are short and long headings; `model_rows` are everybody and each group with records
    since the training; `inputs` are name, people and stability index.
    """

    lead: tuple[str, ...]
    background: tuple[str, ...]
    findings: tuple[FindingText, ...]
    measures: tuple[tuple[str, str], ...]
    tables: tuple[GroupTable, ...]
    model_rows: tuple[Row, ...]
    inputs: tuple[tuple[str, str, str], ...]
    threshold: str


def watch_page(report: WatchReport, lang: str) -> WatchPage:
    """Say all that the page shows."""
    dimensions: dict[Dimension, None] = dict.fromkeys(line.dimension for line in report.lines)
    model_rows = [_everybody(report.predicted, report, lang)] if report.predicted else []
    model_rows += [
        _model_row(
            name_group(report, line.dimension, line.group, lang), line.predicted, report, lang
        )
        for line in report.lines
        if line.predicted
    ]
    return WatchPage(
        lead=tuple(say_lead(report, lang)),
        background=tuple(say_background(report, lang)),
        findings=tuple(
            FindingText(
                finding.is_alarm,
                say_finding(report, finding, lang),
                say_todo(finding, lang),
                finding.since.isoformat(),
            )
            for finding in report.findings
        ),
        measures=tuple(
            (say(f"watch.short.{name}", lang), say(f"watch.measure.{name}", lang))
            for name in MEASURES
        ),
        tables=tuple(
            GroupTable(
                dimension,
                say(f"watch.dimension.{dimension}", lang),
                tuple(
                    _group_row(report, line, lang)
                    for line in report.lines
                    if line.dimension == dimension
                ),
            )
            for dimension in dimensions
        ),
        model_rows=tuple(model_rows),
        inputs=tuple(
            (
                say(f"watch.input.{line.name}", lang),
                f"{line.people:,}",
                decimal(line.index, digits=2),
            )
            for line in report.inputs
        ),
        threshold=decimal(report.inputs[0].threshold, digits=2) if report.inputs else "",
    )


def _group_row(report: WatchReport, line: GroupLine, lang: str) -> Row:
    return Row(
        name_group(report, line.dimension, line.group, lang),
        # it may also have more people, and be left out because of a smaller one
        say("watch.hidden", lang) if line.people is None else f"{line.people:,}",
        tuple(_measure_cell(report, line, name, lang) for name in MEASURES),
    )


def _measure_cell(
    report: WatchReport, line: GroupLine, name: Measure, lang: str
) -> tuple[str, str]:
    compared = line.measures.get(name)
    if compared is None:
        return UNKNOWN, ""
    mean = say_figure(name, compared.mean.figure, exact=report.exact)
    if compared.difference is None:
        is_meant = line.dimension == "grade" and name in MEANT_BY_GRADE
        return mean, "" if is_meant else say("watch.not_comparable", lang)
    return mean, say_difference(name, compared.difference, lang, exact=report.exact)


def _everybody(predicted: Predicted, report: WatchReport, lang: str) -> Row:
    return _model_row(say("watch.everybody", lang), predicted, report, lang)


def _model_row(name: str, predicted: Predicted, report: WatchReport, lang: str) -> Row:
    digits = 2 if report.exact else 1

    def ranged(
        figures: tuple[float, float, float] | None, *, share: bool = False
    ) -> tuple[str, str]:
        if figures is None:
            return UNKNOWN, ""
        texts = [percent(value) if share else decimal(value, digits=digits) for value in figures]
        return texts[0], say("watch.range", lang, lower=texts[1], upper=texts[2])

    return Row(
        name,
        f"{predicted.people:,}",
        (
            (f"{predicted.records:,}", ""),
            (signed(predicted.predicted, digits=digits), ""),
            (signed(predicted.observed, digits=digits), ""),
            ranged(predicted.offset),
            ranged(predicted.slope),
            ranged(predicted.coverage, share=True),
        ),
    )
