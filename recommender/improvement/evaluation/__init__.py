"""How good models are, side by side, on what none of them has seen.

The figures need no scikit-learn; `judging`, which makes them, does.
"""

from recommender.improvement.evaluation.scores import (
    LATER_SHARE,
    MIN_JUDGED,
    Evaluation,
    GainBins,
    GainScore,
    IntervalCoverage,
    PairedDifference,
    bin_gains,
    calibration_slope,
    is_later,
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
    "is_later",
    "score_gain",
    "score_trained_rows",
]
