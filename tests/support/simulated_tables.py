"""A simulated history as the tables that people hand in."""

from __future__ import annotations

import numpy as np
import pandas as pd

from recommender.improvement.simulation.synthetic import MODALITIES, Simulation


def to_frames(simulation: Simulation) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Write a simulated history as the tables of DESIGN, section 5.

    Returns
    -------
    records, modules : DataFrame
        Improvement records and modules, with ids `p…`, `c…`, `m…` made of the codes.
    """
    r, m = simulation.records, simulation.modules
    after = np.array(r.after_day, dtype="int64").astype("datetime64[D]")
    before = after - r.days_between.astype("int64").astype("timedelta64[D]")
    records = pd.DataFrame(
        {
            "person_id": [f"p{code:05d}" for code in r.person],
            "competency_id": [f"c{code:02d}" for code in r.competency],
            "module_id": [f"m{code:03d}" if code >= 0 else "" for code in r.module],
            "level_before": r.level_before,
            "level_after": r.level_after,
            "before_on": before.astype(str),
            "after_on": after.astype(str),
            "completed_on": np.where(r.module >= 0, (after - 60).astype(str), ""),
            "org_unit": [f"u{code:02d}" for code in r.org],
        }
    )
    rows: list[dict[str, object]] = []
    for code in range(m.modality.size):
        own = np.flatnonzero(m.pair_module == code)
        own = own[np.argsort(~m.pair_main[own], kind="stable")]
        rows.append(
            {
                "module_id": f"m{code:03d}",
                "title": f"Module {code}",
                "competency_ids": ";".join(f"c{c:02d}" for c in m.pair_competency[own]),
                "from_level": m.pair_from[own[0]],
                "to_level": m.pair_to[own[0]],
                "modality": MODALITIES[int(m.modality[code])],
                "hours": m.hours[code],
                "cost": m.cost[code],
            }
        )
    return records, pd.DataFrame(rows)
