"""The radar of a profile: one drawing, which the page embeds and the PDF sets as a picture."""

from __future__ import annotations

import re
from dataclasses import replace
from itertools import pairwise
from xml.etree import ElementTree as ET

import plan_samples as samples
import pypdfium2
import pytest

from recommender.documents import PlanDocument, render_plan_pdf
from recommender.documents.plan.radar import Radar, draw_radar, lay_out_radar, spread
from recommender.documents.plan.view import labels, plan_view
from recommender.texts import LANGUAGES, say


@pytest.fixture(params=LANGUAGES)
def lang(request) -> str:
    return request.param


class Drawing:
    """The elements of a drawing, by class."""

    def __init__(self, document: PlanDocument, lang: str) -> None:
        self.root = ET.fromstring(draw_radar(plan_view(document, lang=lang)))

    def all(self, name: str) -> list[ET.Element]:
        return [each for each in self.root.iter() if each.get("class") == name]

    def texts(self, name: str) -> list[str]:
        return [" ".join(" ".join(each.itertext()).split()) for each in self.all(name)]


def laid_out(document: PlanDocument, lang: str) -> Radar:
    view = plan_view(document, lang=lang)
    detailed = view["chart"]["detailed"]
    return lay_out_radar(view["competencies"], view["labels"], detailed=detailed)


def wanted_labels(document: PlanDocument, lang: str, *, detailed: bool = True) -> list[str]:
    rows = plan_view(document, lang=lang)["competencies"]
    return [
        f"{row['number']} {row['name']}"
        + (f" {row['level']} / {row['target']}" if detailed else "")
        for row in rows
    ]


def test_names_every_competency_in_order_with_its_level_and_target(lang):
    document = samples.plan_document(lang)
    drawing = Drawing(document, lang)
    assert drawing.texts("label") == wanted_labels(document, lang)
    bold = [each.get("font-weight") == "700" for each in drawing.all("label")]
    assert bold == [row.standing == "gap" for row in document.competencies]
    assert drawing.texts("scale") == ["0", "1", "2", "3", "4"]
    assert len(drawing.all("ring")) == 4


def test_leaves_the_levels_to_the_table_where_there_are_many_competencies(lang):
    document = samples.with_competencies(samples.plan_document(lang), 30)
    wanted = wanted_labels(document, lang, detailed=False)
    assert Drawing(document, lang).texts("label") == wanted


def test_marks_stand_at_their_levels_on_their_axes(lang):
    document = samples.plan_document(lang)
    drawing = Drawing(document, lang)
    levels = [row.level for row in document.competencies if row.level is not None]
    outer = 200.0
    far = [
        (float(dot.get("cx", "")) ** 2 + float(dot.get("cy", "")) ** 2) ** 0.5 * 4 / outer
        for dot in drawing.all("dot")
        if dot.get("cx") != "18"  # of the key
    ]
    assert far == pytest.approx(levels, abs=0.01)
    area, edge = drawing.all("target")
    assert area.get("points") == edge.get("points")
    corners = [tuple(map(float, pair.split(","))) for pair in (edge.get("points") or "").split()]
    targets = [(x * x + y * y) ** 0.5 * 4 / outer for x, y in corners]
    assert targets == pytest.approx([row.target for row in document.competencies], abs=0.01)


def test_forms_differ_in_more_than_colour(lang):
    drawing = Drawing(samples.plan_document(lang), lang)
    _, edge = drawing.all("target")
    (actual,) = drawing.all("actual")
    assert edge.get("stroke-dasharray")
    assert not actual.get("stroke-dasharray")
    assert float(actual.get("stroke-width", "")) > 1.5 * float(edge.get("stroke-width", ""))
    assert {each.get("fill") for each in drawing.all("hollow")} == {"#fff"}
    assert "#fff" not in {each.get("fill") for each in drawing.all("dot")}


def test_an_unknown_level_is_a_hollow_mark_on_a_dotted_axis(lang):
    document = samples.plan_document(lang)
    drawing = Drawing(document, lang)
    unknown = [row.level is None for row in document.competencies]
    dotted = [bool(axis.get("stroke-dasharray")) for axis in drawing.all("axis")]
    assert dotted == unknown
    assert len(drawing.all("hollow")) == sum(unknown) + 1  # and of the key
    ends = [axis.get("d") for axis, dots in zip(drawing.all("axis"), dotted, strict=True) if dots]
    marks = [f"M0 0L{mark.get('cx')} {mark.get('cy')}" for mark in drawing.all("hollow")[:-1]]
    assert marks == ends
    words = labels(lang)
    keyed = [words[f"radar.{form}"] for form in ("level", "target", "assess_first")]
    assert drawing.texts("key-entry") == keyed
    known = tuple(replace(row, level=row.level or 1.0) for row in document.competencies)
    whole = Drawing(replace(document, competencies=known), lang)
    assert whole.texts("key-entry") == keyed[:2]
    assert whole.all("hollow") == []


def test_the_line_of_levels_has_a_gap_where_one_is_unknown(lang):
    drawn = laid_out(samples.plan_document(lang), lang).actual
    assert drawn.count("M") == 18 - 2 * 2  # two unknown levels, two neighbours each


def test_tells_in_words_what_it_shows(lang):
    document = samples.plan_document(lang)
    root = Drawing(document, lang).root
    assert root.get("role") == "img"
    words = root.get("aria-label") or ""
    places = [words.index(row.name) for row in document.competencies]
    assert places == sorted(places)
    assert say("document.standing.assess_first", lang) in words


def test_three_competencies_at_least_make_a_radar(lang):
    document = samples.plan_document(lang)
    for count, drawn in ((0, False), (2, False), (3, True)):
        view = plan_view(samples.with_competencies(document, count), lang=lang)
        assert bool(draw_radar(view)) == drawn


@pytest.mark.parametrize("count", [3, 18, 30])
@pytest.mark.parametrize("make", [samples.plan_document, samples.extreme_document])
def test_no_label_leaves_the_chart_or_meets_another(count, make, lang):
    document = samples.with_competencies(make(lang), count)
    radar = laid_out(document, lang)
    detailed = count <= 20
    left, top, width, height = map(float, radar.view_box.split())
    boxes: dict[str, list[tuple[float, float]]] = {"start": [], "middle": [], "end": []}
    for label in radar.labels:
        start = label.y - 13
        end = label.y + 17 * (len(label.lines) - 1) + (15 if detailed else 0)
        assert left < label.x < left + width
        assert top < start < end < top + height
        assert all(end < entry.y - 6 for entry in radar.key)
        boxes[label.anchor].append((start, end))
    for column in boxes.values():
        ordered = sorted(column)
        assert all(above[1] < below[0] for above, below in pairwise(ordered))
    assert all(left < entry.x and entry.y + 6 < top + height for entry in radar.key)


def test_labels_that_touch_move_apart_about_their_middle():
    assert spread([0, 100], [10, 10]) == [0, 100]
    assert spread([0, 0, 0], [10, 10, 10]) == [-10, 0, 10]


@pytest.mark.parametrize("count", [3, 18, 30])
def test_the_pdf_sets_all_of_it_in_the_vendored_font(count, lang):
    document = samples.with_competencies(samples.plan_document(lang), count)
    drawing = Drawing(document, lang)
    pdf = pypdfium2.PdfDocument(render_plan_pdf(document, lang=lang).content)
    text = re.sub(r"\s", "", pdf[0].get_textpage().get_text_range())
    pdf.close()
    at = 0
    for words in drawing.texts("label") + drawing.texts("key-entry"):
        at = text.index(re.sub(r"\s", "", words), at)


def test_the_pdf_shows_odd_names_whole():
    unbroken = "W" * 60
    names = ("Customers’ “needs”", '<b> & "x"', "李𪛖", "\x00a\ud800", unbroken, "plan-2026-000173")
    document = samples.plan_document("en")
    rows = tuple(replace(document.competencies[0], name=name) for name in names)
    document = replace(document, competencies=rows)
    pdf = pypdfium2.PdfDocument(render_plan_pdf(document, lang="en").content)
    text = re.sub(r"\s", "", pdf[0].get_textpage().get_text_range())
    pdf.close()
    # a picture has no quotation marks of Latin width
    shown = ('Customers\'"needs"', '<b>&"x"', "李〔U+2A6D6〕", "a〔U+D800〕", *names[4:])
    for number, name in enumerate(shown, 1):
        assert f"{number}{name}2.30/2.0" in text
