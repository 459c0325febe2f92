"""Judges texts that are in one language only, or do not keep to the glossary."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from training_catalog.base import Text
from training_catalog.judging.judgement import Judgement, judge
from training_catalog.model import Catalog
from training_catalog.placed_texts import PlacedText, all_texts, glossary_texts
from training_catalog.post import Term

_HAN = re.compile("[\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]")
# only signs that English has a form of its own for; not quotation marks, which both share
_CHINESE_SIGN = re.compile("[\u3001\u3002\u300a-\u3011\uff01\uff08\uff09\uff0c\uff1a\uff1b\uff1f]")
# such as `CRM` or `5G`, which Chinese texts use as they are
_ABBREVIATION = re.compile(r"[A-Z0-9][A-Z0-9 /+&.\-]*")
_SHORT = 30  # characters; longer texts are sentences, which may be translated in several ways


def judge_texts(catalog: Catalog) -> Iterator[Judgement]:
    """Judge the texts of a catalogue, each by itself and against one another."""
    texts = list(all_texts(catalog))
    for placed in (*texts, *glossary_texts(catalog)):
        yield from _languages(placed)
    suspects = _suspects(catalog.glossary, texts)
    for term in catalog.glossary:
        yield from _forbidden(term, suspects)
        if term.paired:
            yield from _unpaired(term, texts)
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


def _suspects(terms: Iterable[Term], texts: Iterable[PlacedText]) -> list[PlacedText]:
    """Return the texts that contain any variant, so that only few are searched term by term."""
    zh = _anywhere(tuple(v for term in terms for v in term.zh_forbidden))
    en = _words(tuple(v for term in terms for v in term.en_forbidden))
    return [
        placed
        for placed in texts
        if (zh and zh.search(placed.text.zh_cn)) or (en and en.search(placed.text.en))
    ]


def _forbidden(term: Term, texts: Iterable[PlacedText]) -> Iterator[Judgement]:
    zh_bad, zh_fine = _anywhere(term.zh_forbidden), _anywhere(term.zh_except)
    en_bad, en_fine = _words(term.en_forbidden), _words(term.en_except)
    for placed in texts:
        for pattern, fine, text in (
            (zh_bad, zh_fine, placed.text.zh_cn),
            (en_bad, en_fine, placed.text.en),
        ):
            # right expressions are cut out first: a variant may be a part of one
            match = pattern and pattern.search(fine.sub(" ", text) if fine else text)
            if match:
                yield judge(
                    "forbidden-term",
                    placed.part,
                    placed.id,
                    place=_place(placed),
                    field=placed.field,
                    term=term.term,
                    found=match.group(),
                )


def _unpaired(term: Term, texts: Iterable[PlacedText]) -> Iterator[Judgement]:
    fine = _anywhere(term.zh_except)
    right = _words((term.term.en, *term.en_also))
    for placed in texts:
        zh, en = placed.text.zh_cn, placed.text.en
        # most texts are done with here, before anything is cut out of them
        if term.term.zh_cn not in zh or term.term.zh_cn not in (fine.sub(" ", zh) if fine else zh):
            continue
        if right and not right.search(en):
            yield judge(
                "unpaired-term",
                placed.part,
                placed.id,
                place=_place(placed),
                field=placed.field,
                term=term.term,
                found=en,
            )


def _anywhere(variants: tuple[str, ...]) -> re.Pattern[str] | None:
    # an alternation takes the first that fits, which would be a part of a longer variant
    longest_first = sorted(variants, key=len, reverse=True)
    return re.compile("|".join(map(re.escape, longest_first))) if variants else None


def _words(variants: tuple[str, ...]) -> re.Pattern[str] | None:
    """Return a pattern of whole words: any case, plural s or y/ies, a hyphen for a space."""
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
            # once for each further translation, and not for each place it stands in
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
