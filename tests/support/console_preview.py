"""Renders templates of the console without a server: for looking at, and for tests of the look."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

import api
from recommender.texts import say

TEMPLATES = Path(api.__file__).parent / "templates" / "console"
MENU = (
    ("", (("today", "今日待办", 59), ("organisation", "组织能力", 0), ("people", "人员", 0),
          ("plan", "发展计划", 0), ("campaign", "批量计划", 0), ("import", "数据导入", 1),
          ("catalog", "课程目录", 0))),
    ("分析", (("model", "效果模型", 0),)),
    ("系统管理", (("key", "接口密钥", 0), ("shield", "审计与隐私", 0))),
)  # fmt: skip


def preview(template: str, *, lang: str = "zh-CN", current: str = "", **values: Any) -> str:
    """Return a page as HTML, with a sample frame around it.

    Parameters
    ----------
    template : str
        Name below `api/templates/console`, or the text of a template.
    lang : str
        ``zh-CN`` or ``en``.
    current : str
        Which entry of the menu the reader is at.
    **values : object
        What the template needs, in place of the sample or besides it.

    Returns
    -------
    str
        The page.
    """
    pages = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    pages.filters["share"] = lambda value: f"{value:.0%}"
    pages.globals.update(
        asset=lambda name: f"/static/{name}",
        t=lambda key, **texts: say(key, lang, **texts),
    )
    entries = [
        {
            "label": label,
            "entries": [
                {
                    "key": k,
                    "href": f"/{k}",
                    "icon": k,
                    "label": n,
                    "count": c,
                    "current": k == current,
                }
                for k, n, c in group
            ],
        }
        for label, group in MENU
    ]
    sample = {
        "lang": lang,
        "csrf": "token",
        "menu": entries,
        "unit": "政企客户部",
        "as_of": "2026-11-30",
        "made_up": "all",
        "user": {"name": "周晓岚", "role": "人力资源"},
    }
    if template.endswith(".html.j2"):
        found = pages.get_template(template)
    else:
        found = pages.from_string(template)
    return found.render(**sample | values)
