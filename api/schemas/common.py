"""Types that many shapes share."""

from __future__ import annotations

import datetime as dt
import json
import re
from decimal import Decimal
from typing import Annotated, Any, TypeVar

from fastapi import Path, Query
from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PlainSerializer,
    StringConstraints,
    ValidatorFunctionWrapHandler,
    WithJsonSchema,
    WrapValidator,
)
from pydantic_core import PydanticCustomError

from recommender.identifiers import ID_LENGTH, ID_PATTERN
from recommender.settings import FIRST_DAY, LAST_DAY

_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
# a float, which the core computes with, holds amounts of this size exactly to the cent
_AMOUNT = r"^[0-9]{1,8}(\.[0-9]{1,2})?$"


def match_whole(pattern: re.Pattern[str], value: Any) -> str:
    """Return a text that matches a pattern as a whole; raise a `ValueError` for anything else."""
    if not isinstance(value, str) or pattern.fullmatch(value) is None:
        raise ValueError
    return value


_MOMENT = re.compile(
    r"\d{4}-\d{2}-\d{2}[Tt]\d{2}:\d{2}:\d{2}(\.\d+)?([Zz]|[+-]\d{2}:\d{2})", re.ASCII
)
_EARLIEST = dt.datetime(1, 1, 2, tzinfo=dt.UTC)
_LATEST = dt.datetime(9999, 12, 30, tzinfo=dt.UTC)


# pydantic itself would take a number for seconds since 1970, and a moment for its day
def _read_day(value: Any) -> dt.date:
    try:
        day = dt.date.fromisoformat(match_whole(_DAY, value))
    except ValueError:
        raise PydanticCustomError("date_parsing", "not a day") from None
    if not FIRST_DAY <= day <= LAST_DAY:
        values = {"first": str(FIRST_DAY), "last": str(LAST_DAY)}
        raise PydanticCustomError("day_range", "out of range", values)
    return day


# likewise, and a time without a zone
def _read_moment(value: Any) -> dt.datetime:
    try:
        moment = dt.datetime.fromisoformat(match_whole(_MOMENT, value).upper())
    except ValueError:
        raise PydanticCustomError("datetime_parsing", "not a moment") from None
    # near year 1 and 9999 a moment with an offset may lie outside what a datetime in UTC can hold
    return min(max(moment, _EARLIEST), _LATEST)


def _read_amount(value: Any) -> Decimal:
    if not isinstance(value, str) or re.fullmatch(_AMOUNT, value) is None:
        raise PydanticCustomError("decimal_parsing", "not an amount")
    return Decimal(value)


# No control characters: PostgreSQL refuses NUL, and no id, name or line of text needs any.
_LINE = r"^[^\x00-\x1f\x7f-\x9f\u2028\u2029]+$"

# an id in a path, or one that is to be in one
Id = Annotated[str, StringConstraints(min_length=1, max_length=ID_LENGTH, pattern=ID_PATTERN)]
# what the catalogue knows by id and by name, and raters, who need not be in the service
Name = Annotated[str, StringConstraints(min_length=1, max_length=ID_LENGTH, pattern=_LINE)]
Line = Annotated[str, StringConstraints(min_length=1, max_length=200, pattern=_LINE)]
UnitPath = Annotated[str, StringConstraints(min_length=1, max_length=400, pattern=_LINE)]
Note = Annotated[
    str, StringConstraints(min_length=1, max_length=2000, pattern=r"^[^\x00-\x08\x0b-\x1f\x7f]+$")
]
Day = Annotated[dt.date, BeforeValidator(_read_day)]
Moment = Annotated[dt.datetime, BeforeValidator(_read_moment)]
Hours = Annotated[float, Field(ge=0, le=100_000, allow_inf_nan=False)]
MoneyIn = Annotated[
    Decimal,
    BeforeValidator(_read_amount),
    WithJsonSchema({"type": "string", "pattern": _AMOUNT, "examples": ["1200.00"]}),
]
# a decimal string over HTTP, so that no client's floats change it (DECISIONS 12)
Money = Annotated[
    float, PlainSerializer(lambda cny: f"{cny:.2f}", return_type=str, when_used="json")
]

PersonId = Annotated[
    str,
    Path(min_length=1, max_length=ID_LENGTH, pattern=ID_PATTERN, description="Staff number."),
]
AsOf = Annotated[
    Day | None, Query(description="The day the question is asked of; today unless given.")
]
TargetGrade = Annotated[
    Id | None, Query(description="Grade whose targets count; the person's own unless given.")
]


class Body(BaseModel):
    """Base of requests and their parts: a field that is not known is a mistake."""

    model_config = ConfigDict(extra="forbid")


B = TypeVar("B", bound=Body)


def _read_strictly(value: Any, read: ValidatorFunctionWrapHandler) -> Any:
    # Read leniently first, as this words best what is wrong with a value of quite another kind;
    # then strictly and as JSON, which has no dates and decimals, so that these may be strings.
    lenient = read(value)
    return type(lenient).model_validate_json(json.dumps(_whole_numbers(value)), strict=True)


def _whole_numbers(value: Any) -> Any:
    # 5.0 is a whole number to JSON (and its schema), but not to pydantic's strict mode
    if isinstance(value, dict):
        return {name: _whole_numbers(entry) for name, entry in value.items()}
    if isinstance(value, list):
        return [_whole_numbers(entry) for entry in value]
    return int(value) if isinstance(value, float) and value.is_integer() else value


# a body without what pydantic's leniency lets pass: `true` for 1, `"5"` for 5
Strict = Annotated[B, WrapValidator(_read_strictly)]
