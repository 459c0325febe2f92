"""Cuts the fonts of the console out of the fonts of the documents: `make fonts`.

A whole Chinese font is 10 MB; a page may weigh 300 KB. So the characters of the product's own texts
are one file, those of headings one bold file, and the rest lies in slices that a browser fetches
when a page has one of their characters. Characters beyond them come from the reader's system.
"""

from __future__ import annotations

import hashlib
import io
from collections import Counter
from collections.abc import Iterable
from functools import cache
from itertools import pairwise
from pathlib import Path

import yaml
from fontTools import subset
from fontTools.ttLib import TTFont

import api
import training_catalog
from recommender.documents.glyphs import FONT_FOLDER
from recommender.texts import all_texts

FONTS = Path(api.__file__).parent / "static" / "console" / "fonts"
PAGES = Path(api.__file__).parent / "templates" / "console"
CATALOG = Path(training_catalog.__file__).parent / "data"
LATIN = {*range(0x20, 0x7F), *range(0xA0, 0x100)} | {
    ord(c) for c in "–—‘’“”…‹›€−×±≤≥≈≠→←↑↓↔·•✓ŒœŠšŽž"
}  # fmt: skip
FULL_WIDTH = {ord(c) for c in "，。、；：？！（）「」『』《》〈〉【】—…·～％“”‘’　"}
# The commonest surnames and characters of given names, and what units are called by: both are on
# every page.
NAMES = (
    "王李张刘陈杨黄赵吴周徐孙马朱胡郭何高林罗郑梁谢宋唐许韩冯邓曹彭曾肖田董袁潘于蒋蔡余杜叶程苏魏吕丁任沈姚卢姜崔钟谭陆汪"
    "范金石廖贾夏韦付方白邹孟熊秦邱江尹薛闫段雷侯龙史陶黎贺顾毛郝龚邵万钱严覃武戴莫孔向汤欧阳诸葛司徒上官"
    "伟芳娜秀英敏静丽强磊军洋勇艳杰娟涛明超兰霞平刚桂华红玉梅鹏飞宇浩然子轩梓涵欣怡雨桐思远博文嘉佳宁晓东建国志辉玲燕"
    "婷雪琳倩颖慧洁丹萍莉云波斌峰旭阳凯翔晨睿泽豪俊天一诺依梦琪可馨若曦语嫣诗涵墨菲彤瑶璐珊淑贞岚振施展骏航凡露"
    "海栋昊辰雄祥福生利民永清根发荣庆春东南西北"
    "党央省市县区局院校军警厅委企"
)
# how many characters a slice has: small enough that one rare character costs little
SLICE = 60
SHORT = 4


def _characters(texts: Iterable[str]) -> set[int]:
    return {ord(c) for text in texts for c in text if ord(c) >= 0x20}


def _said(*, short: bool = False) -> list[str]:
    """Return the texts of the product; if `short`, those of pages that may be headings."""
    found = []
    for key, text in all_texts().items():
        parts = [text, *(text[name] for name in ("hint", "command") if name in text)]
        lines = [part[lang] for part in parts for lang in ("zh-CN", "en")]
        if not short:
            found += lines
        elif key.startswith("console"):
            found += [line for line in lines if len(line) <= SHORT]
    return found


def _catalog() -> list[str]:
    files = sorted((CATALOG / "telecom").rglob("*.yaml"))
    return [file.read_text(encoding="utf-8") for file in files]


@cache
def _names(folder: str, key: str) -> list[str]:
    """Return what the catalogue calls things, such as the titles of its courses."""
    found = []
    for file in sorted((CATALOG / "telecom" / folder).rglob("*.yaml")):
        data = yaml.load(file.read_text(encoding="utf-8"), Loader=yaml.CSafeLoader)
        entries = data.get("modules", [data])
        found += [entry[key]["zh-CN"] for entry in entries]
    return found


def _level_one() -> set[int]:
    """Return the 3,755 everyday characters of GB 2312."""
    rows = (bytes((row, cell)) for row in range(0xB0, 0xD8) for cell in range(0xA1, 0xFF))
    return {ord(c) for code in rows for c in code.decode("gb2312", errors="ignore")}


@cache
def wanted() -> dict[str, set[int]]:
    """Return the characters of each regular file but the rest, the ones loaded first at the end.

    Returns
    -------
    dict of str to set of int
        Code points by name of the file: `text-…`, `names`, `ui`; none is in two.
    """
    with TTFont(FONT_FOLDER / "NotoSansSC-Regular.ttf", lazy=True) as font:
        there = set(font.getBestCmap())
    pages = [path.read_text(encoding="utf-8") for path in sorted(PAGES.rglob("*.j2"))]
    product = (_characters([*_said(), *pages]) | LATIN | FULL_WIDTH) & there
    # what a single sentence has is on few pages, and every page would carry it
    counted = Counter(c for text in _said() for c in _characters([text]))
    said = {c for c in product - _characters(pages) - LATIN - FULL_WIDTH if counted[c] == 1}
    names = (_characters([NAMES]) & there) - product
    # titles of courses are on more pages than what is said of a course
    counts = [
        Counter(ord(c) for text in texts for c in text)
        for texts in (_names("modules", "title"), map(chr, sorted(said)), _catalog())
    ]
    commonest = dict.fromkeys(c for count in counts for c, _ in count.most_common())
    rarer = [c for c in commonest if c in there - (product - said) - names]
    slices = {
        f"text-{start // SLICE + 1:02}": set(rarer[start : start + SLICE])
        for start in range(0, len(rarer), SLICE)
    }
    return {**dict(reversed(slices.items())), "names": names, "ui": product - said}


@cache
def headings() -> set[int]:
    """Return the characters of the bold file: short texts of pages, such as headings."""
    return (_characters(_said(short=True)) | LATIN | FULL_WIDTH) & set().union(*wanted().values())


def _cut(source: str, characters: set[int], *, proportional_quotes: bool = False) -> bytes:
    options = subset.Options()
    options.hinting = False
    options.layout_features = ["kern", "vert", "pwid"] if proportional_quotes else ["vert"]
    options.name_IDs = [0, 1, 2, 13, 14]
    options.notdef_outline = True
    font = TTFont(FONT_FOLDER / source, recalcTimestamp=False)
    if proportional_quotes:
        _narrow_quotes(font)
    cutter = subset.Subsetter(options)
    cutter.populate(unicodes=characters)
    cutter.subset(font)
    font.flavor = "woff2"
    file = io.BytesIO()
    font.save(file)
    return file.getvalue()


def _narrow_quotes(font: TTFont) -> None:
    """Map the quotes of English to their narrow forms: in a Chinese font they are full width."""
    table = font["GSUB"].table
    lookups = {
        index
        for record in table.FeatureList.FeatureRecord
        if record.FeatureTag == "pwid"
        for index in record.Feature.LookupListIndex
    }
    narrow: dict[str, str] = {}
    for index in sorted(lookups):
        for part in table.LookupList.Lookup[index].SubTable:
            narrow |= getattr(getattr(part, "ExtSubTable", part), "mapping", {})
    for characters in font["cmap"].tables:
        for code in (0x2013, 0x2014, 0x2018, 0x2019, 0x201C, 0x201D, 0x2026, 0xB7):
            if characters.cmap.get(code) in narrow:
                characters.cmap[code] = narrow[characters.cmap[code]]


def _ranges(characters: set[int]) -> str:
    runs: list[list[int]] = []
    for code in sorted(characters):
        if runs and code == runs[-1][1] + 1:
            runs[-1][1] = code
        else:
            runs.append([code, code])
    return ",".join(f"U+{a:X}" if a == b else f"U+{a:X}-{b:X}" for a, b in runs)


def _slices() -> dict[str, tuple[set[int], str]]:
    """Return the rest of the everyday characters: of each slice, and the span it answers for."""
    first = set().union(*wanted().values())
    rest = sorted(_level_one() - first)
    starts = [*range(0, len(rest), SLICE), len(rest)]
    found = {}
    for number, (start, end) in enumerate(pairwise(starts), 1):
        part = rest[start:end]
        found[f"rest-{number:02}"] = (set(part), f"U+{part[0]:X}-{part[-1]:X}")
    return found


def build(folder: Path = FONTS) -> dict[str, int]:
    """Write the fonts and the style sheet that names them.

    Parameters
    ----------
    folder : Path
        Where to.

    Returns
    -------
    dict of str to int
        Size of each file, in bytes.
    """
    folder.mkdir(parents=True, exist_ok=True)
    for old in folder.glob("*.woff2"):
        old.unlink()
    regular, bold = "NotoSansSC-Regular.ttf", "NotoSansSC-Bold.ttf"
    files = {
        "latin": _cut(regular, LATIN, proportional_quotes=True),
        "latin-bold": _cut(bold, LATIN, proportional_quotes=True),
        "bold": _cut(bold, headings()),
    }
    spans = {}
    for name, (characters, span) in _slices().items():
        files[name] = _cut(regular, characters)
        spans[name] = span
    for name, characters in wanted().items():
        files[name] = _cut(regular, characters)
        spans[name] = _ranges(characters)
    latin = _ranges(LATIN)
    address = {name: _address(name, content) for name, content in files.items()}
    faces = [
        _face("Console Latin", address["latin"], 400, latin),
        _face("Console Latin", address["latin-bold"], 700, latin),
    ]
    # where two claim a character the later face has it: the spans first, the exact lists after them
    for name, span in spans.items():
        faces.append(_face("Console Sans", address[name], 400, span))
    faces.append(_face("Console Sans", address["bold"], 700, _ranges(headings())))
    # bold characters that the bold file lacks: drawn bold from the regular one
    for name, span in spans.items():
        faces.append(_face("Console Sans Plain", address[name], 400, span))
    for name, content in files.items():
        (folder / f"{name}.woff2").write_bytes(content)
    style = "/* Written by `make fonts`. */\n" + "\n".join(faces) + "\n"
    (folder / "fonts.css").write_text(style, encoding="utf-8")
    return {name: len(content) for name, content in files.items()} | {"fonts.css": len(style)}


def _address(name: str, content: bytes) -> str:
    # with its version, as `api.pages.assets.asset` gives it: a browser keeps the file for good
    return f"{name}.woff2?v={hashlib.sha256(content).hexdigest()[:12]}"


def _face(family: str, address: str, weight: int, span: str) -> str:
    return (
        f'@font-face{{font-family:"{family}";font-weight:{weight};font-display:swap;'
        f'src:url("{address}") format("woff2");unicode-range:{span}}}'
    )


if __name__ == "__main__":
    for file, size in build().items():
        print(f"{file:12} {size:9,}")
