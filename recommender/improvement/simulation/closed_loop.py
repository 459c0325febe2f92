"""The closed loop: recommend, train, record, retrain, quarter after quarter, with known effects.

A model that learns from training it chose itself may go wrong in ways that one evaluation does not
show: it may never try what it does not know, or believe its own luck. Here the loop is closed on a
simulated organisation, under several rankings with the same luck, and what people truly gained is
counted.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from recommender.arrays import BoolArray, FloatArray, IntArray
from recommender.improvement.compiling import compile_effects
from recommender.improvement.effect_table import (
    DEFAULT_ESTIMATOR,
    EffectTable,
    Prediction,
    find_pairs,
    predict,
)
from recommender.improvement.estimators import RawMean
from recommender.improvement.intervals import ask
from recommender.improvement.model.effect_model import EffectModel
from recommender.improvement.simulation.loop_log import (
    OffPolicyCheck,
    ShownLog,
    Trials,
    check_off_policy,
    join_logs,
    log_shown,
    try_challenger,
)
from recommender.improvement.simulation.organisation import (
    Organisation,
    found_organisation,
    live_quarter,
)
from recommender.improvement.simulation.policies import (
    Policy,
    Shown,
    best_modules,
    show_modules,
    sum_by_module,
)
from recommender.improvement.simulation.settings import TOP_LEVEL, SimulationSettings
from recommender.ranking import rank_modules

__all__ = [
    "ClosedLoop",
    "LoopSettings",
    "OffPolicyCheck",
    "Policy",
    "PolicyRun",
    "ShownLog",
    "run_closed_loop",
]


@dataclass(frozen=True)
class LoopSettings:
    """How the organisation trains.

    Parameters
    ----------
    organisation : SimulationSettings
        Its people, catalogue and history.
    n_quarters : int
        How long the loop runs.
    capacity : int
        Modules a person takes in a quarter, no two of which serve the same competency.
    attendance : float
        Probability that a module is taken once it is recommended.
    reassessed_share : float
        Share of persons and competencies assessed in a quarter without training.
    n_shown : int
        Length of the list a person is shown.
    tie_margin : float
        Modules of the list whose expected gap closed is this close to the best count as equal, in
        weighted levels.
    draw_share : float
        How often the policy that draws among equals does so.
    """

    organisation: SimulationSettings = field(
        default_factory=lambda: SimulationSettings(
            n_people=300, n_competencies=8, n_modules=40, n_trained=400, n_untrained=600
        )
    )
    n_quarters: int = 8
    capacity: int = 1
    attendance: float = 0.8
    reassessed_share: float = 0.15
    n_shown: int = 5
    tie_margin: float = 0.05
    draw_share: float = 0.3


@dataclass(frozen=True)
class PolicyRun:
    """How one ranking fared; arrays of shape (n_quarters,), in levels per person.

    Attributes
    ----------
    true_gain : ndarray
        What training added to true levels in the quarter, summed over competencies.
    gap_closed : ndarray
        Weighted true gap that training closed since the start.
    regret : ndarray
        Share of the best attainable gap closed that was lost by what was put first.
    effect_rmse : ndarray
        Error of the ranking's own estimates of the effect; NaN where it has none.
    taught_rmse : ndarray
        Error of an effect model fitted on the records that the ranking has produced so far.
    effect_coverage : ndarray
        Share of that model's intervals of the true effect that hold.
    modules_tried : ndarray
        Share of the catalogue's modules with a record.
    off_policy : OffPolicyCheck
        What the log says about another ranking.
    log : ShownLog
        What was shown.
    """

    true_gain: FloatArray
    gap_closed: FloatArray
    regret: FloatArray
    effect_rmse: FloatArray
    taught_rmse: FloatArray
    effect_coverage: FloatArray
    modules_tried: FloatArray
    off_policy: OffPolicyCheck
    log: ShownLog


@dataclass(frozen=True)
class ClosedLoop:
    """The loop under several rankings.

    Attributes
    ----------
    settings : LoopSettings
        How the organisation trained.
    seed : int
        Seed of everything drawn.
    runs : dict of Policy to PolicyRun
        How each ranking fared.
    """

    settings: LoopSettings
    seed: int
    runs: dict[Policy, PolicyRun]


def run_closed_loop(
    settings: LoopSettings | None = None,
    *,
    seed: int = 0,
    policies: Sequence[Policy] = tuple(Policy),
) -> ClosedLoop:
    """Run the loop once for each ranking, on the same people and the same luck.

    Parameters
    ----------
    settings : LoopSettings, optional
        Default 300 people and eight quarters.
    seed : int
        The same settings and seed give the same loop.
    policies : sequence of Policy
        The rankings.

    Returns
    -------
    ClosedLoop

    Raises
    ------
    ModelError
        The errors of `EffectModel.fit`, if the history before the loop cannot be learned from.
    """
    settings = settings or LoopSettings()
    start = found_organisation(settings.organisation, seed=seed)
    first_fit = _fit(start)
    runs = {policy: _run(policy, start, first_fit, settings, seed) for policy in policies}
    return ClosedLoop(settings, seed, runs)


def _run(
    policy: Policy, start: Organisation, first_fit: EffectTable, settings: LoopSettings, seed: int
) -> PolicyRun:
    now, fit = start, first_fit
    # From before the loop, so that the challenger is the same in every quarter and for every
    # ranking.
    challenger = _raw_mean(start)
    logs: list[ShownLog] = []
    trials: list[Trials] = []
    figures: list[dict[str, float]] = []
    for quarter in range(settings.n_quarters):
        # Separate streams for each quarter: a ranking that draws more numbers does not change who
        # attends or what they gain.
        draws, luck, life = (np.random.default_rng([seed, quarter, part]) for part in (2, 3, 4))
        predictions = _predict(fit, now)
        attends = luck.random((settings.capacity, len(now.level))) < settings.attendance
        chosen = _choose(policy, now, fit, attends, settings, draws)
        after, lived = live_quarter(
            now,
            chosen.taken,
            chosen.waiting,
            reassessed_share=settings.reassessed_share,
            rng=life,
        )
        for slot, listed in enumerate(chosen.lists):
            logs.append(log_shown(listed, attends[slot], quarter, slot))
            margin = _margin(policy, settings)
            trials.append(
                try_challenger(
                    now, listed, attends[slot], lived, predictions, challenger, margin=margin
                )
            )
        scores = _score_estimates(policy, now, predictions)
        gain = float(lived.gain.sum(axis=1).mean())
        closed = float(lived.gap_closed.sum(axis=1).mean())
        figures.append({"true_gain": gain, "gap_closed": closed, "regret": chosen.regret, **scores})
        now = after
        # Nobody would ask a model fitted after the last quarter.
        if quarter + 1 < settings.n_quarters:
            fit = _fit(now)
    series = {name: np.array([of_quarter[name] for of_quarter in figures]) for name in figures[0]}
    # The other figures are of their quarter, this one is since the start.
    series["gap_closed"] = np.cumsum(series["gap_closed"])
    return PolicyRun(**series, off_policy=check_off_policy(trials), log=join_logs(logs))


@dataclass(frozen=True)
class _Choice:
    """Lists of each slot, who takes what or waits, and the share of the attainable that is lost."""

    lists: list[Shown]
    taken: BoolArray
    waiting: BoolArray
    regret: float


def _choose(
    policy: Policy,
    now: Organisation,
    fit: EffectTable,
    attends: BoolArray,
    settings: LoopSettings,
    draws: np.random.Generator,
) -> _Choice:
    true_value = now.true_values
    closed = now.completed.copy()
    served: BoolArray = sum_by_module(now.served.astype(float), now.modules) > 0
    taken, waiting = np.zeros_like(closed), np.zeros_like(closed)
    lists: list[Shown] = []
    best = lost = 0.0
    share = {Policy.RANDOM: 1.0, Policy.MODEL_DRAWN: settings.draw_share}.get(policy, 0.0)
    for goes in attends:
        module, score = _rank(policy, now, fit, closed, settings.n_shown, draws)
        listed = show_modules(
            module, score, rng=draws, margin=_margin(policy, settings), draw_share=share
        )
        people = np.flatnonzero(listed.module[:, 0] >= 0)
        first = listed.module[people, 0]
        attainable = np.where(served & ~closed, true_value, 0.0).max(axis=1)[people]
        best += float(attainable.sum())
        lost += float((attainable - true_value[people, first]).sum())
        taken[people[goes[people]], first[goes[people]]] = True
        waiting[people[~goes[people]], first[~goes[people]]] = True
        # Also for those who wait: no second module for the same gap in one quarter.
        closed[people] |= _alike(now)[first]
        lists.append(listed)
    return _Choice(lists, taken, waiting, lost / best if best > 0 else float("nan"))


def _rank(
    policy: Policy,
    now: Organisation,
    fit: EffectTable,
    closed: BoolArray,
    n_shown: int,
    rng: np.random.Generator,
) -> tuple[IntArray, FloatArray]:
    """Return the best modules of everybody and what they are ranked by."""
    modules = now.modules
    if policy in (Policy.RANDOM, Policy.ORACLE):
        score = rng.random(closed.shape) if policy is Policy.RANDOM else now.true_values
        served = sum_by_module(now.served.astype(float), modules) > 0
        return best_modules(np.where(served & ~closed, score, -np.inf), n_shown)
    if policy is Policy.GAP_ONLY:
        # Every module is taken to close the whole gap: only the gap decides.
        table = np.full((modules.pair_module.size, 1), TOP_LEVEL)
    elif policy is Policy.RAW_MEAN:
        table = _raw_mean(now)[:, None]
    else:
        table = fit.effect[find_pairs(fit, modules.pair_module, modules.pair_competency)]
    ranked = rank_modules(
        now.level,
        now.target,
        now.weight,
        modules,
        table,
        grade=np.zeros(len(now.level), dtype=np.int64),
        top=n_shown,
        recently_completed=closed,
    )
    return ranked.module, ranked.value


def _margin(policy: Policy, settings: LoopSettings) -> float:
    # For a random ranking all modules are as good as equal.
    return float("inf") if policy is Policy.RANDOM else settings.tie_margin


def _score_estimates(policy: Policy, now: Organisation, prediction: Prediction) -> dict[str, float]:
    """Compare estimated effects with the true ones, wherever a module serves a gap."""
    asked = now.served
    truth = now.effects[asked]
    lower, upper = prediction.effect_lower[asked], prediction.effect_upper[asked]
    own_rmse = float("nan")
    if policy is Policy.ORACLE:
        own_rmse = 0.0
    elif policy not in (Policy.GAP_ONLY, Policy.RANDOM):
        raw = policy is Policy.RAW_MEAN
        estimate = _raw_mean(now) if raw else prediction.expected_improvement
        own_rmse = _rmse(np.broadcast_to(estimate, asked.shape)[asked] - truth)
    tried = len({module for modules in now.intervals["modules"] for module in modules})
    return {
        "effect_rmse": own_rmse,
        "taught_rmse": _rmse(prediction.expected_improvement[asked] - truth),
        "effect_coverage": float(((lower <= truth) & (truth <= upper)).mean()),
        "modules_tried": tried / now.modules.n_modules,
    }


def _fit(now: Organisation) -> EffectTable:
    estimator = EffectModel(now.pairs).fit(now.intervals, now.level_after)
    return compile_effects(
        estimator,
        now.intervals,
        now.level_after,
        now.pairs,
        ids=now,
        scale=(0.0, TOP_LEVEL),
        name=DEFAULT_ESTIMATOR,
        calibrated=False,
    )


def _predict(fit: EffectTable, now: Organisation) -> Prediction:
    """Predict all pairs for all people; arrays of shape (n_people, n_pairs)."""
    modules = now.modules
    n, n_pairs = len(now.level), modules.pair_module.size
    predictions = predict(
        fit,
        np.tile(modules.pair_module, n),
        np.tile(modules.pair_competency, n),
        now.level[:, modules.pair_competency].ravel(),
        np.repeat(now.org, n_pairs),
    )
    return Prediction(
        **{name: value.reshape(n, n_pairs) for name, value in vars(predictions).items()}
    )


def _raw_mean(now: Organisation) -> FloatArray:
    """Raw mean gain of each pair's participants, shape (n_pairs,)."""
    modules = now.modules
    asked = ask(
        [modules.ids[code] for code in modules.pair_module],
        [now.competency_ids[code] for code in modules.pair_competency],
        np.zeros(modules.pair_module.size),
    )
    return RawMean().fit(now.intervals, now.level_after).effect(asked)


def _alike(now: Organisation) -> BoolArray:
    """Whether two modules serve a competency in common, shape (n_modules, n_modules)."""
    serves = np.zeros((now.modules.n_modules, now.settings.n_competencies))
    serves[now.modules.pair_module, now.modules.pair_competency] = 1.0
    return serves @ serves.T > 0


def _rmse(error: FloatArray) -> float:
    return float(np.sqrt((error**2).mean()))
