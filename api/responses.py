"""Answers: JSON with an ETag, sparse fields, pages with a cursor."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Callable, Sequence
from typing import Annotated, Any, TypeVar, get_args

from fastapi import Query, Response
from pydantic import BaseModel, ConfigDict

from api.admission import Call
from api.problems import FieldProblem, Refusal

T = TypeVar("T")

Limit = Annotated[int, Query(ge=1, le=200, description="How many items at most.")]
Cursor = Annotated[
    str | None,
    Query(
        max_length=400,
        description="`next` of the page before; opaque.",
        # what it holds is a list: all of them begin alike
        json_schema_extra={"pattern": r"^W[A-Za-z0-9_-]+$"},
    ),
]
MOST_FIELDS = 50
Fields = Annotated[
    str | None,
    Query(
        max_length=2000,
        pattern=rf"^[a-z0-9_]+(,[a-z0-9_]+){{0,{MOST_FIELDS - 1}}}$",
        description="Only these fields of each item, with commas between.",
    ),
]


def _all_optional(schema: dict[str, Any]) -> None:
    # with `fields=` any field may be missing; a client made from the description has to know
    schema.pop("required", None)


class Part(BaseModel):
    """Base of what an answer consists of: read from the attributes of what a use case returns."""

    model_config = ConfigDict(from_attributes=True)


class Resource(Part):
    """Base of answers that can be asked for with `fields`: any field may then be left out."""

    model_config = ConfigDict(json_schema_extra=_all_optional)


class Page(BaseModel):
    """Base of a page of items; `next` is the cursor of the page after it, null on the last."""

    next: str | None


def answer(
    call: Call,
    body: BaseModel,
    *,
    status: int = 200,
    version: int | None = None,
    fields: str | None = None,
    location: str | None = None,
) -> Response:
    """Return an answer as JSON.

    Parameters
    ----------
    call : Call
        The request.
    body : BaseModel
        The answer.
    status : int
        Status of a success.
    version : int or None
        Version of the resource, which ``If-Match`` has to name when it is changed.
    fields : str or None
        Only these fields: of the items of a page, else of the body.
    location : str or None
        Address of a new resource.

    Returns
    -------
    Response
        304 without a body where the caller has it already.

    Raises
    ------
    Refusal
        If `fields` names a field that does not exist.
    """
    content = body.model_dump_json() if fields is None else _sparse(body, fields)
    return send(call, content.encode(), status=status, version=version, location=location)


def send(
    call: Call,
    content: bytes,
    *,
    status: int = 200,
    version: int | None = None,
    location: str | None = None,
    media_type: str = "application/json",
    filename: str | None = None,
) -> Response:
    """Return bytes as an answer, with ETag and language; see `answer`."""
    # The version is for If-Match, the digest for If-None-Match: the same version reads differently
    # in another language or with other fields.
    digest = hashlib.sha256(content).hexdigest()[:16]
    etag = f'"{digest}"' if version is None else f'"{version}-{digest}"'
    headers = {
        "ETag": etag,
        # a browser may keep it but has to ask each time; a shared cache must not hold people's data
        "Cache-Control": "private, no-cache",
        "Content-Language": call.lang,
        "Vary": "Accept, Accept-Language, Authorization",
    }
    if location is not None:
        headers["Location"] = location
    if filename is not None:
        headers["Content-Disposition"] = f'attachment; filename="{filename}"'
    known = call.request.headers.get("if-none-match", "").replace(" ", "").split(",")
    # a proxy that compresses answers turns the ETag into a weak one (W/)
    held = {"*", etag, f"W/{etag}"}.intersection(known)
    if call.request.method == "GET" and status == 200 and held:
        return call.respond(Response(status_code=304, headers=headers))
    return call.respond(Response(content, status, headers=headers, media_type=media_type))


def encode_cursor(key: Sequence[str | int]) -> str:
    """Return the cursor that stands for the last key of a page."""
    text = json.dumps(list(key), ensure_ascii=False, separators=(",", ":"))
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def decode_cursor(cursor: str | None, first: Sequence[T]) -> tuple[T, ...]:
    """Return the key a cursor stands for.

    Parameters
    ----------
    cursor : str or None
        As `encode_cursor` made it.
    first : sequence
        The key before the first item, of the same types; returned where there is no cursor.

    Returns
    -------
    tuple
        The key to go on after.

    Raises
    ------
    Refusal
        If it is no cursor of this list.
    """
    if cursor is None:
        return tuple(first)
    try:
        padded = cursor.encode("ascii") + b"=" * (-len(cursor) % 4)
        key = json.loads(base64.b64decode(padded, altchars=b"-_", validate=True).decode())
        # fails for half a surrogate pair, which JSON can hold and no database takes
        json.dumps(key, ensure_ascii=False).encode()
    except ValueError:
        key = None
    # A cursor comes back from outside and goes into SQL: types as in the key, no NUL (PostgreSQL
    # refuses it in a text), no number beyond its 32-bit integer.
    if (
        not isinstance(key, list)
        or [type(part) for part in key] != [type(part) for part in first]
        or any(isinstance(part, str) and "\x00" in part for part in key)
        or any(isinstance(part, int) and not 0 <= part < 2**31 for part in key)
    ):
        raise Refusal(
            422, "request.cursor", errors=[FieldProblem(pointer="query:cursor", detail="")]
        )
    return tuple(key)


def next_cursor(
    found: Sequence[T], limit: int, key: Callable[[T], Sequence[str | int]]
) -> tuple[Sequence[T], str | None]:
    """Return the page and the next cursor, from a list read with one item more than asked."""
    # the extra item tells whether there is another page, without counting all rows
    if len(found) <= limit:
        return found, None
    page = found[:limit]
    return page, encode_cursor(key(page[-1]))


def fields_of(model: type[BaseModel]) -> list[str]:
    """Return the fields that may be asked for: those of the items of a page, else the model's."""
    if issubclass(model, Page):
        (model,) = get_args(model.model_fields["items"].annotation)
    return list(model.model_fields)


def cut_page(items: Sequence[T], cursor: str | None, limit: int) -> tuple[Sequence[T], str | None]:
    """Return one page, cut by position, of a list that is in memory, and the next cursor."""
    (start,) = decode_cursor(cursor, (0,))
    end = start + limit
    return items[start:end], encode_cursor((end,)) if end < len(items) else None


def _sparse(body: BaseModel, fields: str) -> str:
    wanted = fields.split(",")
    whole = body.model_dump(mode="json")
    items = whole["items"] if isinstance(body, Page) else [whole]
    known = fields_of(type(body))
    missing = [name for name in wanted if name not in known]
    if missing:
        raise Refusal(
            422,
            "request.unknown-field",
            names=", ".join(missing)[:200],
            known=", ".join(known),
            errors=[FieldProblem(pointer="query:fields", detail=name) for name in missing[:20]],
        )
    sparse_items = [{name: item[name] for name in wanted} for item in items]
    return json.dumps(
        {**whole, "items": sparse_items} if isinstance(body, Page) else sparse_items[0],
        ensure_ascii=False,
        separators=(",", ":"),
    )
