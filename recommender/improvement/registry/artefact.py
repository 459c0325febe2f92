"""A trained model as bytes: the same model always gives the same bytes."""

from __future__ import annotations

import datetime as dt
import io
import sys
from dataclasses import dataclass, fields, is_dataclass, replace
from typing import Any, cast

import numpy as np

from recommender.errors import ModelError, ShapeMismatchError
from recommender.improvement.model.effects import EffectFit

# Fixed, as a later default would give other bytes and so another digest of the same model.
PICKLE_PROTOCOL = 5


@dataclass(frozen=True)
class TrainedModel:
    """What an artefact holds: a fit, and what its codes stand for.

    Parameters
    ----------
    fit : EffectFit
        The fitted effect model.
    module_ids, competency_ids, org_ids : tuple of str
        Id of each code of the fit.
    catalog_digest : str
        The catalogue that it was trained with.
    scale : tuple of float
        Lowest and highest level of the records.
    trained_on : date or None
        Last day of the history it was trained on; not the day of the training, so that the same
        history gives the same bytes.
    """

    fit: EffectFit
    module_ids: tuple[str, ...]
    competency_ids: tuple[str, ...]
    org_ids: tuple[str, ...]
    catalog_digest: str
    scale: tuple[float, float]
    trained_on: dt.date | None


def dump_model(model: TrainedModel) -> bytes:
    """Write a model as the bytes of a joblib file."""
    import joblib  # only here and below: a server, which unpickles nothing, never loads it

    buffer = io.BytesIO()
    joblib.dump(_canonical(model), buffer, protocol=PICKLE_PROTOCOL)
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
    # Unpickling does not call __init__, so an older model silently lacks fields added since.
    missing = _missing_fields(model)
    if missing:
        raise ModelError("registry.unreadable", path=source, problem=", ".join(missing))
    return model


def _canonical(value: Any) -> Any:
    """Rebuild a value so that its pickle depends on nothing but its content.

    A pickle writes an object that it meets twice only once. So equal strings, tuples, arrays and
    types must either always be the same object, or never.
    """
    if is_dataclass(value) and not isinstance(value, type):
        rebuilt = {field.name: _canonical(getattr(value, field.name)) for field in fields(value)}
        return replace(cast(Any, value), **rebuilt)
    if isinstance(value, np.ndarray):
        if value.dtype.hasobject:
            raise ShapeMismatchError("a model holds no arrays of objects")
        # With numpy's own dtype object: an array from a file may have another, pickled anew.
        rebuilt = np.empty(value.shape, dtype=np.dtype(value.dtype.newbyteorder("=").str))
        rebuilt[...] = value
        return rebuilt
    if isinstance(value, np.generic):
        # A number of numpy and the same one of Python differ in the pickle.
        return value.item()
    if isinstance(value, str):
        return sys.intern(str(value))
    if isinstance(value, tuple):
        return tuple([_canonical(item) for item in value])
    if isinstance(value, list):
        return [_canonical(item) for item in value]
    if isinstance(value, dict):
        return {_canonical(key): _canonical(item) for key, item in value.items()}
    return value


def _missing_fields(value: Any) -> list[str]:
    """List the fields that an unpickled dataclass lacks, nested ones too."""
    missing: list[str] = []
    if is_dataclass(value) and not isinstance(value, type):
        for field in fields(value):
            if field.name not in vars(value):
                missing.append(f"{type(value).__name__}.{field.name}")
            else:
                missing += _missing_fields(getattr(value, field.name))
    return missing
