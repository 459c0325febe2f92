"""What the template that ships is put together from: lines, tables, and controls."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from recommender.texts import say

_LATIN, _CHINESE = "Calibri", "Microsoft YaHei"
_BOXES = "Segoe UI Symbol"
INK, LINE, SHADE = "17202B", "C4CAD2", "F5F6F8"
_SIZE = 9.5
_W14 = "http://schemas.microsoft.com/office/word/2010/wordml"


class Page:
    """A document that is being laid out.

    Parameters
    ----------
    lang : str
        ``zh-CN`` or ``en``.
    """

    def __init__(self, lang: str) -> None:
        from docx import Document
        from docx.shared import Mm

        self.document: Any = Document()
        section = self.document.sections[0]
        section.page_width, section.page_height = Mm(210), Mm(297)
        section.left_margin = section.right_margin = Mm(16)
        section.top_margin = section.bottom_margin = Mm(18)
        _set_styles(self.document, lang)

    def line(self, text: str, *, centred: bool = False, **look: Any) -> None:
        """Add a paragraph."""
        added = self.document.add_paragraph()
        if centred:
            added.alignment = 1
        paragraph(added, text, **look)

    def loop(self, name: str, of: str, text: str, **look: Any) -> None:
        """Add a paragraph for each of a list."""
        self.line(f"{{%p for {name} in {of} %}}")
        self.line(text, **look)
        self.line("{%p endfor %}")

    def heading(self, text: str, *, level: int = 1, new_page: bool = False) -> None:
        """Add a heading."""
        self.document.add_heading(text, level=level).paragraph_format.page_break_before = new_page

    def table(
        self, heads: Sequence[str], widths: Sequence[float], *, numbers: Sequence[int] = ()
    ) -> Any:
        """Add a table of columns so many millimetres wide; its head is repeated on each page."""
        from docx.shared import Mm

        table = self.document.add_table(rows=1, cols=len(heads))
        table.autofit = False
        _rule(table)
        for column, width in zip(table.columns, widths, strict=True):
            column.width = Mm(width)
        for at, (cell, head) in enumerate(zip(table.rows[0].cells, heads, strict=True)):
            cell.width = Mm(widths[at])
            cell.paragraphs[0].alignment = 2 if at in numbers else 0
            paragraph(cell.paragraphs[0], head, bold=True, size=8)
        properties = table.rows[0]._tr.get_or_add_trPr()
        properties.append(_element("tblHeader"))
        return table

    def row(self, table: Any, texts: Sequence[str], *, whole: bool = True) -> Any:
        """Add a row that does not break over pages; cells without a text stay empty."""
        row = table.add_row()
        for cell, text in zip(row.cells, texts, strict=False):
            if text:
                paragraph(cell.paragraphs[0], text, size=8.5)
        if whole:
            row._tr.get_or_add_trPr().append(_element("cantSplit"))
        return row

    def control_row(self, table: Any, command: str) -> None:
        """Add a row that only says what is done with the rows after it."""
        paragraph(table.add_row().cells[0].paragraphs[0], command, size=8)

    def repeated(
        self,
        table: Any,
        loop: str,
        columns: Sequence[str | tuple[str, str]],
        *,
        numbers: Sequence[int] = (),
        bold: Sequence[int] = (),
        between: str = " / ",
    ) -> None:
        """Add a row for each of a list; two names of a column stand in one cell."""
        self.control_row(table, f"{{%tr for {loop} %}}")
        row = self.row(table, [])
        for at, (cell, names) in enumerate(zip(row.cells, columns, strict=True)):
            both = (names,) if isinstance(names, str) else names
            cell.paragraphs[0].alignment = 2 if at in numbers else 0
            text = between.join(f"{{{{ row.{name} }}}}" for name in both)
            paragraph(cell.paragraphs[0], text, size=8, bold=at in bold)
        self.control_row(table, "{%tr endfor %}")

    def shade(self, cell: Any) -> None:
        """Set a cell off from the others."""
        cell._tc.get_or_add_tcPr().append(_element("shd", val="clear", color="auto", fill=SHADE))
        for run in cell.paragraphs[0].runs:
            run.bold = True


def paragraph(
    added: Any, text: str, *, bold: bool = False, size: float = 0, color: str = ""
) -> Any:
    """Put a text into a paragraph, after what stands there."""
    from docx.shared import Pt, RGBColor

    run = added.add_run(text)
    # only what differs from the style: HR changes the style, and all of the page follows
    if bold:
        run.bold = True
    if size:
        run.font.size = Pt(size)
    if color:
        run.font.color.rgb = RGBColor.from_string(color)
    return added


def checkbox(added: Any, tag: str, name: str) -> None:
    """Put a box to tick into a paragraph."""
    from docx.oxml import parse_xml

    states = "".join(
        f'<w14:{state} w14:val="{code}"{font}/>'
        for state, code, font in (
            ("checked", "0", ""),
            ("checkedState", "2611", f' w14:font="{_BOXES}"'),
            ("uncheckedState", "2610", f' w14:font="{_BOXES}"'),
        )
    )
    kind = parse_xml(f'<w14:checkbox xmlns:w14="{_W14}">{states}</w14:checkbox>')
    added._p.append(_control(tag, name, kind, "☐", font=_BOXES))


def date_control(added: Any, tag: str, name: str, lang: str) -> None:
    """Put a date to choose into a paragraph."""
    date = _element("date")
    date.append(_element("dateFormat", val="yyyy-MM-dd"))
    date.append(_element("lid", val=_locale(lang)))
    date.append(_element("storeMappedDataAs", val="dateTime"))
    date.append(_element("calendar", val="gregorian"))
    added._p.append(_control(tag, name, date, say("word.prompt.date", lang)))


def text_control(added: Any, tag: str, name: str, lang: str) -> None:
    """Put a place to write into a paragraph."""
    kind = _element("text", multiLine="1")
    added._p.append(_control(tag, name, kind, say("word.prompt.comment", lang)))


def field(added: Any, name: str) -> None:
    """Put a field of Word into a paragraph, such as the number of the page."""
    element = _element("fldSimple", instr=name)
    run = _element("r")
    run.append(_text("1"))
    element.append(run)
    added._p.append(element)


def _control(tag: str, name: str, kind: Any, prompt: str, *, font: str = "") -> Any:
    control, properties, content = (_element(x) for x in ("sdt", "sdtPr", "sdtContent"))
    properties.append(_element("alias", val=name))
    properties.append(_element("tag", val=tag))
    properties.append(_element("lock", val="sdtLocked"))  # it is filled in, and cannot be deleted
    properties.append(kind)
    run, look = _element("r"), _element("rPr")
    if font:
        look.append(_element("rFonts", ascii=font, hAnsi=font, eastAsia=font, cs=font))
    else:
        look.append(_element("rStyle", val="PlaceholderText"))
        look.append(_element("sz", val="16"))
    run.append(look)
    run.append(_text(prompt))
    content.append(run)
    control.append(properties)
    control.append(content)
    return control


def _locale(lang: str) -> str:
    return lang if lang == "zh-CN" else "en-GB"


def _element(name: str, **values: str) -> Any:
    from docx.oxml import OxmlElement
    from docx.oxml.ns import qn

    element = OxmlElement(f"w:{name}")
    for key, value in values.items():
        element.set(qn(f"w:{key}"), value)
    return element


def _text(words: str) -> Any:
    element = _element("t")
    element.text = words
    return element


def _rule(table: Any) -> None:
    """Draw a hairline under each row and nothing else."""
    borders = _element("tblBorders")
    for side in ("top", "bottom", "insideH"):
        borders.append(_element(side, val="single", sz="4", space="0", color=LINE))
    table._tbl.tblPr.append(borders)


def _set_styles(document: Any, lang: str) -> None:
    """Give the styles fonts of their own: those of a theme win over them, and know no Chinese."""
    from docx.enum.style import WD_STYLE_TYPE
    from docx.oxml.ns import qn
    from docx.shared import Pt, RGBColor

    styles = document.styles
    root = styles.element
    for fonts in root.iter(qn("w:rFonts")):
        for name in [name for name in fonts.attrib if name.endswith("Theme")]:
            del fonts.attrib[name]
    for color in root.iter(qn("w:color")):
        for name in [name for name in color.attrib if "theme" in name]:
            del color.attrib[name]
    for language in root.iter(qn("w:lang")):
        language.set(qn("w:val"), "en-GB")
        language.set(qn("w:eastAsia"), "zh-CN")
    prompt = styles.add_style("PlaceholderText", WD_STYLE_TYPE.CHARACTER)
    prompt.font.color.rgb = RGBColor.from_string("5F6C80")
    sizes = {
        "Normal": _SIZE,
        "Title": 20,
        "Heading 1": 13,
        "Heading 2": 11,
        "Header": 8,
        "Footer": 8,
    }
    for name, size in sizes.items():
        style = styles[name]
        fonts = style.element.get_or_add_rPr().get_or_add_rFonts()
        for kind in ("ascii", "hAnsi", "cs"):
            fonts.set(qn(f"w:{kind}"), _LATIN)
        fonts.set(qn("w:eastAsia"), _CHINESE)
        style.font.size = Pt(size)
        style.font.color.rgb = RGBColor.from_string(INK)
        style.paragraph_format.space_before = Pt(9 if name.startswith("Heading") else 0)
        style.paragraph_format.space_after = Pt(3)
