"""Shapes of the answer to a large gap that a plan leaves."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from api.responses import Part
from api.schemas.common import Money

UnservedReason = Literal[
    "no-candidate",
    "all-taken",
    "hours-elsewhere",
    "budget-elsewhere",
    "hours-and-budget-elsewhere",
    "could-be-added",
    "effect-too-small",
    "not-wanted",
    "needs-unwanted",
    "modality-not-allowed",
    "outside-path",
]


class ObstacleOut(Part):
    """Why modules for a competency cannot be planned."""

    reason: Annotated[str, Field(description="Code of an exclusion.")]
    module_ids: list[str]
    from_level: Annotated[float | None, Field(description="The lowest that they start from.")]
    needed: Annotated[list[str], Field(description="Modules to be completed first.")]


class UnservedOut(Part):
    """One of the three largest priorities that the plan closes by less than a third, and why."""

    competency_id: str
    reason: UnservedReason
    explanation: Annotated[str, Field(description="The reason in a sentence.")]
    level: float
    gap: Annotated[float, Field(description="In levels.")]
    closes: Annotated[float, Field(description="What the items do for it, in levels.")]
    module_id: Annotated[
        str | None, Field(description="The module to name for it that is not in the plan.")
    ]
    adds: Annotated[float | None, Field(description="What that module would add, in levels.")]
    needs: Annotated[list[str], Field(description="Modules that would have to come with it.")]
    hours: Annotated[float | None, Field(description="What all of these take.")]
    hours_over: Annotated[float, Field(description="How far they would pass the hours.")]
    cost_over: Annotated[Money, Field(description="How far they would pass the budget.")]
    obstacles: Annotated[
        list[ObstacleOut], Field(description="Why the modules for it cannot be planned.")
    ]
