"""The coverage of a catalogue as a picture: competencies by steps, modules in each cell."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any, Literal

from matplotlib.figure import Figure
from matplotlib.font_manager import FontProperties
from matplotlib.patches import Rectangle

from recommender.documents.glyphs import FONT_FOLDER, show
from recommender.documents.plotting import repeatable
from recommender.errors import InputError
from recommender.texts import say
from training_catalog import Catalog
from training_catalog.coverage import STEPS, StepCoverage, cell_text, coverage

PictureFormat = Literal["png", "svg"]
_INK, _GREY, _RULE = "#1c2229", "#56606b", "#c4cad2"
# a tone for every two modules
_FILLS = ("#ffffff", "#e4ecf4", "#bcd0e4", "#8fb1d1", "#5f8fbc")


def draw_coverage(
    catalog: Catalog,
    path: Path | None = None,
    *,
    lang: str = "zh-CN",
    format: PictureFormat = "png",  # noqa: A002 (as matplotlib calls it)
) -> bytes:
    """Draw how many modules serve each step of each competency.

    Every cell shows its count as text; the fill only supports it. A step that a target asks for
    and that has fewer modules than the catalogue's standard is framed.

    Parameters
    ----------
    catalog : Catalog
        The catalogue.
    path : Path, optional
        A file to write; its suffix then decides the format.
    lang : str
        ``zh-CN`` or ``en``.
    format : str
        ``png`` or ``svg``, where no file is named.

    Returns
    -------
    bytes
        The picture.

    Raises
    ------
    InputError
        If the file's suffix is neither, or the file cannot be written.
    """
    kind = path.suffix.lower().lstrip(".") if path else format
    if kind not in ("png", "svg"):
        raise InputError("coverage_picture.format", file=str(path))
    with repeatable("coverage"):
        picture = io.BytesIO()
        # without date and version of matplotlib the same catalogue gives the same bytes
        metadata = {"Date": None} if kind == "svg" else {"Software": None}
        _figure(catalog, lang).savefig(picture, format=kind, dpi=160, metadata=metadata)
    if path:
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(picture.getvalue())
        except OSError as error:
            raise InputError("file.cannot_write", file=str(path), reason=str(error)) from error
    return picture.getvalue()


def _figure(catalog: Catalog, lang: str) -> Figure:
    table = coverage(catalog)
    regular = FontProperties(fname=str(FONT_FOLDER / "NotoSansSC-Regular.ttf"), size=9)
    bold = FontProperties(fname=str(FONT_FOLDER / "NotoSansSC-Bold.ttf"), size=9)
    title = FontProperties(fname=str(FONT_FOLDER / "NotoSansSC-Bold.ttf"), size=13)
    small = FontProperties(fname=str(FONT_FOLDER / "NotoSansSC-Regular.ttf"), size=8)
    categories = sum(
        1 for i, row in enumerate(table.rows) if not i or row.category != table.rows[i - 1].category
    )
    # one line of the picture is one unit of y; 5.2 of them are title, header and footnotes
    lines = len(table.rows) + categories + 5.2
    figure = Figure(figsize=(8.2, 0.3 * lines), facecolor="white")
    axes = figure.add_axes((0, 0, 1, 1))
    axes.set_xlim(0, 10)
    axes.set_ylim(lines, 0)
    axes.axis("off")

    def write(x: float, y: float, text: str, font: FontProperties, **options: Any) -> None:
        words = show(text).text.replace("$", r"\$")  # else two of them would make a formula
        axes.text(x, y, words, fontproperties=font, va="center", **options)

    write(0.3, 0.9, say("coverage_picture.title", lang), title, color=_INK)
    write(0.3, 1.8, catalog.name.in_language(lang), small, color=_GREY)
    for at, step in enumerate(STEPS):
        write(4.85 + 1.2 * at, 2.9, f"{step}→{step + 1}", bold, color=_INK, ha="center")
    write(9.5, 2.9, say("coverage_picture.total", lang), bold, color=_INK, ha="center")
    y, category = 3.3, None
    for row in table.rows:
        if row.category != category:
            category = row.category
            write(0.3, y + 0.6, category.in_language(lang), bold, color=_GREY)
            y += 1
        write(0.5, y + 0.5, row.name.in_language(lang), regular, color=_INK)
        for at, cell in enumerate(row.steps):
            axes.add_patch(_box(4.3 + 1.2 * at, y, cell, table.modules_per_step))
            write(4.85 + 1.2 * at, y + 0.5, cell_text(cell), regular, color=_INK, ha="center")
        # a set: a module that covers several steps counts once
        total = len({name for cell in row.steps for name in (*cell.main, *cell.further)})
        write(9.5, y + 0.5, str(total), regular, color=_INK, ha="center")
        y += 1
    write(0.3, y + 0.8, say("coverage_picture.reading", lang), small, color=_GREY)
    few = say("coverage_picture.few", lang, wanted=table.modules_per_step)
    write(0.3, y + 1.5, few, small, color=_GREY)
    return figure


def _box(x: float, y: float, cell: StepCoverage, wanted: int) -> Rectangle:
    few = cell.needed and cell.count < wanted
    fill = _FILLS[min((cell.count + 1) // 2, len(_FILLS) - 1)]
    return Rectangle(
        (x, y + 0.06),
        1.1,
        0.88,
        facecolor=fill,
        edgecolor=_INK if few else _RULE,
        linewidth=1.6 if few else 0.6,
    )
