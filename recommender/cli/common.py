"""What all commands share: options, output, and how problems are reported."""

from __future__ import annotations

import functools
import inspect
import json
import logging
import sys
import tempfile
import traceback
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any

import structlog
import typer
from pydantic import ValidationError
from rich.console import Console
from rich.table import Table
from rich.text import Text

from recommender.cli.app import Command
from recommender.errors import InputError, ModelError, RecommenderError, TableFaultsError
from recommender.exchange import describe_causes, describe_faults
from recommender.service.session import Session, open_session
from recommender.settings import FIRST_DAY, LAST_DAY, Settings
from recommender.texts import LANGUAGES, explain, say
from training_catalog import CatalogError

# 2 is wrong usage, which typer answers itself; 130 is what shells give for Ctrl-C (128 + SIGINT)
EXIT_PROBLEM, EXIT_BUG, EXIT_INTERRUPTED = 1, 3, 130
# more would push the first ones off the screen; --json lists all of them
SHOWN_FAULTS = 50
# rich takes 80 columns where there is no terminal, which is too narrow for our tables
PIPE_WIDTH = 140

_COMMON = {
    "database": Annotated[
        str | None,
        typer.Option(
            envvar="RECOMMENDER_DATABASE",
            help="Database: sqlite:///file.db or postgresql://user@host/name.",
            rich_help_panel="Common options",
        ),
    ],
    "catalog": Annotated[
        Path | None,
        typer.Option(
            envvar="RECOMMENDER_CATALOG",
            help="Catalogue folder; the telecom catalogue that ships with it by default.",
            rich_help_panel="Common options",
        ),
    ],
    "models": Annotated[
        Path | None,
        typer.Option(
            envvar="RECOMMENDER_MODELS",
            help="Folder of the effect models.",
            rich_help_panel="Common options",
        ),
    ],
    "as_of": Annotated[
        str | None,
        typer.Option(
            envvar="RECOMMENDER_AS_OF",
            metavar="DATE",
            help="As-of date, e.g. 2026-06-30; today by default.",
            rich_help_panel="Common options",
        ),
    ],
    "lang": Annotated[
        str | None,
        typer.Option(
            envvar="RECOMMENDER_LANG",
            metavar="zh-CN|en",
            help="Language of texts, documents and help; zh-CN by default.",
            rich_help_panel="Common options",
        ),
    ],
    "as_json": Annotated[
        bool,
        typer.Option("--json", help="Print JSON.", rich_help_panel="Common options"),
    ],
}


@dataclass
class Terminal:
    """Where a command was given: its settings, and where its answer goes.

    Parameters
    ----------
    settings : Settings
        From the environment and the options.
    as_json : bool
        Whether to print JSON in place of tables.
    name : str
        Name of the command, for the audit trail.
    """

    settings: Settings
    as_json: bool
    name: str = ""
    # emoji: a name such as ":star:" in somebody's data is to be shown as it stands
    out: Console = field(default_factory=lambda: Console(width=_width(), emoji=False))
    problems: Console = field(default_factory=lambda: Console(stderr=True, emoji=False))

    @property
    def lang(self) -> str:
        """Language of the answer."""
        return self.settings.lang

    @contextmanager
    def session(self, action: str | None = None) -> Iterator[Session]:
        """Open the installation; see `open_session`. Show what was read only after the block.

        A command that names its action is in the audit trail only if it reads or changes something.
        """
        name = action or f"command {self.name}"
        # what is told on the way is no part of the answer; a server has its own way to tell
        if not structlog.is_configured():
            structlog.configure(logger_factory=lambda *_: structlog.PrintLogger(sys.stderr))
        with open_session(self.settings, name, always_noted=action is None) as session:
            yield session
            not_used = session.service.model_not_used
        if not_used:
            _tell_problem(
                self.problems, ModelError("registry.earlier-release", model=not_used), self.lang
            )

    @contextmanager
    def progress(self) -> Iterator[Callable[[int, int], None]]:
        """Show how many people are done, on a terminal; yield what is told of it."""
        from rich.progress import Progress  # only here: most commands end at once

        # on standard error, so that a pipe gets the result and nothing else
        quiet = self.as_json or not self.problems.is_terminal
        with Progress(console=self.problems, transient=True, disable=quiet) as progress:
            task = progress.add_task("", total=None)
            yield lambda done, total: progress.update(task, completed=done, total=total)

    def say(self, key: str, **values: object) -> str:
        """Return a text in the language of the answer."""
        return say(key, self.lang, **values)

    def print(self, key: str, **values: object) -> None:
        """Print a text, unless JSON was asked for."""
        self.show(self.say(key, **values))

    def show(self, text: str) -> None:
        """Print a sentence that is in the right language already, unless JSON was asked for."""
        if not self.as_json:
            # no markup: what stands in brackets may be data; no folding: a path stays in one piece
            self.out.print(text, markup=False, highlight=False, soft_wrap=True)

    def print_json(self, value: Any) -> None:
        """Print JSON; dates as ISO text."""
        # NaN is no JSON: better a bug that is seen than output that other programs cannot read
        typer.echo(json.dumps(value, ensure_ascii=False, indent=2, default=str, allow_nan=False))

    def print_table(
        self,
        title: str,
        columns: Sequence[tuple[str, str]],
        rows: Sequence[Sequence[str]],
        *,
        bold: Collection[int] = (),
    ) -> None:
        """Print a table; a column is its heading and ``left`` or ``right``, `bold` are rows."""
        # `Text`, because rich would read markup in a plain string
        table = Table(title=Text(title), title_justify="left", header_style="bold")
        for heading, side in columns:
            table.add_column(
                heading, justify="right" if side == "right" else "left", overflow="fold"
            )
        for place, row in enumerate(rows):
            style = "bold" if place in bold else None
            table.add_row(*(Text(str(cell)) for cell in row), style=style)
        self.out.print(table)


def command(
    app: typer.Typer, name: str, *, examples: Sequence[str] = ()
) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Return a decorator that makes a function a command of `app` with the common options.

    The function's first parameter is the `Terminal`; the examples are shown in its help.
    """

    def decorate(function: Callable[..., None]) -> Callable[..., None]:
        # evaluated: annotations are strings here, and typer needs the types and options in them
        own = list(inspect.signature(function, eval_str=True).parameters.values())[1:]
        common = [
            inspect.Parameter(
                option,
                inspect.Parameter.KEYWORD_ONLY,
                annotation=annotation,
                default=False if option == "as_json" else None,
            )
            for option, annotation in _COMMON.items()
        ]

        @functools.wraps(function)
        def run(**given: Any) -> None:
            options = {option: given.pop(option) for option in _COMMON}
            # the settings may be what is wrong, and that is to be told in the language asked for
            lang = options["lang"] if options["lang"] in LANGUAGES else "zh-CN"
            as_json = options.pop("as_json")
            problems = Console(stderr=True, emoji=False)
            try:
                term = Terminal(_settings(options), as_json, name)
                lang = term.lang
                function(term, **given)
            except (RecommenderError, CatalogError) as error:
                _tell(problems, error, lang, as_json=as_json)
                raise typer.Exit(EXIT_PROBLEM) from None
            except KeyboardInterrupt:
                problems.print(say("cli.interrupted", lang))
                raise typer.Exit(EXIT_INTERRUPTED) from None
            # the reader, such as `head`, has seen enough; before OSError, of which it is one
            except BrokenPipeError:
                raise typer.Exit(0) from None
            # an exception too: without this, a command's own exit code would be taken for a bug
            except typer.Exit:
                raise
            except OSError as error:
                message = say("cli.os-error", lang, problem=_os_problem(error))
                problems.print(message, markup=False, soft_wrap=True)
                raise typer.Exit(EXIT_PROBLEM) from None
            except Exception:
                message = say("cli.bug", lang, log=_log_bug())
                problems.print(message, markup=False, soft_wrap=True)
                raise typer.Exit(EXIT_BUG) from None

        run.__signature__ = inspect.Signature(  # type: ignore[attr-defined] - functions may have it
            [p.replace(kind=inspect.Parameter.KEYWORD_ONLY) for p in own] + common
        )
        run.__annotations__ = {p.name: p.annotation for p in (*own, *common)}
        # typer would otherwise look at the function that was wrapped
        del run.__wrapped__  # type: ignore[attr-defined] - functools.wraps set it
        epilog = "\n\n".join(["Examples:", *(f"  $ {line}" for line in examples)])
        app.command(name, cls=Command, epilog=epilog if examples else None)(run)
        # not `run`: so a command stays a plain function, whose parameters a type checker knows
        return function

    return decorate


def _settings(options: dict[str, Any]) -> Settings:
    try:
        return Settings(**{name: value for name, value in options.items() if value is not None})
    except ValidationError as error:
        first = error.errors()[0]
        name = str(first["loc"][0])
        raise InputError(
            "cli.setting",
            setting=name,
            found="***" if name.endswith("_key") else str(first.get("input"))[:60],
            expected=_EXPECTED.get(name, first["msg"]),
        ) from None


# in place of pydantic's sentences, which are English only
_EXPECTED = {
    "as_of": f"2026-06-30 ({FIRST_DAY} … {LAST_DAY})",
    "lang": "zh-CN | en",
    "oidc_client_id": "oidc_client_id + oidc_issuer",
    "pseudonym_key": "[0-9a-f]{64} (openssl rand -hex 32)",
}


def _width() -> int | None:
    """Return a width for pipes and files, which have none; None for that of the terminal."""
    return None if sys.stdout.isatty() else PIPE_WIDTH


def _tell(
    console: Console, error: RecommenderError | CatalogError, lang: str, *, as_json: bool
) -> None:
    if isinstance(error, CatalogError):
        lines = [
            (f"{fault.file} {fault.key}".strip(), fault.what, fault.hint) for fault in error.faults
        ]
        message = say("catalog.faults", lang, folder=error.folder, count=len(lines))
        details = [
            {"where": where, "what": what.in_language(lang), "hint": hint.in_language(lang)}
            for where, what, hint in lines
        ]
        text = [f"  {d['where']}: {d['what']} — {d['hint']}" for d in details]
        code, advice = "catalog.faults", ""
        causes = []
    else:
        message, advice = explain(error, lang, command_line=True)
        code = error.code
        details = (
            describe_faults(error, lang, command_line=True)
            if isinstance(error, TableFaultsError)
            else []
        )
        causes = (
            describe_causes(error, lang, command_line=True)
            if isinstance(error, TableFaultsError)
            else []
        )
        text = [
            f"  {d['sheet']} {d['row'] or ''} {d['column']}: {d['message']}"
            f" ({d['found']} → {d['expected']}) — {d['hint']}"
            for d in details
        ]
    # the words go to standard error all the same, so standard output is JSON and nothing else
    if as_json:
        problem = {"code": code, "message": message, "hint": advice, "faults": details}
        if causes:
            problem["causes"] = causes
        typer.echo(json.dumps({"error": problem}, ensure_ascii=False, indent=2, default=str))
    console.print(message + (f" — {advice}" if advice else ""), markup=False, soft_wrap=True)
    if len(causes) < len(text):
        for cause in causes[:SHOWN_FAULTS]:
            line = say("cli.cause", lang, **cause | {"row": cause["example"]["row"]})
            console.print(line, markup=False, highlight=False, soft_wrap=True)
    for line in text[:SHOWN_FAULTS]:
        console.print(line, markup=False, highlight=False, soft_wrap=True)
    if len(text) > SHOWN_FAULTS:
        console.print(say("cli.more-faults", lang, count=len(text) - SHOWN_FAULTS))


def _tell_problem(console: Console, error: RecommenderError, lang: str) -> None:
    console.print(" — ".join(explain(error, lang, command_line=True)), markup=False, soft_wrap=True)


def _os_problem(error: OSError) -> str:
    return f"{error.strerror or error}: {error.filename}" if error.filename else str(error)


def _log_bug() -> str:
    """Write the traceback to a file and return its path."""
    # a file and not the terminal: it says nothing to a user, and may hold data about people
    with tempfile.NamedTemporaryFile(
        "w", prefix="recommender-", suffix=".log", delete=False, encoding="utf-8"
    ) as log:
        log.write(traceback.format_exc())
    logging.getLogger(__name__).debug("bug", exc_info=True)
    return log.name
