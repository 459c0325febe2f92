"""What a review of the standard found, in sentences."""

from __future__ import annotations

from recommender.service.framework import Framework
from recommender.service.levels.distance import name_grade
from recommender.service.standards.evidence import Unchecked
from recommender.standards import GOES_WITH_REST, Finding, Trigger
from recommender.texts import say

_TARGETS = (Trigger.TARGET_MET_BY_NEARLY_ALL, Trigger.TARGET_MET_BY_HARDLY_ANY)


def say_finding(framework: Framework, finding: Finding, lang: str) -> str:
    """Say what calls for a look, with its figures."""
    names = {c.id: c.name.in_language(lang) for c in framework.catalog.competencies}
    profile = framework.catalog.job_profile
    for element in (*profile.duties, *profile.result_measures) if profile else ():
        names[element.id] = element.name.in_language(lang)
    digits = "{:.0%}" if finding.trigger in _TARGETS else "{:.2f}"
    if finding.trigger is Trigger.RATINGS_SHIFTED:
        digits = "{:+.2f}"
    figures = {
        name: "" if value is None else digits.format(value)
        for name, value in (
            ("figure", finding.figure),
            ("lower", finding.lower),
            ("upper", finding.upper),
            ("limit", finding.limit),
        )
    }
    return say(
        _key(finding),
        lang,
        **figures,
        grade=name_grade(framework, finding.grade, lang) if finding.grade else "",
        competency=names.get(finding.competency_id or "", finding.competency_id),
        item=finding.item_id,
        n=finding.n,
        on=finding.on,
        names=say("document.list_separator", lang).join(
            names.get(name, name) for name in finding.names
        ),
    )


def say_unchecked(framework: Framework, unchecked: Unchecked, lang: str) -> str:
    """Say what was not checked, and why."""
    what = say(f"standard-review.what.{unchecked.trigger}", lang)
    if unchecked.grade:
        what = f"{name_grade(framework, unchecked.grade, lang)} · {what}"
    reason = say(f"standard-review.reason.{unchecked.reason}", lang)
    return f"{what} — {reason}"


def _key(finding: Finding) -> str:
    if finding.trigger is Trigger.JOB_PROFILE_CHANGED and finding.competency_id:
        return "standard-review.trigger.job-weight-changed"
    if finding.trigger is Trigger.INDICATOR_FLAT and finding.limit == GOES_WITH_REST:
        return "standard-review.trigger.indicator-apart-from-rest"
    if finding.trigger is Trigger.RATINGS_SHIFTED and finding.competency_id:
        return "standard-review.trigger.competency-shifted"
    return f"standard-review.trigger.{finding.trigger}"
