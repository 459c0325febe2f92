"""The effect model: what a module adds for a person at a level, learned from past improvement.

A later level is what it would have been without training plus what each module completed in
between has added. Two members explain the second part, and their mean predicts: in the *linear*
member the distance of the level from the module's from-level, the hours, the modality and the like
add up; in the *curve* member one curve of the level multiplies all the rest. Both are ridges whose
penalties, one for each kind of column, are chosen by marginal likelihood, so that a module with few
records stays near what the catalogue lets expect.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace
from typing import Self

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike
from sklearn.base import BaseEstimator, RegressorMixin, clone
from sklearn.utils.validation import check_is_fitted

from recommender.arrays import FloatArray
from recommender.errors import ModelError
from recommender.improvement.history_checks import (
    MIN_CONTROLS,
    bracket_effect,
    count_modules,
    find_reliability,
)
from recommender.improvement.intervals import is_size_known
from recommender.improvement.model.columns import (
    EffectColumns,
    Events,
    UntrainedColumns,
    flatten,
    list_events,
)
from recommender.improvement.model.curve import TOP, Weight, search_curve, search_fading
from recommender.improvement.model.members import OWN, Equations, Training, Untrained

CATALOG_COLUMNS = ["module_id", "competency_id", "from_level", "main", "modality", "hours"]
MIN_TRAINED = 30
# Parameters that are searched for are as good as settled by so many intervals.
SEARCH_ROWS = 40_000
# The 95 % quantile of the standard normal.
NORMAL_90 = 1.6448536269514722
PENALTY_DOUBT = 400.0


class EffectModel(RegressorMixin, BaseEstimator):
    """Predict what training adds to a competency level.

    Parameters
    ----------
    catalog : DataFrame
        Every module and competency it serves: `module_id`, `competency_id`, `from_level` and
        `to_level` (on `scale`; NaN where unknown), `main`, `modality`, `hours`.
    scale : tuple of float
        Lowest and highest level there is.
    asked_since : float
        How many months after a module its effect is asked for, where effects fade.
    members : sequence of {"linear", "curve"}
        The parts whose mean predicts.
    without : sequence of str
        Blocks of columns to leave out, to see what they are worth.
    selection_doubt : float
        Standard deviation, as a share of the effect, of what records cannot show: what managers
        knew, and where a person truly stood. The default makes intervals hold for the module
        ranked first on simulated histories.
    weights : sequence of Weight, optional
        What each module is multiplied with, by member; searched for when not given.

    Attributes
    ----------
    size_known_ : bool
        False without control rows: effects are then relative to the average module.
    members_ : list of Member
        What was fitted.
    pairs_ : DataFrame
        `catalog`, and the modules that records alone know for a competency.
    half_life_ : float
        Months after which half of an effect is left; infinite where effects last.
    bracket_ : Bracket
        Mean effect on those who were trained, and how large it may be at most if managers chose
        by what they knew; NaN without control rows.

    Notes
    -----
    `X` has one row an interval between two assessments of a person in a competency:

    ==================  ===========================================================
    `person_id`         who; read by nobody but cross-validation
    `competency_id`     which competency
    `modules`           tuple of the modules completed in between; () for a control
    `since`             tuple of the months from each completion to the later
                        assessment; NaN where unknown, and in a question
    `level_before`      earlier level, on `scale`
    `months`            between the two assessments; NaN where unknown
    `org_unit`          unit, or None
    `assessed_on`       day of the later assessment, or NaT
    ==================  ===========================================================

    and `y` is the later level.

    References
    ----------
    MacKay (1992), Bayesian interpolation, Neural Computation 4; Searle, Casella & McCulloch (1992),
    Variance Components, chapter 7.
    """

    def __init__(
        self,
        catalog: pd.DataFrame | None = None,
        *,
        scale: tuple[float, float] = (0.0, 4.0),
        asked_since: float = 6.0,
        members: Sequence[str] = ("linear", "curve"),
        without: Sequence[str] = (),
        selection_doubt: float = 0.5,
        weights: Sequence[Weight] | None = None,
    ) -> None:
        self.catalog = catalog
        self.scale = scale
        self.asked_since = asked_since
        self.members = members
        self.without = without
        self.selection_doubt = selection_doubt
        self.weights = weights

    def fit(self, X: pd.DataFrame, y: FloatArray) -> Self:
        """Fit the model.

        Raises
        ------
        ModelError
            `model.too-few-records`, `model.bad-scale`, `model.level-outside-scale`,
            `model.level-missing`, `model.levels-do-not-vary`.
        """
        after = np.asarray(y, dtype=np.float64)
        _check(X, after, self.scale)
        self.size_known_ = is_size_known(X)
        self.pairs_ = complete_pairs(self.catalog, X)
        level = self._to_inner(X["level_before"])
        self._untrained = UntrainedColumns().fit(X, level)
        low, high = self.scale
        self._from_level = (
            (self.pairs_["from_level"].to_numpy(np.float64) - low) / (high - low) * TOP
        )
        inner = self.pairs_.assign(from_level=self._from_level)
        self._effects = EffectColumns().fit(inner, size_known=self.size_known_)
        events = list_events(X, self.pairs_, level)
        equations = Equations(
            untrained=Untrained(self._untrained.transform(X, level), self._to_inner(after)),
            training=self._training(events),
            without=frozenset(self.without),
        )
        weights = self._search(equations) if self.weights is None else self.weights
        self.half_life_ = weights[0].half_life
        self.members_ = [
            self._equations_of(name, equations).fit(weight)
            for name, weight in zip(self.members, weights, strict=True)
        ]
        self.n_trained_ = int(np.unique(events.row).size)
        self.n_features_in_ = X.shape[1]
        added = [each.predict_effect(equations.training).sum() for each in self.members_]
        mean_effect = float(np.mean(added)) / self.n_trained_ * self._unit
        reliability = find_reliability(X, after)
        self.bracket_ = bracket_effect(X, after, ancova=mean_effect, reliability=reliability)
        return self

    def predict(self, X: pd.DataFrame) -> FloatArray:
        """Predict the later level, for an array of shape (n_intervals,)."""
        check_is_fitted(self)
        columns = self._untrained.transform(X, self._to_inner(X["level_before"]))
        without = np.mean([each.predict_untrained(columns) for each in self.members_], axis=0)
        return self.scale[0] + without * self._unit + self.effect(X)

    def effect(self, X: pd.DataFrame) -> FloatArray:
        """Predict what the modules of each row add over no training, in levels.

        The end of the scale does not limit it: that is for the sum of what is planned.

        Raises
        ------
        ModelError
            `model.unknown-pair` if a module was neither in the catalogue nor in the records.
        """
        return self._sum_effects(X)

    def explain(self, X: pd.DataFrame) -> pd.DataFrame:
        """Take effects apart.

        Returns
        -------
        DataFrame of shape (n_intervals, 3)
            `features` (catalogue and starting level), `module` and `pair` (what the records of the
            module, and of it for the competency, change), in levels; they add up to `effect`.
        """
        module, pair = (self._sum_effects(X, [name]) for name in OWN)
        features = self._sum_effects(X) - module - pair
        return pd.DataFrame({"features": features, "module": module, "pair": pair}, index=X.index)

    def effect_interval(self, X: pd.DataFrame) -> tuple[FloatArray, FloatArray]:
        """Return bounds that hold the true effect for 90 % of the rows, in levels.

        They allow for few records, for how far the members disagree, and for what managers knew
        and did not record: it makes effects look smaller than they are, by up to the width of the
        bracket, and is in doubt in proportion to the effect (`selection_doubt`).

        Raises
        ------
        ModelError
            `model.size-unknown` without control rows: the model then knows only the order.
        """
        check_is_fitted(self)
        if not self.size_known_:
            raise ModelError("model.size-unknown", minimum=MIN_CONTROLS)
        training = self._training(self._events(X))
        by_member = [
            self._by_row(each.predict_effect(training), training, X) for each in self.members_
        ]
        effect = np.mean(by_member, axis=0)
        variance = np.var(by_member, axis=0)
        for each in self.members_:
            own = each.effect_variance(training)
            variance[: own.size] += own / len(self.members_)
        # The posterior takes the penalties as known, but they are estimates too.
        variance *= 1.0 + PENALTY_DOUBT / self.n_trained_
        spread = np.sqrt(variance + (self.selection_doubt * effect) ** 2)
        hidden = max(self.bracket_.corrected_gain - self.bracket_.ancova, 0.0)
        lower, upper = effect - NORMAL_90 * spread, effect + NORMAL_90 * spread
        return lower * self._unit, upper * self._unit + hidden

    def settled(self) -> EffectModel:
        """Return a copy, not fitted, that searches no weights but takes those found.

        Without some people or modules they would hardly be others, and searching them takes most
        of the time of a fit.
        """
        anew: EffectModel = clone(self)  # pyright: ignore[reportAssignmentType]
        return anew.set_params(weights=[each.weight for each in self.members_])

    def _sum_effects(self, X: pd.DataFrame, blocks: Collection[str] = ()) -> FloatArray:
        check_is_fitted(self)
        events = self._events(X)
        if not events.row.size:
            return np.zeros(len(X))
        training = self._training(events)
        added = np.mean([each.predict_effect(training, blocks) for each in self.members_], axis=0)
        return self._by_row(added, training, X) * self._unit

    def _by_row(self, added: FloatArray, training: Training, X: pd.DataFrame) -> FloatArray:
        total = np.bincount(training.events.row, weights=added, minlength=len(X))
        return total.astype(np.float64)

    def _search(self, equations: Equations) -> list[Weight]:
        """Find the weight of each member that explains the intervals best."""
        some = equations.sample(SEARCH_ROWS)
        linear = Weight()
        since = equations.training.events.since
        if np.isfinite(since).mean() > 0.5 and "fading" not in self.without:
            linear = search_fading(linear, some.likelihood(linear))
        fits = {"linear": linear}
        if "curve" in self.members:
            start = replace(linear, width=1.5, headroom=0.5, share=0.7)
            fits["curve"] = search_curve(start, self._equations_of("curve", some).likelihood(start))
        return [fits[name] for name in self.members]

    def _equations_of(self, member: str, equations: Equations) -> Equations:
        if member == "linear":
            return equations
        # The curve takes the place of these columns.
        return replace(equations, without=equations.without | {"distance", "secondary"})

    def _events(self, X: pd.DataFrame) -> Events:
        try:
            return list_events(X, self.pairs_, self._to_inner(X["level_before"]))
        except KeyError as error:
            module, competency = error.args[0]
            raise ModelError(
                "model.unknown-pair", rows=[f"{module}, {competency}"], count=1
            ) from None

    def _training(self, events: Events) -> Training:
        pairs, pair = self.pairs_, events.pair
        return Training(
            events=events,
            columns=self._effects.transform(pair, events.level),
            from_level=self._from_level[pair],
            main=pairs["main"].to_numpy(dtype=np.bool_)[pair],
            lag=events.since - self.asked_since,
        )

    @property
    def _unit(self) -> float:
        """How much of the scale a level of the four inner ones is."""
        return (self.scale[1] - self.scale[0]) / TOP

    def _to_inner(self, levels: ArrayLike) -> FloatArray:
        inner = (np.asarray(levels, dtype=np.float64) - self.scale[0]) / self._unit
        # A hair beyond the scale is rounding.
        return np.clip(inner, 0.0, TOP)


def complete_pairs(catalog: pd.DataFrame | None, intervals: pd.DataFrame) -> pd.DataFrame:
    """Add to the catalogue the modules that records alone know for a competency.

    They take what the catalogue says of the module's main competency, and count as secondary.
    """
    counts = count_modules(intervals)
    taken = pd.DataFrame(
        {
            "module_id": np.array(flatten(intervals["modules"]), dtype=object),
            "competency_id": np.repeat(intervals["competency_id"].to_numpy(dtype=object), counts),
        }
    ).drop_duplicates()
    known = pd.DataFrame(columns=CATALOG_COLUMNS) if catalog is None else catalog[CATALOG_COLUMNS]
    both = ["module_id", "competency_id"]
    index = pd.MultiIndex.from_frame(known[both])
    new = taken[~pd.MultiIndex.from_frame(taken).isin(index)].sort_values(both)
    if new.empty:
        return known.reset_index(drop=True)
    main = known.sort_values("main", ascending=False, kind="stable").drop_duplicates("module_id")
    new = new.merge(main.drop(columns="competency_id"), on="module_id", how="left")
    new = new[CATALOG_COLUMNS].assign(main=False)
    return pd.concat([known, new], ignore_index=True) if len(known) else new


def _check(X: pd.DataFrame, after: FloatArray, scale: tuple[float, float]) -> None:
    if not (np.isfinite(scale).all() and scale[0] < scale[1]):
        raise ModelError("model.bad-scale", scale=scale)
    n_trained = int((count_modules(X) > 0).sum())
    if n_trained < MIN_TRAINED:
        raise ModelError("model.too-few-records", found=n_trained, minimum=MIN_TRAINED)
    levels = np.stack([X["level_before"].to_numpy(dtype=np.float64), after])
    if not np.isfinite(levels).all():
        rows = np.flatnonzero(~np.isfinite(levels).all(axis=0))
        raise ModelError("model.level-missing", rows=rows[:10].tolist(), count=int(rows.size))
    # A hair beyond the scale is rounding; further out, the scale given is not that of the records.
    if levels.min() < scale[0] - 1e-9 or levels.max() > scale[1] + 1e-9:
        raise ModelError(
            "model.level-outside-scale",
            lowest=float(levels.min()),
            highest=float(levels.max()),
            scale=scale,
        )
    # Without variation there is no curve to fit, or no noise to estimate.
    if np.ptp(levels, axis=1).min() == 0.0:
        raise ModelError("model.levels-do-not-vary", value=float(levels[0, 0]))
