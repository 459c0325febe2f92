"""One judgement on a catalogue that can be used but is not as good as it should be."""

from __future__ import annotations

from dataclasses import dataclass

from training_catalog.base import Text
from training_catalog.wording import hint, phrase


@dataclass(frozen=True)
class Judgement:
    """Something about a catalogue that its owner should mend or look at.

    Parameters
    ----------
    code : str
        Which judgement it is.
    part, id : str
        What it is about: ``modules`` and the module's id, for instance.
    what, hint : Text
        The judgement, and how to mend it.
    """

    code: str
    part: str
    id: str
    what: Text
    hint: Text

    def text(self, lang: str) -> str:
        """Return the judgement in a language, in one line."""
        return self.what.in_language(lang)


def judge(code: str, part: str, id_: str, **values: object) -> Judgement:
    """Return the judgement of a code, worded."""
    return Judgement(
        code=code,
        part=part,
        id=id_,
        what=phrase(f"judgement.{code}", **values),
        hint=hint(f"judgement.{code}", **values),
    )
