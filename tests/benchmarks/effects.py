"""The effect model: fit on a million intervals, beside the bare solve of the same design."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd
import scipy.linalg
import scipy.sparse as sp

from recommender.arrays import FloatArray
from recommender.improvement.model.columns import EffectColumns, UntrainedColumns, list_events
from recommender.improvement.model.effect_model import EffectModel
from tests.benchmarks.measuring import Figure, measure

N_RECORDS, N_COMPETENCIES, N_MODULES, N_MODALITIES = 1_000_000, 18, 500, 5
CONTROL_SHARE = 0.5


def make_history() -> tuple[pd.DataFrame, FloatArray, pd.DataFrame]:
    """Make a history of a million intervals; what is in it does not matter for the time."""
    rng = np.random.default_rng(5)
    module = np.repeat(np.arange(N_MODULES), 2)
    main = rng.integers(0, N_COMPETENCIES, N_MODULES)
    competency = np.stack([main, (main + 1) % N_COMPETENCIES], axis=1).ravel()
    from_level = rng.integers(0, 4, N_MODULES).astype(float)
    modules = np.array([f"module-{code:03d}" for code in range(N_MODULES)], dtype=object)
    competencies = np.array([f"competency-{code}" for code in range(N_COMPETENCIES)], dtype=object)
    pairs = pd.DataFrame(
        {
            "module_id": modules[module],
            "competency_id": competencies[competency],
            "from_level": from_level[module],
            "to_level": from_level[module] + 1,
            "main": np.tile([True, False], N_MODULES),
            "modality": [
                f"kind-{code}" for code in rng.integers(0, N_MODALITIES, N_MODULES)[module]
            ],
            "hours": rng.uniform(2, 40, N_MODULES)[module],
        }
    )
    trained = rng.random(N_RECORDS) > CONTROL_SHARE
    pair = rng.integers(0, len(module), N_RECORDS)
    before = np.clip(rng.normal(2, 0.8, N_RECORDS), 0, 4)
    gain = 0.1 + trained * rng.normal(0.3, 0.2, len(module))[pair] * (1 - before / 5)
    # one tuple a module, as a history has them
    taken = np.empty(N_MODULES + 1, dtype=object)
    taken[:] = [*((name,) for name in modules), ()]
    lags = np.empty(2, dtype=object)
    lags[:] = [(), (2.0,)]
    days = rng.integers(18_000, 19_500, N_RECORDS).astype("datetime64[D]")
    X = pd.DataFrame(
        {
            "person_id": rng.integers(0, 200_000, N_RECORDS),
            "competency_id": competencies[
                np.where(trained, competency[pair], rng.integers(0, N_COMPETENCIES, N_RECORDS))
            ],
            "modules": taken[np.where(trained, module[pair], N_MODULES)],
            "since": lags[trained.astype(int)],
            "level_before": before,
            "months": rng.integers(60, 400, N_RECORDS) / 30.4,
            "org_unit": np.array([f"unit-{code}" for code in range(50)], dtype=object)[
                rng.integers(0, 50, N_RECORDS)
            ],
            "assessed_on": days.astype("datetime64[s]"),
        }
    )
    return X, np.clip(before + gain + rng.normal(0, 0.4, N_RECORDS), 0, 4), pairs


def our_fit() -> Callable[[], object]:
    """Prepare the fit of the effect model, coding of ids included."""
    X, y, pairs = make_history()
    return lambda: EffectModel(pairs).fit(X, y)


def bare_solve() -> Callable[[], object]:
    """Prepare one solve of the normal equations of the linear member: product and Cholesky."""
    X, y, pairs = make_history()
    level = X["level_before"].to_numpy(float)
    untrained = UntrainedColumns().fit(X, level).transform(X, level).values
    events = list_events(X, pairs, level)
    columns = EffectColumns().fit(pairs, size_known=True).transform(events.pair, events.level)
    effect = events.sum_by_row(columns.values, len(X))
    design = sp.csr_array(sp.hstack([untrained, effect], format="csr"))

    def work() -> object:
        gram = (design.T @ design).toarray()
        gram[np.diag_indices_from(gram)] += 1.0
        return scipy.linalg.cho_solve(scipy.linalg.cho_factor(gram), design.T @ y)

    return work


def run() -> list[Figure]:
    """Measure the fit beside the bare solve of each of its two members."""
    size = f"fit on {N_RECORDS:,} intervals"
    bare = Figure(f"{size}: bare solve of the same design", *measure(bare_solve, repeats=1))
    seconds, peak = measure(our_fit, repeats=1)
    ratio = seconds / (2 * bare.seconds)
    name = f"{bare.name}, for each of two members"
    return [bare, Figure(f"{size}: effect model, coding included", seconds, peak, name, ratio)]
