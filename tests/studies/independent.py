"""A second simulator, made in another way than the product's own.

Choosing a model by one simulator fits the model to that simulator's assumptions. This one shares
nothing with it but the columns: people live through half-yearly rounds of assessment, a module
moves all its competencies and the change stays, effects are products rather than sums, and ratings
are in quarters of a level with the leniency of a unit in them.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

ROUND_MONTHS = 6.0
N_ROUNDS = 7
TOP = 4.0
# Ratings use a new form from this round on.
NEW_FORM = 4
TEACHING = ("lecture", "e-learning", "practice", "mentoring")


@dataclass(frozen=True)
class World:
    """What a history is drawn from.

    Parameters
    ----------
    n_people, n_competencies, n_modules : int
        Size.
    n_trained, n_untrained : int
        Intervals with and without a module.
    curve : {"bell", "window"}
        How effects depend on the true level.
    unrecorded : float
        Share of what managers nominate by that is not in the rating, in [0, 1].
    reliability : float
        Share of the variance of ratings that is of the true level.
    shared : bool
        Whether several modules may move one competency between two assessments.
    half_life : float
        Months after which half of an effect is left; infinite where effects last.
    form_shift : float
        What a new form adds to ratings from the fifth round on; most training then lies before it.
    """

    n_people: int = 5000
    n_competencies: int = 18
    n_modules: int = 120
    n_trained: int = 5000
    n_untrained: int = 15000
    curve: str = "bell"
    unrecorded: float = 0.35
    reliability: float = 0.75
    shared: bool = False
    half_life: float = float("inf")
    form_shift: float = 0.0


@dataclass(frozen=True)
class Lived:
    """A history and its truth.

    Attributes
    ----------
    intervals : DataFrame
        X, in the columns of the product.
    level_after : ndarray
        y.
    pairs : DataFrame
        The catalogue.
    queries : DataFrame
        person_id, competency_id, org_unit, level_before, true_level at the end.
    strength : ndarray of shape (n_pairs,)
        Effect where the curve is 1, in levels, at the lag asked for.
    curve : str
        As in `World`.
    """

    intervals: pd.DataFrame
    level_after: np.ndarray
    pairs: pd.DataFrame
    queries: pd.DataFrame
    strength: np.ndarray
    curve: str

    def effect(self, pair: np.ndarray, true_level: np.ndarray) -> np.ndarray:
        """Effect of pairs over no training, in levels."""
        from_, to = (self.pairs[name].to_numpy(float)[pair] for name in ("from_level", "to_level"))
        moved = self.strength[pair] * _curve(self.curve, true_level, from_, to)
        return np.minimum(moved, TOP - true_level)


def _curve(kind: str, level: np.ndarray, from_: np.ndarray, to: np.ndarray) -> np.ndarray:
    if kind == "bell":
        return np.exp(-0.5 * ((level - (0.6 * from_ + 0.4 * to)) / 1.0) ** 2)
    ready = 1.0 / (1.0 + np.exp(-(level - from_ + 0.4) / 0.25))
    return ready * np.clip((to + 0.8 - level) / (to + 0.8 - from_), 0.0, 1.0)


def _catalog(world: World, rng: np.random.Generator) -> tuple[pd.DataFrame, np.ndarray]:
    rows: list[tuple[object, ...]] = []
    strength: list[float] = []
    of_modality = rng.normal(1.0, 0.25, len(TEACHING)).clip(0.4)
    of_competency = rng.normal(1.0, 0.2, world.n_competencies).clip(0.4)
    for m in range(world.n_modules):
        # A ladder of steps: most modules lead one level up, some two.
        step = int(rng.integers(0, 4))
        wide = min(4, step + 1 + int(rng.random() < 0.25))
        modality = int(rng.integers(len(TEACHING)))
        hours = float(rng.choice([2, 4, 8, 16, 24, 40]))
        quality = 0.55 * np.exp(rng.normal(0.0, 0.4)) * (hours / 10.0) ** 0.2
        served = rng.permutation(world.n_competencies)[: 1 + rng.binomial(2, 0.4)]
        for place, k in enumerate(served.tolist()):
            share = 1.0 if place == 0 else rng.beta(4, 4)
            strength.append(
                quality * of_modality[modality] * of_competency[k] * share * rng.lognormal(0, 0.2)
            )
            rows.append(
                (
                    f"m{m:04d}",
                    f"c{k:02d}",
                    float(step),
                    float(wide),
                    place == 0,
                    TEACHING[modality],
                    hours,
                    hours * float(rng.integers(30, 150)),
                    0.4,
                )
            )
    names = ("module_id", "competency_id", "from_level", "to_level", "main", "modality")
    pairs = pd.DataFrame(rows, columns=[*names, "hours", "cost", "expert_improvement"])
    return pairs, np.array(strength)


def live(world: World, *, seed: int, n_queries: int = 4000) -> Lived:
    """Let an organisation live through its rounds.

    Parameters
    ----------
    world : World
        What it is drawn from.
    seed : int
        The same world and seed give the same history.
    n_queries : int
        People and competencies to be advised after the last round.
    """
    rng = np.random.default_rng([seed, 77])
    pairs, strength = _catalog(world, rng)
    module, names = pd.factorize(pairs["module_id"])
    competency = pairs["competency_id"].str[1:].astype(int).to_numpy()
    from_, to = (pairs[name].to_numpy(float) for name in ("from_level", "to_level"))
    main_pair = np.flatnonzero(pairs["main"])
    n, k = world.n_people, world.n_competencies
    # Two sides of a person, and what belongs to one competency alone.
    sides = rng.standard_normal((n, 2)) @ rng.normal(0.0, 0.45, (2, k))
    true = TOP / (1.0 + np.exp(-(sides + rng.normal(-0.1, 0.3, k) + rng.normal(0, 0.75, (n, k)))))
    noise = np.sqrt(true.var() * (1.0 / world.reliability - 1.0))
    n_units = max(4, n // 150)
    unit = rng.integers(0, n_units, n)
    lenient = rng.normal(0.0, 0.08, n_units)[unit]
    ambition = rng.uniform(0.0, 0.25, n)
    appetite = rng.pareto(1.3, n) + 0.1
    taste = rng.gumbel(0.0, 0.5, (n_units, len(names))) + np.log(rng.pareto(1.2, len(names)) + 0.2)
    # More than asked for, since some are dropped below; a module gives a row a competency.
    per_round = int(world.n_trained / (N_ROUNDS - 1) / 1.5) + 5
    # A new form comes with a campaign: most training falls between the last old and first new one.
    late = np.ones(N_ROUNDS - 1)
    if world.form_shift:
        late[:] = 0.4
        late[NEW_FORM - 1] = 4.0

    def rate(at: int) -> np.ndarray:
        shift = world.form_shift * (at >= NEW_FORM)
        seen = true + lenient[:, None] + rng.normal(0.0, noise, (n, k)) + shift
        return np.clip(np.round(seen * 4) / 4, 0.0, TOP)

    levels = [rate(0)]
    taken: list[np.ndarray] = []
    # What fades is taken off again before the next assessment: only the last round's is kept.
    lasting = true.copy()
    for at in range(N_ROUNDS - 1):
        nominated = _nominate(world, true, levels[-1], appetite, int(per_round * late[at]), rng)
        who, what = nominated.T
        fit = np.abs(levels[-1][who, what][:, None] - (0.7 * from_ + 0.3 * to)[main_pair])
        liking = taste[unit[who]] - 1.2 * fit
        liking[what[:, None] != competency[main_pair]] = -np.inf
        chosen = np.argmax(liking + rng.gumbel(size=liking.shape), axis=1)
        usable = np.isfinite(liking).any(axis=1)
        who, chosen, liking = who[usable], chosen[usable], liking[usable]
        if world.shared:
            # A third of them take a second module of the same competency in the same round.
            again = np.flatnonzero(rng.random(who.size) < 1 / 3)
            liking[np.arange(who.size), chosen] = -np.inf
            again = again[np.isfinite(liking[again]).any(axis=1)]
            more = np.argmax(liking[again] + rng.gumbel(size=liking[again].shape), axis=1)
            who, chosen = np.append(who, who[again]), np.append(chosen, more)
        chosen = module[main_pair[chosen]]
        events = _events(who, chosen, module, competency, at, rng, world.shared)
        lag = events[:, 3].astype(float) / 100.0
        person, pair = events[:, 0], events[:, 1]
        left = 0.5 ** (lag / world.half_life)
        where = person, competency[pair]
        moved = strength[pair] * _curve(world.curve, true[where], from_[pair], to[pair])
        moved *= 1.0 + rng.normal(0.0, 0.25, pair.size)
        grown = true + (ambition * ROUND_MONTHS / 12)[:, None] * (1 - true / TOP)
        grown += rng.normal(0.0, 0.06, (n, k))
        lasting = grown.copy()
        np.add.at(grown, where, moved * left)
        # Nothing is left of faded effects half a year on; lasting ones stay.
        np.add.at(lasting, where, moved * (0.0 if np.isfinite(world.half_life) else 1.0))
        true = np.clip(grown, 0.0, TOP)
        levels.append(rate(at + 1))
        taken.append(events)
        true = np.clip(lasting, 0.0, TOP)
    intervals, after = _intervals(world, levels, taken, competency, pairs, unit, rng)
    query = rng.choice(n * k, min(n_queries, n * k), replace=False)
    person, asked = np.divmod(query, k)
    queries = pd.DataFrame(
        {
            "person_id": [f"q{i:05d}" for i in person],
            "competency_id": [f"c{j:02d}" for j in asked],
            "org_unit": [f"u{j:02d}" for j in unit[person]],
            "level_before": rate(N_ROUNDS)[person, asked],
            "true_level": true[person, asked],
        }
    )
    asked_for = strength * 0.5 ** (6.0 / world.half_life)
    return Lived(intervals, after, pairs, queries, asked_for, world.curve)


def _nominate(
    world: World,
    true: np.ndarray,
    rated: np.ndarray,
    appetite: np.ndarray,
    size: int,
    rng: np.random.Generator,
) -> np.ndarray:
    """Return who is nominated for what; managers also go by what the rating does not say."""
    impression = true + rng.normal(0.0, 0.3, true.shape)
    seen = world.unrecorded * impression + (1 - world.unrecorded) * rated
    who = rng.choice(len(true), size, p=appetite / appetite.sum())
    pull = -1.8 * seen[who] + rng.gumbel(size=(size, true.shape[1]))
    return np.unique(np.stack([who, pull.argmax(axis=1)], axis=1), axis=0)


def _events(
    who: np.ndarray,
    chosen: np.ndarray,
    module: np.ndarray,
    competency: np.ndarray,
    at: int,
    rng: np.random.Generator,
    shared: bool,
) -> np.ndarray:
    """Return person, pair, round and lag (hundredths of a month) of what was completed.

    Unless modules may share an interval, of two that move one competency the second is dropped.
    """
    rows: list[tuple[int, int, int, int]] = []
    busy: set[tuple[int, int]] = set()
    done: set[tuple[int, int]] = set()
    of_module = [np.flatnonzero(module == m) for m in range(module.max() + 1)]
    for i in rng.permutation(len(who)):
        person, own = int(who[i]), of_module[chosen[i]]
        touched = {(person, int(competency[pair])) for pair in own}
        if (person, int(chosen[i])) in done or (touched & busy and not shared):
            continue
        done.add((person, int(chosen[i])))
        busy |= touched
        lag = int(rng.uniform(0.3, ROUND_MONTHS - 0.3) * 100)
        rows += [(person, int(pair), at, lag) for pair in own]
    return np.array(rows).reshape(-1, 4)


def _intervals(
    world: World,
    levels: list[np.ndarray],
    taken: list[np.ndarray],
    competency: np.ndarray,
    pairs: pd.DataFrame,
    unit: np.ndarray,
    rng: np.random.Generator,
) -> tuple[pd.DataFrame, np.ndarray]:
    """Sample intervals; those without training may span several rounds."""
    names = pairs["module_id"].tolist()
    rows: list[tuple[object, ...]] = []
    trained = [np.zeros(levels[0].shape, dtype=bool) for _ in taken]
    for at, events in enumerate(taken):
        cells: dict[tuple[int, int], list[tuple[int, str]]] = {}
        for person, pair, _, lag in events.tolist():
            cells.setdefault((person, int(competency[pair])), []).append((lag, names[pair]))
        for (person, j), done in cells.items():
            trained[at][person, j] = True
            done.sort(reverse=True)
            modules = tuple(name for _, name in done)
            since = tuple(lag / 100.0 for lag, _ in done)
            rows.append((person, j, at, at + 1, modules, since))
    keep = rng.permutation(len(rows))[: world.n_trained]
    rows = [rows[i] for i in keep]
    n, k = levels[0].shape
    free = ~np.stack(trained)
    wanted = world.n_untrained
    seen: set[tuple[int, int, int]] = set()
    while wanted:
        person, j, at = int(rng.integers(n)), int(rng.integers(k)), int(rng.integers(len(taken)))
        end = min(at + int(rng.choice([1, 1, 2])), len(taken))
        if (person, j, at) in seen or not free[at:end, person, j].all():
            continue
        seen.add((person, j, at))
        rows.append((person, j, at, end, (), ()))
        wanted -= 1
    rows = [rows[i] for i in rng.permutation(len(rows))]
    person, j, at, end = (np.array([row[i] for row in rows], dtype=int) for i in range(4))
    every = np.stack(levels)
    frame = pd.DataFrame(
        {
            "person_id": [f"q{i:05d}" for i in person],
            "competency_id": [f"c{i:02d}" for i in j],
            "modules": [row[4] for row in rows],
            "since": [row[5] for row in rows],
            "level_before": every[at, person, j],
            "months": (end - at) * ROUND_MONTHS + rng.uniform(-0.4, 0.4, len(rows)),
            "org_unit": [f"u{i:02d}" for i in unit[person]],
            "assessed_on": (
                np.datetime64("2022-01-15") + (end * ROUND_MONTHS * 30.4).astype(int)
            ).astype("datetime64[s]"),
        }
    )
    return frame, every[end, person, j]
