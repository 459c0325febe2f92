"""The histories that studies compare estimators on, by name."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from recommender.improvement.simulation.settings import SimulationSettings
from recommender.improvement.simulation.synthetic import simulate

from .independent import World, live

COLUMNS = ("person_id", "competency_id", "modules", "since", "level_before")
COLUMNS = (*COLUMNS, "months", "org_unit", "assessed_on")


@dataclass(frozen=True)
class History:
    """A history whose effects are known, and questions about it.

    Attributes
    ----------
    name, seed : str, int
        Which history it is.
    intervals, level_after, pairs
        X, y and the catalogue.
    questions : DataFrame
        Rows as of X: people in a competency, with each module that serves it.
    query : ndarray of int, shape (n_questions,)
        Rows of one number compete.
    truth : ndarray of shape (n_questions,)
        True effect, in levels, six months after completion.
    """

    name: str
    seed: int
    intervals: pd.DataFrame
    level_after: np.ndarray
    pairs: pd.DataFrame
    questions: pd.DataFrame
    query: np.ndarray
    truth: np.ndarray


def ask(queries: pd.DataFrame, pairs: pd.DataFrame) -> tuple[pd.DataFrame, np.ndarray, np.ndarray]:
    """Ask for every module that serves the competency of a query.

    Returns
    -------
    questions : DataFrame
        Rows as of X.
    query, pair : ndarray of int
        Row of `queries` and of `pairs`.
    """
    numbered = queries.assign(query=np.arange(len(queries)))
    served = pairs[["module_id", "competency_id"]].assign(pair=np.arange(len(pairs)))
    rows = numbered.merge(served, on="competency_id")
    rows["modules"] = [(name,) for name in rows["module_id"]]
    rows["since"] = [(np.nan,)] * len(rows)
    rows["months"] = np.nan
    rows["assessed_on"] = np.datetime64("NaT", "s")
    query, pair = (rows[name].to_numpy(int) for name in ("query", "pair"))
    return rows[list(COLUMNS)], query, pair


LARGE = SimulationSettings()
SMALL = replace(LARGE, n_people=600, n_trained=600, n_untrained=1200)
OURS = {
    "large": LARGE,
    "small": SMALL,
    "hump": replace(LARGE, readiness="hump"),
    "headroom": replace(LARGE, readiness="headroom"),
    "private": replace(LARGE, private_selection=1.5),
    "noisy": replace(LARGE, reliability=0.5, noise_tail=3.0),
    "additive": replace(LARGE, multiplicative=False),
}
INDEPENDENT = {
    "independent": World(),
    "independent-small": World(n_people=600, n_trained=600, n_untrained=1200),
    "independent-private": World(unrecorded=0.9),
}
AWKWARD = {
    "duplicates": replace(LARGE, n_duplicates=3),
    "shared": replace(LARGE, shared_share=0.4),
    "fading": replace(LARGE, fading_half_life=4.0, mean_effect=0.7),
    "new-form": replace(LARGE, form_shift=0.7, trained_later=2.0),
    "no-controls": replace(LARGE, n_untrained=0),
    "many-modules": replace(LARGE, n_modules=1500),
    "hidden": replace(LARGE, hidden_share=0.2),
    "wait-listed": replace(LARGE, private_selection=1.5, n_wait_listed=2500, n_untrained=12500),
    "only-wait-listed": replace(LARGE, private_selection=1.5, n_wait_listed=2500, n_untrained=0),
    "independent-shared": World(shared=True),
    "independent-fading": World(half_life=5.0),
    "independent-form": World(form_shift=0.4),
}
EVERY = {**OURS, **INDEPENDENT, **AWKWARD}
GROUPS = {"ours": OURS, "independents": INDEPENDENT, "awkward": AWKWARD, "all": EVERY}


def make_history(name: str, seed: int, *, n_queries: int = 3000) -> History:
    """Make a history of `EVERY`.

    Parameters
    ----------
    name : str
        Key of `EVERY`.
    seed : int
        The same name and seed give the same history.
    n_queries : int
        People and competencies to be advised.
    """
    setting = EVERY[name]
    effect: Callable[[np.ndarray, np.ndarray], np.ndarray]
    if isinstance(setting, World):
        # Every other history has the other curve.
        world = replace(setting, curve=("bell", "window")[seed % 2])
        made = live(world, seed=seed, n_queries=n_queries)
        effect = made.effect
    else:
        made = simulate(setting, seed=seed, n_queries=n_queries)
        effect = made.truth.effect
    questions, query, pair = ask(made.queries, made.pairs)
    true_level = made.queries["true_level"].to_numpy(float)[query]
    return History(
        name=name,
        seed=seed,
        intervals=made.intervals[list(COLUMNS)],
        level_after=made.level_after,
        pairs=made.pairs,
        questions=questions,
        query=query,
        truth=effect(pair, true_level),
    )
