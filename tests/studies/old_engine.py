"""The engine of git 945f1f1, run in a process of its own on the same histories.

Its answers never change, so they are kept in files. It reads codes, and of several modules in one
interval each has a share of the gain in proportion to its hours, as that version built records.
"""

from __future__ import annotations

import hashlib
import os
import pickle
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd

from .histories import History

# An export of that commit: git archive 945f1f1 | tar -x -C ...
OLD_ENGINE = Path(os.environ.get("OLD_ENGINE", "/tmp/old945"))
CACHE = Path(os.environ.get("STUDIES_CACHE", "/tmp/studies"))
_DAYS_PER_MONTH = 365.25 / 12

# Runs where the old package is first on the path, so it may import nothing of this one.
_CHILD = """
import pickle, sys
import numpy as np
from recommender.improvement.effects import fit_effects, predict
from recommender.improvement.tables import ModuleTable, RecordTable
with open(sys.argv[1], "rb") as file:
    given = pickle.load(file)
fit = fit_effects(
    RecordTable(**given["records"]), ModuleTable(**given["modules"]),
    n_competencies=given["n_competencies"],
)
found = predict(fit, *given["asked"])
np.savez(
    sys.argv[2], effect=found.expected_improvement, lower=found.effect_lower,
    upper=found.effect_upper,
)
"""


def answer(history: History) -> dict[str, np.ndarray]:
    """Return effect, lower and upper bound of the history's questions, from the file if there."""
    given = _in_codes(history)
    data = pickle.dumps(given)
    digest = hashlib.sha256(data).hexdigest()[:12]
    CACHE.mkdir(parents=True, exist_ok=True)
    kept = CACHE / f"old-{history.name}-{history.seed}-{digest}.npz"
    if not kept.exists():
        asked, found = kept.with_suffix(".pickle"), kept.with_suffix(".part.npz")
        asked.write_bytes(data)
        limits = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"), "1")
        subprocess.run(
            [sys.executable, "-c", _CHILD, str(asked), str(found)],
            env={**os.environ, **limits, "PYTHONPATH": str(OLD_ENGINE)},
            cwd=OLD_ENGINE,
            check=True,
        )
        found.replace(kept)
        asked.unlink()
    with np.load(kept) as arrays:
        return {name: arrays[name] for name in arrays.files}


def _codes(values: pd.Series | list[str], ids: list[str]) -> np.ndarray:
    return pd.Index(ids, dtype=object).get_indexer(pd.Index(list(values), dtype=object))


def _in_codes(history: History) -> dict[str, object]:
    x, pairs = history.intervals, history.pairs
    modules = pairs.drop_duplicates("module_id")
    module_ids = modules["module_id"].tolist()
    competency_ids = sorted(set(x["competency_id"]) | set(pairs["competency_id"]))
    width = x["modules"].map(len).to_numpy()
    row = np.repeat(np.arange(len(x)), np.maximum(width, 1))
    taken = [name for names in x["modules"] for name in names or ("",)]
    hours = modules.set_index("module_id")["hours"].reindex(taken).fillna(1.0).to_numpy(float)
    share = hours / np.bincount(row, hours, minlength=len(x))[row]
    whole = x.iloc[row]
    before, after = whole["level_before"].to_numpy(float), history.level_after[row]
    records = {
        "person": pd.factorize(whole["person_id"])[0],
        "competency": _codes(whole["competency_id"], competency_ids),
        "module": _codes(taken, module_ids),
        "level_before": before,
        "level_after": np.where(
            width[row] > 1, (before + share * (after - before)).round(10), after
        ),
        "days_between": (whole["months"].to_numpy(float) * _DAYS_PER_MONTH).round(),
        "org": pd.factorize(whole["org_unit"], sort=True)[0],
        "after_day": whole["assessed_on"].to_numpy().astype("datetime64[D]").astype(float),
    }
    table = {
        "pair_module": _codes(pairs["module_id"], module_ids),
        "pair_competency": _codes(pairs["competency_id"], competency_ids),
        "pair_from": pairs["from_level"].to_numpy(float),
        "pair_to": pairs["to_level"].to_numpy(float),
        "pair_main": pairs["main"].to_numpy(bool),
        "modality": pd.factorize(modules["modality"], sort=True)[0],
        "hours": modules["hours"].to_numpy(float),
        "cost": modules["cost"].to_numpy(float),
    }
    asked = history.questions
    return {
        "records": records,
        "modules": table,
        "n_competencies": len(competency_ids),
        "asked": (
            _codes([names[0] for names in asked["modules"]], module_ids),
            _codes(asked["competency_id"], competency_ids),
            asked["level_before"].to_numpy(float),
        ),
    }
