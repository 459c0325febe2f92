"""What participants of modules gained between two assessments, over no training."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast

import numpy as np
import pandas as pd

from recommender.arrays import FloatArray, IntArray
from recommender.exchange.parquet.facts import branch_of
from recommender.improvement.effect_table import EffectTable, expect_levels, predict
from recommender.improvement.history import to_intervals
from recommender.service.effectiveness.sources import Sources
from recommender.service.estimates import Estimates
from recommender.service.framework import Framework


@dataclass(frozen=True)
class Gains:
    """Participants measured before and after, a row each for a module and competency.

    Parameters
    ----------
    frame : DataFrame
        person_id, module_id, competency_id, level_before, raw (level after less before), gain
        (over no training; NaN without a model that knows sizes), grade and unit (branch) of today
        and offering_id, each None where it is not known.
    rows : mapping
        Rows of each module and competency.
    """

    frame: pd.DataFrame
    rows: Mapping[tuple[str, str], Any]

    def of(self, module_id: str, competency_id: str) -> pd.DataFrame:
        """Return the rows of a module and competency."""
        return self.frame.iloc[self.rows.get((module_id, competency_id), [])]


def list_gains(
    sources: Sources, estimates: Estimates, org_ids: Sequence[str], module_id: str | None = None
) -> Gains:
    """List what participants gained, of one module or of all; of several times the last.

    `org_ids` are the units whose people the model expects to end above or below others, in the
    order of its codes.
    """
    records = sources.records
    # an interval with training has no record that says there was none
    trained = records[records["module_id"] != ""]
    if module_id is not None:
        took = trained.loc[trained["module_id"] == module_id, "person_id"]
        trained = trained[trained["person_id"].isin(set(took))]
    X, after = to_intervals(trained)
    interval = np.repeat(np.arange(len(X)), [len(modules) for modules in X["modules"]])
    modules = [name for names in X["modules"] for name in names]
    before = X["level_before"].to_numpy(dtype=float)
    frame = pd.DataFrame(
        {
            "person_id": X["person_id"].to_numpy(dtype=object)[interval],
            "module_id": np.array(modules, dtype=object),
            "competency_id": X["competency_id"].to_numpy(dtype=object)[interval],
            "level_before": before[interval],
            "raw": (after - before)[interval],
        }
    )
    codes = _find_codes(sources.framework, estimates)
    known = list(zip(frame["module_id"], frame["competency_id"], strict=True))
    module, competency = (
        np.array([codes.get(pair, (-1, -1))[i] for pair in known], dtype=np.int64) for i in range(2)
    )
    fit = estimates.fit if estimates.size_known else None
    org_code = {name: i for i, name in enumerate(org_ids)}
    org = np.array([org_code.get(unit, -1) for unit in X["org_unit"]], dtype=np.int64)
    gain = _adjust(fit, interval, module, competency, before, after, org)
    frame = frame.assign(gain=gain).drop_duplicates(
        ["person_id", "module_id", "competency_id"], keep="last"
    )
    people = sources.people.set_index("person_id")
    runs = sources.completions.drop_duplicates(["person_id", "module_id"], keep="last")
    frame = frame.merge(runs.drop(columns="completed_on"), "left", ["person_id", "module_id"])
    units = people["org_unit"].map(branch_of)
    frame = frame.assign(
        grade=frame["person_id"].map(people["grade"]), unit=frame["person_id"].map(units)
    )
    rows = cast(Any, frame.groupby(["module_id", "competency_id"]).indices)
    return Gains(frame, rows)


def _find_codes(
    framework: Framework, estimates: Estimates
) -> dict[tuple[str, str], tuple[int, int]]:
    """Return the model's codes of the pairs of the catalogue that it knows."""
    modules = framework.modules
    return {
        (modules.ids[m], framework.competency_ids[k]): (fitted, int(estimates.fitted_competency[i]))
        for i, (m, k) in enumerate(zip(modules.pair_module, modules.pair_competency, strict=True))
        if (fitted := int(estimates.fitted_module[i])) >= 0
    }


def _adjust(
    fit: EffectTable | None,
    interval: IntArray,
    module: IntArray,
    competency: IntArray,
    before: FloatArray,
    after: FloatArray,
    org: IntArray,
) -> FloatArray:
    """Return what people gained by each module over no training: its effect and what it missed.

    So the gains of some people are their own, and not the model's once more; what they would have
    gained without training, and by other modules between the two assessments, is taken off.
    """
    gains = np.full(module.size, np.nan)
    if fit is None:
        return gains
    # what is missed can be put down to no module where one of them is not known
    clear = np.ones(before.size, dtype=bool)
    clear[interval[module < 0]] = False
    events = np.flatnonzero(clear[interval])
    if not events.size:
        return gains
    row, first = np.unique(interval[events], return_index=True)
    number = np.searchsorted(row, interval[events])
    missed = after[row] - expect_levels(
        fit,
        number,
        module[events],
        competency[events][first],
        before[row],
        org[row],
    )
    effect = predict(fit, module[events], competency[events], before[row][number])
    gains[events] = effect.expected_improvement + missed[number]
    return gains
