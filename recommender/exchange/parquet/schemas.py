"""Columns and types of the tables of results; docs/parquet.md describes them for their readers."""

from __future__ import annotations

import pyarrow as pa

_HEAD = [
    ("person_id", pa.string()),
    ("org_unit", pa.string()),
    ("grade", pa.string()),
    ("synthetic", pa.bool_()),
    ("model_id", pa.string()),
    ("catalog_digest", pa.string()),
    ("rests_on", pa.string()),
    ("holds_until", pa.date32()),
    ("refused", pa.string()),
]
"""What each person's results rest on and the last day for which they hold, and the reason where
nothing could be worked out."""

PEOPLE = pa.schema(_HEAD)
"""A row a person: what the levels and recommendations rest on."""

LEVELS = pa.schema(
    [
        ("person_id", pa.string()),
        ("competency_id", pa.string()),
        ("level", pa.float64()),
        ("standard_error", pa.float64()),
        ("assessed_on", pa.date32()),
        ("source", pa.string()),
        ("target", pa.float64()),
        ("weight", pa.float64()),
        ("gap", pa.float64()),
        ("confidence", pa.float64()),
        ("priority", pa.float64()),
    ]
)
"""A row a person and competency; null where it is to be assessed first."""

RECOMMENDATIONS = pa.schema(
    [
        ("person_id", pa.string()),
        ("rank", pa.int16()),
        ("module_id", pa.string()),
        ("expected_gap_closed", pa.float64()),
        ("value", pa.float64()),
        ("hours", pa.float64()),
        ("cost", pa.float64()),
    ]
)
"""A row a person and module, the best first."""

PLANS = pa.schema(
    [
        *_HEAD,
        ("total_hours", pa.float64()),
        ("total_cost", pa.float64()),
        ("expected_gap_closed", pa.float64()),
        ("optimality_gap", pa.float64()),
        ("review_on", pa.date32()),
        ("plan", pa.string()),
    ]
)
"""A row a person: what the plan rests on, its figures and, as JSON, all of it."""

PLAN_ITEMS = pa.schema(
    [
        ("person_id", pa.string()),
        ("order", pa.int16()),
        ("module_id", pa.string()),
        ("hours", pa.float64()),
        ("cost", pa.float64()),
        ("adds", pa.float64()),
        ("starts_on", pa.date32()),
        ("ends_on", pa.date32()),
        ("offering_id", pa.string()),
        ("proposed_month", pa.string()),
    ]
)
"""A row a person and course of the plan, in the order to take them."""

RESULTS = {
    "people": PEOPLE,
    "levels": LEVELS,
    "recommendations": RECOMMENDATIONS,
    "plans": PLANS,
    "plan_items": PLAN_ITEMS,
}
"""The tables of results, by the name of their folder."""
