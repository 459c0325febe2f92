"""API keys."""

from __future__ import annotations

from typing import Annotated

from fastapi import Path, Response

from api.admission import Admitted, Call
from api.operations import Operations
from api.problems import problem_response
from api.responses import Cursor, Fields, Limit, answer, decode_cursor, next_cursor
from api.schemas.access.keys import KeyIn, KeyOut, KeyPage, NewKeyOut
from api.schemas.common import Id, Strict
from recommender.service.access import keys
from recommender.service.access.keys import KeyRequest, NewKey
from recommender.service.permissions import Permission

ROUTES = Operations("access")

KeyId = Annotated[Id, Path(description="Id of the key; not the key itself.")]


@ROUTES.operation("GET", "/api-keys", Permission.MANAGE_KEYS, answer=KeyPage, example={"limit": 5})
def list_api_keys(
    call: Admitted, fields: Fields = None, cursor: Cursor = None, limit: Limit = 50
) -> Response:
    """List the API keys, also those that have ended."""
    (after,) = decode_cursor(cursor, ("",))
    api_keys = keys.get_keys(call.session, after=after, limit=limit + 1)
    items, following = next_cursor(api_keys, limit, lambda key: (key.key_id,))
    page = KeyPage.model_validate({"items": items, "next": following})
    return answer(call, page, fields=fields)


@ROUTES.operation(
    "POST",
    "/api-keys",
    Permission.MANAGE_KEYS,
    answer=NewKeyOut,
    status=201,
    absent=True,
    example={},
    body_example={"label": "HR portal", "role": "hr", "days": 90},
)
def create_api_key(call: Admitted, body: Strict[KeyIn]) -> Response:
    """Make an API key, and show it this once.

    Where a role or the installation needs two people for it, the key opens nothing until somebody
    else has confirmed it; `waits_until` says so.
    """
    request = KeyRequest(**body.model_dump())
    with call.once(keep=lambda _: _say_it_was_shown(call)):
        new_key = keys.create_key(call.session, request)
        return _show_once(call, new_key)


@ROUTES.operation(
    "GET",
    "/api-keys/{key_id}",
    Permission.MANAGE_KEYS,
    answer=KeyOut,
    absent=True,
)
def read_api_key(call: Admitted, key_id: KeyId, fields: Fields = None) -> Response:
    """Read what an API key is for; its secret cannot be read."""
    key = keys.get_key(call.session, key_id)
    return answer(call, KeyOut.model_validate(key), fields=fields)


@ROUTES.operation(
    "POST",
    "/api-keys/{key_id}/rotation",
    Permission.MANAGE_KEYS,
    answer=NewKeyOut,
    status=201,
    absent=True,
    conflict=True,
)
def rotate_api_key(call: Admitted, key_id: KeyId) -> Response:
    """Make a key with the same rights in place of another, which goes on for a day.

    Where the new one has to be confirmed, the day begins then.
    """
    with call.once(keep=lambda _: _say_it_was_shown(call)):
        new_key = keys.rotate_key(call.session, key_id)
        return _show_once(call, new_key)


@ROUTES.operation(
    "POST",
    "/api-keys/{key_id}/confirmation",
    Permission.MANAGE_KEYS,
    answer=KeyOut,
    absent=True,
    conflict=True,
)
def confirm_api_key(call: Admitted, key_id: KeyId) -> Response:
    """Let an API key take effect that somebody else has made."""
    with call.once():
        key = keys.confirm_key(call.session, key_id)
        return answer(call, KeyOut.model_validate(key))


@ROUTES.operation(
    "DELETE",
    "/api-keys/{key_id}",
    Permission.MANAGE_KEYS,
    status=204,
    absent=True,
)
def revoke_api_key(call: Admitted, key_id: KeyId) -> Response:
    """End an API key at once."""
    with call.once():
        keys.revoke_key(call.session, key_id)
        return call.respond(Response(status_code=204))


def _show_once(call: Call, made: NewKey) -> Response:
    shown = NewKeyOut.model_validate({**made.key.__dict__, "token": made.token})
    return answer(call, shown, status=201, location=f"/v1/api-keys/{made.key.key_id}")


def _say_it_was_shown(call: Call) -> Response:
    """Return what is kept in place of the answer: a secret is not."""
    request_id = call.request.state.request_id
    return problem_response(409, "keys.shown-once", lang=call.lang, request_id=request_id)
