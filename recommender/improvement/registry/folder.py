"""One model in one folder: it is never read half-written, and verified before it is loaded."""

from __future__ import annotations

import datetime as dt
import hashlib
import os
import secrets
import shutil
import sqlite3
import sys
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from pathlib import Path

from recommender.errors import ConflictError, ModelError, NotFoundError
from recommender.improvement.effect_table import EFFECT_COVERAGE, TOP_COVERAGE, has_interval
from recommender.improvement.registry.arrays import dump_arrays, read_arrays
from recommender.improvement.registry.artefact import TrainedModel, dump_model
from recommender.improvement.registry.card import (
    CardFacts,
    ModelCard,
    check_signature,
    current_versions,
    limits_of,
    parameters_of,
    read_card,
    sign,
    to_plain,
    write_card,
)

ARRAYS_FILE, ESTIMATOR_FILE = "arrays.npz", "model.joblib"
CARD_FILE, SIGNATURE_FILE = "card.json", "card.sig"
LOCK_FILE = ".lock"
# Far longer than any change takes: only a hung process makes others give up.
PATIENCE_SECONDS = 30.0
_TEMPORARY = ".saving-"


def save_model_folder(
    folder: Path, model: TrainedModel, facts: CardFacts, *, key: bytes | None = None
) -> ModelCard:
    """Save a model in a folder of its own; a model that is there already is replaced.

    Other files in the folder are left alone. If the process is killed on the way, the folder holds
    the earlier model, this one, or two files that `load_model_folder` refuses because they do not
    belong together.

    Parameters
    ----------
    folder : Path
        The folder; made if need be.
    model : TrainedModel
        The model.
    facts : CardFacts
        What its card says about the training.
    key : bytes, optional
        Signs the card; 32 bytes or more.

    Returns
    -------
    ModelCard

    Raises
    ------
    InputError
        `registry.short-key`.
    ModelError
        `registry.io` if the folder cannot be written.
    """
    card, files = pack(model, facts, by="", key=key)
    with reporting(folder):
        make_folder(folder)
        sweep(folder)
        if key is None:  # a signature of the model before would be wrong
            (folder / SIGNATURE_FILE).unlink(missing_ok=True)
        for name, content in files.items():
            replace_file(folder / name, content)
    return card


def load_model_folder(folder: Path) -> tuple[TrainedModel, ModelCard]:
    """Load the model of a folder, once it is verified.

    Parameters
    ----------
    folder : Path
        Holds `arrays.npz`, `model.joblib` and `card.json`.

    Returns
    -------
    model : TrainedModel
    card : ModelCard

    Raises
    ------
    NotFoundError
        `registry.no-folder`.
    ModelError
        `registry.no-card`, `registry.no-artefact`, `registry.earlier-release`,
        `registry.card-broken`, `registry.card-changed`, `registry.artefact-changed`,
        `registry.other-scikit-learn`, `registry.unreadable`, `registry.io`.
    """
    card, files = verify(folder)
    return read_arrays(files[ARRAYS_FILE], source=str(folder / ARRAYS_FILE)), card


def pack(
    model: TrainedModel,
    facts: CardFacts,
    *,
    by: str,
    key: bytes | None,
    taken: Path | None = None,
) -> tuple[ModelCard, dict[str, bytes]]:
    """Turn a model into the files of its folder, with an id that is not in use in `taken`."""
    fit = model.fit
    artefact, arrays = dump_model(model), dump_arrays(model)
    digest = hashlib.sha256(arrays).hexdigest()
    created_at = dt.datetime.now(dt.UTC)
    first = model_id = f"{created_at:%Y%m%d-%H%M%S}-{digest[:8]}"
    number = 1
    # The same model saved twice within a second would get the same id.
    while taken and (taken / model_id).exists():
        number += 1
        model_id = f"{first}-{number}"
    warnings = tuple(finding.code for finding in facts.findings)
    card = ModelCard(
        **vars(facts) | {"counts": to_plain(facts.counts), "metrics": to_plain(facts.metrics)},
        model_id=model_id,
        created_at=created_at,
        created_by=by,
        artefact_sha256=hashlib.sha256(artefact).hexdigest(),
        arrays_sha256=digest,
        catalog_digest=model.catalog_digest,
        warnings=warnings,
        limits=limits_of(fit, warnings),
        versions=dict(current_versions()),
        size_known=fit.size_known,
        estimator=fit.estimator,
        parameters=parameters_of(model.estimator),
        asked_since=to_plain(fit.asked_since),
        effect_coverage=EFFECT_COVERAGE if has_interval(fit) else None,
        top_coverage=TOP_COVERAGE if has_interval(fit) else None,
        table_error=fit.table_error,
    )
    content = write_card(card)
    files = {ARRAYS_FILE: arrays, ESTIMATOR_FILE: artefact, CARD_FILE: content}
    if key is not None:
        files[SIGNATURE_FILE] = sign(content, key)
    return card, files


def verify(folder: Path, *, key: bytes | None = None) -> tuple[ModelCard, dict[str, bytes]]:
    """Return the card and the bytes of the arrays and of the artefact, none of them read yet."""
    if not folder.is_dir():
        raise NotFoundError("registry.no-folder", path=str(folder))
    card_path = str(folder / CARD_FILE)
    content = read_file(folder / CARD_FILE)
    if content is None:
        raise ModelError("registry.no-card", path=str(folder))
    if key is not None:
        # First of all: nothing of a card that is not signed is believed, not even its syntax.
        check_signature(content, read_file(folder / SIGNATURE_FILE) or b"", key, source=card_path)
    card = read_card(content, source=card_path)
    if not card.estimator:
        raise ModelError("registry.earlier-release", model=card.model_id)
    files: dict[str, bytes] = {}
    for name, expected in (
        (ESTIMATOR_FILE, card.artefact_sha256),
        (ARRAYS_FILE, card.arrays_sha256),
    ):
        found = read_file(folder / name)
        if found is None:
            raise ModelError("registry.no-artefact", path=str(folder), file=name)
        digest = hashlib.sha256(found).hexdigest()
        if digest != expected:
            raise ModelError(
                "registry.artefact-changed",
                path=str(folder / name),
                found=digest[:12],
                expected=expected[:12],
            )
        files[name] = found
    return card, files


# -- files that are there whole or not at all, whenever the process is killed --


@contextmanager
def reporting(path: Path) -> Iterator[None]:
    """Turn an error of the operating system into a known problem that names the file."""
    try:
        yield
    except OSError as error:
        raise ModelError(
            "registry.io", path=str(error.filename or path), problem=error.strerror or str(error)
        ) from error


def read_file(path: Path) -> bytes | None:
    """Read a file; None where there is none."""
    with reporting(path):
        try:
            # Not tested first: the file may go between the test and the reading.
            return path.read_bytes()
        except FileNotFoundError:
            return None


def place_folder(target: Path, files: Mapping[str, bytes]) -> None:
    """Make a folder with these files appear at once; `target` must not exist."""
    temporary = target.parent / f"{_TEMPORARY}{secrets.token_hex(6)}"
    temporary.mkdir(mode=0o700)
    for name, content in files.items():
        _write_new(temporary / name, content)
    # Contents and names must be on the disk before the rename, or a power cut could leave an empty
    # model under its final name.
    _sync_folder(temporary)
    temporary.rename(target)
    _sync_folder(target.parent)


def replace_file(path: Path, content: bytes) -> None:
    """Replace a file at once: a reader sees the old content or the new."""
    temporary = path.with_name(f"{_TEMPORARY}{secrets.token_hex(6)}")
    _write_new(temporary, content)
    temporary.replace(path)
    _sync_folder(path.parent)


def sweep(folder: Path) -> None:
    """Remove what killed processes left half-written; only while nobody else writes there."""
    for leftover in folder.glob(f"{_TEMPORARY}*"):
        if leftover.is_dir() and not leftover.is_symlink():
            shutil.rmtree(leftover, ignore_errors=True)
        else:
            leftover.unlink(missing_ok=True)


@contextmanager
def locked(root: Path) -> Iterator[None]:
    """Let one process or thread at a time change a folder; a killed one gives its turn back.

    Raises
    ------
    ConflictError
        `registry.busy` if another one does not finish within 30 seconds.
    """
    with reporting(root):
        make_folder(root)
        try:
            (root / LOCK_FILE).touch(mode=0o600)
            # SQLite knows how each operating system locks files and how to wait. The lock goes with
            # its process, so a killed one leaves nothing to clear; the database stays empty.
            lock = sqlite3.connect(root / LOCK_FILE, PATIENCE_SECONDS, isolation_level=None)
            with closing(lock):
                # No journal file beside the lock, as nothing is ever rolled back.
                lock.execute("PRAGMA journal_mode=OFF")
                lock.execute("BEGIN EXCLUSIVE")
                yield
        except sqlite3.Error as error:
            if getattr(error, "sqlite_errorcode", None) == sqlite3.SQLITE_BUSY:
                seconds = int(PATIENCE_SECONDS)
                raise ConflictError("registry.busy", path=str(root), seconds=seconds) from error
            problem = str(error)
            raise ModelError("registry.io", path=str(root), problem=problem) from error


def make_folder(folder: Path) -> None:
    """Make a folder that nobody but its owner enters, if there is none."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    folder.mkdir(mode=0o700, exist_ok=True)


def _write_new(path: Path, content: bytes) -> None:
    """Write a file that only its owner can read, and wait until it is on the disk."""
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def _sync_folder(folder: Path) -> None:
    """Wait until the names in a folder are on the disk; a power cut may undo a rename otherwise."""
    if sys.platform == "win32":  # a folder cannot be opened there; names are journalled
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
