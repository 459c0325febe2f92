"""What is shown of the effect of a module, in words and formatted figures: page and paper."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Decision = Literal["keep", "improve", "retire", "open"]


@dataclass(frozen=True)
class Bar:
    """A figure on its interval, in shares of a scale that all modules have in common.

    Parameters
    ----------
    value, lower, upper : float
        In [0, 1]; what lies outside of the scale is at its end.
    goal : float
        The place of what it is compared with, such as no change.
    settled : bool
        Whether the interval lies on one side of that.
    """

    value: float
    lower: float
    upper: float
    goal: float
    settled: bool


@dataclass(frozen=True)
class Line:
    """One figure of a level.

    Parameters
    ----------
    label : str
        What it is a figure of.
    value, interval, rests_on : str
        The figure, its interval, and how many people it rests on; empty where there is none.
    bar : Bar or None
        The same as a picture.
    cautions : tuple of str
        What has to be known with it.
    missing, remedy : str
        Why there is no figure, and what would bring one; empty where there is one.
    """

    label: str
    value: str = ""
    interval: str = ""
    rests_on: str = ""
    bar: Bar | None = None
    cautions: tuple[str, ...] = ()
    missing: str = ""
    remedy: str = ""


@dataclass(frozen=True)
class Level:
    """One of the four levels of Kirkpatrick, or the return on investment after them.

    Parameters
    ----------
    key : str
        ``reaction``, ``learning``, ``behaviour``, ``results`` or ``return``.
    name, question : str
        In words, and the question that it answers.
    lines : tuple of Line
        At least one.
    """

    key: str
    name: str
    question: str
    lines: tuple[Line, ...]


@dataclass(frozen=True)
class Group:
    """The adjusted gain of some of the participants; the figure is empty where it is not told."""

    kind: str
    name: str
    people: str
    value: str
    interval: str
    bar: Bar | None


@dataclass(frozen=True)
class EffectivenessSheet:
    """All that is shown of the effect of one module.

    Parameters
    ----------
    module_id, title : str
        The module.
    facts : tuple of (str, str)
        What it is and costs: labels and values.
    decision : str
        ``keep``, ``improve``, ``retire`` or ``open``.
    verdict : str
        The same in words.
    reasons, needs : tuple of str
        Why, and what data would settle an open case.
    levels : tuple of Level
        The four levels, then the return.
    groups : tuple of Group
        For whom it works, in the order of the catalogue and of the units, never of the gains.
    basis : tuple of str
        On what day, and by which model.
    synthetic : bool
        Whether all people are made up.
    """

    module_id: str
    title: str
    facts: tuple[tuple[str, str], ...]
    decision: Decision
    verdict: str
    reasons: tuple[str, ...]
    needs: tuple[str, ...]
    levels: tuple[Level, ...]
    groups: tuple[Group, ...]
    basis: tuple[str, ...]
    synthetic: bool
