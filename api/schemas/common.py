"""Types that many shapes share."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Annotated

from fastapi import Path, Query
from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    PlainSerializer,
    StringConstraints,
)

from recommender.settings import FIRST_DAY, LAST_DAY


def _in_range(day: dt.date) -> dt.date:
    if not FIRST_DAY <= day <= LAST_DAY:
        raise ValueError("out of range")
    return day


# no control characters: a database refuses some, and no id, name or text of a line needs any
_LINE = r"^[^\x00-\x1f\x7f-\x9f\u2028\u2029]+$"

Id = Annotated[str, StringConstraints(min_length=1, max_length=80, pattern=_LINE)]
Line = Annotated[str, StringConstraints(min_length=1, max_length=200, pattern=_LINE)]
UnitPath = Annotated[str, StringConstraints(min_length=1, max_length=400, pattern=_LINE)]
Note = Annotated[
    str, StringConstraints(min_length=1, max_length=2000, pattern=r"^[^\x00-\x08\x0b-\x1f\x7f]+$")
]
Day = Annotated[dt.date, AfterValidator(_in_range)]
Hours = Annotated[float, Field(ge=0, le=100_000, allow_inf_nan=False)]
MoneyIn = Annotated[Decimal, Field(ge=0, le=100_000_000, decimal_places=2)]
Money = Annotated[
    float, PlainSerializer(lambda cny: f"{cny:.2f}", return_type=str, when_used="json")
]

PersonId = Annotated[
    str, Path(min_length=1, max_length=80, pattern=_LINE, description="Staff number.")
]
AsOf = Annotated[
    Day | None, Query(description="The day the question is asked of; today unless given.")
]


class Body(BaseModel):
    """Base of requests: a field that is not known is a mistake."""

    model_config = ConfigDict(extra="forbid")
