"""A run over everybody: in parts, on all cores or on a cluster, and only what has changed."""

from __future__ import annotations

import datetime as dt
import json
import math
import zlib
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from recommender.errors import InputError
from recommender.exchange.parquet.parts import PartName, remove_others
from recommender.service.batch.tasks import Part, PartDone, Task
from recommender.service.batch.working import find_facts, work_out_part
from recommender.service.framework import require_target_grade
from recommender.service.permissions import Permission
from recommender.service.plans.choices import PlanRequest, check_names, find_target_grade
from recommender.service.recommend.recommendations import RecommendationRequest
from recommender.service.session import Session
from recommender.service.workers import Basis, Workers, check_cluster, hand_out

# bounds the memory of a worker, and is what is done again when one dies
PART_PEOPLE = 1000


@dataclass(frozen=True)
class RunReport:
    """How many people a run met, computed and found up to date; whom it refused, and why."""

    people: int
    computed: int
    kept: int
    parts: int
    refused: tuple[tuple[str, str], ...]


def work_out_everybody(
    session: Session,
    request: RecommendationRequest | PlanRequest,
    *,
    to: Path,
    as_of: dt.date,
    workers: Workers,
    facts: Path | None = None,
    note_progress: Callable[[int, int], None] = lambda done, total: None,
) -> RunReport:
    """Bring the results of everybody in a folder up to date: levels and rankings, or plans.

    Only people are worked out about whom something has changed that their results rest on. A run
    that was broken off goes on where it was when it is given again.

    Parameters
    ----------
    session : Session
        Who asks; needs to see everybody.
    request : RecommendationRequest or PlanRequest
        What is wanted.
    to : Path
        Folder of the results, read and written by all workers.
    as_of : date
        The day.
    workers : Workers
        Who does the work.
    facts : Path, optional
        Folder of the facts; the database when not given.
    note_progress : callable
        Takes how many people are done, and of how many.

    Raises
    ------
    NotFoundError
        If there is no such module, path or target grade.
    InputError
        If a folder or the cluster cannot be reached, or the facts in a folder have faults.
    ConflictError
        If workers keep dying, or have another catalogue or model.
    """
    session.need(Permission.READ_ASSESSMENTS)
    session.need(Permission.READ_RECOMMENDATIONS)
    service = session.service
    if facts is not None and facts.resolve() == to.resolve():
        raise InputError("batch.same-folder", path=str(to))
    if workers.cluster is not None:
        check_cluster(workers.cluster)
    if isinstance(request, PlanRequest):
        check_names(service.framework, request)
        find_target_grade(service.framework, request)
    else:
        require_target_grade(service.framework, request.target_grade, field="#/target_grade")
    task = Task(
        folder=to.absolute(),
        facts=facts.absolute() if facts else None,
        as_of=as_of,
        today=session.today,
        lang=session.lang,
        request=request,
        basis=Basis.of(service),
    )
    people = find_facts(task, service).list_people(session.who.scope, as_of)
    parts = divide(people)
    _begin(task, parts)
    done: list[PartDone] = []
    ready = 0
    for part, outcome in hand_out(workers, task.basis, partial(work_out_part, task), parts):
        done.append(outcome)
        ready += len(part.person_ids)
        note_progress(ready, len(people))
    # a worker that was killed leaves a file half written, and another one has done its part
    remove_others(task.folder, [part.name for part in parts], task.tables)
    report = _report(done)
    session.details |= {"computed": report.computed, "folder": str(to)}
    if facts is None:
        with session.reading() as connection:
            session.saw_people(connection, [person_id for _, person_id in people])
    return report


def divide(people: Sequence[tuple[str, str]]) -> list[Part]:
    """Divide people, each given as branch and id, into parts that stay the same as people come.

    A part is found by the id alone, so that a person who joins changes one part and no other.
    """
    of_branch: defaultdict[str, list[str]] = defaultdict(list)
    for branch, person_id in people:
        of_branch[branch].append(person_id)
    parts: list[Part] = []
    for branch, person_ids in sorted(of_branch.items()):
        # a power of two: a branch is divided anew only when it has doubled
        n_parts = 1 << math.ceil(math.log2(max(1.0, len(person_ids) / PART_PEOPLE)))
        buckets: list[list[str]] = [[] for _ in range(n_parts)]
        for person_id in person_ids:
            buckets[zlib.crc32(person_id.encode()) % n_parts].append(person_id)
        parts += [
            Part(PartName(branch, number, n_parts), tuple(bucket))
            for number, bucket in enumerate(buckets)
        ]
    return parts


def _begin(task: Task, parts: Sequence[Part]) -> None:
    """Remove what is not part of the results any more, and what was found of a later day."""
    notes = task.folder / f"{task.tables[0]}.json"
    names = [part.name for part in parts]
    try:
        task.folder.mkdir(parents=True, exist_ok=True)
        last = json.loads(notes.read_text("utf-8"))["as_of"] if notes.is_file() else ""
        # results hold from their day on: how long before it they did is not known
        remove_others(task.folder, [] if last > task.as_of.isoformat() else names, task.tables)
        notes.write_text(json.dumps({"as_of": task.as_of.isoformat()}) + "\n", "utf-8")
    except (OSError, ValueError, KeyError) as error:
        raise InputError("batch.io", path=str(task.folder), problem=error) from error


def _report(done: Sequence[PartDone]) -> RunReport:
    people, computed = sum(part.people for part in done), sum(part.computed for part in done)
    refused = sorted(pair for part in done for pair in part.refused)
    return RunReport(people, computed, people - computed, len(done), tuple(refused))
