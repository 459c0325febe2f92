"""Drawn organisations in which everybody is treated alike, or one group is not."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from recommender.watch.alarms import FEWEST_TESTED, choose_alarms, p_value_below, p_value_beyond
from recommender.watch.calibration import measure_calibration
from recommender.watch.drift import compare_input, find_gain_drift
from recommender.watch.fairness import compare_groups, make_strata
from recommender.watch.inputs import summarise_labels, summarise_numbers

UNITS = np.array([0.3, 0.2, 0.15, 0.1, 0.1, 0.07, 0.05, 0.03])
LABELS = np.array(list("abcdefgh"))


@dataclass(frozen=True)
class Wrong:
    """What is wrong: nothing unless it is said."""

    hours_of_unit_2: float = 1.0  # times what others with the same gap take
    offset_of_unit_1: float = 0.0  # levels by which their gains are not as predicted
    levels_shifted: float = 0.0
    gains_lost_from: int | None = None  # day from which on gains are .3 less


def find_alarms(seed: int, wrong: Wrong = Wrong(), *, n: int = 2000) -> list[str]:
    """Draw an organisation, ask all questions of it, and name the alarms."""
    rng = np.random.default_rng(seed)
    unit = rng.choice(8, n, p=UNITS)
    grade, tenure = rng.choice(4, n, p=[0.35, 0.35, 0.2, 0.1]), rng.choice(5, n)
    # units and grades differ in their gaps, and hours follow gaps: that is as it should be
    gap = np.clip(rng.normal(0.8 - 0.1 * grade + 0.1 * (unit == 3), 0.3, n), 0, None)
    wanted = gap * 40 * np.where(unit == 2, wrong.hours_of_unit_2, 1.0)
    # half take nothing, and the others very different amounts
    hours = np.where(rng.random(n) < 0.5, rng.gamma(2.0, wanted / 2 + 0.01), 0.0)
    seats = rng.poisson(hours / 16).astype(float)
    has_one = (rng.random(n) < 0.9).astype(float)
    asked: dict[str, float] = {}

    def ask(name: str, p_values: np.ndarray) -> None:
        asked.update({f"{name} {at}": p for at, p in enumerate(p_values.tolist())})

    groups = (("unit", unit, 8), ("tenure", tenure, 5), ("grade", grade, 4))
    for dimension, group, size in groups:
        strata = make_strata(0 * grade if dimension == "grade" else grade, gap)
        for name, values, tolerance in (
            ("hours", hours, hours.mean() / 10),
            ("seats", seats, seats.mean() / 10),
            ("recommended", has_one, 0.05),
        ):
            found = compare_groups(values, group, strata, n_groups=size)
            p_values = p_value_beyond(found.difference, found.error, np.full(size, tolerance))
            p_values[found.count < FEWEST_TESTED] = np.nan
            ask(f"{name} {dimension}", p_values)
    # records of a quarter of the people: those of one person err together
    person = np.repeat(np.arange(n // 4), rng.integers(1, 6, n // 4))
    day = rng.integers(0, 200, n // 4)[person]
    predicted = rng.normal(0.4, 0.15, person.size)
    error = rng.normal(0, 0.25, n // 4)[person] + rng.normal(0, 0.3, person.size)
    error += wrong.offset_of_unit_1 * (unit[person] == 1)
    if wrong.gains_lost_from is not None:
        error -= 0.3 * (day >= wrong.gains_lost_from)
    held = np.abs(error) < 1.645 * np.hypot(0.25, 0.3)
    for dimension, group, size in groups:
        found = measure_calibration(
            predicted, predicted + error, held, person, group[person], n_groups=size
        )
        apart = found.offset - found.rest_offset
        spread = np.hypot(found.offset_error, found.rest_error)
        few = found.people < FEWEST_TESTED
        for name, p_values in (
            ("offset", p_value_beyond(apart, spread, np.full(size, 0.1))),
            ("slope", p_value_beyond(found.slope - 1, found.slope_error, np.full(size, 0.5))),
            ("coverage", p_value_below(found.coverage, found.coverage_error, np.full(size, 0.85))),
        ):
            ask(f"{name} {dimension}", np.where(few, np.nan, p_values))
    drift = find_gain_drift(error, day, person, rate=0.01)
    ask("gain", p_value_beyond(*(np.array([x]) for x in (drift.offset, drift.error, 0.1))))
    if drift.changed_at is not None and abs(drift.after) > 0.1:
        asked["change"] = drift.p_value
    # the training saw other people of the same kind
    then = rng.normal(2.0, 0.6, n)
    summary = summarise_numbers("level", then, np.arange(n))
    now = rng.normal(2.0 + wrong.levels_shifted, 0.6, n // 4)[person]
    asked["level"] = compare_input(summary, now, person, tolerance=0.1).p_value
    summary = summarise_labels("unit", LABELS[rng.choice(8, n, p=UNITS)].tolist(), np.arange(n))
    units = LABELS[unit[person]].tolist()
    asked["unit"] = compare_input(summary, units, person, tolerance=0.1).p_value
    raised = choose_alarms(np.array(list(asked.values())))
    return [name for name, is_one in zip(asked, raised.tolist(), strict=True) if is_one]
