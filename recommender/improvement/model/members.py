"""One member of the effect model: a block ridge on weighted columns, and how it is searched for."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
import pandas as pd
import scipy.sparse as sp

from recommender.arrays import BoolArray, FloatArray, IntArray
from recommender.improvement.model.block_ridge import BlockRidge, Products
from recommender.improvement.model.columns import UNPENALISED, Columns, Events
from recommender.improvement.model.curve import Weight

NOT_SHRUNK = (UNPENALISED, "effect")
OWN = ("module", "pair")
"""Blocks of what a module does differently from modules like it."""


@dataclass(frozen=True)
class Training:
    """Completed modules within intervals, with all that their weights depend on.

    Attributes
    ----------
    events : Events
        The modules.
    columns : Columns
        Columns of the effect, a row an event.
    from_level : ndarray of shape (n_events,)
        Of the module for the competency, on [0, 4]; NaN where unknown.
    main : ndarray of bool, shape (n_events,)
        Whether the competency is the module's main one.
    lag : ndarray of shape (n_events,)
        Months since the completion beyond those asked for; NaN where unknown.
    """

    events: Events
    columns: Columns
    from_level: FloatArray
    main: BoolArray
    lag: FloatArray

    def weigh(self, weight: Weight) -> FloatArray:
        """Return the weight of each event."""
        return weight.at(self.events.level, self.from_level, self.main, self.lag)


@dataclass(frozen=True)
class Untrained:
    """What happened without training in intervals, and their outcome.

    Attributes
    ----------
    columns : Columns
        A row an interval.
    after : ndarray of shape (n_intervals,)
        Later level, on [0, 4].
    """

    columns: Columns
    after: FloatArray

    @cached_property
    def products(self) -> Products:
        """Sums over the intervals, computed once for all members that are fitted on them."""
        return Products.of(self.columns.values, self.after)


@dataclass(frozen=True)
class Member:
    """A fitted member.

    Attributes
    ----------
    weight : Weight
        What each completed module is multiplied with.
    size : float
        Root mean square of the weights, by which they are divided.
    ridge : BlockRidge
        Fitted on the columns of the effect, then those without training.
    names : tuple of str
        Name of each block of `ridge`.
    n_untrained : int
        Number of columns without training.
    effect : ndarray of bool
        Which of the columns of the effect it has.
    """

    weight: Weight
    size: float
    ridge: BlockRidge
    names: tuple[str, ...]
    n_untrained: int
    effect: BoolArray

    def predict_untrained(self, columns: Columns) -> FloatArray:
        """Return the level to expect without training."""
        return columns.values @ self.ridge.coef_[-self.n_untrained :]

    def predict_effect(self, training: Training, blocks: Collection[str] = ()) -> FloatArray:
        """Return what each event adds, by all of its columns or those of some blocks."""
        coefficients = self.ridge.coef_[: -self.n_untrained]
        values = training.columns.values[:, self.effect]
        if blocks:
            mine = np.isin(np.array(training.columns.blocks)[self.effect], list(blocks))
            coefficients = np.where(mine, coefficients, 0.0)
        return training.weigh(self.weight) / self.size * (values @ coefficients)

    def effect_variance(self, training: Training) -> FloatArray:
        """Return the posterior variance of what each interval's events add together."""
        n_rows = int(training.events.row.max(initial=-1)) + 1
        values = _weighted(training, self.weight, self.size, self.effect, n_rows)
        nothing = sp.csr_array((n_rows, self.n_untrained))
        return self.ridge.combination_variance(sp.csr_array(sp.hstack([values, nothing])))


def _weighted(
    training: Training, weight: Weight, size: float, columns: BoolArray, n_rows: int
) -> sp.csr_array:
    by_event = sp.diags_array(training.weigh(weight) / size) @ training.columns.values[:, columns]
    return training.events.sum_by_row(sp.csr_array(by_event), n_rows)


@dataclass(frozen=True)
class Equations:
    """What a member is fitted on.

    Attributes
    ----------
    untrained : Untrained
        All intervals.
    training : Training
        The modules completed in them.
    without : frozenset of str
        Blocks of the effect to leave out.
    """

    untrained: Untrained
    training: Training
    without: frozenset[str] = frozenset()

    def sample(self, n_rows: int) -> Equations:
        """Return at most so many of the intervals, always the same."""
        n = self.untrained.after.size
        if n <= n_rows:
            return self
        rows = np.sort(np.random.default_rng(0).choice(n, n_rows, replace=False))
        place = np.full(n, -1)
        place[rows] = np.arange(n_rows)
        t, e = self.training, self.training.events
        mine = np.flatnonzero(place[e.row] >= 0)
        events = Events(place[e.row[mine]], e.pair[mine], e.since[mine], e.level[mine])
        columns = Columns(t.columns.values[mine], t.columns.blocks)
        return replace(
            self,
            untrained=Untrained(
                Columns(self.untrained.columns.values[rows], self.untrained.columns.blocks),
                self.untrained.after[rows],
            ),
            training=Training(events, columns, t.from_level[mine], t.main[mine], t.lag[mine]),
        )

    def fit(self, weight: Weight) -> Member:
        """Fit a member with given weights."""
        size = self._size(weight)
        names, blocks = self._blocks
        ridge = BlockRidge(blocks, fit_intercept=False).fit_products(self._products(weight, size))
        n_untrained = len(self.untrained.columns.blocks)
        return Member(weight, size, ridge, names, n_untrained, self._kept)

    def likelihood(self, start: Weight) -> Callable[[Weight], float]:
        """Return the log marginal likelihood of weights, by the penalties that `start` needs."""
        ridge = self.fit(start).ridge
        given = BlockRidge(
            self._blocks[1], fit_intercept=False, variances=ridge.variances_, noise=ridge.noise_
        )

        def of(weight: Weight) -> float:
            products = self._products(weight, self._size(weight))
            return given.fit_products(products).log_marginal_likelihood_

        return of

    @cached_property
    def _kept(self) -> BoolArray:
        return ~np.isin(np.array(self.training.columns.blocks), list(self.without))

    @cached_property
    def _blocks(self) -> tuple[tuple[str, ...], IntArray]:
        effect = np.array(self.training.columns.blocks, dtype=object)[self._kept]
        of = np.concatenate([effect, np.array(self.untrained.columns.blocks, dtype=object)])
        of[np.isin(of, NOT_SHRUNK)] = None
        codes, names = pd.factorize(of)
        return tuple(names), codes.astype(np.int64)

    def _size(self, weight: Weight) -> float:
        # Of a mean size of 1, so that penalties mean the same whatever the curve.
        size = float(np.sqrt(np.mean(self.training.weigh(weight) ** 2)))
        return size if size > 0 else 1.0

    def _products(self, weight: Weight, size: float) -> Products:
        untrained = self.untrained
        effect = _weighted(self.training, weight, size, self._kept, untrained.after.size)
        return untrained.products.extend(untrained.columns.values, effect, untrained.after)
