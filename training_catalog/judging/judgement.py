"""One judgement on a catalogue that can be used but is not as good as it should be."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from training_catalog.base import Text
from training_catalog.wording import hint, phrase

Severity = Literal["error", "warning"]

# These make a plan or a document wrong; all others only make the catalogue poorer.
ERRORS = frozenset(
    {
        "no-module-for-step",
        "above-every-target",
        "behind-unreachable",
        "prerequisite-above",
        "outcome-elsewhere",
        "same-outcomes",
        "no-chinese",
        "no-english",
        "weight-not-derived",
        "competency-without-duty",
        "exam-unprepared",
        "preparation-elsewhere",
        "path-order",
        "path-retired",
        "path-not-for-grade",
    }
)


@dataclass(frozen=True)
class Judgement:
    """Something about a catalogue that its owner should mend or look at.

    Parameters
    ----------
    code : str
        Kind of judgement.
    part, id : str
        What it is about, such as ``modules`` and the id of a module.
    what, hint : Text
        The judgement, and how to mend it.
    """

    code: str
    part: str
    id: str
    what: Text
    hint: Text

    @property
    def severity(self) -> Severity:
        """``error`` where plans or documents come out wrong, else ``warning``."""
        return "error" if self.code in ERRORS else "warning"

    def text(self, lang: str) -> str:
        """Return the judgement in a language, in one line."""
        return self.what.in_language(lang)


def judge(code: str, part: str, id_: str, **values: object) -> Judgement:
    """Return the judgement with this code, in words."""
    return Judgement(
        code=code,
        part=part,
        id=id_,
        what=phrase(f"judgement.{code}", **values),
        hint=hint(f"judgement.{code}", **values),
    )
