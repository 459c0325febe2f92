"""Calling the command line in this process, as a user would."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from organisations import AS_OF, TINY, count_rows
from typer.testing import CliRunner

from recommender.cli.app import app

CHINESE = re.compile("[\u3400-\u9fff]")


@dataclass(frozen=True)
class Outcome:
    """How a call ended."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        """The answer, which is JSON and nothing else."""
        return json.loads(self.out)


@dataclass(frozen=True)
class CommandLine:
    """The command line over one database.

    Parameters
    ----------
    file : Path
        The SQLite database.
    catalog : Path
        The catalogue.
    """

    file: Path
    catalog: Path = TINY

    @property
    def url(self) -> str:
        """The database, as ``--database`` has it."""
        return f"sqlite:///{self.file}"

    @property
    def environment(self) -> dict[str, str]:
        """What the calls find in their environment."""
        return {
            "RECOMMENDER_DATABASE": self.url,
            "RECOMMENDER_CATALOG": str(self.catalog),
            "RECOMMENDER_AS_OF": AS_OF.isoformat(),
            "RECOMMENDER_LANG": "",
        }

    def __call__(self, *words: object, **environment: str) -> Outcome:
        """Call it with these words; a bug (exit code 3) shows where it is."""
        found = CliRunner().invoke(
            app, [str(word) for word in words], env=self.environment | environment
        )
        if found.exception is not None and not isinstance(found.exception, SystemExit):
            raise found.exception
        if found.exit_code == 3:
            log = re.search(r"/\S+\.log", found.stderr)
            raise AssertionError(Path(log[0]).read_text(encoding="utf-8") if log else found.stderr)
        return Outcome(found.exit_code, found.stdout, found.stderr)

    def counts(self) -> dict[str, int]:
        """Count the rows of every table."""
        return count_rows(self.url)
