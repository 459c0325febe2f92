"""What the console is dressed in: its templates, style, fonts and scripts, without a server."""

import hashlib
import re
import tomllib
from pathlib import Path

from build_fonts import FONTS, headings, wanted
from console_preview import TEMPLATES, preview
from fontTools.ttLib import TTFont

import api

STATIC = Path(api.__file__).parent / "static"
CSS = (STATIC / "console" / "console.css").read_text(encoding="utf-8")
COMPONENTS = preview("development/components.html.j2")


def test_page_of_components_needs_no_style_and_no_script_of_its_own():
    pages = [COMPONENTS, *(path.read_text(encoding="utf-8") for path in TEMPLATES.rglob("*.j2"))]
    for page in pages:
        assert not re.search(r"<style|\sstyle=|\son[a-z]+=|hx-on|javascript:", page)
        assert not re.search(r"<script(?![^>]* src=)", page)


def test_every_macro_is_shown_on_the_page_of_components_or_used_by_the_frame():
    defined = set(re.findall(r"macro (\w+)\(", (TEMPLATES / "components.html.j2").read_text()))
    used = set()
    for path in TEMPLATES.rglob("*.j2"):
        used |= set(re.findall(r"\b(\w+)\(", re.sub(r"macro \w+\(", "", path.read_text())))
    assert defined - used == set()


def test_classes_and_icons_of_the_page_are_there():
    for name in set(re.findall(r"icons\.svg#([\w-]+)", COMPONENTS)):
        assert f'id="{name}"' in (STATIC / "console" / "icons.svg").read_text(encoding="utf-8")
    styled = set(re.findall(r"\.([a-zA-Z][\w-]*)", CSS))
    plain = {"now", "cell", "state", "body", "badge-near", "alert-info"}
    for classes in re.findall(r'class="([^"]+)"', COMPONENTS):
        for name in classes.split():
            assert name in styled | plain, name


def test_style_is_old_enough_for_the_desks():
    assert not re.search(r":has\(|color-mix|light-dark|@layer|@container|oklch|:is\(&|^\s*&", CSS)
    assert CSS.count("{") == CSS.count("}")


def test_both_dark_themes_are_one():
    """The system's choice and the reader's have the same tokens."""
    blocks = re.findall(r"color-scheme: dark;(.*?)\n  }", CSS, flags=re.S)
    assert len(blocks) == 2
    assert blocks[0] == blocks[1]


def luminance(colour: str) -> float:
    digits = colour.lstrip("#")
    digits = digits if len(digits) == 6 else "".join(2 * d for d in digits)
    parts = [int(digits[i : i + 2], 16) / 255 for i in (0, 2, 4)]
    linear = [p / 12.92 if p <= 0.03928 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    lighter, darker = sorted((luminance(one), luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def test_contrasts_of_the_tokens():
    """Text is read at 4.5 to 1 on each of its grounds; borders of fields are seen at 3 to 1."""
    light = dict(re.findall(r"--([\w-]+): (#\w+);", CSS.split("/* the dark tokens")[0]))
    dark = dict(re.findall(r"--([\w-]+): (#\w+);", re.findall(r"dark;(.*?)\n  }", CSS, re.S)[0]))
    for tokens in (light, dark):
        for ink in ("ink", "ink-2", "ink-3", "accent", "gap", "met", "assess", "danger", "warning"):
            for ground in ("surface", "page"):
                assert contrast(tokens[ink], tokens[ground]) >= 4.5, (ink, ground)
        for kind in ("accent", "gap", "met", "near", "assess", "danger", "warning"):
            assert contrast(tokens[kind], tokens[f"{kind}-tint"]) >= 4.5, kind
            assert contrast(tokens["ink"], tokens[f"{kind}-tint"]) >= 4.5, kind
        assert contrast(tokens["accent"], tokens["accent-on"]) >= 4.5
        assert contrast(tokens["edge"], tokens["surface"]) >= 3
        for step in (
            "w0",
            "w1",
            "w2",
            "w3",
            "b0",
            "b1",
            "b2",
            "b3",
            *(f"d{i}" for i in range(1, 6)),
        ):
            assert contrast(tokens["cell-ink"], tokens[step]) >= 4.5, step
        for step in ("w4", "b4"):
            assert contrast(tokens["cell-ink-4"], tokens[step]) >= 4.5, step
        for step in ("w5", "w6", "b5", "b6", "d0", "d6"):
            assert contrast(tokens["cell-ink-end"], tokens[step]) >= 4.5, step


def test_htmx_is_as_its_makers_built_it():
    folder = STATIC / "htmx"
    manifest = tomllib.loads((folder / "manifest.toml").read_text(encoding="utf-8"))
    assert {f.name for f in folder.iterdir()} == {*manifest["files"], "manifest.toml"}
    for name, digest in manifest["files"].items():
        assert hashlib.sha256((folder / name).read_bytes()).hexdigest() == digest
    assert "allowEval" in COMPONENTS


def mapped(name: str) -> set[int]:
    with TTFont(FONTS / f"{name}.woff2", lazy=True) as font:
        return set(font.getBestCmap())


def test_fonts_have_every_character_of_the_product():
    """If this fails there are new texts or a new catalogue: run `make fonts`."""
    there = set().union(*map(mapped, wanted()))
    missing = set().union(*wanted().values()) - there
    assert not missing, "run `make fonts`: " + "".join(map(chr, sorted(missing)))
    assert headings() <= mapped("bold"), "make fonts"
    style = (FONTS / "fonts.css").read_text(encoding="utf-8")
    assert {*re.findall(r'url\("([\w.-]+)\?v=\w+"\)', style)} == {
        f.name for f in FONTS.glob("*.woff2")
    }


def test_first_page_weighs_little():
    """What every page needs before its own words: the 300 KB of a first page hold it easily."""
    fonts = sum((FONTS / f"{name}.woff2").stat().st_size for name in ("ui", "bold"))
    assert fonts < 180_000
    assert len(CSS.encode()) < 60_000
    assert len((STATIC / "console" / "console.js").read_text().splitlines()) < 150
