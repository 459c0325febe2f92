"""The order of titles in an index: Latin letters first, Chinese by pinyin."""

from __future__ import annotations

# The level-1 characters of GB 2312 stand in the order of their pinyin, so the first byte pair under
# each initial is all it takes, and no dictionary of readings (GB/T 2312-1980; no syllable begins
# with i, u or v).
_INITIALS = {
    0xB0A1: "A",
    0xB0C5: "B",
    0xB2C1: "C",
    0xB4EE: "D",
    0xB6EA: "E",
    0xB7A2: "F",
    0xB8C1: "G",
    0xB9FE: "H",
    0xBBF7: "J",
    0xBFA6: "K",
    0xC0AC: "L",
    0xC2E8: "M",
    0xC4C3: "N",
    0xC5B6: "O",
    0xC5BE: "P",
    0xC6DA: "Q",
    0xC8BB: "R",
    0xC8F6: "S",
    0xCBFA: "T",
    0xCDDA: "W",
    0xCEF4: "X",
    0xD1B9: "Y",
    0xD4D1: "Z",
}
_LAST = 0xD7F9  # of level 1; level 2 is in the order of radicals
OTHER = "#"


def initial(title: str) -> str:
    """Return the letter under which a title stands; ``#`` for figures and rare characters."""
    first = title[:1]
    if first.isascii():
        return first.upper() if first.isalpha() else OTHER
    # GB 18030 has the same byte pairs as GB 2312 and, unlike it, encodes every character
    pair = first.encode("gb18030", "replace")[:2]
    code = int.from_bytes(pair)
    # a second byte below A1 is of GBK's further characters, which stand in between in no order
    if not 0xB0A1 <= code <= _LAST or pair[1] < 0xA1:
        return OTHER
    return next(letter for start, letter in reversed(_INITIALS.items()) if code >= start)


def title_key(title: str) -> tuple[bool, str, bytes]:
    """Return what titles are sorted by: figures first, then by letter and character."""
    letter = initial(title)
    return letter != OTHER, letter, title.casefold().encode("gb18030", "replace")
