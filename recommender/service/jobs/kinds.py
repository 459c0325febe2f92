"""What each kind of job does: import a table, plan for a unit or print its plans, train a model.

A kind is handed a session whose transaction ends with the job: a job has done all of its work, or
none of it.
"""

from __future__ import annotations

import datetime as dt
import math
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from recommender.errors import ModelError, TableFaultsError
from recommender.exchange import write_marked_copy
from recommender.exchange.recognition.answers.mapping import read_mapping
from recommender.service.cohorts.solving import solve_cohort
from recommender.service.exports.team_files import write_team_file
from recommender.service.jobs.problems import Failure, pack_failure, pack_problem
from recommender.service.learning.promotion import explain_model, promote_if_better
from recommender.service.learning.training import train_model
from recommender.service.made_up.filling import begin_made_up, write_files
from recommender.service.made_up.organisation import make_organisation
from recommender.service.people.imports import import_table
from recommender.service.people.recognising.recognition import look_at_file
from recommender.service.plans.choices import PlanRequest
from recommender.service.plans.drafts.many import create_plans
from recommender.service.plans.reading import read_with_document
from recommender.service.session import Session
from recommender.store.job_files import keep_file
from recommender.store.jobs import read_upload
from recommender.store.plans.campaigns import end_campaign

# marking reads the table a second time and keeps the copy in a row: not for a large file
MARKED_BYTES = 5_000_000


@dataclass(frozen=True)
class Work:
    """What a kind of job is handed.

    Parameters
    ----------
    latest : date
        The last day that a fact may have.
    note_progress : callable
        Takes how many are done, and of how many.
    """

    job_id: str
    session: Session
    request: Mapping[str, Any]
    latest: dt.date
    note_progress: Callable[[int, int], None]


def import_upload(work: Work) -> dict[str, Any] | Failure:
    """Import a table that was uploaded."""
    session, request = work.session, work.request
    with tempfile.TemporaryDirectory(prefix="recommender-") as folder:
        path = Path(folder) / request["file_name"]
        # the bytes have no name here, so the file is in memory only until it is written
        with session.reading() as connection:
            path.write_bytes(read_upload(connection, work.job_id) or b"")
        try:
            reading = None
            if "mapping" in request:
                reading = look_at_file(session, path, answers=read_mapping(request["mapping"]))
            report = import_table(
                session,
                request["table"],
                path,
                latest=work.latest,
                dry_run=request["dry_run"],
                # a job from before an upgrade does not say
                clear=request.get("clear", False),
                note_progress=work.note_progress,
                reading=reading,
            )
        except TableFaultsError as error:
            if path.stat().st_size > MARKED_BYTES:
                return pack_failure(error)
            marked = Path(folder) / "marked.xlsx"
            write_marked_copy(path, error, marked, lang=session.lang)
            return pack_failure(error, marked.read_bytes())
    return {**asdict(report), "dry_run": request["dry_run"]}


def plan_unit(work: Work) -> dict[str, Any]:
    """Make a plan for everybody of an org unit, or for the people of a campaign."""
    made = create_plans(
        work.session,
        read_plan_request(work.request["plan"]),
        as_of=_day_of(work),
        org_unit=work.request["org_unit"],
        # a job from before an upgrade says nothing of these
        person_ids=work.request.get("person_ids"),
        total_cost=work.request.get("total_cost"),
        note_progress=work.note_progress,
    )
    if campaign_id := work.request.get("campaign_id"):
        plan_ids = [plan.plan_id for plan in made.plans]
        with work.session.writing() as connection:
            end_campaign(connection, campaign_id, plan_ids, refused=len(made.refused))
    return {
        "plans": [
            {
                "plan_id": plan.plan_id,
                "person_id": plan.person_id,
                "modules": len(plan.items),
                "total_hours": plan.total_hours,
                "total_cost": plan.total_cost,
                "expected_gap_closed": plan.expected_gap_closed,
                "size_known": plan.size_known,
            }
            for plan in made.plans
        ],
        "failed": [
            {"person_id": person_id, "problem": pack_problem(error)}
            for person_id, error in made.refused
        ],
    }


def describe_plan_request(request: PlanRequest) -> dict[str, Any]:
    """Return a request for plans as a job keeps it."""
    # JSON has no infinity, and null already stands for the catalogue's default
    hours = request.hours_budget
    return {
        **asdict(request),
        "hours_budget": "unbounded" if hours == math.inf else hours,
        "modalities": None if request.modalities is None else sorted(request.modalities),
    }


def read_plan_request(kept: Mapping[str, Any]) -> PlanRequest:
    """Return the request for plans that a job keeps."""
    hours = kept["hours_budget"]
    return PlanRequest(
        **{
            **kept,
            "hours_budget": math.inf if hours == "unbounded" else hours,
            "must": tuple(kept["must"]),
            "without": tuple(kept["without"]),
        }
    )


def train(work: Work) -> dict[str, Any]:
    """Train an effect model and save it, without putting it in force.

    The registry is files and knows no rollback: a model that was saved just before the job is
    cancelled stays there, and does no harm.
    """
    session, request = work.session, work.request
    trained = train_model(session, as_of=_day_of(work), seed=request["seed"])
    card = trained.card
    session.details |= {"model_id": card.model_id}
    return {
        "model_id": card.model_id,
        "promotable": trained.verdict.promotable if trained.verdict else None,
        # in both languages: the result may be read by somebody else than who asked
        "verdict": explain_model(session, card),
        "counts": dict(card.counts),
        "metrics": {
            name: {figure: score.get(figure) for figure in ("rmse", "slope")}
            for name, score in card.metrics.get("known", {}).items()
        },
    }


def write_documents(work: Work) -> dict[str, Any]:
    """Write the plans of a unit, or its workbook, as a file, which is kept with the job."""
    request = work.request
    made = write_team_file(
        work.session,
        request["org_unit"],
        read=read_with_document,
        file_format=request["format"],
        bundle=request["bundle"],
        note_progress=work.note_progress,
    )
    if made.content is not None:
        with work.session.writing() as connection:
            keep_file(connection, work.job_id, made.content)
    return {
        "written": [
            {"person_id": person_id, "plan_id": plan_id} for person_id, plan_id in made.written
        ],
        "failed": [
            {"person_id": person_id, "problem": pack_problem(error)}
            for person_id, error in made.failed
        ],
    }


def fill_with_sample(work: Work) -> dict[str, Any]:
    """Fill an empty installation with the made-up organisation, and put an effect model in force.

    Unlike other kinds it stores as it goes, each table in a transaction of its own: nobody has to
    wait for all of them. When it is broken off it is done again from the beginning, and rows that
    are there already stay as they are. Without a key to sign it with no model is trained.
    """
    session, people = work.session, work.request["people"]
    framework, as_of = session.service.framework, session.today
    sample = make_organisation(framework, n_people=people, as_of=as_of)
    with tempfile.TemporaryDirectory(prefix="recommender-") as folder:
        files = write_files(framework, sample, Path(folder), as_of)
        begin_made_up(_apart(session))
        for done, (kind, file) in enumerate(files):
            work.note_progress(done, len(files) + 1)
            import_table(_apart(session), kind, file, latest=work.latest)
    work.note_progress(len(files), len(files) + 1)
    try:
        session.service.models.need_key()
    except ModelError:
        return {"people": people, "model_id": None}
    trained = train_model(_apart(session), as_of=as_of)
    promote_if_better(_apart(session), trained.card, trained.verdict)
    return {"people": people, "model_id": trained.card.model_id}


def work_out_seats(work: Work) -> dict[str, Any]:
    """Work out who gets which seat of a cohort."""
    cohort_id = work.request["cohort_id"]
    cohort = solve_cohort(work.session, cohort_id, note_progress=work.note_progress)
    return {"cohort_id": cohort_id, "seated": cohort.seated, "waiting": cohort.waiting}


def _day_of(work: Work) -> dt.date:
    """Return the day a request is for: the one it names, or the day on which it is worked on."""
    named = work.request["as_of"]
    return dt.date.fromisoformat(named) if named else work.session.today


def _apart(session: Session) -> Session:
    """Return a session of the same principal whose transactions are its own."""
    return Session(
        service=session.service,
        who=session.who,
        action=session.action,
        today=session.today,
        lang=session.lang,
        request_id=session.request_id,
        resource=session.resource,
    )


KINDS: dict[str, Callable[[Work], dict[str, Any] | Failure]] = {
    "import": import_upload,
    "plans": plan_unit,
    "plan-documents": write_documents,
    "training": train,
    "sample": fill_with_sample,
    "cohort": work_out_seats,
}
