"""Which rater types are so few that everybody knows whose figures theirs are."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from training_catalog import CatalogSettings

# One type left out alone is what remains of the level when the others are taken off it, so another
# goes with it: the first of these that there is.
_GOES_WITH_IT = ("manager", "customer", "peer", "self")
_FEW_COUNT = ("customer", "peer")


def find_withheld(
    raters: Mapping[str, Collection[str]], *, reader: str | None, settings: CatalogSettings
) -> frozenset[str]:
    """Find the rater types of one assessment that a reader is told no figures of.

    Parameters
    ----------
    raters : mapping of str to collection of str
        Ids of the raters of each type there is.
    reader : str or None
        The person who reads; the reader's own ratings tell nothing new, and do not count.
    settings : CatalogSettings
        How many raters are not few.

    Returns
    -------
    frozenset of str
        Among them a type that is not few, where one that is would be the only one.
    """
    others = {kind: set(ids) - {reader} for kind, ids in raters.items()}
    there = {kind: ids for kind, ids in others.items() if ids}
    few = [k for k in _FEW_COUNT if 0 < len(there.get(k, ())) < settings.min_raters_shown]
    if len(few) == 1:
        few += [kind for kind in _GOES_WITH_IT if kind in there and kind not in few][:1]
    return frozenset(few)
