"""The improvement history for readers: records page by page, and statistics of them."""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from recommender.arrays import BoolArray
from recommender.errors import ConflictError, ModelError, StoreError
from recommender.improvement.history import SHIFT_DAYS, pseudonymise
from recommender.results import Basis
from recommender.service.learning.collecting import collect_records
from recommender.service.permissions import Permission, Role, round_count
from recommender.service.session import Session
from recommender.store import Connection, Scope, to_rows
from recommender.store.history import read_history_state, read_visible_ids
from recommender.store.people.people import read_refs

Key = tuple[str | int, ...]

RECORD_KEY = ("person_id", "competency_id", "before_on", "after_on", "module_id")
"""The columns that tell records apart, and their order."""

LEAST_PEOPLE = 5
"""Means over fewer people are withheld, because they would tell the levels of single people."""


@dataclass(frozen=True)
class PairStatistics:
    """What training in a module did for a competency, and what the model in force expects.

    Parameters
    ----------
    module_id, competency_id : str
        The pair.
    records : int or None
        Records of trained people within the principal's scope; in steps of five for who may see no
        single person. This and the next two are None for fewer than `LEAST_PEOPLE`.
    mean_gain : float or None
        Mean of level after minus level before, in levels, not adjusted for anything, to a
        hundredth.
    mean_level_before : float or None
        In levels, to a hundredth.
    at_level : float
        The level that the expectation is for: the mean before, or else the middle of the module's
        step.
    expected_improvement : float
        What the module adds over no training, in levels.
    lower, upper : float or None
        Interval of the true effect, in levels.
    basis : str
        ``measured``, ``pooled`` or ``expert``.
    size_known : bool
        False where the model in force tells the order of modules only.
    """

    module_id: str
    competency_id: str
    records: int | None
    mean_gain: float | None
    mean_level_before: float | None
    at_level: float
    expected_improvement: float
    lower: float | None
    upper: float | None
    basis: Basis
    size_known: bool = True


def list_records(
    session: Session,
    *,
    competency_id: str | None = None,
    module_id: str | None = None,
    after: Key,
    limit: int,
) -> list[tuple[Key, dict[str, Any]]]:
    """List improvement records, derived and imported, each with its key.

    HR sees the records of people within its unit. Analysts see all of them, with pseudonyms and
    shifted dates. `after` is the key of the last record already read, or one of zeros and empty
    texts to begin with.
    """
    session.need(Permission.READ_HISTORY)
    scope, hidden = session.who.scope, session.who.role is Role.ANALYST
    with session.reading() as connection:
        frame = _read_records(session, connection, hidden=hidden)
        wanted: BoolArray = np.ones(len(frame), dtype=bool)
        if competency_id is not None:
            wanted &= (frame["competency_id"] == competency_id).to_numpy()
        if module_id is not None:
            wanted &= (frame["module_id"] == module_id).to_numpy()
        if not hidden:
            wanted &= _are_within(frame, connection, scope)
        rows = np.flatnonzero(wanted)
        columns = [frame[name].to_numpy(dtype=object) for name in RECORD_KEY]

        def key(row: int) -> Key:
            person, competency, before, end, module = (column[row] for column in columns)
            # days as numbers, for the key travels as JSON in the cursor of a page
            return person, competency, before.toordinal(), end.toordinal(), module

        # by the key and not by a count, so that a page stays right when records are added meanwhile
        start = bisect_right(rows.tolist(), after, key=key)
        chosen = rows[start : start + limit]
        records = to_rows(frame.iloc[chosen])
        if not hidden:
            session.saw(read_refs(connection, [row["person_id"] for row in records]))
    for row in records:
        person = row.pop("person_id")
        row |= {"person_id": None if hidden else person, "pseudonym": person if hidden else None}
        row["module_id"] = row["module_id"] or None
    return list(zip(map(key, chosen.tolist()), records, strict=True))


def summarise(
    session: Session,
    *,
    competency_id: str | None = None,
    module_id: str | None = None,
) -> list[PairStatistics]:
    """Sum up, for each module and competency, what records say and what the model expects.

    The result covers every pair of the catalogue, in the order of module and competency. Records
    are those of people within the principal's scope: less these, those of the whole organisation
    would tell of the few who are outside of it. An analyst's are of everybody.
    """
    session.need(Permission.READ_STATISTICS)
    framework, modules = session.service.framework, session.service.framework.modules
    with session.reading() as connection:
        frame = read_visible_records(session, connection)
    measured = _sum_up(frame, exactly=session.who.sees_people)
    pairs: list[tuple[str, str, int]] = sorted(
        (modules.ids[module], framework.competency_ids[competency], pair)
        for pair, (module, competency) in enumerate(
            zip(modules.pair_module, modules.pair_competency, strict=True)
        )
        if module_id in (None, modules.ids[module])
        and competency_id in (None, framework.competency_ids[competency])
    )
    at = np.array([pair for _, _, pair in pairs], dtype=np.int64)
    # a pair that nobody was measured for is asked about where the module is meant to be taken
    middle = (modules.pair_from[at] + modules.pair_to[at]) / 2
    levels = np.array(
        [
            level if (figures := measured.get((module, competency))) is None else figures[2]
            for (module, competency, _), level in zip(pairs, middle.tolist(), strict=True)
        ]
    )
    estimates = session.service.estimates
    expected = estimates.describe(at, levels)
    return [
        PairStatistics(
            module,
            competency,
            *measured.get((module, competency), (None, None, None)),
            at_level=level,
            expected_improvement=estimate.improvement,
            lower=estimate.lower,
            upper=estimate.upper,
            basis=estimate.basis,
            size_known=estimates.size_known,
        )
        for (module, competency, _), level, estimate in zip(
            pairs, levels.tolist(), expected, strict=True
        )
    ]


def read_visible_records(session: Session, connection: Connection) -> pd.DataFrame:
    """Return the records that statistics are made of: within the scope, an analyst's of everybody.

    The frame may be shared by all requests, so callers must not change it.
    """
    frame = _read_records(session, connection, hidden=False)
    if session.who.role is Role.ANALYST:
        return frame
    return frame[_are_within(frame, connection, session.who.scope)]


def _read_records(session: Session, connection: Connection, *, hidden: bool) -> pd.DataFrame:
    """Return the records that end by today, in the order of `RECORD_KEY`.

    The frame is shared by all requests, so callers must not change it.
    """
    service, caches = session.service, session.service.caches
    # deriving the records reads every fact there is, and pages are asked for one after another
    state = (session.today, service.framework.catalog.digest, read_history_state(connection))

    def collect() -> pd.DataFrame:
        records = collect_records(connection, service.framework, as_of=session.today)
        return records.frame.sort_values(list(RECORD_KEY), ignore_index=True)

    records: pd.DataFrame = caches.records.get(state, collect)
    if not hidden:
        return records

    def hide() -> pd.DataFrame:
        # the same key each time, so that pseudonyms stay the same from page to page
        try:
            key = service.models.pseudonym_key()
        except (ConflictError, ModelError) as problem:  # without the paths of the server
            raise StoreError("store.models") from problem
        pseudonymous = pseudonymise(records, key, earlier_by_days=SHIFT_DAYS)
        # pages are searched for in this order; that of `pseudonymise` is another
        return pseudonymous.sort_values(list(RECORD_KEY), ignore_index=True)

    return caches.hidden_records.get(state, hide)


def _are_within(frame: pd.DataFrame, connection: Connection, scope: Scope) -> BoolArray:
    """Say which records are of people within a scope; erased ones are in that of everybody."""
    if scope.everyone:
        return np.ones(len(frame), dtype=bool)
    return frame["person_id"].isin(read_visible_ids(connection, scope)).to_numpy(dtype=bool)


def _sum_up(
    frame: pd.DataFrame, *, exactly: bool
) -> dict[tuple[str, str], tuple[int | None, float, float]]:
    """Return how many records, mean gain and mean level before, of pairs with enough people."""
    trained = frame[frame["module_id"] != ""]
    gains = trained.assign(gain=trained["level_after"] - trained["level_before"])
    groups = gains.groupby(["module_id", "competency_id"])
    figures = groups.agg(
        people=("person_id", "nunique"),
        records=("gain", "size"),
        gain=("gain", "mean"),
        before=("level_before", "mean"),
    )
    return {
        (str(pair[0]), str(pair[1])): (
            int(records) if exactly else round_count(int(records)),
            round(float(gain), 2),
            round(float(before), 2),
        )
        for pair, people, records, gain, before in figures.itertuples()
        if people >= LEAST_PEOPLE
    }
