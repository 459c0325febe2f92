"""Shapes of files that are recognised: what they were taken for, questions, and answers."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field, StringConstraints

from api.responses import Part, Resource
from api.schemas.common import Body
from api.schemas.jobs import TableName

# no control characters: an answer is shown again, and stands in logs
_LINE = r"^[^\x00-\x1f\x7f]*$"
Text = Annotated[str, StringConstraints(min_length=1, max_length=400, pattern=_LINE)]
Answer = Annotated[str, StringConstraints(max_length=400, pattern=_LINE)]
# pydantic describes the keys by a pattern, which says nothing of keys that do not fit it
_NO_OTHERS: dict[str, Any] = {"additionalProperties": False}
Answers = Annotated[dict[Text, Answer], Field(max_length=2000, json_schema_extra=_NO_OTHERS)]
Section = Literal["columns", "values", "given", "people"]


class MappingIn(Body):
    """Answers about a file; they take the place of those given before."""

    kind: Annotated[
        TableName | None, Field(description="What the table holds; null: to be found out.")
    ] = None
    columns: Annotated[
        Answers,
        Field(
            default_factory=dict, description="Header to the column or id it means, or `ignore`."
        ),
    ]
    values: Annotated[
        dict[Text, Answers],
        Field(
            default_factory=dict,
            max_length=50,
            json_schema_extra=_NO_OTHERS,
            description="Column to its words, each with what it means.",
        ),
    ]
    given: Annotated[
        Answers,
        Field(
            default_factory=dict,
            description="Column that the file lacks to the value of every row.",
        ),
    ]
    people: Annotated[
        Answers,
        Field(
            default_factory=dict, description="Name, or `name@row`, to a staff number or `ignore`."
        ),
    ]


class MappingOut(Part):
    """The answers a file was read with, those learned of its source included."""

    kind: str | None = None
    columns: Annotated[dict[str, str], Field(default_factory=dict)]
    values: Annotated[dict[str, dict[str, str]], Field(default_factory=dict)]
    given: Annotated[dict[str, str], Field(default_factory=dict)]
    people: Annotated[dict[str, str], Field(default_factory=dict)]


class ColumnUseOut(Part):
    """How a column of a file was understood; `ignored` says why it is left out."""

    header: str
    column: Annotated[str | None, Field(description="The column it fills.")]
    stands_for: Annotated[
        str | None, Field(description="The competency, indicator or subject of a wide table.")
    ]
    ignored: str | None


class LeftOutRowOut(Part):
    """A row that holds no record."""

    row: Annotated[int, Field(description="Its number in the file.")]
    text: str
    reason: str


class OptionOut(Part):
    """An answer to choose from."""

    value: str
    meaning: str


class QuestionOut(Part):
    """Something that cannot be told from the file for sure."""

    section: Section
    column: Annotated[str | None, Field(description="For `values`: the key under it.")]
    subject: Annotated[str, Field(description="The key of its answer in the mapping.")]
    text: str
    options: Annotated[list[OptionOut], Field(description="Empty where any answer will do.")]
    suggestion: str | None
    answer: str | None
    places: Annotated[int, Field(description="How many cells it decides about.")]
    row: Annotated[int, Field(description="Number of the first such row; 0: of no single one.")]
    required: bool


class ImportLookOut(Resource):
    """What an uploaded file was taken for, and what is asked about it."""

    import_id: str
    file_name: str
    kind: TableName
    form: Annotated[str, Field(description="Shape of the file; `own`: headers as in a template.")]
    summary: str
    columns: list[ColumnUseOut]
    left_out: list[LeftOutRowOut]
    notes: list[str]
    questions: list[QuestionOut]
    is_ready: Annotated[bool, Field(description="Whether it can be run: no question is open.")]
    mapping: MappingOut
