"""What can be computed from the cells of a table that are shown: told independently.

Cells are sums over groups of people, so what can be computed is the span of their vectors; here it
is found by plain elimination modulo a large prime.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

PRIME = 2**61 - 1
Group = tuple[str, str]  # path of a unit, grade
Vector = frozenset[Group]


class Span:
    """What can be computed from some sums."""

    def __init__(self, vectors: Iterable[Vector], groups: Sequence[Group]) -> None:
        self.groups = list(groups)
        self.rows: dict[int, list[int]] = {}
        for vector in vectors:
            row = self._reduce(vector)
            lead = next((i for i, value in enumerate(row) if value), None)
            if lead is not None:
                inverse = pow(row[lead], -1, PRIME)
                self.rows[lead] = [value * inverse % PRIME for value in row]

    def __contains__(self, vector: Vector) -> bool:
        return not any(self._reduce(vector))

    def _reduce(self, vector: Vector) -> list[int]:
        row = [int(group in vector) for group in self.groups]
        for i in range(len(row)):
            if row[i] and i in self.rows:
                factor = row[i]
                row = [(a - factor * b) % PRIME for a, b in zip(row, self.rows[i], strict=True)]
        return row


def cell(counts: Mapping[Group, int], unit: str, grade: str | None) -> Vector:
    """The groups of a cell that count somebody: of a unit and those below it, of a grade."""
    return frozenset(
        group
        for group, count in counts.items()
        if count
        and (not unit or f"{group[0]}/".startswith(f"{unit}/"))
        and grade in (None, group[1])
    )


def size(counts: Mapping[Group, int], vector: Vector) -> int:
    """How many people a cell counts."""
    return sum(counts[group] for group in vector)


def totals(
    counts: Mapping[Group, int], units: Sequence[str], grades: Sequence[str]
) -> Iterator[list[Vector]]:
    """The parts of every total: of units by the units right below, of cells by grade."""
    for unit in units:
        yield [cell(counts, unit, grade) for grade in grades]
        below = [u for u in units if u and u != unit and (not unit or u.startswith(f"{unit}/"))]
        children = [u for u in below if not any(u.startswith(f"{other}/") for other in below)]
        for grade in (None, *grades):
            own = cell(counts, unit, grade).difference(*(cell(counts, u, grade) for u in children))
            yield [*(cell(counts, u, grade) for u in children), own]


def find_secrets(
    counts: Mapping[Group, int], units: Sequence[str], grades: Sequence[str], *, few: int
) -> set[Vector]:
    """What must not be computable: small parts of a total, and small unions of those."""
    found: set[Vector] = set()
    for parts in totals(counts, units, grades):
        small = [part for part in parts if 0 < size(counts, part) < few]
        found.update(small)
        together = frozenset[Group]().union(*small)
        if 0 < size(counts, together) < few:
            found.add(together)
    return found
