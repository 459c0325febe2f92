"""Commands for access: keys …, audit …."""

from __future__ import annotations

import datetime as dt
from contextlib import nullcontext
from typing import Annotated, Any

import typer

from recommender.cli.app import command_group
from recommender.cli.common import Terminal, command
from recommender.errors import ConflictError, InputError
from recommender.service.access.audit import (
    StoredEntry,
    check_trail,
    export_trail,
    read_trail,
)
from recommender.service.access.collectors import Format, open_collector, write_line
from recommender.service.access.keys import (
    LIFETIME_DAYS,
    LONGEST_DAYS,
    KeyRequest,
    NewKey,
    StoredKey,
    confirm_key,
    create_key,
    get_key,
    get_keys,
    revoke_key,
    rotate_key,
    state_of,
)
from recommender.service.permissions import Permission, Role
from recommender.texts import all_texts

_PAGE = 500
_PEOPLE_SHOWN = 5
# the limit of the HTTP API too
LONGEST_LABEL = 200
KeyId = Annotated[str, typer.Argument(metavar="ID", help="Id of the key.")]


def register(app: typer.Typer) -> None:
    """Add the commands."""
    keys = command_group("Create, list, rotate and revoke API keys.")
    command(
        keys,
        "create",
        examples=[
            'recommender keys create --label "HR portal" --role hr --org-unit 东区分公司',
            "recommender keys create --label LMS --role hr --permission imports:write "
            "--network 10.20.0.0/16",
            'recommender keys create --label "data protection" --role hr --also privacy:erase',
            'recommender keys create --label "my script" --role employee --person 00012345',
        ],
    )(create)
    command(keys, "list", examples=["recommender keys list --json"])(list_)
    command(keys, "confirm", examples=["recommender keys confirm 0123456789ab"])(confirm)
    command(keys, "rotate", examples=["recommender keys rotate 0123456789ab"])(rotate)
    command(keys, "revoke", examples=["recommender keys revoke 0123456789ab"])(revoke)
    app.add_typer(keys, name="keys")
    audit = command_group("Read the audit trail and check it.")
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
            "recommender audit show --person 00012345 --since 2026-06-01 --until 2026-07-01",
            "recommender audit show --actor key:0123456789ab --json",
        ],
    )(show)
    command(
        audit,
        "export",
        examples=[
            "recommender audit export --since 2026-06-30 > trail.jsonl",
            "recommender audit export --after 4711 --format syslog --to tcp://collector:514",
        ],
    )(export)
    app.add_typer(audit, name="audit")


def _check_label(label: str) -> str:
    if not 1 <= len(label.strip()) <= LONGEST_LABEL:
        raise typer.BadParameter(f"1 … {LONGEST_LABEL}")
    return label


def create(
    term: Terminal,
    label: Annotated[
        str, typer.Option(help="Name that people know the key by.", callback=_check_label)
    ],
    role: Annotated[Role, typer.Option(help="Role of the key.")],
    person: Annotated[
        str | None,
        typer.Option(help="Person the key belongs to; required for employees and managers."),
    ] = None,
    org_unit: Annotated[
        str | None,
        typer.Option(help="Org unit an HR key is limited to; the whole organisation by default."),
    ] = None,
    permission: Annotated[
        list[Permission] | None,
        typer.Option(
            help="Limit the key to this permission; repeatable. All of the role's by default."
        ),
    ] = None,
    also: Annotated[
        list[Permission] | None,
        typer.Option(help="Add a permission that the role has only when it is named; repeatable."),
    ] = None,
    network: Annotated[
        list[str] | None,
        typer.Option(
            metavar="CIDR",
            help="Accept the key from this network only; repeatable. From anywhere by default.",
        ),
    ] = None,
    days: Annotated[
        int, typer.Option(help="Days the key is valid.", min=1, max=LONGEST_DAYS)
    ] = LIFETIME_DAYS,
) -> None:
    """Create an API key and show it, this once only."""
    request = KeyRequest(
        label=label,
        role=role,
        person_id=person,
        org_unit=org_unit,
        permissions=permission,
        also=also or (),
        networks=network or None,
        days=days,
    )
    with term.session("keys create") as session:
        made = create_key(session, request)
    _show_new(term, made)


def list_(term: Terminal) -> None:
    """List the API keys, without their secrets."""
    with term.session("keys list") as session:
        keys = get_keys(session, after="", limit=10_000)
    if term.as_json:
        term.print_json({"keys": [to_plain(key) for key in keys]})
        return
    term.print_table(
        term.say("cli.keys-title"),
        [
            (term.say("cli.key-id"), "left"),
            (term.say("cli.label"), "left"),
            (term.say("cli.role"), "left"),
            (term.say("cli.bound-to"), "left"),
            (term.say("cli.until"), "left"),
            (term.say("cli.state"), "left"),
        ],
        [
            (
                key.key_id,
                key.label,
                term.say(f"role.{key.role}"),
                " ".join(filter(None, [key.person_id, key.org_unit, *(key.networks or ())])) or "–",
                _minute(key.expires_at),
                term.say(f"key-state.{state_of(key)}"),
            )
            for key in keys
        ],
    )


def confirm(term: Terminal, key_id: KeyId) -> None:
    """Confirm a key that somebody else created and that takes two people."""
    with term.session("keys confirm") as session:
        key = confirm_key(session, key_id)
    if term.as_json:
        term.print_json(to_plain(key))
    term.print("cli.key-confirmed", key_id=key_id)


def rotate(term: Terminal, key_id: KeyId) -> None:
    """Replace a key by a new one; the old one stays valid for a day."""
    with term.session("keys rotate") as session:
        made = rotate_key(session, key_id)
        old = get_key(session, key_id)
    _show_new(term, made)
    if not term.as_json:
        ends = term.say("cli.key-replaced", key_id=key_id, ends=_minute(old.expires_at))
        term.problems.print(ends, markup=False, highlight=False)


def revoke(term: Terminal, key_id: KeyId) -> None:
    """Revoke a key at once."""
    with term.session("keys revoke") as session:
        key = revoke_key(session, key_id)
    if term.as_json:
        term.print_json(to_plain(key))
    term.print("cli.key-revoked", key_id=key_id)


def verify(
    term: Terminal,
    head: Annotated[
        list[str] | None,
        typer.Option(help="Hash of the newest entry, as noted earlier; repeatable."),
    ] = None,
) -> None:
    """Check that no entry of the audit trail was changed, deleted or inserted."""
    with term.session("audit verify") as session:
        verdict = check_trail(session, noted=head or ())
    chain = {"entries": verdict.entries, "head": verdict.head}
    if verdict.broken_at is not None:
        raise ConflictError("audit.broken", broken_at=verdict.broken_at, **chain)
    if term.as_json:
        term.print_json(chain)
    # with the head, which the reader should note outside: the next check can be given it
    term.print("cli.audit-whole", **chain)


def show(
    term: Terminal,
    since: Annotated[
        str | None, typer.Option(metavar="TIME", help="Start at this day or time (UTC).")
    ] = None,
    until: Annotated[
        str | None, typer.Option(metavar="TIME", help="Stop before this day or time (UTC).")
    ] = None,
    person: Annotated[
        str | None, typer.Option(help="Only entries that concern this person.")
    ] = None,
    actor: Annotated[
        str | None, typer.Option(help="Only what this actor did, e.g. key:0123456789ab.")
    ] = None,
) -> None:
    """Show the audit trail, the oldest entry first."""
    start, end = _moment(since) if since else None, _moment(until) if until else None
    entries: list[StoredEntry] = []
    with term.session("audit show") as session:
        more = True
        while more:
            after = entries[-1].seq if entries else 0
            page = read_trail(
                session,
                person_id=person,
                actor=actor,
                since=start,
                until=end,
                after=after,
                limit=_PAGE,
            )
            entries += page
            more = len(page) == _PAGE
    if term.as_json:
        term.print_json({"entries": [entry.__dict__ for entry in entries]})
        return
    term.print_table(
        term.say("cli.audit-title"),
        [
            ("#", "right"),
            (term.say("cli.at"), "left"),
            (term.say("cli.actor"), "left"),
            (term.say("cli.role"), "left"),
            (term.say("cli.action"), "left"),
            (term.say("cli.subjects"), "left"),
        ],
        [
            (
                str(entry.seq),
                _minute(entry.at),
                entry.actor,
                _say_role(term, entry.role),
                entry.action,
                _few(entry.subjects),
            )
            for entry in entries
        ],
    )


def export(
    term: Terminal,
    since: Annotated[
        str | None, typer.Option(metavar="TIME", help="Start at this day or time (UTC).")
    ] = None,
    after: Annotated[
        int, typer.Option(min=0, help="Continue after this entry number, the last one exported.")
    ] = 0,
    form: Annotated[
        Format, typer.Option("--format", help="JSON lines, or syslog messages (RFC 5424).")
    ] = Format.JSONL,
    to: Annotated[
        str | None,
        typer.Option(
            metavar="URL", help="Send to tcp://host:port or udp://host:port; printed by default."
        ),
    ] = None,
) -> None:
    """Export the audit trail to a log collector; people appear under code names."""

    def show_line(entry: StoredEntry) -> None:
        typer.echo(write_line(entry, form))

    start, count, last = _moment(since) if since else None, 0, after
    # lines go out while they are read: they name nobody, so there is no access to note first
    with (
        term.session("audit export") as session,
        open_collector(to, form) if to else nullcontext(show_line) as send,
    ):
        for entry in export_trail(session, after=after, since=start):
            send(entry)
            count, last = count + 1, entry.seq
    if term.as_json and to:
        term.print_json({"entries": count, "last": last})
    said = term.say("cli.audit-exported", entries=count, last=last)
    term.problems.print(said, markup=False, highlight=False, soft_wrap=True)


def to_plain(key: StoredKey) -> dict[str, Any]:
    """Return all that may be shown of a key, which is all but the hash of its secret."""
    return {name: value for name, value in key.__dict__.items() if name != "secret_sha256"}


def _show_new(term: Terminal, made: NewKey) -> None:
    if term.as_json:
        term.print_json(to_plain(made.key) | {"token": made.token})
        return
    # the key alone goes to the output, so that it can be piped to where it is kept
    said = term.say("cli.key-made", key_id=made.key.key_id)
    term.problems.print(said, markup=False, highlight=False, soft_wrap=True)
    typer.echo(made.token)


def _say_role(term: Terminal, role: str) -> str:
    # the trail may hold roles of earlier releases
    return term.say(f"role.{role}") if f"role.{role}" in all_texts() else role


def _few(people: list[str]) -> str:
    # an import concerns hundreds, who would push the other entries out of sight; --json has all
    more = len(people) - _PEOPLE_SHOWN
    shown = ", ".join(people[:_PEOPLE_SHOWN])
    return f"{shown} … (+{more})" if more > 0 else shown


def _minute(moment: dt.datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M}"


def _moment(text: str) -> dt.datetime:
    try:
        moment = dt.datetime.fromisoformat(text)
    except ValueError:
        raise InputError("cli.moment", found=text[:60]) from None
    return moment if moment.tzinfo else moment.replace(tzinfo=dt.UTC)
