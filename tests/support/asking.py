"""Use cases asked of a service on behalf of the command line, as most tests of them ask."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection
from pathlib import Path
from typing import Any

from organisations import AS_OF

from recommender.documents import PlanDocument
from recommender.improvement.history import History
from recommender.ranking import Objective
from recommender.results import Gaps, Plan, Recommendations
from recommender.service.installation import Service
from recommender.service.learning.history import export_history as write_history
from recommender.service.learning.history import read_history
from recommender.service.learning.training import Training, train_model
from recommender.service.levels.derivation import LevelDerivation
from recommender.service.levels.questions import read_derivation, read_gaps
from recommender.service.people import imports
from recommender.service.permissions import COMMAND_LINE
from recommender.service.plans.choices import PlanRequest
from recommender.service.plans.drafts.many import create_plans
from recommender.service.plans.drafts.one import create_plan
from recommender.service.plans.reading import read_plan_document
from recommender.service.recommend.recommendations import (
    RecommendationRequest,
    as_it_is,
    recommend_modules,
)
from recommender.service.session import Session
from recommender.store import Written, read_ids, reading, schema


def session_of(service: Service, **changes: Any) -> Session:
    """Return a session of the command line, which may do everything."""
    return Session(service, **({"who": COMMAND_LINE, "action": "test", "today": AS_OF} | changes))


def gaps(service: Service, person_id: str, *, as_of: dt.date) -> Gaps:
    """Ask for a person's gaps."""
    return read_gaps(session_of(service), person_id, as_of=as_of)


def recommend(
    service: Service,
    person_id: str,
    *,
    as_of: dt.date,
    top: int = 10,
    objective: Objective = Objective.GAP,
    modalities: Collection[str] | None = None,
    hours: float | None = None,
    budget: float | None = None,
    model_id: str | None = None,
    lang: str = "zh-CN",
) -> Recommendations:
    """Ask for a person's ranking, and store what was shown."""
    session = session_of(service, lang=lang)
    request = RecommendationRequest(
        top, objective, hours, budget, None if modalities is None else tuple(modalities)
    )
    ranked = recommend_modules(
        session, person_id, request, as_of=as_of, render=as_it_is, model_id=model_id
    )
    session.note()
    return ranked


def plan(
    service: Service, person_id: str, request: PlanRequest, *, as_of: dt.date, lang: str = "zh-CN"
) -> tuple[Plan, PlanDocument]:
    """Make and keep a person's plan, and put it into words."""
    session = session_of(service, lang=lang)
    made = create_plan(session, person_id, request, as_of=as_of).plan
    return made, read_plan_document(session, made.plan_id)


def plan_all(
    service: Service,
    request: PlanRequest,
    *,
    as_of: dt.date,
    org_unit: str | None = None,
    lang: str = "zh-CN",
) -> list[Plan]:
    """Make and keep plans for everybody of a unit; nobody may be left without one."""
    made = create_plans(session_of(service, lang=lang), request, as_of=as_of, org_unit=org_unit)
    assert not made.refused
    return made.plans


def explain(
    service: Service, person_id: str, competency_id: str, *, as_of: dt.date
) -> LevelDerivation:
    """Ask how a level came about."""
    return read_derivation(session_of(service), person_id, competency_id, as_of=as_of)


def import_table(
    service: Service,
    kind: str,
    path: Path,
    *,
    latest: dt.date,
    dry_run: bool = False,
    clear: bool = False,
) -> Written:
    """Import a table, and say how many of its rows are new, changed and known."""
    session = session_of(service)
    report = imports.import_table(session, kind, path, latest=latest, dry_run=dry_run, clear=clear)
    return report.written


def history(service: Service, *, as_of: dt.date) -> History:
    """Ask for the history of the database."""
    return read_history(session_of(service), as_of=as_of)


def train(service: Service, *, as_of: dt.date, seed: int = 0, by: str) -> Training:
    """Train an effect model on that history."""
    return train_model(session_of(service), as_of=as_of, seed=seed, by=by)


def export_history(service: Service, path: Path, *, as_of: dt.date, **options: Any) -> int:
    """Write that history to a file."""
    return write_history(session_of(service), path, as_of=as_of, **options)


def template(service: Service, kind: str, path: Path, *, lang: str) -> None:
    """Write an empty workbook to fill in."""
    imports.write_table_template(session_of(service, lang=lang), kind, path)


def person_ids(service: Service) -> list[str]:
    """List everybody's id."""
    with reading(service.engine) as connection:
        return read_ids(connection, schema.person.c.person_id)
