"""The commands, put together; the file of a command is loaded when the command is given."""

from __future__ import annotations

import os
from importlib import import_module
from typing import Any

import typer
from typer.core import TyperCommand

from recommender.cli.help import (
    ASKED,
    Group,
    Language,
    help_language,
    language_asked,
    translate,
    usage_errors,
)

# name of the command or group: its file in this folder, and its line in the list of commands,
# which stands here again because --help is to answer within .3 s and so loads no command
COMMANDS = {
    "demo": (
        "demo",
        "Try it out on made-up people: files in; gaps, ranked courses and a plan out.",
    ),
    "import": ("tables", "Import a table: all of it, or nothing and a report of every faulty row."),
    "template": (
        "tables",
        "Write an empty workbook to fill in, with headers, drop-downs and an example row.",
    ),
    "gaps": ("people", "Show a person's levels against the targets of the grade."),
    "recommend": ("people", "Rank the courses that are worth a person's time."),
    "plan": ("people", "Make a person's development plan."),
    "plan-all": (
        "people",
        "Make a plan for everybody or, with a learning path, for everybody at its grades.",
    ),
    "explain": ("people", "Explain a level, down to the rows it was computed from."),
    "train": ("models", "Train an effect model, on the database or on files alone."),
    "evaluate": (
        "models",
        "Judge the effect model on a history, beside simple baselines.",
    ),
    "score": (
        "models",
        "Predict the improvement for each query, on files alone.",
    ),
    "export": ("models", "Export the history for an analyst."),
    "serve": (
        "serve",
        "Serve the HTTP API. The first start creates an admin key and prints it once.",
    ),
    "models": ("models", "List, show, promote and roll back models."),
    "catalog": ("catalog", "Check, show, compare and print the catalogue; edit it in Excel."),
    "db": ("database", "Upgrade, check, back up and restore the database."),
    "keys": ("access", "Create, list, rotate and revoke API keys."),
    "audit": ("access", "Read the audit trail and check it."),
    "privacy": ("privacy", "Export or erase all data held on a person."),
    "retention": ("privacy", "Delete data past its retention period."),
}


class LazyGroup(Group):
    """Commands that are known by name only until one of them is given."""

    def list_commands(self, ctx: Any) -> list[str]:
        """Return the names of all commands."""
        return list(COMMANDS)

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        """Return a stand-in for a command with its line in the list of commands."""
        if cmd_name not in COMMANDS:
            return None
        lang = help_language(ctx.meta.get(ASKED))
        return TyperCommand(cmd_name, help=translate(COMMANDS[cmd_name][1], lang))

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        """Load the command that is given."""
        name, named, rest = super().resolve_command(ctx, args)
        return name, named and load_command(name or ""), rest

    def make_context(self, info_name: str | None, args: list[str], **others: Any) -> Any:
        """Read the arguments up to the command."""
        with usage_errors(language_asked(args)):
            return super().make_context(info_name, args, **others)

    def invoke(self, ctx: Any) -> Any:
        """Run the command that is given."""
        with usage_errors(ctx.meta.get(ASKED)):
            return super().invoke(ctx)


def load_command(name: str) -> Any:
    """Return a command or group of commands, out of its file."""
    # with a callback, a Typer of a single command stays a group, as all others here are
    part = typer.Typer(rich_markup_mode="rich", callback=lambda: None)
    import_module(f"recommender.cli.{COMMANDS[name][0]}").register(part)
    group: Any = typer.main.get_command(part)
    return group.commands[name]


def _keep_private(lang: Language = None) -> None:
    # what commands write, databases and exports above all, is about people: only its owner reads it
    os.umask(0o077)


app = typer.Typer(
    name="recommender",
    cls=LazyGroup,
    help="Decide which training is worth a person's time.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode="rich",
    callback=_keep_private,
)
