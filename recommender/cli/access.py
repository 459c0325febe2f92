"""Commands for access: keys …, audit …."""

from __future__ import annotations

import datetime as dt
from typing import Annotated, Any

import typer

from recommender.cli.common import Call, command
from recommender.errors import ConflictError, InputError
from recommender.service import open_service
from recommender.service.access.audit import TrailFilter, check_trail, read_trail
from recommender.service.access.keys import (
    LIFETIME_DAYS,
    LONGEST_DAYS,
    KeyRequest,
    NewKey,
    create_key,
    get_key,
    get_keys,
    is_valid,
    revoke_key,
    rotate_key,
)
from recommender.service.permissions import COMMAND_LINE, Permission, Role
from recommender.service.session import Session
from recommender.store import StoredEntry, StoredKey

_PAGE = 500
LONGEST_LABEL = 200
KeyId = Annotated[str, typer.Argument(metavar="ID", help="Id of the key.")]


def register(app: typer.Typer) -> None:
    """Add the commands."""
    keys = typer.Typer(help="Create, list, rotate and revoke API keys.", no_args_is_help=True)
    command(
        keys,
        "create",
        examples=[
            'recommender keys create --label "HR portal" --role hr --org-unit 东区分公司',
            "recommender keys create --label LMS --role admin --permission imports:write",
            'recommender keys create --label "my script" --role employee --person 00012345',
        ],
    )(create)
    command(keys, "list", examples=["recommender keys list --json"])(list_)
    command(keys, "rotate", examples=["recommender keys rotate 0123456789ab"])(rotate)
    command(keys, "revoke", examples=["recommender keys revoke 0123456789ab"])(revoke)
    app.add_typer(keys, name="keys")
    audit = typer.Typer(help="Read the audit trail and check it.", no_args_is_help=True)
    command(
        audit,
        "verify",
        examples=["recommender audit verify", "recommender audit verify --head HASH"],
    )(verify)
    command(
        audit,
        "show",
        examples=[
            "recommender audit show --since 2026-06-30",
            "recommender audit show --person 00012345 --json",
        ],
    )(show)
    app.add_typer(audit, name="audit")


def open_session(call: Call, action: str) -> Session:
    """Open the service on behalf of the command line, which may do everything.

    The session puts into the audit trail what it does, and says more than `Call.open` would.
    """
    service = open_service(call.settings)
    return Session(service, COMMAND_LINE, action, call.settings.today(), lang=call.lang)


def note_reads(session: Session) -> None:
    """Put into the audit trail whose data was read."""
    if session.saw_somebody:
        session.write(lambda _: None)


def _check_label(label: str) -> str:
    if not 1 <= len(label.strip()) <= LONGEST_LABEL:
        raise typer.BadParameter(f"1 … {LONGEST_LABEL}")
    return label


def create(
    call: Call,
    label: Annotated[str, typer.Option(help="What people know the key by.", callback=_check_label)],
    role: Annotated[Role, typer.Option(help="Role of the key.")],
    person: Annotated[
        str | None, typer.Option(help="Whose key it is; employees and managers need one.")
    ] = None,
    org_unit: Annotated[
        str | None, typer.Option(help="Unit an HR key is for; the whole organisation without.")
    ] = None,
    permission: Annotated[
        list[Permission] | None,
        typer.Option(help="Only this, may be given again; all that the role has without."),
    ] = None,
    days: Annotated[
        int, typer.Option(help="How long it is valid.", min=1, max=LONGEST_DAYS)
    ] = LIFETIME_DAYS,
) -> None:
    """Create an API key, and show it this once."""
    request = KeyRequest(
        label=label,
        role=role,
        person_id=person,
        org_unit=org_unit,
        permissions=permission or None,
        days=days,
    )
    session = open_session(call, "keys create")
    _show_new(call, session.write(lambda connection: create_key(session, connection, request)))


def list_(call: Call) -> None:
    """List the API keys; none of their secrets is known any more."""
    session = open_session(call, "keys list")
    found = session.read(lambda connection: get_keys(session, connection, after="", limit=10_000))
    if call.as_json:
        call.print_json({"keys": [to_plain(key) for key in found]})
        return
    call.print_table(
        call.say("cli.keys-title"),
        [
            (call.say("cli.key-id"), "left"),
            (call.say("cli.label"), "left"),
            (call.say("cli.role"), "left"),
            (call.say("cli.bound-to"), "left"),
            (call.say("cli.until"), "left"),
            (call.say("cli.state"), "left"),
        ],
        [
            (
                key.key_id,
                key.label,
                key.role,
                key.person_id or key.org_unit or "–",
                _minute(key.expires_at),
                _say_state(call, key),
            )
            for key in found
        ],
    )


def rotate(call: Call, key_id: KeyId) -> None:
    """Make a key in place of another, which goes on for a day."""
    session = open_session(call, "keys rotate")
    made = session.write(lambda connection: rotate_key(session, connection, key_id))
    old = session.read(lambda connection: get_key(session, connection, key_id))
    _show_new(call, made)
    if not call.as_json:
        ends = call.say("cli.key-replaced", key_id=key_id, ends=_minute(old.expires_at))
        call.problems.print(ends, markup=False, highlight=False)


def revoke(call: Call, key_id: KeyId) -> None:
    """End a key at once."""
    session = open_session(call, "keys revoke")
    key = session.write(lambda connection: revoke_key(session, connection, key_id))
    if call.as_json:
        call.print_json(to_plain(key))
    call.print("cli.key-revoked", key_id=key_id)


def verify(
    call: Call,
    head: Annotated[
        list[str] | None,
        typer.Option(help="Hash of the newest entry noted earlier; may be given again."),
    ] = None,
) -> None:
    """Check that nobody changed, deleted or put in an entry of the audit trail."""
    session = open_session(call, "audit verify")
    verdict = session.read(lambda connection: check_trail(session, connection, noted=head or ()))
    found = {"entries": verdict.entries, "head": verdict.head}
    if verdict.broken_at is not None:
        raise ConflictError("audit.broken", broken_at=verdict.broken_at, **found)
    if call.as_json:
        call.print_json(found)
    call.print("cli.audit-whole", **found)


def show(
    call: Call,
    since: Annotated[
        str | None, typer.Option(metavar="TIME", help="From this day or moment (UTC) on.")
    ] = None,
    person: Annotated[str | None, typer.Option(help="Only what concerns this person.")] = None,
) -> None:
    """Show the audit trail, the oldest entry first."""
    session = open_session(call, "audit show")
    wanted = TrailFilter(person_id=person, since=_moment(since) if since else None)
    entries: list[StoredEntry] = []
    more = True
    while more:
        after = entries[-1].seq if entries else 0
        page = session.read(
            lambda connection, after=after: read_trail(
                session, connection, wanted, after=after, limit=_PAGE
            )
        )
        entries += page
        more = len(page) == _PAGE
    note_reads(session)
    if call.as_json:
        call.print_json({"entries": [entry.__dict__ for entry in entries]})
        return
    call.print_table(
        call.say("cli.audit-title"),
        [
            ("#", "right"),
            (call.say("cli.at"), "left"),
            (call.say("cli.actor"), "left"),
            (call.say("cli.role"), "left"),
            (call.say("cli.action"), "left"),
            (call.say("cli.subjects"), "left"),
        ],
        [
            (
                str(entry.seq),
                _minute(entry.at),
                entry.actor,
                entry.role,
                entry.action,
                ", ".join(entry.subjects),
            )
            for entry in entries
        ],
    )


def to_plain(key: StoredKey) -> dict[str, Any]:
    """Return what may be said of a key: all but the hash of its secret."""
    return {name: value for name, value in key.__dict__.items() if name != "secret_sha256"}


def _show_new(call: Call, made: NewKey) -> None:
    if call.as_json:
        call.print_json(to_plain(made.key) | {"token": made.token})
        return
    # the key alone goes to the output, so that it can be piped to where it is kept
    said = call.say("cli.key-made", key_id=made.key.key_id)
    call.problems.print(said, markup=False, highlight=False, soft_wrap=True)
    typer.echo(made.token)


def _say_state(call: Call, key: StoredKey) -> str:
    if key.revoked_at is not None:
        return call.say("cli.key-ended")
    valid = is_valid(key, dt.datetime.now(dt.UTC))
    return call.say("cli.key-valid" if valid else "cli.key-expired")


def _minute(moment: dt.datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M}"


def _moment(text: str) -> dt.datetime:
    try:
        moment = dt.datetime.fromisoformat(text)
    except ValueError:
        raise InputError("cli.moment", found=text[:60]) from None
    return moment if moment.tzinfo else moment.replace(tzinfo=dt.UTC)
