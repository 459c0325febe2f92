"""The secret of a session's forms, looking different on every page.

A page repeats what was asked for, and it is sent compressed: were the secret the same each time, a
page's length would tell whether what was asked resembles it (the attack called BREACH).
"""

from __future__ import annotations

import hmac
import secrets


def mask(secret: str) -> str:
    """Return a secret as it stands in one page: a random pad, and the secret under that pad.

    Parameters
    ----------
    secret : str
        Of the session.
    """
    known = secret.encode()
    pad = secrets.token_bytes(len(known))
    return (pad + _under(pad, known)).hex()


def is_mask_of(sent: str, secret: str) -> bool:
    """Say whether what a form has brought is the secret of the session under some pad."""
    try:
        masked = bytes.fromhex(sent)
    except ValueError:
        return False
    half = len(masked) // 2
    return hmac.compare_digest(_under(masked[:half], masked[half:]), secret.encode())


def _under(pad: bytes, text: bytes) -> bytes:
    return bytes(a ^ b for a, b in zip(pad, text, strict=False))
