"""Whether Chinese texts share a run of twelve characters with the source material.

The source is not part of the project. What stands here is a sorted list of hashes of its runs of
twelve Chinese characters, five bytes each, from which no sentence can be had back. Made anew with
``python tests/catalog/source_runs.py SOURCE.txt``.
"""

from __future__ import annotations

import hashlib
import re
import sys
from collections.abc import Iterator
from pathlib import Path

LENGTH = 12
SIZE = 5
FILE = Path(__file__).with_name("source_runs.bin")
_NOT_HAN = re.compile("[^\u4e00-\u9fff]")


def runs(text: str) -> Iterator[tuple[str, bytes]]:
    """Yield the runs of a text, punctuation ignored, each with its hash."""
    bare = _NOT_HAN.sub("", text)
    for at in range(len(bare) - LENGTH + 1):
        run = bare[at : at + LENGTH]
        yield run, hashlib.blake2b(run.encode(), digest_size=SIZE).digest()


def source_hashes() -> frozenset[bytes]:
    """Return the hashes of the runs of the source."""
    content = FILE.read_bytes()
    return frozenset(content[at : at + SIZE] for at in range(0, len(content), SIZE))


if __name__ == "__main__":
    found = {digest for _, digest in runs(Path(sys.argv[1]).read_text(encoding="utf-8"))}
    FILE.write_bytes(b"".join(sorted(found)))
