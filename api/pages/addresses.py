"""Addresses that come from outside and are led to."""

from __future__ import annotations

import re

# One slash and then no other, nor a backslash, which browsers read as one: `//host` is another
# server. No control characters: browsers leave some of them out before they read the rest.
_LOCAL = re.compile(r"/(?![/\\])[^\x00-\x20\x7f\\]*")


def local_address(address: str, *, default: str = "/") -> str:
    """Return an address if it is one of this server, else `default`."""
    return address if _LOCAL.fullmatch(address) else default
