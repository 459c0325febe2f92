"""A key in a file of its own among the models, which nobody but its owner reads."""

from __future__ import annotations

import re
import secrets
from pathlib import Path

from recommender.errors import ModelError
from recommender.improvement.registry.folder import locked, read_file, replace_file, reporting

_KEY = re.compile(r"[0-9a-f]{64}")


def read_or_make_key(path: Path, *, first: bytes | None = None) -> str:
    """Return the key that a file holds; where there is no such file, it is made.

    Parameters
    ----------
    path : Path
        The file; of all who ask for it at the same time, one makes it.
    first : bytes, optional
        32 bytes to put there if there is no file yet; made at random when not given.

    Returns
    -------
    str
        64 hexadecimal digits.

    Raises
    ------
    ConflictError
        `registry.busy`.
    ModelError
        `registry.bad-key-file` if something else is in the file; `registry.io`.
    """
    content = read_file(path)
    if content is None:
        with locked(path.parent), reporting(path):
            content = read_file(path)  # another one may have made it meanwhile
            if content is None:
                content = (secrets.token_hex(32) if first is None else first.hex()).encode()
                replace_file(path, content + b"\n")
    key = content.decode("ascii", errors="replace").strip()
    if not _KEY.fullmatch(key):
        raise ModelError("registry.bad-key-file", path=str(path))
    return key
