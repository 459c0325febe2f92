"""Made-up improvement histories with known effects, to judge models by.

In real histories nobody knows what a module adds for a person; here it is known, because it was
drawn. The history has what makes real ones hard. People are nominated because a rating happens to
be low and because of what their manager knows beyond it. Ratings are noisy and end at a ceiling. A
few people take most of the training. Module quality drifts, people grow without training, and some
modules have no record.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from recommender.arrays import FloatArray, IntArray
from recommender.improvement.simulation.drawing import (
    DrawnCatalog,
    draw_catalog,
    draw_noise,
    number_ids,
    record_levels,
)
from recommender.improvement.simulation.settings import (
    DAY_ZERO,
    DAYS_PER_MONTH,
    HISTORY_DAYS,
    TOP_LEVEL,
    SimulationSettings,
)
from recommender.improvement.simulation.true_effects import Truth, effect_of, faded

# A new rating form is in use from here on.
_FORM_DAY = HISTORY_DAYS * 2 // 3


@dataclass(frozen=True)
class Simulation:
    """A simulated history, and what was true.

    Attributes
    ----------
    intervals : DataFrame
        What an estimator is fitted on (X), one row an interval: person_id, competency_id, modules
        and since (tuples, in order of completion), level_before, months, org_unit, assessed_on.
    level_after : ndarray of shape (n_intervals,)
        The later recorded level (y).
    pairs : DataFrame
        The catalogue, columns `PAIR_COLUMNS`.
    truth : Truth
        The true effects; its codes are positions in the ids below.
    queries : DataFrame
        People to be advised at the end of the history: person_id, competency_id, org_unit,
        level_before (the recorded level) and true_level.
    module_ids, competency_ids, person_ids : tuple of str
        All there are, in the order of their codes.
    """

    intervals: pd.DataFrame
    level_after: FloatArray
    pairs: pd.DataFrame
    truth: Truth
    queries: pd.DataFrame
    module_ids: tuple[str, ...]
    competency_ids: tuple[str, ...]
    person_ids: tuple[str, ...]


@dataclass(frozen=True)
class _Organisation:
    """People; arrays of shape (n_people, n_competencies) or (n_people,)."""

    true: FloatArray
    rated: FloatArray
    pace: FloatArray
    unit: IntArray
    keen: FloatArray


def _choose_competency(
    settings: SimulationSettings,
    people: _Organisation,
    person: IntArray,
    catalog: DrawnCatalog,
    rng: np.random.Generator,
) -> IntArray:
    """Draw what people are nominated for: what looks low, or is known to be."""
    low = -settings.recorded_selection * people.rated[person]
    low -= settings.private_selection * (people.true - people.rated)[person] * 2.0
    served = np.bincount(
        catalog.pair_competency,
        weights=catalog.popularity[catalog.pair_module],
        minlength=settings.n_competencies,
    )
    # A competency that no module serves cannot be trained.
    low[:, served <= 0] = -np.inf
    # The argmax of utility plus Gumbel noise draws from a softmax, for all people at once.
    return np.argmax(low + rng.gumbel(size=low.shape), axis=1)


def _choose_pair(
    catalog: DrawnCatalog,
    competency: IntArray,
    rated: FloatArray,
    rng: np.random.Generator,
    other_than: IntArray | None = None,
) -> IntArray:
    """Draw a module that serves the competency and is about right for the recorded level."""
    fit = rated[:, None] - catalog.pairs["from_level"].to_numpy(float)
    appeal = np.where(fit >= -0.5, 0.0, -1.5) - 0.35 * np.abs(fit - 0.5)
    with np.errstate(divide="ignore"):
        appeal = appeal + np.log(catalog.popularity[catalog.pair_module])
    appeal[competency[:, None] != catalog.pair_competency] = -np.inf
    if other_than is not None:
        appeal[np.arange(len(appeal)), other_than] = -np.inf
    chosen = np.argmax(appeal + rng.gumbel(size=appeal.shape), axis=1)
    return np.where(np.isfinite(appeal).any(axis=1), chosen, -1)


def simulate(
    settings: SimulationSettings | None = None,
    *,
    seed: int = 0,
    n_queries: int = 4000,
    pairs: pd.DataFrame | None = None,
    competency_ids: Sequence[str] | None = None,
) -> Simulation:
    """Draw a history with known effects.

    Parameters
    ----------
    settings : SimulationSettings, optional
        What to draw from; default the size of the study in MODEL.md.
    seed : int
        The same settings and seed give the same history.
    n_queries : int
        People and competencies to be advised at the end.
    pairs : DataFrame, optional
        The catalogue, columns `PAIR_COLUMNS`; drawn too unless given.
    competency_ids : sequence of str, optional
        Its competencies, as many as the settings say; ``c00`` and so on unless given.

    Returns
    -------
    Simulation
        Intervals, catalogue, truth and queries.
    """
    settings = settings or SimulationSettings()
    rng = np.random.default_rng(seed)
    # What a default history does not have draws from a stream of its own, so that the default one
    # stays the same.
    more = np.random.default_rng([seed, 1])
    n, k = settings.n_people, settings.n_competencies
    catalog = draw_catalog(settings, rng, pairs, competency_ids)
    ability = settings.ability_spread * rng.standard_normal(n)
    offset = rng.normal(1.9, 0.25, size=k)
    true = ability[:, None] + offset + settings.level_spread * rng.standard_normal((n, k))
    true = np.clip(true, 0.0, TOP_LEVEL)
    rated = record_levels(true, draw_noise(settings, rng, n * k).reshape(n, k))
    pace = settings.growth * rng.gamma(4.0, 0.25, size=n)
    unit = rng.integers(0, max(2, n // 100), size=n)

    # Control rows: anybody, any competency.
    control = rng.choice(n * k, size=min(settings.n_untrained, n * k), replace=False)
    person_u, competency_u = np.divmod(control, k)
    # Some people train much.
    keen = rng.pareto(settings.heavy_tail, size=n) + 0.2
    people = _Organisation(true, rated, pace, unit, keen / keen.sum())
    person_t = rng.choice(n, size=settings.n_trained, p=people.keen)
    competency_t = _choose_competency(settings, people, person_t, catalog, rng)
    pair_t = _choose_pair(catalog, competency_t, rated[person_t, competency_t], rng)

    person_w = more.choice(n, size=settings.n_wait_listed, p=people.keen)
    competency_w = _choose_competency(settings, people, person_w, catalog, more)
    person = np.concatenate([person_u, person_w, person_t])
    competency = np.concatenate([competency_u, competency_w, competency_t])
    recorded = np.concatenate([np.full(person.size - pair_t.size, -1), pair_t])
    taken = np.stack([recorded, np.full(person.size, -1)], axis=1)
    # In order of completion, hence the longest ago first.
    ago = -np.sort(-more.uniform(0.1, 0.9, size=taken.shape), axis=1)
    _add_second_and_hidden(settings, taken, catalog, competency, rated[person, competency], more)
    is_hidden = (recorded < 0) & (taken[:, 0] >= 0)

    total = person.size
    day = rng.integers(0, HISTORY_DAYS - 300, size=total)
    days = rng.integers(120, 330, size=total)
    # A power below 1 of the share moves days towards the end.
    late = (day / (HISTORY_DAYS - 300)) ** (1.0 / (1.0 + settings.trained_later))
    day = np.where(recorded >= 0, (late * (HISTORY_DAYS - 300)).round().astype(int), day)
    months = days / DAYS_PER_MONTH
    since = months[:, None] * ago
    start = true[person, competency]
    # 0 at the end of the history: the drift ends at the strength that queries are judged by.
    age = 1.0 - (day + days) / HISTORY_DAYS
    drift = settings.drift_spread * rng.standard_normal(len(catalog.module_ids))
    from_, to = (catalog.pairs[name].to_numpy(float) for name in ("from_level", "to_level"))
    effect = settings.response_spread * rng.standard_normal(total)
    for pair, lag in zip(taken.T, since.T, strict=True):
        strength = catalog.strength[pair] - drift[catalog.pair_module[pair]] * age
        strength *= faded(settings, lag)
        effect += np.where(
            pair >= 0, effect_of(settings, strength, start, from_[pair], to[pair]), 0
        )
    growth = pace[person] * days / 365.0 * (1.0 - start / TOP_LEVEL)
    after = np.clip(start + growth + np.where(taken[:, 0] >= 0, effect, 0.0), 0.0, TOP_LEVEL)
    # Shuffled, so that no model can use the order in which rows were drawn.
    order = rng.permutation(total)
    form = settings.form_shift
    before = record_levels(rated[person, competency], form * (day >= _FORM_DAY).astype(float))
    level_after = record_levels(
        after, draw_noise(settings, rng, total) + form * (day + days >= _FORM_DAY).astype(float)
    )
    person_ids = np.array(number_ids("p", n, 5), dtype=object)
    units = np.array(number_ids("u", int(unit.max()) + 1, 2), dtype=object)
    competencies = np.array(catalog.competency_ids, dtype=object)
    # What nobody recorded is not in the intervals.
    shown = np.where(is_hidden[:, None], -1, taken)
    intervals = pd.DataFrame(
        {
            "person_id": person_ids[person],
            "competency_id": competencies[competency],
            **_tuples(shown, since, catalog),
            "level_before": before,
            "months": months,
            "org_unit": units[unit[person]],
            "assessed_on": (DAY_ZERO + (day + days)).astype("datetime64[s]"),
        }
    )
    order = np.tile(order, 1 + settings.n_duplicates)

    query = rng.choice(n * k, size=min(n_queries, n * k), replace=False)
    person_q, competency_q = np.divmod(query, k)
    true_q = true[person_q, competency_q]
    queries = pd.DataFrame(
        {
            "person_id": person_ids[person_q],
            "competency_id": competencies[competency_q],
            "org_unit": units[unit[person_q]],
            "level_before": record_levels(true_q, draw_noise(settings, rng, query.size) + form),
            "true_level": true_q,
        }
    )
    return Simulation(
        intervals=intervals.iloc[order].reset_index(drop=True),
        level_after=level_after[order],
        pairs=catalog.pairs,
        truth=Truth(
            catalog.pair_module, catalog.pair_competency, from_, to, catalog.strength, settings
        ),
        queries=queries,
        module_ids=catalog.module_ids,
        competency_ids=catalog.competency_ids,
        person_ids=tuple(person_ids),
    )


def _add_second_and_hidden(
    settings: SimulationSettings,
    taken: IntArray,
    catalog: DrawnCatalog,
    competency: IntArray,
    rated: FloatArray,
    rng: np.random.Generator,
) -> None:
    """Fill in, in place, second modules of intervals and modules that nobody recorded."""
    draw = rng.random(len(taken))
    trained = taken[:, 0] >= 0
    rows = np.flatnonzero(trained & (draw < settings.shared_share))
    taken[rows, 1] = _choose_pair(catalog, competency[rows], rated[rows], rng, taken[rows, 0])
    rows = np.flatnonzero(~trained & (draw < settings.hidden_share))
    taken[rows, 0] = _choose_pair(catalog, competency[rows], rated[rows], rng)


def _tuples(pair: IntArray, since: FloatArray, catalog: DrawnCatalog) -> dict[str, list[object]]:
    """Return modules and months since each, a tuple a row."""
    ids = [catalog.module_ids[code] for code in catalog.pair_module]
    return {
        "modules": [tuple(ids[each] for each in row if each >= 0) for row in pair.tolist()],
        "since": [
            tuple(month for each, month in zip(row, ago, strict=True) if each >= 0)
            for row, ago in zip(pair.tolist(), since.tolist(), strict=True)
        ],
    }
