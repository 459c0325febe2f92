"""The review of the standard: what people show against the targets, and what calls for a change."""

from __future__ import annotations

from collections.abc import Mapping

from recommender.service.framework import profiles_in_force
from recommender.service.groups.statistics import read_table
from recommender.service.groups.table import GroupTable, StatisticsRequest
from recommender.service.permissions import Role, round_count
from recommender.service.session import Session
from recommender.service.standards.basis import find_basis
from recommender.service.standards.evidence import GradeEvidence, StandardReview, Unchecked
from recommender.service.standards.item_evidence import ItemReview, review_items
from recommender.service.standards.rated import choose_sample, list_items, read_rated
from recommender.service.standards.target_evidence import describe_targets, judge_table
from recommender.standards import Finding, StandardBasis, Trigger, compare_bases, find_due_day
from recommender.store import EVERYONE
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
    # one state of the database for all of it; a table within is read with the same connection
    with session.reading() as connection:
        table, exactly = read_table(session, request)
        framework = session.service.framework
        whole = session.who.role is Role.ANALYST or session.who.scope.everyone
        told_of_items = session.who.role in (Role.HR, Role.ADMIN) or (
            # two units, or a unit and all, would tell what lies between them
            session.who.role is Role.ANALYST and request.org_unit is None
        )
        items = list_items(framework)
        members = table.members(table.top, 0)
        ids = [
            head.person_id
            for head, is_member in zip(table.people, members, strict=True)
            if is_member
        ]
        sample = choose_sample(ids)
        rated = (
            read_rated(
                connection,
                framework,
                items,
                sample,
                as_of=table.as_of,
                scope=EVERYONE if whole else session.who.scope,
                with_imported=whole and not table.top,
            )
            if told_of_items
            else None
        )
    review = (
        review_items(framework, items, rated, exactly=exactly)
        if rated is not None
        else ItemReview(unchecked=tuple(Unchecked(t, "not-told") for t in _BY_RATINGS))
    )
    judged = judge_table(table)
    derived = derived_profile_weights(framework.catalog)
    profiles = profiles_in_force(framework, table.as_of)
    months = framework.catalog.settings.standard_review_months
    grades: list[GradeEvidence] = []
    findings: list[Finding] = []
    unchecked: list[Unchecked] = []
    for cell, grade in enumerate(framework.grade_ids, start=1):
        if table.cell not in (0, cell):
            continue
        profile = profiles[grade]
        due_on = find_due_day(
            profile.effective_on, review_on=profile.review_on, review_months=months
        )
        if due_on <= session.today:
            findings.append(Finding(Trigger.REVIEW_DUE, grade=grade, on=due_on))
        n_people = int(table.n_people[table.units.index(table.top), cell])
        targets, alarms, left = describe_targets(
            table, judged, cell, derived.get(grade, {}), exactly=exactly
        )
        grades.append(
            GradeEvidence(
                grade=grade,
                effective_on=profile.effective_on,
                review_due_on=due_on,
                n_people=n_people if exactly else round_count(n_people),
                targets=targets,
            )
        )
        changed, unknown = _compare_jobs(table, grade, bases.get(grade), derived.get(grade))
        findings += alarms + changed
        unchecked += left + unknown
    n_members = len(ids)
    return StandardReview(
        as_of=table.as_of,
        org_unit=table.top or None,
        n_people=n_members if exactly else round_count(n_members),
        n_sampled=None if rated is None else (len(sample) if exactly else round_count(len(sample))),
        grades=tuple(grades),
        items=review.items,
        exams=review.exams,
        agreement=review.agreement,
        findings=(*findings, *review.findings),
        unchecked=(*unchecked, *review.unchecked),
    )


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
