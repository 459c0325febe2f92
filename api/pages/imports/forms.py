"""Empty tables to fill in, and forms that go out: questionnaires, score and attendance sheets."""

from __future__ import annotations

import io
import tempfile
from collections.abc import Callable
from pathlib import Path as File
from typing import Annotated
from zipfile import ZIP_STORED, ZipFile

from fastapi import Path, Query, Response

from api.admission import Call
from api.operations import XLSX
from api.pages.rendering import render
from api.pages.routing import Pages, Visited
from api.responses import send
from recommender.errors import InputError, NotFoundError, RecommenderError
from recommender.service.forms import questionnaires, sheets
from recommender.service.forms.raters import RULE
from recommender.service.people.imports import write_table_template
from recommender.service.people.people import list_units
from recommender.service.permissions import Permission
from recommender.service.views.imports import list_kinds
from recommender.texts import explain

PAGES = Pages()

Unit = Annotated[str, Query(max_length=400)]
_MENDABLE = (InputError, NotFoundError)
# in the order of their texts
_RULES = (RULE, "self,manager,peer:5", "self,manager", "manager")


@PAGES.page("GET", "/imports/forms", Permission.IMPORT)
def show_forms(call: Visited) -> Response:
    """Show which tables and forms can be had to fill in."""
    return _show(call)


@PAGES.page("GET", "/imports/templates/{kind}.xlsx", Permission.IMPORT)
def download_template(
    call: Visited, kind: Annotated[str, Path(pattern=r"^[a-z-]{1,40}$")]
) -> Response:
    """Get an empty table to fill in."""
    return _send(call, lambda file: write_table_template(call.session, kind, file), f"{kind}.xlsx")


@PAGES.page("GET", "/imports/forms/questionnaires.zip", Permission.IMPORT)
def download_questionnaires(
    call: Visited, unit: Unit, raters: Annotated[str, Query(max_length=100)] = RULE
) -> Response:
    """Get the rating forms of a round for the people of an org unit."""
    try:
        # the use case, which the command line shares, writes files
        with tempfile.TemporaryDirectory(prefix="recommender-") as folder:
            made = questionnaires.write_questionnaires(
                call.session, unit, File(folder), raters=raters
            )
            content = io.BytesIO()
            # workbooks are compressed already
            with ZipFile(content, "w", ZIP_STORED) as archive:
                for file in (*made.forms, *made.surveys):
                    archive.write(file, file.name)
    except _MENDABLE as error:
        return _show(call, error)
    return send(
        call, content.getvalue(), media_type="application/zip", filename="questionnaires.zip"
    )


@PAGES.page("GET", "/imports/forms/scores.xlsx", Permission.IMPORT)
def download_exam_sheet(
    call: Visited, exam: Annotated[str, Query(pattern=r"^[a-z0-9-]{1,80}\|[1-4]$")], unit: Unit
) -> Response:
    """Get the score sheet of an exam for the people of an org unit."""
    competency, _, level = exam.partition("|")

    def write(file: File) -> None:
        sheets.write_scores_sheet(call.session, competency, int(level), unit, file)

    return _send(call, write, "scores.xlsx")


@PAGES.page("GET", "/imports/forms/attendance.xlsx", Permission.IMPORT)
def download_attendance_sheet(
    call: Visited, module: Annotated[str, Query(max_length=100)], unit: Unit
) -> Response:
    """Get the attendance sheet of a course for the people of an org unit."""

    def write(file: File) -> None:
        sheets.write_attendance(call.session, file, module_id=module, org_unit=unit)

    return _send(call, write, "attendance.xlsx")


def _send(call: Call, write: Callable[[File], object], filename: str) -> Response:
    try:
        # the use case, which the command line shares, writes a file
        with tempfile.TemporaryDirectory(prefix="recommender-") as folder:
            file = File(folder) / filename
            write(file)
            content = file.read_bytes()
    except _MENDABLE as error:
        return _show(call, error)
    return send(call, content, media_type=XLSX, filename=filename)


def _show(call: Call, error: RecommenderError | None = None) -> Response:
    catalog, lang = call.session.service.framework.catalog, call.lang
    levels = {each.level: each.name.in_language(lang) for each in catalog.levels}
    return render(
        call,
        "imports/forms.html.j2",
        status=422 if error else 200,
        kinds=list_kinds(lang),
        units=[(each.path, each.path.replace("/", " / ")) for each in list_units(call.session)],
        exams=[
            (f"{each.id}|{exam.level}", f"{each.name.in_language(lang)} · {levels[exam.level]}")
            for each in catalog.competencies
            for exam in each.exams
        ],
        modules=[
            (each.id, each.title.in_language(lang)) for each in catalog.modules if not each.retired
        ],
        rules=_RULES,
        problem=explain(error, lang) if error else None,
    )
