"""What modules add, for whom, and how two models differ, as tables."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from recommender.analysis.workbench import Workbench
from recommender.effectiveness.verdict import USEFUL_LEVELS
from recommender.improvement.effect_table import Prediction, predict
from recommender.improvement.evaluation import GainBins, GainScore, bin_gains, score_gain
from recommender.improvement.registry import TrainedModel
from recommender.service.learning.training import expected_levels

# The interval of a module with fewer records is mostly that of modules like it.
ENOUGH = 5
# As in an evaluation: an error from fewer records would be mostly luck.
MIN_LATER = 20
# The readiness of the candidate rule: below it a module is not recommended.
REACH_BELOW = 0.5


def effect_table(
    model: TrainedModel, bench: Workbench, *, useful: float = USEFUL_LEVELS, enough: int = ENOUGH
) -> pd.DataFrame:
    """Say what each module adds for a person who stands where it begins.

    Parameters
    ----------
    model : TrainedModel
        The model.
    bench : Workbench
        The modules; those that the model does not know are left out.
    useful : float
        The least effect that is worth the time, in levels.
    enough : int
        With fewer records nothing is said.

    Returns
    -------
    DataFrame
        A row for each module and competency, largest effect first. `finding` is ``unknown`` with
        too few records, ``weak`` where even the upper end of the interval is below `useful`,
        ``works`` where the lower end is above 0, else ``unclear``. A model without control rows
        tells the order only: `effect` is then relative to the average module of the competency,
        and `finding` is ``order-only``.
    """
    pairs = bench.history.pairs
    # A table of modules may lack levels: the middle of the starting levels stands in.
    usual = bench.history.frame["level_before"].median()
    level = pairs["from_level"].fillna(usual).to_numpy(dtype=float)
    rows = pairs.assign(level=level)[_known_pairs(model, pairs)].reset_index(drop=True)
    prediction = _predict(model, rows)
    effect = prediction.expected_improvement
    # The raw gain stands beside the effect, so that one sees what the adjustment takes off.
    gain = bench.history.frame["level_after"] - bench.history.frame["level_before"]
    raw = gain.groupby([bench.history.frame[name] for name in ("module_id", "competency_id")])
    keys = pd.MultiIndex.from_frame(rows[["module_id", "competency_id"]])
    table = pd.DataFrame(
        {
            "module_id": rows["module_id"],
            "competency_id": rows["competency_id"],
            "module": [bench.name(key) for key in rows["module_id"]],
            "competency": [bench.name(key) for key in rows["competency_id"]],
            "main": rows["main"].astype(bool),
            "modality": rows["modality"],
            "level": rows["level"],
            "effect": effect,
            "lower": prediction.effect_lower,
            "upper": prediction.effect_upper,
            "records": prediction.evidence_count,
            "raw_gain": raw.mean().reindex(keys).to_numpy(),
            "hours": rows["hours"],
            "cost": rows["cost"],
            "per_10_hours": 10 * effect / rows["hours"].to_numpy(dtype=float),
        }
    )
    table["finding"] = np.select(
        [table["records"] < enough, table["upper"] < useful, table["lower"] > 0],
        ["unknown", "weak", "works"],
        "unclear",
    )
    if not model.fit.size_known:
        table["finding"] = "order-only"
    return table.sort_values("effect", ascending=False, ignore_index=True)


def effect_by_level(
    model: TrainedModel, bench: Workbench, module_ids: Sequence[str], *, step: float = 0.25
) -> pd.DataFrame:
    """Say for whom modules work: the effect on their main competency by starting level.

    Parameters
    ----------
    model : TrainedModel
        The model.
    bench : Workbench
        The modules and their names.
    module_ids : sequence of str
        The modules asked about.
    step : float
        Distance of the levels, in levels.

    Returns
    -------
    DataFrame
        A row for each module and each level at which it may be recommended, with `effect`,
        `lower` and `upper`.
    """
    pairs = bench.history.pairs
    pairs = pairs[pairs["main"].astype(bool) & pairs["module_id"].isin(module_ids)]
    pairs = pairs[_known_pairs(model, pairs)]
    # Half a step beyond the end, as arange may miss 4.0 by rounding.
    levels = pd.DataFrame({"level": np.arange(0.0, 4.0 + step / 2, step)})
    rows = pairs.merge(levels, how="cross")
    # Only where the module may be recommended: elsewhere the curve is extrapolated.
    above = rows["level"] >= rows["from_level"].fillna(0.0) - REACH_BELOW
    rows = rows[above & (rows["level"] < rows["to_level"].fillna(4.0))].reset_index(drop=True)
    prediction = _predict(model, rows)
    return pd.DataFrame(
        {
            "module_id": rows["module_id"],
            "module": [bench.name(key) for key in rows["module_id"]],
            "level": rows["level"],
            "effect": prediction.expected_improvement,
            "lower": prediction.effect_lower,
            "upper": prediction.effect_upper,
        }
    )


def compare_effects(first: TrainedModel, second: TrainedModel, bench: Workbench) -> pd.DataFrame:
    """Set the effects of two models side by side, the largest change first.

    Parameters
    ----------
    first, second : TrainedModel
        The models.
    bench : Workbench
        The modules and their names.

    Returns
    -------
    DataFrame
        `effect_first`, `effect_second`, `change`, evidence counts, and ranks among the modules
        for the same competency.
    """
    keys = ["module_id", "competency_id", "module", "competency"]
    tables = [effect_table(model, bench)[[*keys, "effect", "records"]] for model in (first, second)]
    for table in tables:
        # method="first": effects that are equal still get whole ranks.
        ranks = table.groupby("competency_id")["effect"].rank(ascending=False, method="first")
        table["rank"] = ranks.astype(int)
    both = tables[0].merge(tables[1], on=keys, suffixes=("_first", "_second"))
    both["change"] = both["effect_second"] - both["effect_first"]
    order = both["change"].abs().sort_values(ascending=False, kind="stable").index
    return both.loc[order].reset_index(drop=True)


def judge_later(
    models: Mapping[str, TrainedModel], bench: Workbench
) -> tuple[dict[str, GainScore], dict[str, GainBins]]:
    """Judge models on the trained records after the last that any of them has learned from.

    Parameters
    ----------
    models : mapping of str to TrainedModel
        The models by name.
    bench : Workbench
        The records and the modules.

    Returns
    -------
    tuple of dict
        Scores and calibration by name; empty where there are fewer than 20 such records.
    """
    X, y = bench.history.intervals, bench.history.level_after
    seen = [model.trained_on for model in models.values() if model.trained_on is not None]
    # After the last day that any model has seen, so that none is judged on what it learned from.
    last = pd.Timestamp(max(seen)) if seen else pd.Timestamp.max
    later = (X["assessed_on"] > last).to_numpy()
    expected = {name: expected_levels(model, X[later]) for name, model in models.items()}
    known = np.logical_and.reduce([np.isfinite(value) for value in expected.values()])
    if known.sum() < MIN_LATER:
        return {}, {}
    level = X["level_before"].to_numpy(dtype=float)[later][known]
    gain = y[later][known] - level
    predicted = {name: value[known] - level for name, value in expected.items()}
    return (
        {name: score_gain(value, gain) for name, value in predicted.items()},
        {name: bin_gains(value, gain) for name, value in predicted.items()},
    )


def _codes(values: pd.Series, ids: tuple[str, ...]) -> NDArray[np.int64]:
    index = pd.Index(ids, dtype=object)
    return index.get_indexer(pd.Index(values, dtype=object)).astype(np.int64)


def _known_pairs(model: TrainedModel, rows: pd.DataFrame) -> NDArray[np.bool_]:
    """Say which rows ask for a module and competency that the model knows."""
    width = len(model.competency_ids)
    module = _codes(rows["module_id"], model.module_ids)
    competency = _codes(rows["competency_id"], model.competency_ids)
    # A pair as one integer, so that one look-up answers for all rows.
    pairs = model.fit.pair_module * width + model.fit.pair_competency
    return (module >= 0) & (competency >= 0) & np.isin(module * width + competency, pairs)


def _predict(model: TrainedModel, rows: pd.DataFrame) -> Prediction:
    org = _codes(rows["org_unit"], model.org_ids) if "org_unit" in rows else None
    return predict(
        model.fit,
        _codes(rows["module_id"], model.module_ids),
        _codes(rows["competency_id"], model.competency_ids),
        rows["level"].to_numpy(dtype=float),
        org,
    )
