"""The results of one part, worked out where they are not there already; any process can do it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Mapping
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute

from recommender.arrays import to_date, to_day
from recommender.errors import InputError
from recommender.exchange.parquet.facts import FactFolder
from recommender.exchange.parquet.parts import read_head, read_part, to_table, write_part
from recommender.service.batch.planning import plan_part, tabulate_figures, tabulate_items
from recommender.service.batch.rankings import rank_part
from recommender.service.batch.sources import DatabaseFacts, Facts, FolderFacts
from recommender.service.batch.tasks import Part, PartDone, Task, digest_of
from recommender.service.installation import Service
from recommender.service.levels.periods import find_standing_last_days
from recommender.service.levels.standing import find_first_days, find_standing
from recommender.service.plans.choices import PlanRequest
from recommender.service.plans.dates import runs_of
from recommender.texts import explain

# its functions are made when it is imported, so a type checker knows none of them
pc: Any = pyarrow.compute


def find_facts(task: Task, service: Service) -> Facts:
    """Return where a task has its facts."""
    if task.facts is None:
        return DatabaseFacts(service.engine)
    return FolderFacts(FactFolder(task.facts, max(task.as_of, task.today)))


def work_out_part(task: Task, service: Service, part: Part) -> PartDone:
    """Bring the results of a part up to date; doing it again changes nothing."""
    framework, estimates = service.framework, service.estimates
    is_plan = isinstance(task.request, PlanRequest)
    with find_facts(task, service).open(part.name.branch, task.as_of) as facts:
        offerings = facts.read_offerings() if is_plan else None
        rests_on = task.describe_basis(offerings)
        heads = {head.person_id: head for head in facts.read_heads(part.person_ids)}
        digests = {name: digest_of(rests_on, head) for name, head in heads.items()}
        old = read_head(task.folder, part.name, task.tables)
        current = _find_current(old, digests, task.as_of)
        if old is not None and len(current) == len(heads) == len(old):
            return PartDone(len(heads), 0, _refused(old))
        wanted = [heads[name] for name in sorted(heads.keys() - current)]
        # whoever has another grade than those of the catalogue gets nothing, and the others theirs
        known = [head.person_id for head in wanted if head.grade in framework.grade_ids]
        snapshot = facts.read_snapshot(known, find_first_days(framework, task.as_of))
    # no connection is held from here on
    standing = find_standing(snapshot, framework, as_of=task.as_of)
    refused: dict[str, str | None] = dict.fromkeys(known)
    for head in wanted:
        if head.person_id not in refused:
            error = InputError("person.grade", person_id=head.person_id, grade=head.grade)
            refused[head.person_id] = explain(error, task.lang)[0]
    names = [head.person_id for head in wanted]
    figures: dict[str, list[Any]] = {}
    if isinstance(task.request, PlanRequest):
        assert offerings is not None
        plans, no_plan = plan_part(
            framework, standing, estimates, task.request, runs=runs_of(offerings), lang=task.lang
        )
        refused |= no_plan
        figures = tabulate_figures(plans, names)
        tables = {"plan_items": tabulate_items(plans.values())}
    else:
        tables = rank_part(framework, standing, estimates, task.request)
    # of a day in the past it is not known which facts come into force after it
    last_days = np.full(len(known), to_day(task.as_of))
    if task.as_of >= task.today:
        last_days = find_standing_last_days(standing, framework)
    until = dict(zip(known, last_days.tolist(), strict=True))
    head = to_table(
        task.tables[0],
        {
            "person_id": names,
            "org_unit": [head.org_unit for head in wanted],
            "grade": [head.grade for head in wanted],
            "synthetic": [head.synthetic for head in wanted],
            "model_id": [task.basis.model_id] * len(wanted),
            "catalog_digest": [task.basis.catalog_digest] * len(wanted),
            "rests_on": [digests[name] for name in names],
            "holds_until": [to_date(until.get(name, to_day(task.as_of))) for name in names],
            "refused": [refused[name] for name in names],
            **figures,
        },
    )
    joined = _join(task, part, {task.tables[0]: head, **tables}, current)
    write_part(task.folder, part.name, joined)
    return PartDone(len(heads), len(wanted), _refused(joined[task.tables[0]]))


def _find_current(
    old: pa.Table | None, digests: Mapping[str, str], as_of: dt.date
) -> frozenset[str]:
    """Return whose results are there and still rest on what they rested on."""
    if old is None:
        return frozenset()
    rows = zip(
        old["person_id"].to_pylist(),
        old["rests_on"].to_pylist(),
        old["holds_until"].to_pylist(),
        strict=True,
    )
    return frozenset(
        name for name, digest, until in rows if digests.get(name) == digest and as_of <= until
    )


def _refused(heads: pa.Table) -> tuple[tuple[str, str], ...]:
    some = heads.filter(pc.is_valid(heads["refused"]))
    return tuple(zip(some["person_id"].to_pylist(), some["refused"].to_pylist(), strict=True))


def _join(
    task: Task, part: Part, new: dict[str, pa.Table], current: Collection[str]
) -> dict[str, pa.Table]:
    """Put the rows of people whose results still hold beside the new ones, by person."""
    if not current:
        return new
    old = read_part(task.folder, part.name, task.tables)
    if old is None:  # its head was whole and another file is not: somebody else wrote it
        raise InputError("batch.io", path=str(task.folder), problem=part.name)
    kept = pa.array(sorted(current))
    return {
        # sorting is stable, so that the rows of a person stay in their order
        name: pa.concat_tables(
            [old[name].filter(pc.is_in(old[name]["person_id"], kept)), table]
        ).sort_by("person_id")
        for name, table in new.items()
    }
