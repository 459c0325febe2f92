"""Everything that goes wrong, as RFC 9457 problem details in the caller's language."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Annotated, Any

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, Field
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.routing import Match

from recommender.errors import (
    ConflictError,
    ForbiddenError,
    InputError,
    ModelError,
    NotFoundError,
    RecommenderError,
    StaleError,
    StoreError,
    TableFaultsError,
)
from recommender.identifiers import ID_PATTERN
from recommender.service.access.idempotency import AnsweredBefore
from recommender.service.jobs.problems import describe_faults
from recommender.texts import LANGUAGES, all_texts, explain, hint, say
from training_catalog import CatalogError

MEDIA_TYPE = "application/problem+json"
LANGUAGE_COOKIE = "lang"
TYPE = "urn:training-recommender:problem:"
# a table with one wrong column has a fault in every row, and nobody reads a hundred thousand
SHOWN_FAULTS = 1000

# the first that fits counts, so a subclass stands before its base
_STATUSES: tuple[tuple[type[RecommenderError], int], ...] = (
    (StaleError, 412),
    (TableFaultsError, 422),
    (InputError, 422),
    (NotFoundError, 404),
    (ConflictError, 409),
    (ForbiddenError, 403),
    (ModelError, 409),
    (StoreError, 503),
)


class FieldProblem(BaseModel):
    """What is wrong with one field, cell or parameter."""

    pointer: Annotated[
        str,
        Field(
            description="JSON pointer into the body (`#/items/0`), or `query:name`, `path:name`, "
            "`header:name`; for a table `sheet!R5C2`."
        ),
    ]
    detail: Annotated[str, Field(description="What is wrong and what was expected.")]


class Problem(BaseModel):
    """Problem details (RFC 9457). `type` is stable; the sentences are for people."""

    type: Annotated[str, Field(examples=[TYPE + "person.unknown"])]
    title: str
    status: int
    detail: str
    hint: Annotated[str, Field(description="How to mend it; may be empty.")] = ""
    request_id: str
    errors: list[FieldProblem] = []


class Refusal(HTTPException):
    """A request refused at the rim: its text's code, and headers that go with it."""

    def __init__(
        self,
        status_code: int,
        code: str,
        *,
        headers: dict[str, str] | None = None,
        errors: Sequence[FieldProblem] = (),
        **values: object,
    ) -> None:
        super().__init__(status_code, code, headers)
        self.code, self.errors, self.values = code, list(errors), values


class UnreadableBody(Refusal):
    """A refusal that comes of reading the body, which is before the caller is admitted."""


def status_of(error: RecommenderError) -> int:
    """Return the HTTP status of a known problem."""
    return next(status for kind, status in _STATUSES if isinstance(error, kind))


def language_of(request: Request) -> str:
    """Return the language the caller likes best, or else the installation's."""
    default = request.app.state.settings.lang
    if wants_page(request):
        # a browser sends the language of its own menus, whatever its user reads at work
        chosen = request.cookies.get(LANGUAGE_COOKIE)
        return chosen if chosen in LANGUAGES else default
    return choose_language(request.headers.get("accept-language", ""), default)


def wants_page(request: Request) -> bool:
    """Say whether a person in a browser asks, not a program."""
    if request.url.path.startswith("/v1/"):
        return False
    return "hx-request" in request.headers or "text/html" in request.headers.get("accept", "")


def choose_language(accepted: str, default: str) -> str:
    """Choose ``zh-CN`` or ``en`` by an Accept-Language header."""
    best, best_quality = default, 0.0
    # Only the primary tag is compared, so that `zh` and `zh-TW` mean zh-CN; Babel's negotiation
    # answers `en` to them. A caller decides how long the header is, hence the bound.
    for part in accepted.split(",")[:20]:
        name, _, parameters = part.strip().partition(";")
        quality = 1.0
        if parameters.strip().startswith("q="):
            try:
                quality = float(parameters.strip()[2:])
            except ValueError:
                continue
        primary = name.strip().lower().split("-")[0]
        match = next((lang for lang in LANGUAGES if lang.lower().split("-")[0] == primary), None)
        if match and quality > best_quality:
            best, best_quality = match, quality
    return best


def problem_response(
    status: int,
    code: str,
    *,
    lang: str,
    request_id: str,
    detail: str = "",
    advice: str = "",
    errors: Sequence[FieldProblem] = (),
    headers: dict[str, str] | None = None,
) -> Response:
    """Return a problem document; `detail` is the text of the code unless given."""
    known = code in all_texts()
    problem = Problem(
        type=TYPE + code,
        title=say(f"problem.{status}", lang),
        status=status,
        detail=detail or (say(code, lang) if known else say(f"problem.{status}", lang)),
        hint=advice or (hint(code, lang) if known and not detail else ""),
        request_id=request_id,
        errors=list(errors),
    )
    return Response(
        problem.model_dump_json(),
        status,
        headers={"Content-Language": lang, **(headers or {})},
        media_type=MEDIA_TYPE,
    )


def install_handlers(app: FastAPI, check_caller: Callable[[Request], object]) -> None:
    """Make every known problem of an application a problem document.

    Parameters
    ----------
    app : FastAPI
        The application.
    check_caller : callable
        Raises if the caller is not admitted. FastAPI reads a body before it settles dependencies,
        and a caller who may not ask must not learn what is wrong with the question.
    """

    async def on_unreadable(request: Request, error: Exception) -> Response:
        if not hasattr(request.state, "call"):
            try:
                await run_in_threadpool(check_caller, request)
            except RecommenderError as problem:
                return await _on_known_problem(request, problem)
            except Refusal as refusal:
                return await _on_refusal(request, refusal)
        if isinstance(error, UnreadableBody):
            return await _on_refusal(request, error)
        if isinstance(error, HTTPException):  # FastAPI's 400: the body cannot be decoded
            problem = {"type": "json_invalid", "loc": ("body",)}
            return await _on_invalid(request, RequestValidationError([problem]))
        return await _on_invalid(request, error)

    app.add_exception_handler(RecommenderError, _on_known_problem)
    app.add_exception_handler(CatalogError, _on_catalog_faults)
    app.add_exception_handler(RequestValidationError, on_unreadable)
    app.add_exception_handler(UnreadableBody, on_unreadable)
    app.add_exception_handler(400, on_unreadable)
    app.add_exception_handler(HTTPException, _on_refusal)
    app.add_exception_handler(AnsweredBefore, _on_repeated)


# Handlers are typed for any exception, as Starlette wants them; the asserts narrow that.


async def _on_repeated(request: Request, error: Exception) -> Response:
    assert isinstance(error, AnsweredBefore)
    earlier = error.answer
    headers = {**earlier.headers, "Idempotent-Replayed": "true"}
    return request.state.call.respond(Response(earlier.body, earlier.status, headers=headers))


def describe_problem(error: RecommenderError, lang: str) -> tuple[str, str]:
    """Return what a known problem says, and how to mend it."""
    if isinstance(error, StoreError) and "database" in error.values:
        # only the log and the command line say where the database is; a caller is not told
        error.values["database"] = "recommender"
    return explain(error, lang)


def fields_of(error: RecommenderError, detail: str, lang: str) -> list[FieldProblem]:
    """Return the fields that a known problem is about."""
    if isinstance(error, TableFaultsError):
        return [
            FieldProblem(
                pointer=_cell_pointer(fault) if error.file else _item_pointer(fault),
                detail=f"{fault['message']} ({fault['found']} → {fault['expected']})",
            )
            for fault in describe_faults(error, lang)[:SHOWN_FAULTS]
        ]
    if "field" in error.values:
        return [FieldProblem(pointer=f"{error.values['field']}", detail=detail)]
    return []


def _cell_pointer(fault: dict[str, object]) -> str:
    return f"{fault['sheet']}!R{fault['row']}C{fault['column']}"


def _item_pointer(fault: dict[str, object]) -> str:
    row, column = int(str(fault["row"])), fault["column"]
    if not row:
        return f"#/{column}"
    # the person stands in the path and not in the item, so a fault there is the whole item's
    return f"#/items/{row - 1}" + ("" if column == "person_id" else f"/{column}")


async def _on_known_problem(request: Request, error: Exception) -> Response:
    assert isinstance(error, RecommenderError)
    lang = language_of(request)
    detail, advice = describe_problem(error, lang)
    status = status_of(error)
    return problem_response(
        status,
        error.code,
        lang=lang,
        request_id=request.state.request_id,
        detail=detail,
        advice=advice,
        errors=fields_of(error, detail, lang),
        headers={"Retry-After": "2"} if status == 503 else None,
    )


async def _on_catalog_faults(request: Request, error: Exception) -> Response:
    assert isinstance(error, CatalogError)
    lang = language_of(request)
    return problem_response(
        409,
        "catalog.faults",
        lang=lang,
        request_id=request.state.request_id,
        detail=say("catalog.faults", lang, folder=error.folder.name, count=len(error.faults)),
        errors=[
            FieldProblem(pointer=f"{fault.file} {fault.key}", detail=fault.what.in_language(lang))
            for fault in error.faults[:SHOWN_FAULTS]
        ],
    )


async def _on_invalid(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)
    lang = language_of(request)
    return problem_response(
        422,
        "request.invalid",
        lang=lang,
        request_id=request.state.request_id,
        errors=[_field_problem(item, lang) for item in error.errors()[:100]],
    )


def _field_problem(item: dict[str, Any], lang: str) -> FieldProblem:
    place, *rest = [str(part) for part in item["loc"]] or ["body"]
    pointer = "#/" + "/".join(rest) if place == "body" else f"{place}:{'.'.join(rest)}"
    # pydantic's context may also hold an exception, which has no place in a sentence
    expected = {
        name: value
        for name, value in item.get("ctx", {}).items()
        if isinstance(value, str | int | float)
    }
    # the rule for ids is told in words; nobody reads its pattern
    key = "invalid.id" if expected.get("pattern") == ID_PATTERN else f"invalid.{item['type']}"
    text = say(key, lang, **expected) if key in all_texts() else say("invalid.other", lang)
    # the name of a field may hold half a surrogate pair, which cannot be sent as UTF-8
    return FieldProblem(pointer=pointer.encode("utf-8", "replace").decode(), detail=text)


async def _on_refusal(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    lang = language_of(request)
    values: dict[str, object] = error.values if isinstance(error, Refusal) else {}
    code = error.code if isinstance(error, Refusal) else f"problem.{error.status_code}"
    headers = dict(error.headers or {})
    if error.status_code == 405:
        headers["Allow"] = ", ".join(_methods_of(request))
    return problem_response(
        error.status_code,
        code,
        lang=lang,
        request_id=request.state.request_id,
        detail=say(code, lang, **values) if code in all_texts() else "",
        advice=hint(code, lang, command_line=False, **values) if code in all_texts() else "",
        errors=error.errors if isinstance(error, Refusal) else (),
        headers=headers,
    )


def _methods_of(request: Request) -> list[str]:
    # Starlette's header names only the methods of the one route that refused; others may share
    # its path
    methods = [
        method
        for method in ("GET", "POST", "PUT", "PATCH", "DELETE")
        if any(
            route.matches({**request.scope, "method": method})[0] is Match.FULL
            for route in request.app.routes
        )
    ]
    # where no route matches, it is a file of those that are mounted
    return ["GET", "HEAD", *methods[1:]] if methods[:1] in ([], ["GET"]) else methods
