"""Files that are there whole or not at all, whenever the process is killed."""

from __future__ import annotations

import os
import secrets
import shutil
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from recommender.errors import ConflictError, ModelError

TEMPORARY = ".saving-"
LOCK_FILE = ".lock"
PATIENCE_SECONDS = 30.0


@contextmanager
def reporting(path: Path) -> Iterator[None]:
    """Turn an error of the operating system into a known problem that names the file."""
    try:
        yield
    except OSError as error:
        raise ModelError(
            "registry.io", path=str(error.filename or path), problem=error.strerror or str(error)
        ) from error


def write_new(path: Path, content: bytes) -> None:
    """Write a file and see it on the disk."""
    with path.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def sync_folder(folder: Path) -> None:
    """See the names in a folder on the disk."""
    if sys.platform == "win32":  # a folder cannot be opened there; names are journalled
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def place_folder(target: Path, files: Mapping[str, bytes]) -> None:
    """Make a folder with these files appear at once; `target` must not exist."""
    temporary = target.parent / f"{TEMPORARY}{secrets.token_hex(6)}"
    temporary.mkdir()
    for name, content in files.items():
        write_new(temporary / name, content)
    sync_folder(temporary)
    temporary.rename(target)
    sync_folder(target.parent)


def replace_file(path: Path, content: bytes) -> None:
    """Replace a file at once: a reader sees the old content or the new."""
    temporary = path.with_name(f"{TEMPORARY}{secrets.token_hex(6)}")
    write_new(temporary, content)
    temporary.replace(path)
    sync_folder(path.parent)


def append_lines(path: Path, lines: bytes, *, keep: int) -> None:
    """Append whole lines after the first `keep` bytes; what follows those is a torn line."""
    created = not path.exists()
    with path.open("ab") as file:
        file.truncate(keep)
        file.write(lines)
        file.flush()
        os.fsync(file.fileno())
    if created:
        sync_folder(path.parent)


def sweep(folder: Path) -> None:
    """Remove what killed processes left half-written; only for who holds the lock."""
    for left in folder.glob(f"{TEMPORARY}*"):
        if left.is_dir() and not left.is_symlink():
            shutil.rmtree(left, ignore_errors=True)
        else:
            left.unlink(missing_ok=True)


@contextmanager
def locked(root: Path) -> Iterator[None]:
    """Let one process or thread at a time change a folder; a killed one gives its turn back.

    Raises
    ------
    ConflictError
        `registry.busy` if another one does not finish within 30 seconds.
    """
    with reporting(root):
        root.mkdir(parents=True, exist_ok=True)
        with (root / LOCK_FILE).open("a+b") as file:
            until = time.monotonic() + PATIENCE_SECONDS
            while not _try_lock(file):
                if time.monotonic() > until:
                    raise ConflictError(
                        "registry.busy", path=str(root), seconds=int(PATIENCE_SECONDS)
                    )
                time.sleep(0.01)
            try:
                yield
            finally:
                _unlock(file)


if sys.platform == "win32":
    import msvcrt

    def _try_lock(file: BinaryIO) -> bool:
        try:
            file.seek(0)
            msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)
        except OSError:
            return False
        return True

    def _unlock(file: BinaryIO) -> None:
        file.seek(0)
        msvcrt.locking(file.fileno(), msvcrt.LK_UNLCK, 1)

else:
    import fcntl

    def _try_lock(file: BinaryIO) -> bool:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True

    def _unlock(file: BinaryIO) -> None:
        fcntl.flock(file, fcntl.LOCK_UN)
