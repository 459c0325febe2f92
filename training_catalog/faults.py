"""What is wrong in a catalogue folder so that it cannot be used."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from training_catalog.base import Text
from training_catalog.wording import hint, phrase

T = TypeVar("T", bound=BaseModel)
# Codes of our faults by pydantic's types of errors. Pydantic's messages are English and speak to
# programmers; ours are in two languages and say how to mend it.
_CODES = {
    "missing": "missing",
    "finite_number": "out-of-range",
    "extra_forbidden": "unknown-key",
    "string_pattern_mismatch": "bad-id",
    "greater_than": "out-of-range",
    "greater_than_equal": "out-of-range",
    "less_than": "out-of-range",
    "less_than_equal": "out-of-range",
    "enum": "not-allowed",
    "literal_error": "not-allowed",
}


@dataclass(frozen=True)
class CatalogFault:
    """One thing wrong in a catalogue folder: where, what, and how to mend it.

    Parameters
    ----------
    file, key : str
        Its place in the folder.
    what, hint : Text
        The fault, and how to mend it.
    at : tuple of str
        Its place in the catalogue, whatever that was read from: part, id and field, as in
        ``("modules", "lost-deal-review", "prerequisites")``.
    """

    file: str
    key: str
    what: Text
    hint: Text
    at: tuple[str, ...] = ()


class CatalogError(Exception):
    """A catalogue folder that cannot be used; carries all its faults.

    Parameters
    ----------
    folder : Path
        The folder that was read.
    faults : sequence of CatalogFault
        Everything that is wrong in it, in the order of files.
    """

    def __init__(self, folder: Path, faults: Iterable[CatalogFault]) -> None:
        self.folder = folder
        self.faults = tuple(faults)
        super().__init__(f"{folder}: {len(self.faults)} fault(s)")


def make_fault(
    file: str, key: str, code: str, *, at: tuple[str, ...] = (), **values: str
) -> CatalogFault:
    """Return the fault with this code, in words."""
    return CatalogFault(
        file=file,
        key=key,
        what=phrase(f"fault.{code}", **values),
        hint=hint(f"fault.{code}", **values),
        at=at,
    )


def validate(
    file: str,
    prefix: str,
    raw: Any,
    kind: type[T],
    faults: list[CatalogFault],
    *,
    at: tuple[str, ...] = (),
) -> T | None:
    """Return `raw` as a record of a kind; None, with faults added, if it is not one."""
    try:
        return kind.model_validate(raw)
    except ValidationError as error:
        for item in error.errors():
            place = tuple(str(part) for part in item["loc"])
            faults.append(
                make_fault(
                    file,
                    ".".join(filter(None, [prefix, *place])),
                    _CODES.get(item["type"], "invalid"),
                    at=(*at, *place),
                    # an input may be a whole module; its beginning is enough to recognise it
                    found=repr(item.get("input"))[:60],
                    detail=item["msg"],
                )
            )
        return None
