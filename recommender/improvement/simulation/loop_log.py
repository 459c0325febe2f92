"""What a closed loop logs of its recommendations, and what that log says about another ranking."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from recommender.arrays import BoolArray, FloatArray, IntArray
from recommender.improvement.effect_table import Prediction
from recommender.improvement.off_policy import PolicyValue, off_policy_value
from recommender.improvement.simulation.organisation import Organisation, Quarter
from recommender.improvement.simulation.policies import Shown, sum_by_module
from recommender.improvement.simulation.settings import TOP_LEVEL


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
    """What the log of one ranking says about another, beside what is true.

    The other ranking takes, of the modules that counted as equal, the one with the highest raw
    mean gain before the loop.

    Attributes
    ----------
    value : PolicyValue
        Estimated from the log: measured gain in weighted levels over the competencies served.
    true_value : float
        What it would have been on average.
    supported_share : float
        Share of people for whom the other ranking's choice could have been logged at all.
    n_records : int
        Modules taken that the estimate rests on.
    """

    value: PolicyValue
    true_value: float
    supported_share: float
    n_records: int


@dataclass(frozen=True)
class Trials:
    """Modules taken, and what the challenger would have chosen; arrays of shape (n_taken,).

    Attributes
    ----------
    outcome : ndarray
        Measured gain over the competencies served, in weighted levels.
    propensity : ndarray
        Probability with which the module taken was put first.
    matches, supported : ndarray of bool
        Whether the challenger chose the same; whether its choice could have been put first.
    expected_logged, expected_chosen : ndarray
        Outcome the model in force expected of the module taken and of the challenger's.
    true_chosen : ndarray
        True outcome of the challenger's choice, without noise.
    """

    outcome: FloatArray
    propensity: FloatArray
    matches: BoolArray
    expected_logged: FloatArray
    expected_chosen: FloatArray
    true_chosen: FloatArray
    supported: BoolArray


def try_challenger(
    now: Organisation,
    listed: Shown,
    attends: BoolArray,
    lived: Quarter,
    prediction: Prediction,
    challenger: FloatArray,
    *,
    margin: float,
) -> Trials:
    """Set what was measured after each module taken beside the challenger's choice.

    Parameters
    ----------
    now : Organisation
        People at the start of the quarter.
    listed : Shown
        What they were shown.
    attends : ndarray of bool, shape (n_people,)
        Who takes what is recommended.
    lived : Quarter
        What the quarter did.
    prediction : Prediction
        Predictions of the model in force; arrays of shape (n_people, n_pairs).
    challenger : ndarray of shape (n_pairs,)
        Raw mean gain that the other ranking goes by.
    margin : float
        The challenger chooses among listed modules this close to the best.
    """
    k = now.modules.pair_competency
    # Only gaps count: what a module adds where there is no gap is not what rankings go by.
    counted = np.where(now.served, now.weight[:, k], 0.0)

    def outcome(after_less_before: FloatArray) -> FloatArray:
        return sum_by_module(counted * after_less_before, now.modules)

    people = np.flatnonzero((listed.module[:, 0] >= 0) & attends)
    module, score = listed.module[people], listed.score[people]
    top = np.nanmax(score, axis=1, keepdims=True)
    # The challenger chooses among modules close to the best, the only ones that a log with draws
    # could have put first.
    near = (module >= 0) & (np.nan_to_num(score, nan=-np.inf) >= top - margin)
    rival = now.value_modules(challenger[:, None])
    # Among equals the lower code, as a choice by place would depend on the logged draw.
    rated = np.where(near, rival[people[:, None], module] - 1e-9 * module, -np.inf)
    place = rated.argmax(axis=1)
    row = np.arange(people.size)
    chosen, logged = module[row, place], module[:, 0]
    measured = outcome(np.nan_to_num(lived.measured)[:, k])
    expected = outcome(prediction.expected_level_after - now.level[:, k])
    # Without the luck of the quarter: the mean of what the challenger's choice would have done.
    would_be = np.clip(now.grow()[:, k] + now.effects, 0.0, TOP_LEVEL)
    true = outcome(would_be - now.level[:, k])
    return Trials(
        outcome=measured[people, logged],
        propensity=listed.propensity[people, 0],
        matches=place == 0,
        expected_logged=expected[people, logged],
        expected_chosen=expected[people, chosen],
        true_chosen=true[people, chosen],
        supported=listed.propensity[people, place] > 0,
    )


def check_off_policy(trials: list[Trials]) -> OffPolicyCheck:
    """Estimate the challenger's value from all trials, and find the true one."""
    rows = {name: np.concatenate([getattr(t, name) for t in trials]) for name in vars(trials[0])}
    # What is left in `rows` are exactly the arguments of the estimate: the truth stays out of it.
    true, supported = rows.pop("true_chosen"), rows.pop("supported")
    return OffPolicyCheck(
        value=off_policy_value(**rows),
        true_value=float(true.mean()) if true.size else float("nan"),
        supported_share=float(supported.mean()) if supported.size else float("nan"),
        n_records=int(true.size),
    )


def log_shown(listed: Shown, attends: BoolArray, quarter: int, slot: int) -> ShownLog:
    """Log the lists of one quarter and slot."""
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


def join_logs(logs: list[ShownLog]) -> ShownLog:
    """Put logs one after the other."""
    return ShownLog(
        **{name: np.concatenate([getattr(log, name) for log in logs]) for name in vars(logs[0])}
    )
