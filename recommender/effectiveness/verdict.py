"""What to do with a module: keep, improve, retire, or leave open until more is known.

The rule reads intervals, never the figure in their middle, so that luck decides nothing. What
people gained in re-assessment comes first, and what came back for the money can overrule it: it is
what the training is for. How participants liked a module says little of what they learned, so it
can only ask for an improvement; exams do not decide, because nobody is compared with.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from recommender.effectiveness.estimate import Estimate
from recommender.significance import NORMAL_95

USEFUL_LEVELS = 0.2
"""The least gain that is worth the time of a module, in levels: a fifth of a step, which a line
manager can just see. The tables of `recommender.analysis` go by the same."""
LEAST_SCORE = 3.0
"""The middle of the scale of satisfaction, from 1 to 5."""
LEAST_PEOPLE = 5
"""With fewer people a gain mostly tells what modules like this one do."""
# Quantile of the normal for a test that finds what is there in 80 of 100 cases.
_POWER = 0.8416212335729143

Decision = Literal["keep", "improve", "retire", "open"]


@dataclass(frozen=True)
class Reason:
    """Why something is as it is: a code, and the figures that its sentence names."""

    code: str
    values: Mapping[str, Any] = field(default_factory=dict[str, Any])


@dataclass(frozen=True)
class Evidence:
    """What a verdict rests on.

    Attributes
    ----------
    gain : Estimate or None
        Adjusted gain in the main competency, in levels. Without people measured it is that of
        modules like this one; None where nothing tells it.
    people : int
        Participants measured before and after.
    spread : float
        Standard deviation of a single person's measured gain, in levels; for planning.
    roi : Estimate or None
        Return on investment; None where there is none that can be trusted.
    treated : int
        People that the return rests on.
    score : Estimate or None
        Mean satisfaction, from 1 to 5.
    unknown : Reason
        Why nothing tells the gain, where it is None.
    """

    gain: Estimate | None
    people: int
    spread: float
    roi: Estimate | None = None
    treated: int = 0
    score: Estimate | None = None
    unknown: Reason = Reason("size-unknown")


@dataclass(frozen=True)
class Verdict:
    """What to do with a module, and why.

    Attributes
    ----------
    decision : str
        ``keep``, ``improve``, ``retire``, or ``open`` where the figures settle nothing.
    reasons : tuple of Reason
        What decided, first; then what else was weighed.
    needs : tuple of Reason
        For an open case: what data would settle it, and how much.
    """

    decision: Decision
    reasons: tuple[Reason, ...]
    needs: tuple[Reason, ...] = ()


def decide(evidence: Evidence) -> Verdict:
    """Decide what to do with a module.

    Parameters
    ----------
    evidence : Evidence
        What is known.

    Returns
    -------
    Verdict

    Notes
    -----
    ====================================================  =========================================
    interval of the gain                                  decision
    ====================================================  =========================================
    wholly below `USEFUL_LEVELS`, and above 0             improve: it works, but too little
    wholly below `USEFUL_LEVELS`, and not above 0         retire
    above 0 otherwise                                     keep
    else, or of fewer than `LEAST_PEOPLE`                 open
    ====================================================  =========================================

    A return above 0 turns all of them but ``improve`` into ``keep``; one below 0 turns ``keep`` and
    ``open`` into ``improve``. A score below the middle turns ``keep`` into ``improve``.
    """
    decision, reason = _judge_gain(evidence)
    reasons = [reason]
    roi, score = evidence.roi, evidence.score
    if roi is not None and roi.lower > 0.0:
        if decision in ("retire", "open"):
            decision = "keep"
            reasons.insert(0, Reason("return-positive", _ends(roi)))
        else:
            reasons.append(Reason("return-positive", _ends(roi)))
    elif roi is not None and roi.upper < 0.0:
        if decision in ("keep", "open"):
            decision = "improve"
            reasons.insert(0, Reason("return-negative", _ends(roi)))
        else:
            reasons.append(Reason("return-negative", _ends(roi)))
    if score is not None and score.upper < LEAST_SCORE:
        disliked = Reason("score-low", _ends(score))
        if decision == "keep":
            decision = "improve"
            reasons.insert(0, disliked)
        else:
            reasons.append(disliked)
    needs = _find_needs(evidence) if decision == "open" else ()
    return Verdict(decision, tuple(reasons), needs)


def count_people(spread: float, distance: float) -> int:
    """Return how many people must be measured to see that a mean is so far from a bound.

    Parameters
    ----------
    spread : float
        Standard deviation of one person's figure.
    distance : float
        From the mean to the bound, in the same unit, > 0.

    Returns
    -------
    int
        So many that a two-sided test at 5 % finds it in 80 of 100 cases, at least two.

    References
    ----------
    Cohen (1988), Statistical Power Analysis for the Behavioral Sciences, chapter 2.
    """
    return max(2, math.ceil(((NORMAL_95 + _POWER) * spread / distance) ** 2))


def _judge_gain(evidence: Evidence) -> tuple[Decision, Reason]:
    gain = evidence.gain
    if gain is None:
        return "open", evidence.unknown
    if evidence.people < LEAST_PEOPLE:
        return "open", Reason("few-measured", {"people": evidence.people, "needed": LEAST_PEOPLE})
    values = {**_ends(gain), "useful": USEFUL_LEVELS}
    if gain.upper < USEFUL_LEVELS:
        if gain.lower > 0.0:
            return "improve", Reason("gain-small", values)
        return "retire", Reason("gain-none", values)
    if gain.lower > 0.0:
        return "keep", Reason("gain-works", values)
    return "open", Reason("gain-unclear", values)


def _find_needs(evidence: Evidence) -> tuple[Reason, ...]:
    needs: list[Reason] = []
    gain, roi = evidence.gain, evidence.roi
    if gain is None:
        no_size = evidence.unknown.code == "size-unknown"
        needs.append(Reason("need-controls" if no_size else "need-model"))
    else:
        # either bound settles it, and the farther one takes fewer people; half of the useful gain
        # at least lies between the gain and that one
        distance = max(gain.value, USEFUL_LEVELS - gain.value)
        people = max(count_people(evidence.spread, distance), LEAST_PEOPLE)
        more = people - evidence.people
        # what is left of the interval then is doubt about who was chosen, which no count takes away
        needs.append(Reason("need-measured", {"more": more}) if more > 0 else Reason("need-chance"))
    if roi is not None and roi.value and math.isfinite(roi.half_width):
        # the spread of one person, from the standard error of the mean of all
        spread = roi.half_width / NORMAL_95 * math.sqrt(evidence.treated)
        more = count_people(spread, abs(roi.value)) - evidence.treated
        if more > 0:
            needs.append(Reason("need-treated", {"more": more}))
    return tuple(needs)


def _ends(estimate: Estimate) -> dict[str, float]:
    return {"value": estimate.value, "lower": estimate.lower, "upper": estimate.upper}
