"""Small simulated histories, and their tables of effects, for tests."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from recommender.improvement.compiling import compile_effects
from recommender.improvement.effect_table import EffectTable
from recommender.improvement.estimators import make_estimator
from recommender.improvement.simulation.synthetic import Simulation, SimulationSettings, simulate

SETTINGS = SimulationSettings(
    n_people=500, n_competencies=5, n_modules=16, n_trained=900, n_untrained=1800
)


@dataclass(frozen=True)
class Ids:
    """The ids of a simulation."""

    module_ids: tuple[str, ...]
    competency_ids: tuple[str, ...]
    org_units: tuple[str, ...]


def ids_of(simulation: Simulation) -> Ids:
    """Return the ids that the codes of a table stand for."""
    units = tuple(sorted(simulation.intervals["org_unit"].dropna().unique()))
    return Ids(simulation.module_ids, simulation.competency_ids, units)


def draw(seed: int = 11, **changed: Any) -> Simulation:
    """Draw a small history."""
    settings = SimulationSettings(**{**vars(SETTINGS), **changed})
    return simulate(settings, seed=seed, n_queries=800)


def fit_table(
    simulation: Simulation, name: str = "effect-model", **changed: Any
) -> tuple[Any, EffectTable]:
    """Fit an estimator and compile it; `changed` replaces X, y, pairs or the scale."""
    X = changed.get("X", simulation.intervals)
    y = changed.get("y", simulation.level_after)
    pairs = changed.get("pairs", simulation.pairs)
    scale = changed.get("scale", (0.0, 4.0))
    model = make_estimator(name, pairs, scale=scale).fit(X, y)
    table = compile_effects(model, X, y, pairs, ids=ids_of(simulation), scale=scale, name=name)
    return model, table
