"""What the watch of the service found: figures of groups and of the model, and what is wrong."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, NamedTuple

from recommender.improvement.registry import Switch

Dimension = Literal["unit", "tenure", "grade"]
Measure = Literal["gap", "recommended", "closed", "shown", "plan_hours", "hours", "seats"]
MEASURES: tuple[Measure, ...] = (
    *("gap", "recommended", "closed", "shown"),
    *("plan_hours", "hours", "seats"),
)
MEANT_BY_GRADE: frozenset[Measure] = frozenset({"gap", "closed"})
"""What grades are not compared by: their targets and weights differ, and these with them."""
FindingCode = Literal[
    "gap",
    "recommended",
    "closed",
    "shown",
    "plan_hours",
    "hours",
    "seats",
    "offset",
    "slope",
    "coverage",
    "input",
    "gain",
    "change",
]


@dataclass(frozen=True)
class Finding:
    """Something that is surely farther out than is tolerated.

    Parameters
    ----------
    code : FindingCode
        A measure of groups; offset, slope or coverage of predictions; an input, or the gains.
    is_alarm : bool
        Whether somebody has to look into it; else it is only to be known.
    dimension, group : str or None
        Which group it is about; None for the model as a whole. Of an input, `group` names it.
    found : Estimate
        What was found, in the unit of `code`; of an input its stability index, without an interval.
    usual : float or None
        The mean of everybody, where it is a difference from others; else what it should be.
    threshold : float
        What is tolerated.
    since : date
        From when on it has been so, as far as the figures go back.
    """

    code: FindingCode
    is_alarm: bool
    dimension: Dimension | None
    group: str | None
    found: Estimate
    usual: float | None
    threshold: float
    since: dt.date


class Estimate(NamedTuple):
    """A figure with its 95 % interval."""

    figure: float
    lower: float
    upper: float


@dataclass(frozen=True)
class Compared:
    """A measure of one group beside the others.

    `mean` is of the group as it is; `difference` is how far the group lies above others of the same
    grade and with gaps of the same size, None where nobody is comparable.
    """

    people: int
    mean: Estimate
    difference: Estimate | None


@dataclass(frozen=True)
class Predicted:
    """Predictions beside what was measured since the training; gains in levels.

    `offset` is measured less predicted; `slope` is of measured on predicted, None where predictions
    do not vary; `coverage` is the share of 90 % ranges that held.
    """

    records: int
    people: int
    predicted: float
    observed: float
    offset: Estimate
    slope: Estimate | None
    coverage: Estimate


@dataclass(frozen=True)
class GroupLine:
    """One group; a measure or `predicted` is None where it would tell of too few people.

    `people` is None for a group that is too small to be told of.
    """

    dimension: Dimension
    group: str
    people: int | None
    measures: Mapping[Measure, Compared | None]
    predicted: Predicted | None


@dataclass(frozen=True)
class InputLine:
    """One input of the model: its stability index since the training, and on how many people."""

    name: str
    people: int
    index: float
    threshold: float


@dataclass(frozen=True)
class WatchReport:
    """The state of the service and its model on a day.

    Parameters
    ----------
    as_of : date
        The day, or the end of a quarter before it.
    first_on : date
        First day over which hours and seats are counted.
    exact : bool
        Whether counts are as they are; else they go in steps of five, and means in tenths.
    model_id : str or None
        The model in force; None where the experts' estimates count.
    in_force_since, trained_until : date or None
        Since when it is in force, and the last day that it has learned from.
    people : int or None
        Within the scope of who asks.
    totals : mapping of Measure to float or None
        Means of everybody; None where nobody has a value.
    lines : tuple of GroupLine
        Group by group, dimension by dimension.
    predicted : Predicted or None
        Over all records since the training; None with too few.
    inputs : tuple of InputLine
        Empty where there is nothing to compare.
    findings : tuple of Finding
        Alarms first.
    tests : int
        How many questions were asked of the figures.
    untested : tuple of str
        Codes of what could not be looked at: ``no-model``, ``model-unusable``, ``no-inputs``,
        ``few-records``, ``few-people``; ``order-only`` where
        sizes are the experts', ``sampled`` where not all records were.
    switches : tuple of Switch
        Of the model in the window, the latest first.
    objections, answered : int
        How many objections were made in the window, and how many of these are answered.
    synthetic : bool
        Whether anybody in it is made up.
    names : mapping of str to str
        Of the grades, by id, in the language of who asks.
    """

    as_of: dt.date
    first_on: dt.date
    exact: bool
    model_id: str | None
    in_force_since: dt.date | None
    trained_until: dt.date | None
    people: int | None
    totals: Mapping[Measure, float | None]
    lines: tuple[GroupLine, ...]
    predicted: Predicted | None
    inputs: tuple[InputLine, ...]
    findings: tuple[Finding, ...]
    tests: int
    untested: tuple[str, ...]
    switches: tuple[Switch, ...]
    objections: int
    answered: int
    synthetic: bool
    names: Mapping[str, str]

    @property
    def alarms(self) -> tuple[Finding, ...]:
        """What somebody has to look into."""
        return tuple(finding for finding in self.findings if finding.is_alarm)
