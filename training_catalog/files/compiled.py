"""Catalogues as JSON in a cache folder, so that the next process need not read their YAML.

An entry is named by the content of the catalogue's files and by the program that read and
checked them, so nothing ever has to be invalidated. It begins with the checksum of what follows.
An entry that is missing, damaged or cannot be written is no fault: the YAML is read instead.

``RECOMMENDER_CACHE`` names the folder; ``off`` means none. If it is not set, the folder is in the
place where the system keeps this user's caches.
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

KEPT_ENTRIES = 8  # each edit of a catalogue leaves one, so the oldest have to go
_PROGRAM = Path(__file__).parents[1]


def read_compiled(files_digest: str) -> Catalog | None:
    """Return the catalogue compiled from files with this digest; None if there is none."""
    entry = _find_entry(files_digest)
    try:
        if entry is None:
            return None
        checksum, _, content = entry.read_bytes().partition(b"\n")
        if checksum.decode() != hashlib.sha256(content).hexdigest():
            return None
        # JSON and not pickle: what lies in a cache must not be able to run (DECISIONS 13)
        return Catalog.model_validate_json(content)
    except (OSError, ValueError):
        return None


def write_compiled(files_digest: str, catalog: Catalog) -> None:
    """Keep a checked catalogue for later processes, if there is a place for it."""
    entry = _find_entry(files_digest)
    if entry is None:
        return
    content = catalog.model_dump_json().encode()
    # written beside its place and renamed: another process never sees half an entry
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
    """Return a digest that changes with the types of a catalogue and with its checks."""
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
