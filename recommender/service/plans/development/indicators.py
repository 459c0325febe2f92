"""Which behaviour of the next level a person works on: from the ratings there are."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Collection, Iterator, Sequence

from recommender.arrays import DECIMALS, to_date
from recommender.scoring import RATER_TYPE_CODES, SOURCES
from recommender.service.framework import Framework
from recommender.service.levels.few_raters import find_withheld
from recommender.service.levels.standing import Standing
from training_catalog import Indicator

# of 0 to 3: who shows something "mostly" is not sent to practise it first
_FULFILLED = 2.0
_Rating = tuple[str, str, str, float, dt.date]


class IndicatorPicker:
    """Picks what one person of a standing works on next, each once while there is something else.

    Parameters
    ----------
    framework : Framework
        The catalogue.
    standing : Standing
        With the ratings of the person.
    row : int
        The person's row in the standing.
    """

    def __init__(self, framework: Framework, standing: Standing, row: int) -> None:
        self._framework, self._standing, self._row = framework, standing, row
        settings = framework.catalog.settings
        self._weights = {kind: settings.weight_of_rater(kind) for kind in RATER_TYPE_CODES}
        self._picked: set[str] = set()
        self._rated: dict[str, dict[str, float]] = {}
        self._person_id, self._manager_id = (
            standing.people[name].iloc[row] for name in ("person_id", "manager_id")
        )

    def pick(self, competency_id: str, *, taught: Collection[str] = ()) -> str:
        """Return an indicator of the next level of an assessed competency.

        What is not fulfilled yet comes first, then what a module has `taught`, then what was rated
        lowest; what nobody rated counts as if it were just fulfilled.

        Returns
        -------
        str
            Id of the indicator; ``<competency>.<level>`` where the level has none.
        """
        competency = self._framework.competencies[competency_id]
        k = self._framework.competency_ids.index(competency_id)
        level = next_level(float(self._standing.levels.level[self._row, k]))
        indicators: Sequence[Indicator] = competency.levels[level - 1].indicators
        if not indicators:
            return f"{competency_id}.{level}"
        # asked of a competency for each module that serves it
        if competency_id not in self._rated:
            self._rated[competency_id] = self._rate(competency_id, k)
        rated = self._rated[competency_id]

        def urgency(name: str) -> tuple[bool, bool, bool, float]:
            rating = rated.get(name)
            fulfilled = rating is not None and rating >= _FULFILLED
            low = _FULFILLED if rating is None else rating
            return name in self._picked, fulfilled, name not in taught, low

        # of equals the first in the order of the catalogue
        picked = min((indicator.id for indicator in indicators), key=urgency)
        self._picked.add(picked)
        return picked

    def _rate(self, competency_id: str, k: int) -> dict[str, float]:
        """Return the mean rating of each rated indicator, as far as it may be told.

        What a plan says to practise tells which behaviour was rated low. So only the types of
        raters count whose figures employee and manager are told anyway.
        """
        settings = self._framework.catalog.settings
        source = int(self._standing.levels.source[self._row, k])
        if source < 0 or SOURCES[source] != "ratings":
            return {}
        last = to_date(int(self._standing.levels.day[self._row, k]))
        first = last - dt.timedelta(days=settings.rating_window_days)
        rows = [r for r in self._read(competency_id) if first <= r[4] <= last]
        raters: dict[str, set[str]] = {}
        for _, kind, rater, _, _ in rows:
            raters.setdefault(kind, set()).add(rater)
        withheld: set[str] = set()
        for reader in (self._person_id, self._manager_id):
            withheld |= find_withheld(raters, reader=reader, settings=settings)
        given: dict[str, dict[str, list[float]]] = {}
        for indicator, kind, _, rating, _ in rows:
            if kind not in withheld:
                given.setdefault(indicator, {}).setdefault(kind, []).append(rating)
        weights = self._weights
        return {
            indicator: sum(weights[kind] * sum(r) / len(r) for kind, r in kinds.items())
            / sum(weights[kind] for kind in kinds)
            for indicator, kinds in given.items()
        }

    def _read(self, competency_id: str) -> Iterator[_Rating]:
        """Return the person's ratings of one competency."""
        snapshot = self._standing.snapshot
        rows = snapshot.rating_rows.get((self._person_id, competency_id))
        if rows is None:
            return iter(())
        names = ("indicator_id", "rater_type", "rater_id", "rating", "rated_on")
        columns = (snapshot.rating_columns[name][rows].tolist() for name in names)
        return zip(*columns, strict=True)


def next_level(level: float) -> int:
    """Return the level that a person reaches for next."""
    return min(math.floor(round(level, DECIMALS)) + 1, 4)
