"""A simulated organisation that goes on living: its people train, grow and are assessed again.

What happens to people depends on the quarter and the seed alone, so that rankings are compared with
the same luck: two organisations that train alike stay alike.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from recommender.arrays import BoolArray, FloatArray, IntArray
from recommender.candidates import ModuleArrays, serves_gap
from recommender.improvement.simulation.drawing import draw_ratings
from recommender.improvement.simulation.policies import sum_by_module
from recommender.improvement.simulation.settings import (
    DAY_ZERO,
    DAYS_PER_MONTH,
    HISTORY_DAYS,
    TOP_LEVEL,
    SimulationSettings,
)
from recommender.improvement.simulation.synthetic import simulate
from recommender.improvement.simulation.true_effects import Truth
from recommender.ranking import value_modules

QUARTER_DAYS = 91


@dataclass(frozen=True)
class Organisation:
    """People at the start of a quarter; arrays of shape (n_people, n_competencies) or (n_people,).

    Attributes
    ----------
    settings : SimulationSettings
        What it is drawn from.
    pairs : DataFrame
        The catalogue, columns `PAIR_COLUMNS`.
    modules : ModuleArrays
        The same as rankings read it.
    truth_pair : ndarray of int, shape (n_pairs,)
        Row of the truth of each pair of `modules`.
    truth : Truth
        What modules add.
    intervals : DataFrame
        All that was recorded so far, as `Simulation` has it.
    level_after : ndarray of shape (n_intervals,)
        Later level of each interval.
    person_ids, competency_ids, org_units : tuple of str
        What codes stand for.
    level, true_level : ndarray
        Recorded and true level, in levels.
    rated_day : ndarray
        Day of the recorded level, in days since 1970-01-01.
    target, weight : ndarray
        Target level, and importance with mean 1 for each person.
    completed : ndarray of bool, shape (n_people, n_modules)
        Modules taken since the start.
    pace : ndarray
        What a person at level 0 gains in a year without training, in levels.
    org : ndarray of int
        Code of the person's unit; -1 where unknown.
    day : int
        Today.
    """

    settings: SimulationSettings
    pairs: pd.DataFrame
    modules: ModuleArrays
    truth_pair: IntArray
    truth: Truth
    intervals: pd.DataFrame
    level_after: FloatArray
    person_ids: tuple[str, ...]
    competency_ids: tuple[str, ...]
    org_units: tuple[str, ...]
    level: FloatArray
    true_level: FloatArray
    rated_day: FloatArray
    target: FloatArray
    weight: FloatArray
    completed: BoolArray
    pace: FloatArray
    org: IntArray
    day: int

    @property
    def module_ids(self) -> tuple[str, ...]:
        """What the codes of modules stand for."""
        return self.modules.ids

    @property
    def served(self) -> BoolArray:
        """Whether a pair of the catalogue serves a gap; shape (n_people, n_pairs)."""
        k, modules = self.modules.pair_competency, self.modules
        return serves_gap(self.level[:, k], self.target[:, k], modules.pair_from, modules.pair_to)

    @property
    def effects(self) -> FloatArray:
        """True effect of each pair of the catalogue, shape (n_people, n_pairs)."""
        return self.truth.effect(self.truth_pair, self.true_level[:, self.modules.pair_competency])

    @property
    def true_values(self) -> FloatArray:
        """Weighted levels of the true gap that modules would close, shape (n_people, n_modules)."""
        k = self.modules.pair_competency
        gap = np.maximum(self.target - self.true_level, 0.0)[:, k]
        closed = self.weight[:, k] * np.clip(self.effects, 0.0, gap)
        return sum_by_module(np.where(self.served, closed, 0.0), self.modules)

    def value_modules(self, table: FloatArray) -> FloatArray:
        """Compute the expected gap closed of the catalogue's modules, as for a ranking.

        Parameters
        ----------
        table : ndarray of shape (n_pairs, n_grid) or (n_pairs, 1)
            Expected improvement of each pair of `modules`, by recorded level.

        Returns
        -------
        ndarray of shape (n_people, n_modules)
            As `recommender.ranking.value_modules` returns it.
        """
        return value_modules(self.level, self.target, self.weight, self.modules, table)

    def grow(self) -> FloatArray:
        """True level in a quarter without training."""
        share = QUARTER_DAYS / 365.0
        growth = self.pace[:, None] * share * (1.0 - self.true_level / TOP_LEVEL)
        return np.clip(self.true_level + growth, 0.0, TOP_LEVEL)


@dataclass(frozen=True)
class Quarter:
    """What a quarter of training did; arrays of shape (n_people, n_competencies).

    Attributes
    ----------
    gain : ndarray
        True level over that without training, in levels.
    gap_closed : ndarray
        Part of the true gap that training closed, times the weight.
    measured : ndarray
        Recorded level after less the one before; NaN where nobody assessed.
    """

    gain: FloatArray
    gap_closed: FloatArray
    measured: FloatArray


def found_organisation(settings: SimulationSettings, *, seed: int) -> Organisation:
    """Draw an organisation with a history of nominations behind it.

    Parameters
    ----------
    settings : SimulationSettings
        Size, catalogue and history.
    seed : int
        The same settings and seed give the same organisation.
    """
    n, k = settings.n_people, settings.n_competencies
    # As many queries as there are people and competencies: then each of them has exactly one.
    past = simulate(settings, seed=seed, n_queries=n * k)
    # A stream of its own: what is drawn here does not change the history.
    rng = np.random.default_rng([seed, 1])
    person, competency = (
        pd.Index(ids).get_indexer(pd.Index(past.queries[name]))
        for ids, name in (
            (past.person_ids, "person_id"),
            (past.competency_ids, "competency_id"),
        )
    )
    level, true_level = np.empty((n, k)), np.empty((n, k))
    level[person, competency] = past.queries["level_before"]
    true_level[person, competency] = past.queries["true_level"]
    unit, org_units = pd.factorize(past.queries["org_unit"], sort=True)
    org = np.full(n, -1, dtype=np.int64)
    org[person] = unit
    modules, truth_pair = _module_arrays(past.pairs, past.competency_ids)
    grade = rng.integers(0, 4, size=n)
    target = 1.5 + 0.5 * grade[:, None] + rng.choice([0.0, 0.5, 1.0], size=k)
    weight = rng.uniform(0.5, 1.5, size=k)
    day = int(DAY_ZERO.astype("datetime64[D]").astype(int)) + HISTORY_DAYS
    return Organisation(
        settings=settings,
        pairs=past.pairs,
        modules=modules,
        truth_pair=truth_pair,
        truth=past.truth,
        intervals=past.intervals,
        level_after=past.level_after,
        person_ids=past.person_ids,
        competency_ids=past.competency_ids,
        org_units=tuple(org_units),
        level=level,
        true_level=true_level,
        rated_day=np.full((n, k), float(day)),
        target=np.minimum(target, TOP_LEVEL),
        weight=np.broadcast_to(weight / weight.mean(), (n, k)),
        completed=np.zeros((n, settings.n_modules), dtype=bool),
        pace=settings.growth * rng.gamma(4.0, 0.25, size=n),
        org=org,
        day=day,
    )


def _module_arrays(
    pairs: pd.DataFrame, competency_ids: tuple[str, ...]
) -> tuple[ModuleArrays, IntArray]:
    """Return a catalogue as rankings read it, and the row in `pairs` of each of its pairs."""
    modules = pairs.drop_duplicates("module_id").sort_values(["hours", "module_id"])
    module, competency = (
        pd.Index(list(ids)).get_indexer(pd.Index(pairs[name]))
        for ids, name in ((modules["module_id"], "module_id"), (competency_ids, "competency_id"))
    )
    row = np.lexsort((module, competency))
    from_, to, expert = (
        pairs[name].to_numpy(float)[row]
        for name in ("from_level", "to_level", "expert_improvement")
    )
    n = len(modules)
    arrays = ModuleArrays(
        ids=tuple(modules["module_id"]),
        hours=modules["hours"].to_numpy(float),
        cost=modules["cost"].to_numpy(float),
        retired=np.zeros(n, dtype=bool),
        modality=np.zeros(n, dtype=np.int64),
        grade_allowed=np.ones((1, n), dtype=bool),
        repeat_months=np.zeros(n, dtype=np.int64),
        prerequisites=((),) * n,
        prerequisite_order=(),
        pair_module=module[row],
        pair_competency=competency[row],
        pair_from=from_,
        pair_to=to,
        pair_expert=expert,
    )
    return arrays, row


def live_quarter(
    before: Organisation,
    taken: BoolArray,
    waiting: BoolArray,
    *,
    reassessed_share: float,
    rng: np.random.Generator,
) -> tuple[Organisation, Quarter]:
    """Train people, let a quarter pass, assess.

    Everybody is assessed in what they trained, or wait to train. Of the rest, a share is assessed
    too. Whoever is assessed without training is a control row.

    Parameters
    ----------
    before : Organisation
        People at the start of the quarter.
    taken : ndarray of bool, shape (n_people, n_modules)
        Who takes which modules; no two modules of a person serve the same competency.
    waiting : ndarray of bool, shape (n_people, n_modules)
        Who is on the list for which modules and takes them later.
    reassessed_share : float
        Probability of an assessment without training, for each person and competency.
    rng : Generator
        Draws the same numbers whatever was taken.

    Returns
    -------
    Organisation, Quarter
        People at the end of the quarter, and what changed.
    """
    modules, settings = before.modules, before.settings
    shape = before.level.shape
    # Drawn for everybody and before anything depends on `taken`, so that all rankings see the same
    # numbers.
    response = settings.response_spread * rng.standard_normal(shape)
    chance = rng.random(shape)
    of_competency = modules.pair_competency[:, None] == np.arange(shape[1])
    pairs = taken[:, modules.pair_module]
    trained = pairs @ of_competency
    effect = (pairs * before.effects) @ of_competency + trained * response
    without = before.grow()
    true_level = np.clip(without + effect, 0.0, TOP_LEVEL)
    level = draw_ratings(settings, true_level, rng)
    waits = waiting[:, modules.pair_module] @ of_competency
    assessed = trained | waits | (chance < reassessed_share)
    day = before.day + QUARTER_DAYS

    person_t, pair_t = np.nonzero(pairs)
    person_u, competency_u = np.nonzero(assessed & ~trained)
    person = np.concatenate([person_t, person_u])
    competency = np.concatenate([modules.pair_competency[pair_t], competency_u])
    taken_ids = [(modules.ids[code],) for code in modules.pair_module[pair_t]]
    nothing: list[tuple[()]] = [()] * person_u.size
    # Training takes place in the middle of the quarter.
    lag = (QUARTER_DAYS / 2 / DAYS_PER_MONTH,)
    new = pd.DataFrame(
        {
            "person_id": np.array(before.person_ids, dtype=object)[person],
            "competency_id": np.array(before.competency_ids, dtype=object)[competency],
            "modules": pd.Series([*taken_ids, *nothing], dtype=object),
            "since": pd.Series([*[lag] * person_t.size, *nothing], dtype=object),
            "level_before": before.level[person, competency],
            # The time since the last rating, which may be several quarters back.
            "months": (day - before.rated_day[person, competency]) / DAYS_PER_MONTH,
            "org_unit": np.array(before.org_units, dtype=object)[before.org[person]],
            "assessed_on": np.datetime64(day, "D").astype("datetime64[s]"),
        }
    )
    after = replace(
        before,
        intervals=pd.concat([before.intervals, new], ignore_index=True),
        level_after=np.concatenate([before.level_after, level[person, competency]]),
        # Levels were drawn for all, but who was not assessed keeps the old one.
        level=np.where(assessed, level, before.level),
        true_level=true_level,
        rated_day=np.where(assessed, float(day), before.rated_day),
        completed=before.completed | taken,
        day=day,
    )
    left = np.maximum(before.target - true_level, 0.0)
    left_without = np.maximum(before.target - without, 0.0)
    quarter = Quarter(
        gain=true_level - without,
        # Against the quarter without training: what people would have grown anyway is not counted.
        gap_closed=before.weight * (left_without - left),
        measured=np.where(assessed, level - before.level, np.nan),
    )
    return after, quarter
