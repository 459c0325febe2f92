"""Raw ratings and exam results in, levels and their standard errors out.

All functions work on long arrays of integer codes for any number of people at once; days are
days since 1970-01-01. The rules are those of DESIGN, section 4.
"""

from recommender.scoring.assessments import AssessmentArrays
from recommender.scoring.current import SOURCES, LevelArrays, pick_current
from recommender.scoring.exams import ExamArrays, ExamRules, Sittings, assess_exams, score_sittings
from recommender.scoring.ratings import (
    DISAGREEMENT_LEVELS,
    RATER_TYPE_CODES,
    RatingArrays,
    RatingDetails,
    assess_ratings,
    detail_ratings,
)

__all__ = [
    "DISAGREEMENT_LEVELS",
    "RATER_TYPE_CODES",
    "SOURCES",
    "AssessmentArrays",
    "ExamArrays",
    "ExamRules",
    "LevelArrays",
    "RatingArrays",
    "RatingDetails",
    "Sittings",
    "assess_exams",
    "assess_ratings",
    "detail_ratings",
    "pick_current",
    "score_sittings",
]
