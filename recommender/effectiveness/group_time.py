"""Effects of training that people took at different times, against people not trained yet.

For everybody trained from period g on, and every later period t, the change since the baseline
before g is compared with that of people of the same stratum who are not trained by t. These
comparisons are averaged with the trained people that each of them has. So nobody who has been
trained is ever taken for untrained, as a regression with one effect for all periods would do, which
is wrong when effects grow or fade.

References
----------
Callaway & Sant'Anna (2021), Difference-in-differences with multiple time periods, Journal of
Econometrics 225; Goodman-Bacon (2021), same volume, for what the regression does.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np

from recommender.arrays import FloatArray, IntArray
from recommender.effectiveness.panel import NEVER, Panel, Windows

LEAST_CONTROLS = 5
"""Fewer people tell neither the change without training nor how far it may be off."""


@dataclass(frozen=True)
class Comparison:
    """The people of a stratum trained from one period on, beside the untrained; as positions.

    Attributes
    ----------
    treated, controls : ndarray of int
        People with a whole baseline. Controls may be trained later.
    treated_base, control_base : ndarray of float
        The mean of each one's baseline.
    before, after : range
        Periods of the baseline, and those in which they are compared.
    """

    treated: IntArray
    controls: IntArray
    treated_base: FloatArray
    control_base: FloatArray
    before: range
    after: range


@dataclass(frozen=True)
class GroupTimeEffect:
    """The average of all comparisons.

    Attributes
    ----------
    value, standard_error : float
        For a treated person and period; clustered by person.
    treated, controls : int
        People who take part in some comparison, as the one or the other; some are first a control
        and then treated.
    treated_periods : int
        Periods after training, summed over treated people.
    """

    value: float
    standard_error: float
    treated: int
    controls: int
    treated_periods: int


def list_comparisons(panel: Panel, windows: Windows, *, placebo: bool) -> Iterator[Comparison]:
    """List the comparisons that a panel allows, by stratum and period.

    Parameters
    ----------
    panel : Panel
        The figures.
    windows : Windows
        What is looked at around a training.
    placebo : bool
        Whether to compare the last periods before training in place of those after.

    Yields
    ------
    Comparison
        With at least one treated person and `LEAST_CONTROLS` others.
    """
    n_periods = panel.values.shape[1]
    # controls are those not trained by the first period compared; who is trained during the later
    # ones leaves them then
    for stratum in np.unique(panel.stratum):
        members = np.flatnonzero(panel.stratum == stratum)
        starts = panel.treated_from[members]
        for start in np.unique(starts[starts < n_periods]).tolist():
            end = start - windows.transition
            after = range(max(start, 0), min(start + windows.after, n_periods))
            if placebo:
                after, end = range(end - windows.placebo, end), end - windows.placebo
            first = max(0, end - windows.baseline)
            if end - first < windows.least_baseline or not after:
                continue
            base = panel.values[members, first:end].mean(axis=1)
            whole = np.isfinite(base)
            treated = whole & (starts == start)
            controls = whole & (starts - windows.transition > after[0]) & (starts != start)
            if treated.any() and controls.sum() >= LEAST_CONTROLS:
                yield Comparison(
                    *(members[treated], members[controls], base[treated], base[controls]),
                    before=range(first, end),
                    after=after,
                )


def average_effects(
    panel: Panel, comparisons: Iterable[Comparison], *, transition: int
) -> GroupTimeEffect | None:
    """Average the effects of all comparisons, each with the treated people that it has.

    Parameters
    ----------
    panel : Panel
        The figures.
    comparisons : iterable of Comparison
        As `list_comparisons` returns them.
    transition : int
        As in `Windows`.

    Returns
    -------
    GroupTimeEffect or None
        None where no period has a treated person and `LEAST_CONTROLS` untrained ones.

    Notes
    -----
    The effect is W⁻¹ Σ_i Σ_t (ΔY_it − mean of ΔY_t of the untrained), over the W periods of treated
    people i. Its variance adds up, person by person, how far a treated person's effects lie from
    the average and how far an untrained person moves the means; somebody who is first the one and
    then the other has both in one sum. Cohorts may consist of a single person, so treated people
    are told from the average of all, and not of their cohort: true differences between cohorts make
    the interval wider, never narrower.
    """
    n_people = len(panel.treated_from)
    effects, periods = np.zeros(n_people), np.zeros(n_people)
    moves, used = np.zeros(n_people), np.zeros(n_people, dtype=bool)
    for each in comparisons:
        columns = slice(each.after.start, each.after.stop)
        change = panel.values[each.controls, columns] - each.control_base[:, None]
        free = panel.treated_from[each.controls, None] - transition > np.array(each.after)
        counted = np.isfinite(change) & free
        n = counted.sum(axis=0)
        mean = np.where(counted, change, 0.0).sum(axis=0) / np.maximum(n, 1)
        own = panel.values[each.treated, columns] - each.treated_base[:, None]
        there = np.isfinite(own) & (n >= LEAST_CONTROLS)
        effects[each.treated] += np.where(there, own - mean, 0.0).sum(axis=1)
        periods[each.treated] += there.sum(axis=1)
        # n / (n - 1): a mean of few people is further off than they are from it
        share = there.sum(axis=0) / np.maximum(n, 1) * np.sqrt(n / np.maximum(n - 1, 1))
        counted &= there.any(axis=0)
        moves[each.controls] -= (np.where(counted, change - mean, 0.0) * share).sum(axis=1)
        used[each.controls] |= counted.any(axis=1)
    total, treated = periods.sum(), int((periods > 0).sum())
    if treated < 2:
        return None
    value = effects.sum() / total
    influence = (effects - periods * value) * np.sqrt(treated / (treated - 1)) + moves
    return GroupTimeEffect(
        float(value),
        float(np.sqrt((influence**2).sum()) / total),
        treated,
        int(used.sum()),
        int(total),
    )


def is_common_date(panel: Panel, comparisons: list[Comparison]) -> bool:
    """Say whether all treated people of some comparisons were trained at one time, others never."""
    starts = np.unique(np.concatenate([panel.treated_from[each.treated] for each in comparisons]))
    others = np.concatenate([panel.treated_from[each.controls] for each in comparisons])
    return starts.size == 1 and bool((others == NEVER).all())
