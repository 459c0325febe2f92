"""Whether a model may take the place of the one in force, and why, in words."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from recommender.errors import ModelError
from recommender.texts import all_texts, say

CANDIDATE = "effect-model"
"""The model that is judged where the figures do not say which one is."""
BASELINES = ("no-module", "popularity", "raw-mean", "shrunken-raw-mean", "gap-only", "ancova")
"""The simple models that every other has to beat; further ones beside it are only shown."""
RMSE_TIE = 0.005
"""By which share of the other's RMSE a model may exceed it and still count as not worse."""
SLOPE_RANGE = 0.5
"""How far from 1 a calibration slope may be."""
SLOPE_TIE = 0.05
"""How much farther from 1 than that of the model in force it may be."""

Figure = Literal["rmse-baseline", "rmse-in-force", "slope", "slope-in-force"]


@dataclass(frozen=True)
class Comparison:
    """One condition of a promotion, with both figures.

    Parameters
    ----------
    figure : {"rmse-baseline", "rmse-in-force", "slope", "slope-in-force"}
        What is compared.
    against : str
        Name of the baseline, id of the model in force, or empty.
    own, other : float or None
        Figure of the model and of the other; None where it could not be found.
    limit : float or None
        The most that `own` may be (RMSE), or that it may be away from 1 (slope).
    holds : bool
        Whether the condition is met.
    """

    figure: Figure
    against: str
    own: float | None
    other: float | None
    limit: float | None
    holds: bool


@dataclass(frozen=True)
class Verdict:
    """What was found on the later period.

    Parameters
    ----------
    comparisons : tuple of Comparison
        Every condition.
    in_force : str or None
        The model in force that it was compared with.
    """

    comparisons: tuple[Comparison, ...]
    in_force: str | None

    @property
    def promotable(self) -> bool:
        """Whether every condition is met."""
        return all(comparison.holds for comparison in self.comparisons)

    @property
    def failed(self) -> tuple[Comparison, ...]:
        """The conditions that are not met."""
        return tuple(comparison for comparison in self.comparisons if not comparison.holds)


def judge(metrics: Mapping[str, Any]) -> Verdict:
    """Compare a model with its baselines and with the model in force, on the later period.

    Its RMSE of the measured gain must not exceed that of any baseline, nor that of the model in
    force, by more than 0.5 %. Its calibration slope must lie between 0.5 and 1.5, and no more than
    0.05 farther from 1 than that of the model in force. A missing figure meets no condition.

    Parameters
    ----------
    metrics : mapping
        ``estimator``: name of the model. ``known``: by name of the model and of others, each with
        ``rmse`` and ``slope``; only the baselines among the others count. ``in_force``, where there
        is one: its ``model_id``, and its ``rmse`` and ``slope`` on the same records, preferably
        those after its own history; without figures if it is of an earlier release.

    Returns
    -------
    Verdict

    Raises
    ------
    ModelError
        `registry.no-metrics` if the figures of the model or all baselines are missing.
    """
    known = metrics.get("known") or {}
    candidate = metrics.get("estimator") or CANDIDATE
    own = known.get(candidate)
    baselines = {name: known[name] for name in BASELINES if name in known and name != candidate}
    # Without both there is nothing to judge by, which is not the same as a bad verdict.
    if not own or not baselines:
        raise ModelError("registry.no-metrics")
    rmse, slope = _number(own, "rmse"), _number(own, "slope")
    comparisons = [
        _compare_rmse("rmse-baseline", name, rmse, _number(score, "rmse"))
        for name, score in baselines.items()
    ]
    comparisons.append(_compare_slope("slope", "", slope, 1.0, SLOPE_RANGE))
    in_force = metrics.get("in_force")
    if not in_force:
        return Verdict(tuple(comparisons), None)
    name = str(in_force["model_id"])
    # Nothing can be asked of a model of an earlier release, so there is nothing to compare with.
    if "rmse" not in in_force:
        return Verdict(tuple(comparisons), name)
    other = _number(in_force, "slope")
    # The model in force may have no slope: then any slope in the range is better.
    limit = SLOPE_RANGE if other is None else abs(other - 1.0) + SLOPE_TIE
    comparisons += [
        _compare_rmse("rmse-in-force", name, rmse, _number(in_force, "rmse")),
        _compare_slope("slope-in-force", name, slope, other, limit),
    ]
    return Verdict(tuple(comparisons), name)


def explain_verdict(verdict: Verdict, lang: str) -> tuple[str, ...]:
    """Say why a model may or may not be promoted: a summary, then a line for each condition.

    Parameters
    ----------
    verdict : Verdict
        What was found.
    lang : str
        ``zh-CN`` or ``en``.

    Returns
    -------
    tuple of str
        Lines without a final full stop.
    """
    head = "registry.verdict.promotable" if verdict.promotable else "registry.verdict.refused"
    lines = [say(head, lang, failed=len(verdict.failed), all=len(verdict.comparisons))]
    for comparison in verdict.comparisons:
        baseline = f"registry.baseline.{comparison.against}"
        against = say(baseline, lang) if baseline in all_texts() else comparison.against
        outcome = "holds" if comparison.holds else "fails"
        lines.append(
            say(
                f"registry.verdict.{comparison.figure}.{outcome}",
                lang,
                against=against,
                own=_shown(comparison.own),
                other=_shown(comparison.other),
                limit=_shown(comparison.limit),
            )
        )
    return tuple(lines)


def summarise(failed: tuple[Comparison, ...]) -> str:
    """Name failed conditions briefly, in the same way in every language."""
    return "; ".join(
        f"{c.figure} {c.against}".strip() + f" {_shown(c.own)} / {_shown(c.other)}" for c in failed
    )


def _compare_rmse(
    figure: Figure, against: str, own: float | None, other: float | None
) -> Comparison:
    limit = None if other is None else other * (1.0 + RMSE_TIE)
    # A figure that is missing meets no condition, so that no model gets in unjudged.
    holds = own is not None and limit is not None and own <= limit
    return Comparison(figure, against, own, other, limit, holds)


def _compare_slope(
    figure: Figure, against: str, own: float | None, other: float | None, limit: float
) -> Comparison:
    # 1e-9: a slope just at the limit meets it, also after the subtraction.
    holds = own is not None and abs(own - 1.0) <= limit + 1e-9
    return Comparison(figure, against, own, other, limit, holds)


def _number(score: Mapping[str, Any], name: str) -> float | None:
    value = score.get(name)
    # A card holds None for NaN, and one that was edited may hold anything.
    number = float(value) if isinstance(value, int | float) else math.nan
    return number if math.isfinite(number) else None


def _shown(value: float | None) -> str:
    return "–" if value is None else f"{value:.3f}"
