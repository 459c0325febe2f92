"""Commands that look at a catalogue: check, show, diff, coverage."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any

import typer
from pydantic_core import to_jsonable_python

from recommender.cli import catalog_files
from recommender.cli.app import command_group
from recommender.cli.common import EXIT_PROBLEM, Terminal, command
from recommender.exchange import read_catalog_workbook
from recommender.service.effective_catalog import load_effective_catalog
from training_catalog import Catalog, load_catalog
from training_catalog.coverage import STEPS, coverage
from training_catalog.difference import Change, diff_catalogs
from training_catalog.judging import Judgement, judge_catalog

Version = "A catalogue folder, or a workbook (.xlsx) written by `catalog export`."


def register(app: typer.Typer) -> None:
    """Add the commands."""
    group = command_group("Check, show, compare and print the catalogue; edit it in Excel.")
    command(
        group,
        "check",
        examples=[
            "recommender catalog check",
            "recommender catalog check --catalog my-catalogue --json",
        ],
    )(check)
    command(group, "show", examples=["recommender catalog show --json"])(show)
    command(
        group,
        "diff",
        examples=[
            "recommender catalog diff my-catalogue my-catalogue-2027",
            "recommender catalog diff my-catalogue edited.xlsx --lang en",
        ],
    )(diff)
    command(
        group,
        "coverage",
        examples=[
            "recommender catalog coverage",
            "recommender catalog coverage --picture coverage.png",
        ],
    )(show_coverage)
    catalog_files.register(group)
    app.add_typer(group, name="catalog")


def check(term: Terminal) -> None:
    """Check a catalogue folder: list every fault or, if there is none, what to improve.

    Exit code 1 if there is a fault, or something that makes plans or documents wrong.
    """
    catalog = load_catalog(term.settings.catalog)
    # errors first; the sort is stable, so each half stays in the order of the catalogue
    judgements = sorted(judge_catalog(catalog), key=lambda each: each.severity != "error")
    errors = sum(judgement.severity == "error" for judgement in judgements)
    if term.as_json:
        term.print_json(
            {
                "digest": catalog.digest,
                # always empty: a folder with faults ends as a `CatalogError`, which lists them
                "faults": [],
                "judgements": [_judgement(judgement) for judgement in judgements],
            }
        )
    term.print(
        "catalog.good",
        name=catalog.name.in_language(term.lang),
        competencies=len(catalog.competencies),
        profiles=len(catalog.profiles),
        modules=len(catalog.modules),
        digest=catalog.digest,
    )
    _print_judgements(term, "catalog.errors", judgements[:errors])
    _print_judgements(term, "catalog.warnings", judgements[errors:])
    if not judgements:
        term.print("catalog.clean")
    if errors:
        raise typer.Exit(EXIT_PROBLEM)


def _judgement(judgement: Judgement) -> dict[str, Any]:
    return {
        "severity": judgement.severity,
        "code": judgement.code,
        "part": judgement.part,
        "id": judgement.id,
        "text": judgement.what.model_dump(),
        "hint": judgement.hint.model_dump(),
    }


def _print_judgements(term: Terminal, heading: str, judgements: Sequence[Judgement]) -> None:
    if not judgements:
        return
    term.print(heading, count=len(judgements))
    for judgement in judgements:
        text, hint = judgement.text(term.lang), judgement.hint.in_language(term.lang)
        term.print("catalog.judgement", text=text, hint=hint)


def show(term: Terminal) -> None:
    """Show the catalogue, including imported courses and approved standards."""
    catalog = load_effective_catalog(term.settings)
    if term.as_json:
        term.print_json(catalog.model_dump(mode="json"))
        return
    lang = term.lang
    categories = {c.id: c.name.in_language(lang) for c in catalog.categories}
    competencies = {c.id: c.name.in_language(lang) for c in catalog.competencies}
    serving = [{part.id for part in module.competencies} for module in catalog.modules]
    term.print_table(
        f"{catalog.name.in_language(lang)}  {catalog.digest}",
        [
            (term.say(f"cli.{name}"), side)
            for name, side in (
                ("competency", "left"),
                ("id", "left"),
                ("category", "left"),
                ("modules", "right"),
            )
        ],
        [
            (
                competency.name.in_language(lang),
                competency.id,
                categories[competency.category],
                str(sum(competency.id in served for served in serving)),
            )
            for competency in catalog.competencies
        ],
    )
    term.print_table(
        "",
        [
            (term.say(f"cli.{name}"), side)
            for name, side in (
                ("module", "left"),
                ("id", "left"),
                ("steps", "left"),
                ("modality", "left"),
                ("hours", "right"),
                ("cost", "right"),
            )
        ],
        [
            (
                module.title.in_language(lang),
                module.id,
                "\n".join(
                    f"{competencies[part.id]} {part.from_level:g}→{part.to_level:g}"
                    for part in module.competencies
                ),
                term.say(f"modality.{module.modality}"),
                f"{module.hours:g}",
                f"{module.cost:,.0f}",
            )
            for module in catalog.modules
        ],
    )
    if catalog.paths:
        _print_paths(term, catalog)
    _print_profiles(term, catalog)


def _print_profiles(term: Terminal, catalog: Catalog) -> None:
    """Print the versions of target profiles, by grade and day."""
    grades = {grade.id: grade.name.in_language(term.lang) for grade in catalog.grades}
    names = {each.id: each.name.in_language(term.lang) for each in catalog.competencies}
    earlier = [None, *catalog.profiles]
    term.print_table(
        "",
        [(term.say(f"standards.column.{name}"), "left") for name in ("grade", "from", "changes")],
        [
            (
                grades[profile.grade],
                profile.effective_on.isoformat(),
                "\n".join(
                    f"{names[name]} {before.targets[name].level:g} → {target.level:g}"
                    for name, target in profile.targets.items()
                    if before
                    and before.grade == profile.grade
                    and before.targets[name].level != target.level
                ),
            )
            for before, profile in zip(earlier, catalog.profiles, strict=False)
        ],
    )


def _print_paths(term: Terminal, catalog: Catalog) -> None:
    grades = {grade.id: grade.name.in_language(term.lang) for grade in catalog.grades}
    titles = {module.id: module.title.in_language(term.lang) for module in catalog.modules}
    term.print_table(
        "",
        [
            (term.say(f"cli.{name}"), "left")
            for name in ("path", "id", "grades", "target-grade", "stages")
        ],
        [
            (
                path.name.in_language(term.lang),
                path.id,
                "\n".join(grades[name] for name in path.grades or grades),
                grades[path.target_grade] if path.target_grade else "–",
                "\n".join(
                    line
                    for stage in path.stages
                    for line in (
                        stage.name.in_language(term.lang),
                        *(f"  {titles[name]}" for name in stage.modules),
                    )
                ),
            )
            for path in catalog.paths
        ],
    )


def diff(
    term: Terminal,
    old: Annotated[Path, typer.Argument(metavar="OLD", help=Version)],
    new: Annotated[Path, typer.Argument(metavar="NEW", help=Version)],
) -> None:
    """Describe what changed from one version of a catalogue to another."""
    before, after = _version(old), _version(new)
    changes = diff_catalogs(before, after)
    if term.as_json:
        term.print_json(
            {"old": before.digest, "new": after.digest, "changes": [*map(plain_change, changes)]}
        )
        return
    print_changes(term, changes)


def _version(path: Path) -> Catalog:
    return read_catalog_workbook(path) if path.is_file() else load_catalog(path)


def plain_change(change: Change) -> dict[str, Any]:
    """Return a difference as values that JSON knows."""
    return {
        "kind": change.kind,
        "part": change.part,
        "id": change.id,
        "field": list(change.field),
        # a value of the catalogue of any kind: a number, a text in two languages, a whole part
        "before": to_jsonable_python(change.before),
        "after": to_jsonable_python(change.after),
        "text": change.what.model_dump(),
    }


def print_changes(term: Terminal, changes: Sequence[Change]) -> None:
    """Print differences, a line each."""
    if not changes:
        term.print("catalog.unchanged")
        return
    term.print("catalog.changed", count=len(changes))
    for change in changes:
        term.print("catalog.change", text=change.text(term.lang))


def show_coverage(
    term: Terminal,
    picture: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Draw the coverage table as a picture (.png or .svg)."),
    ] = None,
) -> None:
    """Count the courses for each competency and step; 3+1 means three main and one further."""
    catalog = load_effective_catalog(term.settings)
    table = coverage(catalog)
    if picture:
        # only here: matplotlib takes a second to load
        from recommender.documents.catalog.coverage_picture import draw_coverage

        draw_coverage(catalog, picture, lang=term.lang)
    if term.as_json:
        term.print_json(
            {
                "digest": catalog.digest,
                "modules_per_step": table.modules_per_step,
                "picture": str(picture) if picture else None,
                "competencies": [
                    {
                        "id": row.competency_id,
                        "name": row.name.model_dump(),
                        "steps": [
                            {
                                "from_level": cell.step,
                                "to_level": cell.step + 1,
                                "main": list(cell.main),
                                "further": list(cell.further),
                                "needed": cell.needed,
                            }
                            for cell in row.steps
                        ],
                    }
                    for row in table.rows
                ],
            }
        )
        return
    header, *rows = table.table(term.lang)
    # one more than the steps, for the total
    sides = ["left", *["right"] * (len(STEPS) + 1)]
    title = f"{catalog.name.in_language(term.lang)}  {catalog.digest}"
    term.print_table(title, list(zip(header, sides, strict=True)), rows)
    if picture:
        term.print("catalog.picture-written", path=picture)
