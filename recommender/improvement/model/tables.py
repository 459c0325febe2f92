"""What the effect model reads: improvement records and modules, as arrays of codes.

Ids stay outside: people, competencies, modules, modalities and units are codes from 0, and -1
means unknown or none. There is deliberately no column for personal attributes.
"""

from __future__ import annotations

from dataclasses import dataclass, fields

import numpy as np
import pandas as pd

from recommender.arrays import BoolArray, FloatArray, IntArray
from recommender.errors import ShapeMismatchError


@dataclass(frozen=True)
class ModuleTable:
    """The catalogue, as far as the effect model reads it.

    Parameters
    ----------
    pair_module, pair_competency : ndarray of int, shape (n_pairs,)
        Codes of each module and of each competency it addresses.
    pair_from, pair_to : ndarray of shape (n_pairs,)
        Levels the module leads from and to, on the scale of the records; NaN where unknown.
    pair_main : ndarray of bool, shape (n_pairs,)
        Whether the competency is the module's main one.
    modality : ndarray of int, shape (n_modules,)
        Code of the modality; -1 where unknown.
    hours, cost : ndarray of shape (n_modules,)
        Duration in hours and cost in currency; NaN where unknown. `cost` is not read.
    """

    pair_module: IntArray
    pair_competency: IntArray
    pair_from: FloatArray
    pair_to: FloatArray
    pair_main: BoolArray
    modality: IntArray
    hours: FloatArray
    cost: FloatArray

    def __post_init__(self) -> None:
        _require_same_size(
            self, "pair_module", "pair_competency", "pair_from", "pair_to", "pair_main"
        )
        _require_same_size(self, "modality", "hours", "cost")

    @property
    def n_modules(self) -> int:
        """Number of modules."""
        return int(self.modality.size)


@dataclass(frozen=True)
class RecordTable:
    """Improvement records.

    Parameters
    ----------
    person, competency : ndarray of int, shape (n_records,)
        Codes. `person` only says which records belong together.
    module : ndarray of int, shape (n_records,)
        Code of the module taken between the assessments; -1 for none, a control row.
    level_before, level_after : ndarray of shape (n_records,)
        Recorded levels, in levels of the scale given to `fit_effects`.
    days_between : ndarray of shape (n_records,)
        Days between the assessments; NaN where unknown.
    org : ndarray of int, shape (n_records,)
        Code of the unit; -1 where unknown.
    after_day : ndarray of shape (n_records,)
        Day of the later assessment, in days since 1970-01-01; NaN where unknown.
    """

    person: IntArray
    competency: IntArray
    module: IntArray
    level_before: FloatArray
    level_after: FloatArray
    days_between: FloatArray
    org: IntArray
    after_day: FloatArray

    def __post_init__(self) -> None:
        _require_same_size(self, *(field.name for field in fields(self)))

    @property
    def size(self) -> int:
        """Number of records."""
        return int(self.person.size)

    def rows(self, which: IntArray | BoolArray) -> RecordTable:
        """Some of the records, in the order asked for."""
        return RecordTable(*(getattr(self, field.name)[which] for field in fields(self)))

    def to_intervals(self) -> tuple[pd.DataFrame, FloatArray]:
        """Return the records as intervals of one module each, with codes for ids."""
        known = np.isfinite(self.after_day)
        days = np.where(known, self.after_day, 0.0).astype(np.int64).astype("datetime64[D]")
        days[~known] = np.datetime64("NaT")
        frame = pd.DataFrame(
            {
                "person_id": self.person,
                "competency_id": self.competency,
                "modules": [(code,) if code >= 0 else () for code in self.module.tolist()],
                "level_before": self.level_before,
                "months": self.days_between / (365.25 / 12),
                "org_unit": np.where(self.org >= 0, self.org, np.nan),
                "assessed_on": days.astype("datetime64[s]"),
            }
        )
        return frame, self.level_after


def _require_same_size(table: object, *names: str) -> None:
    # Checked here once: columns of different lengths would fail far from where they were made.
    shapes = {name: np.shape(getattr(table, name)) for name in names}
    if len(set(shapes.values())) > 1 or any(len(shape) != 1 for shape in shapes.values()):
        raise ShapeMismatchError(f"columns that must have one shape: {shapes}")
