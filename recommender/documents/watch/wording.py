"""What the watch found, in words: findings, groups and figures, for page, command and report."""

from __future__ import annotations

from recommender.documents.figures import UNKNOWN, decimal, percent, sentences, signed
from recommender.documents.watch.document import (
    MEASURES,
    Dimension,
    Estimate,
    Finding,
    WatchReport,
)
from recommender.texts import say

SHARES = frozenset({"recommended", "shown", "coverage"})


def say_lead(report: WatchReport, lang: str) -> list[str]:
    """Say in a few sentences how things stand."""
    n_alarms, n_all = len(report.alarms), len(report.findings)
    key = "watch.some_alarms" if n_alarms else "watch.no_alarms"
    lead = [say(key, lang, count=n_alarms, tests=report.tests)]
    if n_all > n_alarms:
        lead.append(say("watch.some_notices", lang, count=n_all - n_alarms))
    return lead


def say_background(report: WatchReport, lang: str) -> list[str]:
    """Say what the figures are of, and what could not be looked at."""
    said: list[str] = []
    if report.in_force_since is not None:
        said.append(
            say(
                "watch.model",
                lang,
                model=report.model_id,
                since=report.in_force_since,
                until=report.trained_until or UNKNOWN,
            )
        )
    key = "watch.window" if report.exact else "watch.window_about"
    people = UNKNOWN if report.people is None else f"{report.people:,}"
    said.append(say(key, lang, first=report.first_on, last=report.as_of, people=people))
    return [*said, *(say(f"watch.not_looked_at.{code}", lang) for code in report.untested)]


def say_finding(report: WatchReport, finding: Finding, lang: str) -> str:
    """Say what was found, with its figures, as a sentence."""
    code, measured = finding.code, finding.found
    key, figures = str(code), list(measured)
    if code in MEASURES:
        key = "less" if measured.figure < 0 else "more"
        # "less by 3 (1 to 5)" and not "less by -3 (-5 to -1)"
        if measured.figure < 0:
            figures = [-measured.figure, -measured.upper, -measured.lower]
    names = ("figure", "lower", "upper")
    told = {name: say_figure(code, value) for name, value in zip(names, figures, strict=True)}
    if code in ("offset", "gain", "change"):
        told = {name: signed(value, digits=2) for name, value in zip(names, measured, strict=True)}
    usual = finding.usual
    text = say(
        f"watch.found.{key}",
        lang,
        **told,
        group=name_subject(report, finding, lang),
        measure=say(f"watch.measure.{code}", lang) if code in MEASURES else "",
        usual=UNKNOWN if usual is None else say_figure(code, usual),
        threshold=say_figure(code, finding.threshold),
    )
    return sentences([text], lang=lang)


def say_todo(finding: Finding, lang: str) -> str:
    """Say what to do about a finding."""
    # more than others have is for these to be made up for
    is_more = (
        finding.code in ("closed", "plan_hours", "hours", "seats") and finding.found.figure > 0
    )
    return sentences([say(f"watch.do.{'more' if is_more else finding.code}", lang)], lang=lang)


def say_figure(code: str, value: float | None, *, exact: bool = True) -> str:
    """Return a figure of a measure, in its unit: shares in per cent, coarse ones in tenths."""
    return percent(value) if code in SHARES else decimal(value, digits=_digits(code, exact=exact))


def _digits(code: str, *, exact: bool) -> int:
    return 1 if code in ("hours", "plan_hours") or not exact else 2


def say_difference(code: str, estimate: Estimate | None, lang: str, *, exact: bool) -> str:
    """Return a difference with its interval, of shares in points; a dash where it is not known."""
    if estimate is None:
        return UNKNOWN
    if code in SHARES:
        texts = [f"{_signed(100 * value, digits=0)}%" for value in estimate]
    else:
        texts = [_signed(value, digits=_digits(code, exact=exact)) for value in estimate]
    return say("watch.with_range", lang, figure=texts[0], lower=texts[1], upper=texts[2])


def _signed(value: float, *, digits: int) -> str:
    # no sign before what is nothing once it is rounded
    return signed(value, digits=digits) if round(value, digits) else decimal(0.0, digits=digits)


def name_subject(report: WatchReport, finding: Finding, lang: str) -> str:
    """Name what a finding is about: a group, an input, or everybody."""
    if finding.code == "input":
        return say(f"watch.input.{finding.group}", lang)
    if finding.dimension is None or finding.group is None:
        return say("watch.everybody", lang)
    return name_group(report, finding.dimension, finding.group, lang)


def name_group(report: WatchReport, dimension: Dimension, group: str, lang: str) -> str:
    """Name a unit, a band of years of service or a grade."""
    if dimension == "tenure":
        return say(f"watch.tenure.{group}", lang)
    return report.names.get(group, group) if dimension == "grade" else group
