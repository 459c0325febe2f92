"""The commands, put together; the file of a command is loaded when the command is given.

Commands and options say in English, where they are declared, what they do. The Chinese for each of
these sentences stands in ``texts/help/zh-CN.toml``, as in a catalogue of gettext, which typer does
not use for what a command says of itself.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import Annotated, Any

import typer
from typer.core import TyperCommand, TyperGroup

# name of the command or group: its file in this folder, and its line in the list of commands,
# which stands here again because --help is to answer within .3 s and so loads no command
COMMANDS = {
    "demo": (
        "demo",
        "Try it out on made-up people: files in; gaps, ranked courses and a plan out.",
    ),
    "import": ("tables", "Import a table: all of it, or nothing and a report of every faulty row."),
    "imports": ("importing.batches", "List what was imported, and undo it."),
    "template": (
        "tables",
        "Write an empty workbook to fill in, with headers, drop-downs and an example row.",
    ),
    "questionnaire": (
        "importing.forms",
        "Write the rating forms of a round: a workbook for each rater, and texts for wjx.cn.",
    ),
    "exam-sheet": ("importing.forms", "Write the score sheet of an exam, to fill in and import."),
    "attendance-sheet": (
        "importing.forms",
        "Write the attendance sheet of a course, to fill in and import.",
    ),
    "gaps": ("people", "Show a person's levels against the targets of the grade."),
    "recommend": ("people", "Rank the courses that are worth a person's time."),
    "plan": ("people", "Make a person's development plan."),
    "rank-all": (
        "everybody",
        "Work out levels, gaps and the best courses of everybody, as Parquet files.",
    ),
    "plan-all": (
        "everybody",
        "Make a plan for everybody or, with a learning path, for everybody at its grades.",
    ),
    "cohort": (
        "organisation.cohorts",
        "Give the seats of scheduled runs to the people of a unit.",
    ),
    "team": ("exporting.team", "Write the workbook of a team, or the plans of everybody in it."),
    "explain": ("people", "Explain a level, down to the rows it was computed from."),
    "train": ("models", "Train an effect model, on the database or on files alone."),
    "evaluate": (
        "models",
        "Judge effect models on a history, side by side and beside simple baselines.",
    ),
    "effectiveness": (
        "organisation.effectiveness",
        "Tell what courses changed, on four levels and in money, and what to do with them.",
    ),
    "score": (
        "models",
        "Predict the improvement for each query, on files alone.",
    ),
    "export": (
        "exporting.export",
        "Export the history for an analyst, or all facts as Parquet files.",
    ),
    "serve": (
        "serve",
        "Serve the HTTP API. The first start creates an admin key and prints it once.",
    ),
    "models": ("models", "List, show, promote and roll back models."),
    "catalog": ("catalog", "Check, show, compare and print the catalogue; edit it in Excel."),
    "standards": (
        "organisation.standards",
        "Review, propose, simulate and approve the standard levels of the grades.",
    ),
    "db": ("database", "Upgrade, check, back up and restore the database."),
    "keys": ("access.keys", "Create, list, rotate and revoke API keys."),
    "accounts": ("access.accounts", "Add, list and disable accounts; make links to sign in with."),
    "audit": ("access.keys", "Read the audit trail and check it."),
    "privacy": ("privacy", "Export or erase all data held on a person."),
    "retention": ("privacy", "Delete data past its retention period."),
}


CHINESE = Path(__file__).parent.parent / "texts" / "help" / "zh-CN.toml"
# where commands within commands find the language that was asked for
ASKED = "recommender.language"
# what typer prints around the help, by the names that it keeps it under
HEADINGS = {
    "ARGUMENTS_PANEL_TITLE": "Arguments",
    "OPTIONS_PANEL_TITLE": "Options",
    "COMMANDS_PANEL_TITLE": "Commands",
    "ERRORS_PANEL_TITLE": "Error",
    "ABORTED_TEXT": "Aborted.",
    "REQUIRED_LONG_STRING": "[required]",
    "DEFAULT_STRING": "[default: {}]",
    "ENVVAR_STRING": "[env var: {}]",
    "RICH_HELP": "Try [blue]'{command_path} {help_option}'[/] for help.",
}
Language = Annotated[
    str | None, typer.Option(metavar="zh-CN|en", help="Language of this help; zh-CN by default.")
]


@cache
def _chinese() -> tuple[dict[str, str], dict[str, str]]:
    """Return the Chinese for sentences and words, and for typer's errors by their pattern."""
    import tomllib  # only here: English help and every command that is run do without

    tables = tomllib.loads(CHINESE.read_text(encoding="utf-8"))
    errors = tables.pop("errors")
    return {text: said for table in tables.values() for text, said in table.items()}, errors


def translate(text: str, lang: str) -> str:
    """Return a text of the help in a language, paragraph by paragraph; English if there is none."""
    if lang == "en":
        return text
    paragraphs = text.split("\n\n")
    return "\n\n".join(_chinese()[0].get(" ".join(part.split()), part) for part in paragraphs)


def _translate_error(text: str, lang: str) -> str:
    if lang != "en":
        for pattern, said in _chinese()[1].items():
            text = re.sub(pattern, said, text)
    return text


def language_asked(args: Sequence[str]) -> str | None:
    """Return the language that arguments ask for, wherever among them they do."""
    for place, word in enumerate(args):
        if word == "--":
            break
        if word == "--lang":
            return next(iter(args[place + 1 :]), None)
        if word.startswith("--lang="):
            return word.removeprefix("--lang=")
    return None


def help_language(asked: str | None) -> str:
    """Return the language of the help, from the one asked for on the command line or none."""
    named = asked or os.environ.get("RECOMMENDER_LANG")
    # one that does not exist is for the command to refuse, and in Chinese as all else
    return "en" if named == "en" else "zh-CN"


def _localise(command: Any, ctx: Any, lang: str) -> None:
    """Put all that typer says of a command into a language."""
    places = [(command, name) for name in ("epilog", "options_metavar", "subcommand_metavar")]
    places += [(each, "help") for each in (command, *getattr(command, "commands", {}).values())]
    for parameter in command.get_params(ctx):
        places += [(parameter, name) for name in ("help", "metavar", "rich_help_panel")]
    for holder, name in places:
        if text := getattr(holder, name, None):
            setattr(holder, name, translate(text, lang))


def _localise_headings(lang: str) -> None:
    from typer import rich_utils  # only here: it takes a while, and most runs print no help

    class Folding(rich_utils.OptionHighlighter):
        def __call__(self, text: Any) -> Any:
            # rich takes a Chinese sentence for one long word, and would cut it off
            highlit = super().__call__(text)
            highlit.overflow = "fold"
            return highlit

    rich_utils.highlighter = Folding()
    for name, text in HEADINGS.items():
        setattr(rich_utils, name, translate(text, lang))


class _Localised:
    """What commands and groups have in common."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Note the language before anything is printed."""
        # the outermost one sees all arguments, so --lang may stand anywhere
        ctx.meta.setdefault(ASKED, language_asked(args))
        return super().parse_args(ctx, args)  # type: ignore[misc] - of the class mixed with

    def get_usage(self, ctx: Any) -> str:
        """Return the line that shows how the command is called."""
        lang = help_language(ctx.meta.get(ASKED))
        _localise(self, ctx, lang)
        usage: str = super().get_usage(ctx)  # type: ignore[misc] - of the class mixed with
        # the one word that typer offers no name for
        return usage.replace("Usage: ", translate("Usage: ", lang), 1)

    def format_help(self, ctx: Any, formatter: Any) -> None:
        """Print the help."""
        _localise_headings(help_language(ctx.meta.get(ASKED)))
        super().format_help(ctx, formatter)  # type: ignore[misc] - of the class mixed with


class Command(_Localised, TyperCommand):
    """A command whose help is in the reader's language."""


class Group(_Localised, TyperGroup):
    """A group of commands whose help is in the reader's language."""

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        """Find the command that is given, and hand it the language asked for before it."""
        name, named, rest = super().resolve_command(ctx, args)
        asked = ctx.meta.get(ASKED)
        return name, named, [*(["--lang", asked] if asked else []), *rest]


@contextmanager
def usage_errors(asked: str | None) -> Iterator[None]:
    """Say what is wrong with the arguments in the reader's language."""
    try:
        yield
    except typer.TyperException as error:
        lang = help_language(asked)
        _localise_headings(lang)
        if ctx := getattr(error, "ctx", None):
            _localise(ctx.command, ctx, lang)  # first: the message names arguments by these words
        said = _translate_error(error.format_message(), lang)
        error.format_message = lambda: said
        raise


def command_group(help_: str) -> typer.Typer:
    """Return an empty group of commands, such as ``models``."""
    return typer.Typer(cls=Group, help=help_, no_args_is_help=True, callback=_take_language)


def _take_language(lang: Language = None) -> None:
    # `Group` has noted it; the option stands here so that it is accepted and listed
    pass


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

    def make_context(
        self, info_name: str | None, args: list[str], *others: Any, **named: Any
    ) -> Any:
        """Read the arguments up to the command."""
        with usage_errors(language_asked(args)):
            return super().make_context(info_name, args, *others, **named)

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
