"""Long work on somebody's behalf: submitted, watched, cancelled.

A job can be seen by the one who asked for it and by administrators; for all others it is unknown.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from recommender.errors import ConflictError, InputError, NotFoundError
from recommender.service.exports.bundles import choose_bundle
from recommender.service.framework import find_path
from recommender.service.jobs.described import Job, describe_job
from recommender.service.jobs.kinds import describe_plan_request
from recommender.service.jobs.principals import describe_principal, refuse_unknown_later
from recommender.service.jobs.schedules import NOW, Schedule, check_schedule
from recommender.service.made_up.filling import need_empty
from recommender.service.people.known_ids import find_kind
from recommender.service.people.recognising.uploads import (
    find_upload,
    read_upload,
    refuse_whole_organisation,
    usable_name,
)
from recommender.service.permissions import Permission, Role
from recommender.service.plans.choices import PlanRequest, check_names
from recommender.service.session import Session
from recommender.store import Connection, org_path
from recommender.store import jobs as store
from recommender.store.jobs import JobStatus, StoredJob
from recommender.store.people.people import reaches_unit

# jobs are worked on one at a time, so one caller's queue is everybody's wait
MOST_OPEN = 20
SAMPLE_PEOPLE = 200
_SAMPLE = "sample"


@dataclass(frozen=True)
class CampaignPart:
    """What a job does for a campaign: plans for these people, in this order.

    `total_cost`, in CNY, is what all of them together may cost; None where there is no bound.
    """

    campaign_id: str
    person_ids: tuple[str, ...]
    total_cost: float | None


def submit_import(
    session: Session,
    table: str,
    content: bytes,
    *,
    file_name: str | None = None,
    dry_run: bool = False,
    clear: bool = False,
) -> Job:
    """Queue the import of a table from the bytes of an .xlsx or CSV file.

    `file_name` is what reports call the file. A dry run only says what would happen. With `clear`
    empty cells take away what is stored.

    Raises
    ------
    InputError
        If there is no such kind of table, or no file.
    ForbiddenError
        If the table concerns the whole organisation and the principal only one unit.
    ConflictError
        If too many jobs have not ended.
    """
    session.need(Permission.IMPORT)
    kind = find_kind(table)
    refuse_whole_organisation(session, kind)
    if not content:
        raise InputError("import.no-file")
    request = {
        "table": kind.name,
        "file_name": usable_name(file_name or kind.name),
        "dry_run": dry_run,
        "clear": clear,
    }
    with session.writing() as connection:
        return _submit(session, connection, "import", request, upload=content)


def submit_upload(session: Session, import_id: str, *, dry_run: bool = False) -> Job:
    """Queue the import of an uploaded file, as it was recognised and with the answers so far.

    Raises
    ------
    NotFoundError
        If there is no such file, or it is somebody else's.
    InputError
        If a question is open.
    ConflictError
        If too many jobs have not ended.
    """
    with session.writing() as connection:
        upload = find_upload(session, connection, import_id)
        reading = read_upload(session, upload)
        refuse_whole_organisation(session, find_kind(reading.kind))
        if reading.open_questions:
            count = len(reading.open_questions)
            raise InputError("recognition.open", file=upload.file_name, count=count)
        request = {
            "table": reading.kind,
            "file_name": upload.file_name,
            "dry_run": dry_run,
            "mapping": {**upload.answers, "kind": reading.kind},
        }
        return _submit(session, connection, "import", request, upload=upload.content)


def submit_plans(
    session: Session,
    request: PlanRequest,
    *,
    org_unit: str | None = None,
    as_of: dt.date | None = None,
    campaign: CampaignPart | None = None,
    schedule: Schedule = NOW,
) -> Job:
    """Queue plans for everybody of an org unit and the units below it.

    Without a unit they are for everybody within the principal's scope, and in a campaign for its
    people. Without a day what is done later is as of the day on which it is done.

    Raises
    ------
    NotFoundError
        If there is no such unit within the principal's scope, no such module or no such path.
    ConflictError
        If too many jobs have not ended, or the request contradicts itself.
    """
    session.need(Permission.WRITE_PLANS)
    with session.writing() as connection:
        unit = _find_unit(session, connection, org_unit)
        # the job would find these mistakes too, but minutes later and once for every person
        framework = session.service.framework
        check_names(framework, request)
        if request.path is not None:
            find_path(framework, request.path)
        asked = {
            "org_unit": unit,
            "as_of": _day_asked(session, as_of, schedule),
            "plan": describe_plan_request(request),
            **(asdict(campaign) if campaign else {}),
        }
        return _submit(session, connection, "plans", asked, schedule=schedule)


def submit_plan_documents(
    session: Session,
    *,
    org_unit: str | None = None,
    file_format: str = "pdf",
    bundle: str | None = None,
    schedule: Schedule = NOW,
) -> Job:
    """Queue the plans of everybody of an org unit and the units below it, or its workbook.

    Parameters
    ----------
    session : Session
        Who asks.
    org_unit : str, optional
        The unit; everybody within the principal's scope where not given.
    file_format, bundle : str
        As in `exports.bundles.BUNDLES`; no bundle is what is usual for the format.
    schedule : Schedule
        When.

    Returns
    -------
    Job
        Its file can be fetched for some days once it is done.

    Raises
    ------
    NotFoundError
        If there is no such unit within the principal's scope.
    InputError
        If it cannot be had like that.
    ConflictError
        If too many jobs have not ended.
    """
    session.need(Permission.READ_PLANS)
    chosen = choose_bundle(file_format, bundle)
    with session.writing() as connection:
        asked = {
            "org_unit": _find_unit(session, connection, org_unit),
            "format": file_format,
            "bundle": chosen,
        }
        return _submit(session, connection, "plan-documents", asked, schedule=schedule)


def submit_training(
    session: Session, *, as_of: dt.date | None = None, seed: int = 0, schedule: Schedule = NOW
) -> Job:
    """Queue the training of an effect model on the history up to a day.

    Without a day that is today, or the day on which it is done where that is later.

    Raises
    ------
    ConflictError
        If too many jobs have not ended.
    ModelError
        `model.no-signing-key` if the installation has no key to sign a model with.
    """
    session.need(Permission.WRITE_MODELS)
    session.service.models.need_key()
    asked = {"as_of": _day_asked(session, as_of, schedule), "seed": seed}
    with session.writing() as connection:
        return _submit(session, connection, "training", asked, schedule=schedule)


def submit_cohort(session: Session, cohort_id: str) -> Job:
    """Queue the working out of a cohort's seats.

    Raises
    ------
    ConflictError
        If too many jobs have not ended.
    """
    session.need(Permission.RUN_CAMPAIGNS)
    with session.writing() as connection:
        return _submit(session, connection, "cohort", {"cohort_id": cohort_id})


def submit_sample(session: Session) -> Job:
    """Queue what fills an empty installation with the made-up organisation.

    Raises
    ------
    ForbiddenError
        If the principal may not import for the whole organisation and train models.
    ConflictError
        If anything of people is stored, or such a job waits already.
    """
    session.need(Permission.WRITE_MODELS)
    session.need(Permission.IMPORT)
    with session.writing() as connection:
        need_empty(connection)
        earlier = find_sample_job(session)
        if earlier is not None and not earlier.has_ended:
            raise ConflictError("start.filling")
        return _submit(session, connection, _SAMPLE, {"people": SAMPLE_PEOPLE})


def find_sample_job(session: Session) -> Job | None:
    """Return the job that was queued last to fill the installation, if there is one."""
    return next((job for job in get_jobs(session, limit=MOST_OPEN) if job.kind == _SAMPLE), None)


def get_job(session: Session, job_id: str) -> Job:
    """Return a job.

    Raises
    ------
    NotFoundError
        If there is no such job, or it is somebody else's: the answer does not tell which.
    """
    with session.reading() as connection:
        job = find_job(session, connection, job_id)
        # the result of a job that failed is its bad rows
        bad_rows = (
            store.read_job_result(connection, job_id) if job.status is JobStatus.FAILED else None
        )
    return describe_job(job, session.lang, bad_rows)


def get_jobs(
    session: Session,
    *,
    status: JobStatus | None = None,
    before: str = "",
    limit: int,
) -> list[Job]:
    """Return jobs, the newest first, without their bad rows."""
    session.need(Permission.RUN_JOBS)
    with session.reading() as connection:
        jobs = store.list_jobs(
            connection, actor=_whose(session), status=status, before=before, limit=limit
        )
    return [describe_job(job, session.lang) for job in jobs]


def cancel_job(session: Session, job_id: str) -> Job:
    """Cancel a job; one that runs ends soon, and one that has ended stays as it is.

    A job that repeats is not done again either.

    Raises
    ------
    NotFoundError
        If there is no such job, or it is somebody else's.
    """
    with session.writing() as connection:
        find_job(session, connection, job_id)
        store.ask_to_cancel(connection, job_id)
        session.details["job_id"] = job_id
        return get_job(session, job_id)


def _find_unit(session: Session, connection: Connection, org_unit: str | None) -> str | None:
    """Return the path of a unit within the principal's scope; None for everybody within it."""
    unit = org_path(org_unit) if org_unit else None
    if unit is not None and not reaches_unit(connection, session.who.scope, unit):
        raise NotFoundError("org-unit.unknown", org_unit=org_unit)
    return unit


def _day_asked(session: Session, as_of: dt.date | None, schedule: Schedule) -> str | None:
    """Return the day a job keeps; None is the day on which it is worked on."""
    if as_of is None and schedule.is_now:
        as_of = session.today
    return None if as_of is None else as_of.isoformat()


def _submit(
    session: Session,
    connection: Connection,
    kind: str,
    request: Mapping[str, Any],
    *,
    upload: bytes | None = None,
    schedule: Schedule = NOW,
) -> Job:
    session.need(Permission.RUN_JOBS)
    now = dt.datetime.now(dt.UTC)
    check_schedule(schedule, zone=session.service.zone, now=now)
    if not schedule.is_now:
        refuse_unknown_later(session.who)
    actor = session.who.actor
    if store.count_open_jobs(connection, actor) >= MOST_OPEN:
        raise ConflictError("job.too-many", limit=MOST_OPEN)
    job_id = store.insert_job(
        connection,
        kind,
        {**request, "lang": session.lang},
        actor=actor,
        # a job runs with the rights of this moment, for the key may have ended before it begins;
        # one for later with those of its own moment
        principal=describe_principal(session.who),
        upload=upload,
        run_at=schedule.run_at,
        repeat=schedule.repeat,
        repeat_since=(schedule.run_at or now) if schedule.repeat else None,
    )
    session.details |= {"job_id": job_id, "job_kind": kind}
    if schedule.repeat is not None:
        session.details["repeat"] = schedule.repeat.value
    return get_job(session, job_id)


def find_job(session: Session, connection: Connection, job_id: str) -> StoredJob:
    """Return a job of the principal's own, or of anybody for administrators.

    Raises
    ------
    NotFoundError
        If there is no such job, or it is somebody else's.
    """
    session.need(Permission.RUN_JOBS)
    job = store.read_job(connection, job_id, actor=_whose(session))
    if job is None:
        raise NotFoundError("job.unknown", job_id=job_id)
    return job


def _whose(session: Session) -> str | None:
    """Return the actor whose jobs the principal may see; None for the jobs of all."""
    return None if session.who.role is Role.ADMIN else session.who.actor
