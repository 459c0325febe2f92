"""The people, levels, ratings and scores that the files of the corpus are about; all made up."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from recommender.exchange.recognition.vocabulary import Staff, Vocabulary
from recommender.service.framework import build_framework
from recommender.service.people.known_ids import make_known
from recommender.service.people.recognising.recognition import build_vocabulary
from recommender.table_kinds import Known
from training_catalog import load_catalog

LATEST = dt.date(2026, 11, 28)
DAY = dt.date(2026, 6, 30)
UNIT = "示例市分公司"
TEAMS = ("政企客户部", "行业拓展中心")
GRADES = ("初级客户经理", "中级客户经理", "高级客户经理", "资深客户经理")
NAMES = ("示例甲", "示例乙", "示例丙", "示例丁", "示例戊", "示例己", "示例庚", "示例辛")


@dataclass(frozen=True)
class Person:
    """A made-up person."""

    person_id: str
    name: str
    team: str
    grade: int
    manager: int | None

    @property
    def unit(self) -> str:
        """The path of the unit."""
        return f"{UNIT}/{self.team}"


PEOPLE = tuple(
    Person(f"{90001 + at}", name, TEAMS[at % 2], at % 4, None if at == 0 else 0)
    for at, name in enumerate(NAMES)
)
CATALOG = load_catalog()
FRAMEWORK = build_framework(CATALOG)
COMPETENCIES = CATALOG.competencies[:6]
INDICATORS = [
    indicator for level in CATALOG.competencies[1].levels[:2] for indicator in level.indicators
]
KNOWLEDGE = next(c for c in CATALOG.competencies if c.id == "general-knowledge")
SUBJECTS = KNOWLEDGE.exams[0].subjects
MODULE = next(m for m in CATALOG.modules if m.title.zh_cn == "丢单复盘工作坊")


def level_of(person: int, competency: int) -> int:
    """Return the level that somebody is assessed at."""
    return (person + competency) % 4 + 1


def rating_of(person: int, indicator: int) -> int:
    """Return what somebody is rated at."""
    return (person * 2 + indicator) % 4


def score_of(person: int, subject: int) -> int:
    """Return what somebody scored."""
    return 60 + (person * 7 + subject * 5) % 40


def vocabulary() -> Vocabulary:
    """Return the words: the telecom catalogue and the people."""
    return build_vocabulary(
        FRAMEWORK,
        [
            Staff(
                p.person_id,
                p.name,
                p.unit,
                f"g{p.grade + 1}",
                None if p.manager is None else "90001",
            )
            for p in PEOPLE
        ],
    )


def known() -> Known:
    """Return what ids may refer to."""
    return make_known(FRAMEWORK, people=[p.person_id for p in PEOPLE])
