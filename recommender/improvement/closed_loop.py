"""The closed loop: recommend, train, record, retrain, quarter after quarter, with known effects.

A model that learns from the training that it chose itself may go wrong in ways that one evaluation
does not show: it may never try what it does not know, or believe its own luck. Here the
loop is closed on a simulated organisation, under several rankings and on the same luck, and what
people gained in truth is counted.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from recommender.improvement.effects import EffectFit, Prediction, fit_effects, predict
from recommender.improvement.evaluation import fit_baselines
from recommender.improvement.off_policy import PolicyValue, off_policy_value
from recommender.improvement.organisation import (
    Organisation,
    Quarter,
    found_organisation,
    live_quarter,
)
from recommender.improvement.policies import (
    Policy,
    Shown,
    show_modules,
    sum_by_module,
    value_modules,
)
from recommender.improvement.synthetic import TOP_LEVEL, SimulationSettings
from recommender.improvement.tables import RecordTable

__all__ = [
    "ClosedLoop",
    "LoopSettings",
    "OffPolicyCheck",
    "Policy",
    "PolicyRun",
    "ShownLog",
    "loop_frame",
    "run_closed_loop",
    "shown_frame",
]

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]
BoolArray = NDArray[np.bool_]


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
        Modules a person takes in a quarter, none of which serve the same competency.
    attendance : float
        Probability that a module is taken once it is recommended.
    reassessed_share : float
        Share of persons and competencies assessed in a quarter without training.
    n_shown : int
        Length of the list a person is shown.
    tie_margin : float
        Modules of the list whose expected gap closed is so close to the best count as equal, in
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
class ShownLog:
    """What was shown to whom; one row a module shown, arrays of shape (n_rows,).

    Attributes
    ----------
    quarter, slot, person : ndarray of int
        When, in which place of the person's capacity, to whom; from 0.
    rank : ndarray of int
        Place in the list, from 1; the module of rank 1 is the one recommended.
    module : ndarray of int
        Code of the module.
    score : ndarray of float
        What the ranking went by.
    propensity : ndarray of float
        Probability with which the module was put first; sums to 1 over a list.
    taken : ndarray of bool
        Whether the person took it.
    """

    quarter: IntArray
    slot: IntArray
    person: IntArray
    rank: IntArray
    module: IntArray
    score: FloatArray
    propensity: FloatArray
    taken: BoolArray


@dataclass(frozen=True)
class OffPolicyCheck:
    """What the log of one ranking says of another, beside what is true.

    The other ranking takes, of the modules that counted as equal, the one with the highest raw
    mean gain before the loop.

    Attributes
    ----------
    value : PolicyValue
        Estimated from the log: measured gain in weighted levels over the competencies served.
    true_value : float
        What it would have been on average.
    supported_share : float
        Share of people for whom the log could have held the other ranking's choice at all.
    n_records : int
        Modules taken that the estimate rests on.
    """

    value: PolicyValue
    true_value: float
    supported_share: float
    n_records: int


@dataclass(frozen=True)
class PolicyRun:
    """What came of one ranking; arrays of shape (n_quarters,), in levels a person.

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
        Error of an effect model fitted on the records that the ranking has left so far.
    effect_coverage : ndarray
        Share of that model's intervals of the true effect that hold.
    modules_tried : ndarray
        Share of the catalogue's modules with a record.
    off_policy : OffPolicyCheck
        What the log says of another ranking.
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
        Of everything drawn.
    runs : dict of Policy to PolicyRun
        What came of each ranking.
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
        The errors of `fit_effects`, if the history before the loop cannot be learned from.
    """
    settings = settings or LoopSettings()
    start = found_organisation(settings.organisation, seed=seed)
    first_fit = _fit(start, seed)
    runs = {policy: _run(policy, start, first_fit, settings, seed) for policy in policies}
    return ClosedLoop(settings, seed, runs)


def _run(
    policy: Policy, start: Organisation, first_fit: EffectFit, settings: LoopSettings, seed: int
) -> PolicyRun:
    now, fit = start, first_fit
    challenger = _raw_mean(start)
    margin = np.inf if policy is Policy.RANDOM else settings.tie_margin
    share = {Policy.RANDOM: 1.0, Policy.MODEL_DRAWN: settings.draw_share}.get(policy, 0.0)
    rows: list[ShownLog] = []
    trials: list[_Trials] = []
    figures: list[dict[str, float]] = []
    for quarter in range(settings.n_quarters):
        draws, life = (np.random.default_rng([seed, quarter, stream]) for stream in (2, 3))
        found = _predict(fit, now)
        own = {Policy.RAW_MEAN: _raw_mean(now)}.get(policy, found.expected_improvement)
        score = _score(policy, now, own, draws)
        true_value = value_modules(now.effects, now.true_needs, now.modules, now.served)
        attends = draws.random((len(score), settings.capacity)) < settings.attendance
        open_: BoolArray = sum_by_module(now.served.astype(float), now.modules) > 0
        open_ &= ~now.completed
        taken = np.zeros_like(open_)
        shown: list[Shown] = []
        best = lost = 0.0
        for slot in range(settings.capacity):
            listed = show_modules(
                np.where(open_, score, -np.inf),
                now.modules.hours,
                rng=draws,
                n_shown=settings.n_shown,
                margin=margin,
                draw_share=share,
            )
            people = np.flatnonzero(listed.module[:, 0] >= 0)
            first = listed.module[people, 0]
            attainable = np.where(open_, true_value, 0.0).max(axis=1)[people]
            best += float(attainable.sum())
            lost += float((attainable - true_value[people, first]).sum())
            goes = attends[people, slot]
            taken[people[goes], first[goes]] = True
            open_[people] &= ~_alike(now)[first]
            shown.append(listed)
        after, lived = live_quarter(
            now, taken, reassessed_share=settings.reassessed_share, rng=life
        )
        for slot, listed in enumerate(shown):
            rows.append(_log(listed, attends[:, slot], quarter, slot))
            trials.append(
                _try(now, listed, attends[:, slot], lived, found, challenger, margin=margin)
            )
        asked = now.served
        truth = now.effects[asked]
        lower, upper = found.effect_lower[asked], found.effect_upper[asked]
        has_own = policy not in (Policy.GAP_ONLY, Policy.RANDOM)
        estimates = np.broadcast_to(own, asked.shape)[asked]
        seen = np.unique(now.records.module[now.records.module >= 0]).size
        figures.append(
            {
                "true_gain": float(lived.gain.sum(axis=1).mean()),
                "gap_closed": float(lived.gap_closed.sum(axis=1).mean()),
                "regret": lost / best if best > 0 else float("nan"),
                "effect_rmse": _rmse(estimates - truth) if has_own else float("nan"),
                "taught_rmse": _rmse(found.expected_improvement[asked] - truth),
                "effect_coverage": float(((lower <= truth) & (truth <= upper)).mean()),
                "modules_tried": seen / now.modules.n_modules,
            }
        )
        now = after
        if quarter + 1 < settings.n_quarters:
            fit = _fit(now, seed)
    series = {name: np.array([each[name] for each in figures]) for name in figures[0]}
    series["gap_closed"] = np.cumsum(series["gap_closed"])
    return PolicyRun(**series, off_policy=_check(trials), log=_join_logs(rows))


def _fit(now: Organisation, seed: int) -> EffectFit:
    n_competencies = now.settings.n_competencies
    return fit_effects(now.records, now.modules, n_competencies=n_competencies, seed=seed)


def _predict(fit: EffectFit, now: Organisation) -> Prediction:
    """Predict all pairs for all people; arrays of shape (n_people, n_pairs)."""
    modules = now.modules
    n, n_pairs = len(now.level), modules.pair_module.size
    found = predict(
        fit,
        np.tile(modules.pair_module, n),
        np.tile(modules.pair_competency, n),
        now.level[:, modules.pair_competency].ravel(),
        np.repeat(now.org, n_pairs),
    )
    return Prediction(**{name: value.reshape(n, n_pairs) for name, value in vars(found).items()})


def _raw_mean(now: Organisation) -> FloatArray:
    """Raw mean gain of each pair's participants, shape (n_pairs,)."""
    modules = now.modules
    size = modules.pair_module.size
    unknown, none = np.zeros(size), np.full(size, -1)
    asked = RecordTable(
        none, modules.pair_competency, modules.pair_module, *(unknown,) * 3, none, unknown
    )
    return fit_baselines(now.records)["raw-mean"](asked)


def _score(
    policy: Policy, now: Organisation, improvement: FloatArray, rng: np.random.Generator
) -> FloatArray:
    if policy is Policy.RANDOM:
        return rng.random(now.completed.shape)
    if policy is Policy.GAP_ONLY:
        improvement = np.array(TOP_LEVEL)
    wide = np.broadcast_to(improvement, now.served.shape)
    return value_modules(wide, now.needs, now.modules, now.served)


def _alike(now: Organisation) -> BoolArray:
    """Whether two modules serve a competency in common, shape (n_modules, n_modules)."""
    serves = np.zeros((now.modules.n_modules, now.settings.n_competencies))
    serves[now.modules.pair_module, now.modules.pair_competency] = 1.0
    return serves @ serves.T > 0


def _rmse(error: FloatArray) -> float:
    return float(np.sqrt((error**2).mean()))


def _log(listed: Shown, attends: BoolArray, quarter: int, slot: int) -> ShownLog:
    person, place = np.nonzero(listed.module >= 0)
    return ShownLog(
        quarter=np.full(person.size, quarter),
        slot=np.full(person.size, slot),
        person=person,
        rank=place + 1,
        module=listed.module[person, place],
        score=listed.score[person, place],
        propensity=listed.propensity[person, place],
        taken=(place == 0) & attends[person],
    )


def _join_logs(logs: list[ShownLog]) -> ShownLog:
    return ShownLog(**{name: np.concatenate([getattr(log, name) for log in logs])
                       for name in vars(logs[0])})


@dataclass(frozen=True)
class _Trials:
    """Modules taken, and what the challenger would have chosen; arrays of shape (n_taken,)."""

    outcome: FloatArray
    propensity: FloatArray
    matches: BoolArray
    expected_logged: FloatArray
    expected_chosen: FloatArray
    true_chosen: FloatArray
    supported: BoolArray


def _try(
    now: Organisation,
    listed: Shown,
    attends: BoolArray,
    lived: Quarter,
    found: Prediction,
    challenger: FloatArray,
    *,
    margin: float,
) -> _Trials:
    """Set what was measured after each module taken beside the challenger's choice."""
    k = now.modules.pair_competency
    counted = np.where(now.served, now.weight[:, k], 0.0)

    def outcome(after_less_before: FloatArray) -> FloatArray:
        return sum_by_module(counted * after_less_before, now.modules)

    people = np.flatnonzero((listed.module[:, 0] >= 0) & attends)
    module, score = listed.module[people], listed.score[people]
    top = np.nanmax(score, axis=1, keepdims=True)
    near = (module >= 0) & (np.nan_to_num(score, nan=-np.inf) >= top - margin)
    rival = _score(Policy.RAW_MEAN, now, challenger, np.random.default_rng(0))
    # of equal ones the lower code, wherever it was shown
    rated = np.where(near, rival[people[:, None], module] - 1e-9 * module, -np.inf)
    place = rated.argmax(axis=1)
    row = np.arange(people.size)
    chosen, logged = module[row, place], module[:, 0]
    measured = outcome(np.nan_to_num(lived.measured)[:, k])
    expected = outcome(found.expected_level_after - now.level[:, k])
    would_be = np.clip(now.grow()[:, k] + now.effects, 0.0, TOP_LEVEL)
    true = outcome(would_be - now.level[:, k])
    return _Trials(
        outcome=measured[people, logged],
        propensity=listed.propensity[people, 0],
        matches=place == 0,
        expected_logged=expected[people, logged],
        expected_chosen=expected[people, chosen],
        true_chosen=true[people, chosen],
        supported=listed.propensity[people, place] > 0,
    )


def _check(trials: list[_Trials]) -> OffPolicyCheck:
    rows = {name: np.concatenate([getattr(t, name) for t in trials]) for name in vars(trials[0])}
    true, supported = rows.pop("true_chosen"), rows.pop("supported")
    return OffPolicyCheck(
        value=off_policy_value(**rows),
        true_value=float(true.mean()) if true.size else float("nan"),
        supported_share=float(supported.mean()) if supported.size else float("nan"),
        n_records=int(true.size),
    )


def loop_frame(loop: ClosedLoop) -> pd.DataFrame:
    """Return the loop as a table: one row a policy and quarter, with the figures of `PolicyRun`."""
    figures = [name for name in vars(next(iter(loop.runs.values()))) if name not in _OTHER]
    return pd.concat(
        [
            pd.DataFrame(
                {
                    "policy": str(policy),
                    "quarter": np.arange(1, loop.settings.n_quarters + 1),
                    **{name: getattr(run, name) for name in figures},
                }
            )
            for policy, run in loop.runs.items()
        ],
        ignore_index=True,
    )


_OTHER = ("off_policy", "log")


def shown_frame(log: ShownLog) -> pd.DataFrame:
    """Return a log as a table, one row a module shown."""
    return pd.DataFrame(vars(log))
