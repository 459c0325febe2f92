"""Texts in one language only, and texts that do not keep to the glossary."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from training_catalog.base import Text
from training_catalog.judging.judgement import Judgement, judge
from training_catalog.model import Catalog
from training_catalog.post import Term
from training_catalog.traversal import PlacedText, all_texts, glossary_texts

_HAN = re.compile("[\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]")
_CHINESE_SIGN = re.compile("[\u3001\u3002\u300a-\u3011\uff01\uff08\uff09\uff0c\uff1a\uff1b\uff1f]")
_ABBREVIATION = re.compile(r"[A-Z0-9][A-Z0-9 /+&.\-]*")
_SHORT = 30


def judge_texts(catalog: Catalog) -> Iterator[Judgement]:
    """Judge the texts of a catalogue, one by one and against one another."""
    texts = list(all_texts(catalog))
    for placed in (*texts, *glossary_texts(catalog)):
        yield from _languages(placed)
    for term in catalog.glossary:
        yield from _term(term, texts)
    yield from _translations(texts)


def _languages(placed: PlacedText) -> Iterator[Judgement]:
    zh, en = placed.text.zh_cn, placed.text.en
    values = {"place": _place(placed), "field": placed.field}
    if not _HAN.search(zh) and not _ABBREVIATION.fullmatch(zh):
        yield judge("no-chinese", placed.part, placed.id, found=zh, **values)
    if _HAN.search(en) or _CHINESE_SIGN.search(en):
        yield judge("no-english", placed.part, placed.id, found=en, **values)


def _place(placed: PlacedText) -> str:
    return f"{placed.part}/{placed.id}"


def _term(term: Term, texts: Iterable[PlacedText]) -> Iterator[Judgement]:
    zh_bad = _anywhere(term.zh_forbidden)
    en_bad = _words(term.en_forbidden)
    zh_fine, en_fine = _anywhere(term.zh_except), _words(term.en_except)
    right = _words((term.term.en, *term.en_also))
    for placed in texts:
        zh, en = placed.text.zh_cn, placed.text.en
        values = {"place": _place(placed), "field": placed.field, "term": term.term}
        for pattern, fine, text in ((zh_bad, zh_fine, zh), (en_bad, en_fine, en)):
            found = pattern and pattern.search(fine.sub(" ", text) if fine else text)
            if found:
                yield judge("forbidden-term", placed.part, placed.id, found=found.group(), **values)
        if term.paired and right:
            bare = zh_fine.sub(" ", zh) if zh_fine else zh
            if term.term.zh_cn in bare and not right.search(en):
                yield judge("unpaired-term", placed.part, placed.id, found=en, **values)


def _anywhere(variants: tuple[str, ...]) -> re.Pattern[str] | None:
    longest_first = sorted(variants, key=len, reverse=True)
    return re.compile("|".join(map(re.escape, longest_first))) if variants else None


def _words(variants: tuple[str, ...]) -> re.Pattern[str] | None:
    """Match whole words in any case, a plural s or y/ies, and a hyphen for a space."""
    if not variants:
        return None
    forms: list[str] = []
    for variant in sorted(variants, key=len, reverse=True):
        form = re.escape(variant).replace(r"\ ", r"[\s-]+")
        forms.append(f"{form[:-1]}(?:y|ies)" if form.endswith("y") else f"{form}(?:e?s)?")
    return re.compile(rf"(?<![\w])(?:{'|'.join(forms)})(?![\w])", re.IGNORECASE)


def _translations(texts: Iterable[PlacedText]) -> Iterator[Judgement]:
    """Find short Chinese texts that have two different English forms."""
    first: dict[str, Text] = {}
    told: set[tuple[str, str]] = set()
    for placed in texts:
        text = placed.text
        if len(text.zh_cn) > _SHORT:
            continue
        other = first.setdefault(text.zh_cn, text)
        if other.en != text.en and (text.zh_cn, text.en) not in told:
            told.add((text.zh_cn, text.en))
            yield judge(
                "two-translations",
                placed.part,
                placed.id,
                place=_place(placed),
                field=placed.field,
                text=text.zh_cn,
                first=other.en,
                second=text.en,
            )
