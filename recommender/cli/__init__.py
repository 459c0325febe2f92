"""The command line, for HR's power users, analysts and IT."""

from __future__ import annotations

import io
import os
import sys


def main() -> None:
    """Run the command line."""
    try:
        # only here: loading takes a second or two, in which Ctrl-C is no bug either
        from recommender.cli.app import app
    except KeyboardInterrupt:
        sys.exit(130)
    _keep_output_ours()
    app()


def _keep_output_ours() -> None:
    """Keep what the solver's own code prints out of our output, which others parse.

    The process's first descriptor leads nowhere from here on; Python writes to a copy of it.
    A character that the terminal's encoding lacks is shown by its code.
    """
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
    if not isinstance(sys.stdout, io.TextIOWrapper) or sys.stdout.fileno() != 1:
        return
    sys.stdout.flush()
    copy = os.dup(1)
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 1)
    os.close(nowhere)
    sys.stdout = open(  # noqa: PTH123, SIM115 - open as long as the process runs
        copy,
        "w",
        encoding=sys.stdout.encoding,
        errors="backslashreplace",
        newline=None,
        buffering=1 if os.isatty(copy) else -1,
    )
