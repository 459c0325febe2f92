"""Finding the ids that the ids and names in a table stand for."""

from __future__ import annotations

import difflib
from collections.abc import Collection, Iterable, Mapping
from functools import cached_property

from recommender.exchange.tables.cells import BadCellError
from recommender.exchange.tables.faults import BadCell
from recommender.exchange.tables.header import loose
from recommender.table_kinds import Column, Known

# comparing a misspelt name with every known one is slow, and a whole column may be wrong
_SUGGESTIONS = 50
_SPELLINGS_COMPARED = 5000


class Spellings:
    """The spellings that are understood, and the id each stands for.

    Parameters
    ----------
    exact : mapping of str to str
        Spelling to id. A spelling that differs only in case, width, spaces, ``_`` or ``-`` is
        understood too, unless it could stand for two ids.
    """

    def __init__(self, exact: Mapping[str, str]) -> None:
        self._exact = exact
        self._suggested = 0

    @cached_property
    def _loose(self) -> dict[str, str | None]:
        ids: dict[str, str | None] = {}
        for spelling, id_ in self._exact.items():
            key = loose(spelling)
            ids[key] = id_ if ids.get(key, id_) == id_ else None
        return ids

    def find(self, spelling: str) -> str | None:
        """Return the id a spelling stands for, or None."""
        id_ = self._exact.get(spelling)
        if id_ is None:
            id_ = self._loose.get(loose(spelling))
        return id_

    def suggest(self, spelling: str) -> str:
        """Return the id that may be meant, or an empty string; only the first faults get one."""
        self._suggested += 1
        if self._suggested > _SUGGESTIONS or len(self._loose) > _SPELLINGS_COMPARED:
            return ""
        near = difflib.get_close_matches(loose(spelling), self._loose, n=1, cutoff=0.7)
        return (self._loose[near[0]] or "") if near else ""


class StaffNumbers:
    """The ids of people: only the exact spelling counts, as any character may make the difference.

    Parameters
    ----------
    known, own : collection of str
        The ids that are stored already, and those that the table brings in.
    """

    def __init__(self, known: Collection[str], own: Collection[str]) -> None:
        self._known = known
        self._own = own

    @cached_property
    def _unpadded(self) -> dict[str, str]:
        ids: dict[str, str] = {}
        for id_ in (*self._known, *self._own):
            key = id_.lstrip("0")
            ids[key] = id_ if ids.get(key, id_) == id_ else ""
        return ids

    def find(self, spelling: str) -> str | None:
        """Return the id itself where there is such a person."""
        return spelling if spelling in self._known or spelling in self._own else None

    def suggest(self, spelling: str) -> str:
        """Return the id that differs only by zeros in front, or an empty string."""
        # Excel drops these zeros. Only suggested: 123 and 00123 may be two people
        bare = spelling.lstrip("0")
        return self._unpadded.get(bare, "") if bare else ""


class References:
    """Resolves the references of one table.

    Parameters
    ----------
    known : Known
        What is stored already.
    own : iterable of str
        Ids that the table itself brings in; its rows may refer to them.
    kind : str
        Name of the kind of table.
    """

    def __init__(self, known: Known, own: Iterable[str], *, kind: str) -> None:
        own = set(own)
        modules = dict(known.modules)
        if kind == "modules":
            modules |= {id_: id_ for id_ in own}
        self._spellings: dict[str, Spellings | StaffNumbers] = {
            "person": StaffNumbers(known.people, own if kind == "people" else ()),
            "grade": Spellings(known.grades),
            "competency": Spellings(known.competencies),
            "module": Spellings(modules),
            "offering": Spellings(known.offerings),
            "figure": Spellings(known.figures),
            "indicator": Spellings({id_: id_ for id_ in known.indicators}),
        }

    def resolve(self, spelling: str, column: Column) -> str:
        """Return the id that a spelling in a column stands for."""
        # which subject is meant depends on the exam, so it is resolved from three cells in `checks`
        if column.refers_to is None or column.refers_to == "subject":
            return spelling
        spellings = self._spellings[column.refers_to]
        id_ = spellings.find(spelling)
        if id_ is None:
            suggestion = spellings.suggest(spelling)
            raise BadCellError(unknown(column.refers_to, spelling, suggestion))
        return id_

    def resolve_list(self, text: str, column: Column) -> str:
        """Return the ids of a list, ``;`` between, each once, in the order given."""
        ids: dict[str, None] = {}
        for part in text.replace("；", ";").replace("\n", ";").split(";"):
            if not part.strip():
                continue
            try:
                ids[self.resolve(part.strip(), column)] = None
            except BadCellError:
                # split at commas only now, because a name may contain one
                pieces = part.replace("、", ",").replace("，", ",").replace("|", ",").split(",")
                if len(pieces) == 1:
                    raise
                ids |= {self.resolve(p.strip(), column): None for p in pieces if p.strip()}
        return ";".join(ids)


def unknown(what: str, spelling: str, suggestion: str) -> BadCell:
    """Return the problem of a reference to something that is not there."""
    values = {"name": spelling[:60]} | ({"suggestion": suggestion} if suggestion else {})
    return BadCell(f"table.unknown_{what}", f"known_{what}", values)
