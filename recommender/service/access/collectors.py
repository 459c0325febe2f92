"""Entries of the audit trail as lines, and the way to a collector of logs."""

from __future__ import annotations

import datetime as dt
import json
import re
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from enum import StrEnum
from urllib.parse import urlsplit

from recommender.errors import ConflictError, InputError
from recommender.store import StoredEntry

_SECONDS = 10
# facility 13 is the log audit (RFC 5424, 6.2.1)
_LOG_AUDIT, _WARNING, _INFORMATIONAL = 13, 4, 6


class Format(StrEnum):
    """How an entry is written."""

    JSONL = "jsonl"
    SYSLOG = "syslog"


def write_line(entry: StoredEntry, form: Format) -> str:
    """Write an entry as one line without its end."""
    # The spelling that the hashes are made of: whoever takes `hash` out can compute it anew.
    at = entry.at.astimezone(dt.UTC).isoformat(timespec="microseconds")
    text = json.dumps(
        entry.__dict__ | {"at": at}, sort_keys=True, ensure_ascii=False, separators=(",", ":")
    )
    if form is Format.JSONL:
        return text
    severity = _WARNING if entry.action == "mass-read" else _INFORMATIONAL
    # a name of at most 32 visible characters
    message_id = re.sub(r"[^!-~]", "-", entry.action)[:32]
    head = f"<{_LOG_AUDIT * 8 + severity}>1 {at} {socket.gethostname() or '-'}"
    # U+FEFF says that what follows is UTF-8 (RFC 5424, 6.4)
    return f"{head} training-recommender - {message_id} - \ufeff{text}"


@contextmanager
def open_collector(url: str, form: Format) -> Iterator[Callable[[StoredEntry], None]]:
    """Connect to a collector at ``tcp://host:port`` or ``udp://host:port``.

    Yields
    ------
    callable
        Sends an entry. Neither way tells whether the collector has stored it.

    Raises
    ------
    InputError
        If the address is none of these.
    ConflictError
        If the collector cannot be reached, or, from the callable, no longer.
    """
    host, port, kind = _read_address(url)
    try:
        connection = _connect(host, port, kind)
    except OSError as error:
        raise ConflictError("audit.no-collector", to=url, problem=_problem(error)) from None

    def send(entry: StoredEntry) -> None:
        data = write_line(entry, form).encode()
        if kind is socket.SOCK_STREAM:
            # RFC 6587 has octet counting for syslog; lines of JSON end as lines do
            data = b"%d %b" % (len(data), data) if form is Format.SYSLOG else data + b"\n"
        try:
            connection.sendall(data)
        except OSError as error:
            last = entry.seq - 1
            raise ConflictError(
                "audit.not-sent", to=url, problem=_problem(error), last=last
            ) from None

    with connection:
        yield send


def _connect(host: str, port: int, kind: socket.SocketKind) -> socket.socket:
    if kind is socket.SOCK_STREAM:
        return socket.create_connection((host, port), _SECONDS)
    family, _, _, _, address = socket.getaddrinfo(host, port, type=kind)[0]
    connection = socket.socket(family, kind)
    connection.connect(address)
    return connection


def _problem(error: OSError) -> str:
    return error.strerror or str(error)


def _read_address(url: str) -> tuple[str, int, socket.SocketKind]:
    kinds = {"tcp": socket.SOCK_STREAM, "udp": socket.SOCK_DGRAM}
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port
    except ValueError:
        parts = host = port = None
    if parts is None or parts.scheme not in kinds or not host or not port or parts.path:
        raise InputError("audit.collector", found=url[:80])
    return host, port, kinds[parts.scheme]
