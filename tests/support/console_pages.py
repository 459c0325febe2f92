"""The pages of the console as they are opened in a browser; see tests/browser/pages.yaml."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import yaml
from chromium import Opened

from recommender.service.permissions import Role

ROWS = yaml.safe_load((Path(__file__).parents[1] / "browser" / "pages.yaml").read_text("utf-8"))
BY_ROLE = {role: [row for row in ROWS if role in row["as"]] for role in Role}


def faults_of(
    seen: Opened, row: Mapping[str, Any], values: Mapping[str, str], *, ours: bool = True
) -> Iterator[str]:
    """Open a page of pages.yaml and say what is wrong with it.

    That a text has a hole, or a page breaks a rule of accessibility, is looked for only where all
    text is `ours`.
    """
    where, status = row["page"].format(**values), row.get("status", 200)
    seen.go(where, status=status)
    # that the page itself is not there the browser notes, and rightly
    yield from (x for x in seen.complaints if status == 200 or str(status) not in x)
    yield from (f"{x.status} of {x.url}" for x in seen.answers[1:] if x.status >= 400)
    if seen.page.locator("h1").count() != 1:
        yield "not one heading"
    if (over := seen.overflow()) > 0:
        yield f"{over} px wider than its window"
    if ours:
        yield from seen.violations()
        yield from re.findall(r"\b(?:None|nan|undefined)\b", seen.text)
        if "shows_paths" not in row:
            yield from re.findall(r"\{\w*\}", seen.text)
