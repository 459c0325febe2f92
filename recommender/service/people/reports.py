"""What an import did, or would do: its counts, and what a person should look at."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from recommender.service.people.comparing import RowChange
from recommender.service.people.look_alikes import LookAlike
from recommender.store import Written


@dataclass(frozen=True)
class SameName:
    """A new person whose name somebody else has already.

    Parameters
    ----------
    row : int
        The row in the spreadsheet, from 1.
    person_id, name : str
        The new person.
    others : tuple of str
        Ids of those who have the name, of whom the principal knows.
    """

    row: int
    person_id: str
    name: str
    others: tuple[str, ...]


@dataclass(frozen=True)
class ImportReport:
    """What became of a table, or would.

    Lists have the first rows only; counts are of all.

    Parameters
    ----------
    inserted, updated, unchanged : int
        Rows that are new, replace a stored one, or are there already.
    changes : tuple of RowChange
        What changes, row by row.
    changed, cleared : mapping of str to int
        By column, how many stored values change, and how many of those to nothing.
    blank, kept : mapping of str to int
        By column, how many cells are empty, and how many of those leave a stored value as it is.
    absent_columns : tuple of str
        Columns that the file lacks and may lack, so that what is stored stays.
    left_out : int
        Rows that say something was not observed, so that there is nothing to store.
    look_alikes : tuple of LookAlike
        New ids that look like others.
    same_names : tuple of SameName
        New people whose name somebody else has.
    hidden_rows : int
        Rows that the spreadsheet does not show; they are read all the same.
    is_filtered : bool
        Whether a filter hides them.
    ignored_columns : tuple of str
        Headers of columns that are not read.
    on_days_off : tuple of str
        Offerings that begin or end on a day off, which may be meant.
    batch_id : int or None
        Number of the import, by which it can be undone; None for a trial.
    """

    inserted: int
    updated: int
    unchanged: int
    changes: tuple[RowChange, ...] = ()
    changed: Mapping[str, int] = field(default_factory=dict[str, int])
    cleared: Mapping[str, int] = field(default_factory=dict[str, int])
    blank: Mapping[str, int] = field(default_factory=dict[str, int])
    kept: Mapping[str, int] = field(default_factory=dict[str, int])
    absent_columns: tuple[str, ...] = ()
    left_out: int = 0
    look_alikes: tuple[LookAlike, ...] = ()
    same_names: tuple[SameName, ...] = ()
    hidden_rows: int = 0
    is_filtered: bool = False
    ignored_columns: tuple[str, ...] = ()
    on_days_off: tuple[str, ...] = ()
    batch_id: int | None = field(default=None, compare=False)

    @property
    def written(self) -> Written:
        """The counts of rows alone."""
        return Written(self.inserted, self.updated, self.unchanged, self.batch_id)
