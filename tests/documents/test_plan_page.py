"""The development plan as a web page: what stands on it, in both languages, and what must not."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from html.parser import HTMLParser
from itertools import pairwise
from pathlib import Path
from typing import Any

import plan_samples as samples
import pytest

from recommender.documents import LeftOutModule, PlanDocument, markup, render_plan_page
from recommender.documents.plan.radar import draw_radar
from recommender.documents.plan.view import labels, plan_view
from recommender.texts import LANGUAGES, say

TEMPLATES = Path(markup.__file__).parent / "templates"
NO_END = {"meta", "br"}
LINKS = {"PDF": "plan.pdf?lang=zh-CN&as=file", "English": "?lang=en"}


class Page(HTMLParser):
    """Every element with its attributes, and the text; fails where an element is left open."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.pieces: list[str] = []
        self._open: list[str] = []
        self.feed(html)
        self.close()
        assert self._open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        names = [name for name, _ in attrs]
        assert len(names) == len(set(names)), (tag, names)
        self.elements.append((tag, dict(attrs)))
        if tag not in NO_END:
            self._open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert "svg" in self._open, tag
        self.elements.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self._open.pop() == tag, tag

    def handle_data(self, data: str) -> None:
        if "style" not in self._open:
            self.pieces.append(data)

    @property
    def text(self) -> str:
        return re.sub(r"\s+", " ", " ".join(self.pieces))

    def all(self, wanted: str) -> list[dict[str, str | None]]:
        return [attributes for tag, attributes in self.elements if tag == wanted]

    def classed(self, name: str) -> int:
        return sum(name in (about.get("class") or "").split() for _, about in self.elements)

    def attributes(self) -> Iterator[tuple[str, str]]:
        for _, attributes in self.elements:
            yield from ((name, value or "") for name, value in attributes.items())


def rendered(document: PlanDocument, lang: str) -> Page:
    return Page(render_plan_page(document, lang=lang, links=LINKS))


def texts_of(view: Any) -> Iterator[str]:
    """Every text of a view."""
    if isinstance(view, str):
        yield view
    elif isinstance(view, list):
        for entry in view:
            yield from texts_of(entry)
    elif isinstance(view, dict):
        for key, entry in view.items():
            if key not in ("labels", "meta", "lang"):
                yield from texts_of(entry)


def unassessed(document: PlanDocument) -> PlanDocument:
    rows = tuple(
        replace(row, level=float("nan"), gap=None, priority=None, confidence=None, standing=None)
        for row in document.competencies
    )
    return replace(
        document, competencies=rows, items=(), assess_first=tuple(row.name for row in rows)
    )


@pytest.fixture(params=LANGUAGES)
def lang(request) -> str:
    return request.param


@pytest.fixture(params=["plan", "extreme"])
def document(request, lang) -> PlanDocument:
    make = {"plan": samples.plan_document, "extreme": samples.extreme_document}[request.param]
    return make(lang)


def test_shows_every_word_and_figure_of_the_plan(document, lang):
    text = rendered(document, lang).text
    for wanted in texts_of(plan_view(document, lang=lang, left_out_shown=None)):
        assert re.sub(r"\s+", " ", wanted).strip() in text, wanted
    for key in ("statement.development", "statement.uncertainty", "gap.reading", "plan.reading"):
        assert labels(lang)[key] in text


@pytest.mark.parametrize("lang", LANGUAGES)
def test_it_says_what_it_is_for_and_how_to_object(lang):
    text = rendered(samples.plan_document(lang), lang).text
    for key in ("statement.development", "statement.automated"):
        assert labels(lang)[key] in text


def test_shows_dates_reasons_and_where_each_estimate_comes_from(lang):
    text = rendered(samples.plan_document(lang), lang).text
    for wanted in (
        say("document.dates", lang, first="2026-11-17", last="11-18").replace("\xa0", " "),
        "+0.52",
        say("document.interval", lang, lower="−0.02", upper="0.38"),
        say("document.plan.measured", lang, count=46),
        say("document.plan.pooled", lang),
        say("document.plan.expert", lang),
        say("document.plan.to_arrange", lang),
    ):
        assert wanted in text, wanted


def test_lists_all_modules_left_out(lang):
    document = samples.plan_document(lang)
    many = tuple(LeftOutModule(f"M{n:02}", "reason") for n in range(30))
    text = rendered(replace(document, left_out=many), lang).text
    assert re.findall(r"M\d\d", text) == [module.title for module in many]


def test_marks_synthetic_people_and_only_those(lang):
    document = samples.plan_document(lang)
    assert say("document.synthetic", lang) in rendered(document, lang).text
    real = render_plan_page(replace(document, synthetic=False), lang=lang)
    assert say("document.synthetic", lang) not in real


def test_asks_for_nothing_from_outside(document, lang):
    html = render_plan_page(document, lang=lang, links=LINKS)
    assert not re.search(r"(?i)https?:|//\w|@import|src=|xmlns|javascript", html)
    assert set(re.findall(r"url\(([^)]*)\)", html)) == {"#hatch"}
    shown = Page(html)
    assert not {"script", "link", "img", "iframe", "object", "form", "base", "input"} & {
        tag for tag, _ in shown.elements
    }
    assert not any(name.startswith("on") or name == "style" for name, _ in shown.attributes())
    policy = next(m["content"] for m in shown.all("meta") if "http-equiv" in m)
    assert policy == "default-src 'none'; style-src 'unsafe-inline'; img-src data:"


def test_language_title_and_headings(document, lang):
    shown = rendered(document, lang)
    assert shown.all("html") == [{"lang": lang}]
    assert say("document.title_of", lang, name=document.name) in shown.text
    levels = [int(tag[1]) for tag, _ in shown.elements if re.fullmatch(r"h\d", tag)]
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(after <= before + 1 for before, after in pairwise(levels))


def test_references_within_the_page_exist_once(document, lang):
    shown = rendered(document, lang)
    ids = [value for name, value in shown.attributes() if name == "id"]
    assert len(ids) == len(set(ids))
    named = [
        value.removeprefix("#")
        for name, value in shown.attributes()
        if name in ("aria-labelledby", "aria-describedby") or value.startswith("#")
        if name != "fill" and name != "stroke"
    ]
    assert named
    assert set(named) <= set(ids)


def test_tables_have_captions_and_scoped_headers(document, lang):
    shown = rendered(document, lang)
    assert len(shown.all("caption")) == len(shown.all("table")) == 5
    assert all("scope" in header for header in shown.all("th"))
    assert all("aria-label" in nav for nav in shown.all("nav"))
    hidden_or_named = [
        drawing.get("aria-hidden") == "true" or drawing.get("role") == "img"
        for drawing in shown.all("svg")
    ]
    assert all(hidden_or_named)


def test_shows_links_as_given(lang):
    shown = rendered(samples.plan_document(lang), lang)
    addresses = [link["href"] for link in shown.all("a")]
    assert [a for a in addresses if a and not a.startswith("#")] == list(LINKS.values())
    assert "PDF" in shown.text
    assert say("document.page.links", lang) not in render_plan_page(
        samples.plan_document(lang), lang=lang
    )


@pytest.mark.parametrize("address", ["javascript:alert(1)", " java\nscript:x", "data:text/html,x"])
def test_refuses_links_that_are_not_pages(address):
    with pytest.raises(ValueError, match="not the address of a page"):
        render_plan_page(samples.plan_document("en"), lang="en", links={"PDF": address})


@pytest.mark.parametrize(
    "text",
    [
        "<script>alert(1)</script>",
        '"><img src=x onerror=alert(1)>',
        "</style></title><b>&amp;",
        "{{ 7 * 7 }} {% raw %}",
        '\\"; } body { display: none } /*',
    ],
)
def test_shows_markup_in_names_as_it_is(text):
    document = samples.plan_document("en")
    document = replace(
        document,
        name=text,
        person_id=text,
        org_unit=text,
        manager=text,
        plan_id=text,
        model_id=text,
        objective=text,
        competencies=tuple(
            replace(row, name=text, category=text, method=text) for row in document.competencies
        ),
        items=(replace(document.items[0], title=text, place=text, reasons=(text,)),),
        left_out=(LeftOutModule(text, text),),
        assess_first=(text,),
        notes=(text,),
    )
    plain = rendered(samples.plan_document("en"), "en")
    html = render_plan_page(document, lang="en", links={text: "plan.pdf"})
    shown = Page(html)
    assert shown.text.count(re.sub(r"\s+", " ", text)) >= 25
    assert {tag for tag, _ in shown.elements} <= {tag for tag, _ in plain.elements}
    assert html.count("</style>") == 1
    assert "body { display: none }" not in html[html.index("<style>") : html.index("</style>")]


def test_a_text_of_the_style_sheet_cannot_leave_its_string():
    assert markup.css_text("王 S1") == '"王 S1"'
    assert markup.css_text('a"\\</style>\n') == r'"a\22 \5c \3c \2f style\3e \a "'


def test_can_be_kept_as_utf_8_whatever_a_name_holds(lang):
    name = "王\x00䶮\ud800\x1b𪛖🙂"
    html = render_plan_page(replace(samples.plan_document(lang), name=name), lang=lang)
    assert "王䶮\ufffd𪛖🙂" in html.encode("utf-8").decode("utf-8")


def test_same_plan_same_page(document, lang):
    assert render_plan_page(document, lang=lang) == render_plan_page(document, lang=lang)


@pytest.mark.parametrize("count", [0, 1, 2, 3, 4, 7, 18, 24, 30])
def test_works_for_any_number_of_competencies(count, lang):
    document = samples.with_competencies(samples.plan_document(lang), count)
    shown = rendered(document, lang)
    assert shown.classed("label") == (count if count >= 3 else 0)
    assert shown.classed("goal") == count
    text = shown.text
    assert (say("document.gap.empty", lang) in text) == (count == 0)
    for row in document.competencies:
        assert row.name in text


def test_all_to_be_assessed_first_draws_no_level(lang):
    document = unassessed(samples.plan_document(lang))
    shown = rendered(document, lang)
    assert shown.classed("dot") == shown.classed("level") == 0
    assert shown.classed("hollow") > 2 * len(document.competencies)
    assert say("document.plan.empty_unassessed", lang) in shown.text


@pytest.mark.parametrize("count", [2, 3, 30])
def test_embeds_the_radar_as_it_is_drawn(count, lang):
    document = samples.with_competencies(samples.plan_document(lang), count)
    html = render_plan_page(document, lang=lang)
    drawn = draw_radar(plan_view(document, lang=lang))
    assert drawn in html
    assert bool(drawn) == (count >= 3)


def test_nothing_planned(lang):
    document = replace(
        samples.plan_document(lang),
        items=(),
        activities=(),
        left_out=(),
        left_out_count=None,
        assess_first=(),
        notes=(),
        manager="",
        hours_budget=None,
    )
    shown = rendered(document, lang)
    assert say("document.plan.empty_gaps", lang) in shown.text
    for absent in ("left_out.title", "assess_first.text", "notes.title", "plan.reading"):
        assert labels(lang)[absent] not in shown.text


def test_every_label_of_the_template_is_there_in_both_languages():
    template = (TEMPLATES / "plan.html.j2").read_text(encoding="utf-8")
    used = set(re.findall(r"\bt\[[\"']([\w.]+)[\"']\]", template))
    used |= set(re.findall(r"\bt\.(\w+)", template))
    assert {"title", "plan.title"} <= used
    for lang in LANGUAGES:
        assert used <= set(labels(lang))


def luminance(colour: str) -> float:
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    red, green, blue = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


@pytest.mark.parametrize("ground", ["#ffffff", "#f5f6f8"])
def test_texts_stand_out_from_their_ground(ground):
    style = (TEMPLATES / "plan.css").read_text(encoding="utf-8")
    colours = dict(re.findall(r"--(\w+): (#\w{6});", style))
    assert colours["faint"] == "#f5f6f8"
    texts = set(re.findall(r"[\s{]color: var\(--(\w+)\)", style))
    assert texts == {"ink", "grey", "accent"}
    for name in texts:
        contrast = (luminance(ground) + 0.05) / (luminance(colours[name]) + 0.05)
        assert contrast >= 4.5, (name, contrast)
