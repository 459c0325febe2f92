"""Passwords: which are taken, and how they are kept."""

from __future__ import annotations

import unicodedata
from functools import cache
from pathlib import Path

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from recommender.errors import InputError

SHORTEST, LONGEST = 12, 200

# 19 MB and about 25 ms a try, which several people who sign in at once do not notice
_HASHER = PasswordHasher(time_cost=2, memory_cost=19_456, parallelism=1)
# at the top of lists of leaked passwords, and long enough; small letters and digits alone
_COMMON_PASSWORDS = Path(__file__).with_name("common_passwords.txt")


def check_password(password: str, *, login: str) -> None:
    """Refuse a new password that is easy to guess.

    Raises
    ------
    InputError
        If it is too short or too long, has few different characters, is a common one, or is made
        of the login name.
    """
    text = _settled(password)
    letters = "".join(char for char in text.casefold() if char.isalnum())
    if not SHORTEST <= len(text) <= LONGEST:
        raise InputError("password.length", shortest=SHORTEST, longest=LONGEST)
    made_of_login = len(login) >= 4 and len(letters.replace(login, "")) < SHORTEST // 2
    if len(set(text)) < 5 or letters in _common() or made_of_login:
        raise InputError("password.common")


def hash_password(password: str) -> str:
    """Return what is kept of a password."""
    return _HASHER.hash(_settled(password))


def is_password(password: str, kept: str | None) -> bool:
    """Say whether a password is the one that was kept; takes as long where none was."""
    # longer ones are never taken, and would only keep the server busy
    text = _settled(password[:LONGEST])
    try:
        _HASHER.verify(kept or _nobodys(), text)
    except (VerificationError, InvalidHashError):
        return False
    return kept is not None


def is_outdated(kept: str) -> bool:
    """Say whether a password was kept by other rules than those of today."""
    return _HASHER.check_needs_rehash(kept)


@cache
def _common() -> frozenset[str]:
    return frozenset(_COMMON_PASSWORDS.read_text(encoding="utf-8").split())


@cache
def _nobodys() -> str:
    return _HASHER.hash("")


def _settled(password: str) -> str:
    # the same characters can be typed composed, decomposed or full-width
    return unicodedata.normalize("NFKC", password)
