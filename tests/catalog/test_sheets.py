"""Module sheet, booklet and coverage picture."""

import re

import pypdfium2
import pytest
from catalog.planting import MODULE, PLANTS, change_module

from recommender.documents.catalog.booklet_view import BookletView
from recommender.documents.catalog.coverage_picture import draw_coverage
from recommender.documents.catalog.sheet import render_booklet_pdf, render_module_sheet_pdf
from recommender.documents.catalog.title_order import initial, title_key
from recommender.errors import InputError, NotFoundError
from training_catalog import Text, load_catalog
from training_catalog.coverage import coverage
from training_catalog.files.loading import DEFAULT_CATALOG

LANGUAGES = ("zh-CN", "en")


@pytest.fixture(scope="module")
def catalog():
    return load_catalog()


@pytest.fixture(scope="module", params=LANGUAGES)
def booklet(catalog, request):
    rendered = render_booklet_pdf(catalog, request.param)
    pages = pypdfium2.PdfDocument(rendered.content)
    texts = [page.get_textpage().get_text_range() for page in pages]
    return request.param, rendered, pages, texts


def bare(text: str) -> str:
    return re.sub(r"[\s\u200b\ufffe-]", "", text)


def pages_by_id(catalog, texts):
    """Return for each module the pages on which its id stands in a line of its own."""
    lines = [{bare(line) for line in text.splitlines()} for text in texts]
    return {
        m.id: [at for at, found in enumerate(lines, 1) if bare(m.id) in found]
        for m in catalog.modules
    }


def test_a_sheet_is_one_page_with_everything(catalog):
    for lang in LANGUAGES:
        rendered = render_module_sheet_pdf(catalog, MODULE, lang)
        document = pypdfium2.PdfDocument(rendered.content)
        assert len(document) == 1
        assert rendered.missing_characters == ()
        text = bare(document[0].get_textpage().get_text_range())
        module = next(m for m in catalog.modules if m.id == MODULE)
        for part in (
            module.title,
            module.purpose,
            module.assessment,
            *module.syllabus,
            *(o.text for o in module.outcomes),
        ):
            assert bare(part.in_language(lang)) in text


def test_the_longest_sheets_fit_on_their_page(catalog):
    def length(module):
        texts = [*module.syllabus, *(o.text for o in module.outcomes), module.title]
        return sum(len(text.en) for text in texts) + 60 * len(module.outcomes)

    for module in sorted(catalog.modules, key=length)[-12:]:
        for lang in LANGUAGES:
            rendered = render_module_sheet_pdf(catalog, module.id, lang)
            assert len(pypdfium2.PdfDocument(rendered.content)) == 1, module.id


def test_the_same_sheet_gives_the_same_bytes(catalog):
    first = render_module_sheet_pdf(catalog, MODULE, "en")
    assert first == render_module_sheet_pdf(catalog, MODULE, "en")


def test_texts_are_shown_as_text(catalog):
    planted = change_module(
        catalog, MODULE, title=Text(zh_cn="#panic() *粗* 𪚥", en="#panic() *bold* $x$")
    )
    rendered = render_module_sheet_pdf(planted, MODULE, "en")
    text = pypdfium2.PdfDocument(rendered.content)[0].get_textpage().get_text_range()
    assert "#panic() *bold* $x$" in text


def test_an_unknown_module_is_a_known_problem(catalog):
    with pytest.raises(NotFoundError):
        render_module_sheet_pdf(catalog, "no-such-module", "en")


def test_the_booklet_has_a_page_for_each_module(catalog, booklet):
    _, rendered, _, texts = booklet
    assert rendered.missing_characters == ()
    on_page = pages_by_id(catalog, texts)
    assert {name: found for name, found in on_page.items() if len(found) != 1} == {}
    assert len({found[0] for found in on_page.values()}) == len(catalog.modules)


def test_contents_and_index_name_the_right_pages(catalog, booklet):
    lang, _, pages, texts = booklet
    page_of = {name: found[0] for name, found in pages_by_id(catalog, texts).items()}
    outline = [
        (bare(item.get_title()), item.get_dest().get_index() + 1) for item in pages.get_toc()
    ]
    titles = {bare(m.title.in_language(lang)): page_of[m.id] for m in catalog.modules}
    marked = {title: page for title, page in outline if title in titles}
    assert marked == titles
    front = bare("".join(texts[1:5]))
    back = bare("".join(texts[-4:]))
    for title, page in titles.items():
        assert f"{title}{page}" in front, title
        assert f"{title}{page}" in back, title


def test_no_heading_of_the_contents_is_last_in_its_column(catalog, booklet):
    """What stands above a module's title in the contents belongs to it."""
    lang, _, pages, _ = booklet
    headings = {
        bare(c.name.in_language(lang)) for c in (*catalog.competencies, *catalog.categories)
    }
    seen = 0
    overview = next(iter(pages.get_toc())).get_dest().get_index()
    for at in range(1, overview):
        width = pages[at].get_width()
        for left in (0, width / 2):
            region = (left, 55, left + width / 2, pages[at].get_height() - 55)
            text = pages[at].get_textpage().get_text_bounded(*region)
            lines = [re.sub(r"\d+$", "", bare(line)) for line in text.splitlines()]
            lines = [line for line in lines if line]
            seen += len(headings & set(lines))
            assert not lines or lines[-1] not in headings, (at + 1, lines[-1])
    assert seen >= len(catalog.competencies)


def test_the_index_names_pages_in_ascending_order(catalog, booklet):
    lang, _, _, texts = booklet
    page_of = {name: found[0] for name, found in pages_by_id(catalog, texts).items()}
    terms = BookletView(catalog, lang).booklet()["terms"]
    assert len(terms) > 10
    for term in terms:
        pages = [page_of[module["id"]] for module in term["modules"]]
        assert pages == sorted(set(pages)), term["term"]


def test_a_small_catalogue_makes_a_booklet():
    for name in ("tobacco", "banking"):
        small = load_catalog(DEFAULT_CATALOG.parent / name)
        rendered = render_booklet_pdf(small, "en")
        assert len(pypdfium2.PdfDocument(rendered.content)) > len(small.modules)


def test_retired_modules_are_left_out(catalog):
    view = BookletView(change_module(catalog, MODULE, retired=True), "en").booklet()
    listed = [m["id"] for c in view["categories"] for k in c["competencies"] for m in k["modules"]]
    assert MODULE not in listed
    assert len(listed) == len(catalog.modules) - 1


def test_titles_stand_in_the_order_of_pinyin():
    titles = ["专线", "5G网", "安全", "招标", "CRM", "客户", "布局"]
    assert sorted(titles, key=title_key) == ["5G网", "安全", "布局", "CRM", "客户", "招标", "专线"]
    letters = [initial(t) for t in ("安", "匝", "座", "é", "1", "", "祎", "\ud800")]
    assert letters == ["A", "Z", "Z", *"#####"]


def test_the_matrix_as_text(catalog):
    table = coverage(catalog).table("en")
    assert table[0] == ["Competency", "0→1", "1→2", "2→3", "3→4", "Courses"]
    assert len(table) == 19
    assert table[1] == ["Achievement orientation", "3", "3", "3", "3", "12"]
    hole = coverage(PLANTS["no-module-for-step"](catalog)).table("zh-CN")
    assert hole[2][:3] == ["抗挫能力", "3", "0"]


@pytest.mark.parametrize("lang", LANGUAGES)
def test_the_picture_of_the_coverage(catalog, lang, tmp_path):
    png = draw_coverage(catalog, tmp_path / "c.png", lang=lang)
    assert png[:8] == b"\x89PNG\r\n\x1a\n"
    assert (tmp_path / "c.png").read_bytes() == png
    svg = draw_coverage(catalog, lang=lang, format="svg")
    assert b"<svg" in svg
    assert svg == draw_coverage(catalog, lang=lang, format="svg")
    with pytest.raises(InputError):
        draw_coverage(catalog, tmp_path / "c.docx", lang=lang)
