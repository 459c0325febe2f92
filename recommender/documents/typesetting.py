"""Typesetting a template of this package with typst and the vendored fonts.

The content goes in as JSON and is shown as text: nothing in a name or a reason is ever read as
markup. The same content gives the same bytes.
"""

from __future__ import annotations

import datetime as dt
import json
import os
import subprocess
import sys
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from queue import SimpleQueue
from typing import TYPE_CHECKING, Any

from recommender.documents.figures import breakable
from recommender.documents.glyphs import FONT_FOLDER, show

if TYPE_CHECKING:
    import typst

_TEMPLATES = Path(__file__).parent / "templates"
_PRESS = Path(__file__).with_name("press.py")
_STANDARDS: Any = ["a-2a", "ua-1"]
AT_ONCE = 2
"""How many documents of a kind are set at the same time."""
PNG_DPI = 200


@dataclass(frozen=True)
class RenderedPdf:
    """A document ready to be kept, sent or printed.

    Parameters
    ----------
    content : bytes
        The PDF (PDF/A-2a, PDF/UA-1: archivable, tagged).
    missing_characters : tuple of str
        Characters of the content that the fonts lack, each once. The page shows each as a mark such
        as ``〔U+2A6A5〕``; the user should be told.
    """

    content: bytes
    missing_characters: tuple[str, ...]


def typeset(template: str, name: str, content: dict[str, Any], *, timestamp: dt.datetime) -> bytes:
    """Set a template.

    Parameters
    ----------
    template : str
        File name in the folder of templates.
    name : str
        Name under which the template reads its content.
    content : dict
        What the template shows, JSON values only; see `make_showable`.
    timestamp : datetime
        Date of the file. Not the present time, which would change the bytes.

    Returns
    -------
    bytes
        The PDF (PDF/A-2a, PDF/UA-1: archivable, tagged).

    Raises
    ------
    RuntimeError
        In a process forked from one that had already set a document: typst would wait there for
        threads that the fork left behind. Start workers by spawn, or before the first document.
    """
    inputs = {name: json.dumps(content, ensure_ascii=False)}
    return _compile(template, inputs, format="pdf", timestamp=timestamp, pdf_standards=_STANDARDS)


def typeset_each(
    template: str, name: str, contents: Iterable[tuple[dict[str, Any], dt.datetime]]
) -> Iterator[bytes]:
    """Set a template for many contents, in processes that last as long as that takes.

    Two documents at a time in one process share the threads of typst, which hand their work to and
    fro: they take half as long again.

    Parameters
    ----------
    template : str
        File name in the folder of templates.
    name : str
        Name under which the template reads its content.
    contents : iterable of tuple of dict and datetime
        What it shows and the date of each file; see `typeset`. All are asked for at once.

    Yields
    ------
    bytes
        The PDFs, in the order of the contents; each the same bytes as from `typeset`.

    Raises
    ------
    OSError
        If a process that sets them ends before.
    """
    places = [str(_TEMPLATES / template), str(_TEMPLATES), str(FONT_FOLDER)]
    processes = [
        subprocess.Popen(
            # -P: the modules beside it are not meant where it imports by name
            [sys.executable, "-P", str(_PRESS), *places, *_STANDARDS],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env=os.environ | {"RAYON_NUM_THREADS": "1"},  # the threads of typst
        )
        for _ in range(AT_ONCE)
    ]
    free: SimpleQueue[subprocess.Popen[bytes]] = SimpleQueue()
    for process in processes:
        free.put(process)

    def hand_over(given: tuple[dict[str, Any], dt.datetime]) -> bytes:
        content, timestamp = given
        inputs = {name: json.dumps(content, ensure_ascii=False)}
        process = free.get()
        try:
            assert process.stdin
            assert process.stdout
            line = json.dumps([inputs, timestamp.isoformat()])
            process.stdin.write(line.encode() + b"\n")
            process.stdin.flush()
            size = int.from_bytes(process.stdout.read(8))
            made = process.stdout.read(size)
        finally:
            free.put(process)
        if not made or len(made) < size:
            raise OSError("a process that sets documents has ended")
        return made

    with ThreadPoolExecutor(AT_ONCE) as pool:
        try:
            # the contents are made here, one after the other, while the threads only wait
            yield from pool.map(hand_over, contents)
        finally:
            for process in processes:
                process.kill()  # nobody waits for what is not handed over
                process.communicate()


def draw_png(svg: str) -> bytes:
    """Draw a picture for a document that takes no SVG.

    Parameters
    ----------
    svg : str
        A drawing in a file of its own, its text in the vendored font.

    Returns
    -------
    bytes
        A PNG of 82 mm in width at 200 dots per inch, white where nothing is drawn.

    Raises
    ------
    RuntimeError
        As `typeset` does.
    """
    return _compile("picture.typ", {"drawing": svg}, format="png", ppi=PNG_DPI)


def _compile(template: str, inputs: dict[str, str], **how: Any) -> bytes:
    # without this check, the call below would hang for ever
    compilers, process = _compilers(template)
    if process != os.getpid():
        raise RuntimeError("typst ran before this process was forked; start workers by spawn")
    # A compiler keeps the inputs of its last run, so one that two threads used at once could give
    # them each other's document.
    compiler = compilers.get()
    try:
        made = compiler.compile(sys_inputs=inputs, **how)
    finally:
        compilers.put(compiler)
    assert isinstance(made, bytes)
    return made


@cache
def _compilers(template: str) -> tuple[SimpleQueue[typst.Compiler], int]:
    """Return the compilers of a template that are free, and the id of their process."""
    import typst

    from recommender.documents.press import read_fonts  # loads typst

    fonts = read_fonts(str(FONT_FOLDER))  # once, as it is slow
    source = str(_TEMPLATES / template)
    free: SimpleQueue[typst.Compiler] = SimpleQueue()
    for _ in range(AT_ONCE):
        free.put(typst.Compiler(input=source, root=str(_TEMPLATES), font_paths=fonts))
    return free, os.getpid()


def make_showable(value: Any, missing: dict[str, None]) -> Any:
    """Return a value with every text in it fit for the fonts and able to end a line.

    Parameters
    ----------
    value : object
        Texts, numbers, lists and dicts of them.
    missing : dict of str to None
        Collects the characters that the fonts lack, each once, in the order of their first place.

    Returns
    -------
    object
        The same, with texts ready to be set.
    """
    if isinstance(value, str):
        shown = show(value)
        missing.update(dict.fromkeys(shown.missing))
        return breakable(shown.text)
    if isinstance(value, list):
        return [make_showable(entry, missing) for entry in value]
    if isinstance(value, dict):
        return {key: make_showable(entry, missing) for key, entry in value.items()}
    return value
