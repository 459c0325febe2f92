"""Tabular files in and out: Excel and CSV files that users hand in, checked, and those they get.

A name is loaded when it is first used, because the libraries for workbooks take long to load.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from recommender.exchange.catalog.reading import (
        import_catalog_workbook,
        read_catalog_workbook,
    )
    from recommender.exchange.catalog.writing import write_catalog_workbook
    from recommender.exchange.forms.rating_forms import write_rating_form
    from recommender.exchange.forms.reading import files_of, read_form, recognise_form
    from recommender.exchange.forms.sheets import write_attendance_sheet, write_exam_sheet
    from recommender.exchange.forms.survey_text import write_survey_text
    from recommender.exchange.heat_maps import HeatSheet, write_heat_maps
    from recommender.exchange.reports import (
        Cell,
        ReportColumn,
        ReportSheet,
        ReportTable,
        SheetLink,
        write_report,
    )
    from recommender.exchange.tables.faults import describe_causes, describe_faults
    from recommender.exchange.tables.marked_copy import write_marked_copy, write_mended_copy
    from recommender.exchange.tables.reading import (
        TableRead,
        check_items,
        read_import,
        read_table,
    )
    from recommender.exchange.tables.templates import write_template
    from recommender.exchange.tables.writing import write_xlsx

_HOMES = {
    "HeatSheet": "heat_maps",
    "Cell": "reports",
    "ReportColumn": "reports",
    "ReportSheet": "reports",
    "ReportTable": "reports",
    "SheetLink": "reports",
    "TableRead": "tables.reading",
    "check_items": "tables.reading",
    "describe_causes": "tables.faults",
    "describe_faults": "tables.faults",
    "import_catalog_workbook": "catalog.reading",
    "read_catalog_workbook": "catalog.reading",
    "files_of": "forms.reading",
    "read_form": "forms.reading",
    "read_import": "tables.reading",
    "read_table": "tables.reading",
    "recognise_form": "forms.reading",
    "write_attendance_sheet": "forms.sheets",
    "write_catalog_workbook": "catalog.writing",
    "write_exam_sheet": "forms.sheets",
    "write_heat_maps": "heat_maps",
    "write_marked_copy": "tables.marked_copy",
    "write_mended_copy": "tables.marked_copy",
    "write_rating_form": "forms.rating_forms",
    "write_survey_text": "forms.survey_text",
    "write_report": "reports",
    "write_template": "tables.templates",
    "write_xlsx": "tables.writing",
}

__all__ = [
    "Cell",
    "HeatSheet",
    "ReportColumn",
    "ReportSheet",
    "ReportTable",
    "SheetLink",
    "TableRead",
    "check_items",
    "describe_causes",
    "describe_faults",
    "files_of",
    "import_catalog_workbook",
    "read_catalog_workbook",
    "read_form",
    "read_import",
    "read_table",
    "recognise_form",
    "write_attendance_sheet",
    "write_catalog_workbook",
    "write_exam_sheet",
    "write_heat_maps",
    "write_marked_copy",
    "write_mended_copy",
    "write_rating_form",
    "write_report",
    "write_survey_text",
    "write_template",
    "write_xlsx",
]


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
