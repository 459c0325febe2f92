"""Bodies: JSON that says nothing twice."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Coroutine, Iterator
from itertools import islice
from typing import Any

from fastapi import Request, Response
from fastapi.routing import APIRoute

from api.problems import FieldProblem, UnreadableBody, language_of
from recommender.texts import say

_SHOWN = 100


class _Twice(dict[str, Any]):
    """An object in which a name stands more than once."""

    names: tuple[str, ...] = ()


class _JsonRequest(Request):
    async def json(self) -> Any:
        """Return the body; refuse one of which readers would see different things."""
        if not hasattr(self, "_json"):
            body = json.loads(await self.body(), object_pairs_hook=_read_object)
            detail = say("invalid.duplicate_name", language_of(self))
            problems = [
                FieldProblem(pointer=pointer[:400], detail=detail)
                for pointer in islice(_find_twice(body), _SHOWN)
            ]
            if problems:
                raise UnreadableBody(422, "request.invalid", errors=problems)
            self._json = body
        return self._json


class JsonRoute(APIRoute):
    """A route whose body is read strictly: the documented way to put another request in place."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """Return what answers a request."""
        answer = super().get_route_handler()

        async def read_and_answer(request: Request) -> Response:
            return await answer(_JsonRequest(request.scope, request.receive))

        return read_and_answer


def _read_object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    read = dict(pairs)
    if len(read) == len(pairs):
        return read
    names = [name for name, _ in pairs]
    twice = _Twice(read)
    twice.names = tuple(name for name, count in Counter(names).items() if count > 1)
    return twice


def _find_twice(value: Any, place: str = "#") -> Iterator[str]:
    if isinstance(value, _Twice):
        yield from (f"{place}/{name}" for name in value.names)
    if isinstance(value, dict):
        for name, each in value.items():
            yield from _find_twice(each, f"{place}/{name}")
    elif isinstance(value, list):
        for number, each in enumerate(value):
            yield from _find_twice(each, f"{place}/{number}")
