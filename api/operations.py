"""How an operation of the API is declared: one call says everything that holds for it.

::

    ROUTES = Operations("people")

    @ROUTES.operation(
        "GET", "/people/{person_id}/gaps", Permission.READ_ASSESSMENTS,
        answer=GapsOut, absent=True, example={"person_id": "S00017"},
    )
    def read_gaps(call: Admitted, person_id: PersonId, as_of: AsOf = None) -> Response:
        '''Compare a person's levels with the targets of the grade.'''
        return answer(call, ...)

The function's name is the operation's id, its docstring the summary. The permission stands in the
description of the route, where `api.admission.admit` finds it. Every status that an operation can
give is declared here and nowhere else.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from fastapi import APIRouter, Response
from fastapi.responses import JSONResponse
from pydantic import BaseModel

from api.admission import IDEMPOTENCY_KEY, PERMISSION, SOLVES, WITH_BODY
from api.bodies import JsonRoute
from api.problems import MEDIA_TYPE, Problem
from api.responses import MOST_FIELDS, fields_of
from recommender.service.permissions import Permission

_ALWAYS = {
    401: "No key or token, or none that is valid.",
    403: "The role or the key does not allow this, of whomever.",
    422: "Something in the request is not as it has to be; `errors` says what.",
    429: "Too many requests; `Retry-After` says when to go on.",
    503: "The database cannot be used now; the same request may be sent again.",
}
_SOMETIMES = {
    404: "Not there, or not within what the caller may see.",
    409: "The present state does not allow it.",
    412: "It has changed since it was read; read it again.",
    413: "The body is too large.",
    415: "The body is compressed, or wrapped in a form.",
    428: "`If-Match` is missing.",
}


XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
PDF = "application/pdf"
DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
CSV = "text/csv"
# browsers and curl send a file of a type they don't know as octet-stream
BYTES = "application/octet-stream"
TABLES = (XLSX, CSV, BYTES)


class Operations(APIRouter):
    """A group of operations under ``/v1``.

    Parameters
    ----------
    tag : str
        Name of the group.
    """

    def __init__(self, tag: str) -> None:
        super().__init__(prefix="/v1", tags=[tag], route_class=JsonRoute)

    def operation(
        self,
        method: str,
        path: str,
        permission: Permission | None,
        *,
        answer: type[BaseModel] | None = None,
        status: int = 200,
        absent: bool = False,
        conflict: bool = False,
        versioned: bool = False,
        creates: bool = False,
        media: dict[str, str] | None = None,
        example: dict[str, Any] | None = None,
        body_example: Any = None,
        upload: bool = False,
        document: bool = False,
        solves: bool = False,
        waits: bool = False,
    ) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
        """Declare an operation.

        Parameters
        ----------
        method, path : str
            As in OpenAPI; the path stands below ``/v1``.
        permission : Permission or None
            The permission it needs; None where every principal may.
        answer : type or None
            Shape of the JSON answer; None where there is no body, or no JSON.
        status : int
            Status of a success.
        absent, conflict : bool
            Whether it may answer 404, 409.
        versioned : bool
            Whether it needs ``If-Match``, and may answer 412 and 428.
        creates : bool
            Whether it may also create the resource: 201, and without ``If-Match``.
        media : dict of str to str
            Other media types of the answer, each with a description.
        example : dict of str to object
            Values of path and query parameters that work on the sample organisation.
        body_example : object
            A body that works together with `example`; the text of a CSV file for an upload.
        upload : bool
            Whether the body is a table in a file.
        document : bool
            Whether the body is a Word document.
        solves : bool
            Whether it solves a plan: of these a caller has fewer an hour.
        waits : bool
            Whether it may have to wait for a second person, and then answers 202.

        Returns
        -------
        callable
            A decorator that leaves the function as it is.
        """
        problems = dict(_ALWAYS)
        for wanted, number in (
            (absent, 404),
            (conflict, 409),
            (versioned, 412),
            (versioned, 428),
            (method in WITH_BODY, 413),
            (method in WITH_BODY, 415),
        ):
            if wanted:
                problems[number] = _SOMETIMES[number]
        if method == "POST":
            problems[409] = _SOMETIMES[409]  # an Idempotency-Key used for something else
        responses: dict[int | str, dict[str, Any]] = {
            number: {
                "description": text,
                "model": Problem,
                "content": {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}},
            }
            for number, text in sorted(problems.items())
        }
        success: dict[str, Any] = {"description": "Done." if answer is None else "The answer."}
        if media:
            success["content"] = {
                name: {"schema": {"type": "string", "format": "binary", "description": text}}
                for name, text in media.items()
            }
        responses[status] = success
        if creates:
            responses[201] = {"description": "It was not there; it was made.", "model": answer}
        if waits:
            responses[202] = {"description": "It waits for a second person.", "model": answer}
        if method == "GET" and (answer is not None or media):
            responses[304] = {"description": "Unchanged since the answer `If-None-Match` names."}
        extra: dict[str, Any] = {"security": [{"bearer": []}]}
        if permission is not None:
            extra[PERMISSION] = permission.value
        if solves:
            extra[SOLVES] = True
        headers = _header_parameters(method, versioned=versioned, creates=creates)
        if headers:
            extra["parameters"] = headers
        # The tests call every operation with its example. An id that is known only after
        # something was created stands in braces, for them to fill in.
        ids = {name: f"{{{name}}}" for name in re.findall(r"{(\w+)[:}]", path)}
        extra["x-example"] = ids | (example or {})
        if answer is not None:
            # on its way to `settle_parameters`: FastAPI has made no parameter yet to put it in
            extra["x-fields"] = fields_of(answer)
        if upload:
            whole = {"schema": {"type": "string", "format": "binary", "minLength": 1}}
            content = dict.fromkeys(TABLES, whole) | {CSV: {**whole, "example": body_example}}
            extra["requestBody"] = {"required": True, "content": content}
        elif document:
            whole = {"schema": {"type": "string", "format": "binary", "minLength": 1}}
            extra["requestBody"] = {
                "required": True,
                "content": dict.fromkeys((DOCX, BYTES), whole),
            }
        elif body_example is not None:
            extra["requestBody"] = {"content": {"application/json": {"example": body_example}}}

        def declare(function: Callable[..., Any]) -> Callable[..., Any]:
            # response_model is only for the description: routes return a `Response`, which FastAPI
            # passes on as it is, so an answer is not validated and serialised a second time
            summary, _, rest = (function.__doc__ or "").strip().partition("\n")
            self.add_api_route(
                path,
                function,
                methods=[method],
                status_code=status,
                response_model=answer,
                response_class=Response if answer is None else JSONResponse,
                responses=responses,
                operation_id=function.__name__,
                summary=summary.rstrip("."),
                description=rest.strip(),
                openapi_extra=extra,
            )
            return function

        return declare


def settle_parameters(operation: dict[str, Any]) -> None:
    """Describe an operation's parameters more exactly than FastAPI does."""
    names: list[str] = operation.pop("x-fields", [])
    example = operation.get("x-example", {})
    for parameter in operation.get("parameters", []):
        schema = parameter["schema"]
        shown = example.get(parameter["name"])
        if shown is not None and shown != f"{{{parameter['name']}}}":
            parameter["example"] = shown
        if parameter["name"] == "fields":
            items = {"type": "string", "enum": names}
            parameter["schema"] = {
                "type": "array",
                "items": items,
                "minItems": 1,
                "maxItems": MOST_FIELDS,
            }
            parameter |= {"style": "form", "explode": False}
        elif {"type": "null"} in schema.get("anyOf", []):
            # it may be left out, but no address can say null, which FastAPI allows
            choices = [choice for choice in schema.pop("anyOf") if choice != {"type": "null"}]
            schema |= choices[0] if len(choices) == 1 else {"anyOf": choices}


def _header_parameters(method: str, *, versioned: bool, creates: bool) -> list[dict[str, Any]]:
    wanted: list[tuple[str, str, bool, str | None]] = []
    if method == "POST":
        wanted.append(
            (
                "Idempotency-Key",
                "A name for this request, of your choice: sent again under the same name, it is "
                "answered again and not done again.",
                False,
                IDEMPOTENCY_KEY,
            )
        )
    if method == "GET":
        wanted.append(("If-None-Match", "The `ETag` of an answer at hand.", False, None))
    if versioned:
        wanted.append(
            (
                "If-Match",
                "The `ETag` of what is to be changed; `*` for whichever there is.",
                not creates,
                None,
            )
        )
    return [
        {
            "name": name,
            "in": "header",
            "required": required,
            "description": text,
            "schema": {"type": "string"} | ({"pattern": pattern} if pattern else {}),
        }
        for name, text, required, pattern in wanted
    ]
