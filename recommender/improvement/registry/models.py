"""The models of an installation: save, load, list."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from recommender.errors import InputError, ModelError, NotFoundError, RecommenderError
from recommender.improvement.registry.arrays import read_arrays
from recommender.improvement.registry.artefact import TrainedModel, read_model
from recommender.improvement.registry.card import CardFacts, ModelCard, inspect_card
from recommender.improvement.registry.folder import (
    ARRAYS_FILE,
    CARD_FILE,
    ESTIMATOR_FILE,
    locked,
    pack,
    place_folder,
    read_file,
    reporting,
    sweep,
    verify,
)

# An id becomes a path: no dots and no slashes, so that it stays inside the folder of the models.
_MODEL_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,79}")


@dataclass(frozen=True)
class BrokenModel:
    """A folder in the registry that cannot be used: what its card says, if readable, and why."""

    model_id: str
    card: ModelCard | None
    problem: RecommenderError


@dataclass(frozen=True)
class ModelList:
    """The models of a registry.

    Parameters
    ----------
    cards : tuple of ModelCard
        Those that can be used, the newest first.
    broken : tuple of BrokenModel
        Those that cannot.
    """

    cards: tuple[ModelCard, ...]
    broken: tuple[BrokenModel, ...]


def save_model(
    root: Path, model: TrainedModel, facts: CardFacts, *, by: str, key: bytes | None = None
) -> ModelCard:
    """Save a model under a new id; it is not put in force.

    Whenever the process is killed, the whole model is there, or nothing of it.

    Parameters
    ----------
    root : Path
        Folder of the models; made if need be.
    model : TrainedModel
        The model.
    facts : CardFacts
        What its card says about the training.
    by : str
        Who saves it.
    key : bytes, optional
        Signs the card; 32 bytes or more.

    Returns
    -------
    ModelCard

    Raises
    ------
    InputError
        `registry.blank`, `registry.short-key`.
    ConflictError
        `registry.busy`.
    ModelError
        `registry.io` if the folder cannot be written.
    """
    require(by=by)
    with locked(root):
        # Under the lock, so that nobody is still writing what looks left over.
        sweep(root)
        card, files = pack(model, facts, by=by, key=key, taken=root)
        place_folder(root / card.model_id, files)
    return card


def load_model(
    root: Path, model_id: str, *, key: bytes | None = None
) -> tuple[TrainedModel, ModelCard]:
    """Load a model from its arrays, once they are verified; nothing is unpickled.

    Parameters
    ----------
    root : Path
        Folder of the models.
    model_id : str
        The model.
    key : bytes, optional
        Refuse a card that was not signed with it.

    Returns
    -------
    model : TrainedModel
    card : ModelCard

    Raises
    ------
    InputError
        `registry.bad-id`.
    NotFoundError
        `registry.no-model`.
    ModelError
        As `load_model_folder`; `registry.wrong-id` if the folder holds another model,
        `registry.unsigned`, `registry.wrong-signature`.
    """
    folder = folder_of(root, model_id)
    card, files = _verify(folder, key)
    return read_arrays(files[ARRAYS_FILE], source=str(folder / ARRAYS_FILE)), card


def load_estimator(root: Path, model_id: str, *, key: bytes) -> TrainedModel:
    """Load a model from its joblib artefact, once the signature of its card is verified.

    Unpickling runs what the artefact says, so this is for analysts; a server uses `load_model`.

    Parameters
    ----------
    root : Path
        Folder of the models.
    model_id : str
        The model.
    key : bytes
        What the card must be signed with.

    Returns
    -------
    TrainedModel

    Raises
    ------
    RecommenderError
        As `load_model`.
    """
    folder = folder_of(root, model_id)
    _, files = _verify(folder, key)
    return read_model(files[ESTIMATOR_FILE], source=str(folder / ESTIMATOR_FILE))


def read_model_card(root: Path, model_id: str, *, key: bytes | None = None) -> ModelCard:
    """Read the card of a model, once all of its files are verified; they stay shut.

    Raises
    ------
    RecommenderError
        As `load_model`, except that unchanged arrays which cannot be read go unnoticed.
    """
    return _verify(folder_of(root, model_id), key)[0]


def list_models(root: Path, *, key: bytes | None = None) -> ModelList:
    """List the models, verified but not loaded; none where the folder does not exist.

    With a key, a card that was not signed with it counts as broken.
    """
    cards: list[ModelCard] = []
    broken: list[BrokenModel] = []
    for folder in _folders(root):
        try:
            cards.append(_verify(folder, key)[0])
        # One bad folder must not hide the others.
        except RecommenderError as problem:
            broken.append(BrokenModel(folder.name, _read_what_there_is(folder), problem))
    cards.sort(key=lambda card: (card.created_at, card.model_id), reverse=True)
    return ModelList(tuple(cards), tuple(broken))


def folder_of(root: Path, model_id: str) -> Path:
    """Return the folder of a model; an id that is a path is refused."""
    if not _MODEL_ID.fullmatch(model_id):
        raise InputError("registry.bad-id", model=model_id)
    folder = root / model_id
    if not folder.is_dir():
        raise NotFoundError("registry.no-model", model=model_id, path=str(root))
    return folder


def require(**values: str) -> None:
    """Refuse empty values, by name."""
    for field, value in values.items():
        if not value.strip():
            raise InputError("registry.blank", field=field)


def _folders(root: Path) -> list[Path]:
    if not root.is_dir():
        return []
    with reporting(root):
        return sorted(
            path for path in root.iterdir() if _MODEL_ID.fullmatch(path.name) and path.is_dir()
        )


def _verify(folder: Path, key: bytes | None) -> tuple[ModelCard, dict[str, bytes]]:
    # A link could point to a model that somebody else may change.
    if folder.is_symlink():
        raise ModelError("registry.link", path=str(folder))
    card, files = verify(folder, key=key)
    # A copied or renamed folder is refused, as plans name the model by its id.
    if card.model_id != folder.name:
        raise ModelError("registry.wrong-id", path=str(folder), found=card.model_id)
    return card, files


def _read_what_there_is(folder: Path) -> ModelCard | None:
    """Read a card, verified or not."""
    try:
        content = read_file(folder / CARD_FILE)
    except ModelError:
        return None
    return inspect_card(content, source=str(folder))[0] if content else None
