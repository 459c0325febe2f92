"""The model card: what a model was trained on, how good it is, and how its files are verified."""

from __future__ import annotations

import datetime as dt
import hashlib
import hmac
import json
import math
import platform
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field, is_dataclass
from functools import cache
from importlib.metadata import version
from typing import Any, cast

import numpy as np
from pydantic import TypeAdapter, ValidationError

from recommender.errors import InputError, ModelError
from recommender.improvement.effect_table import (
    EFFECT_COVERAGE,
    TOP_COVERAGE,
    EffectTable,
    has_interval,
)
from recommender.improvement.history_checks import HistoryWarning
from recommender.texts import LANGUAGES, all_texts, say
from recommender.watch.inputs import InputSummary

# As long as the output of SHA-256; a shorter key is weaker than the signature.
MIN_KEY_BYTES = 32
PACKAGES = ("numpy", "scikit-learn", "pandas", "joblib", "training-recommender")
# Tells damage, not forgery: anybody can compute it. Against forgery there is the signature.
CHECKSUM = "card_sha256"


@dataclass(frozen=True, kw_only=True)
class CardFacts:
    """What is known only where a model is trained.

    Parameters
    ----------
    data_digest : str
        Digest of the history.
    first_day, last_day : date or None
        Of the later assessments of the history; None without dates.
    counts : dict of str to int
        ``records``, ``trained``, ``controls``, ``people``, ``modules``, ``modules_with_records``.
    metrics : dict
        The evaluation with the baselines, as `to_plain` returns it; see `judge`.
    seed : int
        Seed of the training.
    parent : str or None
        The model in force when the training began.
    expert_improvement : dict of str to dict
        Of a model that knows the order of modules only: the experts' estimates that stand in for
        sizes, in levels, by module and competency, where they are not the usual one.
    findings : tuple of HistoryWarning
        What limits the history, with figures and the modules concerned.
    inputs : tuple of InputSummary
        How what the model was asked about was distributed, to find later whether it still is;
        empty in models of an earlier release.
    """

    data_digest: str
    first_day: dt.date | None
    last_day: dt.date | None
    counts: dict[str, int]
    metrics: dict[str, Any]
    seed: int
    parent: str | None = None
    expert_improvement: dict[str, dict[str, float]] = field(
        default_factory=dict[str, dict[str, float]]
    )
    findings: tuple[HistoryWarning, ...] = ()
    inputs: tuple[InputSummary, ...] = ()


@dataclass(frozen=True, kw_only=True)
class ModelCard(CardFacts):
    """What is known about a saved model, including the facts of its training.

    Attributes
    ----------
    model_id : str
        Id of the model, and name of its folder in the registry.
    created_at : datetime
        When it was saved, in UTC.
    created_by : str
        Who saved it.
    artefact_sha256 : str
        SHA-256 of `model.joblib`, in hexadecimal.
    arrays_sha256 : str
        SHA-256 of `arrays.npz`; empty for a model of an early release, which has none.
    catalog_digest : str
        Of the catalogue it was trained with.
    warnings : tuple of str
        Codes of what limits the model, those of its findings among them.
    limits : tuple of dict
        The warnings and what limits every model, in words: ``{"zh-CN": …, "en": …}`` each.
    versions : dict of str to str
        Python and packages, by name.
    size_known : bool
        Whether control rows tell what happens without training. Without them the model knows only
        which modules do more than others, and not how much any of them adds.
    estimator : str
        Name of the estimator; empty for a model of an earlier release, which is not loaded.
    parameters : dict
        Its parameters, as far as they are numbers, texts or lists of those.
    asked_since : float or None
        Months after a module that its effect is told for; None where the estimator does not know.
    effect_coverage, top_coverage : float or None
        What the nominal 90 % interval of the true effect covers on simulated histories: over all
        pairs of people and modules, and for the module ranked first. None without an interval.
    table_error : float
        How far the table that is served lies from the estimator at most, in levels.
    """

    model_id: str
    created_at: dt.datetime
    created_by: str
    artefact_sha256: str
    catalog_digest: str
    warnings: tuple[str, ...]
    limits: tuple[dict[str, str], ...]
    versions: dict[str, str] = field(default_factory=dict[str, str])
    arrays_sha256: str = ""
    size_known: bool = True
    estimator: str = ""
    parameters: dict[str, Any] = field(default_factory=dict[str, Any])
    asked_since: float | None = None
    effect_coverage: float | None = None
    top_coverage: float | None = None
    table_error: float = 0.0


CARD = TypeAdapter(ModelCard)


def to_plain(value: Any) -> Any:
    """Turn results into what JSON knows: dataclasses and arrays unpacked, NaN as None."""
    if is_dataclass(value) and not isinstance(value, type):
        return to_plain(asdict(cast(Any, value)))
    if isinstance(value, dict):
        return {str(key): to_plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [to_plain(item) for item in value]
    if isinstance(value, np.ndarray | np.generic):
        return to_plain(value.tolist())
    if isinstance(value, float):
        # JSON has no NaN.
        return value if math.isfinite(value) else None
    return value.isoformat() if isinstance(value, dt.date) else value


@cache
def current_versions() -> dict[str, str]:
    """Versions of Python and of the packages a model depends on."""
    return {"python": platform.python_version()} | {name: version(name) for name in PACKAGES}


def limits_of(fit: EffectTable, warnings: Sequence[str]) -> tuple[dict[str, str], ...]:
    """Say what a fit cannot tell, in words."""
    codes = ["interval" if has_interval(fit) else "no-interval", "selection"]
    codes += [] if np.isnan(fit.asked_since) else ["asked-since"]
    codes += [] if fit.size_known else ["size-unknown"]
    codes += [code for code in warnings if f"registry.limit.{code}" in all_texts()]
    values = {
        "coverage": f"{EFFECT_COVERAGE:.0%}",
        "top": f"{TOP_COVERAGE:.0%}",
        "months": f"{fit.asked_since:g}",
    }
    return tuple(
        {lang: say(f"registry.limit.{code}", lang, **values) for lang in LANGUAGES}
        for code in codes
    )


def parameters_of(estimator: Any) -> dict[str, Any]:
    """Return the parameters of an estimator that JSON can hold; a wrapped one's with its own."""
    parameters = estimator.get_params() if hasattr(estimator, "get_params") else {}
    return {name: to_plain(value) for name, value in parameters.items() if _is_plain(value)}


def _is_plain(value: Any) -> bool:
    if isinstance(value, list | tuple):
        return all(map(_is_plain, value))
    return value is None or isinstance(value, str | bool | int | float)


def write_card(card: ModelCard) -> bytes:
    """Write a card as JSON, with a checksum of all the rest as its last entry."""
    content = CARD.dump_python(card, mode="json")
    content[CHECKSUM] = _checksum(content)
    return (json.dumps(content, ensure_ascii=False, indent=2, allow_nan=False) + "\n").encode()


def read_card(content: bytes, *, source: str) -> ModelCard:
    """Read a card.

    Raises
    ------
    ModelError
        `registry.other-scikit-learn` if made with another minor version of it;
        `registry.card-changed` if it is not as it was written; `registry.card-broken` if it is
        no card.
    """
    card, problem = inspect_card(content, source=source)
    if problem:
        raise problem
    assert card
    return card


def inspect_card(content: bytes, *, source: str) -> tuple[ModelCard | None, ModelError | None]:
    """Read a card as far as it can be read, and what is wrong with it."""
    try:
        plain = json.loads(content)
        card = CARD.validate_python(plain)
        expected = _checksum({key: item for key, item in plain.items() if key != CHECKSUM})
    # A damaged file may break at any of the three steps; deep nesting is a RecursionError.
    except (ValueError, TypeError, AttributeError, RecursionError) as error:
        problem = str(error)
        if isinstance(error, ValidationError):
            first = error.errors()[0]
            problem = f"{'.'.join(map(str, first['loc']))}: {first['msg']}"
        return None, ModelError("registry.card-broken", path=source, problem=problem)
    made_with = card.versions.get("scikit-learn", "?")
    running = current_versions()["scikit-learn"]
    if made_with.split(".")[:2] != running.split(".")[:2]:
        return card, ModelError(
            "registry.other-scikit-learn", model=card.model_id, found=made_with, expected=running
        )
    # After the version, which is the more helpful of the two messages.
    if plain.get(CHECKSUM) != expected:
        return card, ModelError("registry.card-changed", path=source)
    return card, None


def sign(content: bytes, key: bytes) -> bytes:
    """Sign a card: HMAC-SHA256 in hexadecimal.

    Raises
    ------
    InputError
        `registry.short-key` if the key has fewer than 32 bytes.
    """
    if len(key) < MIN_KEY_BYTES:
        raise InputError("registry.short-key", found=len(key), minimum=MIN_KEY_BYTES)
    return hmac.new(key, content, hashlib.sha256).hexdigest().encode() + b"\n"


def check_signature(content: bytes, signature: bytes, key: bytes, *, source: str) -> None:
    """Refuse a card that was not signed with this key.

    Raises
    ------
    ModelError
        `registry.unsigned`, `registry.wrong-signature`.
    """
    expected = sign(content, key)
    if not signature:
        raise ModelError("registry.unsigned", path=source)
    # In constant time: otherwise a forger could find the signature byte by byte.
    if not hmac.compare_digest(signature, expected):
        raise ModelError("registry.wrong-signature", path=source)


def _checksum(content: dict[str, Any]) -> str:
    # Sorted and without spaces, so that only the content counts and not how it is written.
    plain = json.dumps(content, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(plain.encode()).hexdigest()
