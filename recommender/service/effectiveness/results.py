"""What is known of the effect of a module, level by level, as the use cases answer it.

The four levels are Kirkpatrick's, and the return is Phillips'. Each of them is a figure with its
interval, or the `Reason` why there is none, to be said by `wording.py` beside this. For readers who
may see no single person, counts go in steps of five and figures are rounded; groups of fewer than
five people have no figure for anybody.
Nothing here names a person or a trainer, and nothing is ordered by how well anybody did.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from recommender.effectiveness.estimate import Estimate
from recommender.effectiveness.roi import CostPerLevel, ReturnOnInvestment
from recommender.effectiveness.verdict import Decision, Reason, Verdict
from recommender.results import Basis

__all__ = [
    "Behaviour",
    "CostPerLevel",
    "Decision",
    "Estimate",
    "Learning",
    "ModuleEffectiveness",
    "Part",
    "Reaction",
    "Reason",
    "Result",
    "ReturnOnInvestment",
    "Verdict",
]

PartKind = Literal["level", "grade", "unit", "offering"]


@dataclass(frozen=True)
class Reaction:
    """Level 1: how participants found the module.

    Parameters
    ----------
    score : Estimate or None
        Mean of the scores from 1 to 5. Answers bear no names, so it is the same for every reader.
    answers, participants : int or None
        How many answered, and how many people completed the module, in the whole organisation.
    response_rate : float or None
        The share of the participants who answered.
    missing : Reason or None
        Why there is no score.
    """

    score: Estimate | None
    answers: int | None
    participants: int | None
    response_rate: float | None
    missing: Reason | None = None


@dataclass(frozen=True)
class Learning:
    """Level 2: the exam after the module against the exam before, of the same people and level.

    Parameters
    ----------
    competency_id : str
        A knowledge competency that the module serves.
    gain : Estimate or None
        Mean difference of the standard scores, in points of 100; not adjusted for anything.
    before, after : float or None
        Mean standard scores, in points of 100.
    people : int or None
        Who sat both.
    cautions : tuple of Reason
        E.g. that many were near full marks before already.
    missing : Reason or None
        Why there is no gain.
    """

    competency_id: str
    gain: Estimate | None
    before: float | None
    after: float | None
    people: int | None
    cautions: tuple[Reason, ...] = ()
    missing: Reason | None = None


@dataclass(frozen=True)
class Part:
    """The adjusted gain of some of the participants.

    Parameters
    ----------
    kind : str
        What they have in common: the ``level`` before, the ``grade``, the ``unit`` (branch) or the
        ``offering``.
    id : str
        Which: an id, a path of a unit, or a whole level that they had reached, ``0`` to ``4``.
    people : int or None
        How many; None where it is not told.
    gain : Estimate or None
        In levels over no training; None where they are too few to be told.
    """

    kind: PartKind
    id: str
    people: int | None
    gain: Estimate | None


@dataclass(frozen=True)
class Behaviour:
    """Level 3: what re-assessment shows, over what it would have shown without training.

    Parameters
    ----------
    competency_id : str
        A competency that the module serves; the main one comes first.
    gain : Estimate or None
        In levels, adjusted by the model in force, for the level at which participants stood; to a
        hundredth, which is what verdicts go by.
    raw_gain : float or None
        Mean of the level after minus the level before, not adjusted.
    at_level : float or None
        Mean level before, which `gain` is for.
    people : int or None
        Participants within the reader's scope with an assessment before and after.
    evidence_count : int
        Records that the model in force has learned from, of the whole organisation.
    basis : str
        ``measured``, ``pooled`` or ``expert``; only the first is evidence of this module.
    parts : tuple of Part
        By level before, grade, branch and offering, each in the order of the catalogue, of the ids
        or of the levels, and never of the gains.
    cautions : tuple of Reason
        What the history of the model in force cannot tell.
    missing : Reason or None
        Why there is no gain.
    """

    competency_id: str
    gain: Estimate | None
    raw_gain: float | None
    at_level: float | None
    people: int | None
    evidence_count: int
    basis: Basis
    parts: tuple[Part, ...] = ()
    cautions: tuple[Reason, ...] = ()
    missing: Reason | None = None


@dataclass(frozen=True)
class Result:
    """Level 4: what the module changed in a business figure, by difference-in-differences.

    Parameters
    ----------
    figure_id : str
        The business figure.
    effect : Estimate or None
        Change for a treated person and month, in units of the figure.
    placebo : Estimate or None
        The same estimate for months before the training, where the truth is 0.
    is_trusted : bool
        Whether the placebo agrees with 0, closely enough to say so; otherwise the effect is not to
        be built on.
    treated, controls : int or None
        People who took the module in the months that were seen, and those they are compared with.
    treated_months : int or None
        Months after training, summed over treated people.
    return_ : ReturnOnInvestment or None
        None without an effect that is trusted, or where the catalogue does not say what a unit is
        worth.
    cautions : tuple of Reason
        E.g. that the placebo does not agree with 0, or why there is no return.
    missing : Reason or None
        Why there is no effect: what the comparison lacks.
    """

    figure_id: str
    effect: Estimate | None
    placebo: Estimate | None
    is_trusted: bool
    treated: int | None
    controls: int | None
    treated_months: int | None
    return_: ReturnOnInvestment | None = None
    cautions: tuple[Reason, ...] = ()
    missing: Reason | None = None


@dataclass(frozen=True)
class ModuleEffectiveness:
    """All that is known of the effect of one module.

    Parameters
    ----------
    module_id : str
        The module.
    reaction, learning, behaviour, results : Reaction, tuple of Learning, Behaviour, Result
        The four levels; `behaviour` has the main competency first.
    cost_per_level : CostPerLevel or None
        None where there is no adjusted gain.
    verdict : Verdict
        What to do with it.
    """

    module_id: str
    reaction: Reaction
    learning: tuple[Learning, ...]
    behaviour: tuple[Behaviour, ...]
    results: tuple[Result, ...]
    cost_per_level: CostPerLevel | None
    verdict: Verdict
