"""Matplotlib's settings for pictures that come out the same each time."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from threading import Lock

import matplotlib as mpl

# the settings are the whole process's, and pictures are drawn in several threads
_ONE_AT_A_TIME = Lock()


@contextmanager
def repeatable(salt: str) -> Iterator[None]:
    """Draw SVG whose bytes depend on the figure alone; other pictures wait meanwhile."""
    # the salt replaces a random one in ids; outlines need no font on the reader's machine
    with _ONE_AT_A_TIME, mpl.rc_context({"svg.hashsalt": salt, "svg.fonttype": "path"}):
        yield
