"""Tabular files in and out: what users hand in as Excel or CSV, checked, and what they get."""

from recommender.exchange.catalog.reading import import_catalog_workbook, read_catalog_workbook
from recommender.exchange.catalog.writing import write_catalog_workbook
from recommender.exchange.tables.reading import check_items, read_table
from recommender.exchange.tables.reports import describe_faults, write_marked_copy
from recommender.exchange.tables.templates import write_template
from recommender.exchange.tables.writing import write_xlsx

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
