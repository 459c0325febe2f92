"""Judges modules that say the same: in outcomes, in the title, or in nearly everything."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Hashable, Iterable, Iterator
from itertools import combinations
from typing import TypeVar

from training_catalog.base import Text
from training_catalog.judging.judgement import Judgement, judge
from training_catalog.model import Catalog, TrainingModule

_NOT_WORD = re.compile(r"[\W_]+")
K = TypeVar("K", bound=Hashable)


def judge_likeness(catalog: Catalog) -> Iterator[Judgement]:
    """Judge whether modules differ from one another."""
    # by the Chinese texts, which are the originals; translations may differ by chance
    titles = {module.id: module.title for module in catalog.modules}
    same = set(
        _groups((m, frozenset(plain(o.text.zh_cn) for o in m.outcomes)) for m in catalog.modules)
    )
    for first, second in sorted(same):
        yield judge("same-outcomes", "modules", second, first=titles[first], second=titles[second])
    yield from _repeated_outcomes(catalog, same)
    for first, second in _groups((m, plain(m.title.zh_cn)) for m in catalog.modules):
        yield judge(
            "same-title", "modules", second, first=first, second=second, title=titles[first]
        )
    for first, second, share in near_duplicates(catalog):
        yield judge(
            "near-duplicate",
            "modules",
            second,
            first=titles[first],
            second=titles[second],
            share=f"{share:.0%}",
        )


def plain(text: str) -> str:
    """Return a text without punctuation, spaces and case."""
    return _NOT_WORD.sub("", text).casefold()


def _groups(keyed: Iterable[tuple[TrainingModule, K]]) -> Iterator[tuple[str, str]]:
    """Find pairs of modules with the same key, each against the first that has it."""
    first: dict[K, str] = {}
    for module, key in keyed:
        if not key:
            continue  # modules without outcomes are not alike for that
        if key in first:
            yield first[key], module.id
        else:
            first[key] = module.id


def _repeated_outcomes(catalog: Catalog, same: set[tuple[str, str]]) -> Iterator[Judgement]:
    where: defaultdict[str, list[tuple[TrainingModule, Text]]] = defaultdict(list)
    for module in catalog.modules:
        for outcome in module.outcomes:
            where[plain(outcome.text.zh_cn)].append((module, outcome.text))
    for places in where.values():
        (first, text), *others = places
        for module, _ in others:
            # modules with all outcomes in common are reported already, once and as a whole
            if (first.id, module.id) not in same:
                yield judge(
                    "repeated-outcome",
                    "modules",
                    module.id,
                    first=first.title,
                    second=module.title,
                    outcome=text,
                )


def near_duplicates(catalog: Catalog) -> Iterator[tuple[str, str, float]]:
    """Find pairs of modules whose texts are nearly the same.

    The likeness of two modules is a Jaccard index: of all pairs of neighbouring characters in
    the Chinese texts of purpose, outcomes and syllabus, the share that both modules have.

    Yields
    ------
    tuple
        Ids of both modules and their likeness, if it reaches the catalogue's standard.
    """
    # pairs of characters and not words, which Chinese does not separate by spaces
    least = catalog.standards.near_duplicate
    sets = [(module.id, _pairs(module)) for module in catalog.modules if not module.retired]
    for (first, ours), (second, theirs) in combinations(sets, 2):
        small, large = sorted((len(ours), len(theirs)))
        # sets of such different size cannot be alike enough: this spares most intersections
        if not small or small < least * large:
            continue
        both = len(ours & theirs)
        if both >= least * (small + large - both):
            yield first, second, both / (small + large - both)


def _pairs(module: TrainingModule) -> frozenset[str]:
    texts = [text.zh_cn for text in module.syllabus] + [o.text.zh_cn for o in module.outcomes]
    if module.purpose:
        texts.append(module.purpose.zh_cn)
    bare = [plain(text) for text in texts]
    return frozenset(text[i : i + 2] for text in bare for i in range(len(text) - 1))
