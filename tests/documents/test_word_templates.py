"""A template for Word that somebody hands in: what is refused, and in which words."""

from __future__ import annotations

import io
import time
import zipfile
from pathlib import Path

import pytest
from word_desk import change_template, with_parts

from recommender.documents import check_template, list_placeholders, make_template
from recommender.documents.word.package import unpack
from recommender.errors import InputError
from recommender.texts import LANGUAGES, explain

DOCS = Path(__file__).parents[2] / "docs"
WRITTEN = {
    "{{ nmae }}": "word.template.unknown",
    "{% for r in rows %}{{ r.titel }}{% endfor %}": "word.template.unknown",
    "{{ name.__class__.__mro__ }}": "word.template.unknown",
    "{{ cycler }}": "word.template.unknown",
    "{{ loop.index }}": "word.template.unknown",
    "{{ name": "word.template.braces",
    "{{ name %}": "word.template.braces",
    "{% if rows %}": "word.template.syntax",
    "{% endfor %}": "word.template.syntax",
    "{% set x = 1 %}": "word.template.program",
    "{% for i in range(10) %}{% endfor %}": "word.template.program",
    "{{ 'x' * 999999999 }}": "word.template.program",
    "{% include 'x' %}": "word.template.program",
    "{% macro a() %}{% endmacro %}": "word.template.program",
    "{{ name() }}": "word.template.program",
    "{{ name|upper }}": "word.template.program",
    "{{ rows[0].title }}": "word.template.program",
    "{{ " + "{" * 600: "word.template.braces",
    "{% for a in rows %}{% for b in rows %}{% for c in rows %}{% for d in rows %}"
    "{% endfor %}{% endfor %}{% endfor %}{% endfor %}": "word.template.program",
    "{{ rows }}": "word.template.not-a-text",
    "{% for x in name %}{% endfor %}": "word.template.not-a-list",
}


def problem_of(content):
    """Return the code of what is wrong with a template, said in both languages; None if nothing."""
    try:
        check_template(content, file="own.docx")
    except InputError as error:
        said = [part for lang in LANGUAGES for part in explain(error, lang)]
        return error.code if all(said) else f"{error.code}: not said"
    return None


def written(text):
    return change_template(lambda document: document.add_paragraph(text))


def cells(*texts):
    def change(document):
        table = document.add_table(rows=len(texts), cols=1)
        for row, text in zip(table.rows, texts, strict=True):
            row.cells[0].text = text

    return change_template(change)


def part(name, change):
    return with_parts(make_template("zh-CN"), a=(name, change))


def test_what_ships_passes_and_so_does_what_people_add():
    for lang in LANGUAGES:
        assert problem_of(make_template(lang)) is None
    assert (
        problem_of(written("{{ lead | join('；') }} {% if notes and not radar %}x{% endif %}"))
        is None
    )


def test_what_is_written_wrong_is_named(subtests):
    for text, code in WRITTEN.items():
        with subtests.test(text=text[:40]):
            assert problem_of(written(text)) == code
    with pytest.raises(InputError) as caught:
        check_template(written("编号 {{ person_nr }}"), file="own.docx")
    assert caught.value.values["where"] == "编号 {{ person_nr }}"
    assert "person_id" in str(caught.value.values["near"])


def test_what_every_template_has_to_show():
    def leave_out(document):
        for line in document.sections[0].footer.paragraphs:
            line.clear()

    with pytest.raises(InputError) as caught:
        check_template(change_template(leave_out), file="own.docx")
    assert (caught.value.code, caught.value.values) == ("word.template.lacks", {"name": "code"})


def test_what_word_could_not_open(subtests):
    looped = ("{%tr for r in rows %}", "{{ r.title }}", "{%tr endfor %}")
    cases = {
        "word.template.empty-table": cells(*looped),
        "word.template.empty-cell": part(
            "word/document.xml",
            lambda xml: xml.replace(b"<w:sectPr", _CELL + b"<w:sectPr", 1),
        ),
        "word.template.radar": change_template(
            lambda document: document.sections[0].header.add_paragraph("{{ radar }}")
        ),
        "word.template.tag": part(
            "word/document.xml", lambda xml: xml.replace(b'"done:{{ row.key }}"', b'"Done:1"')
        ),
    }
    for code, content in cases.items():
        with subtests.test(code=code):
            assert problem_of(content) == code
    assert problem_of(cells("heads", *looped)) is None


_CELL = (
    b"<w:tbl><w:tblPr/><w:tblGrid><w:gridCol/></w:tblGrid><w:tr><w:tc>"
    b"<w:p><w:r><w:t>{%p if name %}</w:t></w:r></w:p><w:p/>"
    b"<w:p><w:r><w:t>{%p endif %}</w:t></w:r></w:p></w:tc></w:tr></w:tbl>"
)


def test_nothing_runs_and_nothing_is_fetched(subtests):
    def field(instruction):
        return part(
            "word/document.xml",
            lambda xml: xml.replace(
                b"<w:sectPr",
                b'<w:p><w:fldSimple w:instr="' + instruction + b'"/></w:p><w:sectPr',
                1,
            ),
        )

    def related(kind, target, mode=""):
        relation = f'<Relationship Id="rIdX" Type="x/{kind}" Target="{target}" {mode}/>'
        return part(
            "word/_rels/document.xml.rels",
            lambda xml: xml.replace(b"</Relationships>", f"{relation}</Relationships>".encode()),
        )

    outside = 'TargetMode="External"'
    cases = [
        (part("word/vbaProject.bin", lambda _: b"x"), "word.macros"),
        (part("word/embeddings/a.bin", lambda _: b"x"), "word.macros"),
        (part("word/activeX/a.xml", lambda _: b"<x/>"), "word.macros"),
        (
            part(
                "[Content_Types].xml",
                lambda xml: xml.replace(b"document.main+xml", b"macroEnabled.main+xml"),
            ),
            "word.macros",
        ),
        (field(b"DDEAUTO c:\\x"), "word.template.field"),
        (field(b" includepicture http://x "), "word.template.field"),
        (field(b"PAGE"), None),
        (related("image", "http://x/y.png", outside), "word.template.fetches"),
        (related("attachedTemplate", "file:///x.dotm", outside), "word.template.fetches"),
        (related("hyperlink", "javascript:x", outside), "word.template.fetches"),
        (related("hyperlink", "https://x", outside), None),
        (related("aFChunk", "x.html"), "word.template.embedded"),
        (
            part(
                "word/document.xml",
                lambda xml: b'<!DOCTYPE a [<!ENTITY b "c">]>' + xml[xml.index(b"<w:d") :],
            ),
            "word.damaged",
        ),
    ]
    for at, (content, code) in enumerate(cases):
        with subtests.test(at=at, code=code):
            assert problem_of(content) == code


def archive(parts, method=zipfile.ZIP_DEFLATED):
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", method) as made:
        for name, content in parts:
            made.writestr(name, content)
    return stream.getvalue()


def test_files_that_are_none(subtests):
    shipped = unpack(make_template("en"), file="x")
    cases = {
        "nothing": (b"", "word.not-docx"),
        "text": (b"name,age\n", "word.not-docx"),
        "half": (make_template("en")[:9000], "word.not-docx"),
        "a workbook": (archive([("xl/workbook.xml", "<a/>")]), "word.not-docx"),
        "large": (b"PK" * 6_000_000, "word.too-large"),
        "a bomb": (archive([("a.xml", bytes(45 * 2**20))]), "word.bomb"),
        "many parts": (archive([(f"{n}.xml", "") for n in range(600)]), "word.bomb"),
        "a way out": (archive([*shipped.items(), ("../../x", "")]), "word.damaged"),
    }
    for name, (content, code) in cases.items():
        with subtests.test(name=name):
            assert problem_of(content) == code


def test_a_template_made_to_keep_the_server_busy():
    """docxtpl would look for the end of each of these up to the end of the document."""
    many = "<w:p><w:r><w:t>" + "{{ " * 900 + "</w:t></w:r></w:p><w:p><w:r><w:t>"
    long = many + "a" * 700_000 + "</w:t></w:r></w:p><w:sectPr"
    content = part("word/document.xml", lambda xml: xml.replace(b"<w:sectPr", long.encode(), 1))
    began = time.perf_counter()
    assert problem_of(content) == "word.template.braces"
    assert time.perf_counter() - began < 5


@pytest.mark.parametrize(
    ("lang", "name"), [("zh-CN", "word-template.zh-CN.md"), ("en", "word-template.md")]
)
def test_every_placeholder_is_documented(lang, name):
    text = (DOCS / name).read_text(encoding="utf-8")
    for each in list_placeholders(lang):
        assert f"| `{each.name}`" in text, each.name
        assert each.means in text, each.name
        for one in each.parts:
            assert f"`{one.name}`" in text, (each.name, one.name)
