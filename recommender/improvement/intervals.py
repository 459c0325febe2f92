"""The rows that models learn from, and those that ask what a module adds."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from recommender.arrays import BoolArray, FloatArray
from recommender.improvement.history_checks import MIN_CONTROLS, count_modules


def is_trained(X: pd.DataFrame) -> BoolArray:
    """Say which intervals have a completed module in them."""
    return count_modules(X) > 0


def is_size_known(X: pd.DataFrame) -> bool:
    """Say whether enough intervals are without training to tell how much modules add."""
    return int((~is_trained(X)).sum()) >= MIN_CONTROLS


def ask(
    module: Sequence[str | None],
    competency: Sequence[str],
    level: FloatArray,
    org_unit: Sequence[str | None] | None = None,
) -> pd.DataFrame:
    """Make rows that ask what a module adds; a module of None asks for no training."""
    nothing = float("nan")
    return pd.DataFrame(
        {
            "person_id": pd.Series([""] * len(level), dtype=object),
            "competency_id": pd.Series(list(competency), dtype=object),
            "modules": pd.Series([(m,) if m is not None else () for m in module], dtype=object),
            "since": pd.Series([(nothing,) if m is not None else () for m in module], dtype=object),
            "level_before": level,
            "months": nothing,
            "org_unit": pd.Series(
                [None] * len(level) if org_unit is None else list(org_unit), dtype=object
            ),
            "assessed_on": pd.Series([pd.NaT] * len(level), dtype="datetime64[s]"),
        }
    )


def as_asked(X: pd.DataFrame) -> pd.DataFrame:
    """Return rows as they stand before the later assessment: when it will be is not known."""
    return X.assign(
        months=float("nan"), assessed_on=pd.Series(pd.NaT, index=X.index, dtype="datetime64[s]")
    )


def without_modules(X: pd.DataFrame) -> pd.DataFrame:
    """Return the same people at the same levels, untrained."""
    nothing = pd.Series([()] * len(X), index=X.index, dtype=object)
    return X.assign(modules=nothing, since=nothing)
