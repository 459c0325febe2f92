"""Level 4 and the return: what a module changed in business figures, and what that is worth."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import pandas as pd

from recommender.arrays import FloatArray, IntArray
from recommender.effectiveness.difference_in_differences import (
    BusinessEffect,
    estimate_business_effect,
)
from recommender.effectiveness.panel import NEVER, Panel, lay_out
from recommender.effectiveness.roi import (
    ReturnOnInvestment,
    find_benefit,
    find_cost,
    find_return,
)
from recommender.service.effectiveness.results import Reason, Result
from recommender.service.effectiveness.sources import Sources
from recommender.service.effectiveness.told import Teller
from recommender.service.levels.standing import to_days
from training_catalog import BusinessFigure, TrainingModule


@dataclass(frozen=True)
class MeasuredResult:
    """What a module changed in a figure: as the reader is told it, and the return as it is.

    `exact` is None without a return, or where the effect is not to be trusted; `treated` are the
    people that it rests on.
    """

    told: Result
    exact: ReturnOnInvestment | None
    treated: int


@dataclass(frozen=True)
class FigureTable:
    """A business figure by person (as in the sources) and month, from the month `first` on.

    `grade` is the code of each person's grade.
    """

    figure: BusinessFigure
    values: FloatArray
    first: int
    grade: IntArray


def lay_out_figures(sources: Sources) -> list[FigureTable]:
    """Lay out each business figure of the catalogue, in its order, once for all modules."""
    tables: list[FigureTable] = []
    grades = pd.Index(sources.framework.grade_ids)
    grade = grades.get_indexer(pd.Index(sources.people["grade"])).astype(np.int64)
    for figure in sources.framework.catalog.business_figures:
        rows = sources.figures[sources.figures["figure_id"] == figure.id]
        person = np.array([sources.position[name] for name in rows["person_id"]], dtype=np.int64)
        values, first = lay_out(
            person,
            _number_months(to_days(rows["month"])),
            rows["value"].to_numpy(dtype=float),
            n_people=len(sources.people),
        )
        tables.append(FigureTable(figure, values, first, grade))
    return tables


def measure_results(
    sources: Sources,
    tables: Iterable[FigureTable],
    module: TrainingModule,
    *,
    hourly_cost: float | None,
) -> list[MeasuredResult]:
    """Return what is known of the effect of a module on each business figure."""
    return [_measure(sources, table, module, hourly_cost=hourly_cost) for table in tables]


def _measure(
    sources: Sources, table: FigureTable, module: TrainingModule, *, hourly_cost: float | None
) -> MeasuredResult:
    tell, figure = Teller(sources.exactly), table.figure
    measured = _estimate(sources, table, module) if table.values.size else Reason("no-figures")
    if isinstance(measured, Reason):
        return MeasuredResult(_refuse(figure, tell.reason(measured)), None, 0)
    back, caution = _price(measured, figure, module, hourly_cost=hourly_cost)
    told = Result(
        figure_id=figure.id,
        effect=tell.amount(measured.effect),
        placebo=None if measured.placebo is None else tell.amount(measured.placebo),
        is_trusted=measured.is_trusted,
        treated=tell.count(measured.treated),
        controls=tell.count(measured.controls),
        treated_months=tell.count(measured.treated_periods),
        return_=None if back is None else tell.return_(back),
        cautions=() if caution is None else (caution,),
    )
    return MeasuredResult(told, back, measured.treated)


def _price(
    measured: BusinessEffect,
    figure: BusinessFigure,
    module: TrainingModule,
    *,
    hourly_cost: float | None,
) -> tuple[ReturnOnInvestment | None, Reason | None]:
    """Return what an effect brings for its cost, and why there is none, or what it leaves out."""
    if not measured.is_trusted:
        return None, Reason(f"placebo-{measured.placebo_says}")
    if figure.value_per_unit is None:
        return None, Reason("no-value")
    benefit = find_benefit(
        measured.effect,
        value_per_unit=figure.value_per_unit,
        treated_periods=measured.treated_periods,
    )
    cost = find_cost(
        people=measured.treated,
        module_cost=module.cost,
        hours=module.hours,
        hourly_cost=hourly_cost,
    )
    back = find_return(benefit, cost)
    if back is None:
        return None, Reason("no-cost")
    return back, Reason("no-hourly-cost") if hourly_cost is None else None


def _refuse(figure: BusinessFigure, reason: Reason) -> Result:
    return Result(figure.id, None, None, False, None, None, None, missing=reason)


def _estimate(
    sources: Sources, table: FigureTable, module: TrainingModule
) -> BusinessEffect | Reason:
    """Compare the participants with people of the same grade, of grades that the module is for."""
    grades = sources.framework.grade_ids
    allowed = np.isin(table.grade, [grades.index(name) for name in module.grades or grades])
    # from the month after the one in which the module was completed for the first time
    person, day = sources.first_completions(module.id)
    start = np.full(len(table.values), NEVER, dtype=np.int64)
    start[person] = _number_months(day) + 1 - table.first
    return estimate_business_effect(
        Panel(table.values[allowed], start[allowed], stratum=table.grade[allowed])
    )


def _number_months(day: IntArray) -> IntArray:
    """Number the months of days, one after another."""
    return day.astype("datetime64[D]").astype("datetime64[M]").astype(np.int64)
