"""The records that come in as tables, and their columns in the words of users of both languages.

Reading, checking, templates and storing all follow these definitions (DESIGN, section 5).
"""

from recommender.table_kinds.columns import Column, ColumnType, Known, TableKind
from recommender.table_kinds.kinds import KINDS, RATERS
from recommender.table_kinds.spellings import ENROLMENT_STATUSES, MODALITIES, RATER_TYPES, YES_NO

__all__ = [
    "ENROLMENT_STATUSES",
    "KINDS",
    "MODALITIES",
    "RATERS",
    "RATER_TYPES",
    "YES_NO",
    "Column",
    "ColumnType",
    "Known",
    "TableKind",
]
