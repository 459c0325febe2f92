"""What modules truly add in a simulated history."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from recommender.arrays import FloatArray, IntArray
from recommender.improvement.simulation.settings import ASKED_SINCE, TOP_LEVEL, SimulationSettings


@dataclass(frozen=True)
class Truth:
    """The true effects behind a simulated history.

    Attributes
    ----------
    pair_module, pair_competency : ndarray of int, shape (n_pairs,)
        Codes of the module and the competency it addresses.
    pair_from, pair_to : ndarray of shape (n_pairs,)
        Levels the module leads from and to.
    strength : ndarray of shape (n_pairs,)
        Effect on a person who is ready, at the end of the history, in levels.
    settings : SimulationSettings
        What the history was drawn from.
    """

    pair_module: IntArray
    pair_competency: IntArray
    pair_from: FloatArray
    pair_to: FloatArray
    strength: FloatArray
    settings: SimulationSettings

    def effect(
        self,
        pair: IntArray,
        true_level: FloatArray,
        *,
        months_since: FloatArray | float = ASKED_SINCE,
    ) -> FloatArray:
        """Effect of taking the module, over no training, in levels.

        Parameters
        ----------
        pair : ndarray of int
            Rows of the pair arrays.
        true_level : ndarray
            True level of the person, in [0, 4]; broadcast against `pair`.
        months_since : ndarray or float
            Months since the module was completed; only matters where effects fade.
        """
        return effect_of(
            self.settings,
            self.strength[pair] * faded(self.settings, months_since),
            true_level,
            self.pair_from[pair],
            self.pair_to[pair],
        )


def faded(settings: SimulationSettings, months_since: FloatArray | float) -> FloatArray:
    """Return the share of an effect that is left after so many months."""
    return 0.5 ** (np.asarray(months_since) / settings.fading_half_life)


def _readiness(kind: str, level: FloatArray, from_: FloatArray, to: FloatArray) -> FloatArray:
    start = level - from_
    if kind == "hump":
        return np.exp(-0.5 * ((start - 0.4 * (to - from_)) / 0.8) ** 2)
    if kind == "window":
        ready = 1.0 / (1.0 + np.exp(-4.0 * (start + 0.3)))
        return ready * np.clip((to + 0.5 - level) / (to + 0.5 - from_), 0.0, 1.0)
    if kind == "mild":
        return 1.15 - 0.3 * np.sqrt((start - 0.5) ** 2 + 0.25)
    if kind == "headroom":
        return np.clip(1.0 - 0.3 * (start - 0.5), 0.1, 1.6)
    if kind == "linear":
        return np.clip(1.2 - 0.35 * np.abs(start), 0.0, None)
    return np.ones_like(start)


def effect_of(
    settings: SimulationSettings,
    strength: FloatArray,
    level: FloatArray,
    from_: FloatArray,
    to: FloatArray,
) -> FloatArray:
    """Compute what a module of this strength adds at a true level, in levels."""
    ready = _readiness(settings.readiness, level, from_, to)
    if settings.multiplicative:
        effect = strength * ready
    else:
        effect = settings.mean_effect * (ready - 1.0) + strength
    # The true effect ends at the ceiling too: nobody can be lifted above the scale.
    return np.minimum(effect, TOP_LEVEL - level)
