"""The radar of a profile: one drawing, which the page embeds and the PDF sets as a picture."""

from __future__ import annotations

from itertools import pairwise
from xml.etree import ElementTree as ET

import plan_samples as samples
import pytest

from recommender.documents import PlanDocument
from recommender.documents.plan.radar import RADIUS, draw_radar, lay_out_radar
from recommender.documents.plan.view import plan_view
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


def test_numbers_every_competency_as_the_tables_do(lang):
    document = samples.plan_document(lang)
    drawing = Drawing(document, lang)
    assert drawing.texts("label") == [str(n) for n in range(1, len(document.competencies) + 1)]
    bold = [each.get("font-weight") == "700" for each in drawing.all("label")]
    assert bold == [row.standing == "gap" for row in document.competencies]
    assert len(drawing.all("ring")) == 4


def test_marks_stand_at_their_levels_on_their_axes(lang):
    document = samples.plan_document(lang)
    drawing = Drawing(document, lang)
    levels = [row.level for row in document.competencies if row.level is not None]
    far = [
        (float(dot.get("cx", "")) ** 2 + float(dot.get("cy", "")) ** 2) ** 0.5 * 4 / RADIUS
        for dot in drawing.all("dot")
    ]
    assert far == pytest.approx(levels, abs=0.01)
    (edge,) = drawing.all("target")
    corners = [tuple(map(float, pair.split(","))) for pair in (edge.get("points") or "").split()]
    targets = [(x * x + y * y) ** 0.5 * 4 / RADIUS for x, y in corners]
    assert targets == pytest.approx([row.target for row in document.competencies], abs=0.01)


def test_forms_differ_in_more_than_colour(lang):
    drawing = Drawing(samples.plan_document(lang), lang)
    (edge,) = drawing.all("target")
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
    assert len(drawing.all("hollow")) == sum(unknown)
    ends = [axis.get("d") for axis, dots in zip(drawing.all("axis"), dotted, strict=True) if dots]
    marks = [f"M0 0L{mark.get('cx')} {mark.get('cy')}" for mark in drawing.all("hollow")]
    assert marks == ends


def test_the_line_of_levels_has_a_gap_where_one_is_unknown(lang):
    drawn = lay_out_radar(plan_view(samples.plan_document(lang), lang=lang)["competencies"]).actual
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


def test_nothing_leaves_the_chart(lang):
    for count in (3, 18, 30):
        drawing = Drawing(samples.with_competencies(samples.plan_document(lang), count), lang)
        left, top, width, height = map(float, (drawing.root.get("viewBox") or "").split())
        for number in drawing.all("label"):
            x, y = float(number.get("x", "")), float(number.get("y", ""))
            assert left < x - 8 < x + 8 < left + width
            assert top < y - 12 < y < top + height


def test_names_of_a_side_keep_apart():
    rows = plan_view(samples.plan_document("en"), lang="en")["competencies"]
    rows = [{**row, "name": "Professional foundation knowledge"} for row in rows]
    names = lay_out_radar(rows, radius=92, named_in="en").names
    assert {len(name.lines) for name in names} == {3}
    for side in ("start", "end"):
        heights = sorted([y for (_, y), _ in name.lines] for name in names if name.anchor == side)
        for above, below in pairwise(heights):
            assert below[0] - above[-1] > above[1] - above[0], "as near as lines of one name"
