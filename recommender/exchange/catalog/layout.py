"""The sheets of a catalogue as a workbook: which column holds which field of which record."""

from __future__ import annotations

from collections.abc import Sequence

from recommender.exchange.catalog.columns import PAIRS
from recommender.exchange.catalog.fields import Layout
from recommender.exchange.catalog.framework_sheets import FRAMEWORK_SHEETS
from recommender.exchange.catalog.module_sheets import MODULE_SHEETS
from recommender.exchange.catalog.post_sheets import post_sheets


def catalog_layouts(grades: Sequence[str]) -> tuple[Layout, ...]:
    """Return the sheets of a catalogue with these grades, in their order in the workbook."""
    return (
        Layout("catalog", ("目录与设置", "Catalogue"), PAIRS, ("key",), required=True),
        *MODULE_SHEETS,
        *FRAMEWORK_SHEETS,
        *post_sheets(grades),
    )
