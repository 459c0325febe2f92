"""What came back for what was spent (Phillips), and what a level gained costs."""

from __future__ import annotations

import math
from dataclasses import dataclass

from recommender.effectiveness.estimate import Estimate


@dataclass(frozen=True)
class ReturnOnInvestment:
    """Benefits against costs; all in one currency.

    Attributes
    ----------
    benefit, net : Estimate
        What the effect is worth, and that less the cost.
    cost : float
        What was spent, > 0.
    roi : Estimate
        Net benefit by cost: 0.25 where 1.25 came back for 1.
    benefit_cost_ratio : Estimate
        Benefit by cost: one more than `roi`.
    """

    benefit: Estimate
    cost: float
    net: Estimate
    roi: Estimate
    benefit_cost_ratio: Estimate


@dataclass(frozen=True)
class CostPerLevel:
    """What one level gained costs for a person.

    Attributes
    ----------
    value : float
        Cost by gain; meaningless where it is not settled.
    lower, upper : float
        Ends of the interval; `upper` is infinite where the gain may be 0.
    is_settled : bool
        Whether the interval of the gain lies above 0.
    """

    value: float
    lower: float
    upper: float
    is_settled: bool


def find_benefit(effect: Estimate, *, value_per_unit: float, treated_periods: float) -> Estimate:
    """Convert an effect on a business figure into money.

    Parameters
    ----------
    effect : Estimate
        For a treated person and period, in units of the figure, with all else taken off: what
        Phillips calls isolation.
    value_per_unit : float
        What a unit is worth; negative where less is better.
    treated_periods : float
        Periods after training, summed over treated people. Those that were seen, and no others.

    Returns
    -------
    Estimate
    """
    return effect.times(value_per_unit * treated_periods)


def find_cost(
    *, people: int, module_cost: float, hours: float, hourly_cost: float | None = None
) -> float:
    """Return what training cost.

    Parameters
    ----------
    people : int
        How many were trained.
    module_cost : float
        Of the module, for a person.
    hours : float
        Of the module, for a person.
    hourly_cost : float, optional
        Of an hour of a person; their time is left out without it.

    Returns
    -------
    float
    """
    return people * (module_cost + hours * (hourly_cost or 0.0))


def find_return(benefit: Estimate, cost: float) -> ReturnOnInvestment | None:
    """Set benefits against costs.

    Parameters
    ----------
    benefit : Estimate
        What the effect is worth.
    cost : float
        What was spent. It is known, so all the doubt is that of the benefit.

    Returns
    -------
    ReturnOnInvestment or None
        None where nothing was spent: there is no ratio to nothing.

    References
    ----------
    Phillips & Phillips (2016), Handbook of Training Evaluation and Measurement Methods, 4th ed.
    """
    if cost <= 0.0:
        return None
    ratio = benefit.times(1.0 / cost)
    return ReturnOnInvestment(benefit, cost, benefit.plus(-cost), ratio.plus(-1.0), ratio)


def find_cost_per_level(cost: float, gain: Estimate) -> CostPerLevel | None:
    """Divide a cost by a gain, with the interval of the ratio.

    Parameters
    ----------
    cost : float
        Of a person, >= 0 and known.
    gain : Estimate
        What the module adds for a person, in levels.

    Returns
    -------
    CostPerLevel or None
        None where the whole interval of the gain lies at or below 0: no level is gained at all.

    Notes
    -----
    With a known cost, Fieller's interval of the ratio is the cost by the ends of the gain's. Where
    that contains 0, it has no end: no cost is too high to be possible.
    """
    if gain.upper <= 0.0:
        return None
    is_settled = gain.lower > 0.0
    return CostPerLevel(
        value=cost / gain.value if gain.value > 0.0 else math.inf,
        lower=cost / gain.upper,
        upper=cost / gain.lower if is_settled else math.inf,
        is_settled=is_settled,
    )
