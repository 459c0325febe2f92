"""The description of a table that comes in: its columns, its key, what its ids may refer to."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

ColumnType = Literal["text", "number", "date", "choice", "ids"]
Reference = Literal[
    "person", "grade", "competency", "indicator", "subject", "module", "offering", "figure"
]
Measure = Literal["", "money", "hours", "score", "points", "level", "people"]


@dataclass(frozen=True)
class Column:
    """One column of a kind of table.

    Parameters
    ----------
    name : str
        Canonical English header.
    headers : tuple of str
        Chinese headers that are understood as well; the first one is used in templates.
    type : str
        What a cell holds. ``ids`` is a list of ids with ``;`` between.
    nullable : bool
        Whether a cell, or the whole column, may be missing.
    minimum, maximum : float
        Bounds of a number, inclusive.
    measure : str
        What a number measures, so that its unit may be written with it (`exchange.tables.units`).
    choices : mapping of str to tuple of str
        For ``choice``: stored value to the spellings that are understood; the first one is used
        in Chinese templates.
    refers_to : str or None
        What kind of thing an id must name.
    whole : bool
        Whether a number must be a whole number.
    slug : bool
        Whether an id must consist of lower-case letters, digits and single hyphens between them.
    makes_ids : bool
        Whether an id is new with the row, and has to keep the rule of `recommender.identifiers`.
    not_future : bool
        Whether a date may not lie after the day of the import.
    monthly : bool
        Whether a date stands for its month, and is kept as the first day of it.
    example : str
        A cell as a user would fill it in, for the template.
    """

    name: str
    headers: tuple[str, ...]
    type: ColumnType = "text"
    nullable: bool = False
    minimum: float = float("-inf")
    maximum: float = float("inf")
    measure: Measure = ""
    choices: Mapping[str, tuple[str, ...]] = field(default_factory=dict[str, tuple[str, ...]])
    refers_to: Reference | None = None
    whole: bool = False
    slug: bool = False
    makes_ids: bool = False
    not_future: bool = False
    monthly: bool = False
    example: str = ""


@dataclass(frozen=True)
class TableKind:
    """A kind of table that can be imported.

    Parameters
    ----------
    name : str
        As on the command line.
    title : tuple of str
        Chinese and English name.
    columns : tuple of Column
        In the order of templates.
    key : tuple of str
        Columns that identify a row: the same key twice in a file is a fault, and a row whose
        key is stored already replaces it.
    """

    name: str
    title: tuple[str, str]
    columns: tuple[Column, ...]
    key: tuple[str, ...]

    def column(self, name: str) -> Column:
        """Return the column of that canonical name."""
        return next(column for column in self.columns if column.name == name)


@dataclass(frozen=True)
class Known:
    """What the ids in a table may refer to, at the time of the import.

    Each mapping goes from a spelling that is understood (the id, and the names in both
    languages) to the id.

    Parameters
    ----------
    people : frozenset of str
        Ids of the people stored already.
    managers : mapping of str to str
        Manager of each stored person who has one.
    grades, competencies, modules, offerings : mapping of str to str
        Spelling to id.
    indicators : mapping of str to str
        Indicator id to its competency.
    subjects : mapping of tuple to mapping
        ``(competency, exam level)`` to a mapping of spelling to subject id.
    prerequisites : mapping of str to tuple of str
        Module id to the modules it needs.
    figures : mapping of str to str
        Spelling of a business figure to its id.
    org_unit : str
        Path of the unit that whoever imports is responsible for, with those below it; empty for
        all. Nobody is imported into another unit, and no offering belongs to another.
    others : frozenset of str
        Ids of people, or of offerings, that are stored already and must not be changed.
    zone : tzinfo or None
        Where the organisation is, for times with a zone; None if that is not known.
    clears : bool
        Whether an empty cell takes away what is stored, and does not leave it as it is.
    """

    people: frozenset[str]
    managers: Mapping[str, str]
    grades: Mapping[str, str]
    competencies: Mapping[str, str]
    modules: Mapping[str, str]
    offerings: Mapping[str, str]
    indicators: Mapping[str, str]
    subjects: Mapping[tuple[str, int], Mapping[str, str]]
    prerequisites: Mapping[str, tuple[str, ...]]
    figures: Mapping[str, str] = field(default_factory=dict[str, str])
    org_unit: str = ""
    others: frozenset[str] = frozenset()
    zone: dt.tzinfo | None = None
    clears: bool = False
