"""Levels, gaps and the best modules of a part's people, as tables of results."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from recommender.arrays import round_off
from recommender.exchange.parquet.parts import to_table
from recommender.ranking import RankedArrays
from recommender.scoring import SOURCES
from recommender.service.estimates import Estimates
from recommender.service.framework import Framework
from recommender.service.levels.standing import Standing, aim_at
from recommender.service.recommend.recommendations import RecommendationRequest, rank_standing


def rank_part(
    framework: Framework,
    standing: Standing,
    estimates: Estimates,
    request: RecommendationRequest,
) -> dict[str, pa.Table]:
    """Work out the tables ``levels`` and ``recommendations`` of everybody in a standing."""
    standing = aim_at(standing, framework, request.target_grade)
    ranked = rank_standing(framework, standing, estimates, request)
    return {
        "levels": _tabulate_levels(framework, standing),
        "recommendations": _tabulate_ranking(framework, standing, ranked),
    }


def _tabulate_levels(framework: Framework, standing: Standing) -> pa.Table:
    levels, gaps = standing.levels, standing.gaps
    n_people, n_competencies = levels.level.shape
    # null, not NaN: SQL takes the mean of the one and not of the other
    unknown = (levels.source < 0).ravel()

    def known(values: np.ndarray, kind: pa.DataType | None = None) -> pa.Array:
        rounded = round_off(values) if values.dtype == np.float64 else values
        return pa.array(rounded.ravel(), kind, mask=unknown)

    sources = np.array([*SOURCES, ""])[levels.source]
    return to_table(
        "levels",
        {
            "person_id": np.repeat(standing.people["person_id"].to_numpy(), n_competencies),
            "competency_id": np.tile(np.array(framework.competency_ids, object), n_people),
            "level": known(levels.level),
            "standard_error": known(levels.standard_error),
            "assessed_on": known(levels.day.astype("datetime64[D]")),
            "source": known(sources.astype(object), pa.string()),
            "target": standing.targets.ravel(),
            "weight": standing.weights.ravel(),
            "gap": known(gaps.gap),
            "confidence": known(gaps.confidence),
            "priority": known(gaps.priority),
        },
    )


def _tabulate_ranking(framework: Framework, standing: Standing, ranked: RankedArrays) -> pa.Table:
    modules = framework.modules
    rows, rank = np.nonzero(ranked.module >= 0)
    module = ranked.module[rows, rank]
    return to_table(
        "recommendations",
        {
            "person_id": standing.people["person_id"].to_numpy()[rows],
            "rank": rank + 1,
            "module_id": np.array(modules.ids, object)[module],
            "expected_gap_closed": round_off(ranked.expected_gap_closed[rows, rank]),
            "value": round_off(ranked.value[rows, rank]),
            "hours": modules.hours[module].astype(float),
            "cost": modules.cost[module].astype(float),
        },
    )
