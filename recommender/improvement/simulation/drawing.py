"""The catalogue and the ratings of a simulated history."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from recommender.arrays import FloatArray, IntArray
from recommender.improvement.history.coding import PAIR_COLUMNS
from recommender.improvement.simulation.settings import (
    MODALITIES,
    TOP_LEVEL,
    SimulationSettings,
)
from training_catalog.model import EXPERT_IMPROVEMENT


@dataclass(frozen=True)
class DrawnCatalog:
    """A catalogue with true strengths; arrays of shape (n_pairs,) in the order of `pairs`.

    Attributes
    ----------
    pairs : DataFrame
        Columns `PAIR_COLUMNS`.
    module_ids, competency_ids : tuple of str
        What the codes stand for.
    pair_module, pair_competency : ndarray of int
        Codes.
    strength : ndarray
        Effect on a person who is ready, in levels.
    popularity : ndarray, shape (n_modules,)
        How often a module is taken, in proportion; 0 for never.
    """

    pairs: pd.DataFrame
    module_ids: tuple[str, ...]
    competency_ids: tuple[str, ...]
    pair_module: IntArray
    pair_competency: IntArray
    strength: FloatArray
    popularity: FloatArray


def number_ids(prefix: str, n: int, width: int) -> list[str]:
    """Make ids of a letter and a number, all of one length."""
    width = max(width, len(str(max(n - 1, 0))))
    return [f"{prefix}{code:0{width}d}" for code in range(n)]


def _draw_pairs(
    settings: SimulationSettings, competency_ids: Sequence[str], rng: np.random.Generator
) -> pd.DataFrame:
    m, k = settings.n_modules, settings.n_competencies
    from_ = rng.choice([0.0, 1.0, 2.0, 3.0], size=m, p=[0.25, 0.3, 0.3, 0.15])
    to = np.minimum(from_ + rng.choice([1.0, 2.0], size=m, p=[0.7, 0.3]), TOP_LEVEL)
    modality = rng.integers(0, len(MODALITIES), size=m)
    hours: FloatArray = np.exp(rng.normal(2.4, 0.6, size=m)).round(1)
    cost = np.round(hours * rng.uniform(40, 120, size=m))
    width = np.minimum(rng.choice([1, 2, 3], size=m, p=[0.4, 0.4, 0.2]), k)
    pair_module = np.repeat(np.arange(m), width)
    pair_competency = np.concatenate([rng.choice(k, size=int(w), replace=False) for w in width])
    return pd.DataFrame(
        {
            "module_id": np.array(number_ids("m", m, 3), dtype=object)[pair_module],
            "competency_id": np.array(competency_ids, dtype=object)[pair_competency],
            "from_level": from_[pair_module],
            "to_level": to[pair_module],
            "main": np.concatenate([np.arange(int(w)) == 0 for w in width]),
            "modality": np.array(MODALITIES, dtype=object)[modality[pair_module]],
            "hours": hours[pair_module],
            "cost": cost[pair_module],
            "expert_improvement": EXPERT_IMPROVEMENT,
        },
        columns=list(PAIR_COLUMNS),
    )


def draw_catalog(
    settings: SimulationSettings,
    rng: np.random.Generator,
    pairs: pd.DataFrame | None = None,
    competency_ids: Sequence[str] | None = None,
) -> DrawnCatalog:
    """Draw modules unless they are given, and how strong they are.

    Parameters
    ----------
    settings : SimulationSettings
        What to draw from.
    rng : Generator
        Where the numbers come from.
    pairs : DataFrame, optional
        The modules, columns `PAIR_COLUMNS`.
    competency_ids : sequence of str, optional
        As many as the settings say; ``c00`` and so on unless given.
    """
    if competency_ids is None:
        competency_ids = number_ids("c", settings.n_competencies, 2)
    modalities = MODALITIES
    if pairs is None:
        pairs = _draw_pairs(settings, competency_ids, rng)
    else:
        modalities = tuple(sorted(set(pairs["modality"])))
    pair_module, module_ids = pd.factorize(pairs["module_id"])
    pair_competency = pd.Index(list(competency_ids), dtype=object).get_indexer(
        pd.Index(pairs["competency_id"], dtype=object)
    )
    modality = pd.Index(modalities, dtype=object).get_indexer(
        pd.Index(pairs["modality"], dtype=object)
    )
    m, k, n_modalities = len(module_ids), settings.n_competencies, max(len(modalities), 5)
    z = rng.standard_normal
    log_hours = (np.log(pairs["hours"].to_numpy(float)) - 2.4) / 0.6
    strength: FloatArray = (
        settings.mean_effect
        + (settings.module_spread * z(m))[pair_module]
        + settings.pair_spread * z(pair_module.size)
        + (settings.competency_spread * z(k))[pair_competency]
        + (settings.modality_spread * z(n_modalities))[modality]
        + settings.hours_spread * log_hours
        + (settings.mix_spread * z((n_modalities, k)))[modality, pair_competency]
        # A module does less for the competencies that it serves on the side.
        - 0.1 * ~pairs["main"].to_numpy(bool)
    )
    quality = np.bincount(pair_module, weights=strength) / np.bincount(pair_module)
    popularity: FloatArray = rng.pareto(settings.heavy_tail, size=m) + 0.3
    popularity *= np.exp(settings.quality_selection * (quality - quality.mean()) / 0.2)
    popularity[rng.random(m) < settings.unrecorded_share] = 0.0
    return DrawnCatalog(
        pairs=pairs,
        module_ids=tuple(module_ids),
        competency_ids=tuple(competency_ids),
        pair_module=pair_module,
        pair_competency=pair_competency,
        strength=strength,
        popularity=popularity,
    )


def draw_noise(settings: SimulationSettings, rng: np.random.Generator, size: int) -> FloatArray:
    """Draw what ratings add to the true level, in levels."""
    variance = settings.ability_spread**2 + settings.level_spread**2
    # Solved from reliability = true variance / (true variance + noise variance).
    spread = np.sqrt(variance * (1.0 - settings.reliability) / settings.reliability)
    if np.isinf(settings.noise_tail):
        return spread * rng.standard_normal(size)
    tail = settings.noise_tail
    # Scaled to the same variance as the normal noise: a t distribution is wider by itself.
    return spread * rng.standard_t(tail, size) * np.sqrt((tail - 2.0) / tail)


def record_levels(level: FloatArray, noise: FloatArray) -> FloatArray:
    """Return levels as they are recorded: on the scale, to two decimals."""
    return np.round(np.clip(level + noise, 0.0, TOP_LEVEL), 2)


def draw_ratings(
    settings: SimulationSettings, true_level: FloatArray, rng: np.random.Generator
) -> FloatArray:
    """Record true levels as ratings do: with noise, on the scale, to two decimals."""
    noise = draw_noise(settings, rng, true_level.size).reshape(true_level.shape)
    return record_levels(true_level, noise)
