"""Pages look as they did; the fonts are the console's own, so those of the machine do not count.

The pictures in looks/ are a quarter as wide and high; those of the guide (`/help`) are whole. Where
a page was changed on purpose, look at it, and take them anew with ``LOOKS=new pytest
tests/browser/test_looks.py``, or those of the guide alone with ``make help-pictures``.
"""

from __future__ import annotations

import io
import os
from pathlib import Path

import numpy as np
import pytest
from chromium import DESK, PHONE
from PIL import Image

from api.pages.assets import STATIC
from api.pages.guide.manual import GUIDE

pytestmark = [pytest.mark.browser, pytest.mark.slow]

LOOKS = Path(__file__).with_name("looks")
PAGES = {
    "hr": {
        "today": "/today",
        "organisation": "/organisation",
        "catalog": "/catalog",
        "people": "/people",
        "imports": "/imports",
    },
    "employee": {"me": "/me"},
    "manager": {
        "person": "/people/{person}",
        "evidence": "/people/{person}/evidence",
        "plan": "/plans/{plan}",
        "build": "/people/{person}/plan",
        "team": "/team",
    },
}
# what a picture may differ by: the share of its dots that are lighter or darker by more than that
DOTS, GREY = 0.01, 32
# the sections of the guide: whose page is shown, and which
PICTURED = {
    "start": ("hr", "/start"),
    "imports": ("hr", "/imports"),
    "people": ("hr", "/people"),
    "person": ("hr", "/people/{person}"),
    "build": ("hr", "/people/{person}/plan"),
    "plan": ("hr", "/plans/{plan}"),
    "today": ("hr", "/today"),
    "organisation": ("hr", "/organisation"),
    "campaign": ("hr", "/campaigns/new"),
    "team": ("manager", "/team"),
    "me": ("employee", "/me"),
}
GUIDE_HEIGHT = 800
# the guide is read over slow lines too; the console has hardly more colours anyway
MOST_BYTES, COLOURS = 60_000, 64
# who has signed in is named at the top of each page
NAMES = {"hr": "周晓岚", "manager": "何志远", "employee": "苏敏"}


@pytest.mark.parametrize("width", [DESK, PHONE])
def test_pages_look_as_they_did(office, values, width):
    differ = {}
    for role, pages in PAGES.items():
        with office.open(role, width=width) as seen:
            for name, path in pages.items():
                seen.go(path.format(**values))
                seen.page.evaluate("document.fonts.ready")
                taken = _small(seen.page.screenshot(animations="disabled", caret="hide"))
                file = LOOKS / f"{name}-{width}.png"
                if os.environ.get("LOOKS") == "new":
                    taken.save(file, optimize=True)
                with Image.open(file) as kept:
                    share = _difference(np.asarray(kept), np.asarray(taken))
                if share > DOTS:
                    differ[file.name] = f"{share:.1%}"
    assert differ == {}


@pytest.mark.parametrize("lang", ["zh-CN", "en"])
def test_guide_shows_pages_as_they_are(office, values, lang):
    assert set(PICTURED) == {name for page in GUIDE.values() for name in page}
    differ = {}
    for name, (role, path) in PICTURED.items():
        with office.open(role, lang=lang, name=NAMES[role]) as seen:
            seen.page.set_viewport_size({"width": DESK, "height": GUIDE_HEIGHT})
            seen.go(path.format(**values))
            seen.page.evaluate("document.fonts.ready")
            taken = seen.page.screenshot(animations="disabled", caret="hide")
        file = STATIC / "help" / f"{name}.{lang}.webp"
        if os.environ.get("LOOKS") == "new":
            file.write_bytes(_lighten(taken))
        kept = file.read_bytes()
        assert len(kept) <= MOST_BYTES, f"{file.name} has {len(kept):,} bytes"
        share = _difference(np.asarray(_small(kept)), np.asarray(_small(taken)))
        if share > DOTS:
            differ[file.name] = f"{share:.1%}"
    assert differ == {}


def test_a_change_of_the_page_is_noticed(office, values):
    with office.open("hr") as seen:
        seen.go("/people")
        before = _small(seen.page.screenshot())
        seen.page.locator("h1").evaluate("heading => heading.remove()")
        after = _small(seen.page.screenshot())
    assert _difference(np.asarray(before), np.asarray(after)) > DOTS


def _small(picture: bytes) -> Image.Image:
    with Image.open(io.BytesIO(picture)) as whole:
        size = (whole.width // 4, whole.height // 4)
        return whole.convert("L").resize(size, Image.Resampling.BOX)


def _lighten(picture: bytes) -> bytes:
    light = io.BytesIO()
    with Image.open(io.BytesIO(picture)) as whole:
        few = whole.convert("RGB").quantize(COLOURS).convert("RGB")
    few.save(light, "WEBP", lossless=True, method=6)
    return light.getvalue()


def _difference(kept: np.ndarray, taken: np.ndarray) -> float:
    assert kept.shape == taken.shape
    return float((np.abs(kept.astype(int) - taken) > GREY).mean())
