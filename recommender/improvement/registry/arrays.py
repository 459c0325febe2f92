"""A trained model as arrays: what a server reads, since reading them can run nothing.

The file is numpy's npz without compression: no pickles, and no array is larger than its file.
"""

from __future__ import annotations

import datetime as dt
import io
from collections.abc import Mapping
from dataclasses import fields
from typing import Any
from zipfile import ZIP_STORED, ZipFile, ZipInfo

import numpy as np
from numpy.typing import NDArray

from recommender.errors import ModelError, ShapeMismatchError
from recommender.improvement.effect_table import GRID, Calibration, EffectTable
from recommender.improvement.history_checks import Bracket
from recommender.improvement.registry.artefact import TrainedModel

Arrays = Mapping[str, NDArray[Any]]

INTEGER, REAL, FLAG, TEXT = "int64", "float64", "bool", "str"
_BANDS = ("known_lower", "known_upper", "unseen_lower", "unseen_upper")

# name: type and shape; sizes of one name are equal throughout, whatever they are
_LAYOUT: dict[str, tuple[str, tuple[str | int, ...]]] = {
    "estimator": (TEXT, ()),
    "pair_module": (INTEGER, ("pairs",)),
    "pair_competency": (INTEGER, ("pairs",)),
    "effect": (REAL, ("pairs", GRID.size)),
    "effect_lower": (REAL, ("pairs", GRID.size)),
    "effect_upper": (REAL, ("pairs", GRID.size)),
    "untrained": (REAL, ("pairs", GRID.size)),
    "parts": (REAL, (3, "pairs", GRID.size)),
    "evidence_count": (INTEGER, ("pairs",)),
    "org_effects": (REAL, ("orgs",)),
    "calibration_edges": (REAL, ("edges",)),
    **{f"calibration_{name}": (REAL, ("bands",)) for name in _BANDS},
    "scale": (REAL, (2,)),
    "size_known": (FLAG, ()),
    "asked_since": (REAL, ()),
    "table_error": (REAL, ()),
    "reliability": (REAL, ()),
    "bracket": (REAL, (2,)),
    "module_ids": (TEXT, ("modules",)),
    "competency_ids": (TEXT, ("competencies",)),
    "org_ids": (TEXT, ("units",)),
    "catalog_digest": (TEXT, ()),
    "record_scale": (REAL, (2,)),
    "trained_on": (TEXT, ()),
}
# not known without control rows, or not to every estimator
_MAY_BE_NAN = frozenset({"reliability", "bracket", "effect_lower", "effect_upper", "asked_since"})


def dump_arrays(model: TrainedModel) -> bytes:
    """Write a model as the bytes of an npz file; the same model always gives the same bytes.

    Raises
    ------
    ShapeMismatchError
        If it is no model that could be read again.
    """
    fit = model.fit
    values: dict[str, Any] = {name: getattr(fit, name, None) for name in _LAYOUT}
    values |= {f"calibration_{name}": getattr(fit.calibration, name) for name in ("edges", *_BANDS)}
    values["bracket"] = (fit.bracket.ancova, fit.bracket.corrected_gain)
    for name in ("module_ids", "competency_ids", "org_ids", "catalog_digest"):
        values[name] = getattr(model, name)
    values["record_scale"] = model.scale
    values["trained_on"] = model.trained_on.isoformat() if model.trained_on else ""
    arrays = {
        name: np.asarray(values[name], dtype=kind, order="C") for name, (kind, _) in _LAYOUT.items()
    }
    problem = _find_fault(arrays)
    if problem:
        raise ShapeMismatchError(problem)
    buffer = io.BytesIO()
    with ZipFile(buffer, "w") as archive:
        for name, array in arrays.items():
            # np.savez would write the time into each entry, and the bytes would differ
            with archive.open(ZipInfo(f"{name}.npy"), "w") as entry:
                np.lib.format.write_array(entry, array, allow_pickle=False)
    return buffer.getvalue()


def read_arrays(content: bytes, *, source: str) -> TrainedModel:
    """Read a model from the bytes of an npz file, whoever wrote it.

    Raises
    ------
    ModelError
        `registry.unreadable` if these are not the arrays of a model.
    """
    try:
        with np.load(io.BytesIO(content), allow_pickle=False) as archive:
            if any(entry.compress_type != ZIP_STORED for entry in archive.zip.infolist()):
                raise ValueError("compressed")
            arrays = {name: archive[name] for name in archive.files}
        problem = _find_fault(arrays)
        model = None if problem else _to_model(arrays)
    except Exception as error:  # what is no npz makes numpy and zipfile raise anything
        problem, model = f"{type(error).__name__}: {error}", None
    if model is None:
        raise ModelError("registry.unreadable", path=source, problem=problem)
    return model


def _to_model(arrays: Arrays) -> TrainedModel:
    def texts(name: str) -> tuple[str, ...]:
        return tuple(arrays[name].tolist())

    def pair(name: str) -> tuple[float, float]:
        first, second = arrays[name].tolist()
        return first, second

    values: dict[str, Any] = {field.name: arrays.get(field.name) for field in fields(EffectTable)}
    single = ("estimator", "size_known", "asked_since", "table_error", "reliability")
    values |= {name: arrays[name].item() for name in single}
    values["scale"] = pair("scale")
    values["bracket"] = Bracket(*pair("bracket"))
    bounds = [arrays[f"calibration_{name}"] for name in ("edges", *_BANDS)]
    values["calibration"] = Calibration(*bounds)
    fit = EffectTable(**values)
    day = arrays["trained_on"].item()
    return TrainedModel(
        fit=fit,
        module_ids=texts("module_ids"),
        competency_ids=texts("competency_ids"),
        org_ids=texts("org_ids"),
        catalog_digest=arrays["catalog_digest"].item(),
        scale=pair("record_scale"),
        trained_on=dt.date.fromisoformat(day) if day else None,
    )


def _find_fault(arrays: Arrays) -> str:
    """Say what keeps arrays from being a model; nothing if nothing does."""
    if set(arrays) != set(_LAYOUT):
        return f"arrays: {', '.join(sorted(set(arrays) ^ set(_LAYOUT)))}"
    sizes: dict[str, int] = {}
    for name, (kind, shape) in _LAYOUT.items():
        array = arrays[name]
        if array.dtype.kind != "U" if kind == TEXT else array.dtype != np.dtype(kind):
            return f"{name}: {array.dtype}, not {kind}"
        expected = tuple(
            sizes.setdefault(size, found) if isinstance(size, str) else size
            for size, found in zip(shape, array.shape, strict=False)
        )
        if array.ndim != len(shape) or array.shape != expected:
            return f"{name}: {array.shape}, not {shape}"
        if kind == REAL and name not in _MAY_BE_NAN and not np.isfinite(array).all():
            return f"{name}: not finite"
    if not sizes["pairs"]:
        return "pair_module: empty"
    if sizes["bands"] != sizes["edges"] + 1:
        return f"calibration_edges: {sizes['edges']} for {sizes['bands']} bands"
    if any(not arrays[name][0] < arrays[name][1] for name in ("scale", "record_scale")):
        return "scale: not ascending"
    module, competency = arrays["pair_module"], arrays["pair_competency"]
    for name, codes, ids in (
        ("module_ids", module, sizes["modules"]),
        ("competency_ids", competency, sizes["competencies"]),
        ("org_ids", np.arange(sizes["orgs"]), sizes["units"]),
    ):
        if codes.size and not 0 <= codes.min() <= codes.max() < ids:
            return f"{name}: {ids} ids for codes {codes.min()} to {codes.max()}"
    if (np.diff(module * sizes["competencies"] + competency) <= 0).any():
        return "pair_module: not sorted"
    return ""
