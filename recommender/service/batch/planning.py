"""Plans of a part's people, as tables of results: nothing is kept as a draft."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import pyarrow as pa

from recommender.errors import ConflictError
from recommender.exchange.parquet.parts import to_table
from recommender.results import Plan, to_json
from recommender.service.estimates import Estimates
from recommender.service.framework import Framework
from recommender.service.levels.standing import Standing, aim_at
from recommender.service.plans.choices import PlanRequest, find_target_grade
from recommender.service.plans.dates import Dates
from recommender.service.plans.making import make_plan
from recommender.service.recommend.prospects import find_prospects
from recommender.texts import explain


def plan_part(
    framework: Framework,
    standing: Standing,
    estimates: Estimates,
    request: PlanRequest,
    *,
    runs: Mapping[str, Sequence[Dates]],
    lang: str,
) -> tuple[dict[str, Plan], dict[str, str]]:
    """Make the plans of a part's people, and say by id why some have none."""
    standing = aim_at(standing, framework, find_target_grade(framework, request))
    prospects = find_prospects(framework, standing, estimates, modalities=request.modalities)
    plans: dict[str, Plan] = {}
    refused: dict[str, str] = {}
    for row, person_id in enumerate(standing.people["person_id"].tolist()):
        try:
            made = make_plan(prospects, row, request, runs=runs, lang=lang)
            # the id is random, and only a plan that is kept needs one
            plans[person_id] = replace(made, plan_id="")
        except ConflictError as error:
            refused[person_id] = explain(error, lang)[0]
    return plans, refused


def tabulate_figures(plans: Mapping[str, Plan], person_ids: Sequence[str]) -> dict[str, list[Any]]:
    """Return the columns of ``plans`` beside those of every head, null for whom there is none."""
    rows = [plans.get(person_id) for person_id in person_ids]
    return {
        **{
            name: [None if plan is None else getattr(plan, name) for plan in rows]
            for name in (
                "total_hours",
                "total_cost",
                "expected_gap_closed",
                "optimality_gap",
                "review_on",
            )
        },
        "plan": [
            None if plan is None else json.dumps(to_json(plan), ensure_ascii=False) for plan in rows
        ],
    }


def tabulate_items(plans: Iterable[Plan]) -> pa.Table:
    """Return the table ``plan_items``."""
    items = [(plan.person_id, item) for plan in plans for item in plan.items]
    return to_table(
        "plan_items",
        {
            "person_id": [person_id for person_id, _ in items],
            "order": [item.order for _, item in items],
            "module_id": [item.module_id for _, item in items],
            "hours": [item.hours for _, item in items],
            "cost": [item.cost for _, item in items],
            "adds": [item.adds for _, item in items],
            "starts_on": [item.starts_on for _, item in items],
            "ends_on": [item.ends_on for _, item in items],
            "offering_id": [item.offering_id for _, item in items],
            "proposed_month": [item.proposed_month for _, item in items],
        },
    )
