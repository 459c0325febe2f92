"""Keeps effect models: saved whole, verified before they are loaded, promoted, rolled back.

::

    models/
        20261123-150405-3f9a2c1b/   one model: model.joblib, card.json, card.sig if there is a key
        active.json                 the model in force, those before it, who switched and why
        .lock  .saving-*            whose turn it is; what a killed process left behind

A model folder or a new `active.json` appears by one rename, so a kill leaves nothing to
recover.

An artefact is a pickle, which can run code. Its SHA-256 stands in the card and is verified before
loading, which reveals damage. Against somebody who changes both, use a signing key.
"""

from recommender.improvement.registry.artefact import TrainedModel
from recommender.improvement.registry.card import CardFacts, ModelCard, to_plain
from recommender.improvement.registry.folder import load_model_folder, save_model_folder
from recommender.improvement.registry.models import (
    ModelList,
    list_models,
    load_model,
    read_model_card,
    save_model,
)
from recommender.improvement.registry.switching import (
    active_model,
    promote_model,
    read_switches,
    rollback_model,
)
from recommender.improvement.registry.verdict import Verdict, explain_verdict, judge

__all__ = [
    "CardFacts",
    "ModelCard",
    "ModelList",
    "TrainedModel",
    "Verdict",
    "active_model",
    "explain_verdict",
    "judge",
    "list_models",
    "load_model",
    "load_model_folder",
    "promote_model",
    "read_model_card",
    "read_switches",
    "rollback_model",
    "save_model",
    "save_model_folder",
    "to_plain",
]
