"""A simulated history as the tables that people hand in."""

from __future__ import annotations

import numpy as np
import pandas as pd

from recommender.improvement.simulation.settings import DAYS_PER_MONTH
from recommender.improvement.simulation.synthetic import Simulation


def to_frames(simulation: Simulation) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Write a simulated history as the tables of DESIGN, section 5.

    Returns
    -------
    records, modules : DataFrame
        Improvement records, a row for each module of an interval, and modules.
    """
    records = records_table(simulation.intervals, simulation.level_after)
    pairs = simulation.pairs.sort_values("main", ascending=False, kind="stable")
    modules = pairs.groupby("module_id", sort=False).agg(
        competency_ids=("competency_id", ";".join),
        from_level=("from_level", "first"),
        to_level=("to_level", "first"),
        modality=("modality", "first"),
        hours=("hours", "first"),
        cost=("cost", "first"),
    )
    modules = modules.loc[list(simulation.module_ids)].reset_index()
    modules.insert(1, "title", [f"Module {code}" for code in range(len(modules))])
    return records, modules


def records_table(intervals: pd.DataFrame, level_after: np.ndarray) -> pd.DataFrame:
    """Write intervals as a table of the kind ``records``, a row for each module."""
    whole = intervals.assign(level_after=level_after)
    rows = whole.explode(["modules", "since"], ignore_index=True)
    after = rows["assessed_on"]
    lag = (rows["since"].astype(float) * DAYS_PER_MONTH).round()
    days = (rows["months"] * DAYS_PER_MONTH).round()
    return pd.DataFrame(
        {
            "person_id": rows["person_id"],
            "competency_id": rows["competency_id"],
            "module_id": rows["modules"].fillna(""),
            "level_before": rows["level_before"],
            "level_after": rows["level_after"],
            "before_on": (after - pd.to_timedelta(days, unit="D")).dt.strftime("%Y-%m-%d"),
            "after_on": after.dt.strftime("%Y-%m-%d"),
            "completed_on": (after - pd.to_timedelta(lag, unit="D"))
            .dt.strftime("%Y-%m-%d")
            .fillna(""),
            "org_unit": rows["org_unit"],
        }
    )
