"""The template that ships: made here and not kept as a file, so that it cannot fall behind.

An organisation downloads it, changes it in Word and hands it in. What stands in it is what stands
in the PDF, in the same order, with controls for what comes back.
"""

from __future__ import annotations

import datetime as dt
import io
from functools import cache
from typing import Any

from recommender.documents.plan.view import labels
from recommender.documents.word.laying_out import (
    Page,
    checkbox,
    date_control,
    field,
    paragraph,
    text_control,
)
from recommender.documents.word.package import pack, unpack
from recommender.texts import say

ACCENT, GREY = "1F56B3", "5F6C80"
_WHEN = dt.datetime(2026, 1, 1)  # noqa: DTZ001 - Word's properties have no zone


@cache
def make_template(lang: str) -> bytes:
    """Make the template in a language.

    Parameters
    ----------
    lang : str
        ``zh-CN`` or ``en``.

    Returns
    -------
    bytes
        A .docx of A4 pages; the same bytes each time.
    """
    page, t = Page(lang), labels(lang)
    _head(page, t, lang)
    _plan(page, t, lang)
    _levels(page, t)
    page.heading(t["statement.title"])
    page.loop("each", "statement", "{{ each }}", size=8.5)
    _words(page, t, lang)
    _appendix(page, t, lang)
    _foot(page, t, lang)
    properties = page.document.core_properties
    properties.title, properties.author = t["title"], t["author"]
    properties.comments = say("word.about.comment", lang)
    properties.created = properties.modified = _WHEN
    properties.last_modified_by = t["author"]
    stream = io.BytesIO()
    page.document.save(stream)
    # packed again without the time of day, and without the picture of somebody else's first page
    parts = unpack(stream.getvalue(), file="template.docx")
    return pack(parts)


def _head(page: Page, t: dict[str, str], lang: str) -> None:
    page.line("{%p if synthetic %}")
    page.line("{{ synthetic }}", bold=True, color="7A5200")
    page.line("{%p endif %}")
    page.document.add_heading("{{ title }}", level=0)
    page.line("{{ plan }}　{{ status }}", color=GREY, size=8.5)
    page.line("{{ name }}　{{ person_id }}", bold=True, size=12)
    colon = say("word.label.colon", lang)
    page.line(
        f"{{% for each in facts %}}{{{{ each.label }}}}{colon}{{{{ each.value }}}}"
        "{% if not loop.last %}　{% endif %}{% endfor %}"
    )
    page.loop("each", "lead", "{{ each }}", size=10.5)


def _plan(page: Page, t: dict[str, str], lang: str) -> None:
    page.heading(t["plan.title"])
    for name in ("path", "no_items", "total"):
        page.line(f"{{%p if {name} %}}")
        page.line(f"{{{{ {name} }}}}", bold=name == "total")
        page.line("{%p endif %}")
    page.line("{%p if rows %}")
    columns = ("order", "course", "when", "serves", "on_the_job", "companion")
    table = page.table([t[f"plan.{name}"] for name in columns], (8, 38, 22, 39, 39, 32))
    page.control_row(table, "{%tr for row in rows %}")
    page.control_row(table, "{%tr if row.stage %}")
    stage = page.row(table, ["{{ row.stage }}"])
    page.shade(stage.cells[0].merge(stage.cells[-1]))
    page.control_row(table, "{%tr endif %}")
    cells = page.row(
        table, ["{{ row.order }}", "", "{{ row.when }}", "", "{{ row.on_the_job }}", ""]
    )
    course, serves, last = (cells.cells[at] for at in (1, 3, 5))
    paragraph(course.paragraphs[0], "{{ row.title }}", bold=True, size=8.5)
    paragraph(course.add_paragraph(), "{{ row.about }}", size=7.5, color=GREY)
    paragraph(serves.paragraphs[0], "{%p for gap in row.serves %}")
    name = paragraph(serves.add_paragraph(), "{{ gap.name }} ", size=8.5)
    paragraph(name, "{{ gap.improvement }}", bold=True, size=8.5)
    paragraph(serves.add_paragraph(), "{{ gap.detail }}", size=7.5, color=GREY)
    paragraph(serves.add_paragraph(), "{%p endfor %}")
    serves.add_paragraph()  # Word wants a cell to end in a paragraph, also where nothing is served
    paragraph(last.paragraphs[0], "{{ row.companion }}", size=8.5)
    review = paragraph(last.add_paragraph(), say("word.label.review", lang) + " ", size=8)
    date_control(review, "review:{{ row.key }}", say("word.label.review", lang), lang)
    done = last.add_paragraph()
    checkbox(done, "done:{{ row.key }}", say("word.label.done", lang))
    paragraph(done, f" {say('word.label.done', lang)} ", size=8)
    date_control(done, "done-on:{{ row.key }}", say("word.label.done-on", lang), lang)
    page.control_row(table, "{%tr endfor %}")
    page.line("{{ reading }}", size=7.5, color=GREY)
    page.line("{%p endif %}")


def _levels(page: Page, t: dict[str, str]) -> None:
    page.heading(t["gap.by_priority"])
    page.line("{%p if radar %}")
    page.line("{{ radar }}", centred=True)
    key = "　".join(
        (f"━ {t['radar.level']}", f"┅ {t['radar.target']}", f"○ {t['radar.assess_first']}")
    )
    page.line(key, size=8, color=GREY, centred=True)
    page.line("{%p endif %}")
    page.line("{%p if priorities %}")
    columns = ("number", "competency", "level_target", "gap", "confidence", "priority")
    table = page.table(
        [t[f"gap.{name}"] for name in columns], (14, 66, 30, 22, 22, 24), numbers=(2, 3, 4, 5)
    )
    page.repeated(
        table,
        "row in priorities",
        ["number", "name", ("level", "target"), "gap", "confidence", "priority"],
        numbers=(2, 3, 4, 5),
        bold=(1, 5),
    )
    page.line("{%p endif %}")
    page.line("{%p if no_gaps %}")
    page.line("{{ no_gaps }}")
    page.line("{%p endif %}")
    page.loop("each", "besides", "{{ each }}", size=8, color=GREY)


def _words(page: Page, t: dict[str, str], lang: str) -> None:
    """Add what each party says, signs and dates."""
    page.heading(t["signature.title"])
    heads = (
        t["signature.name"],
        say("word.label.comment", lang),
        say("word.label.signature", lang),
    )
    table = page.table(heads, (38, 92, 48))
    page.control_row(table, "{%tr for each in signatures %}")
    row = page.row(table, ["", "", "{{ each.approved }} {{ each.on }}"])
    paragraph(row.cells[0].paragraphs[0], "{{ each.role }}", bold=True, size=8.5)
    paragraph(row.cells[0].add_paragraph(), "{{ each.name }}", size=8.5)
    comment = say("word.label.comment", lang)
    text_control(row.cells[1].paragraphs[0], "comment:{{ each.party }}", comment, lang)
    page.control_row(table, "{%tr endfor %}")


def _appendix(page: Page, t: dict[str, str], lang: str) -> None:
    page.heading(t["appendix.title"], new_page=True)
    page.line("{%p if details %}")
    page.heading(t["plan.details"], level=2)
    page.line("{%p for each in details %}")
    page.line("{{ each.order }} {{ each.title }}", bold=True)
    page.line("{%p for fact in each.facts %}")
    colon = say("word.label.colon", lang)
    page.line(f"{{{{ fact.label }}}}{colon}{{{{ fact.texts | join(' ') }}}}", size=8.5)
    page.line("{%p endfor %}")
    page.line("{%p endfor %}")
    page.line("{{ closed }}", size=8.5)
    page.line("{{ objective }}", size=8.5)
    page.line("{%p endif %}")
    page.line("{%p if competencies %}")
    page.heading(t["gap.title"], level=2)
    columns = (
        "number",
        "competency",
        "level",
        "target",
        "gap",
        "confidence",
        "weight",
        "priority",
        "method",
    )
    widths, numbers = (10, 36, 23, 13, 19, 15, 13, 16, 33), (2, 3, 4, 5, 6, 7)
    table = page.table([t[f"gap.{name}"] for name in columns], widths, numbers=numbers)
    page.repeated(
        table,
        "row in competencies",
        [
            "number",
            "name",
            ("level", "standard_error"),
            "target",
            "gap",
            "confidence",
            "weight",
            "priority",
            ("method", "assessed_on"),
        ],
        numbers=numbers,
        between=" ",
    )
    page.line(say("word.label.levels", lang), size=7.5, color=GREY)
    page.line("{%p endif %}")
    _tables(page, t)
    page.line("{%p if notes %}")
    page.heading(t["notes.title"], level=2)
    page.loop("each", "notes", "{{ each }}", size=8.5)
    page.line("{%p endif %}")


def _tables(page: Page, t: dict[str, str]) -> None:
    page.line("{%p if evidence %}")
    page.heading(t["evidence.title"], level=2)
    columns = ("competency", "result", "figure", "on")
    table = page.table([t[f"evidence.{name}"] for name in columns], (46, 70, 34, 28))
    page.repeated(table, "row in evidence", list(columns))
    page.line(t["evidence.reading"], size=7.5, color=GREY)
    page.line("{%p endif %}")
    page.line("{%p if assess_first %}")
    page.heading(t["assess_first.title"], level=2)
    page.line(t["assess_first.text"], size=8.5)
    page.loop("each", "assess_first", "○ {{ each }}", size=8.5)
    page.line("{%p endif %}")
    page.line("{%p if left_out %}")
    page.heading(t["left_out.title"], level=2)
    table = page.table([t["left_out.module"], t["left_out.reason"]], (68, 110))
    page.repeated(table, "row in left_out", ["title", "reason"])
    page.line("{{ left_out_count }}", size=7.5, color=GREY)
    page.line("{%p endif %}")


def _foot(page: Page, t: dict[str, str], lang: str) -> None:
    section: Any = page.document.sections[0]
    head = section.header.paragraphs[0]
    paragraph(head, "{{ name }}　{{ person_id }}　{{ synthetic }}", size=7.5, color=GREY)
    foot = section.footer.paragraphs[0]
    paragraph(foot, "{{ footer | join('　') }}", size=7.5, color=GREY)
    second = section.footer.add_paragraph()
    paragraph(second, f"{say('word.label.code', lang)} {{{{ code }}}}　", size=7.5, color=GREY)
    before, _, rest = t["page_pattern"].partition("<page>")
    between, _, after = rest.partition("<pages>")
    for words, name in ((before, "PAGE"), (between, "NUMPAGES"), (after, "")):
        paragraph(second, words, size=7.5, color=GREY)
        if name:
            field(second, name)
