"""What an answer comes to: figures that are kept with a cohort and shown of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any


@dataclass(frozen=True)
class UnitShare:
    """What a unit right below the cohort's gets; `floor` is the seats that it had to get."""

    unit: str
    people: int
    floor: int
    seats: int
    gap_closed: float


@dataclass(frozen=True)
class Way:
    """What a way of giving seats leads to.

    Parameters
    ----------
    policy : str
        ``order-of-application``, ``greedy`` or ``exact``.
    seats, people : int
        Seats given, and to how many people.
    gap_closed : float
        Weighted levels expected to be closed.
    cost : float
        CNY of the seats.
    below_floor : tuple of str
        Units that would get fewer seats than their floor.
    """

    policy: str
    seats: int
    people: int
    gap_closed: float
    cost: float
    below_floor: tuple[str, ...]


@dataclass(frozen=True)
class NewOffering:
    """What one more run of a module in a month would close.

    Parameters
    ----------
    module_id, month : str
        The module, and the month as ``2026-11``.
    wanted : int
        People for whom a seat would add something to what they get.
    at_least, at_most : float
        Weighted levels it would close, as far as is known without giving all seats anew.
    added : float or None
        Weighted levels it closes with all seats given anew; None where that was not worked out.
    people : int
        Seats that would be taken in it.
    cost : float
        CNY of these.
    """

    module_id: str
    month: str
    wanted: int
    at_least: float
    at_most: float
    added: float | None
    people: int
    cost: float

    @property
    def worth(self) -> tuple[float, float]:
        """Weighted levels that it closes at least and at most; the order goes by these."""
        return (self.at_least if self.added is None else self.added, self.at_most)


@dataclass(frozen=True)
class CohortFigures:
    """What an answer comes to.

    Parameters
    ----------
    size_known : bool
        False where the effect model knows the order of modules only: sizes are the experts'.
    is_measured : bool
        Whether an effect model tells what is expected, or the experts' estimates.
    applied : bool
        Whether the order of application is known; else one drawn by lot stands for it.
    gap_closed : float
        Weighted levels that all seats are expected to close.
    people : int
        People who get a seat or several.
    hours, cost : float
        Hours of all seats, and CNY.
    lottery_loss, lottery_loss_at_most : float
        Weighted levels that the lotteries cost, and could have cost.
    units, ways, demand : tuple
        By unit; by way of giving seats; the new offerings that would close most.
    one_more_seat : dict of str to float
        About how many weighted levels one more seat of each offering would close.
    """

    size_known: bool
    is_measured: bool
    applied: bool
    gap_closed: float
    people: int
    hours: float
    cost: float
    lottery_loss: float
    lottery_loss_at_most: float
    units: tuple[UnitShare, ...]
    ways: tuple[Way, ...]
    demand: tuple[NewOffering, ...]
    one_more_seat: dict[str, float]

    def to_json(self) -> dict[str, Any]:
        """Return them as they are stored."""
        return asdict(self)


def read_figures(stored: Mapping[str, Any] | None) -> CohortFigures | None:
    """Return the figures that are stored with a cohort; None where there is no answer yet."""
    if stored is None:
        return None
    return CohortFigures(
        **{
            **stored,
            "units": tuple(UnitShare(**each) for each in stored["units"]),
            "ways": tuple(
                Way(**{**each, "below_floor": tuple(each["below_floor"])})
                for each in stored["ways"]
            ),
            "demand": tuple(NewOffering(**each) for each in stored["demand"]),
        }
    )
