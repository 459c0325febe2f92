"""Keeps effect models: saved whole, verified before they are loaded, promoted, rolled back.

::

    models/
        20261123-150405-3f9a2c1b/   one model: card.json, card.sig if there is a key,
                                    arrays.npz, model.joblib
        active.json                 the model in force, those before it, who switched and why
        pseudonym.key               makes the pseudonyms of people, unless a setting does
        .lock  .saving-*            whose turn it is; what a killed process left behind

A model folder or a new `active.json` appears by one rename, so a kill leaves nothing to
recover.

Ranking and explaining need arrays alone, which `load_model` reads. The artefact also holds the
estimator and is a pickle, which can run code: only `load_estimator` opens it, for analysts, and
only when the card is signed with the key. The card holds the SHA-256 of both files, which tells
damage; against someone who changes files and card, give a signing key.
"""

from recommender.improvement.registry.artefact import TrainedModel
from recommender.improvement.registry.card import CardFacts, ModelCard, to_plain
from recommender.improvement.registry.folder import load_model_folder, save_model_folder
from recommender.improvement.registry.key_file import read_or_make_key
from recommender.improvement.registry.models import (
    ModelList,
    list_models,
    load_estimator,
    load_model,
    read_model_card,
    save_model,
)
from recommender.improvement.registry.switching import (
    Switch,
    active_model,
    promote_model,
    read_earlier,
    read_switches,
    rollback_model,
)
from recommender.improvement.registry.verdict import Verdict, explain_verdict, judge

__all__ = [
    "CardFacts",
    "ModelCard",
    "ModelList",
    "Switch",
    "TrainedModel",
    "Verdict",
    "active_model",
    "explain_verdict",
    "judge",
    "list_models",
    "load_estimator",
    "load_model",
    "load_model_folder",
    "promote_model",
    "read_earlier",
    "read_model_card",
    "read_or_make_key",
    "read_switches",
    "rollback_model",
    "save_model",
    "save_model_folder",
    "to_plain",
]
