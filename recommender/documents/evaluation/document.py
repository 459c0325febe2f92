"""What the report on an effect model contains; words and layout are elsewhere."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field

import pandas as pd

from recommender.documents.figures import known
from recommender.improvement.effect_table import (
    EFFECT_COVERAGE,
    TOP_COVERAGE,
    EffectTable,
    has_interval,
)
from recommender.improvement.evaluation import Evaluation
from recommender.improvement.history_checks import Bracket, HistoryWarning
from recommender.improvement.intervals import is_trained
from recommender.improvement.off_policy import PolicyValue

NOMINAL = 0.9  # share of intervals that should contain the measured gain


@dataclass(frozen=True)
class HistoryCounts:
    """What the model was fitted on.

    Parameters
    ----------
    trained, controls, people : int
        Number of records with and without a module, and of people in them.
    modules, modules_with_records : int
        Number of modules in the catalogue, and of those with a record.
    first_on, last_on : date or None
        First and last day of the later assessments; None without dates.
    """

    trained: int
    controls: int
    people: int
    modules: int
    modules_with_records: int
    first_on: dt.date | None = None
    last_on: dt.date | None = None


def count_intervals(X: pd.DataFrame, n_modules: int) -> HistoryCounts:
    """Count what a model is fitted on: intervals, and the modules of the catalogue."""
    trained = is_trained(X)
    days = X["assessed_on"].dropna()
    return HistoryCounts(
        trained=int(trained.sum()),
        controls=int((~trained).sum()),
        people=int(X["person_id"].nunique()),
        modules=n_modules,
        modules_with_records=int(X["modules"].explode().nunique()),
        first_on=days.min().date() if len(days) else None,
        last_on=days.max().date() if len(days) else None,
    )


@dataclass(frozen=True)
class LoggedValue:
    """What a ranking would have gained, estimated from logged nominations.

    Parameters
    ----------
    name : str
        Name of the ranking, in words.
    value : PolicyValue
        The estimates.
    n_records : int
        Number of logged nominations they rest on.
    """

    name: str
    value: PolicyValue
    n_records: int


@dataclass(frozen=True)
class EvaluationReport:
    """All figures of a report on an effect model.

    Parameters
    ----------
    evaluation : Evaluation
        The model beside its baselines, on records that it did not learn from.
    counts : HistoryCounts
        What it was fitted on.
    bracket : Bracket
        Mean effect by ANCOVA and by reliability-corrected gain.
    reliability : float
        Reliability of one recorded level; NaN without control rows.
    size_known : bool
        Whether control rows tell the size of effects.
    warnings : tuple of str
        Codes of what limits the model.
    findings : tuple of HistoryWarning
        What limits its history, with figures.
    names : mapping of str to str
        Names of the modules that a finding concerns, by id; the id stands for one that is missing.
    effect_coverage, top_coverage : float or None
        What the nominal 90 % interval of the true effect really covers, over all modules and for
        the one ranked first; None where the model has no interval.
    asked_since : float or None
        Months after a module that effects are told for.
    off_policy : tuple of LoggedValue
        Estimates from logged nominations; empty if no propensities were logged.
    model_id : str or None
        Id of the judged model; None if it was not saved.
    in_use : str or None
        Id of the model in force; None where expert estimates are used.
    made_on : date or None
        Day of the report; printed if known.
    data_digest, catalog_digest : str
        Digests of the history and of the catalogue.
    scale : tuple of float
        Lowest and highest level of the records.
    synthetic : bool
        Whether the people are made up.
    """

    evaluation: Evaluation
    counts: HistoryCounts
    bracket: Bracket
    reliability: float
    size_known: bool
    warnings: tuple[str, ...]
    findings: tuple[HistoryWarning, ...] = ()
    names: Mapping[str, str] = field(default_factory=dict[str, str])
    effect_coverage: float | None = EFFECT_COVERAGE
    top_coverage: float | None = TOP_COVERAGE
    asked_since: float | None = None
    off_policy: tuple[LoggedValue, ...] = ()
    model_id: str | None = None
    in_use: str | None = None
    made_on: dt.date | None = None
    data_digest: str = ""
    catalog_digest: str = ""
    scale: tuple[float, float] = (0.0, 4.0)
    synthetic: bool = False


@dataclass(frozen=True)
class ReportOptions:
    """What only the caller knows; the fields mean the same as in `EvaluationReport`.

    Parameters
    ----------
    off_policy : mapping of str to (PolicyValue, int)
        By name of the ranking: its value and the number of nominations it rests on.
    model_id, in_use : str or None
        The judged model, and the one in force.
    made_on : date or None
        Day of the report.
    data_digest, catalog_digest : str
        Digests of the history and of the catalogue.
    findings : tuple of HistoryWarning
        What limits the history.
    names : mapping of str to str
        Names of modules by id.
    synthetic : bool
        Whether the people are made up.
    """

    off_policy: Mapping[str, tuple[PolicyValue, int]] = field(
        default_factory=dict[str, tuple[PolicyValue, int]]
    )
    model_id: str | None = None
    in_use: str | None = None
    made_on: dt.date | None = None
    data_digest: str = ""
    catalog_digest: str = ""
    findings: tuple[HistoryWarning, ...] = ()
    names: Mapping[str, str] = field(default_factory=dict[str, str])
    synthetic: bool = False


def build_evaluation_report(
    evaluation: Evaluation,
    fit: EffectTable,
    counts: HistoryCounts,
    options: ReportOptions | None = None,
) -> EvaluationReport:
    """Assemble the report on a model from its table and its evaluation.

    Parameters
    ----------
    evaluation : Evaluation
        As `evaluate` returns it.
    fit : EffectTable
        The model, fitted on the whole history.
    counts : HistoryCounts
        What it was fitted on.
    options : ReportOptions, optional
        Ids, digests and logged values.

    Returns
    -------
    EvaluationReport
    """
    options = options or ReportOptions()
    interval = has_interval(fit)
    return EvaluationReport(
        evaluation=evaluation,
        counts=counts,
        bracket=fit.bracket,
        reliability=fit.reliability,
        size_known=fit.size_known,
        warnings=tuple(found.code for found in options.findings),
        findings=options.findings,
        effect_coverage=EFFECT_COVERAGE if interval else None,
        top_coverage=TOP_COVERAGE if interval else None,
        asked_since=known(fit.asked_since),
        names={
            module: options.names[module]
            for finding in options.findings
            for module in finding.modules
            if module in options.names
        },
        off_policy=tuple(
            LoggedValue(name, value, count) for name, (value, count) in options.off_policy.items()
        ),
        model_id=options.model_id,
        in_use=options.in_use,
        made_on=options.made_on,
        data_digest=options.data_digest,
        catalog_digest=options.catalog_digest,
        scale=fit.scale,
        synthetic=options.synthetic,
    )
