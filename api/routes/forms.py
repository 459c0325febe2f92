"""Forms that go out: rating forms of a round, score and attendance sheets."""

from __future__ import annotations

import io
import tempfile
from collections.abc import Callable
from pathlib import Path as File
from typing import Annotated
from zipfile import ZIP_STORED, ZipFile

from fastapi import Path, Query, Response

from api.admission import Admitted
from api.operations import XLSX, Operations
from api.responses import send
from api.schemas.common import Id, Line, UnitPath
from recommender.service.forms import questionnaires, sheets
from recommender.service.forms.raters import RULE
from recommender.service.permissions import Permission

ROUTES = Operations("jobs")
ZIP = "application/zip"

Unit = Annotated[UnitPath, Query(description="Org unit, those below it included.")]


@ROUTES.operation(
    "GET",
    "/questionnaires",
    Permission.IMPORT,
    media={ZIP: "A workbook for each rater, and a text for each grade that 问卷星 reads."},
    absent=True,
    example={"org_unit": "南区示例分公司/政企客户部/党政客户部", "raters": "self,manager"},
)
def read_questionnaires(
    call: Admitted,
    org_unit: Unit,
    raters: Annotated[
        Line, Query(description="Who rates: `self`, `manager`, `peer:N`, with commas between.")
    ] = RULE,
) -> Response:
    """Get the rating forms of a round for the people of an org unit.

    Filled in, each is imported as it is. Needs `people:read` as well.
    """
    # the use case, which the command line shares, writes files
    with tempfile.TemporaryDirectory(prefix="recommender-") as folder:
        made = questionnaires.write_questionnaires(
            call.session, org_unit, File(folder), raters=raters
        )
        content = io.BytesIO()
        # workbooks are compressed already
        with ZipFile(content, "w", ZIP_STORED) as archive:
            for file in (*made.forms, *made.surveys):
                archive.write(file, file.name)
    return send(call, content.getvalue(), media_type=ZIP, filename="questionnaires.zip")


@ROUTES.operation(
    "GET",
    "/exam-sheets/{competency_id}/{exam_level}",
    Permission.IMPORT,
    media={XLSX: "A row a person, a column a subject; filled in, it is imported as it is."},
    absent=True,
    example={
        "competency_id": "job-knowledge",
        "exam_level": 1,
        "org_unit": "南区示例分公司/政企客户部/党政客户部",
    },
)
def read_exam_sheet(
    call: Admitted,
    competency_id: Annotated[Id, Path(description="The competency that is examined.")],
    exam_level: Annotated[int, Path(description="Level of the exam.", ge=1, le=4)],
    org_unit: Unit,
) -> Response:
    """Get the score sheet of an exam for the people of an org unit.

    Needs `people:read` as well.
    """

    def write(file: File) -> None:
        sheets.write_scores_sheet(call.session, competency_id, exam_level, org_unit, file)

    return _send_sheet(call, write, "scores.xlsx")


@ROUTES.operation(
    "GET",
    "/attendance-sheets/{module_id}",
    Permission.IMPORT,
    media={XLSX: "A row a person, with a tick to choose; filled in, it is imported as it is."},
    absent=True,
    example={
        "module_id": "account-handover-visit-coaching",
        "org_unit": "南区示例分公司/政企客户部/党政客户部",
    },
)
def read_attendance_sheet(
    call: Admitted,
    module_id: Annotated[Id, Path(description="The module.")],
    org_unit: Unit,
) -> Response:
    """Get the attendance sheet of a module for the people of an org unit.

    Needs `people:read` as well.
    """

    def write(file: File) -> None:
        sheets.write_attendance(call.session, file, module_id=module_id, org_unit=org_unit)

    return _send_sheet(call, write, "attendance.xlsx")


def _send_sheet(call: Admitted, write: Callable[[File], None], filename: str) -> Response:
    # the use case, which the command line shares, writes a file
    with tempfile.TemporaryDirectory(prefix="recommender-") as folder:
        file = File(folder) / filename
        write(file)
        content = file.read_bytes()
    return send(call, content, media_type=XLSX, filename=filename)
