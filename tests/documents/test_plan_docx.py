"""The development plan in Word: what stands in it, in both languages, and what must not."""

from __future__ import annotations

import io
import re
import zipfile
from dataclasses import fields as fields_of
from dataclasses import is_dataclass, replace

import plan_samples as samples
import pytest
from docx import Document
from docx.oxml.ns import qn
from word_desk import change_template, controls_of, text_of

from recommender.documents import PlanDocument, render_plan_docx
from recommender.documents.plan.radar import draw_radar
from recommender.documents.plan.view import plan_view
from recommender.documents.word.package import parse, unpack
from recommender.documents.word.placeholders import SHAPES, fill
from recommender.documents.word.rendering import sources_of
from recommender.documents.word.starting_template import make_template
from recommender.texts import LANGUAGES

CODE = "IDP:plan-2026-000173:3:0123456789ab"
HOSTILE = (
    "<script>alert(1)</script>",
    "</w:t></w:r><w:r><w:instrText>DDEAUTO</w:instrText></w:r>",
    "{{ name }}{% for x in rows %}{#",
    '=HYPERLINK("http://example.invalid")',
    "&amp;&#x41;]]>",
    "\x00\x01\x0b\ud800\ufffe\N{RIGHT-TO-LEFT OVERRIDE}",
    "𰻝㛃䶮𬭎🈚e\N{COMBINING ACUTE ACCENT}",
)


def keyed(lang: str) -> PlanDocument:
    document = samples.plan_document(lang)
    items = tuple(replace(item, key=f"c{n}") for n, item in enumerate(document.items, 1))
    activities = tuple(
        replace(activity, key=f"a{n}") for n, activity in enumerate(document.activities, 1)
    )
    return replace(document, code=CODE, items=items, activities=activities)


def texts_in(value):
    if isinstance(value, str):
        yield value
    elif isinstance(value, list):
        for each in value:
            yield from texts_in(each)
    elif isinstance(value, dict):
        for name, each in value.items():
            if name not in ("key", "party", "category"):
                yield from texts_in(each)


def with_text(value, text):
    """Return a document in which every name and sentence is another text."""
    if isinstance(value, str):
        return text
    if isinstance(value, tuple):
        return tuple(with_text(each, text) for each in value)
    if not is_dataclass(value):
        return value
    kept = ("status", "standing", "basis", "party", "key", "code", "proposed_month")
    changed = {
        each.name: with_text(getattr(value, each.name), text)
        for each in fields_of(value)
        if each.name not in (*kept, "proposed_until")
    }
    return replace(value, **changed)


@pytest.mark.parametrize("lang", LANGUAGES)
def test_word_says_what_the_pdf_says(lang):
    document = keyed(lang)
    content = render_plan_docx(document, lang=lang)
    assert content == render_plan_docx(document, lang=lang)
    said = re.sub(r"\s+", "", text_of(content))
    for text in texts_in(fill(document, lang=lang)):
        assert re.sub(r"\s+", "", text) in said, text
    assert "{{" not in said
    assert CODE in said


def test_the_template_that_ships_shows_every_placeholder():
    content = make_template("zh-CN")
    source = "".join(sources_of(content, unpack(content, file="x")).values())
    # the facts, the plan's own number and the lead say these already
    said_elsewhere = {"grade", "target_grade", "org_unit", "manager", "as_of"}
    for name in SHAPES.keys() - said_elsewhere:
        assert re.search(rf"\b{name}\b", source), name


def test_the_picture_is_the_one_of_page_and_pdf():
    document = keyed("zh-CN")
    content = render_plan_docx(document, lang="zh-CN")
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        png = archive.read("word/media/plan-radar.png")
    assert png.startswith(b"\x89PNG")
    found = Document(io.BytesIO(content)).element.find(f".//{qn('wp:docPr')}")
    view = plan_view(document, lang="zh-CN")
    assert found.get("descr") == view["meta"]["chart"]
    assert draw_radar(view)
    few = replace(document, competencies=document.competencies[:2])
    assert "word/media/plan-radar.png" not in unpack(render_plan_docx(few, lang="zh-CN"), file="x")


@pytest.mark.parametrize("text", HOSTILE)
def test_whatever_stands_in_a_field_is_text(text):
    document = with_text(keyed("zh-CN"), text)
    content = render_plan_docx(document, lang="zh-CN")
    parts = unpack(content, file="x")
    for name in (name for name in parts if name.startswith("word/") and name.endswith("xml")):
        tree = parse(parts[name], file=name)
        assert tree.find(f".//{qn('w:instrText')}") is None
        for field in tree.iter(qn("w:fldSimple")):
            assert field.get(qn("w:instr")) in ("PAGE", "NUMPAGES")
    plain = "".join(
        c if c.isprintable() else " " for c in text if ord(c) < 0xD800 or ord(c) > 0xFFFF
    )
    said = text_of(content)
    assert all(word in said for word in re.findall(r"[^\s\ufffd]+", plain)), plain


def test_the_longest_and_the_emptiest_plan():
    for lang in LANGUAGES:
        assert text_of(render_plan_docx(samples.extreme_document(lang), lang=lang))
    bare = replace(
        keyed("zh-CN"),
        **dict.fromkeys(("items", "activities", "competencies", "left_out", "notes"), ()),
        **dict.fromkeys(("assess_first", "evidence", "unserved", "outlook"), ()),
    )
    document = Document(io.BytesIO(render_plan_docx(bare, lang="zh-CN")))
    assert document.tables[0].cell(0, 0).text == "姓名"


def test_controls_hold_what_is_known():
    document = keyed("zh-CN")
    held = controls_of(render_plan_docx(document, lang="zh-CN"))
    done = document.activities[0]
    assert done.done_on
    assert (held["done:a1"], held["done-on:a1"]) == ("☑", done.done_on.isoformat())
    assert (held["done:c1"], held["done-on:c1"]) == ("☐", "")
    assert held["comment:employee"] == ""


def test_fonts_are_named_for_chinese_and_no_theme_wins_over_them():
    styles = parse(unpack(make_template("zh-CN"), file="x")["word/styles.xml"], file="x")
    for fonts in styles.iter(qn("w:rFonts")):
        assert not [name for name in fonts.attrib if name.endswith("Theme")]
    (normal,) = (s for s in styles.iter(qn("w:style")) if s.get(qn("w:styleId")) == "Normal")
    assert normal.find(f".//{qn('w:rFonts')}").get(qn("w:eastAsia")) == "Microsoft YaHei"


def test_an_own_template_sets_the_plan():
    def change(document):
        document.paragraphs[0].insert_paragraph_before("某某公司 {{ name }} 的计划")
        document.add_paragraph("{% for row in rows %}[{{ row.title }}]{% endfor %}")

    document = keyed("zh-CN")
    said = text_of(render_plan_docx(document, lang="zh-CN", template=change_template(change)))
    assert f"某某公司 {document.name} 的计划" in said
    assert "".join(f"[{row.title}]" for row in (*document.items, *document.activities)) in said
