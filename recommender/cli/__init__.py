"""The command line, for HR's power users, analysts and IT."""

from __future__ import annotations

import io
import sys


def main() -> None:
    """Run the command line."""
    try:
        # only here: loading takes a second or two, in which Ctrl-C is no bug either
        from recommender.cli.app import app
    except KeyboardInterrupt:
        sys.exit(130)
    for stream in (sys.stdout, sys.stderr):
        # a character that the terminal's encoding lacks is shown by its code
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
    app()
