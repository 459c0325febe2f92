"""What the forms of a plan have in common: the version that was seen, and what goes wrong."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Annotated, Any

from fastapi import Form, Path, Response

from api.admission import Call
from api.pages.plans.stale import Typed, show_stale
from api.pages.plans.view import explain_problem
from api.pages.routing import see_other
from recommender.errors import (
    ConflictError,
    ForbiddenError,
    InputError,
    RecommenderError,
    StaleError,
)
from recommender.identifiers import ID_LENGTH, ID_PATTERN

PlanId = Annotated[str, Path(pattern=r"^[A-Za-z0-9-]{1,40}$")]
ModuleId = Annotated[str, Path(min_length=1, max_length=ID_LENGTH, pattern=ID_PATTERN)]
ActivityId = Annotated[str, Path(pattern=r"^[a-z0-9-]{1,40}$")]
# of the plan as the page showed it: whoever changes another one is told so
Seen = Annotated[int, Form(ge=1, le=2_000_000_000)]
# the lengths are those that the API allows; a browser sends line ends as CR LF
Words = Annotated[str, Form(max_length=4000)]
_MENDABLE = (InputError, ConflictError, ForbiddenError)
# characters in what is one line
_MOST = {"title": 200, "companion": 200}
_PRINTABLE = re.compile(r"[^\x00-\x08\x0b-\x1f\x7f]*")


def plain(text: str | None) -> str:
    """Return a text that was typed, with the line ends and without the margins of a form."""
    return (text or "").replace("\r\n", "\n").strip()


def changed(
    call: Call,
    plan_id: str,
    act: Callable[[], object],
    *,
    typed: Sequence[Typed] = (),
    again: Callable[[tuple[str, str], RecommenderError], Response],
    seen: int,
    said: str,
    at: str = "",
    back: str = "",
    **values: Any,
) -> Response:
    """Change a plan and lead back to it; show what was typed again where that is not possible.

    Parameters
    ----------
    call : Call
        The request.
    plan_id : str
        Which plan.
    act : callable
        Changes it.
    typed : sequence of Typed
        What the form had, beside the version.
    again : callable
        Shows the form with what is wrong (a sentence, and how to mend it), and the error.
    seen : int
        The version that the visitor saw.
    said : str
        Key of what is said on the page of the plan afterwards, with `values`.
    at : str
        Where on the page to go on.
    back : str
        The page to lead back to in place of that of the plan.
    """
    try:
        act()
    except StaleError as error:
        return show_stale(
            call, plan_id, seen=seen, present=int(str(error.values["present"])), typed=typed
        )
    except _MENDABLE as error:
        return again(explain_problem(call, error), error)
    return see_other(call, back or f"/plans/{plan_id}{at}", said=said, **values)


def checked(name: str, text: str) -> str | None:
    """Return a text that was typed, None where nothing was.

    Raises
    ------
    InputError
        If it is too long, or has what no line of text needs.
    """
    text = plain(text)
    most = _MOST.get(name, 2000)
    if len(text) > most:
        raise InputError("console.plan.too-long", most=most, found=len(text), field=f"#/{name}")
    if not _PRINTABLE.fullmatch(text):
        raise InputError("console.plan.not-text", field=f"#/{name}")
    # a line stays one, also where it was pasted with several
    return (text if name not in _MOST else " ".join(text.split())) or None


def status_of_problem(error: RecommenderError | None) -> int:
    """Return the status of a form that is shown, again where there is an error."""
    if error is None:
        return 200
    return 409 if isinstance(error, ConflictError) else 422
