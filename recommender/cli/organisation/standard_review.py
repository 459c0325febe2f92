"""The command standards review: the evidence on the standard, and what calls for a change."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated

import typer

from recommender.cli.common import Terminal, command
from recommender.cli.printing import competency_names
from recommender.documents import figures
from recommender.service.framework import Framework
from recommender.service.groups.table import StatisticsRequest
from recommender.service.levels.distance import name_grade
from recommender.service.standards.evidence import (
    Estimate,
    GradeEvidence,
    LevelSpread,
    StandardReview,
)
from recommender.service.standards.reading import read_bases
from recommender.service.standards.reviewing import review_standards
from recommender.service.standards.wording import say_finding, say_unchecked


def add_review(group: typer.Typer) -> None:
    """Add the command to the group of commands for standards."""
    command(
        group,
        "review",
        examples=[
            "recommender standards review",
            "recommender standards review --grade g2 --items",
            "recommender standards review --unit 南区示例分公司/政企客户部 --json",
        ],
    )(review)


def review(
    term: Terminal,
    grade: Annotated[
        str | None, typer.Option(help="Grade whose targets are reviewed; all by default.")
    ] = None,
    unit: Annotated[
        str | None, typer.Option(help="Org unit, those below it included; a path.")
    ] = None,
    items: Annotated[
        bool, typer.Option("--items", help="List every indicator and exam subject as well.")
    ] = False,
) -> None:
    """Show targets beside the levels people have, and what calls for a change of the standard."""
    with term.session("standards review") as session:
        framework = session.service.framework
        request = StatisticsRequest(term.settings.today(), org_unit=unit, grade=grade)
        result = review_standards(session, request, bases=read_bases(session))
    if term.as_json:
        told = asdict(result)
        for plain, finding in zip(told["findings"], result.findings, strict=True):
            plain["text"] = say_finding(framework, finding, term.lang)
        term.print_json(told)
        return
    people = _count(result.n_people)
    term.print("standard-review.title", as_of=result.as_of, people=people)
    for each in result.grades:
        _print_grade(term, framework, each)
    if result.n_sampled is not None:
        term.print("standard-review.sampled", sampled=_count(result.n_sampled), people=people)
        _print_raters(term, framework, result)
    if items:
        _print_items(term, framework, result)
    if result.findings:
        term.print("standard-review.found", count=len(result.findings))
    else:
        term.print("standard-review.nothing")
    for finding in result.findings:
        term.show(f"· {say_finding(framework, finding, term.lang)}")
    if result.unchecked:
        term.print("standard-review.unchecked")
    for unchecked in result.unchecked:
        term.show(f"· {say_unchecked(framework, unchecked, term.lang)}")


def _print_grade(term: Terminal, framework: Framework, evidence: GradeEvidence) -> None:
    names = competency_names(framework, term.lang)
    rows = []
    for row in evidence.targets:
        few = term.say("standard-review.few") if row.suppressed else figures.UNKNOWN
        ahead = row.next_grade
        rows.append(
            (
                names[row.competency_id],
                figures.target(row.target),
                f"{row.weight:.2f}",
                _count(row.n_assessed),
                _spread(term, row.level) or few,
                _share(term, row.share_met) or few,
                figures.UNKNOWN
                if ahead is None or ahead.level is None or ahead.share_met is None
                else f"{ahead.level.p50:.1f}; {ahead.share_met.value:.0%}",
            )
        )
    title = term.say(
        "standard-review.grade",
        grade=name_grade(framework, evidence.grade, term.lang),
        effective_on=evidence.effective_on,
        due_on=evidence.review_due_on,
        people=_count(evidence.n_people),
    )
    columns = ("competency", "target", "weight", "people", "levels", "met", "next")
    term.print_table(title, _headings(term, columns), rows)


def _print_raters(term: Terminal, framework: Framework, review: StandardReview) -> None:
    names = competency_names(framework, term.lang)
    rows = [
        (
            names[row.competency_id],
            _count(row.n_people),
            figures.UNKNOWN if row.raters_per_person is None else f"{row.raters_per_person:.1f}",
            _interval(term, row.icc),
            figures.UNKNOWN if row.flagged is None else f"{row.flagged:.0%}",
            _judged(term, row.disagree, "disagree"),
        )
        for row in review.agreement
    ]
    columns = ("competency", "n", "raters", "icc", "flagged", "judged")
    term.print_table(term.say("standard-review.raters-title"), _headings(term, columns), rows)


def _print_items(term: Terminal, framework: Framework, review: StandardReview) -> None:
    rows = [
        (
            row.item_id,
            _count(row.n),
            _interval(term, row.difficulty),
            _interval(term, row.discrimination),
            _interval(term, row.separation),
            _judged(term, row.is_flat, "flat"),
        )
        for row in review.items
    ]
    columns = ("item", "n", "difficulty", "discrimination", "separation", "judged")
    term.print_table(term.say("standard-review.items-title"), _headings(term, columns), rows)


def _headings(term: Terminal, names: tuple[str, ...]) -> list[tuple[str, str]]:
    return [
        (
            term.say(f"standard-review.column.{name}"),
            "left" if name in ("competency", "item", "judged") else "right",
        )
        for name in names
    ]


def _count(number: int | None) -> str:
    # None: fewer than may be told
    return figures.UNKNOWN if number is None else str(number)


def _spread(term: Terminal, level: LevelSpread | None) -> str:
    if level is None:
        return ""
    return term.say(
        "standard-review.interval",
        value=f"{level.p50:.1f}",
        lower=f"{level.p25:.1f}",
        upper=f"{level.p75:.1f}",
    )


def _share(term: Terminal, share: Estimate | None) -> str:
    return "" if share is None else _say(term, share, ".0%")


def _interval(term: Terminal, estimate: Estimate | None) -> str:
    return figures.UNKNOWN if estimate is None else _say(term, estimate, ".2f")


def _say(term: Terminal, estimate: Estimate, digits: str) -> str:
    value, lower, upper = (
        format(each, digits) for each in (estimate.value, estimate.lower, estimate.upper)
    )
    return term.say("standard-review.interval", value=value, lower=lower, upper=upper)


def _judged(term: Terminal, bad: bool | None, word: str) -> str:
    name = "unknown" if bad is None else word if bad else "good"
    return term.say(f"standard-review.judged.{name}")
