"""Commands for the catalogue: check, show."""

from __future__ import annotations

import typer

from recommender.cli.common import Call, command
from recommender.service import load_effective_catalog
from training_catalog import load_catalog


def register(app: typer.Typer) -> None:
    """Add the commands."""
    group = typer.Typer(help="Check and show the catalogue.", no_args_is_help=True)
    command(group, "check", examples=["recommender catalog check --catalog my-catalogue"])(check)
    command(group, "show", examples=["recommender catalog show --json"])(show)
    app.add_typer(group, name="catalog")


def check(call: Call) -> None:
    """Check a catalogue folder and report every fault at once."""
    catalog = load_catalog(call.settings.catalog)
    if call.as_json:
        call.print_json({"digest": catalog.digest, "faults": []})
    call.print(
        "catalog.good",
        name=catalog.name.in_language(call.lang),
        competencies=len(catalog.competencies),
        profiles=len(catalog.profiles),
        modules=len(catalog.modules),
        digest=catalog.digest,
    )


def show(call: Call) -> None:
    """Show the catalogue, with the modules that were imported."""
    catalog = load_effective_catalog(call.settings)
    if call.as_json:
        call.print_json(catalog.model_dump(mode="json"))
        return
    lang = call.lang
    call.print_table(
        f"{catalog.name.in_language(lang)}  {catalog.digest}",
        [
            (call.say(f"cli.{name}"), side)
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
                next(
                    c.name.in_language(lang)
                    for c in catalog.categories
                    if c.id == competency.category
                ),
                str(
                    sum(
                        1
                        for module in catalog.modules
                        if competency.id in {part.id for part in module.competencies}
                    )
                ),
            )
            for competency in catalog.competencies
        ],
    )
    call.print_table(
        "",
        [
            (call.say(f"cli.{name}"), side)
            for name, side in (
                ("module", "left"),
                ("id", "left"),
                ("serves", "left"),
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
                    f"{part.id} {part.from_level:g}→{part.to_level:g}"
                    for part in module.competencies
                ),
                call.say(f"modality.{module.modality}"),
                f"{module.hours:g}",
                f"{module.cost:,.0f}",
            )
            for module in catalog.modules
        ],
    )
