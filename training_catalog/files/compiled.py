"""Catalogues as JSON in a cache folder, so that the next process need not read their YAML.

An entry is named by the content of the catalogue's files and by the program that read and
checked them; it begins with the checksum of what follows. Whatever is missing, damaged or
cannot be written is no fault: the YAML is read.

``RECOMMENDER_CACHE`` names the folder, and ``off`` means none; unless it is set, the folder is
where the system keeps the caches of this user.
"""

from __future__ import annotations

import hashlib
import os
import secrets
import sys
from contextlib import suppress
from functools import cache
from pathlib import Path

import pydantic

from training_catalog.model import Catalog

KEPT_ENTRIES = 8
_PROGRAM = Path(__file__).parents[1]


def read_compiled(files_digest: str) -> Catalog | None:
    """Return the catalogue compiled from files of a digest; None where there is none."""
    entry = _find_entry(files_digest)
    try:
        if entry is None:
            return None
        checksum, _, content = entry.read_bytes().partition(b"\n")
        if checksum.decode() != hashlib.sha256(content).hexdigest():
            return None
        return Catalog.model_validate_json(content)
    except (OSError, ValueError):
        return None


def write_compiled(files_digest: str, catalog: Catalog) -> None:
    """Keep a checked catalogue for the processes to come, if there is a place to keep it."""
    entry = _find_entry(files_digest)
    if entry is None:
        return
    content = catalog.model_dump_json().encode()
    part = entry.with_name(f"{entry.stem}.{secrets.token_hex(4)}.part")
    try:
        entry.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        part.write_bytes(hashlib.sha256(content).hexdigest().encode() + b"\n" + content)
        part.replace(entry)
        _remove_oldest(entry.parent)
    except OSError:
        with suppress(OSError):
            part.unlink(missing_ok=True)


def _remove_oldest(folder: Path) -> None:
    entries = [(path.stat().st_mtime_ns, path) for path in folder.glob("catalog-*")]
    for _, path in sorted(entries, reverse=True)[KEPT_ENTRIES:]:
        path.unlink(missing_ok=True)


def _find_entry(files_digest: str) -> Path | None:
    folder = _cache_folder()
    if folder is None:
        return None
    name = hashlib.sha256(f"{files_digest} {_digest_program(_PROGRAM)}".encode()).hexdigest()
    return folder / f"catalog-{name[:32]}.json"


@cache
def _digest_program(folder: Path) -> str:
    """Return what changes with the types of a catalogue and with what is checked."""
    digest = hashlib.sha256(pydantic.VERSION.encode())
    for path in sorted(folder.rglob("*.py")):
        digest.update(path.read_bytes())
    return digest.hexdigest()


def _cache_folder() -> Path | None:
    chosen = os.environ.get("RECOMMENDER_CACHE")
    if chosen:
        return None if chosen == "off" else Path(chosen)
    try:
        if sys.platform == "win32":
            base = Path(os.environ.get("LOCALAPPDATA") or Path.home() / "AppData" / "Local")
        elif sys.platform == "darwin":
            base = Path.home() / "Library" / "Caches"
        else:
            base = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    except RuntimeError:  # a user without a home
        return None
    return base / "training-recommender"
