"""The pages of the console as they are opened in a browser; see tests/browser/pages.yaml."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import yaml
from chromium import Opened

from recommender.service.permissions import Role

ROWS = yaml.safe_load((Path(__file__).parents[1] / "browser" / "pages.yaml").read_text("utf-8"))
BY_ROLE = {role: [row for row in ROWS if role in row["as"]] for role in Role}


def faults_of(seen: Opened, where: str, status: int, *, text_is_ours: bool = True) -> Iterator[str]:
    """Open a page and say what is wrong with it; only our text can be known by its holes."""
    answers = []
    seen.page.on("response", lambda answer: answers.append(answer))
    seen.go(where, status=status)
    # that the page itself is not there the browser notes, and rightly
    yield from (x for x in seen.complaints if status == 200 or str(status) not in x)
    yield from (f"{x.status} of {x.url}" for x in answers[1:] if x.status >= 400)
    if seen.page.locator("h1").count() != 1:
        yield "not one heading"
    if (over := seen.overflow()) > 0:
        yield f"{over} px wider than its window"
    yield from seen.violations()
    if text_is_ours:
        yield from re.findall(r"\b(?:None|nan|undefined)\b|\{\w*\}", seen.text)
