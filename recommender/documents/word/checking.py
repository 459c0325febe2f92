"""Judging a template that somebody hands in, before it is ever filled with a person's plan.

A template is a program in a small language, so it is held to what placeholders need: names that are
documented, loops over documented lists, conditions. No call, no arithmetic, no definition: there
is nothing in it that could reach the server, or keep it busy.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from recommender.documents.word.controls import KINDS, W
from recommender.documents.word.package import BODY, Parts, parse, unpack
from recommender.documents.word.parts import find_filled
from recommender.documents.word.placeholders import REQUIRED, SHAPES, sample
from recommender.documents.word.rendering import (
    FILTERS,
    WordTemplate,
    fill_template,
    prepare,
    sandbox,
    sources_of,
)
from recommender.errors import InputError

# fields that number, name or link; others run programs or fetch files when the document is opened
_FIELDS = frozenset(
    (
        *("PAGE", "NUMPAGES", "SECTIONPAGES", "SECTION", "DATE", "TIME", "TITLE", "AUTHOR"),
        *("TOC", "REF", "PAGEREF", "STYLEREF", "SEQ", "HYPERLINK"),
    )
)
_LINKS = re.compile(r"(https?|mailto):", re.IGNORECASE)
_DEEPEST_LOOP = 3
_MOST_BRACES = 2000
_LARGEST_PART = 1_000_000
_LOOP = {"index": "…", "first": "…", "last": "…", "length": "…"}
_TAGS = re.compile(r"<[^>]*>")
_MARKS = re.compile(r"{[{%#]|[}%#]}")
_CLOSING = {"{{": "}}", "{%": "%}", "{#": "#}"}
_EXCERPT = 60


@dataclass(frozen=True)
class _Place:
    """Where in a template something stands, for whoever has to mend it."""

    part: str
    lines: list[str]

    def excerpt(self, line: int) -> str:
        text = self.lines[line - 1] if 0 < line <= len(self.lines) else ""
        shown = " ".join(_TAGS.sub("", text).split())
        return shown[:_EXCERPT] + ("…" if len(shown) > _EXCERPT else "")


def check_template(content: bytes, *, file: str) -> None:
    """Refuse a template that could not be filled, is not safe, or leaves out what it must show.

    Parameters
    ----------
    content : bytes
        The file.
    file : str
        Its name.

    Raises
    ------
    InputError
        With what is wrong, the text beside which it stands, and how to mend it.
    """
    parts = unpack(content, file=file)
    _check_links(parts, file)
    for name in find_filled(parts):
        tree = parse(parts[name], file=file)
        if len(parts[name]) > _LARGEST_PART or parts[name].count(b"{") > _MOST_BRACES:
            raise InputError("word.template.too-long", file=file)
        _check_fields(tree, file)
        _check_braces(parts[name].decode())
    seen: set[str] = set()
    try:
        for name, source in sources_of(content, parts).items():
            seen |= _check_source(name, source)
    except RecursionError as error:  # braces in braces in braces
        raise InputError("word.template.program", where="{{ {{ {{") from error
    for name in REQUIRED:
        if name not in seen:
            raise InputError("word.template.lacks", name=name)
    _check_controls(parse(parts[BODY], file=file))
    _try_out(prepare(content))


def _check_links(parts: Parts, file: str) -> None:
    """Refuse what Word would fetch from elsewhere when somebody opens the document."""
    for name, content in parts.items():
        if not name.endswith(".rels"):
            continue
        for relation in parse(content, file=file):
            target = relation.get("Target", "")
            kind = relation.get("Type", "").rpartition("/")[2]
            if kind == "aFChunk":
                raise InputError("word.template.embedded", target=target[:_EXCERPT])
            is_link = kind == "hyperlink" and _LINKS.match(target)
            if relation.get("TargetMode") == "External" and not is_link:
                raise InputError("word.template.fetches", target=target[:_EXCERPT])


def _check_fields(tree: Any, file: str) -> None:
    pieces = [element.text or "" for element in tree.iter(f"{W}instrText")]
    simple = [element.get(f"{W}instr", "") for element in tree.iter(f"{W}fldSimple")]
    # Word cuts an instruction into pieces as it likes: what stands between two fields is one
    whole: list[str] = []
    for element in tree.iter(f"{W}fldChar", f"{W}instrText"):
        if element.tag == f"{W}instrText" and whole:
            whole[-1] += element.text or ""
        elif element.get(f"{W}fldCharType") == "begin":
            whole.append("")
    if pieces and not whole:
        raise InputError("word.damaged", file=file)
    for instruction in (*whole, *simple):
        name = (instruction.split() or ["?"])[0].upper()
        if name not in _FIELDS:
            raise InputError("word.template.field", found=instruction.strip()[:_EXCERPT] or "?")


def _check_braces(xml: str) -> None:
    """Refuse a placeholder that is not closed in its own paragraph.

    docxtpl looks for the end of each up to the end of the document: many without one would keep the
    server busy for minutes.
    """
    for line in re.split(r"(?=<w:p[ >])", xml):
        words = _TAGS.sub("", line)
        for piece in (words, *(tag for tag in _TAGS.findall(line) if "{" in tag)):
            marks = _MARKS.findall(piece)
            pairs = zip(marks[::2], marks[1::2], strict=False)
            if len(marks) % 2 or any(_CLOSING.get(first) != last for first, last in pairs):
                where = " ".join(words.split())[:_EXCERPT]
                raise InputError("word.template.braces", where=where or piece[:_EXCERPT])


def _check_source(part: str, source: str) -> set[str]:
    """Check one part, and return the placeholders that it shows."""
    from jinja2 import TemplateSyntaxError, nodes

    place = _Place(part, source.splitlines())
    try:
        tree = sandbox().parse(source)
    except TemplateSyntaxError as error:
        raise InputError("word.template.syntax", where=place.excerpt(error.lineno)) from error
    checker = _Checker(place)
    checker.check_body(tree.body, dict(SHAPES), depth=0)
    if part != BODY and "radar" in checker.seen:
        name = next(n for n in tree.find_all(nodes.Name) if n.name == "radar")
        raise InputError("word.template.radar", where=place.excerpt(name.lineno))
    return checker.seen


class _Checker:
    """Walks the statements of a template with what is known at each place."""

    def __init__(self, place: _Place) -> None:
        self.place, self.seen = place, set[str]()

    def check_body(self, body: list[Any], known: Mapping[str, Any], *, depth: int) -> None:
        from jinja2 import nodes

        for node in body:
            if isinstance(node, nodes.Output):
                for part in node.nodes:
                    if not isinstance(part, nodes.TemplateData):
                        self.must_be_text(part, known)
            elif isinstance(node, nodes.If):
                self.shape_of(node.test, known)
                for branch in (node.body, node.elif_, node.else_):
                    self.check_body(branch, known, depth=depth)
            elif isinstance(node, nodes.For):
                self.check_loop(node, known, depth=depth + 1)
            else:
                self.refuse(node)

    def check_loop(self, node: Any, known: Mapping[str, Any], *, depth: int) -> None:
        from jinja2 import nodes

        if depth > _DEEPEST_LOOP or node.recursive or not isinstance(node.target, nodes.Name):
            self.refuse(node)
        shape = self.shape_of(node.iter, known)
        if not isinstance(shape, list):
            raise InputError("word.template.not-a-list", where=self.place.excerpt(node.lineno))
        inside = {**known, node.target.name: shape[0], "loop": _LOOP}
        if node.test is not None:
            self.shape_of(node.test, inside)
        self.check_body(node.body, inside, depth=depth)
        self.check_body(node.else_, known, depth=depth)

    def must_be_text(self, node: Any, known: Mapping[str, Any]) -> None:
        if not isinstance(self.shape_of(node, known), str):
            raise InputError("word.template.not-a-text", where=self.place.excerpt(node.lineno))

    def shape_of(self, node: Any, known: Mapping[str, Any]) -> Any:
        """Return what an expression is; refuse all that is not needed to show a plan."""
        from jinja2 import nodes

        if isinstance(node, nodes.Const):
            return "…"
        if isinstance(node, nodes.Name):
            self.seen.add(node.name)
            return self.look_up(node, node.name, known)
        if isinstance(node, nodes.Getattr):
            return self.look_up(node, node.attr, self.shape_of(node.node, known))
        if isinstance(node, nodes.Filter) and node.name in FILTERS and node.node is not None:
            inner = self.shape_of(node.node, known)
            plain = all(isinstance(each, nodes.Const) for each in node.args)
            if plain and not node.kwargs and (node.name == "length" or inner == ["…"]):
                return "…"
        if isinstance(node, nodes.Not | nodes.And | nodes.Or | nodes.Compare | nodes.Operand):
            for each in node.iter_child_nodes():
                self.shape_of(each, known)
            return "…"
        if isinstance(node, nodes.CondExpr):
            for each in (node.test, node.expr1, *([node.expr2] if node.expr2 else [])):
                self.shape_of(each, known)
            return "…"
        return self.refuse(node)

    def look_up(self, node: Any, name: str, known: Any) -> Any:
        if isinstance(known, Mapping) and name in known:
            return known[name]
        raise InputError(
            "word.template.unknown",
            name=name[:_EXCERPT],
            where=self.place.excerpt(node.lineno),
            near=_nearest(name, known),
        )

    def refuse(self, node: Any) -> Any:
        raise InputError("word.template.program", where=self.place.excerpt(node.lineno))


def _nearest(name: str, known: Any) -> str:
    """Return the names that are most like one, or all there are."""
    from difflib import get_close_matches

    names = sorted(known) if isinstance(known, Mapping) else []
    return ", ".join(get_close_matches(name, names, n=3) or names[:8]) or "-"


def _check_controls(tree: Any) -> None:
    """Refuse tags that begin like ours and are none: nothing would be read from there."""
    for tag in tree.iter(f"{W}tag"):
        value = tag.get(f"{W}val", "")
        kind, colon, key = value.partition(":")
        if colon and kind.strip().lower() in KINDS and (kind not in KINDS or not key.strip()):
            raise InputError("word.template.tag", found=value[:_EXCERPT])


def _try_out(ready: WordTemplate) -> None:
    """Fill a template with everything and with nothing: both must be documents that open."""
    for times in (2, 0):
        context = {name: sample(shape, times) for name, shape in SHAPES.items()}
        for tree in _filled(ready, {**context, "radar": ""}):
            _check_structure(tree)


def _filled(ready: WordTemplate, context: Mapping[str, Any]) -> Iterator[Any]:
    try:
        made = unpack(fill_template(ready, context, {}), file="template.docx")
    except InputError as error:
        raise InputError("word.template.torn", where="-") from error
    for part in ready.filled:
        yield parse(made[part.name], file=part.name)


def _check_structure(tree: Any) -> None:
    """Refuse what Word calls unreadable: a table without rows, a cell that ends in no paragraph."""
    for table in tree.iter(f"{W}tbl"):
        if table.find(f"{W}tr") is None:
            head = "".join(text.text or "" for text in tree.iter(f"{W}t"))[:_EXCERPT]
            raise InputError("word.template.empty-table", where=head)
    for cell in tree.iter(f"{W}tc"):
        if len(cell) == 0 or cell[-1].tag not in (f"{W}p", f"{W}sdt"):
            row = cell.getparent()
            text = "".join(part.text or "" for part in row.iter(f"{W}t"))[:_EXCERPT]
            raise InputError("word.template.empty-cell", where=text or "-")
