"""How a history reaches an estimator: as the product reads it from a file or the database."""

from __future__ import annotations

import numpy as np
import pandas as pd
from simulated_tables import records_table

from recommender.improvement.history import build_records, code_history, read_records

from .histories import History

ROUTES = ("file", "database", "direct")


def hand_in(history: History, route: str) -> tuple[pd.DataFrame, np.ndarray]:
    """Return X and y after a way through the product.

    Parameters
    ----------
    history : History
        What was simulated.
    route : {"file", "database", "direct"}
        A file of records; assessments and completions, of which records are built; or neither.
    """
    x, y = history.intervals, history.level_after
    if route == "direct":
        return x, y
    if route == "database":
        # Simulated intervals of one person may overlap: here each is of a person of its own.
        person = pd.factorize(pd.MultiIndex.from_arrays([x["person_id"], x["assessed_on"]]))[0]
        x = x.assign(
            person_id=[f"{name}-{i}" for i, name in zip(person, x["person_id"], strict=True)]
        )
    table = records_table(x, y)
    if route == "file":
        built = read_records(table)
    else:
        assessments = pd.concat(
            [
                table[["person_id", "competency_id"]].assign(
                    level=table[f"level_{end}"], assessed_on=table[f"{end}_on"]
                )
                for end in ("before", "after")
            ]
        )
        done = table.loc[table["module_id"] != "", ["person_id", "module_id", "completed_on"]]
        built = build_records(assessments, done, history.pairs)
        units = table.drop_duplicates("person_id").set_index("person_id")["org_unit"]
        built.frame["org_unit"] = built.frame["person_id"].map(units).astype(object)
    coded = code_history(built, history.pairs)
    return coded.intervals, coded.level_after
