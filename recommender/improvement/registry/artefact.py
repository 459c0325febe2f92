"""A trained model, and the bytes of its artefact for analysts."""

from __future__ import annotations

import datetime as dt
import io
from dataclasses import dataclass, fields
from typing import Any

from recommender.errors import ModelError
from recommender.improvement.effect_table import EffectTable

PICKLE_PROTOCOL = 5


@dataclass(frozen=True)
class TrainedModel:
    """A model with what its codes stand for.

    Parameters
    ----------
    fit : EffectTable
        What the model says of every module.
    module_ids, competency_ids, org_ids : tuple of str
        Id of each code of the table.
    catalog_digest : str
        The catalogue that it was trained with.
    scale : tuple of float
        Lowest and highest level of the records.
    trained_on : date or None
        Last day of the history it was trained on; not the day of the training, so that the same
        history gives the same table.
    estimator : estimator or None
        The fitted estimator, for analysts; None in what a server reads, which needs the table only.
    """

    fit: EffectTable
    module_ids: tuple[str, ...]
    competency_ids: tuple[str, ...]
    org_ids: tuple[str, ...]
    catalog_digest: str
    scale: tuple[float, float]
    trained_on: dt.date | None
    estimator: Any = None


def dump_model(model: TrainedModel) -> bytes:
    """Write a model with its estimator as the bytes of a joblib file.

    Raises
    ------
    ModelError
        `registry.not-picklable` if the estimator cannot be written.
    """
    import joblib  # only here and below: a server, which unpickles nothing, never loads it

    buffer = io.BytesIO()
    try:
        joblib.dump(model, buffer, protocol=PICKLE_PROTOCOL)
    except Exception as error:  # pickling raises anything
        raise ModelError(
            "registry.not-picklable",
            estimator=model.fit.estimator,
            problem=f"{type(error).__name__}: {error}",
        ) from error
    return buffer.getvalue()


def read_model(content: bytes, *, source: str) -> TrainedModel:
    """Read a model from bytes that have been verified.

    Raises
    ------
    ModelError
        `registry.unreadable` if they are not a model, or a model of another version.
    """
    import joblib

    try:
        model = joblib.load(io.BytesIO(content))
    except Exception as error:  # unpickling raises anything
        raise ModelError(
            "registry.unreadable", path=source, problem=f"{type(error).__name__}: {error}"
        ) from error
    if not isinstance(model, TrainedModel):
        raise ModelError("registry.unreadable", path=source, problem=type(model).__name__)
    # Unpickling does not call __init__, so another version's model silently lacks fields.
    missing = [
        f"{type(part).__name__}.{field.name}"
        for part in (model, vars(model).get("fit"))
        if isinstance(part, TrainedModel | EffectTable)
        for field in fields(part)
        if field.name not in vars(part)
    ]
    if missing or not isinstance(model.fit, EffectTable):
        problem = ", ".join(missing) or type(model.fit).__name__
        raise ModelError("registry.unreadable", path=source, problem=problem)
    return model
