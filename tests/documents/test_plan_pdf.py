"""The development plan as PDF: what stands on the pages, in both languages."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import multiprocessing
import re
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import plan_samples as samples
import pypdfium2
import pytest

from recommender.documents import (
    LeftOutModule,
    PlanDocument,
    render_each_plan_pdf,
    render_plan_pdf,
    render_plans_pdf,
    typesetting,
)
from recommender.documents.glyphs import FONT_FOLDER
from recommender.documents.plan.view import labels, plan_view
from recommender.texts import LANGUAGES, all_texts, placeholders, say

TEMPLATES = Path(sys.modules[render_plan_pdf.__module__].__file__ or "").parents[1] / "templates"


def pages(content: bytes) -> list[str]:
    """Return the text of each page, without its line ends."""
    pdf = pypdfium2.PdfDocument(content)
    try:
        texts = []
        for page in pdf:
            text_page = page.get_textpage()
            texts.append(re.sub(r"[\r\n]+", "\n", text_page.get_text_range()))
            text_page.close()
            page.close()
        return texts
    finally:
        pdf.close()


def flat(content: bytes) -> str:
    """Return the text of all pages with no white space, for names broken over lines."""
    return re.sub(r"\s", "", "".join(pages(content)))


def has(content: bytes, *texts: str) -> None:
    text = flat(content)
    for wanted in texts:
        assert re.sub(r"\s", "", wanted) in text, wanted


def bare(document: PlanDocument, **changes: object) -> PlanDocument:
    """The document with nothing planned."""
    nothing: dict[str, object] = {
        "items": (),
        "left_out": (),
        "left_out_count": None,
        "assess_first": (),
        "notes": (),
        "total_hours": 0.0,
        "total_cost": 0.0,
        "expected_gap_closed": 0.0,
    }
    return replace(document, **(nothing | changes))  # type: ignore[arg-type]


@pytest.fixture(params=LANGUAGES)
def lang(request) -> str:
    return request.param


def test_shows_person_gaps_plan_and_signatures(lang):
    document = samples.plan_document(lang)
    rendered = render_plan_pdf(document, lang=lang)
    assert rendered.missing_characters == ()
    has(
        rendered.content,
        say("document.title", lang),
        document.name,
        document.person_id,
        document.plan_id,
        document.org_unit,
        document.grade,
        document.manager,
        *(row.name for row in document.competencies),
        *(row.category for row in document.competencies),
        *(item.title for item in document.items),
        *(served.name for item in document.items for served in item.serves),
        *(module.title for module in document.left_out),
        *document.assess_first,
        *(say(f"document.signature.{role}", lang) for role in ("employee", "manager", "hr")),
        say("document.statement.development", lang),
        say("document.plan.expert", lang),
        say("document.plan.pooled", lang),
        say("document.plan.measured", lang, count=46),
        say("document.standing.assess_first", lang),
        *document.items[0].goal,
        document.items[0].on_the_job,
        document.items[0].companion,
        document.items[0].measure,
        "2026-12-23",
        *(each.title for each in document.activities),
        *(each.kind for each in document.activities),
        *(each.companion for each in document.activities),
        say("document.work.done", lang, on="2026-12-30"),
        say("document.work.carried_over", lang),
        say("document.work.whole", lang, on="2027-02-16"),
        document.progress,
        "+0.52",
        "2,400.50",
        "2026-11-17",
    )


def test_names_the_learning_path_and_each_stage_where_it_begins(lang):
    document = samples.plan_document(lang)
    text = flat(render_plan_pdf(document, lang=lang).content)
    assert re.sub(r"\s", "", say("document.plan.path", lang, path="")[:5]) not in text
    stages = ["Alpha", *["Omega"] * (len(document.items) - 1)]
    items = tuple(
        replace(item, stage=stage) for item, stage in zip(document.items, stages, strict=True)
    )
    framed = replace(document, items=items, path="Solution selling")
    text = flat(render_plan_pdf(framed, lang=lang).content)
    assert re.sub(r"\s", "", say("document.plan.path", lang, path="Solution selling")) in text
    assert [text.count(stage) for stage in ("Alpha", "Omega")] == [1, 1]
    empty = bare(framed)
    has(render_plan_pdf(empty, lang=lang).content, say("document.plan.empty_path", lang))


def test_every_page_has_footer_page_number_and_the_mark_of_synthetic_data(lang):
    document = samples.plan_document(lang)
    # the first fills its first page; of the second, the appendix begins a page early; the third
    # goes on over pages
    for each in (document, bare(document), samples.extreme_document(lang)):
        texts = pages(render_plan_pdf(each, lang=lang).content)
        for number, text in enumerate(texts, 1):
            assert say("document.synthetic", lang) in text
            assert each.catalog_digest[:12] in text
            assert "2026-11-02" in text
            numbered = say("document.page_pattern", lang).replace("<pages>", str(len(texts)))
            assert numbered.replace("<page>", str(number)) in text
    modelled = pages(render_plan_pdf(document, lang=lang).content)
    assert all(document.model_id in text for text in modelled)
    real = render_plan_pdf(replace(document, synthetic=False), lang=lang).content
    assert all(say("document.synthetic", lang) not in text for text in pages(real))


def test_plans_in_one_file_are_numbered_each_from_1(lang):
    document = samples.plan_document(lang)
    plans = [bare(document), replace(document, name="李四")]
    texts = pages(render_plans_pdf(plans, "Plans", lang=lang).content)
    at = 0
    for plan in plans:
        count = len(pages(render_plan_pdf(plan, lang=lang).content))
        for number, text in enumerate(texts[at : at + count], 1):
            numbered = say("document.page_pattern", lang).replace("<pages>", str(count))
            assert numbered.replace("<page>", str(number)) in text
            running = f"{plan.name} {plan.person_id} {say('document.title', lang)}"
            assert (running in text) == (number > 1)
        at += count
    assert at == len(texts)


def test_says_so_where_no_effect_model_is_in_force(lang):
    document = replace(samples.plan_document(lang), model_id="")
    has(render_plan_pdf(document, lang=lang).content, say("document.footer.no_model", lang))


def test_file_properties(lang):
    document = samples.plan_document(lang)
    pdf = pypdfium2.PdfDocument(render_plan_pdf(document, lang=lang).content)
    about = pdf.get_metadata_dict()
    assert about["Title"] == say("document.title_of", lang, name=document.name)
    assert about["Author"] == say("document.author", lang)
    assert about["CreationDate"] == "D:20261102000000Z"
    assert pdf.get_page_size(0) == pytest.approx((595.28, 841.89), abs=0.02)
    assert pdf.is_tagged()
    pdf.close()


def test_language_of_the_file():
    for lang, tag in (("zh-CN", b"/Lang(zh-CN)"), ("en", b"/Lang(en")):
        content = render_plan_pdf(samples.plan_document(lang), lang=lang).content
        assert tag in content.replace(b"/Lang (", b"/Lang(")


def test_uses_the_vendored_fonts_only(lang):
    content = render_plan_pdf(samples.extreme_document(lang), lang=lang).content
    fonts = set(
        re.findall(
            rb"/BaseFont/(?:[A-Z]{6}\+)?([\w-]+)", content.replace(b"/BaseFont /", b"/BaseFont/")
        )
    )
    assert fonts
    assert all(font.startswith(b"NotoSansSC-") for font in fonts)


def test_same_plan_same_bytes_also_in_another_process(lang):
    document = samples.plan_document(lang)
    first = render_plan_pdf(document, lang=lang).content
    render_plan_pdf(samples.extreme_document(lang), lang=lang)
    assert render_plan_pdf(document, lang=lang).content == first
    code = (
        "import hashlib, sys; sys.path.insert(0, sys.argv[1]);"
        "import plan_samples; from recommender.documents import render_plan_pdf as render;"
        "lang = sys.argv[2]; content = render(plan_samples.plan_document(lang), lang=lang).content;"
        "print(hashlib.sha256(content).hexdigest())"
    )
    here = str(Path(__file__).parent)
    other = subprocess.run(
        [sys.executable, "-c", code, here, lang],
        capture_output=True,
        check=True,
        text=True,
        cwd=TEMPLATES.parents[2],
    )
    assert other.stdout.strip() == hashlib.sha256(first).hexdigest()


def test_many_plans_are_the_same_files_as_each_alone():
    for lang in LANGUAGES:
        plans = [samples.plan_document(lang), samples.extreme_document(lang)] * 2
        alone = [render_plan_pdf(plan, lang=lang).content for plan in plans]
        assert [*render_each_plan_pdf(plans, lang=lang)] == alone
    assert [*render_each_plan_pdf([], lang="en")] == []


def test_whoever_wants_no_more_plans_leaves_no_process_behind(monkeypatch):
    started = []

    def start(*args, **how):
        started.append(subprocess.Popen(*args, **how))
        return started[-1]

    monkeypatch.setattr(typesetting, "subprocess", SimpleNamespace(Popen=start, PIPE=-1))
    plans = render_each_plan_pdf([samples.plan_document("en")] * 8, lang="en")
    assert next(plans).startswith(b"%PDF")
    assert [process.poll() for process in started] == [None, None]
    plans.close()
    assert None not in [process.poll() for process in started]


def test_a_process_that_ends_before_its_plans_are_set_is_told(monkeypatch, tmp_path):
    monkeypatch.setattr(typesetting, "_PRESS", tmp_path / "press.py")
    half = "sys.stdout.buffer.write((9).to_bytes(8) + b'%PDF')"
    for last in ("pass", half):
        program = f"import sys; sys.stdin.readline(); {last}"
        (tmp_path / "press.py").write_text(program, encoding="utf-8")
        with pytest.raises(OSError, match="has ended"):
            list(render_each_plan_pdf([samples.plan_document("en")], lang="en"))


def test_a_process_that_nobody_reads_any_more_ends_without_a_word(tmp_path):
    (tmp_path / "page.typ").write_text("#sys.inputs.text", encoding="utf-8")
    words = [sys.executable, "-P", typesetting._PRESS, tmp_path / "page.typ", tmp_path, FONT_FOLDER]
    pipe = subprocess.PIPE
    with subprocess.Popen(words, stdin=pipe, stdout=pipe, stderr=pipe) as process:
        process.stdout.close()  # as when the server is killed
        line = json.dumps([{"text": "示例"}, dt.datetime(2026, 11, 2, tzinfo=dt.UTC).isoformat()])
        process.stdin.write(line.encode() + b"\n")
        process.stdin.close()
        assert process.stderr.read() == b""
    assert process.returncode == -signal.SIGPIPE


@pytest.mark.parametrize(
    "text",
    [
        '#read("/etc/passwd")',
        "*x* _y_ `z` $a^2$ @ref <label>",
        '"]; #panic("out") //',
        "#image(sys.inputs.plan)",
        "= not a heading",
        "{name} <page> \\u{41}",
    ],
)
def test_shows_markup_in_names_as_it_is(text):
    document = samples.plan_document("en")
    document = replace(
        document,
        name=text,
        org_unit=text,
        competencies=(replace(document.competencies[0], name=text), *document.competencies[1:]),
        items=(replace(document.items[0], title=text, reasons=(text,)),),
        left_out=(LeftOutModule(text, text),),
        notes=(text,),
    )
    content = render_plan_pdf(document, lang="en").content
    shown = re.sub(r"\s", "", text)
    assert flat(content).count(shown) >= 6
    assert "root:" not in flat(content)


def test_marks_and_returns_characters_that_the_fonts_lack(lang):
    document = samples.plan_document(lang)
    document = replace(document, name="李𪛖", notes=("🙂𪛖",), manager="王\u200b\x00䶮\ud800")
    rendered = render_plan_pdf(document, lang=lang)
    assert rendered.missing_characters == ("𪛖", "\ud800", "🙂")
    has(rendered.content, "李〔U+2A6D6〕", "〔U+1F642〕", "王䶮〔U+D800〕")
    pdf = pypdfium2.PdfDocument(rendered.content)
    assert "李𪛖" in pdf.get_metadata_dict()["Title"]
    pdf.close()


def test_ids_and_long_names_can_be_copied_whole(lang):
    document = replace(samples.plan_document(lang), person_id="X1" * 20)
    text = "".join(pages(render_plan_pdf(document, lang=lang).content))
    assert "\u200b" not in text
    assert document.plan_id in text


def words_beyond_the_margin(content: bytes) -> list[tuple[int, str]]:
    """Return the characters whose box leaves the type area of its page."""
    beyond = []
    pdf = pypdfium2.PdfDocument(content)
    margin = 16 / 25.4 * 72
    for number, page in enumerate(pdf, 1):
        text_page = page.get_textpage()
        width, height = page.get_size()
        for index in range(text_page.count_chars()):
            left, bottom, right, top = text_page.get_charbox(index)
            outside = left < margin - 1.5 or right > width - margin + 1.5
            if outside or bottom < 20 or top > height - 20:
                beyond.append((number, text_page.get_text_range(index, 1)))
        text_page.close()
        page.close()
    pdf.close()
    return beyond


def test_nothing_leaves_the_page_with_long_names_and_many_items(lang):
    document = samples.extreme_document(lang)
    content = render_plan_pdf(document, lang=lang).content
    assert words_beyond_the_margin(content) == []
    assert 5 < len(pages(content)) < 15
    counts = {"total": 25 + 213, "chosen": 25, "listed": 8, "further": 213 - 8}
    has(content, say("document.left_out.count", lang, **counts), "W" * 8)


def test_table_header_repeats_and_no_item_is_split(lang):
    document = samples.extreme_document(lang)
    items = tuple(
        replace(item, title=f"T{item.order:02}!", on_the_job=f"J{item.order:02}!", reasons=())
        for item in document.items
    )
    texts = pages(render_plan_pdf(replace(document, items=items), lang=lang).content)
    found = 0
    for text in texts:
        tasks = re.findall(r"J(\d\d)!", text)
        found += len(tasks)
        if tasks:
            assert set(tasks) <= set(re.findall(r"T(\d\d)!", text))
            assert say("document.plan.on_the_job", lang) in text
    assert found == 25


@pytest.mark.parametrize("count", [0, 1, 2, 3, 4, 7, 18, 24, 30])
def test_works_for_any_number_of_competencies(count, lang):
    document = samples.with_competencies(samples.plan_document(lang), count)
    content = render_plan_pdf(document, lang=lang).content
    assert words_beyond_the_margin(content) == []
    assert len(pages(content)) <= 4


def test_no_gaps_no_items(lang):
    document = samples.plan_document(lang)
    met = tuple(
        replace(row, level=row.target, gap=0.0, priority=0.0, confidence=0.5, standing="met")
        for row in document.competencies
    )
    content = render_plan_pdf(bare(document, competencies=met, manager=""), lang=lang).content
    has(content, say("document.plan.empty_no_gaps", lang), say("document.standing.met", lang))
    assert re.sub(r"\s", "", say("document.left_out.title", lang)) not in flat(content)


def test_all_to_be_assessed_first_draws_no_level(lang):
    document = samples.plan_document(lang)
    unknown = tuple(
        replace(row, level=float("nan"), gap=None, priority=None, confidence=None, standing=None)
        for row in document.competencies
    )
    document = bare(document, competencies=unknown, assess_first=tuple(r.name for r in unknown))
    view = plan_view(document, lang=lang)
    assert all(row["at"] is None and row["gap"] == "—" for row in view["competencies"])
    content = render_plan_pdf(document, lang=lang).content
    has(content, say("document.plan.empty_unassessed", lang), *document.assess_first)


def test_gaps_that_nothing_fits(lang):
    content = render_plan_pdf(bare(samples.plan_document(lang)), lang=lang).content
    has(content, say("document.plan.empty_gaps", lang))


def test_extreme_levels_and_values(lang):
    document = samples.plan_document(lang)
    rows = tuple(
        replace(row, level=level, target=4.0, gap=4.0 - level)
        for row, level in zip(document.competencies, [0.0, 4.0] * 9, strict=True)
    )
    served = replace(document.items[0].serves[0], gap=None, expected_improvement=-0.3)
    item = replace(document.items[0], serves=(served,), reasons=(), ends_on=dt.date(2026, 11, 17))
    document = replace(document, competencies=rows, items=(item,), hours_budget=None)
    has(
        render_plan_pdf(document, lang=lang).content,
        "−0.30",
        say("document.total.hours", lang, amount="12"),
    )


def test_an_item_larger_than_a_page_goes_on_over_pages():
    document = samples.plan_document("en")
    item = replace(document.items[0], reasons=tuple(f"reason {n} of many" for n in range(400)))
    content = render_plan_pdf(replace(document, items=(item,)), lang="en").content
    has(content, "Reason 0 of many", "Reason 399 of many")


def test_every_label_of_the_template_is_there_in_both_languages():
    template = (TEMPLATES / "plan.typ").read_text(encoding="utf-8")
    used = set(re.findall(r't\.at\("([\w.]+)"\)', template)) | set(
        re.findall(r"\bt\.(?!at\b)(\w+)", template)
    )
    assert {"title", "plan.title"} <= used
    for lang in LANGUAGES:
        assert used <= set(labels(lang))


def test_texts_of_both_languages_ask_for_the_same_values():
    for key, text in all_texts().items():
        if key.startswith("document."):
            assert text["zh-CN"]
            assert placeholders(text["zh-CN"]) == placeholders(text["en"]), key


def test_a_plan_takes_a_fraction_of_a_second():
    document = samples.plan_document("zh-CN")
    render_plan_pdf(document, lang="zh-CN")
    began = time.process_time()  # others on this machine do not count
    for number in range(20):
        render_plan_pdf(replace(document, name=f"张三{number}"), lang="zh-CN")
    assert time.process_time() - began < 20  # about 1 s on an idle machine


def _render_in_fork(answers) -> None:
    try:
        render_plan_pdf(samples.plan_document("en"), lang="en")
    except RuntimeError as error:
        answers.put(str(error))


@pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")
def test_says_so_in_a_process_forked_too_late():
    render_plan_pdf(samples.plan_document("en"), lang="en")
    fork = multiprocessing.get_context("fork")
    answers = fork.Queue()
    child = fork.Process(target=_render_in_fork, args=(answers,))
    child.start()
    assert "spawn" in answers.get(timeout=300)
    child.join(300)
