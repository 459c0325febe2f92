"""How good models are, side by side, on what none of them has seen."""

from recommender.improvement.evaluation.judging import (
    LATER_SHARE,
    MIN_JUDGED,
    Evaluation,
    PairedDifference,
    evaluate,
    is_later,
)
from recommender.improvement.evaluation.scores import (
    GainBins,
    GainScore,
    IntervalCoverage,
    bin_gains,
    calibration_slope,
    score_gain,
    score_trained_rows,
)

__all__ = [
    "LATER_SHARE",
    "MIN_JUDGED",
    "Evaluation",
    "GainBins",
    "GainScore",
    "IntervalCoverage",
    "PairedDifference",
    "bin_gains",
    "calibration_slope",
    "evaluate",
    "is_later",
    "score_gain",
    "score_trained_rows",
]
