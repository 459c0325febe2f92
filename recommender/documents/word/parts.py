"""Parts of a Word file that are put in or added: the picture, and the plan's code."""

from __future__ import annotations

import re
from html import escape
from typing import TYPE_CHECKING

from recommender.documents.word.package import BODY, CONTENT_TYPES, Parts

if TYPE_CHECKING:
    from markupsafe import Markup

PROPERTY = "TrainingRecommenderPlan"
"""Name of the file's property that holds the plan's code."""

_CUSTOM = "docProps/custom.xml"
_PICTURE, _PICTURE_ID = "word/media/plan-radar.png", "rIdPlanRadar"
_FILLED = re.compile(r"word/(document|header\d*|footer\d*|footnotes|endnotes)\.xml")
_RELATION = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_VT = "http://schemas.openxmlformats.org/officeDocument/2006/docPropsVTypes"
_FORMAT_ID = "{D5CDD505-2E9C-101B-9397-08002B2CF9AE}"  # of all properties that users define
_EMU_PER_MM = 36_000
_WIDTH, _HEIGHT = round(82 * _EMU_PER_MM), round(82 * 268 / 280 * _EMU_PER_MM)  # radar.svg.j2
_DRAWING = """</w:t></w:r><w:r><w:drawing>\
<wp:inline xmlns:wp="http://schemas.openxmlformats.org/drawingml/2006/wordprocessingDrawing" \
distT="0" distB="0" distL="0" distR="0"><wp:extent cx="{width}" cy="{height}"/>\
<wp:docPr id="9001" name="plan-radar" descr="{description}"/>\
<a:graphic xmlns:a="http://schemas.openxmlformats.org/drawingml/2006/main">\
<a:graphicData uri="http://schemas.openxmlformats.org/drawingml/2006/picture">\
<pic:pic xmlns:pic="http://schemas.openxmlformats.org/drawingml/2006/picture">\
<pic:nvPicPr><pic:cNvPr id="9001" name="plan-radar.png"/><pic:cNvPicPr/></pic:nvPicPr>\
<pic:blipFill><a:blip xmlns:r="{relation}" r:embed="{id}"/>\
<a:stretch><a:fillRect/></a:stretch></pic:blipFill>\
<pic:spPr><a:xfrm><a:off x="0" y="0"/><a:ext cx="{width}" cy="{height}"/></a:xfrm>\
<a:prstGeom prst="rect"><a:avLst/></a:prstGeom></pic:spPr></pic:pic>\
</a:graphicData></a:graphic></wp:inline></w:drawing></w:r><w:r><w:t xml:space="preserve">"""


def find_filled(parts: Parts) -> list[str]:
    """Return the names of the parts in which placeholders may stand."""
    return [name for name in parts if name == BODY or _FILLED.fullmatch(name)]


def inline_picture(description: str) -> Markup:
    """Return what stands for the picture in a line of text."""
    from markupsafe import Markup

    return Markup(
        _DRAWING.format(
            width=_WIDTH,
            height=_HEIGHT,
            description=escape(description),
            relation=_RELATION,
            id=_PICTURE_ID,
        )
    )


def add_picture(parts: Parts, png: bytes) -> None:
    """Add the picture that `inline_picture` refers to."""
    relations = "word/_rels/document.xml.rels"
    parts[_PICTURE] = png
    _insert(
        parts,
        relations,
        f'<Relationship Id="{_PICTURE_ID}" Type="{_RELATION}/image" '
        'Target="media/plan-radar.png"/>',
        "Relationships",
    )
    if b'Extension="png"' not in parts[CONTENT_TYPES]:
        _insert(parts, CONTENT_TYPES, '<Default Extension="png" ContentType="image/png"/>', "Types")


def add_code(parts: Parts, code: str) -> None:
    """Put the plan's code among the properties of the file, beside those that are there."""
    if _CUSTOM not in parts:
        parts[_CUSTOM] = (
            '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n<Properties xmlns="http://'
            'schemas.openxmlformats.org/officeDocument/2006/custom-properties" '
            f'xmlns:vt="{_VT}"></Properties>'
        ).encode()
        kind = "application/vnd.openxmlformats-officedocument.custom-properties+xml"
        _insert(
            parts,
            CONTENT_TYPES,
            f'<Override PartName="/{_CUSTOM}" ContentType="{kind}"/>',
            "Types",
        )
        _insert(
            parts,
            "_rels/.rels",
            f'<Relationship Id="rIdPlanCode" Type="{_RELATION}/custom-properties" '
            f'Target="{_CUSTOM}"/>',
            "Relationships",
        )
    number = 2 + parts[_CUSTOM].count(b"<property ")  # the first one has the number 2
    _insert(
        parts,
        _CUSTOM,
        f'<property fmtid="{_FORMAT_ID}" pid="{number}" name="{PROPERTY}">'
        f'<vt:lpwstr xmlns:vt="{_VT}">{escape(code)}</vt:lpwstr></property>',
        "Properties",
    )


def _insert(parts: Parts, name: str, element: str, root: str) -> None:
    """Put an element at the end of a part; one without children may be closed in itself."""
    xml = re.sub(rf"<{root}(\s[^>]*)?/>\s*$", rf"<{root}\1></{root}>", parts[name].decode())
    before, closing, after = xml.rpartition(f"</{root}>")
    parts[name] = f"{before}{element}{closing}{after}".encode()
