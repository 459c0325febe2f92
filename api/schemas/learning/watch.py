"""Shapes of the watch of fairness and of the model in force."""

from __future__ import annotations

import datetime as dt
from typing import Annotated

from pydantic import Field

from api.responses import Part, Resource
from recommender.documents.watch.document import Dimension, FindingCode, Measure


class FigureOut(Part):
    """A figure with its 95 % range."""

    figure: float
    lower: float | None
    upper: float | None


class ComparedOut(Part):
    """A measure of a group."""

    people: int
    mean: FigureOut
    difference: Annotated[
        FigureOut | None,
        Field(
            description="From others of the same grade with gaps of the same size; null where "
            "nobody is comparable."
        ),
    ]


class PredictedOut(Part):
    """Predictions beside what was measured since the training; gains in levels."""

    records: int
    people: int
    predicted: float
    observed: float
    offset: Annotated[FigureOut, Field(description="Measured less predicted.")]
    slope: Annotated[FigureOut | None, Field(description="Of measured on predicted; 1 is right.")]
    coverage: Annotated[FigureOut, Field(description="Share of 90 % ranges that held.")]


class GroupLineOut(Part):
    """A group; a measure is null where it would tell of too few people."""

    dimension: Dimension
    group: Annotated[
        str,
        Field(
            description="Path of a unit, id of a grade, or a band of years of service: 0 is under "
            "1 year, 1 from 1 to 3, 2 to 5, 3 to 10, 4 more."
        ),
    ]
    people: Annotated[int | None, Field(description="Null where the group is not told of.")]
    measures: dict[Measure, ComparedOut | None]
    predicted: PredictedOut | None


class InputLineOut(Part):
    """An input of the model, beside what it was when the model was trained."""

    name: str
    people: int
    index: Annotated[float, Field(description="Population stability index; 0 is no change.")]
    threshold: float


class WatchFindingOut(Part):
    """Something that is surely farther out than is tolerated."""

    code: FindingCode
    is_alarm: Annotated[bool, Field(description="False: to be known, not to be looked into.")]
    dimension: Dimension | None
    group: Annotated[str | None, Field(description="Of an input its name.")]
    found: FigureOut
    usual: Annotated[float | None, Field(description="Mean of everybody, or what it should be.")]
    threshold: Annotated[float, Field(description="What is tolerated.")]
    since: dt.date
    sentence: Annotated[str, Field(description="In the language asked for.")]
    todo: Annotated[str, Field(description="What to do about it.")]


class WatchOut(Resource):
    """Whether groups are treated alike, and whether the model in force still holds."""

    as_of: dt.date
    first_on: Annotated[dt.date, Field(description="From when on hours and seats are counted.")]
    exact: Annotated[
        bool,
        Field(
            description="False for who may read no single person's assessments: of the last end of "
            "a quarter, counts in steps of five, means in tenths."
        ),
    ]
    model_id: Annotated[str | None, Field(description="In force; null: the experts' estimates.")]
    in_force_since: dt.date | None
    trained_until: dt.date | None
    people: int | None
    alarms: Annotated[int, Field(description="How many of the findings are alarms.")]
    findings: Annotated[list[WatchFindingOut], Field(description="Alarms first.")]
    tests: Annotated[int, Field(description="How many questions were asked of the figures.")]
    untested: Annotated[
        list[str],
        Field(
            description="What could not be looked at: `no-model`, `model-unusable`, `no-inputs`, "
            "`few-records`, `few-people`; `order-only` where sizes are the experts', "
            "`sampled` where not all records were."
        ),
    ]
    totals: dict[Measure, float | None]
    lines: list[GroupLineOut]
    predicted: PredictedOut | None
    inputs: list[InputLineOut]
