"""Targets of a grade beside the levels of its people, and of those of the next grade."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from recommender.arrays import FloatArray, IntArray, round_off
from recommender.service.groups.statistics import GroupRow, describe_row
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
    Trigger,
    judge_targets,
)

_PERCENTILES = (10, 25, 50, 75, 90)
# the fewest people of whom it could be sure that over 90 % meet a target
_FEWEST = 29


@dataclass(frozen=True)
class GradeTargets:
    """The targets of a grade, those that nearly all meet or hardly any, and what is not checked."""

    grade: str
    n_people: int | None
    targets: tuple[TargetEvidence, ...]
    findings: tuple[Finding, ...]
    unchecked: tuple[Unchecked, ...]


def describe_grades(
    table: GroupTable, derived_weights: Mapping[str, Mapping[str, float]], *, exactly: bool
) -> list[GradeTargets]:
    """Describe the targets of every grade by the people of the unit that is asked for.

    All grades are looked at whichever is asked for, so that a target does not trigger or not by how
    many others stand beside it in the answer. `derived_weights` are those of the job profile.
    """
    n_grades = len(table.framework.grade_ids)
    cells = [_Cell(table, cell, exactly) for cell in range(1, 1 + n_grades)]
    judged = judge_targets(
        np.stack([np.where(cell.shown, cell.count(cell.targets), 0) for cell in cells]),
        np.stack([np.where(cell.shown, cell.assessed, 0) for cell in cells]),
    )
    described: list[GradeTargets] = []
    for i, cell in enumerate(cells):
        ahead = cells[i + 1] if i + 1 < n_grades else None
        targets = _describe(cell, ahead, derived_weights.get(cell.grade, {}))
        few = (cell.assessed * cell.shown).max(initial=0) < _FEWEST
        described.append(
            GradeTargets(
                grade=cell.grade,
                n_people=cell.row.n_people,
                targets=targets,
                findings=tuple(
                    _find(cell.grade, target, float(p) if exactly else None, easy=bool(easy))
                    for target, p, easy, hard in zip(
                        targets,
                        judged.p_value[i],
                        judged.too_easy[i],
                        judged.too_hard[i],
                        strict=True,
                    )
                    if easy or hard
                ),
                unchecked=tuple(
                    Unchecked(trigger, "few-people", cell.grade)
                    for trigger in (
                        Trigger.TARGET_MET_BY_NEARLY_ALL,
                        Trigger.TARGET_MET_BY_HARDLY_ANY,
                    )
                    if few
                ),
            )
        )
    return described


@dataclass(frozen=True)
class _Cell:
    """The people of a grade in the unit that is asked for; `cell` is one more than its position."""

    table: GroupTable
    cell: int
    exactly: bool

    @cached_property
    def grade(self) -> str:
        return self.table.framework.grade_ids[self.cell - 1]

    @cached_property
    def row(self) -> GroupRow:
        return describe_row(self.table, self.table.top, self.cell, exactly=self.exactly)

    @cached_property
    def shown(self) -> np.ndarray:
        return self.table.shown[self.table.units.index(self.table.top), self.cell]

    @cached_property
    def levels(self) -> FloatArray:
        return self.table.levels.level[self.table.members(self.table.top, self.cell)]

    @cached_property
    def targets(self) -> FloatArray:
        return targets_of_grades(self.table.framework, self.table.as_of)[0][self.cell - 1]

    @cached_property
    def weights(self) -> FloatArray:
        return targets_of_grades(self.table.framework, self.table.as_of)[1][self.cell - 1]

    @cached_property
    def assessed(self) -> IntArray:
        return (~np.isnan(self.levels)).sum(axis=0)

    def count(self, targets: FloatArray) -> IntArray:
        """Count who meets targets, rounded as gaps are; nobody meets one unassessed."""
        return (round_off(targets - self.levels) <= 0).sum(axis=0)

    def spread(self, k: int) -> LevelSpread | None:
        if not self.row.cells[k].n_assessed:
            return None
        percentiles = np.nanpercentile(self.levels[:, k], _PERCENTILES)
        return LevelSpread(*(round(float(level), 1) for level in percentiles))

    def share(self, targets: FloatArray, k: int) -> Estimate | None:
        """Return the share of the assessed who meet a target, where it may be told."""
        told = self.row.cells[k].n_assessed
        if not told:
            return None
        met, assessed = self.count(targets)[k], self.assessed[k]
        # Where counts are rounded, the interval is of what is told: exact numbers of people could
        # be worked out from that of the exact ones.
        met = round(told * met / assessed)
        judged = judge_targets(np.array([[met]]), np.array([[told]]))
        digits = 4 if self.exactly else 2
        figures = (judged.share, judged.lower, judged.upper)
        return Estimate(*(round(float(each[0, 0]), digits) for each in figures))


def _describe(
    cell: _Cell, ahead: _Cell | None, derived_weights: Mapping[str, float]
) -> tuple[TargetEvidence, ...]:
    return tuple(
        TargetEvidence(
            competency_id=figures.competency_id,
            target=float(cell.targets[k]),
            weight=float(cell.weights[k]),
            derived_weight=derived_weights.get(figures.competency_id),
            suppressed=figures.suppressed,
            n_assessed=figures.n_assessed,
            n_assess_first=figures.n_assess_first,
            mean_level=figures.mean_level,
            level=cell.spread(k),
            share_met=cell.share(cell.targets, k),
            next_grade=ahead
            and NextGrade(
                grade=ahead.grade,
                target=float(ahead.targets[k]),
                n_assessed=ahead.row.cells[k].n_assessed,
                level=ahead.spread(k),
                share_met=ahead.share(cell.targets, k),
            ),
        )
        for k, figures in enumerate(cell.row.cells)
    )


def _find(grade: str, target: TargetEvidence, p_value: float | None, *, easy: bool) -> Finding:
    share = target.share_met
    return Finding(
        Trigger.TARGET_MET_BY_NEARLY_ALL if easy else Trigger.TARGET_MET_BY_HARDLY_ANY,
        grade=grade,
        competency_id=target.competency_id,
        figure=share and share.value,
        lower=share and share.lower,
        upper=share and share.upper,
        limit=NEARLY_ALL if easy else HARDLY_ANY,
        n=target.n_assessed,
        p_value=p_value,
    )
