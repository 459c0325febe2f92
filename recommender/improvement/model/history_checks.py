"""What limits a history: overlap, reliability, the bracket of the effect (MODEL.md)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from recommender.arrays import FloatArray
from recommender.improvement.model.tables import RecordTable

# Below this the no-training curve is uncertain, which is only a warning.
FEW_CONTROLS = 200
# A trained record is comparable if enough controls start within half a level of it.
OVERLAP_WIDTH = 0.5
MAX_OUTSIDE = 0.05


@dataclass(frozen=True)
class Bracket:
    """Mean effect of training estimated in two ways that err to opposite sides.

    Attributes
    ----------
    ancova : float
        Compared with untrained people of the same recorded level; too low where managers
        nominate on what they know beyond it. In levels; NaN without control rows.
    corrected_gain : float
        Gain over the true level expected from the rating (Kelley), less untrained growth; too
        high in the same case.
    """

    ancova: float
    corrected_gain: float


def find_reliability(records: RecordTable) -> float:
    """Test-retest correlation within competencies over control rows; NaN if there are too few."""
    control = records.module < 0
    # With fewer pairs a correlation is mostly chance.
    if control.sum() < 30:
        return float("nan")
    group = records.competency[control]
    counts = np.maximum(np.bincount(group), 1)

    def centred(values: FloatArray) -> FloatArray:
        return values - (np.bincount(group, weights=values) / counts)[group]

    # Within competencies: that some are rated higher than others says nothing of reliability.
    before = centred(records.level_before[control])
    after = centred(records.level_after[control])
    spread = float(np.sqrt((before @ before) * (after @ after)))
    return float(np.clip(before @ after / spread, 0.0, 1.0)) if spread > 0 else float("nan")


def bracket_effect(records: RecordTable, ancova: float, reliability: float) -> Bracket:
    """Set the model's mean effect beside the reliability-corrected gain."""
    trained = records.module >= 0
    if not np.isfinite(reliability):
        return Bracket(float("nan"), float("nan"))
    control = ~trained
    growth = float((records.level_after - records.level_before)[control].mean())
    group = records.competency[trained]
    before = records.level_before[trained]
    counts = np.maximum(np.bincount(group), 1)
    mean = (np.bincount(group, weights=before) / counts)[group]
    # Kelley's formula: a low rating is partly bad luck, so the true level lies nearer the mean.
    expected_true = mean + reliability * (before - mean)
    gain = float((records.level_after[trained] - expected_true).mean())
    return Bracket(ancova, gain - growth)


def check_history(records: RecordTable, min_controls: int) -> tuple[str, ...]:
    """Return the codes of what limits a model fitted on these records (levels on [0, 4])."""
    trained = records.module >= 0
    n_controls = int((~trained).sum())
    warnings: list[str] = []
    if n_controls < min_controls:
        warnings.append("no-controls")
    else:
        if n_controls < FEW_CONTROLS:
            warnings.append("few-controls")
        # Sorted once, so that controls near each record are counted by two binary searches.
        ordered = np.sort(records.level_before[~trained])
        x = records.level_before[trained]
        near = np.searchsorted(ordered, x + OVERLAP_WIDTH) - np.searchsorted(
            ordered, x - OVERLAP_WIDTH
        )
        if float((near < 5).mean()) > MAX_OUTSIDE:
            warnings.append("no-overlap")
    if np.unique(records.module[trained]).size < 2:
        warnings.append("one-module")
    if trained.sum() < 200:
        warnings.append("few-records")
    return tuple(warnings)
