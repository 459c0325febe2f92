"""Facts about very many made-up people as Parquet, each marked as synthetic."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import numpy as np
import pandas as pd

from recommender.exchange.parquet.facts import write_facts
from recommender.service.framework import Framework

AS_OF = dt.date(2026, 11, 28)
BRANCH_PEOPLE = 10_000


def write_made_up_facts(folder: Path, framework: Framework, n_people: int, seed: int = 1) -> None:
    """Write people and an assessment of each in every competency, in branches of 10,000."""
    rng = np.random.default_rng(seed)
    competencies = np.array(framework.competency_ids, dtype=object)
    n_competencies = len(competencies)
    for number, start in enumerate(range(0, n_people, BRANCH_PEOPLE)):
        n = min(BRANCH_PEOPLE, n_people - start)
        ids = np.array([f"S{start + i:07}" for i in range(n)], dtype=object)
        branch = f"合成分公司{number:03}"
        people = pd.DataFrame(
            {
                "person_id": ids,
                "name": [f"合成人员{start + i:07}" for i in range(n)],
                "org_unit": [f"{branch}/政企客户部{i % 20:02}" for i in range(n)],
                "grade": rng.choice(np.array(framework.grade_ids, dtype=object), n),
                "manager_id": None,
                "hired_on": dt.date(2022, 7, 1),
                "left_on": None,
                "synthetic": "yes",
            }
        )
        days = np.array([AS_OF - dt.timedelta(days=int(day)) for day in range(300)], dtype=object)
        rows = n * n_competencies
        assessments = pd.DataFrame(
            {
                "person_id": np.repeat(ids, n_competencies),
                "competency_id": np.tile(competencies, n),
                "level": np.round(rng.uniform(0, 4, rows), 2),
                "standard_error": 0.3,
                "assessed_on": days[rng.integers(0, 300, rows)],
                "method": "合成数据",
            }
        )
        # nobody has been assessed in everything
        seen = rng.random(rows) < 0.9
        write_facts(folder, "people", people, branch=branch)
        write_facts(folder, "assessments", assessments[seen], branch=branch)
