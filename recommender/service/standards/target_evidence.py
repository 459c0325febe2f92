"""Targets of a grade beside the levels of its people, and of those of the next grade."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from recommender.arrays import FloatArray, IntArray
from recommender.service.groups.statistics import describe_row
from recommender.service.groups.table import GroupTable
from recommender.service.levels.standing import targets_of_grades
from recommender.service.standards.evidence import (
    Estimate,
    LevelSpread,
    NextGrade,
    TargetEvidence,
    Unchecked,
)
from recommender.standards import (
    HARDLY_ANY,
    NEARLY_ALL,
    Finding,
    JudgedTargets,
    Trigger,
    judge_targets,
)

_PERCENTILES = (10, 25, 50, 75, 90)
# the fewest people of whom it could be sure that over 90 % meet a target
_FEWEST = 29


def judge_table(table: GroupTable) -> JudgedTargets:
    """Judge the targets of all grades that may be told of, by the people of the unit asked for."""
    met, assessed = (
        np.stack(
            [_count(table, cell, cell)[of] for cell in range(1, 1 + len(table.framework.grade_ids))]
        )
        for of in (0, 1)
    )
    shown = table.shown[table.units.index(table.top), 1:]
    return judge_targets(np.where(shown, met, 0), np.where(shown, assessed, 0))


def describe_targets(
    table: GroupTable,
    judged: JudgedTargets,
    cell: int,
    derived_weights: Mapping[str, float],
    *,
    exactly: bool,
) -> tuple[tuple[TargetEvidence, ...], list[Finding], list[Unchecked]]:
    """Describe the targets of a grade, and say which nearly all of its people meet or hardly any.

    `cell` is one more than the position of the grade.
    """
    framework = table.framework
    grade = framework.grade_ids[cell - 1]
    targets, weights = (values[cell - 1] for values in targets_of_grades(framework, table.as_of))
    row = describe_row(table, table.top, cell, exactly=exactly)
    met, assessed = _count(table, cell, cell)
    described: list[TargetEvidence] = []
    findings: list[Finding] = []
    for k, figures in enumerate(row.cells):
        told = bool(figures.n_assessed)
        share = _estimate(met[k], assessed[k], exactly=exactly) if told else None
        described.append(
            TargetEvidence(
                competency_id=figures.competency_id,
                target=float(targets[k]),
                weight=float(weights[k]),
                derived_weight=derived_weights.get(figures.competency_id),
                suppressed=figures.suppressed,
                n_assessed=figures.n_assessed,
                n_assess_first=figures.n_assess_first,
                mean_level=figures.mean_level,
                level=_spread(table, cell, k) if told else None,
                share_met=share,
                next_grade=_describe_next(table, cell, k, exactly=exactly),
            )
        )
        easy, hard = (bool(flags[cell - 1, k]) for flags in (judged.too_easy, judged.too_hard))
        if share is not None and (easy or hard):
            findings.append(
                Finding(
                    Trigger.TARGET_MET_BY_NEARLY_ALL if easy else Trigger.TARGET_MET_BY_HARDLY_ANY,
                    grade=grade,
                    competency_id=figures.competency_id,
                    figure=share.value,
                    lower=share.lower,
                    upper=share.upper,
                    limit=NEARLY_ALL if easy else HARDLY_ANY,
                    n=figures.n_assessed,
                    # exact numbers of people could be told from it
                    p_value=float(judged.p_value[cell - 1, k]) if exactly else None,
                )
            )
    shown = table.shown[table.units.index(table.top), cell]
    few = (assessed * shown).max(initial=0) < _FEWEST
    unchecked = [
        Unchecked(trigger, "few-people", grade)
        for trigger in (Trigger.TARGET_MET_BY_NEARLY_ALL, Trigger.TARGET_MET_BY_HARDLY_ANY)
        if few
    ]
    return tuple(described), findings, unchecked


def _describe_next(table: GroupTable, cell: int, k: int, *, exactly: bool) -> NextGrade | None:
    """Say what the people of the next grade show; None for the highest grade."""
    framework = table.framework
    if cell == len(framework.grade_ids):
        return None
    targets, _ = targets_of_grades(framework, table.as_of)
    figures = describe_row(table, table.top, cell + 1, exactly=exactly).cells[k]
    told = bool(figures.n_assessed)
    met, assessed = _count(table, cell + 1, cell)
    return NextGrade(
        grade=framework.grade_ids[cell],
        target=float(targets[cell, k]),
        n_assessed=figures.n_assessed,
        level=_spread(table, cell + 1, k) if told else None,
        share_met=_estimate(met[k], assessed[k], exactly=exactly) if told else None,
    )


def _count(table: GroupTable, cell: int, target_cell: int) -> tuple[IntArray, IntArray]:
    """Count by competency who of a grade meets the targets of a grade, and who is assessed."""
    targets, _ = targets_of_grades(table.framework, table.as_of)
    levels = table.levels.level[table.members(table.top, cell)]
    # as in gaps: rounding, so that a level of exactly the target meets it
    met = np.round(levels - targets[target_cell - 1], 9) >= 0
    return met.sum(axis=0), (~np.isnan(levels)).sum(axis=0)


def _spread(table: GroupTable, cell: int, k: int) -> LevelSpread:
    levels: FloatArray = table.levels.level[table.members(table.top, cell), k]
    return LevelSpread(*(round(float(p), 1) for p in np.nanpercentile(levels, _PERCENTILES)))


def _estimate(met: int, assessed: int, *, exactly: bool) -> Estimate:
    if not exactly:
        # the interval of what is told, not of exact numbers, which could be told from it
        told = int(assessed) - int(assessed) % 5
        met, assessed = round(told * met / assessed), told
    judged = judge_targets(np.array([[met]]), np.array([[assessed]]))
    digits = 4 if exactly else 2
    return Estimate(
        *(round(float(each[0, 0]), digits) for each in (judged.share, judged.lower, judged.upper))
    )
