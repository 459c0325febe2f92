"""The models of an installation: save, load, list."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from pathlib import Path

from recommender.errors import RecommenderError
from recommender.improvement.registry.artefact import TrainedModel, read_model
from recommender.improvement.registry.card import CardFacts, ModelCard
from recommender.improvement.registry.files import locked, place_folder, sweep
from recommender.improvement.registry.folder import MODEL_FILE, pack
from recommender.improvement.registry.state import (
    card_of,
    complete_log,
    folder_of,
    model_folders,
    require,
    verify_model,
)


@dataclass(frozen=True)
class BrokenModel:
    """A folder in the registry that cannot be used: what its card says, if anything, and why."""

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
    root: Path,
    model: TrainedModel,
    facts: CardFacts,
    *,
    by: str,
    key: bytes | None = None,
    created_at: dt.datetime | None = None,
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
    InputError
        `registry.blank`, `registry.short-key`.
    ConflictError
        `registry.busy`.
    ModelError
        `registry.io` if the folder cannot be written.
    """
    require(by=by)
    with locked(root):
        sweep(root)
        card, files = pack(model, facts, by=by, key=key, created_at=created_at, taken=root)
        place_folder(root / card.model_id, files)
        complete_log(root)
    return card


def load_model(
    root: Path, model_id: str, *, key: bytes | None = None
) -> tuple[TrainedModel, ModelCard]:
    """Load a model, once it is verified.

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
        As `load_model_folder`; `registry.wrong-id` if the folder holds another model.
    """
    folder = folder_of(root, model_id)
    card, artefact = verify_model(folder, key)
    return read_model(artefact, source=str(folder / MODEL_FILE)), card


def read_model_card(root: Path, model_id: str, *, key: bytes | None = None) -> ModelCard:
    """Read the card of a model, once card and artefact are verified; the artefact stays shut.

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
    ModelCard

    Raises
    ------
    RecommenderError
        As `load_model`, but for an artefact that was not changed and yet cannot be read.
    """
    return verify_model(folder_of(root, model_id), key)[0]


def list_models(root: Path, *, key: bytes | None = None) -> ModelList:
    """List the models, verified but not loaded.

    Parameters
    ----------
    root : Path
        Folder of the models; need not exist.
    key : bytes, optional
        Count a card that was not signed with it as broken.

    Returns
    -------
    ModelList
    """
    cards: list[ModelCard] = []
    broken: list[BrokenModel] = []
    for folder in model_folders(root):
        try:
            cards.append(verify_model(folder, key)[0])
        except RecommenderError as problem:
            broken.append(BrokenModel(folder.name, card_of(folder), problem))
    cards.sort(key=lambda card: (card.created_at, card.model_id), reverse=True)
    return ModelList(tuple(cards), tuple(broken))
