"""The demo: made-up people and scores in, ranked modules and a plan out."""

from __future__ import annotations

import datetime as dt
import json
import shutil
import time
from pathlib import Path
from typing import Annotated

import typer
from pydantic import SecretStr

from recommender.cli.common import Terminal, command
from recommender.cli.models import print_evaluation
from recommender.cli.printing import print_gaps, print_plan, print_recommendations
from recommender.documents import render_plan_page, render_plan_pdf
from recommender.errors import ConflictError
from recommender.results import to_json
from recommender.service.access.signing_in.accounts import (
    ENTER,
    LINK_HOURS,
    AccountRequest,
    create_account,
    make_link,
)
from recommender.service.learning.promotion import promote_if_better
from recommender.service.learning.training import train_model
from recommender.service.levels.questions import read_gaps
from recommender.service.made_up.filling import begin_made_up, write_files
from recommender.service.made_up.organisation import SampleOrganisation, make_organisation
from recommender.service.models import MADE_UP_KEY_FILE, Models
from recommender.service.people.imports import import_table
from recommender.service.permissions import Role
from recommender.service.plans.choices import PlanRequest
from recommender.service.plans.drafts.one import create_plan
from recommender.service.plans.reading import read_plan_document
from recommender.service.recommend.recommendations import (
    RecommendationRequest,
    as_it_is,
    recommend_modules,
)
from recommender.service.session import Session
from recommender.store import upgrade_database
from recommender.table_kinds import KINDS

_DATABASE = "recommender.db"
# what a demo leaves in its folder, with the two files that SQLite keeps beside a database
_WRITTEN = {"in", "models", "out", _DATABASE, f"{_DATABASE}-wal", f"{_DATABASE}-shm"}


def register(app: typer.Typer) -> None:
    """Add the command."""
    command(app, "demo", examples=["recommender demo", "recommender demo --people 50"])(demo)


def demo(
    term: Terminal,
    folder: Annotated[Path, typer.Option(help="Folder to write everything to.")] = Path(
        "build/demo"
    ),
    people: Annotated[int, typer.Option(help="Number of made-up people.", min=1, max=2000)] = 200,
    hours: Annotated[float, typer.Option(help="Limit of hours for the plan.", min=1)] = 60,
) -> None:
    """Try it out on made-up people: files in; gaps, ranked courses and a plan out."""
    started = time.monotonic()
    _clear(folder)
    (folder / "in").mkdir(parents=True)
    database = f"sqlite:///{folder / _DATABASE}"
    models = Models(folder / "models", made_up=True)
    # a database, models and a key of its own, whatever the options and the environment name
    settings = {
        "database": database,
        "models": models.root,
        "model_key": SecretStr(models.need_key().decode()),
    }
    term = Terminal(term.settings.model_copy(update=settings), term.as_json)
    as_of = term.settings.as_of
    upgrade_database(database)
    out = folder / "out"
    with term.session("demo") as session:
        framework = session.service.framework
        term.print("demo.writing", people=people, folder=folder / "in")
        sample = make_organisation(framework, n_people=people, as_of=as_of)
        files = write_files(framework, sample, folder / "in", as_of)
        begin_made_up(session)
        for kind, file in files:
            written = import_table(session, kind, file, latest=term.settings.latest_fact_on)
            term.print(
                "cli.imported-rows",
                kind=KINDS[kind].title[1 if term.lang == "en" else 0],
                file=file.name,
                inserted=written.inserted,
                updated=written.updated,
                unchanged=written.unchanged,
            )
        term.print("demo.training")
        _put_model_in_force(term, session)
    with term.session("demo") as session:
        person = choose_person(session, sample, as_of)
        gaps = read_gaps(session, person, as_of=as_of)
        ranked = recommend_modules(
            session, person, RecommendationRequest(top=5), as_of=as_of, render=as_it_is
        )
        plan = create_plan(session, person, PlanRequest(hours_budget=hours), as_of=as_of).plan
        document = read_plan_document(session, plan.plan_id)
        name = term.say("demo.account")
        account = create_account(session, AccountRequest("demo", name, Role.HR))
        link = make_link(session, account.account_id, ENTER)
    out.mkdir()
    pdf = out / f"plan-{person}.pdf"
    pdf.write_bytes(render_plan_pdf(document, lang=term.lang).content)
    page = pdf.with_suffix(".html")
    links = {"PDF": pdf.name} | {
        f"JSON: {name}": f"{name}-{person}.json" for name in ("gaps", "recommend", "plan")
    }
    text = render_plan_page(document, lang=term.lang, links=links)
    page.write_text(text, encoding="utf-8")
    results = {"gaps": to_json(gaps), "recommend": to_json(ranked), "plan": to_json(plan)}
    for name, value in results.items():
        text = json.dumps(value, ensure_ascii=False, indent=2)
        (out / f"{name}-{person}.json").write_text(text + "\n", encoding="utf-8")
    if term.as_json:
        term.print_json({"person_id": person, "folder": str(folder), **results})
    else:
        print_gaps(term, framework, gaps)
        print_recommendations(term, framework, ranked)
        print_plan(term, framework, plan)
    term.print(
        "demo.done",
        seconds=f"{time.monotonic() - started:.0f}",
        folder=folder,
        pdf=pdf,
        page=page,
        person=person,
        database=database,
        models=models.root,
        key_file=models.root / MADE_UP_KEY_FILE,
        link=f"http://localhost:8000/enter/{link}",
        hours=LINK_HOURS[ENTER],
    )


def _clear(folder: Path) -> None:
    """Remove what an earlier demo left in a folder, and nothing else."""
    # a folder that the user named by mistake must not be emptied
    if not folder.exists():
        return
    names = {path.name for path in folder.iterdir()} if folder.is_dir() else {folder.name}
    if names and not (_DATABASE in names and names <= _WRITTEN):
        raise ConflictError("demo.folder-in-use", folder=folder)
    shutil.rmtree(folder)


def _put_model_in_force(term: Terminal, session: Session) -> None:
    """Train an effect model, say how good it is, and use it if it beats the simple baselines."""
    trained = train_model(session, as_of=term.settings.as_of, by="demo")
    if not term.as_json:
        if trained.evaluation:
            print_evaluation(term, trained.evaluation)
        for line in session.service.models.explain(trained.card, term.lang)[:1]:
            term.out.print(line, markup=False, highlight=False, soft_wrap=True)
    promote_if_better(session, trained.card, trained.verdict, by="demo")


def choose_person(session: Session, sample: SampleOrganisation, as_of: dt.date) -> str:
    """Choose a person to show: the first of grade g2 with many gaps and some to assess first."""
    person_ids: list[str] = sorted(sample.people["person_id"])
    for person_id in person_ids:
        gaps = read_gaps(session, person_id, as_of=as_of)
        gaps_open = sum(item.standing == "gap" for item in gaps.competencies)
        to_assess = sum(1 for item in gaps.competencies if item.status == "assess-first")
        if gaps.grade == "g2" and gaps_open >= 8 and 1 <= to_assess <= 3:
            return person_id
    return person_ids[0]
