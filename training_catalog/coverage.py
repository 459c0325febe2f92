"""How many modules serve each step of each competency, as a matrix."""

from __future__ import annotations

from dataclasses import dataclass

from training_catalog.base import Text
from training_catalog.model import Catalog, Competency, ModuleCompetency, TrainingModule
from training_catalog.wording import phrase

STEPS = (0, 1, 2, 3)


@dataclass(frozen=True)
class StepCoverage:
    """The modules in use that serve one step, from `step` to `step` + 1, of a competency.

    Parameters
    ----------
    competency_id : str
        The competency.
    step : int
        Level at which the step begins.
    main, further : tuple of str
        Modules whose main competency this is, and modules that also serve it.
    needed : bool
        Whether the newest target profile of any grade asks for more than the step's beginning.
    """

    competency_id: str
    step: int
    main: tuple[str, ...]
    further: tuple[str, ...]
    needed: bool

    @property
    def count(self) -> int:
        """Number of modules, main and further."""
        return len(self.main) + len(self.further)


@dataclass(frozen=True)
class CoverageRow:
    """One competency of the matrix: its four steps."""

    competency_id: str
    name: Text
    category: Text
    steps: tuple[StepCoverage, ...]


@dataclass(frozen=True)
class Coverage:
    """Competencies in framework order by the steps 0→1, 1→2, 2→3, 3→4."""

    rows: tuple[CoverageRow, ...]
    modules_per_step: int

    @property
    def cells(self) -> tuple[StepCoverage, ...]:
        """Every cell of the matrix, row by row."""
        return tuple(cell for row in self.rows for cell in row.steps)

    def table(self, lang: str) -> list[list[str]]:
        """Return the matrix as text, header first; ``3+1`` is three main and one further."""
        header = [
            phrase("coverage.competency").in_language(lang),
            *(f"{step}→{step + 1}" for step in STEPS),
            phrase("coverage.total").in_language(lang),
        ]
        return [
            header,
            *(
                [
                    row.name.in_language(lang),
                    *(cell_text(cell) for cell in row.steps),
                    # a set: a module that covers several steps counts once
                    str(len({name for cell in row.steps for name in (*cell.main, *cell.further)})),
                ]
                for row in self.rows
            ),
        ]


def cell_text(cell: StepCoverage) -> str:
    """Return one cell of the matrix as text."""
    return f"{len(cell.main)}+{len(cell.further)}" if cell.further else str(len(cell.main))


def coverage(catalog: Catalog) -> Coverage:
    """Count the modules of each competency and step.

    Parameters
    ----------
    catalog : Catalog
        Any catalogue; retired modules do not count.

    Returns
    -------
    Coverage
        A row a competency, in framework order.
    """
    categories = {category.id: category.name for category in catalog.categories}
    targets = newest_targets(catalog)
    in_use = [module for module in catalog.modules if not module.retired]
    return Coverage(
        tuple(
            CoverageRow(
                competency.id,
                competency.name,
                categories[competency.category],
                tuple(_cell(competency, step, in_use, targets) for step in STEPS),
            )
            for competency in catalog.competencies
        ),
        catalog.standards.modules_per_step,
    )


def covers(part: ModuleCompetency, step: int) -> bool:
    """Tell whether a module covers the whole of the step that begins at `step`."""
    return part.from_level <= step and part.to_level >= step + 1


def newest_targets(catalog: Catalog) -> dict[tuple[str, str], float]:
    """Return the target level by grade and competency, from each grade's newest profile."""
    # profiles are in order of their days (`assemble`), so the last of a grade stays in the dict
    newest = {profile.grade: profile for profile in catalog.profiles}
    return {
        (grade, name): target.level
        for grade, profile in newest.items()
        for name, target in profile.targets.items()
    }


def _cell(
    competency: Competency,
    step: int,
    modules: list[TrainingModule],
    targets: dict[tuple[str, str], float],
) -> StepCoverage:
    main: list[str] = []
    further: list[str] = []
    for module in modules:
        for i, part in enumerate(module.competencies):
            if part.id == competency.id and covers(part, step):
                (further if i else main).append(module.id)
    return StepCoverage(
        competency.id,
        step,
        tuple(main),
        tuple(further),
        any(level > step for (_, name), level in targets.items() if name == competency.id),
    )
