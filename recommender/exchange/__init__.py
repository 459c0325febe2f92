"""Tabular files in and out: what users hand in as Excel or CSV, checked, and what they get."""

from recommender.exchange.reports import describe_faults, write_marked_copy
from recommender.exchange.tables import read_table
from recommender.exchange.templates import write_template
from recommender.exchange.writing import write_xlsx

__all__ = ["describe_faults", "read_table", "write_marked_copy", "write_template", "write_xlsx"]
