"""Shapes of jobs: imports, plans for a unit and their documents, training."""

from __future__ import annotations

import datetime as dt
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, RootModel

from api.responses import Page, Part, Resource
from api.schemas.common import Body, Day, Hours, Id, Moment, Money, MoneyIn, UnitPath
from recommender.service.jobs.requests import JobStatus
from recommender.service.jobs.schedules import MOST_DAYS_AHEAD, Repeat, Schedule
from training_catalog import Modality

TableName = Literal[
    "people",
    "assessments",
    "ratings",
    "exams",
    "evidence",
    "records",
    "enrolments",
    "modules",
    "offerings",
    "satisfaction",
    "business-figures",
]
JobKind = Literal["import", "plans", "plan-documents", "training", "sample", "cohort"]
Modules = Annotated[tuple[Id, ...], Field(max_length=50)]


class LaterIn(Body):
    """Long work that may be done later, and again and again."""

    run_at: Annotated[
        Moment | None,
        Field(
            description="Not before this moment, with its time zone, at most "
            f"{MOST_DAYS_AHEAD} days ahead; null: at once. It is then done with the rights that "
            "the key or account has by that time.",
            examples=["2026-12-01T02:00:00+08:00"],
        ),
    ] = None
    repeat: Annotated[
        Repeat | None,
        Field(
            description="Again every day, week or month, at the time of day of the first run by "
            "the clocks of the organisation; a month that lacks the day has it on its last. Each "
            "run queues the next when it ends, done or failed. Runs missed while no server was up "
            "are made up for once. Null: once.",
            examples=["daily"],
        ),
    ] = None

    @property
    def schedule(self) -> Schedule:
        """When it is to be done."""
        return Schedule(self.run_at, self.repeat)


class PlanBatchIn(LaterIn):
    """Plans for everybody of an org unit."""

    org_unit: Annotated[
        UnitPath | None,
        Field(description="The unit, those below it included; null: everybody in your care."),
    ] = None
    as_of: Annotated[
        Day | None,
        Field(
            description="The day of the plans, of all runs alike; null: today, and the day of each "
            "run where it is done later or repeats."
        ),
    ] = None
    hours_budget: Annotated[
        Hours | None,
        Field(description="For each person; null: what the catalogue sets, on a path no bound."),
    ] = None
    cost_budget: Annotated[
        MoneyIn | None, Field(description="CNY for each person; null: no bound.")
    ] = None
    must: Annotated[Modules, Field(description="Modules that have to be in every plan.")] = ()
    without: Annotated[Modules, Field(description="Modules that must not be in any.")] = ()
    modalities: Annotated[
        list[Modality] | None, Field(min_length=1, description="Only these; null: all.")
    ] = None
    path_id: Annotated[
        Id | None, Field(description="A learning path: plans for those whose grade it is for.")
    ] = None
    target_grade: Annotated[
        Id | None,
        Field(description="Grade whose targets count; null: that of the path, or each one's own."),
    ] = None


class PlanDocumentsIn(LaterIn):
    """The plans of an org unit as one file, or its workbook."""

    org_unit: Annotated[
        UnitPath | None,
        Field(description="The unit, those below it included; null: everybody in your care."),
    ] = None
    format: Annotated[
        Literal["pdf", "docx", "xlsx"],
        Field(description="Plans as PDF or Word, or the workbook of the team (.xlsx)."),
    ] = "pdf"
    bundle: Annotated[
        Literal["one", "zip"] | None,
        Field(
            description="One document (PDF and workbook, up to 200 people), or a file each (PDF "
            "and Word, up to 1,000); null: a file each, and of workbooks one."
        ),
    ] = None


class TrainingIn(LaterIn):
    """How to train an effect model."""

    as_of: Annotated[
        Day | None,
        Field(
            description="The last day of the history, of all runs alike; null: today, and the day "
            "of each run where it is done later or repeats."
        ),
    ] = None
    seed: Annotated[
        int, Field(ge=0, lt=2**31, description="The same history and seed give the same model.")
    ] = 0


class JobFaultOut(Part):
    """A row of a table that is bad; `row` is 0 where the fault is not of one row."""

    sheet: str
    row: int
    column: str
    found: str
    expected: str
    message: str
    hint: str


class FaultCauseOut(Part):
    """What is wrong with several cells of a column alike."""

    code: Annotated[str, Field(description="Stable; the sentences are for people.")]
    column: str
    count: Annotated[int, Field(description="How many there are, listed among the rows or not.")]
    message: Annotated[str, Field(description="What differs from cell to cell stands as `…`.")]
    hint: str
    example: Annotated[JobFaultOut, Field(description="The first of them.")]


class JobProblemOut(Part):
    """Why a job failed, or a plan of it."""

    code: Annotated[str, Field(description="Stable; the sentences are for people.")]
    message: str
    hint: str
    faults: Annotated[
        list[JobFaultOut], Field(description="Bad rows, 1000 at most; not in lists of jobs.")
    ]
    causes: list[FaultCauseOut] = Field(
        [], description="The same by cause, all counted, the most frequent first."
    )


class JobOut(Resource):
    """Long work: asked for, and how far it is."""

    job_id: str
    kind: JobKind
    status: JobStatus
    request: Annotated[dict[str, Any], Field(description="What was asked.")]
    done: Annotated[int, Field(description="How many of them so far.")]
    total: Annotated[int | None, Field(description="People to plan, or rows of the table.")]
    cancel_asked: bool
    problem: Annotated[JobProblemOut | None, Field(description="Why it failed.")]
    result_url: Annotated[str | None, Field(description="Where the result is, once it is done.")]
    report_url: Annotated[
        str | None,
        Field(description="Where a copy of the table with its bad cells marked is (.xlsx)."),
    ]
    file_url: Annotated[
        str | None, Field(description="Where the file is that it has made; kept for seven days.")
    ]
    created_at: dt.datetime
    started_at: dt.datetime | None
    finished_at: dt.datetime | None
    run_at: Annotated[dt.datetime | None, Field(description="Not before; null: at once.")]
    repeat: Annotated[Repeat | None, Field(description="How often it is done again; null: once.")]
    next_job_id: Annotated[
        str | None, Field(description="The next run of its series, queued when this one ended.")
    ]
    series_ended: Annotated[
        bool,
        Field(
            description="Whether it was to be done again and will not be: it was cancelled, or "
            "who asked for it may no longer."
        ),
    ]


class JobPage(Page):
    """Jobs, the newest first."""

    items: list[JobOut]


class FieldChangeOut(BaseModel):
    """What a field holds, and what it will hold; null is nothing."""

    column: str
    old: str | float | None
    new: str | float | None


class RowChangeOut(BaseModel):
    """A row that changes what is stored."""

    row: Annotated[int, Field(description="In the spreadsheet, from 1.")]
    key: Annotated[str, Field(description="What tells the record apart, ` | ` between.")]
    fields: list[FieldChangeOut]


class LookAlikeOut(BaseModel):
    """A new id that looks like another one."""

    row: int
    id: str
    like: Annotated[str, Field(description="One that is stored, or stands in an earlier row.")]
    difference: Annotated[
        Literal["zeros", "case", "width", "marks", "letters"],
        Field(
            description="Zeros in front; case; full-width characters; spaces, hyphens or what "
            "nobody sees; letters that look like digits."
        ),
    ]


class SameNameOut(BaseModel):
    """A new person whose name somebody else has already."""

    row: int
    person_id: str
    name: str
    others: Annotated[list[str], Field(description="The ids of those who have it.")]


_Counts = dict[str, int]


class ImportResultOut(BaseModel):
    """What became of the rows of a table, or would; lists have the first 200."""

    inserted: int
    updated: int
    unchanged: Annotated[int, Field(description="There already.")]
    changes: Annotated[list[RowChangeOut], Field(description="What changes, row by row.")] = []
    changed: Annotated[_Counts, Field(description="Values that change, by column.")] = {}
    cleared: Annotated[
        _Counts, Field(description="Values that are taken away, by column; needs `clear`.")
    ] = {}
    blank: Annotated[_Counts, Field(description="Empty cells, by column.")] = {}
    kept: Annotated[
        _Counts, Field(description="Empty cells that leave a stored value as it is, by column.")
    ] = {}
    absent_columns: Annotated[
        list[str], Field(description="Columns that the file lacks, so that stored values stay.")
    ] = []
    left_out: Annotated[
        int, Field(description="Rows of what was not observed, with nothing to store.")
    ] = 0
    look_alikes: Annotated[list[LookAlikeOut], Field(description="Please check these.")] = []
    same_names: Annotated[list[SameNameOut], Field(description="Please check these, too.")] = []
    hidden_rows: Annotated[
        int, Field(description="Rows that the spreadsheet does not show; they are read.")
    ] = 0
    is_filtered: Annotated[bool, Field(description="Whether a filter hides them.")] = False
    ignored_columns: Annotated[
        list[str], Field(description="Headers of columns that are not read.")
    ] = []
    on_days_off: Annotated[
        list[str],
        Field(description="Offerings that begin or end on a day off, which may be meant."),
    ] = []
    batch_id: Annotated[
        int | None, Field(description="Number of the import, by which it can be undone.")
    ] = None
    dry_run: Annotated[bool, Field(description="Whether nothing was stored.")]


class BatchPlanOut(BaseModel):
    """A plan that was made."""

    plan_id: str
    person_id: str
    modules: int
    total_hours: float
    total_cost: Money
    expected_gap_closed: Annotated[float, Field(description="In weighted levels.")]
    size_known: Annotated[
        bool, Field(description="As in the plan: false where sizes are the experts' only.")
    ] = True


class BatchFailureOut(BaseModel):
    """Somebody for whom no plan could be made."""

    person_id: str
    problem: JobProblemOut


class PlansResultOut(BaseModel):
    """The plans that were made, and for whom none could be."""

    plans: list[BatchPlanOut]
    failed: list[BatchFailureOut]


class WrittenPlanOut(BaseModel):
    """Somebody who is in the file."""

    person_id: str
    plan_id: Annotated[str | None, Field(description="Null: in a workbook, without a plan.")]


class DocumentsResultOut(BaseModel):
    """Who is in the file that a job has made, and who is not."""

    written: list[WrittenPlanOut]
    failed: list[BatchFailureOut]


class FiguresOut(BaseModel):
    """How well a model foretells gains: root mean squared error, and calibration slope."""

    rmse: float | None
    slope: float | None


class TrainingResultOut(BaseModel):
    """The model that was trained; it is not in force."""

    model_config = ConfigDict(protected_namespaces=())

    model_id: str
    promotable: Annotated[
        bool | None, Field(description="Null: the history is too small to judge it.")
    ]
    verdict: Annotated[list[str], Field(description="Why it may be put in force, or not.")]
    counts: dict[str, int]
    metrics: Annotated[
        dict[str, FiguresOut], Field(description="By model: this one beside the baselines.")
    ]


class CohortResultOut(BaseModel):
    """The cohort whose seats were worked out."""

    cohort_id: str
    seated: Annotated[int, Field(description="Seats given.")]
    waiting: Annotated[int, Field(description="Places on wait lists.")]


class JobResultOut(
    RootModel[
        ImportResultOut | PlansResultOut | DocumentsResultOut | TrainingResultOut | CohortResultOut
    ]
):
    """What a job has found, by its kind."""
