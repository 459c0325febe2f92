"""Commands that answer questions about a person: gaps, recommend, plan, explain."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Annotated

import typer

from recommender.cli.common import Terminal, command
from recommender.cli.files import write_pdf
from recommender.cli.printing import (
    competency_names,
    print_evidence,
    print_facts,
    print_gaps,
    print_plan,
    print_recommendations,
)
from recommender.documents import figures, render_plan_page, render_plan_pdf
from recommender.ranking import Objective
from recommender.results import to_json
from recommender.service.levels.questions import read_derivation, read_gaps
from recommender.service.plans.choices import PlanRequest
from recommender.service.plans.document import name_method
from recommender.service.plans.drafts.one import create_plan
from recommender.service.plans.reading import read_plan_document
from recommender.service.plans.word.printing import write_plan_docx
from recommender.service.recommend.recommendations import (
    RecommendationRequest,
    as_it_is,
    recommend_modules,
)
from training_catalog import Modality

Person = Annotated[str, typer.Argument(metavar="PERSON", help="Staff number of the person.")]
Hours = Annotated[float | None, typer.Option(help="Limit of hours.", min=0, rich_help_panel="Plan")]
Budget = Annotated[
    float | None, typer.Option(help="Limit of cost, in CNY.", min=0, rich_help_panel="Plan")
]
Modalities = Annotated[
    list[Modality] | None,
    typer.Option("--modality", help="Allow only this modality; repeatable."),
]
PathId = Annotated[
    str | None,
    typer.Option(metavar="PATH", help="Plan within this learning path; `catalog show` lists them."),
]
TargetGrade = Annotated[
    str | None,
    typer.Option(
        "--target-grade",
        metavar="GRADE",
        help="Compare with the targets of this grade, such as g3.",
    ),
]
Shortest = Annotated[
    bool,
    typer.Option("--shortest", help="Close as much as can be closed, in the fewest hours."),
]
Unlimited = Annotated[bool, typer.Option("--no-hours-limit", help="Plan without a limit on hours.")]


def register(app: typer.Typer) -> None:
    """Add the commands."""
    command(
        app,
        "gaps",
        examples=["recommender gaps S00017", "recommender gaps S00017 --target-grade g3"],
    )(gaps)
    command(
        app,
        "recommend",
        examples=[
            "recommender recommend S00017 --top 5",
            "recommender recommend S00017 --objective per_hour --modality online",
        ],
    )(recommend)
    command(
        app,
        "plan",
        examples=[
            "recommender plan S00017 --hours 60 --budget 5000 --pdf plan.pdf",
            "recommender plan S00017 --must crm-customer-file-first-entries "
            "--without visit-conduct-etiquette-online",
            "recommender plan S00017 --path solution-selling --no-hours-limit",
            "recommender plan S00017 --target-grade g3 --shortest",
        ],
    )(plan)
    command(app, "explain", examples=["recommender explain S00017 resilience"])(explain)


def gaps(term: Terminal, person: Person, target_grade: TargetGrade = None) -> None:
    """Show a person's levels against the targets of the grade."""
    with term.session() as session:
        standing = read_gaps(session, person, as_of=term.settings.as_of, target_grade=target_grade)
    if term.as_json:
        term.print_json(to_json(standing))
        return
    print_gaps(term, session.service.framework, standing)


def recommend(
    term: Terminal,
    person: Person,
    top: Annotated[int, typer.Option(help="Number of courses to show.", min=1)] = 10,
    objective: Annotated[
        Objective,
        typer.Option(help="Rank by the gap closed, or by the gap closed per hour or per CNY."),
    ] = Objective.GAP,
    modality: Modalities = None,
    model: Annotated[
        str | None, typer.Option(help="Rank by this model instead of the one in force.")
    ] = None,
    target_grade: TargetGrade = None,
) -> None:
    """Rank the courses that are worth a person's time."""
    request = RecommendationRequest(
        top,
        objective,
        modalities=tuple(m.value for m in modality) if modality else None,
        target_grade=target_grade,
    )
    with term.session() as session:
        ranked = recommend_modules(
            session,
            person,
            request,
            as_of=term.settings.as_of,
            render=as_it_is,
            model_id=model,
        )
    if term.as_json:
        term.print_json(to_json(ranked))
        return
    print_recommendations(term, session.service.framework, ranked)


def plan(
    term: Terminal,
    person: Person,
    hours: Hours = None,
    budget: Budget = None,
    no_hours_limit: Unlimited = False,
    must: Annotated[
        list[str] | None, typer.Option(help="Course that must be in the plan; repeatable.")
    ] = None,
    without: Annotated[
        list[str] | None, typer.Option(help="Course that must not be in the plan; repeatable.")
    ] = None,
    modality: Modalities = None,
    path: PathId = None,
    target_grade: TargetGrade = None,
    shortest: Shortest = False,
    pdf: Annotated[Path | None, typer.Option(help="Write the plan as PDF to this file.")] = None,
    html: Annotated[
        Path | None, typer.Option(help="Write the plan as a web page to this file.")
    ] = None,
    docx: Annotated[
        Path | None, typer.Option(help="Write the plan as a Word document to this file.")
    ] = None,
) -> None:
    """Make a person's development plan."""
    request = PlanRequest(
        hours_budget=math.inf if no_hours_limit else hours,
        cost_budget=budget,
        must=tuple(must or ()),
        without=tuple(without or ()),
        modalities=[m.value for m in modality] if modality else None,
        path=path,
        target_grade=target_grade,
        shortest=shortest,
    )
    with term.session() as session:
        stored = create_plan(session, person, request, as_of=term.settings.as_of)
        made = stored.plan
        document = read_plan_document(session, made.plan_id) if pdf or html else None
        written = write_plan_docx(session, made.plan_id) if docx else b""
    # drawn after the session: what the document shows of people is in the audit trail by then
    if document and pdf:
        write_pdf(term, pdf, render_plan_pdf(document, lang=term.lang))
    if document and html:
        html.parent.mkdir(parents=True, exist_ok=True)
        html.write_text(render_plan_page(document, lang=term.lang), encoding="utf-8")
    if docx:
        docx.parent.mkdir(parents=True, exist_ok=True)
        docx.write_bytes(written)
    if term.as_json:
        term.print_json(to_json(made))
        return
    headline = stored.gaps.headline if stored.gaps else None
    print_plan(term, session.service.framework, made, headline=headline)
    if html:
        term.print("cli.page-written", path=html)
    if docx:
        term.print("cli.word-written", path=docx)
    if pdf:
        term.print("cli.pdf-written", path=pdf)


def explain(
    term: Terminal,
    person: Person,
    competency: Annotated[str, typer.Argument(metavar="COMPETENCY", help="Id of the competency.")],
) -> None:
    """Explain a level, down to the rows it was computed from."""
    with term.session() as session:
        derivation = read_derivation(session, person, competency, as_of=term.settings.as_of)
    if term.as_json:
        term.print_json(to_json(derivation))
        return
    name = competency_names(session.service.framework, term.lang)[competency]
    if derivation.level is None:
        term.print("cli.explain-nothing", person=person, competency=name)
        print_evidence(term, derivation.evidence)
        return
    term.print(
        "cli.explain-title",
        person=person,
        competency=name,
        level=figures.level(derivation.level),
        error=f"{derivation.standard_error:.2f}",
        method=name_method(derivation.source, term.lang) or term.say("cli.imported"),
        on=derivation.assessed_on,
    )
    if derivation.disagreement:
        term.print("note.disagreement", competency=name)
    if derivation.fulfilment:
        shares = " · ".join(f"{share:.0%}" for share in derivation.fulfilment)
        term.print("cli.explain-fulfilment", shares=shares)
    for part in (derivation.parts, derivation.rows):
        if part:
            print_facts(term, session.service.framework, competency, part)
    print_evidence(term, derivation.evidence)
