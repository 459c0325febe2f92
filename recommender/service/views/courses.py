"""Recommended courses in the words of their readers, and the others by the reason."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from recommender.documents import ServedGap
from recommender.errors import InputError
from recommender.results import Recommendation, Recommendations, find_doubt
from recommender.service.framework import Framework
from recommender.service.plans.document import serve_row
from recommender.service.plans.reasons import name_module
from recommender.service.recommend.recommendations import (
    RecommendationRequest,
    as_it_is,
    recommend_modules,
)
from recommender.service.recommend.wording import explain_served, say_cautions
from recommender.service.session import Session
from recommender.store import Connection
from recommender.store.people.offerings import StoredOffering, list_offerings
from recommender.texts import say

FURTHER = "further"
"""The reason of candidates that are worth less than those shown."""

_EXAMPLES = 2


@dataclass(frozen=True)
class RecommendedCourse:
    """A recommended module as a page shows it.

    Parameters
    ----------
    rank : int
        Place in the ranking, from 1.
    module_id, title, modality : str
        The module; its modality in words.
    hours, cost : float
        Of a participant, and in CNY.
    serves : tuple of ServedGap
        The gaps it serves, the one in which it does most first.
    why, cautions : tuple of str
        Sentences.
    doubt : str or None
        ``not-certain`` or ``few``, if that speaks against building on the first gap's estimate.
    size_known : bool
        False where only the order of modules is known: no size is drawn.
    is_online : bool
        Whether it can be taken at any time where no run is scheduled.
    next_run : StoredOffering or None
        The next one with a free seat.
    """

    rank: int
    module_id: str
    title: str
    modality: str
    hours: float
    cost: float
    serves: tuple[ServedGap, ...]
    why: tuple[str, ...]
    cautions: tuple[str, ...]
    doubt: str | None
    size_known: bool
    is_online: bool
    next_run: StoredOffering | None

    @property
    def main(self) -> ServedGap | None:
        """The gap that it does most for."""
        return self.serves[0] if self.serves else None


@dataclass(frozen=True)
class LeftOutGroup:
    """Modules that are not recommended for one reason, and the titles of some."""

    reason: str
    said: str
    count: int
    examples: tuple[str, ...]


@dataclass(frozen=True)
class LeftOutCourse:
    """A module that is not recommended: its steps are (competency, from level, to level)."""

    module_id: str
    title: str
    modality: str
    hours: float
    cost: float
    steps: tuple[tuple[str, float, float], ...]


def describe_courses(
    session: Session, connection: Connection, ranked: Recommendations
) -> tuple[RecommendedCourse, ...]:
    """Word the modules of a ranking, each with its next run."""
    return tuple(_describe(session, connection, ranked, each) for each in ranked.recommendations)


def group_left_out(
    framework: Framework, ranked: Recommendations, lang: str
) -> tuple[LeftOutGroup, ...]:
    """Group all modules that a ranking leaves out by the reason, the largest group first."""
    counts = Counter(item.reason for item in ranked.excluded)
    said = {item.reason: item.explanation for item in ranked.excluded}
    groups = [
        LeftOutGroup(
            reason,
            said[reason],
            count,
            tuple(
                name_module(framework, item.module_id, lang)
                for item in ranked.excluded
                if item.reason == reason
            )[:_EXAMPLES],
        )
        for reason, count in counts.most_common()
    ]
    if ranked.further:
        # these could be taken, so they are told of first
        groups.insert(0, LeftOutGroup(FURTHER, say("person.further", lang), ranked.further, ()))
    return tuple(groups)


def list_left_out(
    session: Session, person_id: str, reason: str, *, target_grade: str | None = None, top: int = 5
) -> tuple[LeftOutGroup, tuple[LeftOutCourse, ...]]:
    """List the modules that are not recommended to a person for a reason.

    Raises
    ------
    NotFoundError
        If there is no such person within the principal's scope.
    InputError
        If there is no such target grade, or no module is left out for that reason.
    """
    framework = session.service.framework
    # for those that rank lower the whole ranking is needed, and it is not what is shown
    size = len(framework.modules.ids) if reason == FURTHER else top
    request = RecommendationRequest(top=size, target_grade=target_grade)
    ranked = recommend_modules(session, person_id, request, as_of=session.today, render=as_it_is)
    if reason == FURTHER:
        ids = [item.module_id for item in ranked.recommendations[top:]]
        said = say("person.further", session.lang)
    else:
        alike = [item for item in ranked.excluded if item.reason == reason]
        ids = [item.module_id for item in alike]
        said = alike[0].explanation if alike else ""
    if not ids:
        raise InputError("person.no-such-reason", reason=reason, field="query:reason")
    courses = tuple(_name(framework, name, session.lang) for name in ids)
    return LeftOutGroup(reason, said, len(ids), ()), courses


def _name(framework: Framework, module_id: str, lang: str) -> LeftOutCourse:
    module = framework.module_of[module_id]
    return LeftOutCourse(
        module_id,
        module.title.in_language(lang),
        say(f"modality.{module.modality}", lang),
        module.hours,
        module.cost,
        tuple(
            (
                framework.competencies[step.id].name.in_language(lang),
                step.from_level,
                step.to_level,
            )
            for step in module.competencies
        ),
    )


def _describe(
    session: Session, connection: Connection, ranked: Recommendations, item: Recommendation
) -> RecommendedCourse:
    framework, lang = session.service.framework, session.lang
    module = framework.module_of[item.module_id]
    # by what is added, as the opening sentence chooses; sorted is stable
    parts = sorted(item.competencies, key=lambda part: -part.expected_improvement)
    main = parts[0] if parts else None
    runs = list_offerings(
        connection, module_id=item.module_id, starts_from=session.today, free_seats=1, limit=1
    )
    return RecommendedCourse(
        rank=item.rank,
        module_id=item.module_id,
        title=module.title.in_language(lang),
        modality=say(f"modality.{module.modality}", lang),
        hours=item.hours,
        cost=item.cost,
        serves=tuple(serve_row(framework, part, lang) for part in parts),
        # the first sentence says which gap it is for: that is a column of its own
        why=tuple(explain_served(framework, main, lang)[1:]) if main else (),
        cautions=tuple(say_cautions(session.service.estimates.cautions(item.module_id), lang)),
        doubt=find_doubt(main.basis, main.lower, main.evidence_count) if main else None,
        size_known=ranked.size_known,
        is_online=module.modality == "online",
        next_run=runs[0] if runs else None,
    )
