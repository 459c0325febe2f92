"""The upkeep of the standard: is it still right, what should it be, and whom would a change move.

All functions work on arrays of people, items and competencies. Item statistics are those of
classical test theory, each with an interval; what is decided from them is decided by tests that
small groups fail, adjusted for how many are made.
"""

from recommender.standards.agreement import RaterAgreement, measure_agreement
from recommender.standards.items import (
    Alpha,
    ItemStatistics,
    cronbach_alpha,
    describe_items,
)
from recommender.standards.proposing import (
    PanelResult,
    ProvenMedian,
    median_of_proven,
    round_to_step,
    summarise_panel,
)
from recommender.standards.scores import ScoredItems, rest_means, score_items
from recommender.standards.shifts import LevelShift, find_shifts
from recommender.standards.simulating import (
    GapTotals,
    StandardChange,
    simulate_change,
)
from recommender.standards.triggers import (
    ALARM,
    GOES_WITH_REST,
    HARDLY_ANY,
    NEARLY_ALL,
    POOR_AGREEMENT,
    SHIFT_ALARM,
    TELLS_APART,
    Finding,
    JudgedTargets,
    StandardBasis,
    Trigger,
    compare_bases,
    find_due_day,
    judge_agreement,
    judge_indicators,
    judge_subjects,
    judge_targets,
)

__all__ = [
    "ALARM",
    "GOES_WITH_REST",
    "HARDLY_ANY",
    "NEARLY_ALL",
    "POOR_AGREEMENT",
    "SHIFT_ALARM",
    "TELLS_APART",
    "Alpha",
    "Finding",
    "GapTotals",
    "ItemStatistics",
    "JudgedTargets",
    "LevelShift",
    "PanelResult",
    "ProvenMedian",
    "RaterAgreement",
    "ScoredItems",
    "StandardBasis",
    "StandardChange",
    "Trigger",
    "compare_bases",
    "cronbach_alpha",
    "describe_items",
    "find_due_day",
    "find_shifts",
    "judge_agreement",
    "judge_indicators",
    "judge_subjects",
    "judge_targets",
    "measure_agreement",
    "median_of_proven",
    "rest_means",
    "round_to_step",
    "score_items",
    "simulate_change",
    "summarise_panel",
]
