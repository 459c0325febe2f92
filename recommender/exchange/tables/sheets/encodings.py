"""Which encoding a text is in: what decodes strictly, and reads like what people write.

Nearly all bytes are valid GB18030, so that a file from Hong Kong or a file of two encodings would
become other names without any error. So whatever is not UTF-8 is decoded in each way that is in
use, and the characters that come out are judged: most are common ones, or it was the wrong way.
"""

from __future__ import annotations

import codecs
import re
import unicodedata
from collections import Counter
from functools import cache
from pathlib import Path

from recommender.errors import InputError

# of 0 (nothing here is common) to 1; names with rare characters stand among common ones
_PLAUSIBLE = 0.5
# as many characters as tell enough of a large file
_JUDGED = 2_000_000
# private use: what a decoder gives for codes that are no characters
_NO_TEXT = re.compile("[\x80-\x9f\ue000-\uf8ff\ufffe\uffff\U000f0000-\U0010ffff]")
_SEPARATOR = re.compile(rb"[,;\t]")
_LEGACY = ("gb18030", "big5hkscs")


def decode_text(path: Path) -> str:
    """Read a text file, in UTF-8, UTF-16, GB18030 or Big5.

    Lines end in ``\\n``, whatever ends them in the file.

    Raises
    ------
    InputError
        If it is no text, is in another encoding, or in more than one.
    """
    try:
        content = path.read_bytes()
    except OSError as error:
        raise InputError("file.cannot_read", file=str(path), reason=str(error)) from error
    text = _decode(content, path.name)
    # old programs for the Mac end lines with \r alone, and others add to their files
    return re.sub("\r\n?", "\n", text) if re.search("\r(?!\n)", text) else text


def _decode(content: bytes, file: str) -> str:
    if b"\x00" in content:
        return _decode_utf16(content, file)
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        _refuse_mixed(content, file)
    else:
        # a short text of GB18030 may be valid UTF-8, and then is letters of distant scripts
        if not content or rate_text(text) > 0.5:
            return text
    texts = [_try(content, encoding) for encoding in ("utf-8-sig", *_LEGACY)]
    rated = [(rate_text(text), -at) for at, text in enumerate(texts) if text is not None]
    if not rated:
        foreign = sum(byte > 0x7F or byte < 9 for byte in content[:4096])
        is_noise = foreign > len(content[:4096]) // 5
        raise InputError("file.is_noise" if is_noise else "file.unknown_encoding", file=file)
    rating, at = max(rated)
    text = texts[-at]
    if at == 0 and text is not None:
        return text  # valid UTF-8, and nothing else is any better
    if text is None or rating < _PLAUSIBLE:
        raise InputError("file.unknown_encoding", file=file)
    return text


def _decode_utf16(content: bytes, file: str) -> str:
    """Decode UTF-16, which is full of NULs; no other text has a single one."""
    if content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        encoding = "utf-16"
    else:
        # the NUL is the upper half of a Latin letter or a comma, so that it tells the order
        half = len(content) // 2
        odd = content[1::2].count(0)
        even = content[::2].count(0)
        if min(odd, even) or max(odd, even) < half // 20 + 2:
            raise InputError("file.is_noise", file=file)
        encoding = "utf-16-le" if odd else "utf-16-be"
    try:
        text = content.decode(encoding)
    except UnicodeDecodeError:
        raise InputError("file.is_noise", file=file) from None
    if "\x00" in text or rate_text(text) < _PLAUSIBLE:
        raise InputError("file.is_noise", file=file)
    return text


def _refuse_mixed(content: bytes, file: str) -> None:
    """Raise an error if some cells are UTF-8 and others are not."""
    lines: dict[bool, list[int]] = {True: [], False: []}
    verdicts: dict[bytes, bool | None] = {}
    for number, line in enumerate(content.splitlines(), start=1):
        if line.isascii():
            continue
        # a cell, as a line may hold both; no character of these encodings has such a byte in it
        for cell in _SEPARATOR.split(line):
            if cell.isascii():
                continue
            if cell not in verdicts:
                verdicts[cell] = _is_utf8(cell)
            if (verdict := verdicts[cell]) is not None:
                lines[verdict].append(number)
    if lines[True] and lines[False]:
        raise InputError("file.mixed_encodings", file=file, line=min(lines.values(), key=len)[0])


def _is_utf8(cell: bytes) -> bool | None:
    """Say whether a cell is UTF-8; None where it may be that or GB18030."""
    text = _try(cell, "utf-8-sig")
    if text is None:
        return False
    return True if rate_text(text) > rate_text(_try(cell, "gb18030")) else None


def _try(content: bytes, encoding: str) -> str | None:
    try:
        return content.decode(encoding)
    except UnicodeDecodeError:
        return None


def rate_text(text: str | None) -> float:
    """Say how common the characters of a text are that are not ASCII.

    Parameters
    ----------
    text : str or None
        The text; None for what could not be decoded.

    Returns
    -------
    float
        From 0, for text that nobody wrote, to 1.
    """
    if text is None or _NO_TEXT.search(text):
        return 0.0
    counts = Counter(text[:_JUDGED])
    total = weight = 0.0
    for character, count in counts.items():
        if character > "\x7f":
            total += count
            weight += count * _weigh(character)
    return weight / total if total else 1.0


@cache
def _weigh(character: str) -> float:
    code = ord(character)
    # CJK punctuation and full-width forms, general punctuation, signs such as ℃ and √
    if 0x3000 <= code < 0x3020 or 0xFF00 <= code < 0xFF5F or 0x2010 <= code < 0x2700:
        return 0.9
    if 0xA0 <= code < 0x180 or unicodedata.category(character) == "Cf":
        return 0.8  # letters of European names
    if not (0x3400 <= code < 0xA000 or code >= 0x20000):
        return 0.0
    # the characters that a standard puts into its first part are those in daily use
    for encoding, first, last in (("gb2312", 0xB0, 0xD7), ("big5", 0xA4, 0xC6)):
        coded = character.encode(encoding, "ignore")
        if coded and first <= coded[0] <= last:
            return 1.0
    return 0.6 if character.encode("gb2312", "ignore") else 0.25
