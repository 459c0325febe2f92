"""What each kind of job does: import a table, make plans for a unit, train a model.

A kind computes first and returns what is then written, in one transaction with the end of the
job: at any moment a job has done all it has to, or nothing.
"""

from __future__ import annotations

import datetime as dt
import math
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from recommender.errors import ConflictError, InputError, TableFaultsError
from recommender.exchange import write_marked_copy
from recommender.results import Gaps, Plan
from recommender.service.jobs.problems import Failure, pack_failure, pack_problem
from recommender.service.levels.standing import read_standing
from recommender.service.people.imports import check_file, find_kind, store_table
from recommender.service.plans.choices import PlanRequest
from recommender.service.plans.learning_path import find_path, is_for_grade
from recommender.service.plans.making import make_plan
from recommender.service.recommend.keeping import keep_plan
from recommender.service.recommend.recommendations import compare_with_targets, describe_gaps
from recommender.service.session import Session
from recommender.store import Connection, PersonHead, read_offerings, reading
from recommender.store.jobs import read_upload
from recommender.store.people.people import in_unit, list_people, read_refs
from recommender.texts import LANGUAGES

MARKED_BYTES = 5_000_000
_NAMED_PEOPLE = 25_000  # in one audit entry, which stays below 1 MB
_PEOPLE_AT_ONCE = 100
_EVERYBODY = 10_000_000

Finish = Callable[[Connection], dict[str, Any]]
"""Writes what a job did, and returns its result."""


@dataclass(frozen=True)
class Work:
    """What a kind of job is handed.

    Parameters
    ----------
    job_id : str
        Which job it is.
    session : Session
        On whose behalf.
    request : mapping
        What was asked.
    latest : date
        Last day of facts.
    note_progress : callable
        Takes how many of how many are done.
    """

    job_id: str
    session: Session
    request: Mapping[str, Any]
    latest: dt.date
    note_progress: Callable[[int, int], None]


def import_upload(work: Work) -> Finish | Failure:
    """Check a table that was uploaded, then store it."""
    session, request = work.session, work.request
    framework = session.service.framework
    scope = session.who.scope
    unit = None if scope.everyone else scope.org_unit
    with tempfile.TemporaryDirectory(prefix="recommender-") as folder:
        path = Path(folder) / request["file_name"]
        _fetch_upload(work, path)
        try:
            table = check_file(
                framework,
                session.service.engine,
                find_kind(request["table"]),
                path,
                latest=work.latest,
                unit=unit,
            )
        except TableFaultsError as error:
            if path.stat().st_size > MARKED_BYTES:
                return pack_failure(error)
            marked = Path(folder) / "marked.xlsx"
            write_marked_copy(path, error, marked, lang=session.lang)
            return pack_failure(error, marked.read_bytes())
    work.note_progress(0, len(table.frame))

    def finish(connection: Connection) -> dict[str, Any]:
        dry_run = request["dry_run"]
        written = store_table(connection, framework, table, dry_run=dry_run, unit=unit)
        figures = {
            "inserted": written.inserted,
            "updated": written.updated,
            "unchanged": written.unchanged,
            "dry_run": dry_run,
        }
        session.details |= {"table": table.kind.name, **figures}
        if "person_id" in table.frame and not dry_run:
            _note_people(session, connection, table.frame["person_id"].unique())
        return figures

    return finish


def _fetch_upload(work: Work, path: Path) -> None:
    """Write the file that the job is about; it is in memory no longer than that takes."""
    with reading(work.session.service.engine) as connection:
        path.write_bytes(read_upload(connection, work.job_id) or b"")


def _note_people(session: Session, connection: Connection, person_ids: Any) -> None:
    session.details["people"] = len(person_ids)
    if len(person_ids) <= _NAMED_PEOPLE:
        session.saw(read_refs(connection, person_ids))


def plan_unit(work: Work) -> Finish:
    """Make a plan for everybody of an org unit, then keep all of them."""
    session = work.session
    request = read_plan_request(work.request["plan"])
    as_of = dt.date.fromisoformat(work.request["as_of"])
    plans: list[tuple[Plan, Gaps]] = []
    failed: list[dict[str, Any]] = []
    with reading(session.service.engine) as connection:
        people = _whom_to_plan(work, connection, request)
        offerings = read_offerings(connection, as_of=as_of)
        for start in range(0, len(people), _PEOPLE_AT_ONCE):
            work.note_progress(start, len(people))
            chosen = people[start : start + _PEOPLE_AT_ONCE]
            planned, refused = _plan_people(session, connection, chosen, request, as_of, offerings)
            plans += planned
            failed += refused
    work.note_progress(len(people), len(people))

    def finish(connection: Connection) -> dict[str, Any]:
        for plan, gaps in plans:
            keep_plan(connection, plan, gaps, actor=session.who.actor, party="hr")
        session.details |= {"plans": len(plans), "failed": len(failed)}
        _note_people(session, connection, [plan.person_id for plan, _ in plans])
        return {
            "plans": [
                {
                    "plan_id": plan.plan_id,
                    "person_id": plan.person_id,
                    "modules": len(plan.items),
                    "total_hours": plan.total_hours,
                    "total_cost": plan.total_cost,
                    "expected_gap_closed": plan.expected_gap_closed,
                }
                for plan, _ in plans
            ],
            "failed": failed,
        }

    return finish


def describe_plan_request(request: PlanRequest) -> dict[str, Any]:
    """Return a request for plans as a job keeps it."""
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


def _whom_to_plan(work: Work, connection: Connection, request: PlanRequest) -> list[PersonHead]:
    unit = work.request["org_unit"]
    session = work.session
    path = find_path(session.service.framework, request.path) if request.path else None
    people = list_people(
        connection,
        session.who.scope,
        conditions=[in_unit(unit)] if unit else [],
        limit=_EVERYBODY,
    )
    return [person for person in people if path is None or is_for_grade(path, person.grade)]


def _plan_people(
    session: Session,
    connection: Connection,
    people: list[PersonHead],
    request: PlanRequest,
    as_of: dt.date,
    offerings: Any,
) -> tuple[list[tuple[Plan, Gaps]], list[dict[str, Any]]]:
    framework = session.service.framework
    plans: list[tuple[Plan, Gaps]] = []
    failed: list[dict[str, Any]] = []

    def refuse(person_id: str, error: InputError | ConflictError) -> None:
        failed.append({"person_id": person_id, "problem": pack_problem(error)})

    graded: list[str] = []
    for person in people:
        if person.grade in framework.grade_ids:
            graded.append(person.person_id)
        else:
            error = InputError("person.grade", person_id=person.person_id, grade=person.grade)
            refuse(person.person_id, error)
    if not graded:
        return [], failed
    standing = read_standing(connection, framework, as_of=as_of, person_ids=graded)
    gaps = compare_with_targets(standing)
    for row, person_id in enumerate(standing.people["person_id"]):
        try:
            plan = make_plan(
                framework,
                standing,
                session.service.estimates,
                offerings,
                row,
                request,
                lang=session.lang,
            )
        except ConflictError as error:
            refuse(person_id, error)
        else:
            plans.append((plan, describe_gaps(framework, standing, gaps, row)))
    return plans, failed


def train(work: Work) -> Finish:
    """Train an effect model and save it, not in force.

    A model that was saved just before the job is cancelled stays; it is in nobody's way.
    """
    session, request = work.session, work.request
    service = session.service
    trained = service.train(
        as_of=dt.date.fromisoformat(request["as_of"]),
        seed=request["seed"],
        by=session.who.actor,
    )
    card = trained.card

    def finish(_connection: Connection) -> dict[str, Any]:
        session.details |= {"model_id": card.model_id}
        return {
            "model_id": card.model_id,
            "promotable": trained.verdict.promotable if trained.verdict else None,
            "verdict": {lang: list(service.models.explain(card, lang)) for lang in LANGUAGES},
            "counts": dict(card.counts),
            "metrics": {
                name: {figure: score.get(figure) for figure in ("rmse", "slope")}
                for name, score in card.metrics.get("known", {}).items()
            },
        }

    return finish


KINDS: dict[str, Callable[[Work], Finish | Failure]] = {
    "import": import_upload,
    "plans": plan_unit,
    "training": train,
}
