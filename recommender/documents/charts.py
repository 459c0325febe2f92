"""Charts of an effect model and of a closed loop, for reports and notebooks.

All are drawn with the vendored font and work in grey: form tells things apart, colour only helps.
Each function returns a new matplotlib figure; `chart_svg` turns it into an element for a page.
"""

from __future__ import annotations

import io
import re
from collections.abc import Mapping
from functools import cache
from html import escape
from typing import TYPE_CHECKING

import numpy as np
from matplotlib import font_manager
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator, PercentFormatter

from recommender.arrays import FloatArray
from recommender.documents.evaluation.document import NOMINAL
from recommender.documents.evaluation.ranges import FEW, find_share_range
from recommender.documents.figures import percent, signed
from recommender.documents.glyphs import FONT_FAMILY, FONT_FILES, FONT_FOLDER, show
from recommender.documents.plotting import repeatable
from recommender.improvement.evaluation import GainBins, GainScore, IntervalCoverage
from recommender.improvement.history_checks import Bracket
from recommender.significance import NORMAL_95
from recommender.texts import say

if TYPE_CHECKING:  # a server draws reports, and the closed loop would load scikit-learn there
    from recommender.improvement.simulation.closed_loop import ClosedLoop

INK, GREY, RULE, ACCENT, FAINT = "#1c2229", "#56606b", "#c4cad2", "#173f67", "#e4e8ed"
# paired with the tones below, so that lines can be told apart on a grey print
_STROKES = (
    *(("-", "o"), ("--", "s"), ("-.", "^")),
    *((":", "D"), ((0, (1, 3)), "v"), ((0, (6, 2)), "P")),
)
_TONES = (ACCENT, "#4f7ba6", INK, GREY, "#8a929b", "#5b6b3a")


def calibration_chart(panels: Mapping[str, GainBins], *, lang: str) -> Figure:
    """Draw measured against predicted gain.

    Parameters
    ----------
    panels : Mapping
        What the records are, in words, to their bins; drawn side by side on the same scale.
    lang : str
        ``zh-CN`` or ``en``.

    Returns
    -------
    Figure
    """
    figure, row = _panels(len(panels), height=4.3)
    spread = [_reach(bins) for bins in panels.values()]
    low, high = min(pair[0] for pair in spread), max(pair[1] for pair in spread)
    edge = 0.08 * (high - low) or 0.5
    largest = max(int(bins.count.max(initial=1)) for bins in panels.values())
    for axes, (title, bins) in zip(row, panels.items(), strict=True):
        ends = (low - edge, high + edge)
        axes.plot(ends, ends, color=GREY, lw=1.2, ls=(0, (5, 3)), zorder=1)
        error = NORMAL_95 * np.nan_to_num(bins.standard_error)
        axes.errorbar(
            bins.predicted, bins.measured, error, fmt="none", ecolor=ACCENT, elinewidth=1.2
        )
        size = 26 + 70 * bins.count / largest
        axes.scatter(bins.predicted, bins.measured, size, color=ACCENT, ec="white", zorder=3)
        for at, count in enumerate(bins.count.tolist()):
            # neighbours have their numbers on opposite sides, or these would overlap
            side = 1 if at % 2 else -1
            axes.annotate(
                f"{count:,}",
                (bins.predicted[at], bins.measured[at] + side * error[at]),
                (0, 3 * side),
                textcoords="offset points",
                ha="center",
                va="bottom" if side > 0 else "top",
                fontsize=7.5,
                color=GREY,
            )
        # equal units on both axes: the line of perfect calibration then runs at 45 degrees
        axes.set(xlim=ends, ylim=(ends[0] - edge / 2, ends[1] + edge / 2), aspect="equal")
        for axis in (axes.xaxis, axes.yaxis):
            axis.set_major_locator(MaxNLocator(5, steps=[1, 2, 5, 10]))
        axes.grid(color=FAINT)
        axes.set_xlabel(say("evaluation.chart.predicted", lang))
        axes.set_title(_words(title))
    row[0].set_ylabel(say("evaluation.chart.measured", lang))
    return _finish(figure)


def coverage_chart(
    panels: Mapping[str, IntervalCoverage], *, lang: str, nominal: float = NOMINAL
) -> Figure:
    """Draw how many intervals held in each group, against how many should.

    Parameters
    ----------
    panels : Mapping
        What the groups are, in words, to their coverage.
    lang : str
        ``zh-CN`` or ``en``.
    nominal : float
        Share that should hold.

    Returns
    -------
    Figure
    """
    figure, row = _panels(len(panels), height=2.6)
    left = _left_edge(panels, nominal)
    for axes, (title, coverage) in zip(row, panels.items(), strict=True):
        place = np.arange(len(coverage.groups))
        lower, upper = find_share_range(coverage.share, coverage.count)
        known = coverage.count > 0
        axes.axvline(nominal, color=INK, lw=1.6, ls=(0, (5, 3)), zorder=1)
        for at in place[known]:
            axes.plot(
                [max(float(lower[at]), left), float(upper[at])],
                [at, at],
                color=ACCENT,
                lw=1.8,
                zorder=2,
            )
        for at in place[known]:
            # Hollow where few records say little; these do not stretch the axis either.
            # Not clipped, as half of a mark at 100 % lies outside.
            fill = ACCENT if coverage.count[at] >= FEW else "white"
            share = max(float(coverage.share[at]), left)
            axes.scatter([share], [at], 40, fc=fill, ec=ACCENT, lw=1.4, zorder=3, clip_on=False)
        for at, count in zip(place.tolist(), coverage.count.tolist(), strict=True):
            share = float(coverage.share[at])
            words = (
                say("evaluation.chart.held", lang, share=percent(share), count=f"{count:,}")
                if count
                else say("evaluation.chart.no-records", lang)
            )
            axes.annotate(
                words, (1.0, at), (8, 0), xycoords=("axes fraction", "data"),
                textcoords="offset points", va="center", fontsize=8.5,
                color=INK if count else GREY,
            )  # fmt: skip
        axes.set_xlim(left, 1.005)
        axes.set_ylim(place.size - 0.5, -0.6)
        axes.set_yticks(place, [group.replace("-", "\N{EN DASH}") for group in coverage.groups])
        axes.xaxis.set_major_formatter(PercentFormatter(1.0, decimals=0))
        axes.xaxis.set_major_locator(MaxNLocator(4, steps=[1, 2, 5, 10]))
        axes.grid(axis="x", color=FAINT)
        axes.set_title(_words(title))
    return _finish(figure)


def error_chart(
    known: Mapping[str, GainScore],
    cold: Mapping[str, GainScore],
    *,
    estimator: str,
    lang: str,
    names: Mapping[str, str],
) -> Figure:
    """Draw the error of each model on known and on left-out modules, the smallest first.

    Parameters
    ----------
    known, cold : Mapping
        Model name to its score.
    estimator : str
        The judged model, which is set off from the others.
    lang : str
        ``zh-CN`` or ``en``.
    names : Mapping
        Model name to what it is called in the language.

    Returns
    -------
    Figure
    """
    ordered = sorted(known, key=lambda name: known[name].rmse)
    figure, (axes,) = _panels(1, height=0.34 * len(ordered) + 1.15)
    for at, name in enumerate(ordered):
        tone = ACCENT if name == estimator else GREY
        ends = [known[name].rmse, cold[name].rmse] if name in cold else [known[name].rmse]
        axes.plot(ends, [at] * len(ends), color=RULE, lw=2.5, zorder=1)
        axes.scatter(ends[:1], [at], 58, color=tone, zorder=3)
        axes.scatter(ends[1:], [at] * (len(ends) - 1), 52, fc="white", ec=tone, lw=1.6, zorder=2)
    axes.scatter([], [], 58, color=GREY, label=say("evaluation.known", lang))
    axes.scatter([], [], 52, fc="white", ec=GREY, lw=1.6, label=say("evaluation.cold", lang))
    axes.legend(loc="lower center", bbox_to_anchor=(0.5, 1.0), ncols=2, frameon=False)
    axes.set_yticks(range(len(ordered)), [_words(names[name]) for name in ordered])
    for label, name in zip(axes.get_yticklabels(), ordered, strict=True):
        label.set_fontweight("bold" if name == estimator else "normal")
    axes.set_ylim(len(ordered) - 0.5, -0.6)
    axes.grid(axis="x", color=FAINT)
    axes.set_xlabel(say("evaluation.chart.error", lang))
    return _finish(figure)


def bracket_chart(bracket: Bracket, *, lang: str) -> Figure:
    """Draw the two estimates between which the mean effect lies.

    Parameters
    ----------
    bracket : Bracket
        Both estimates, in levels.
    lang : str
        ``zh-CN`` or ``en``.

    Returns
    -------
    Figure
    """
    figure, (axes,) = _panels(1, height=1.45)
    ends = sorted([(bracket.ancova, "ancova"), (bracket.corrected_gain, "corrected-gain")])
    low, high = ends[0][0], ends[1][0]
    reach = max(abs(low), abs(high), 0.2) * 1.45
    axes.axvline(0.0, color=GREY, lw=1.0)
    axes.plot([low, high], [0, 0], color=ACCENT, lw=7, solid_capstyle="butt", alpha=0.3)
    for side, (value, name) in zip((-1, 1), ends, strict=True):
        axes.scatter([value], [0], 90, marker="|", color=ACCENT, lw=2.6)
        axes.annotate(
            f"{say(f'evaluation.bracket.{name}', lang)}\n{signed(value, digits=2)}",
            (value, 0), (7 * side, 0), textcoords="offset points", va="center",
            ha="right" if side < 0 else "left", fontsize=9, color=INK,
        )  # fmt: skip
    axes.set(xlim=(min(0.0, low) - reach * 0.35, reach), ylim=(-1, 1))
    axes.set_yticks([])
    axes.spines["left"].set_visible(False)
    axes.set_xlabel(say("evaluation.chart.effect", lang))
    return _finish(figure)


def loop_chart(loop: ClosedLoop, measure: str = "gap_closed", *, lang: str) -> Figure:
    """Draw one figure of a closed loop, quarter by quarter, a line for each ranking.

    Parameters
    ----------
    loop : ClosedLoop
        The runs.
    measure : str
        Name of an array of `PolicyRun`.
    lang : str
        ``zh-CN`` or ``en``.

    Returns
    -------
    Figure
    """
    figure, (axes,) = _panels(1, height=3.6)
    lasts: list[tuple[float, str, str]] = []
    quarters = np.arange(1, loop.settings.n_quarters + 1)
    for at, (policy, run) in enumerate(loop.runs.items()):
        values: FloatArray = getattr(run, measure)
        if np.isnan(values).all():
            continue
        stroke, marker = _STROKES[at % len(_STROKES)]
        tone = _TONES[at % len(_TONES)]
        axes.plot(quarters, values, ls=stroke, marker=marker, ms=5, color=tone, lw=1.8)
        lasts.append((float(values[-1]), say(f"evaluation.loop.policy.{policy}", lang), tone))
    low, high = axes.get_ylim()
    step = 0.062 * (high - low)
    place = -np.inf
    for value, name, tone in sorted(lasts):
        # sorted from below: a label that would lie on the one before moves up
        place = max(value, place + step)
        axes.annotate(
            name, (quarters[-1], place), (10, 0), textcoords="offset points", va="center",
            fontsize=9, color=tone,
        )  # fmt: skip
    axes.set_ylim(low, max(high, place))
    axes.set_xticks(quarters)
    axes.grid(axis="y", color=FAINT)
    axes.set_xlabel(say("evaluation.loop.quarter", lang))
    axes.set_ylabel(say(f"evaluation.loop.{measure.replace('_', '-')}", lang))
    return _finish(figure)


def chart_svg(figure: Figure, *, label: str, prefix: str) -> str:
    """Return a chart as an SVG element to stand in a page.

    Parameters
    ----------
    figure : Figure
        The chart.
    label : str
        What it shows, for people who cannot see it.
    prefix : str
        Put before every id, so that several charts can share a page.

    Returns
    -------
    str
        The same text for the same chart: words as outlines, no style sheet, no outside reference.
    """
    with repeatable(prefix):
        if figure.get_layout_engine():
            # laid out once and for all: a second drawing would differ by a hair
            figure.draw_without_rendering()
            figure.set_layout_engine("none")
        picture = io.StringIO()
        figure.savefig(picture, format="svg", metadata={"Date": None})
    text = picture.getvalue()
    # What is for a file of its own goes: XML head, metadata, namespaces. So does the style sheet,
    # which would apply to the whole page.
    text = text[text.index("<svg") :].strip()
    text = re.sub(
        r"<metadata>.*?</metadata>|<style[^>]*>.*?</style>|<!--.*?-->", "", text, flags=re.S
    )
    text = re.sub(r'\bid="', f'id="{prefix}-', text)
    text = re.sub(r'((?:xlink:)?href=")#', rf"\g<1>#{prefix}-", text)
    text = text.replace("url(#", f"url(#{prefix}-")
    text = re.sub(r'\sxmlns(:\w+)?="[^"]*"', "", text).replace("xlink:href", "href")
    text = re.sub(r"\n\s*\n+", "\n", text)
    view = re.search(r'viewBox="[^"]*"', text)
    attributes = (
        f'<svg class="chart" {view.group() if view else ""} role="img" '
        f'aria-label="{escape(label)}" stroke-linejoin="round">'
    )
    return attributes + text[text.index(">") + 1 :]


@cache
def _register_fonts() -> None:
    for name in FONT_FILES:
        font_manager.fontManager.addfont(FONT_FOLDER / name)


def _words(text: str) -> str:
    """Return a name as the font can show it; a dollar sign does not begin a formula."""
    return show(text).text.replace("$", r"\$")


def _panels(number: int, *, height: float) -> tuple[Figure, list[Axes]]:
    _register_fonts()
    # not by pyplot, which keeps every figure in a list of the process
    figure = Figure(figsize=(8.6, height), facecolor="white", layout="constrained")
    grid = figure.subplots(1, number, squeeze=False)
    return figure, list(grid[0])


def _finish(figure: Figure) -> Figure:
    """Give all of a chart the same font and quiet axes."""
    for axes in figure.axes:
        axes.set_axisbelow(True)
        for side in ("top", "right"):
            axes.spines[side].set_visible(False)
        for side in ("left", "bottom"):
            axes.spines[side].set_color(RULE)
        axes.tick_params(labelfontfamily=FONT_FAMILY, labelsize=9, color=RULE, labelcolor=INK)
        axes.title.set(fontsize=10.5, fontweight="bold", color=INK)
        for text in (axes.title, axes.xaxis.label, axes.yaxis.label, *axes.texts):
            text.set_fontfamily(FONT_FAMILY)
        for text in (axes.xaxis.label, axes.yaxis.label):
            text.set(fontsize=9.5, color=GREY)
        legend = axes.get_legend()
        for text in legend.get_texts() if legend else ():
            text.set(fontfamily=FONT_FAMILY, fontsize=9.5)
    return figure


def _reach(bins: GainBins) -> tuple[float, float]:
    error = NORMAL_95 * np.nan_to_num(bins.standard_error)
    values = np.concatenate([bins.predicted, bins.measured - error, bins.measured + error])
    return (float(values.min()), float(values.max())) if values.size else (0.0, 1.0)


def _left_edge(panels: Mapping[str, IntervalCoverage], nominal: float) -> float:
    """Return where the axis of shares begins; groups with few records do not stretch it."""
    ends = [nominal]
    for coverage in panels.values():
        many = coverage.count >= FEW
        ends += find_share_range(coverage.share, coverage.count)[0][many].tolist()
    return min(0.7, float(np.floor(min(ends) * 10) / 10))
