"""The review of the standard: what people show against the targets, and what calls for a change."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from recommender.service.framework import profiles_in_force
from recommender.service.groups.statistics import read_table
from recommender.service.groups.table import GroupTable, StatisticsRequest
from recommender.service.permissions import Role, round_count
from recommender.service.session import Session
from recommender.service.standards.basis import find_basis
from recommender.service.standards.evidence import GradeEvidence, StandardReview, Unchecked
from recommender.service.standards.item_evidence import ItemReview, review_items
from recommender.service.standards.rated import choose_sample, list_items, read_rated
from recommender.service.standards.target_evidence import describe_grades
from recommender.standards import Finding, StandardBasis, Trigger, compare_bases, find_due_day
from recommender.store import EVERYONE, Connection
from training_catalog.weights import derived_profile_weights

_BY_RATINGS = (
    Trigger.INDICATOR_FLAT,
    Trigger.SUBJECT_FLAT,
    Trigger.RATERS_DISAGREE,
    Trigger.RATINGS_SHIFTED,
)


def review_standards(
    session: Session,
    request: StatisticsRequest,
    *,
    bases: Mapping[str, StandardBasis] | None = None,
) -> StandardReview:
    """Gather the evidence on the targets of a grade, or of all, and say what calls for a review.

    Figures are of the people within the principal's scope; an analyst's are of everybody. Items and
    raters are told of to HR and analysts, who either know the ratings anyway or see no single
    person. `bases` are what standards were set for, by grade, as far as that was recorded.

    Raises
    ------
    NotFoundError
        If there is no such unit within the principal's scope, or no such grade.
    """
    bases = bases or {}
    framework = session.service.framework
    # one state of the database for all of it: what is read within takes the same connection
    with session.reading() as connection:
        table, exactly = read_table(session, request)
        ids = _list_ids(table)
        sample = choose_sample(ids)
        review = _review_ratings(session, connection, table, sample, exactly=exactly)
    derived = derived_profile_weights(framework.catalog)
    profiles = profiles_in_force(framework, table.as_of)
    months = framework.catalog.settings.standard_review_months
    grades: list[GradeEvidence] = []
    findings: list[Finding] = []
    unchecked: list[Unchecked] = []
    for cell, told in enumerate(describe_grades(table, derived, exactly=exactly), start=1):
        if table.cell not in (0, cell):
            continue
        profile = profiles[told.grade]
        due_on = find_due_day(
            profile.effective_on, review_on=profile.review_on, review_months=months
        )
        if due_on <= session.today:
            findings.append(Finding(Trigger.REVIEW_DUE, grade=told.grade, on=due_on))
        grades.append(
            GradeEvidence(told.grade, profile.effective_on, due_on, told.n_people, told.targets)
        )
        changed, unknown = _compare_jobs(
            table, told.grade, bases.get(told.grade), derived.get(told.grade)
        )
        findings += [*told.findings, *changed]
        unchecked += [*told.unchecked, *unknown]
    count = int if exactly else round_count
    return StandardReview(
        as_of=table.as_of,
        org_unit=table.top or None,
        n_people=count(len(ids)),
        n_sampled=count(len(sample)) if review.items else None,
        grades=tuple(grades),
        items=review.items,
        exams=review.exams,
        agreement=review.agreement,
        findings=(*findings, *review.findings),
        unchecked=(*unchecked, *review.unchecked),
    )


def _list_ids(table: GroupTable) -> list[str]:
    inside = table.members(table.top, 0)
    return [head.person_id for head, inside in zip(table.people, inside, strict=True) if inside]


def _review_ratings(
    session: Session,
    connection: Connection,
    table: GroupTable,
    person_ids: Sequence[str],
    *,
    exactly: bool,
) -> ItemReview:
    """Review items and raters by the ratings of some people, for those who are told of them."""
    who, framework = session.who, session.service.framework
    is_told = who.role in (Role.HR, Role.ADMIN) or (
        # two units, or a unit and all, would tell what lies between them
        who.role is Role.ANALYST and not table.top
    )
    if not is_told:
        return ItemReview(unchecked=tuple(Unchecked(each, "not-told") for each in _BY_RATINGS))
    whole = who.role is Role.ANALYST or who.scope.everyone
    items = list_items(framework)
    rated = read_rated(
        connection,
        framework,
        items,
        person_ids,
        as_of=table.as_of,
        scope=EVERYONE if whole else who.scope,
        with_imported=whole and not table.top,
    )
    return review_items(framework, items, rated, exactly=exactly)


def _compare_jobs(
    table: GroupTable,
    grade: str,
    then: StandardBasis | None,
    derived: Mapping[str, float] | None,
) -> tuple[list[Finding], list[Unchecked]]:
    """Compare job profile and lines of business with those that a standard was set for."""
    catalog = table.framework.catalog
    if then is not None:
        changed, elements, units = compare_bases(then, find_basis(catalog, grade, table.people))
        findings = [
            Finding(trigger, grade=grade, names=names)
            for trigger, names in (
                (Trigger.JOB_PROFILE_CHANGED, changed),
                (Trigger.NEW_BUSINESS_LINE, (*elements, *units)),
            )
            if names
        ]
        return findings, []
    unchecked = [Unchecked(Trigger.NEW_BUSINESS_LINE, "no-basis", grade)]
    if derived is None:
        return [], [*unchecked, Unchecked(Trigger.JOB_PROFILE_CHANGED, "no-job-profile", grade)]
    # without a record the weights tell: they were derived from the job profile of their day
    targets = profiles_in_force(table.framework, table.as_of)[grade].targets
    findings = [
        Finding(
            Trigger.JOB_PROFILE_CHANGED,
            grade=grade,
            competency_id=name,
            figure=derived[name],
            limit=targets[name].weight,
        )
        for name in table.framework.competency_ids
        if abs(derived[name] - targets[name].weight) > 1e-9
    ]
    return findings, unchecked
