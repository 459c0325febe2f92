"""The commands, put together."""

from __future__ import annotations

import typer

from recommender.cli import access, catalog, database, demo, models, people, privacy, serve, tables

app = typer.Typer(
    name="recommender",
    help="Decides which training is worth a person's time.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode="rich",
)
for part in (demo, tables, people, models, catalog, database, access, privacy, serve):
    part.register(app)
