"""The history that the effect model learns from: made, coded, described, freed of names."""

from recommender.improvement.history.building import (
    AFTER_WINDOW_DAYS,
    BEFORE_WINDOW_DAYS,
    build_records,
)
from recommender.improvement.history.coding import (
    History,
    HistoryIds,
    code_history,
    find_unfit,
    list_ids,
    pairs_of_modules,
    pairs_of_table,
)
from recommender.improvement.history.frames import (
    RECORD_COLUMNS,
    HistoryRecords,
    Note,
    merge_records,
    read_records,
)
from recommender.improvement.history.intervals import to_intervals
from recommender.improvement.history.pseudonyms import SHIFT_DAYS, pseudonymise
from recommender.improvement.history.report import (
    CompetencyEvidence,
    HistoryReport,
    ModuleEvidence,
    Spread,
    describe_history,
    find_warnings,
)
from recommender.improvement.history.suspicious import SuspiciousRow

__all__ = [
    "AFTER_WINDOW_DAYS",
    "BEFORE_WINDOW_DAYS",
    "RECORD_COLUMNS",
    "SHIFT_DAYS",
    "CompetencyEvidence",
    "History",
    "HistoryIds",
    "HistoryRecords",
    "HistoryReport",
    "ModuleEvidence",
    "Note",
    "Spread",
    "SuspiciousRow",
    "build_records",
    "code_history",
    "describe_history",
    "find_unfit",
    "find_warnings",
    "list_ids",
    "merge_records",
    "pairs_of_modules",
    "pairs_of_table",
    "pseudonymise",
    "read_records",
    "to_intervals",
]
