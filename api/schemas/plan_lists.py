"""Shapes of lists of plans, and of what became of a plan."""

from __future__ import annotations

import datetime as dt
from typing import Annotated

from pydantic import Field

from api.responses import Page, Resource
from api.schemas.plans import Change, DecisionOut, Party, Status


class PlanHeadOut(Resource):
    """A plan in a list."""

    plan_id: str
    person_id: str
    name: Annotated[str, Field(description="The person's.")]
    as_of: dt.date
    status: Status
    version: int
    model_id: str | None
    catalog_digest: str
    created_at: dt.datetime


class PlanPage(Page):
    """Plans, the newest first."""

    items: list[PlanHeadOut]


class VersionOut(Resource):
    """One state of a plan."""

    version: int
    change: Change
    party: Party | None
    status: Status
    made_at: dt.datetime
    note: str | None
    added: Annotated[list[str], Field(description="Modules that came in with it.")]
    removed: Annotated[list[str], Field(description="Modules that went out with it.")]


class VersionPage(Page):
    """What became of a plan, the oldest first."""

    items: list[VersionOut]


class DecisionPage(Page):
    """Approvals and rejections, the oldest first."""

    items: list[DecisionOut]


class CommentOut(Resource):
    """A remark on a plan."""

    comment_id: int
    party: Party
    text: str
    made_at: dt.datetime


class CommentPage(Page):
    """Remarks, the oldest first."""

    items: list[CommentOut]
