"""Tabular files in and out: what users hand in as Excel or CSV, checked, and what they get."""

from recommender.exchange.catalog_workbook import (
    import_catalog_workbook,
    read_catalog_workbook,
    write_catalog_workbook,
)
from recommender.exchange.reports import describe_faults, write_marked_copy
from recommender.exchange.tables import check_items, read_table
from recommender.exchange.templates import write_template
from recommender.exchange.writing import write_xlsx

__all__ = [
    "check_items",
    "describe_faults",
    "import_catalog_workbook",
    "read_catalog_workbook",
    "read_table",
    "write_catalog_workbook",
    "write_marked_copy",
    "write_template",
    "write_xlsx",
]
