"""The `Catalog` of a folder: compiled by an earlier process, or read from its YAML.

The default catalogue ships in ``training_catalog/data/telecom``. `training_catalog.files.reading`
says how a folder is laid out.
"""

from __future__ import annotations

import gc
import hashlib
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path

from training_catalog.files.compiled import read_compiled, write_compiled
from training_catalog.model import Catalog

DEFAULT_CATALOG = Path(__file__).parents[1] / "data" / "telecom"


def load_catalog(folder: Path = DEFAULT_CATALOG) -> Catalog:
    """Return the catalogue of a folder, checked.

    Parameters
    ----------
    folder : Path
        A folder laid out as `training_catalog.files.reading` says.

    Returns
    -------
    Catalog
        Competencies in framework order, grades lowest first, modules by id.

    Raises
    ------
    CatalogError
        With every fault found, if there is any.
    """
    return _load(_Files(_digest_files(folder), folder))


@dataclass(frozen=True)
class _Files:
    """The files of a catalogue; equal to any other copy with the same content."""

    digest: str
    folder: Path = field(compare=False)


def _digest_files(folder: Path) -> str:
    """Return a digest that changes with any file that is read."""
    digest = hashlib.sha256()
    for part in ("", "competencies", "profiles", "modules"):
        for path in sorted((folder / part).glob("*.yaml")):
            content = path.read_bytes()
            # with name and length: moving text from one file to the next must change the digest
            digest.update(f"{part}/{path.name} {len(content)}\n".encode() + content)
    return digest.hexdigest()


@lru_cache(maxsize=4)  # a process opens the same catalogue many times
def _load(files: _Files) -> Catalog:
    with _no_collection():
        catalog = read_compiled(files.digest)
        if catalog is None:
            # imported only here: a compiled catalogue needs neither the YAML library nor the checks
            from training_catalog.files.reading import read_catalog_folder

            catalog = read_catalog_folder(files.folder)
            # not if somebody wrote to the folder while it was read: the entry would then hold other
            # content than its name says
            if _digest_files(files.folder) == files.digest:
                write_compiled(files.digest, catalog)
    return catalog


@contextmanager
def _no_collection() -> Generator[None]:
    """Hold back the garbage collector, which would visit the nodes of all files for nothing."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()
