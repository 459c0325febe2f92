"""A simulated organisation that goes on living: its people train, grow and are assessed again.

What happens to people depends on the quarter and the seed alone, so that rankings are compared with
the same luck: two organisations that train alike stay alike.
"""

from __future__ import annotations

from dataclasses import dataclass, fields, replace

import numpy as np

from recommender.arrays import BoolArray, FloatArray, IntArray
from recommender.candidates import serves_gap
from recommender.improvement.model.tables import ModuleTable, RecordTable
from recommender.improvement.simulation.policies import sum_by_module
from recommender.improvement.simulation.synthetic import (
    DAY_ZERO,
    HISTORY_DAYS,
    TOP_LEVEL,
    SimulationSettings,
    Truth,
    draw_ratings,
    simulate,
)
from recommender.ranking import value_modules

QUARTER_DAYS = 91


@dataclass(frozen=True)
class Organisation:
    """People at the start of a quarter; arrays of shape (n_people, n_competencies) or (n_people,).

    Attributes
    ----------
    settings : SimulationSettings
        What it is drawn from.
    modules : ModuleTable
        The catalogue.
    truth : Truth
        What modules add.
    records : RecordTable
        All that was recorded so far.
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
    modules: ModuleTable
    truth: Truth
    records: RecordTable
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
    def served(self) -> BoolArray:
        """Whether a pair of the catalogue serves a gap; shape (n_people, n_pairs)."""
        k, modules = self.modules.pair_competency, self.modules
        return serves_gap(self.level[:, k], self.target[:, k], modules.pair_from, modules.pair_to)

    @property
    def effects(self) -> FloatArray:
        """True effect of each pair of the catalogue, shape (n_people, n_pairs)."""
        pairs = np.arange(self.modules.pair_module.size)
        return self.truth.effect(pairs, self.true_level[:, self.modules.pair_competency])

    @property
    def true_values(self) -> FloatArray:
        """Weighted levels of the true gap that modules would close, shape (n_people, n_modules)."""
        k = self.modules.pair_competency
        gap = np.maximum(self.target - self.true_level, 0.0)[:, k]
        closed = self.weight[:, k] * np.clip(self.effects, 0.0, gap)
        return sum_by_module(np.where(self.served, closed, 0.0), self.modules)

    def value_modules(self, coefficients: FloatArray) -> FloatArray:
        """Compute the expected gap closed of the catalogue's modules, as for a ranking.

        Parameters
        ----------
        coefficients : ndarray of shape (n_pairs, degree + 1)
            Expected improvement of each pair, a polynomial in the recorded level.

        Returns
        -------
        ndarray of shape (n_people, n_modules)
            As `recommender.ranking.value_modules` returns it.
        """
        return value_modules(self.level, self.target, self.weight, self.modules, coefficients)

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
    level, true_level = np.empty((n, k)), np.empty((n, k))
    level[past.query_person, past.query_competency] = past.query_level
    true_level[past.query_person, past.query_competency] = past.query_true_level
    grade = rng.integers(0, 4, size=n)
    target = 1.5 + 0.5 * grade[:, None] + rng.choice([0.0, 0.5, 1.0], size=k)
    weight = rng.uniform(0.5, 1.5, size=k)
    org = np.full(n, -1, dtype=np.int64)
    org[past.records.person] = past.records.org
    day = int(DAY_ZERO.astype("datetime64[D]").astype(int)) + HISTORY_DAYS
    return Organisation(
        settings=settings,
        modules=past.modules,
        truth=past.truth,
        records=past.records,
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


def live_quarter(
    before: Organisation,
    taken: BoolArray,
    *,
    reassessed_share: float,
    rng: np.random.Generator,
) -> tuple[Organisation, Quarter]:
    """Train people, let a quarter pass, assess.

    Everybody is assessed in what they trained. Of the rest, a share is assessed too: these are
    the control rows.

    Parameters
    ----------
    before : Organisation
        People at the start of the quarter.
    taken : ndarray of bool, shape (n_people, n_modules)
        Who takes which modules; no two modules of a person serve the same competency.
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
    assessed = trained | (chance < reassessed_share)
    day = before.day + QUARTER_DAYS

    person_t, pair_t = np.nonzero(pairs)
    person_u, competency_u = np.nonzero(assessed & ~trained)
    person = np.concatenate([person_t, person_u])
    competency = np.concatenate([modules.pair_competency[pair_t], competency_u])
    records = RecordTable(
        person=person,
        competency=competency,
        module=np.concatenate([modules.pair_module[pair_t], np.full(person_u.size, -1)]),
        level_before=before.level[person, competency],
        level_after=level[person, competency],
        # The time since the last rating, which may be several quarters back.
        days_between=day - before.rated_day[person, competency],
        org=before.org[person],
        after_day=np.full(person.size, float(day)),
    )
    after = replace(
        before,
        records=_join(before.records, records),
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


def _join(one: RecordTable, other: RecordTable) -> RecordTable:
    columns = (field.name for field in fields(one))
    return RecordTable(
        *(np.concatenate([getattr(one, name), getattr(other, name)]) for name in columns)
    )
