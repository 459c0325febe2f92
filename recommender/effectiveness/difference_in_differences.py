"""What a module changed in a business figure: trained people against others, after against before.

The difference between the two groups before training is taken off, so they need not be alike, but
without the training they must have moved alike. That cannot be seen; what can is whether they did
before. So the same estimate is made for the last months before the training (the *placebo*), and
where that is not compatible with 0, the effect is not to be trusted.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from recommender.effectiveness.estimate import Estimate, around
from recommender.effectiveness.fixed_effects import fit_fixed_effects
from recommender.effectiveness.group_time import (
    LEAST_CONTROLS,
    Comparison,
    GroupTimeEffect,
    average_effects,
    is_common_date,
    list_comparisons,
)
from recommender.effectiveness.panel import Panel, Windows
from recommender.effectiveness.verdict import Reason

LEAST_TREATED = 5
"""Of fewer people nothing is told: neither a figure to build on, nor one that is nobody's."""
LEAST_OVERLAP = 0.4
"""The share that trained and untrained people must have in common of where they stood before. Two
normal distributions have it 1.7 standard deviations apart."""

# By so much at most the interval of a placebo may be wider than that of the effect. It rests on
# fewer periods, so it always is by some.
_MOST_WIDTH = 2.0
# Ties count half: many people may have sold nothing.
_SIDES: tuple[Literal["left", "right"], ...] = ("left", "right")


@dataclass(frozen=True)
class BusinessEffect:
    """An effect on a business figure.

    Attributes
    ----------
    effect : Estimate
        Change for a treated person and period, in units of the figure.
    placebo : Estimate or None
        The same for the last periods before training; None where there are too few of them.
    estimator : str
        ``two-way`` fixed effects where everybody was trained at one time, else ``group-time``.
    treated, controls : int
        People compared; who was trained later than others may count as both.
    treated_periods : int
        Periods after training, summed over treated people.
    """

    effect: Estimate
    placebo: Estimate | None
    estimator: Literal["two-way", "group-time"]
    treated: int
    controls: int
    treated_periods: int

    @property
    def placebo_says(self) -> Literal["agrees", "none", "off", "wide"]:
        """Whether the placebo agrees with 0.

        ``none`` where there is none, ``off`` where its interval does not hold 0, ``wide`` where it
        does, but is so wide that it would hold 0 anyway.
        """
        if self.placebo is None:
            return "none"
        if self.placebo.is_settled:
            return "off"
        is_close = self.placebo.half_width <= _MOST_WIDTH * self.effect.half_width
        return "agrees" if is_close else "wide"

    @property
    def is_trusted(self) -> bool:
        """Whether the placebo agrees with 0, closely enough to say so."""
        return self.placebo_says == "agrees"


def estimate_business_effect(
    panel: Panel, windows: Windows | None = None
) -> BusinessEffect | Reason:
    """Estimate what training changed in a business figure, or say why it cannot be told.

    Parameters
    ----------
    panel : Panel
        The figures, and from when on each person was trained.
    windows : Windows, optional
        What is looked at around a training; that of months when not given.

    Returns
    -------
    BusinessEffect or Reason
        The reason is ``no-treated``: too few people trained while there are figures; ``no-before``:
        no figures before training; ``no-untrained``: nobody comparable who is not trained (yet);
        ``no-overlap``: trained people stood elsewhere than the others from the start.

    Notes
    -----
    The interval is by Student's t with one degree of freedom less than there are treated people,
    or untrained ones where they are fewer.
    """
    windows = Windows() if windows is None else windows
    refusal = _refuse_people(panel, windows)
    if refusal is not None:
        return refusal
    comparisons = list(list_comparisons(panel, windows, placebo=False))
    refusal = _refuse_comparisons(comparisons)
    if refusal is not None:
        return refusal
    # what the comparisons are made of is the same, so the placebo is estimated in the same way
    common = is_common_date(panel, comparisons)
    effect = _estimate(panel, windows, comparisons, common=common)
    if effect is None:
        return Reason("no-untrained", {"needed": LEAST_CONTROLS})
    if effect.treated < LEAST_TREATED:  # the others have no figures after training
        return Reason("no-treated", {"needed": LEAST_TREATED})
    before = list(list_comparisons(panel, windows, placebo=True))
    placebo = _estimate(panel, windows, before, common=common) if before else None
    return BusinessEffect(
        _to_estimate(effect),
        None if placebo is None else _to_estimate(placebo),
        "two-way" if common else "group-time",
        effect.treated,
        effect.controls,
        effect.treated_periods,
    )


def _refuse_people(panel: Panel, windows: Windows) -> Reason | None:
    n_periods = panel.values.shape[1]
    starts = panel.treated_from
    inside = (starts > 0) & (starts < n_periods)
    inside[inside] = np.isfinite(panel.values[inside]).any(axis=1)
    if inside.sum() < LEAST_TREATED:
        return Reason("no-treated", {"needed": LEAST_TREATED})
    early = windows.least_baseline + windows.transition
    whole = inside & (starts >= early)
    if whole.sum() < LEAST_TREATED:
        return Reason("no-before", {"needed": windows.least_baseline})
    return None


def _refuse_comparisons(comparisons: Sequence[Comparison]) -> Reason | None:
    if sum(each.treated.size for each in comparisons) < LEAST_TREATED:
        return Reason("no-untrained", {"needed": LEAST_CONTROLS})
    share = _find_overlap(comparisons)
    if share < LEAST_OVERLAP:
        return Reason("no-overlap", {"share": share, "needed": LEAST_OVERLAP})
    return None


def _find_overlap(comparisons: Sequence[Comparison]) -> float:
    """Return how far the baselines of treated and untrained people overlap, in [0, 1].

    Every treated person has a rank among the untrained of their comparison. If they stood alike,
    ranks are spread evenly over [0, 1]; Kolmogorov's distance from that is what does not overlap.
    """
    ranks = []
    for each in comparisons:
        ordered = np.sort(each.control_base)
        sides = [np.searchsorted(ordered, each.treated_base, side=side) for side in _SIDES]
        ranks.append((sides[0] + sides[1]) / (2.0 * ordered.size))
    rank = np.sort(np.concatenate(ranks))
    steps = np.arange(rank.size + 1) / rank.size
    return 1.0 - float(max((steps[1:] - rank).max(), (rank - steps[:-1]).max()))


def _estimate(
    panel: Panel, windows: Windows, comparisons: Sequence[Comparison], *, common: bool
) -> GroupTimeEffect | None:
    if common:
        return _fit_common_date(panel, comparisons)
    return average_effects(panel, comparisons, transition=windows.transition)


def _fit_common_date(panel: Panel, comparisons: Sequence[Comparison]) -> GroupTimeEffect:
    """Fit one effect for all periods, which is right where all were trained at one time.

    The untrained of a stratum count as much as its treated people, so that the effect is that of
    the treated, whatever the sizes of the strata.
    """
    person, period, outcome, is_after = [], [], [], []
    weights = np.ones(len(panel.treated_from))
    n_periods = panel.values.shape[1]
    for stratum, each in enumerate(comparisons):
        weights[each.controls] = each.treated.size / each.controls.size
        people = np.concatenate([each.treated, each.controls])
        columns = np.array([*each.before, *each.after])
        values = panel.values[np.ix_(people, columns)]
        row, column = np.nonzero(np.isfinite(values))
        person.append(people[row])
        period.append(stratum * n_periods + columns[column])
        outcome.append(values[row, column])
        is_after.append((row < each.treated.size) & (column >= len(each.before)))
    codes, person_code = np.unique(np.concatenate(person), return_inverse=True)
    after = np.concatenate(is_after)
    fit = fit_fixed_effects(
        np.concatenate(outcome),
        after[:, None].astype(float),
        person=person_code,
        period=np.concatenate(period),
        weights=weights[codes],
    )
    treated = int(np.unique(person_code[after]).size)
    controls = sum(each.controls.size for each in comparisons)
    # the usual correction counts all people, where few treated ones decide how far it may be off
    few = np.sqrt(treated / max(treated - 1, 1))
    return GroupTimeEffect(
        float(fit.coefficients[0]),
        float(fit.clustered_errors[0] * few),
        treated,
        controls,
        int(after.sum()),
    )


def _to_estimate(effect: GroupTimeEffect) -> Estimate:
    return around(effect.value, effect.standard_error, min(effect.treated, effect.controls) - 1)
