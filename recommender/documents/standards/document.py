"""What the report on a proposed standard shows; words and layout are elsewhere."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass


@dataclass(frozen=True)
class TargetRow:
    """A competency's target before and after, and what the method found, in levels.

    `found_of` performers or experts counted; None, as the other three, where it was set by hand or
    the method found too little.
    """

    competency: str
    old_level: float
    new_level: float
    note: str
    found_of: int | None
    found: float | None
    lower: float | None
    upper: float | None


@dataclass(frozen=True)
class EvidenceRow:
    """Where the people of the grade stand in a competency; None where too few to tell.

    Median and quartiles in levels; `met` is the share of the `assessed` who meet the target in
    force, with its 95 % interval.
    """

    competency: str
    target: float
    assessed: int | None
    quartiles: tuple[float, float, float] | None
    met: tuple[float, float, float] | None


@dataclass(frozen=True)
class PanelRow:
    """What a panel judged of a competency in two rounds, in levels; NaN where nothing is told.

    `judgements` are those of each expert, first and second; None where one did not answer.
    """

    competency: str
    judgements: tuple[tuple[float | None, float | None], ...]
    first_mean: float
    first_spread: float
    mean: float
    spread: float
    n_changed: int


@dataclass(frozen=True)
class ChangeRow:
    """What a competency's new target would change: people, None where too few to tell."""

    competency: str
    assessed: int | None
    below_before: int | None
    below_after: int | None
    opened: int | None
    closed: int | None


@dataclass(frozen=True)
class PlanFigures:
    """Hours and CNY of the plans of the `affected` people, tried for some of them."""

    affected: int
    tried: int
    hours_before: float
    hours_after: float
    cost_before: float
    cost_after: float


@dataclass(frozen=True)
class DecisionRow:
    """Who approved or rejected it, when, and what was said."""

    decision: str
    actor: str
    decided_on: dt.date
    comment: str


@dataclass(frozen=True)
class StandardReport:
    """A proposed standard and what it rests on; names are in the language of the report.

    Parameters
    ----------
    proposal_id, catalog : str
        Id of the proposal, and name of the catalogue.
    grade : str
        Name of the grade.
    effective_on : date
        The day from which it counts.
    method, status : str
        As in the store.
    rationale, author : str
        Why it was proposed, and by whom.
    created_on : date
        The day on which it was.
    findings : tuple of str
        What calls for a review of the grade's standard, in sentences.
    evidence : tuple of EvidenceRow
        By competency.
    targets : tuple of TargetRow
        All of the grade.
    experts : tuple of str
        Labels of the panel's experts; empty without a panel.
    panel : tuple of PanelRow
        The competencies that the panel judged.
    as_of : date
        The day whose levels the figures are of.
    people, moved : int or None
        People of the grade, and those with a gap opened or closed; None where too few to tell.
    changes : tuple of ChangeRow
        The competencies with another target.
    plans : PlanFigures or None
        What plans would take; None where they may not be seen.
    decisions : tuple of DecisionRow
        The first one first.
    approvals_needed : int
        How many approvals it takes.
    synthetic : bool
        Whether the people are made up.
    """

    proposal_id: str
    catalog: str
    grade: str
    effective_on: dt.date
    method: str
    status: str
    rationale: str
    author: str
    created_on: dt.date
    findings: tuple[str, ...]
    evidence: tuple[EvidenceRow, ...]
    targets: tuple[TargetRow, ...]
    experts: tuple[str, ...]
    panel: tuple[PanelRow, ...]
    as_of: dt.date
    people: int | None
    moved: int | None
    changes: tuple[ChangeRow, ...]
    plans: PlanFigures | None
    decisions: tuple[DecisionRow, ...]
    approvals_needed: int
    synthetic: bool
