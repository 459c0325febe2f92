"""The state of a registry: its folders, the model in force, and the log that follows them."""

from __future__ import annotations

import datetime as dt
import hashlib
import re
from dataclasses import dataclass
from pathlib import Path

from pydantic import TypeAdapter, ValidationError

from recommender.errors import InputError, ModelError, NotFoundError, RecommenderError
from recommender.improvement.registry.card import ModelCard, inspect_card
from recommender.improvement.registry.files import reporting
from recommender.improvement.registry.folder import CARD_FILE, read_file, verify
from recommender.improvement.registry.log import LogEntry, append_missing, saved_models

ACTIVE_FILE = "active.json"
MODEL_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,79}")


@dataclass(frozen=True)
class Active:
    """Which model is in force, and what the log has to say of it.

    Parameters
    ----------
    model_id : str or None
        The model; None for no model.
    since : datetime
        Since when, in UTC.
    by, reason : str
        Who put it in force, and why.
    earlier : tuple of str
        What rollback goes back to, the latest last.
    entry : LogEntry
        The line of the log that belongs to it.
    """

    model_id: str | None
    since: dt.datetime
    by: str
    reason: str
    earlier: tuple[str, ...]
    entry: LogEntry


ACTIVE = TypeAdapter(Active)


def complete_log(root: Path) -> None:
    """Bring the log up to the state, which is in `active.json` and in the model folders."""
    known = saved_models(root)
    entries: list[LogEntry] = []
    for folder in model_folders(root):
        card = None if folder.name in known else card_of(folder)
        if card and card.model_id == folder.name:
            digest = hashlib.sha256(read_file(folder, CARD_FILE) or b"").hexdigest()
            entries.append(
                LogEntry(
                    card.created_at,
                    "save",
                    card.model_id,
                    card.parent,
                    card.created_by,
                    "",
                    {"card_sha256": digest},
                )
            )
    entries.sort(key=lambda entry: (entry.time, entry.model_id))
    active = read_active(root)
    append_missing(root, [*entries, active.entry] if active else entries)


def read_active(root: Path) -> Active | None:
    """Read which model is in force; None where none ever was."""
    path = root / ACTIVE_FILE
    with reporting(path):
        try:
            return ACTIVE.validate_json(path.read_bytes())
        except FileNotFoundError:
            return None
        except ValidationError as error:
            raise ModelError("registry.active-broken", path=str(path)) from error


def model_folders(root: Path) -> list[Path]:
    """Folders that are named as models are."""
    if not root.is_dir():
        return []
    with reporting(root):
        return sorted(
            path for path in root.iterdir() if MODEL_ID.fullmatch(path.name) and path.is_dir()
        )


def folder_of(root: Path, model_id: str) -> Path:
    """Folder of a model; refuses an id that is a path."""
    if not MODEL_ID.fullmatch(model_id):
        raise InputError("registry.bad-id", model=model_id)
    folder = root / model_id
    if not folder.is_dir():
        raise NotFoundError("registry.no-model", model=model_id, path=str(root))
    return folder


def verify_model(folder: Path, key: bytes | None) -> tuple[ModelCard, bytes]:
    """Return card and artefact of a model of the registry, verified."""
    if folder.is_symlink():
        raise ModelError("registry.link", path=str(folder))
    card, artefact = verify(folder, key=key)
    if card.model_id != folder.name:
        raise ModelError("registry.wrong-id", path=str(folder), found=card.model_id)
    return card, artefact


def card_of(folder: Path) -> ModelCard | None:
    """Read what there is of a card, verified or not."""
    try:
        content = read_file(folder, CARD_FILE)
    except RecommenderError:
        return None
    return inspect_card(content, source=str(folder))[0] if content else None


def require(**values: str) -> None:
    """Refuse empty values, by name."""
    for field, value in values.items():
        if not value.strip():
            raise InputError("registry.blank", field=field)
