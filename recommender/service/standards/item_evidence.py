"""Indicators, exams and raters: what they tell, and what calls for a look."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal, NamedTuple

import numpy as np
import pandas as pd

from recommender.arrays import FloatArray, to_date
from recommender.service.framework import Framework
from recommender.service.groups.disclosure import SMALL_CELL
from recommender.service.levels.standing import to_days
from recommender.service.permissions import round_count
from recommender.service.standards.evidence import (
    AgreementEvidence,
    Estimate,
    ExamEvidence,
    ItemEvidence,
    Unchecked,
)
from recommender.service.standards.rated import Items, RatedPeople
from recommender.significance import NORMAL_95
from recommender.standards import (
    ALARM,
    GOES_WITH_REST,
    POOR_AGREEMENT,
    SHIFT_ALARM,
    TELLS_APART,
    Finding,
    ItemStatistics,
    LevelShift,
    Trigger,
    cronbach_alpha,
    describe_items,
    find_shifts,
    judge_agreement,
    judge_indicators,
    judge_subjects,
    measure_agreement,
    rest_means,
)

# Figures for who sees no single person are of as many people that no one of them shows in two
# decimals.
_FEWEST_UNSEEN = 20


@dataclass(frozen=True)
class ItemReview:
    """What is told of items, exams and raters, what calls for a look, and what is not checked."""

    items: tuple[ItemEvidence, ...] = ()
    exams: tuple[ExamEvidence, ...] = ()
    agreement: tuple[AgreementEvidence, ...] = ()
    findings: tuple[Finding, ...] = ()
    unchecked: tuple[Unchecked, ...] = ()


@dataclass(frozen=True)
class _Telling:
    """How figures are told: exactly, or so that no single person shows."""

    exactly: bool

    @property
    def fewest(self) -> int:
        return SMALL_CELL if self.exactly else _FEWEST_UNSEEN

    def count(self, n: int) -> int | None:
        return int(n) if self.exactly else round_count(int(n))

    def figure(self, value: float) -> float:
        return round(float(value), 4 if self.exactly else 2)

    def estimate(self, value: float, lower: float, upper: float) -> Estimate | None:
        if np.isnan([value, lower, upper]).any():
            return None
        return Estimate(self.figure(value), self.figure(lower), self.figure(upper))


def review_items(
    framework: Framework, items: Items, rated: RatedPeople, *, exactly: bool
) -> ItemReview:
    """Describe indicators, exams and raters by what people were rated and scored."""
    telling = _Telling(exactly)
    parts = (
        _review_indicators(framework, items, rated, telling),
        _review_exams(framework, items, rated, telling),
        _review_raters(framework, rated, telling),
        _review_form(framework, rated.changes, telling),
    )
    return ItemReview(
        *(
            tuple(each for part in parts for each in getattr(part, name))
            for name in ("items", "exams", "agreement", "findings", "unchecked")
        )
    )


def _review_indicators(
    framework: Framework, items: Items, rated: RatedPeople, telling: _Telling
) -> ItemReview:
    # people are parted where they are nearer to the indicator's level than to the one below
    split = items.level.astype(np.float64) - 0.5
    statistics = describe_items(rated.indicators.score, rated.indicators.rest, split)
    named = [
        _Item(name, framework.competency_ids[k], "indicator", level)
        for name, k, level in zip(
            items.indicator_ids, items.competency.tolist(), items.level.tolist(), strict=True
        )
    ]
    return _tell_items(named, statistics, judge_indicators(statistics), telling)


def _review_exams(
    framework: Framework, items: Items, rated: RatedPeople, telling: _Telling
) -> ItemReview:
    rest = np.full_like(rated.subjects, np.nan)
    exams: list[ExamEvidence] = []
    named: list[_Item] = []
    for k, level, n_subjects in items.exams:
        columns = slice(len(named), len(named) + n_subjects)
        scores = rated.subjects[:, columns]
        weights = framework.exam_rules.subject_weights[k, level - 1, :n_subjects]
        rest[:, columns] = rest_means(scores, weights)
        name, alpha = framework.competency_ids[k], cronbach_alpha(scores)
        suppressed = alpha.n < telling.fewest
        exams.append(
            ExamEvidence(
                competency_id=name,
                level=level,
                suppressed=suppressed,
                n=None if suppressed else telling.count(alpha.n),
                alpha=None
                if suppressed
                else telling.estimate(alpha.value, alpha.lower, alpha.upper),
            )
        )
        named += [_Item(each, name, "subject", level) for each in items.subject_ids[columns]]
    # nobody is parted: passing an exam is no more than scoring well in it
    statistics = describe_items(rated.subjects, rest, np.full(len(named), np.inf))
    review = _tell_items(named, statistics, judge_subjects(statistics), telling)
    return replace(review, exams=tuple(exams))


class _Item(NamedTuple):
    item_id: str
    competency_id: str
    kind: Literal["indicator", "subject"]
    level: int


def _tell_items(
    named: Sequence[_Item], statistics: ItemStatistics, p: FloatArray, telling: _Telling
) -> ItemReview:
    """Tell of indicators, or of subjects, with the p-values they were judged by."""
    items = tuple(_tell_item(item, i, statistics, p[i], telling) for i, item in enumerate(named))
    flat = [i for i, item in enumerate(items) if item.is_flat]
    kind = Trigger.SUBJECT_FLAT if named and named[0].kind == "subject" else Trigger.INDICATOR_FLAT
    few = bool(items) and all(item.is_flat is None for item in items)
    return ItemReview(
        items=items,
        findings=tuple(_find_flat(kind, items[i], p[i], telling) for i in flat),
        unchecked=(Unchecked(kind, "few-people"),) if few else (),
    )


def _tell_item(
    item: _Item, i: int, statistics: ItemStatistics, p: float, telling: _Telling
) -> ItemEvidence:
    n = int(statistics.n[i])
    suppressed = n < telling.fewest
    parted = item.kind == "indicator" and not suppressed

    def estimate(name: str) -> Estimate | None:
        ends = (getattr(statistics, f"{name}{end}")[i] for end in ("", "_lower", "_upper"))
        return None if suppressed else telling.estimate(*ends)

    return ItemEvidence(
        item_id=item.item_id,
        competency_id=item.competency_id,
        kind=item.kind,
        level=item.level,
        suppressed=suppressed,
        n=None if suppressed else telling.count(n),
        n_below=telling.count(statistics.n_below[i]) if parted else None,
        n_reached=telling.count(statistics.n_reached[i]) if parted else None,
        difficulty=estimate("difficulty"),
        discrimination=estimate("discrimination"),
        separation=estimate("separation") if parted else None,
        is_flat=None if suppressed or np.isnan(p) else bool(p <= ALARM),
    )


def _find_flat(trigger: Trigger, item: ItemEvidence, p: float, telling: _Telling) -> Finding:
    # of the two that an indicator is judged by, the one that says it
    parted = item.separation is not None and item.separation.upper < TELLS_APART
    figure = item.separation if parted else item.discrimination
    return Finding(
        trigger,
        competency_id=item.competency_id,
        item_id=item.item_id,
        figure=figure and figure.value,
        lower=figure and figure.lower,
        upper=figure and figure.upper,
        limit=TELLS_APART if parted else GOES_WITH_REST,
        n=item.n,
        p_value=float(p) if telling.exactly else None,
    )


def _review_raters(framework: Framework, rated: RatedPeople, telling: _Telling) -> ItemReview:
    n_competencies = len(framework.competency_ids)
    agreement = measure_agreement(
        rated.rater_person,
        rated.rater_competency,
        rated.rater_level,
        disagreement=rated.types_differ,
        assessed_competency=rated.type_competency,
        n_competencies=n_competencies,
    )
    p = judge_agreement(agreement)
    described: list[AgreementEvidence] = []
    findings: list[Finding] = []
    for k, name in enumerate(framework.competency_ids):
        if framework.competencies[name].kind != "behavioural":
            continue
        n = int(agreement.n_people[k])
        suppressed = n < telling.fewest
        icc = telling.estimate(agreement.icc[k], agreement.lower[k], agreement.upper[k])
        several = agreement.n_types[k] >= telling.fewest
        disagree = None if suppressed or np.isnan(p[k]) else bool(p[k] <= ALARM)
        described.append(
            AgreementEvidence(
                competency_id=name,
                suppressed=suppressed,
                n_people=None if suppressed else telling.count(n),
                raters_per_person=None
                if suppressed
                else round(float(agreement.raters_per_person[k]), 1),
                icc=None if suppressed else icc,
                flagged=telling.figure(agreement.flagged[k]) if several else None,
                disagree=disagree,
            )
        )
        if disagree and icc is not None:
            findings.append(
                Finding(
                    Trigger.RATERS_DISAGREE,
                    competency_id=name,
                    figure=icc.value,
                    lower=icc.lower,
                    upper=icc.upper,
                    limit=POOR_AGREEMENT,
                    n=telling.count(n),
                    p_value=float(p[k]) if telling.exactly else None,
                )
            )
    judged = any(each.disagree is not None for each in described)
    few = () if judged or not described else (Unchecked(Trigger.RATERS_DISAGREE, "few-people"),)
    return ItemReview(agreement=tuple(described), findings=tuple(findings), unchecked=few)


def _review_form(framework: Framework, changes: pd.DataFrame, telling: _Telling) -> ItemReview:
    """Look for dates from which people are rated higher or lower than before."""
    shifts = find_shifts(
        pd.factorize(changes["person_id"])[0].astype(np.int64),
        np.array([framework.competency_ids.index(name) for name in changes["competency_id"]], int),
        to_days(changes["before_on"]),
        to_days(changes["after_on"]),
        changes["change"].to_numpy(dtype=float),
    )
    if not shifts:
        return ItemReview(unchecked=(Unchecked(Trigger.RATINGS_SHIFTED, "few-changes"),))
    sure = [each for each in shifts if each.p_value <= SHIFT_ALARM]
    # one that all competencies show together is told as one, unless some show it more clearly
    clearest = max(sure, key=lambda each: abs(each.shift) / each.standard_error, default=None)
    together = clearest is not None and clearest.competency < 0
    told = [each for each in sure if (each.competency < 0) == together]
    return ItemReview(findings=tuple(_find_shifted(framework, each, telling) for each in told))


def _find_shifted(framework: Framework, shift: LevelShift, telling: _Telling) -> Finding:
    reach = NORMAL_95 * shift.standard_error
    return Finding(
        Trigger.RATINGS_SHIFTED,
        competency_id=None if shift.competency < 0 else framework.competency_ids[shift.competency],
        figure=telling.figure(shift.shift),
        lower=telling.figure(shift.shift - reach),
        upper=telling.figure(shift.shift + reach),
        limit=0.0,
        n=telling.count(shift.n_people),
        p_value=shift.p_value if telling.exactly else None,
        on=to_date(shift.day),
    )
