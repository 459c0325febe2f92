"""The calibration of a model as a page of the console shows it: measured against predicted gain.

As in the report, each dot is a group of records with similar predictions. Matplotlib, which draws
that one, writes its styles into the picture, which no page allows, and paints its own paper.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from recommender.documents.figures import decimal
from recommender.documents.markup import load_template
from recommender.improvement.evaluation import GainBins
from recommender.significance import NORMAL_95
from recommender.texts import say

_LEFT, _TOP, _SIDE = 46.0, 10.0, 280.0
_STEPS = (0.05, 0.1, 0.25, 0.5, 1.0)
_MOST_TICKS = 7


@dataclass(frozen=True)
class _Scale:
    """Levels to places: both axes have the same ends, so that equality runs at 45 degrees."""

    low: float
    high: float

    def x(self, level: float) -> float:
        return round(_LEFT + (level - self.low) / (self.high - self.low) * _SIDE, 1)

    def y(self, level: float) -> float:
        return round(_TOP + (self.high - level) / (self.high - self.low) * _SIDE, 1)


def draw_calibration(bins: GainBins, *, finding: str, lang: str) -> str:
    """Draw measured against predicted gain.

    Parameters
    ----------
    bins : GainBins
        Groups of records with similar predictions.
    finding : str
        What the picture shows, in a sentence.
    lang : str
        ``zh-CN`` or ``en``.

    Returns
    -------
    str
        An SVG element without inline styles; empty where there are no groups.
    """
    if not bins.count.size:
        return ""
    half = NORMAL_95 * np.nan_to_num(bins.standard_error)
    values = np.concatenate([bins.predicted, bins.measured - half, bins.measured + half])
    edge = 0.06 * (float(values.max()) - float(values.min())) or 0.5
    scale = _Scale(float(values.min()) - edge, float(values.max()) + edge)
    return load_template("calibration.svg.j2").render(
        title=say("evaluation.calibration.title", lang),
        finding=finding,
        predicted=say("evaluation.chart.predicted", lang),
        measured=say("evaluation.chart.measured", lang),
        left=_LEFT,
        top=_TOP,
        right=_LEFT + _SIDE,
        bottom=_TOP + _SIDE,
        ticks=[
            (decimal(level, digits=2), scale.x(level), scale.y(level)) for level in _ticks(scale)
        ],
        dots=[
            (scale.x(predicted), scale.y(measured), scale.y(low), scale.y(high))
            for predicted, measured, low, high in zip(
                bins.predicted.tolist(),
                bins.measured.tolist(),
                (bins.measured - half).tolist(),
                (bins.measured + half).tolist(),
                strict=True,
            )
        ],
    )


def _ticks(scale: _Scale) -> list[float]:
    span = scale.high - scale.low
    step = next((each for each in _STEPS if span / each <= _MOST_TICKS), math.ceil(span))
    first = math.ceil(scale.low / step)
    return [at * step for at in range(first, math.floor(scale.high / step) + 1)]
