"""One model in one folder, wherever it is: packed, verified, unpacked."""

from __future__ import annotations

import datetime as dt
import hashlib
from pathlib import Path

from recommender.errors import ModelError, NotFoundError
from recommender.improvement.registry.artefact import TrainedModel, dump_model, read_model
from recommender.improvement.registry.card import (
    CardFacts,
    ModelCard,
    check_signature,
    current_versions,
    limits_of,
    read_card,
    sign,
    to_plain,
    write_card,
)
from recommender.improvement.registry.files import place_folder, reporting, sweep, sync_folder

MODEL_FILE, CARD_FILE, SIGNATURE_FILE = "model.joblib", "card.json", "card.sig"
NEXT = ".next"


def save_model_folder(
    folder: Path,
    model: TrainedModel,
    facts: CardFacts,
    *,
    by: str = "",
    key: bytes | None = None,
    created_at: dt.datetime | None = None,
) -> ModelCard:
    """Save a model in a folder of its own; a model that is there already is replaced.

    Whenever the process is killed, `load_model_folder` finds the model before or this one. Other
    files in the folder are left alone. One process at a time.

    Parameters
    ----------
    folder : Path
        The folder; made if need be.
    model : TrainedModel
        The model.
    facts : CardFacts
        What its card is to say.
    by : str
        Who saves it.
    key : bytes, optional
        Signs the card; 32 bytes or more.
    created_at : datetime, optional
        Now, unless given.

    Returns
    -------
    ModelCard

    Raises
    ------
    ModelError
        `registry.io` if the folder cannot be written.
    InputError
        `registry.short-key`.
    """
    card, files = pack(model, facts, by=by, key=key, created_at=created_at)
    with reporting(folder):
        folder.mkdir(parents=True, exist_ok=True)
        _roll_forward(folder)
        sweep(folder)
        # renaming to .next decides; an empty signature takes the place of an earlier one
        place_folder(folder / NEXT, {SIGNATURE_FILE: b""} | files)
        _roll_forward(folder)
    return card


def load_model_folder(folder: Path, *, key: bytes | None = None) -> tuple[TrainedModel, ModelCard]:
    """Load the model of a folder, once it is verified.

    Parameters
    ----------
    folder : Path
        Holds `model.joblib` and `card.json`.
    key : bytes, optional
        Refuse a card that was not signed with it.

    Returns
    -------
    model : TrainedModel
    card : ModelCard

    Raises
    ------
    NotFoundError
        `registry.no-folder`.
    ModelError
        `registry.no-card`, `registry.no-artefact`, `registry.card-broken`,
        `registry.card-changed`, `registry.artefact-changed`, `registry.other-scikit-learn`,
        `registry.unsigned`, `registry.wrong-signature`, `registry.unreadable`, `registry.io`.
    """
    card, artefact = verify(folder, key=key)
    return read_model(artefact, source=str(folder / MODEL_FILE)), card


def pack(
    model: TrainedModel,
    facts: CardFacts,
    *,
    by: str,
    key: bytes | None,
    created_at: dt.datetime | None,
    taken: Path | None = None,
) -> tuple[ModelCard, dict[str, bytes]]:
    """Turn a model into the files of its folder; its id is not one that `taken` holds."""
    artefact = dump_model(model)
    digest = hashlib.sha256(artefact).hexdigest()
    created_at = (created_at or dt.datetime.now(dt.UTC)).astimezone(dt.UTC)
    first = model_id = f"{created_at:%Y%m%d-%H%M%S}-{digest[:8]}"
    number = 1
    while taken and (taken / model_id).exists():
        number += 1
        model_id = f"{first}-{number}"
    card = ModelCard(
        model_id=model_id,
        created_at=created_at,
        created_by=by,
        artefact_sha256=digest,
        data_digest=facts.data_digest,
        catalog_digest=model.catalog_digest,
        first_day=facts.first_day,
        last_day=facts.last_day,
        counts=to_plain(facts.counts),
        metrics=to_plain(facts.metrics),
        seed=facts.seed,
        parent=facts.parent,
        warnings=tuple(model.fit.warnings),
        limits=limits_of(model.fit),
        versions=dict(current_versions()),
    )
    content = write_card(card)
    files = {MODEL_FILE: artefact, CARD_FILE: content}
    if key is not None:
        files[SIGNATURE_FILE] = sign(content, key)
    return card, files


def verify(folder: Path, *, key: bytes | None) -> tuple[ModelCard, bytes]:
    """Return the card and the bytes of the artefact, verified, before anything is unpickled."""
    if not folder.is_dir():
        raise NotFoundError("registry.no-folder", path=str(folder))
    card_path = str(folder / CARD_FILE)
    content = read_file(folder, CARD_FILE)
    if content is None:
        raise ModelError("registry.no-card", path=str(folder))
    if key is not None:
        check_signature(content, read_file(folder, SIGNATURE_FILE) or b"", key, source=card_path)
    card = read_card(content, source=card_path)
    artefact = read_file(folder, MODEL_FILE)
    if artefact is None:
        raise ModelError("registry.no-artefact", path=str(folder))
    found = hashlib.sha256(artefact).hexdigest()
    if found != card.artefact_sha256:
        raise ModelError(
            "registry.artefact-changed",
            path=str(folder / MODEL_FILE),
            found=found[:12],
            expected=card.artefact_sha256[:12],
        )
    return card, artefact


def read_file(folder: Path, name: str) -> bytes | None:
    """Read a file of a model folder, where need be from what is about to replace it."""
    for path in (folder / NEXT / name, folder / name):
        try:
            with reporting(path):
                return path.read_bytes()
        except ModelError as error:
            if not isinstance(error.__cause__, FileNotFoundError | NotADirectoryError):
                raise
    return None


def _roll_forward(folder: Path) -> None:
    """Finish a replacement that has been decided."""
    if not (folder / NEXT).is_dir():
        return
    for source in sorted((folder / NEXT).iterdir()):
        if source.stat().st_size:
            source.replace(folder / source.name)
        else:
            (folder / source.name).unlink(missing_ok=True)
            source.unlink()
    sync_folder(folder)
    (folder / NEXT).rmdir()
