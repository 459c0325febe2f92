"""Commands for forms that go out: questionnaire, exam-sheet, attendance-sheet."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from recommender.cli.common import Terminal, command
from recommender.errors import ConflictError
from recommender.service.forms.questionnaires import write_questionnaires
from recommender.service.forms.raters import RULE
from recommender.service.forms.sheets import write_attendance, write_scores_sheet

Unit = Annotated[
    str, typer.Option("--unit", metavar="UNIT", help="Org unit, those below it included; a path.")
]
SheetFile = Annotated[Path, typer.Argument(metavar="FILE", help="Workbook to write (.xlsx).")]


def register(app: typer.Typer) -> None:
    """Add the commands."""
    command(
        app,
        "questionnaire",
        examples=[
            "recommender questionnaire --unit 南区示例分公司/政企客户部 --out forms",
            "recommender questionnaire --unit 南区示例分公司 --raters raters.xlsx --out forms",
        ],
    )(questionnaire)
    command(
        app,
        "exam-sheet",
        examples=["recommender exam-sheet job-knowledge 2 scores.xlsx --unit 南区示例分公司"],
    )(exam_sheet)
    command(
        app,
        "attendance-sheet",
        examples=[
            "recommender attendance-sheet attendance.xlsx "
            "--offering account-information-map-workshop-261130-1",
            "recommender attendance-sheet attendance.xlsx "
            "--module account-information-map-workshop --unit 南区示例分公司",
        ],
    )(attendance_sheet)


def questionnaire(
    term: Terminal,
    unit: Unit,
    out: Annotated[Path, typer.Option(help="Folder for the forms.")],
    raters: Annotated[
        str,
        typer.Option(
            help="Who rates: self, manager, peer:N with commas between, or a table of raters."
        ),
    ] = RULE,
) -> None:
    """Write the rating forms of a round: a workbook for each rater, and texts for wjx.cn."""
    # what is no rule is meant as a file, whether it is there or not
    table = Path(raters) if Path(raters).suffix.lower() in (".xlsx", ".csv") else None
    if out.is_dir() and any(out.iterdir()):
        # forms of another round, perhaps, or filled in already
        raise ConflictError("form.folder-used", folder=out)
    with term.session() as session:
        made = write_questionnaires(session, unit, out, raters=table or raters)
    if term.as_json:
        files = [path.name for path in (*made.forms, *made.surveys)]
        term.print_json({"folder": str(out), "rated": made.rated, "files": files})
        return
    term.print("cli.forms-written", folder=out, forms=len(made.forms), rated=made.rated)
    for path in made.surveys:
        term.print("cli.survey-written", path=path)


def exam_sheet(
    term: Terminal,
    competency: Annotated[str, typer.Argument(metavar="COMPETENCY", help="Id of the competency.")],
    level: Annotated[int, typer.Argument(metavar="LEVEL", help="Level of the exam.")],
    file: SheetFile,
    unit: Unit,
) -> None:
    """Write the score sheet of an exam, to fill in and import."""
    _refuse_existing(file)
    with term.session() as session:
        people = write_scores_sheet(session, competency, level, unit, file)
    _tell(term, file, people)


def attendance_sheet(
    term: Terminal,
    file: SheetFile,
    offering: Annotated[
        str | None, typer.Option(help="Scheduled run whose participants stand on the sheet.")
    ] = None,
    module: Annotated[
        str, typer.Option(help="Course, where it has no scheduled run; needs --unit.")
    ] = "",
    unit: Annotated[
        str, typer.Option(help="Org unit whose people stand on the sheet, given as a path.")
    ] = "",
) -> None:
    """Write the attendance sheet of a course, to fill in and import."""
    _refuse_existing(file)
    with term.session() as session:
        people = write_attendance(
            session, file, offering_id=offering, module_id=module, org_unit=unit
        )
    _tell(term, file, people)


def _refuse_existing(file: Path) -> None:
    if file.is_file():
        # it may be the one that was filled in already
        raise ConflictError("cli.file-exists", path=file)


def _tell(term: Terminal, file: Path, people: int) -> None:
    if term.as_json:
        term.print_json({"file": str(file), "people": people})
    term.print("cli.sheet-written", path=file, people=people)
