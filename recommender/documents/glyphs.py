"""Which characters the vendored fonts can show, and what stands in for the others.

typst leaves a missing glyph empty and reports nothing. So every text is checked against the fonts
before it is set: what they lack becomes a visible mark and is reported.
"""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from functools import cache
from pathlib import Path

FONT_FOLDER = Path(__file__).parent / "fonts"
FONT_FAMILY = "Noto Sans SC"
FONT_FILES = ("NotoSansSC-Regular.ttf", "NotoSansSC-Bold.ttf")

# Selectors that choose between two forms of one character. Without the first kind nothing is lost
# but a style; the second kind matters in names, whose owners insist on one form.
_FORM_SELECTORS = frozenset(range(0xFE00, 0xFE10))
_NAME_FORM_SELECTORS = frozenset(range(0xE0100, 0xE01F0))


@cache
def covered_code_points() -> frozenset[int]:
    """Return the code points that every vendored font can show.

    Returns
    -------
    frozenset of int
        Read from the fonts' character maps once a process.
    """
    from fontTools.ttLib import TTFont

    maps: list[set[int]] = []
    for name in FONT_FILES:
        with TTFont(FONT_FOLDER / name, lazy=True) as font:  # of 10 MB, only one table is read
            # the names of glyphs, which nobody needs, would take longer than all the rest
            font.setGlyphOrder([""] * font["maxp"].numGlyphs)
            maps.append(set(font.getBestCmap() or ()))
    # without the soft hyphen, whose glyph is for line ends only
    return frozenset(set.intersection(*maps) - {0xAD})


@dataclass(frozen=True)
class ShownText:
    """A text as it can be set.

    Parameters
    ----------
    text : str
        Only characters that the fonts have.
    missing : tuple of str
        Characters that they lack, each once, in the order of their first place.
    """

    text: str
    missing: tuple[str, ...] = ()


def missing_characters(text: str) -> tuple[str, ...]:
    """Return the characters of `text` that the fonts cannot show.

    Parameters
    ----------
    text : str
        Any text, of any range of GB18030 or Unicode.

    Returns
    -------
    tuple of str
        Each character once, in the order of its first place. Characters that show nothing by nature
        (controls, zero-width and direction marks) are not among them.
    """
    return show(text).missing


def show(text: str) -> ShownText:
    """Turn a text into one that the fonts can set in full.

    A missing character becomes a mark such as ``〔U+2A6A5〕``. A letter with a combining accent
    is composed where the fonts have the composed letter. Line ends, tabs and rare spaces become a
    space; controls, zero-width characters and direction marks are left out. A selector of an
    ideograph's form is left out too, but reported: the form shown may not be the one meant.

    Parameters
    ----------
    text : str
        Any text; unpaired surrogates are taken as missing characters.

    Returns
    -------
    ShownText
        What to set, and what it lacks.
    """
    covered = covered_code_points()
    # nearly every text passes here; what follows goes character by character
    if unicodedata.is_normalized("NFC", text) and covered.issuperset(map(ord, text)):
        return ShownText(text)
    shown: list[str] = []
    missing: dict[str, None] = {}
    for character in text:
        code = ord(character)
        kind = unicodedata.category(character)
        # before coverage is checked: one composed letter is set better than a letter and an accent
        accent = kind in ("Mn", "Mc", "Me")
        if accent and shown and _composes(shown, character, covered):
            continue
        if code in covered:
            shown.append(character)
            continue
        if code in _FORM_SELECTORS:
            continue
        if code in _NAME_FORM_SELECTORS:
            missing[character] = None
            continue
        if kind in ("Zs", "Zl", "Zp") or character in "\t\n\v\f\r\x85":
            shown.append(" ")
        elif kind in ("Cc", "Cf"):
            continue
        else:
            missing[character] = None
            shown.append(f"〔U+{code:04X}〕")
    return ShownText("".join(shown), tuple(missing))


def _composes(shown: list[str], accent: str, covered: frozenset[int]) -> bool:
    """Compose the last letter of `shown` with `accent` in place, if the fonts have the result."""
    composed = unicodedata.normalize("NFC", shown[-1] + accent)
    if len(composed) != 1 or ord(composed) not in covered:
        return False
    shown[-1] = composed
    return True
