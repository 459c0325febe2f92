"""A person's page: where the person stands, what to take and why, how far the next grade is."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from recommender.documents import CompetencyRow
from recommender.results import Gaps, Recommendations
from recommender.service.framework import Framework, require_target_grade
from recommender.service.levels.derivation import derive_level
from recommender.service.levels.distance import list_short, name_grade, say_distance, word_gaps
from recommender.service.levels.gaps import describe_gaps
from recommender.service.levels.raters import tell_derivation
from recommender.service.levels.sittings import say_incomplete
from recommender.service.levels.standing import Standing, aim_at, read_standing
from recommender.service.permissions import Permission
from recommender.service.plans.document import competency_rows
from recommender.service.plans.reasons import name_competency
from recommender.service.privacy.accesses import may_see_accesses
from recommender.service.privacy.objections import may_see_objections
from recommender.service.recommend.prospects import find_prospects
from recommender.service.recommend.recommendations import (
    RecommendationRequest,
    as_it_is,
    recommend_modules,
)
from recommender.service.session import Session
from recommender.service.views.courses import (
    LeftOutGroup,
    RecommendedCourse,
    describe_courses,
    group_left_out,
)
from recommender.service.views.unservable import say_unservable
from recommender.store import Connection, PersonHead
from recommender.store.plans.newest import read_newest
from recommender.store.plans.versions import PlanHead, read_reader
from recommender.store.privacy.objections import list_objections
from recommender.store.scope import Scope

_FURTHEST = 2
_ORDER = ("gap", "near", None, "met")


@dataclass(frozen=True)
class PersonCard:
    """What stands above every tab of a person.

    `manager` is a name, empty where there is none. `plan` is the newest that is not cancelled;
    `open_reviews` counts the human reviews asked for and not answered, None where the reader may
    not know of them.
    """

    head: PersonHead
    grade: str
    manager: str
    has_left: bool
    plan: PlanHead | None
    open_reviews: int | None
    tells_accesses: bool


@dataclass(frozen=True)
class GapLine:
    """A competency in the table of gaps; `number` is its place in the framework, from 1."""

    number: int
    competency_id: str
    row: CompetencyRow


@dataclass(frozen=True)
class RatersApart:
    """A competency whose rater types differ by more than a level; `levels` by type."""

    competency_id: str
    name: str
    levels: Mapping[str, float]

    @property
    def ends(self) -> tuple[tuple[str, float], tuple[str, float]]:
        """The lowest and the highest of the levels."""
        ordered = sorted(self.levels.items(), key=lambda pair: pair[1])
        return ordered[0], ordered[-1]


@dataclass(frozen=True)
class GradeProspect:
    """How far a person is from the targets of a grade, `said` in a sentence.

    `counts` are the competencies by where the person stands: ``gap``, ``near``, ``met`` and
    ``assess``; `furthest` names those with the largest gaps, the largest first.
    """

    grade: str
    name: str
    is_own: bool
    is_next: bool
    said: str
    counts: Mapping[str, int]
    furthest: tuple[str, ...]


@dataclass(frozen=True)
class PersonOverview:
    """The first tab of a person.

    Parameters
    ----------
    card : PersonCard
        Whose.
    gaps : Gaps
        Against the grade that was asked for; `headline` says so where it is another.
    lines : tuple of GapLine
        By priority; what is to be assessed first stands before what is met.
    competencies : tuple of CompetencyRow
        The same in framework order, as the radar has them.
    raters_apart : tuple of RatersApart
        As far as the reader may know.
    unservable : tuple of str
        Why no course serves some of the largest priorities.
    ranked : Recommendations
        The ranking.
    courses : tuple of RecommendedCourse
        Its modules, worded.
    left_out : tuple of LeftOutGroup
        All other modules, by reason.
    prospects : tuple of GradeProspect
        The person's grade and those above it.
    notes : tuple of str
        Sittings of exams that count for nothing, and why.
    levels : tuple of str
        Names of the levels from 1.
    """

    card: PersonCard
    gaps: Gaps
    lines: tuple[GapLine, ...]
    competencies: tuple[CompetencyRow, ...]
    raters_apart: tuple[RatersApart, ...]
    unservable: tuple[str, ...]
    ranked: Recommendations
    courses: tuple[RecommendedCourse, ...]
    left_out: tuple[LeftOutGroup, ...]
    prospects: tuple[GradeProspect, ...]
    notes: tuple[str, ...]
    levels: tuple[str, ...]


def read_card(session: Session, person_id: str) -> PersonCard:
    """Read what stands above every tab of a person.

    Raises
    ------
    NotFoundError
        If there is no such person within the principal's scope.
    """
    session.need(Permission.READ_PEOPLE)
    with session.reading() as connection:
        return _read_card(session, connection, person_id)


def read_overview(
    session: Session, person_id: str, *, target_grade: str | None = None, top: int = 5
) -> PersonOverview:
    """Read the first tab of a person, against their grade or a target grade.

    Raises
    ------
    NotFoundError
        If there is no such person within the principal's scope.
    InputError
        If there is no such target grade.
    """
    for permission in (
        Permission.READ_PEOPLE,
        Permission.READ_ASSESSMENTS,
        Permission.READ_RECOMMENDATIONS,
    ):
        session.need(permission)
    framework, lang, today = session.service.framework, session.lang, session.today
    require_target_grade(framework, target_grade, field="query:target_grade")
    with session.reading() as connection:
        card = _read_card(session, connection, person_id)
        own = read_standing(connection, framework, as_of=today, person_ids=[person_id])
        ranked = recommend_modules(
            session,
            person_id,
            RecommendationRequest(top=top, target_grade=target_grade),
            as_of=today,
            render=as_it_is,
        )
        courses = describe_courses(session, connection, ranked)
    standing = aim_at(own, framework, target_grade)
    gaps = word_gaps(framework, describe_gaps(framework, standing, 0), lang)
    rows = competency_rows(framework, gaps, lang)
    prospects = find_prospects(framework, standing, session.service.estimates)
    return PersonOverview(
        card=card,
        gaps=gaps,
        lines=_by_priority(gaps, rows),
        competencies=rows,
        raters_apart=tuple(_find_raters_apart(session, standing, gaps)),
        unservable=say_unservable(prospects, 0, lang=lang),
        ranked=ranked,
        courses=courses,
        left_out=group_left_out(framework, ranked, lang),
        prospects=tuple(_look_ahead(framework, own, card.head.grade, lang)),
        notes=tuple(say_incomplete(framework, each, lang) for each in gaps.incomplete_sittings),
        levels=tuple(level.name.in_language(lang) for level in framework.catalog.levels),
    )


def _read_card(session: Session, connection: Connection, person_id: str) -> PersonCard:
    head, who = session.person(connection, person_id), session.who
    _, _, manager, _ = read_reader(connection, person_id)
    only = Scope(person_id=person_id)
    plans = read_newest(connection, only) if Permission.READ_PLANS in who.permissions else {}
    reviews = None
    if Permission.OBJECT in who.permissions and may_see_objections(who, person_id):
        reviews = len(
            list_objections(connection, only, person_id=person_id, answered=False, limit=100)
        )
    return PersonCard(
        head=head,
        grade=name_grade(session.service.framework, head.grade, session.lang),
        manager=manager,
        has_left=head.left_on is not None and head.left_on <= session.today,
        plan=plans.get(person_id),
        open_reviews=reviews,
        tells_accesses=may_see_accesses(who, person_id),
    )


def _by_priority(gaps: Gaps, rows: Sequence[CompetencyRow]) -> tuple[GapLine, ...]:
    lines = [
        GapLine(number, item.competency_id, row)
        for number, (item, row) in enumerate(zip(gaps.competencies, rows, strict=True), start=1)
    ]
    return tuple(
        sorted(
            lines, key=lambda line: (_ORDER.index(line.row.standing), -(line.row.priority or 0.0))
        )
    )


def _find_raters_apart(session: Session, standing: Standing, gaps: Gaps) -> Iterator[RatersApart]:
    framework = session.service.framework
    for item in gaps.competencies:
        if not item.disagreement:
            continue
        derivation = tell_derivation(
            session.who,
            derive_level(framework, standing, 0, item.competency_id),
            framework.catalog.settings,
        )
        if derivation.disagreement:
            yield RatersApart(
                item.competency_id,
                name_competency(framework, item.competency_id, session.lang),
                _levels_of(derivation.parts),
            )


def _levels_of(parts: Sequence[Mapping[str, Any]]) -> dict[str, float]:
    return {part["rater_type"]: part["level"] for part in parts if part["level"] is not None}


def _look_ahead(
    framework: Framework, own: Standing, grade: str, lang: str
) -> Iterator[GradeProspect]:
    position = framework.grade_ids.index(grade)
    for ahead, name in enumerate(framework.grade_ids[position:]):
        gaps = describe_gaps(framework, aim_at(own, framework, name), 0)
        yield GradeProspect(
            grade=name,
            name=name_grade(framework, name, lang),
            is_own=ahead == 0,
            is_next=ahead == 1,
            said=say_distance(framework, gaps, lang),
            counts=Counter(item.standing or "assess" for item in gaps.competencies),
            furthest=tuple(
                name_competency(framework, item.competency_id, lang)
                for item in list_short(gaps)[:_FURTHEST]
            ),
        )
