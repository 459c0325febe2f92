"""The report on an effect model: what it says of whom, in both languages, and what must not be."""

from __future__ import annotations

import datetime as dt
import json
import re
from dataclasses import replace
from html.parser import HTMLParser

import numpy as np
import pytest
from improvement.histories import draw, fit_table

from recommender.documents.charts import (
    bracket_chart,
    calibration_chart,
    chart_svg,
    coverage_chart,
    loop_chart,
)
from recommender.documents.evaluation.comparison import compare
from recommender.documents.evaluation.document import (
    EvaluationReport,
    HistoryCounts,
    LoggedValue,
    ReportOptions,
    build_evaluation_report,
    count_intervals,
)
from recommender.documents.evaluation.report import (
    evaluation_report_json,
    render_evaluation_report,
)
from recommender.documents.evaluation.view import warning_sentences
from recommender.improvement.effect_table import EFFECT_COVERAGE, TOP_COVERAGE
from recommender.improvement.evaluation import (
    Evaluation,
    GainBins,
    GainScore,
    IntervalCoverage,
    PairedDifference,
    bin_gains,
)
from recommender.improvement.evaluation.judging import evaluate
from recommender.improvement.history_checks import Bracket, HistoryWarning
from recommender.improvement.off_policy import PolicyValue
from recommender.improvement.simulation.closed_loop import ClosedLoop, LoopSettings, run_closed_loop
from recommender.improvement.simulation.synthetic import SimulationSettings
from recommender.texts import LANGUAGES

NAN = float("nan")


def scores(own: float, **others: float) -> dict[str, GainScore]:
    named = {"effect-model": own, **{name.replace("_", "-"): rmse for name, rmse in others.items()}}
    return {name: GainScore(rmse, 0.1234, 0.97, 1234) for name, rmse in named.items()}


def report(**changes: object) -> EvaluationReport:
    bins = GainBins(
        np.array([0.1, 0.4]), np.array([0.15, 0.38]), np.array([0.05, NAN]), np.array([60, 1])
    )
    evaluation = Evaluation(
        estimator="effect-model",
        paired={},
        known=scores(0.5, raw_mean=0.6, gap_only=0.55),
        cold=scores(0.7, raw_mean=0.71, gap_only=0.65),
        coverage_by_evidence=IntervalCoverage(
            ("0", "1-4", "5-19", "20+"), np.array([NAN, 0.9, 0.91, 0.9]), np.array([0, 9, 90, 400])
        ),
        coverage_by_band=IntervalCoverage(
            ("0-1", "1-2", "2-3", "3-4"),
            np.array([0.9, 0.9, 0.9, 0.7]),
            np.array([90, 99, 90, 200]),
        ),
        coverage_known=0.893,
        coverage_cold=0.871,
        calibration_known=bins,
        calibration_cold=bins,
    )
    known = changes.pop("known", None)
    if known:
        evaluation = replace(evaluation, known=known)
    others = [name for name in evaluation.known if name != "effect-model"]
    paired = changes.pop("paired", {})
    same = PairedDifference(0.05, 0.01, -0.05, 0.02)
    evaluation = replace(evaluation, paired=dict.fromkeys(others, same) | paired)
    plain = EvaluationReport(
        evaluation=evaluation,
        counts=HistoryCounts(2500, 5000, 1200, 60, 57, dt.date(2021, 5, 12), dt.date(2024, 1, 11)),
        bracket=Bracket(0.21, 0.33),
        reliability=0.74,
        size_known=True,
        warnings=("few-controls",),
        model_id="20261123-150405-3f9a2c1b",
    )
    return replace(plain, **changes)


class Page(HTMLParser):
    """Elements, ids and text of a page; fails where an element is left open."""

    EMPTY = frozenset({"meta", "br"})

    def __init__(self, html: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.pieces: list[str] = []
        self._open: list[str] = []
        self.feed(html)
        self.close()
        assert self._open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        if tag not in self.EMPTY:
            self._open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self._open.pop() == tag

    def handle_data(self, data: str) -> None:
        if "style" not in self._open:
            self.pieces.append(data)

    @property
    def text(self) -> str:
        return re.sub(r"\s+", " ", " ".join(self.pieces))


@pytest.mark.parametrize("lang", LANGUAGES)
def test_the_page_needs_nothing_else(lang: str) -> None:
    html = render_evaluation_report(report(), lang=lang)
    page = Page(html)
    tags = {tag for tag, _ in page.elements}
    assert not tags & {"script", "link", "img", "iframe", "object", "metadata"}
    assert html.count("<style") == 1
    assert "http://" not in html
    assert "https://" not in html
    ids = [str(about["id"]) for _, about in page.elements if "id" in about]
    assert len(ids) == len(set(ids))
    body = html[html.index("<body") :]
    targets = re.findall(r'href="#([^"]+)"|url\(#([^)]+)\)', body)
    assert {one or other for one, other in targets} <= set(ids)
    labels = [about.get("aria-label") for _, about in page.elements if about.get("role") == "img"]
    assert len(labels) == 4
    assert all(labels)
    assert ("lang", lang) in page.elements[0 if page.elements[0][0] == "html" else 1][1].items()
    assert html == render_evaluation_report(report(), lang=lang)


def test_it_says_who_wins() -> None:
    better = Page(render_evaluation_report(report(), lang="en")).text
    assert "The effect model beats every simple baseline: its error is 0.500" in better
    assert "0.550 for the next best, “the starting level alone”" in better
    assert "can be promoted" in better
    # the left-out modules have a winner of their own
    assert "without records, the simple baseline “the starting level alone” is better" in better


@pytest.mark.parametrize(
    ("in_use", "english", "chinese"),
    [
        (None, "it uses the catalogue's expert estimates", "继续使用目录中的专家估计"),
        ("m-7", "it stays with model m-7", "继续使用模型 m-7"),
    ],
)
def test_it_says_when_a_simple_baseline_is_better(
    in_use: str | None, english: str, chinese: str
) -> None:
    lost = report(known=scores(0.56, raw_mean=0.6, gap_only=0.55), in_use=in_use)
    text = Page(render_evaluation_report(lost, lang="en")).text
    assert "The simple baseline “the starting level alone” is better: its error is 0.550" in text
    assert english in text
    assert "can be promoted" not in text
    assert chinese in Page(render_evaluation_report(lost, lang="zh-CN")).text


def test_a_model_that_is_out_of_calibration_is_not_put_in_force() -> None:
    known = scores(0.5, raw_mean=0.6)
    known["effect-model"] = replace(known["effect-model"], slope=0.3)
    text = Page(render_evaluation_report(report(known=known), lang="en")).text
    assert "can be promoted" not in text
    assert "outside the accepted range" in text
    assert "slope is 0.30, below 1: it overstates" in text


@pytest.mark.parametrize(
    ("own", "outcome"), [(0.5, "better"), (0.5505, "level"), (0.56, "worse"), (NAN, "worse")]
)
def test_half_a_per_cent_is_a_tie(own: float, outcome: str) -> None:
    assert compare(scores(own, raw_mean=0.6, gap_only=0.55), "effect-model") == (
        outcome,
        "gap-only",
    )


def test_the_range_of_the_true_effect_is_called_nominal() -> None:
    english = Page(render_evaluation_report(report(), lang="en")).text
    coverage, top = f"{EFFECT_COVERAGE:.0%}", f"{TOP_COVERAGE:.0%}"
    assert f"it covers about {coverage} over all courses and {top} for the course" in english
    chinese = Page(render_evaluation_report(report(), lang="zh-CN")).text
    assert f"对全部课程实际覆盖约 {coverage}，对排在首位的课程约 {top}" in chinese
    without = report(effect_coverage=None, top_coverage=None)
    text = Page(render_evaluation_report(without, lang="en")).text
    assert "gives no range of the effect" in text
    assert "it covers about" not in text


def test_other_models_stand_beside_and_do_not_decide() -> None:
    known = scores(0.5, raw_mean=0.6, ridge=0.49, linear=0.51)
    paired = {
        "ridge": PairedDifference(-0.01, 0.002, NAN, NAN),
        "linear": PairedDifference(0.01, 0.02, 0.0, 0.02),
    }
    both = {"cold": known, "known": known}
    plain = report(known=known, paired=paired)
    beside = replace(plain, evaluation=replace(plain.evaluation, **both))
    html = render_evaluation_report(beside, lang="en")
    text = Page(html).text
    assert "can be promoted" in text
    assert "“one-hot ridge regression” has a smaller error, by 0.010 levels" in text
    assert "−0.010 ± 0.002" in text
    assert "+0.010 ± 0.020" in text
    assert "“the linear part of the effect model” has a smaller error" not in text


def test_warnings_are_in_words() -> None:
    said = warning_sentences(report(warnings=("no-overlap", "of-tomorrow")), "en")
    assert any("extrapolates" in each for each in said)
    assert any("Of-tomorrow" in each for each in said)
    assert any("3 courses of the catalogue have no records" in each for each in said)
    # 70 % of 200 is no chance; 7 of 9 would be
    below = [each for each in said if "of the ranges held" in each]
    assert len(below) == 1
    assert "3–4" in below[0]
    assert "70.0%" in below[0]


def test_what_limits_the_history_is_said_with_its_figures() -> None:
    findings = (
        HistoryWarning("calendar-shift", {"levels": -0.124}, ("m1",)),
        HistoryWarning("taken-together", {"count": 2.0}, ("m1", "m2")),
        HistoryWarning("uneven-units", {"lowest": 0.05, "highest": 0.4}),
        HistoryWarning("low-reliability", {"reliability": 0.417}),
    )
    judged = report(
        warnings=tuple(finding.code for finding in findings),
        findings=findings,
        names={"m1": "云网融合"},
    )
    said = {lang: "\n".join(warning_sentences(judged, lang)) for lang in LANGUAGES}
    assert "效果会偏差约 −0.12 级" in said["zh-CN"]
    assert "有 2 门课程几乎总是在同一段时间内完成" in said["zh-CN"]
    assert "各自的效果无法区分：云网融合、m2" in said["zh-CN"]
    assert "从 5% 到 40%" in said["zh-CN"]
    assert "重测信度仅 0.42" in said["zh-CN"]
    assert "cannot be told apart: 云网融合; m2" in said["en"]
    plain = evaluation_report_json(judged)["findings"][1]
    assert plain == {"code": "taken-together", "figures": {"count": 2}, "modules": ["m1", "m2"]}


def test_without_controls_no_size_is_drawn() -> None:
    unknown = report(
        size_known=False, bracket=Bracket(NAN, NAN), reliability=NAN, warnings=("no-controls",)
    )
    html = render_evaluation_report(unknown, lang="en")
    assert 'id="bracket-figure' not in html
    text = Page(html).text
    assert "the size of their effects is not known" in text
    assert "Test–retest reliability —" in text


def test_logged_values_stand_with_their_effective_sample() -> None:
    value = PolicyValue(0.412, -0.0381, 0.031, 41.2, 0.013)
    rows = (LoggedValue("<b>raw & mean</b>", value, 1203),)
    html = render_evaluation_report(report(off_policy=rows), lang="en")
    assert "&lt;b&gt;raw &amp; mean&lt;/b&gt;" in html
    text = Page(html).text
    for figure in ("+0.412", "−0.038 ± 0.031", "41", "1,203", "below 100 are only indicative"):
        assert figure in text
    assert (
        "No probabilities of nomination were logged"
        in Page(render_evaluation_report(report(), lang="en")).text
    )


def test_a_synthetic_history_is_marked() -> None:
    assert "not real people" in render_evaluation_report(report(synthetic=True), lang="en")
    assert "not real people" not in render_evaluation_report(report(), lang="en")


def test_json_holds_every_figure() -> None:
    found = evaluation_report_json(report(size_known=False, reliability=NAN))
    again = json.loads(json.dumps(found, allow_nan=False))
    assert again == found
    assert found["verdict"]["known"] == {"outcome": "better", "against": "gap-only"}
    assert found["verdict"]["cold"] == {"outcome": "worse", "against": "gap-only"}
    assert set(found["verdict"]["words"]) == set(found["warning_words"]) == set(LANGUAGES)
    assert found["reliability"] is None
    assert found["evaluation"]["coverage_by_evidence"]["share"][0] is None
    assert found["counts"]["first_on"] == "2021-05-12"


def test_a_report_is_built_from_a_fit() -> None:
    history = draw(1, n_people=300, n_competencies=4, n_modules=12, n_trained=400, n_untrained=500)
    estimator, fit = fit_table(history)
    judged = evaluate(
        history.intervals,
        history.level_after,
        {"effect-model": estimator},
        estimator="effect-model",
        n_folds=2,
    )
    options = ReportOptions(made_on=dt.date(2026, 11, 23), data_digest="0123456789abcdef")
    counts = count_intervals(history.intervals, 12)
    built = build_evaluation_report(judged, fit, counts, options)
    assert built.counts.trained == 400
    assert built.counts.controls == 500
    assert built.counts.modules == 12
    assert built.bracket == fit.bracket
    for part, bins in (("known", judged.calibration_known), ("cold", judged.calibration_cold)):
        assert bins.count.sum() == getattr(judged, part)["effect-model"].n_records
    text = Page(render_evaluation_report(built, lang="en")).text
    assert "Made on 2026-11-23" in text
    assert "History 0123456789ab" in text


def test_bins_hold_every_record_once() -> None:
    rng = np.random.default_rng(0)
    predicted = rng.normal(0.4, 0.3, 1000)
    measured = predicted + rng.normal(0, 0.5, 1000)
    bins = bin_gains(predicted, measured)
    assert bins.count.tolist() == [100] * 10
    assert (np.diff(bins.predicted) > 0).all()
    assert bins.measured @ bins.count == pytest.approx(measured.sum())
    assert np.allclose(bins.standard_error, 0.05, rtol=0.3)
    # equal predictions share a bin, few records make few bins
    assert bin_gains(np.full(50, 0.3), np.zeros(50)).count.tolist() == [50]
    assert bin_gains(np.array([0.1]), np.array([0.2])).count.tolist() == [1]
    assert bin_gains(np.zeros(0), np.zeros(0)).count.size == 0


@pytest.fixture(scope="module")
def loop() -> ClosedLoop:
    return run_closed_loop(
        LoopSettings(
            SimulationSettings(
                n_people=60, n_competencies=3, n_modules=10, n_trained=100, n_untrained=100
            ),
            n_quarters=2,
        )
    )


@pytest.mark.parametrize("lang", LANGUAGES)
def test_charts_can_share_a_page(loop: ClosedLoop, lang: str) -> None:
    evaluation = report().evaluation
    figures = {
        "a": calibration_chart({"$x$ 䶮": evaluation.calibration_known}, lang=lang),
        "b": coverage_chart({"x": evaluation.coverage_by_band}, lang=lang),
        "c": bracket_chart(Bracket(-0.1, 0.2), lang=lang),
        "d": loop_chart(loop, lang=lang),
        "e": loop_chart(loop, "effect_rmse", lang=lang),
    }
    drawn = {
        name: chart_svg(each, label='a "b" <c>', prefix=name) for name, each in figures.items()
    }
    for name, svg in drawn.items():
        page = Page(svg)
        assert page.elements[0][1]["aria-label"] == 'a "b" <c>'
        assert all(
            str(about["id"]).startswith(f"{name}-") for _, about in page.elements if "id" in about
        )
        assert chart_svg(figures[name], label='a "b" <c>', prefix=name) == svg
