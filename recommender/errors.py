"""What can go wrong, as a tree.

::

    RecommenderError        a known problem, explained to the user (exit code 1)
    ├── InputError          what the user handed in cannot be used
    │   └── TableFaultsError    a table with bad rows; carries every fault
    ├── NotFoundError       a person, module, plan or model that is not there
    ├── ConflictError       the state does not allow it
    │   └── StaleError          what was to be changed has changed since it was read
    ├── ForbiddenError      the role or the key does not allow it, whoever it is about
    ├── StoreError          the database cannot do its part now
    └── ModelError          history or model that cannot be used
    ShapeMismatchError      arrays that do not fit together: a bug of the caller

An error carries a `code` and values; the sentence a user reads is made from them at the edge
(`recommender.texts`), in the user's language.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field


class RecommenderError(Exception):
    """A known problem.

    Parameters
    ----------
    code : str
        Key of the text, as ``area.problem``.
    **values : object
        What the text names: files, ids, what was found and expected.
    """

    def __init__(self, code: str, **values: object) -> None:
        self.code = code
        self.values = values
        details = ", ".join(f"{key}={value}" for key, value in values.items())
        # For logs and tracebacks only; users read the text that belongs to the code.
        super().__init__(f"{code} ({details})" if details else code)


class InputError(RecommenderError):
    """What the user handed in cannot be used."""


class NotFoundError(RecommenderError):
    """Something named by the user is not there."""


class ConflictError(RecommenderError):
    """The present state does not allow what was asked."""


class StaleError(ConflictError):
    """What was to be changed has changed since it was read."""

    def __init__(self, *, seen: int, present: int) -> None:
        super().__init__("request.stale", seen=seen, present=present)


class ForbiddenError(RecommenderError):
    """The role or the key of the caller does not allow it, whoever it is about."""


class StoreError(RecommenderError):
    """The database cannot do its part now."""


class ModelError(RecommenderError):
    """A history that no model can be fitted on, or a model that cannot be used."""


# Outside the tree on purpose: it must not be caught and explained as a problem of the user.
class ShapeMismatchError(ValueError):
    """Arrays that must have the same shape do not."""


@dataclass(frozen=True)
class TableFault:
    """One bad cell, row or column of a table handed in.

    Parameters
    ----------
    code : str
        Key of the text, as ``table.problem``.
    sheet : str
        Sheet of the workbook; empty for CSV.
    row : int
        Row as the spreadsheet numbers it, from 1; 0 when the fault is not of one row.
    column : str
        Header as the file has it, or the canonical name of a missing column.
    column_index : int
        Position of the column, from 0; -1 when the fault is not of one column.
    found : str
        What the cell holds, shortened.
    expected : str
        What it should hold: a key under ``expected.`` of the texts, or literal text.
    values : dict of str to str
        Further values the text names.
    """

    code: str
    sheet: str = ""
    row: int = 0
    column: str = ""
    column_index: int = -1
    found: str = ""
    expected: str = ""
    values: dict[str, str] = field(default_factory=dict[str, str])


@dataclass(frozen=True)
class FaultCause:
    """What is wrong with several cells of a column alike.

    Parameters
    ----------
    code, column : str
        As of each of the faults.
    count : int
        How many there are, listed or not.
    example : TableFault
        The first of them.
    """

    code: str
    column: str
    count: int
    example: TableFault


class TableFaultsError(InputError):
    """A table with bad rows; nothing of it was taken.

    Parameters
    ----------
    file : str
        Name of the file; empty where the rows came in a request.
    faults : sequence of TableFault
        Every fault, in the order of rows.
    causes : sequence of FaultCause, optional
        The faults by what causes them, the most frequent first; by default found in `faults`.
    """

    def __init__(
        self, file: str, faults: Sequence[TableFault], causes: Sequence[FaultCause] = ()
    ) -> None:
        self.file = file
        self.faults = tuple(faults)
        self.causes = tuple(causes) or _group(faults)
        # A request has no file to name, so it has a sentence of its own.
        code = "table.faults" if file else "request.faults"
        super().__init__(code, file=file, count=len(self.faults))


def _group(faults: Sequence[TableFault]) -> tuple[FaultCause, ...]:
    groups: dict[tuple[str, str], list[TableFault]] = {}
    for fault in faults:
        groups.setdefault((fault.code, fault.column), []).append(fault)
    causes = [
        FaultCause(code, column, len(alike), alike[0]) for (code, column), alike in groups.items()
    ]
    return tuple(sorted(causes, key=lambda cause: -cause.count))
