"""What the names in a file may stand for: the catalogue's names, and the people stored."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property

from rapidfuzz import fuzz, process

from recommender.exchange.recognition.answers.mapping import Option

# between "probably this one" and a guess, on rapidfuzz's scale of 0 to 100
LIKELY = 60
_NOT_WORD = re.compile(r"[\W_]+")
_NUMBERING = re.compile(r"^\s*(?:第\s*)?[0-9]{1,3}\s*[、.．)）:：题]\s*")
_REMARK = re.compile(r"[(（\[【〔].*?[)）\]】〕]")


def bare(text: str) -> str:
    """Return a text without case, width, spaces, punctuation and invisible marks."""
    return _NOT_WORD.sub("", unicodedata.normalize("NFKC", text).casefold())


def unnumbered(text: str) -> str:
    """Return a header without the number that questionnaire tools put in front."""
    return _NUMBERING.sub("", unicodedata.normalize("NFKC", text)).strip()


def forms(text: str) -> tuple[str, ...]:
    """Return the forms of a header to look up, the most exact one first."""
    plain = unnumbered(text)
    return tuple(dict.fromkeys((bare(text), bare(plain), bare(_REMARK.sub("", plain)))))


class Names:
    """Names of one kind of thing, and the id each stands for.

    Parameters
    ----------
    spellings : mapping of str to str
        Spelling to id.
    labels : mapping of str to str
        Id to the name people know it by.
    """

    def __init__(self, spellings: Mapping[str, str], labels: Mapping[str, str]) -> None:
        self.labels = labels
        self._ids: dict[str, str | None] = {}
        for spelling, id_ in spellings.items():
            key = bare(spelling)
            self._ids[key] = id_ if self._ids.get(key, id_) == id_ else None

    def find(self, text: str) -> str | None:
        """Return the id that a name stands for, or None where there is none, or more than one."""
        for form in forms(text):
            if form and (found := self._ids.get(form)):
                return found
        return None

    def likely(self, text: str) -> str:
        """Return the id that is probably meant; empty if none is near."""
        best = process.extractOne(
            bare(unnumbered(text)), self._ids.keys(), scorer=fuzz.ratio, score_cutoff=LIKELY
        )
        return "" if best is None else self._ids[best[0]] or ""

    def within(self, text: str) -> list[str]:
        """Return the ids of the names that occur in a longer text, the longest name first."""
        whole = bare(text)
        keys = [key for key in self._ids if len(key) >= 3 and key in whole]
        # a name within another one that also occurs does not count
        longest = [a for a in keys if not any(a != b and a in b for b in keys)]
        ids = (self._ids[key] for key in sorted(longest, key=len, reverse=True))
        return list(dict.fromkeys(id_ for id_ in ids if id_))

    def mentioned(self, text: str) -> list[str]:
        """Return the ids of the names that a title holds, short ones as well."""
        whole = bare(text)
        return list(dict.fromkeys(id_ for key, id_ in self._ids.items() if id_ and key in whole))

    def options(self) -> tuple[Option, ...]:
        """Return all of them to choose from."""
        return tuple(Option(id_, label) for id_, label in self.labels.items())


@dataclass(frozen=True)
class Staff:
    """A person, as far as it takes to tell who is meant by a name."""

    person_id: str
    name: str
    org_unit: str
    grade: str = ""
    manager_id: str | None = None


@dataclass(frozen=True)
class Vocabulary:
    """What the names in a file may stand for.

    Parameters
    ----------
    competencies, modules, grades, figures : Names
        The catalogue's.
    indicators : Names
        By text and id.
    indicator_of : mapping of str to str
        Indicator id to its competency.
    subjects : mapping of str to tuple
        Bare name of a subject to the ``(competency, exam level, subject)`` it may be.
    level_words : mapping of str to float
        Bare name of a level to the level.
    targets : mapping of tuple to float
        Target level by ``(grade, competency)``.
    people : tuple of Staff
        The people who may be named, within the scope of whoever imports.
    """

    competencies: Names
    modules: Names
    grades: Names
    figures: Names
    indicators: Names
    indicator_of: Mapping[str, str]
    subjects: Mapping[str, tuple[tuple[str, int, str], ...]]
    level_words: Mapping[str, float]
    targets: Mapping[tuple[str, str], float]
    people: tuple[Staff, ...] = ()

    @cached_property
    def by_id(self) -> Mapping[str, Staff]:
        """People by id."""
        return {person.person_id: person for person in self.people}

    @cached_property
    def by_name(self) -> Mapping[str, list[Staff]]:
        """People by bare name."""
        return group_by_name(self.people)

    @cached_property
    def units(self) -> frozenset[str]:
        """Bare names of units, at every depth."""
        return frozenset(bare(p) for person in self.people for p in person.org_unit.split("/"))

    def subject(self, header: str) -> tuple[tuple[str, int, str], ...]:
        """Return the exams and subjects that a header may mean."""
        for form in forms(header):
            if form and (found := self.subjects.get(form)):
                return found
        return ()

    def indicator(self, header: str) -> str | None:
        """Return the indicator that a header means: by its id or its text, alone or at the end."""
        for id_ in re.findall(r"[a-z][a-z0-9-]*(?:\.[0-9]+){2}", header.casefold()):
            if id_ in self.indicator_of:
                return id_
        if found := self.indicators.find(header):
            return found
        for part in re.split(r"[—–:：|_]+|--+", unnumbered(header)):
            if len(part) > 3 and (found := self.indicators.find(part)):
                return found
        inside = self.indicators.within(header)
        return inside[0] if len(inside) == 1 else None


def group_by_name(people: Iterable[Staff]) -> dict[str, list[Staff]]:
    """Return people by bare name."""
    by_name: dict[str, list[Staff]] = {}
    for person in people:
        by_name.setdefault(bare(person.name), []).append(person)
    return by_name
