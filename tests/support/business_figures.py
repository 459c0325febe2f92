"""A made-up business figure by person and month, with an effect of training that is known."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from recommender.arrays import FloatArray
from recommender.effectiveness.panel import NEVER, Panel


@dataclass(frozen=True)
class World:
    """What figures are drawn from; each person has a level, months go up and down together.

    Months of one person depend on each other, as good months follow good ones. `start_months` are
    those from which on people are trained, in equal numbers. The effect of so many months after is
    `effect` + `growth` times them. `drift` is by how much more a month those who will be trained
    grow, trained or not; `apart` how much higher they stand.
    """

    people: int = 120
    trained: float = 0.4
    months: int = 24
    start_months: Sequence[int] = (10, 12, 14, 16)
    effect: float = 0.0
    growth: float = 0.0
    drift: float = 0.0
    apart: float = 0.5
    missing: float = 0.0


def draw_panel(world: World, seed: int) -> tuple[Panel, FloatArray]:
    """Return figures, and the effect in each of them, of shape (n_people, n_months)."""
    rng = np.random.default_rng(seed)
    shape = (world.people, world.months)
    start = np.full(world.people, NEVER)
    n_trained = round(world.people * world.trained)
    start[:n_trained] = np.resize(world.start_months, n_trained)
    stratum = np.arange(world.people) % 2
    trained = start < NEVER
    level = rng.normal(size=world.people) + world.apart * trained
    # grades have seasons of their own
    season = rng.normal(scale=0.5, size=(2, world.months))[stratum]
    noise = rng.normal(scale=0.6, size=shape)
    for month in range(1, world.months):
        noise[:, month] += 0.4 * noise[:, month - 1]
    since = np.arange(world.months) - np.where(trained, start, NEVER)[:, None]
    effect = np.where(since >= 0, world.effect + world.growth * since, 0.0)
    drift = world.drift * trained[:, None] * np.arange(world.months)
    values = level[:, None] + season + noise + drift + effect
    values[rng.random(shape) < world.missing] = np.nan
    return Panel(values, start, stratum), effect
