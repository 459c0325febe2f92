"""API keys: listed, made, renewed, confirmed, revoked."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from fastapi import Form, Path, Query, Response

from api.admission import Call
from api.pages.rendering import render
from api.pages.routing import Pages, Visited, see_other
from api.problems import describe_problem
from recommender.errors import InputError, NotFoundError
from recommender.service.access.keys import (
    LIFETIME_DAYS,
    LONGEST_DAYS,
    OVERLAP_HOURS,
    KeyRequest,
    NewKey,
    confirm_key,
    create_key,
    get_key,
    revoke_key,
    rotate_key,
)
from recommender.service.permissions import GRANTED_SINGLY, Permission, Role
from recommender.service.views.administration import read_keys

PAGES = Pages()
# no control characters: no name needs any, and PostgreSQL refuses some of them
Line = Annotated[str, Form(max_length=200, pattern=r"^[^\x00-\x1f\x7f-\x9f]*$")]
KeyId = Annotated[str, Path(pattern="^[0-9a-f]{12}$")]
Also = Literal["privacy:export", "privacy:erase"]
_MOST_NETWORKS = 50


@PAGES.page("GET", "/keys", Permission.MANAGE_KEYS)
def show_keys(call: Visited, ended: Annotated[Literal["", "yes"], Query()] = "") -> Response:
    """Show the keys that can be used, or those that have ended, and the form for another one."""
    return _show(call, {}, ended=ended == "yes")


@PAGES.page("POST", "/keys", Permission.MANAGE_KEYS)
def add_key(
    call: Visited,
    label: Line = "",
    role: Annotated[Role, Form()] = Role.EMPLOYEE,
    person_id: Line = "",
    org_unit: Line = "",
    networks: Annotated[str, Form(max_length=4000)] = "",
    days: Annotated[str, Form(max_length=10)] = str(LIFETIME_DAYS),
    also: Annotated[list[Also] | None, Form()] = None,
) -> Response:
    """Make a key and show its secret, this once."""
    try:
        request = KeyRequest(
            label.strip(),
            role,
            person_id=person_id.strip() or None,
            org_unit=org_unit.strip() or None,
            also=[Permission(name) for name in also or ()],
            networks=networks.split()[:_MOST_NETWORKS] or None,
            days=_read_days(days),
        )
        if not request.label:
            raise InputError("keys.label", field="#/label")
        new_key = create_key(call.session, request)
    except (InputError, NotFoundError) as problem:
        typed = {
            "label": label,
            "role": role.value,
            "person_id": person_id,
            "org_unit": org_unit,
            "networks": networks,
            "days": days,
            "also": also or [],
        }
        return _show(call, typed, problem=describe_problem(problem, call.lang), status=422)
    return _show_once(call, new_key)


@PAGES.page("POST", "/keys/{key_id}/rotation", Permission.MANAGE_KEYS)
def renew_key(call: Visited, key_id: KeyId) -> Response:
    """Make a key in place of another, which goes on for a day, and show its secret, this once."""
    new_key = rotate_key(call.session, key_id)
    return _show_once(call, new_key, old=get_key(call.session, key_id).label)


@PAGES.page("POST", "/keys/{key_id}/confirmation", Permission.MANAGE_KEYS)
def confirm_waiting_key(call: Visited, key_id: KeyId) -> Response:
    """Let a key take effect that somebody else has made."""
    key = confirm_key(call.session, key_id)
    return see_other(call, "/keys", said="keys_page.confirmed", label=key.label)


@PAGES.page("POST", "/keys/{key_id}/revocation", Permission.MANAGE_KEYS)
def end_key(call: Visited, key_id: KeyId) -> Response:
    """End a key at once."""
    key = revoke_key(call.session, key_id)
    return see_other(call, "/keys", said="keys_page.revoked", label=key.label)


def _read_days(text: str) -> int:
    if text.isascii() and text.isdigit() and 1 <= int(text) <= LONGEST_DAYS:
        return int(text)
    raise InputError("keys.days", found=text, longest=LONGEST_DAYS, field="#/days")


def _show(
    call: Call,
    typed: dict[str, Any],
    *,
    ended: bool = False,
    problem: tuple[str, str] | None = None,
    status: int = 200,
) -> Response:
    return render(
        call,
        "administration/keys.html.j2",
        status=status,
        keys=read_keys(call.session, ended=ended),
        ended=ended,
        roles=[role.value for role in Role],
        also=sorted(GRANTED_SINGLY[Role.HR]),
        typed=typed,
        problem=problem,
        lifetime=LIFETIME_DAYS,
        longest=LONGEST_DAYS,
        overlap=OVERLAP_HOURS,
    )


def _show_once(call: Call, new_key: NewKey, *, old: str = "") -> Response:
    return render(
        call,
        "administration/new_key.html.j2",
        key=new_key.key,
        token=new_key.token,
        old=old,
        overlap=OVERLAP_HOURS,
    )
