"""Pages look as they did; the fonts are the console's own, so those of the machine do not count.

The pictures in looks/ are a quarter as wide and high. Where a page was changed on purpose, look at
it, and take them anew with ``LOOKS=new pytest tests/browser/test_looks.py``.
"""

from __future__ import annotations

import io
import os
from pathlib import Path

import numpy as np
import pytest
from chromium import DESK, PHONE
from PIL import Image

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


def _difference(kept: np.ndarray, taken: np.ndarray) -> float:
    assert kept.shape == taken.shape
    return float((np.abs(kept.astype(int) - taken) > GREY).mean())
