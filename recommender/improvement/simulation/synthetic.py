"""Simulated training histories whose true effects are known: the judge of the effect model.

In real histories nobody knows what a module adds for a person; here it is known, because it was
drawn. The history has what makes real ones hard. People are nominated because a rating happens to
be low and because of what their manager knows beyond it. Ratings are noisy and end at a ceiling. A
few people take most of the training. Module quality drifts, people grow without training, and some
modules have no record.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from recommender.arrays import FloatArray, IntArray
from recommender.improvement.model.tables import ModuleTable, RecordTable

TOP_LEVEL = 4.0
MODALITIES = ("workshop", "online", "coaching", "project", "classroom")
DAY_ZERO = np.datetime64("2021-01-01")
HISTORY_DAYS = 1080


@dataclass(frozen=True)
class SimulationSettings:
    """What a simulated history is drawn from; every spread is a standard deviation in levels.

    Parameters
    ----------
    n_people, n_competencies, n_modules : int
        Size of the organisation and of its catalogue.
    n_trained, n_untrained : int
        Improvement records with and without a module.
    reliability : float
        Share of the variance of a recorded level that is of the true one, in (0, 1].
    ability_spread, level_spread : float
        Spread of a person's general level, and of one competency around it.
    mean_effect : float
        What an average module adds to a person who is ready for it, in levels.
    module_spread, pair_spread, competency_spread, modality_spread, hours_spread, mix_spread : float
        Spread of the effect by module, module x competency, competency, modality, hours, and
        competency x modality.
    readiness : {"mild", "headroom", "hump", "window", "linear", "none"}
        How the effect depends on the true starting level relative to the module's levels.
    multiplicative : bool
        Whether readiness scales the whole effect, or only its mean.
    recorded_selection, private_selection : float
        How strongly nomination follows a low recorded level, and a true level below it.
    quality_selection : float
        How strongly nominations go to modules that in truth are good.
    growth : float
        What a person at level 0 gains in a year without training, in levels.
    drift_spread : float
        Spread of the change of a module's effect over the history.
    response_spread : float
        Spread of the effect between people who start alike.
    heavy_tail : float
        Shape of the Pareto law of participation and popularity; smaller is more uneven.
    unrecorded_share : float
        Share of modules that nobody has taken.
    noise_tail : float
        Degrees of freedom of the rating noise; infinite for a normal one.
    """

    n_people: int = 5000
    n_competencies: int = 18
    n_modules: int = 120
    n_trained: int = 5000
    n_untrained: int = 15000
    reliability: float = 0.75
    ability_spread: float = 0.45
    level_spread: float = 0.65
    mean_effect: float = 0.35
    module_spread: float = 0.15
    pair_spread: float = 0.12
    competency_spread: float = 0.1
    modality_spread: float = 0.1
    hours_spread: float = 0.08
    mix_spread: float = 0.0
    readiness: str = "mild"
    multiplicative: bool = True
    recorded_selection: float = 1.0
    private_selection: float = 0.5
    quality_selection: float = 0.5
    growth: float = 0.12
    drift_spread: float = 0.08
    response_spread: float = 0.1
    heavy_tail: float = 1.5
    unrecorded_share: float = 0.1
    noise_tail: float = float("inf")


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

    def effect(self, pair: IntArray, true_level: FloatArray) -> FloatArray:
        """Effect of taking the module, over no training, in levels.

        Parameters
        ----------
        pair : ndarray of int
            Rows of the pair arrays.
        true_level : ndarray
            True level of the person, in [0, 4]; broadcast against `pair`.
        """
        return _effect(
            self.settings,
            self.strength[pair],
            true_level,
            self.pair_from[pair],
            self.pair_to[pair],
        )


@dataclass(frozen=True)
class Simulation:
    """A simulated history, as arrays of codes, and what was true.

    Attributes
    ----------
    records : RecordTable
        The improvement records, control rows included.
    modules : ModuleTable
        The catalogue.
    truth : Truth
        The true effects.
    query_level, query_true_level : ndarray of shape (n_queries,)
        Recorded and true level of people to be advised at the end of the history.
    query_competency, query_person : ndarray of int, shape (n_queries,)
        The competency they ask about, and who they are.
    """

    records: RecordTable
    modules: ModuleTable
    truth: Truth
    query_competency: IntArray
    query_level: FloatArray
    query_true_level: FloatArray
    query_person: IntArray


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


def _effect(
    settings: SimulationSettings,
    strength: FloatArray,
    level: FloatArray,
    from_: FloatArray,
    to: FloatArray,
) -> FloatArray:
    ready = _readiness(settings.readiness, level, from_, to)
    if settings.multiplicative:
        effect = strength * ready
    else:
        effect = settings.mean_effect * (ready - 1.0) + strength
    # The true effect ends at the ceiling too: nobody can be lifted above the scale.
    return np.minimum(effect, TOP_LEVEL - level)


@dataclass(frozen=True)
class _Catalog:
    table: ModuleTable
    strength: FloatArray
    popularity: FloatArray


def _draw_modules(settings: SimulationSettings, rng: np.random.Generator) -> ModuleTable:
    m, k = settings.n_modules, settings.n_competencies
    from_ = rng.choice([0.0, 1.0, 2.0, 3.0], size=m, p=[0.25, 0.3, 0.3, 0.15])
    to = np.minimum(from_ + rng.choice([1.0, 2.0], size=m, p=[0.7, 0.3]), TOP_LEVEL)
    modality = rng.integers(0, len(MODALITIES), size=m)
    hours: FloatArray = np.exp(rng.normal(2.4, 0.6, size=m)).round(1)
    cost = np.round(hours * rng.uniform(40, 120, size=m))
    width = np.minimum(rng.choice([1, 2, 3], size=m, p=[0.4, 0.4, 0.2]), k)
    pair_module = np.repeat(np.arange(m), width)
    pair_competency = np.concatenate([rng.choice(k, size=int(w), replace=False) for w in width])
    pair_main = np.concatenate([np.arange(int(w)) == 0 for w in width])
    return ModuleTable(
        pair_module=pair_module,
        pair_competency=pair_competency,
        pair_from=from_[pair_module],
        pair_to=to[pair_module],
        pair_main=pair_main,
        modality=modality,
        hours=hours,
        cost=cost,
    )


def _draw_catalog(
    settings: SimulationSettings, rng: np.random.Generator, table: ModuleTable | None
) -> _Catalog:
    table = _draw_modules(settings, rng) if table is None else table
    m, k = table.n_modules, settings.n_competencies
    pair_module, pair_competency = table.pair_module, table.pair_competency
    modality, hours, pair_main = table.modality, table.hours, table.pair_main
    n_modalities = max(len(MODALITIES), int(modality.max(initial=0)) + 1)
    z = rng.standard_normal
    log_hours = (np.log(hours) - 2.4) / 0.6
    strength = (
        settings.mean_effect
        + (settings.module_spread * z(m))[pair_module]
        + settings.pair_spread * z(pair_module.size)
        + (settings.competency_spread * z(k))[pair_competency]
        + (settings.modality_spread * z(n_modalities))[modality[pair_module]]
        + settings.hours_spread * log_hours[pair_module]
        + (settings.mix_spread * z((n_modalities, k)))[modality[pair_module], pair_competency]
        # A module does less for the competencies that it serves on the side.
        - 0.1 * ~pair_main
    )
    quality = np.bincount(pair_module, weights=strength) / np.bincount(pair_module)
    popularity = rng.pareto(settings.heavy_tail, size=m) + 0.3
    popularity *= np.exp(settings.quality_selection * (quality - quality.mean()) / 0.2)
    popularity[rng.random(m) < settings.unrecorded_share] = 0.0
    return _Catalog(table, strength, popularity)


def _noise(settings: SimulationSettings, rng: np.random.Generator, size: int) -> FloatArray:
    variance = settings.ability_spread**2 + settings.level_spread**2
    # Solved from reliability = true variance / (true variance + noise variance).
    spread = np.sqrt(variance * (1.0 - settings.reliability) / settings.reliability)
    if np.isinf(settings.noise_tail):
        return spread * rng.standard_normal(size)
    tail = settings.noise_tail
    # Scaled to the same variance as the normal noise: a t distribution is wider by itself.
    return spread * rng.standard_t(tail, size) * np.sqrt((tail - 2.0) / tail)


def _record(level: FloatArray, noise: FloatArray) -> FloatArray:
    return np.round(np.clip(level + noise, 0.0, TOP_LEVEL), 2)


def draw_ratings(
    settings: SimulationSettings, true_level: FloatArray, rng: np.random.Generator
) -> FloatArray:
    """Record true levels as ratings do: with noise, on the scale, to two decimals."""
    noise = _noise(settings, rng, true_level.size).reshape(true_level.shape)
    return _record(true_level, noise)


def simulate(
    settings: SimulationSettings | None = None,
    *,
    seed: int = 0,
    n_queries: int = 4000,
    modules: ModuleTable | None = None,
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
    modules : ModuleTable, optional
        The catalogue; drawn too unless given. Its competencies are those of the settings.

    Returns
    -------
    Simulation
        Records, catalogue, truth and queries.
    """
    settings = settings or SimulationSettings()
    rng = np.random.default_rng(seed)
    n, k = settings.n_people, settings.n_competencies
    catalog = _draw_catalog(settings, rng, modules)
    table = catalog.table
    ability = settings.ability_spread * rng.standard_normal(n)
    offset = rng.normal(1.9, 0.25, size=k)
    true = ability[:, None] + offset + settings.level_spread * rng.standard_normal((n, k))
    true = np.clip(true, 0.0, TOP_LEVEL)
    rated = _record(true, _noise(settings, rng, n * k).reshape(n, k))
    pace = settings.growth * rng.gamma(4.0, 0.25, size=n)
    org = rng.integers(0, max(2, n // 100), size=n)

    # Control rows: anybody, any competency.
    control = rng.choice(n * k, size=min(settings.n_untrained, n * k), replace=False)
    person_u, competency_u = np.divmod(control, k)

    # Nominations: a person who trains much, a competency that looks (or is known to be) low, a
    # module that serves it and is about right for the recorded level.
    keen = rng.pareto(settings.heavy_tail, size=n) + 0.2
    person_t = rng.choice(n, size=settings.n_trained, p=keen / keen.sum())
    low = -settings.recorded_selection * rated[person_t]
    low -= settings.private_selection * (true - rated)[person_t] * 2.0
    served = np.bincount(
        table.pair_competency, weights=catalog.popularity[table.pair_module], minlength=k
    )
    # A competency that no module serves cannot be trained.
    low[:, served <= 0] = -np.inf
    # The argmax of utility plus Gumbel noise draws from a softmax, for all people at once.
    competency_t = np.argmax(low + rng.gumbel(size=low.shape), axis=1)
    fit = rated[person_t, competency_t][:, None] - table.pair_from
    appeal = np.where(fit >= -0.5, 0.0, -1.5) - 0.35 * np.abs(fit - 0.5)
    with np.errstate(divide="ignore"):
        appeal = appeal + np.log(catalog.popularity[table.pair_module])
    appeal[competency_t[:, None] != table.pair_competency] = -np.inf
    pair_t = np.argmax(appeal + rng.gumbel(size=appeal.shape), axis=1)

    person = np.concatenate([person_u, person_t])
    competency = np.concatenate([competency_u, competency_t])
    pair = np.concatenate([np.full(person_u.size, -1), pair_t])
    total = person.size
    before_day = rng.integers(0, HISTORY_DAYS - 300, size=total)
    days = rng.integers(120, 330, size=total)
    start = true[person, competency]
    # 0 at the end of the history: the drift ends at the strength that queries are judged by.
    age = 1.0 - (before_day + days) / HISTORY_DAYS
    drift = settings.drift_spread * rng.standard_normal(table.n_modules)
    strength = np.where(
        pair >= 0, catalog.strength[pair] - (drift[table.pair_module[pair]] * age), 0.0
    )
    effect = _effect(settings, strength, start, table.pair_from[pair], table.pair_to[pair])
    effect = effect + settings.response_spread * rng.standard_normal(total)
    growth = pace[person] * days / 365.0 * (1.0 - start / TOP_LEVEL)
    after = np.clip(start + growth + np.where(pair >= 0, effect, 0.0), 0.0, TOP_LEVEL)
    # Shuffled, so that no model can use the order in which rows were drawn.
    order = rng.permutation(total)
    records = RecordTable(
        person=person[order],
        competency=competency[order],
        module=np.where(pair >= 0, table.pair_module[pair], -1)[order],
        level_before=rated[person, competency][order],
        level_after=_record(after, _noise(settings, rng, total))[order],
        days_between=days[order].astype(float),
        org=org[person][order],
        after_day=((before_day + days) + DAY_ZERO.astype("datetime64[D]").astype(int))[
            order
        ].astype(float),
    )
    truth = Truth(
        table.pair_module,
        table.pair_competency,
        table.pair_from,
        table.pair_to,
        catalog.strength,
        settings,
    )
    query = rng.choice(n * k, size=min(n_queries, n * k), replace=False)
    person_q, competency_q = np.divmod(query, k)
    true_q = true[person_q, competency_q]
    return Simulation(
        records=records,
        modules=table,
        truth=truth,
        query_competency=competency_q,
        query_level=_record(true_q, _noise(settings, rng, query.size)),
        query_true_level=true_q,
        query_person=person_q,
    )
