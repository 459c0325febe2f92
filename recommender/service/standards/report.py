"""The report on a proposed standard, for the record of those who decide."""

from __future__ import annotations

import numpy as np

from recommender.documents import RenderedPdf
from recommender.documents.standards.document import (
    ChangeRow,
    DecisionRow,
    EvidenceRow,
    PanelRow,
    PlanFigures,
    StandardReport,
    TargetRow,
)
from recommender.documents.standards.pdf import render_standard_report
from recommender.service.groups.table import StatisticsRequest
from recommender.service.plans.reasons import name_competency
from recommender.service.session import Session
from recommender.service.standards.evidence import StandardReview
from recommender.service.standards.reading import APPROVALS, Proposal, read_bases, read_proposal
from recommender.service.standards.reviewing import review_standards
from recommender.service.standards.simulating import Simulation, simulate_standard
from recommender.service.standards.wording import say_finding
from recommender.service.views.actors import name_actors
from recommender.store.people.people import has_synthetic


def write_standard_report(session: Session, proposal_id: str) -> RenderedPdf:
    """Set the report on a proposal; people are counted in it and not named.

    Raises
    ------
    NotFoundError
        If there is no such proposal.
    """
    return render_standard_report(read_report(session, proposal_id), lang=session.lang)


def read_report(session: Session, proposal_id: str) -> StandardReport:
    """Return what the report on a proposal shows; errors as in `write_standard_report`."""
    with session.reading() as connection:
        proposal = read_proposal(session, proposal_id)
        told = simulate_standard(session, proposal_id, with_plans=True)
        review = review_standards(
            session,
            StatisticsRequest(session.today, grade=proposal.stored.grade),
            bases=read_bases(session),
        )
        name = name_actors(session, proposal.actors)
        synthetic = has_synthetic(connection)
    stored, framework, lang = proposal.stored, session.service.framework, session.lang
    grades = {grade.id: grade.name.in_language(lang) for grade in framework.catalog.grades}
    return StandardReport(
        proposal_id=stored.proposal_id,
        catalog=framework.catalog.name.in_language(lang),
        grade=grades.get(stored.grade, stored.grade),
        effective_on=stored.effective_on,
        method=stored.method,
        status=stored.status,
        rationale=stored.rationale,
        author=name(stored.author),
        created_on=stored.created_at.date(),
        findings=tuple(say_finding(framework, each, lang) for each in review.findings),
        evidence=_describe_evidence(session, review),
        targets=tuple(
            TargetRow(
                name_competency(framework, each.competency_id, lang),
                each.old_level,
                each.new_level,
                each.note,
                each.found_of,
                each.found,
                each.lower,
                each.upper,
            )
            for each in proposal.targets
        ),
        experts=proposal.experts,
        panel=_describe_panel(session, proposal),
        as_of=told.as_of,
        people=told.people,
        moved=told.moved,
        changes=_describe_changes(session, told),
        plans=PlanFigures(**vars(told.estimate)) if told.estimate else None,
        decisions=tuple(
            DecisionRow(each.decision, name(each.actor), each.decided_at.date(), each.comment or "")
            for each in proposal.decisions
        ),
        approvals_needed=APPROVALS,
        synthetic=synthetic,
    )


def _describe_evidence(session: Session, review: StandardReview) -> tuple[EvidenceRow, ...]:
    framework, lang = session.service.framework, session.lang
    return tuple(
        EvidenceRow(
            name_competency(framework, row.competency_id, lang),
            row.target,
            row.n_assessed,
            None if row.level is None else (row.level.p25, row.level.p50, row.level.p75),
            None
            if row.share_met is None
            else (row.share_met.value, row.share_met.lower, row.share_met.upper),
        )
        for grade in review.grades
        for row in grade.targets
    )


def _describe_panel(session: Session, proposal: Proposal) -> tuple[PanelRow, ...]:
    panel = proposal.panel
    if panel is None:
        return ()
    first, second = proposal.answers(1), proposal.answers(2)
    rows: list[PanelRow] = []
    for k, target in enumerate(proposal.targets):
        if np.isnan(first[:, k]).all() and np.isnan(second[:, k]).all():
            continue
        both = tuple(
            (None if np.isnan(one) else one, None if np.isnan(other) else other)
            for one, other in zip(first[:, k].tolist(), second[:, k].tolist(), strict=True)
        )
        rows.append(
            PanelRow(
                name_competency(session.service.framework, target.competency_id, session.lang),
                both,
                *(
                    float(each[k])
                    for each in (panel.first_mean, panel.first_spread, panel.mean, panel.spread)
                ),
                n_changed=int(panel.n_changed[k]),
            )
        )
    return tuple(rows)


def _describe_changes(session: Session, told: Simulation) -> tuple[ChangeRow, ...]:
    framework, lang = session.service.framework, session.lang
    return tuple(
        ChangeRow(
            name_competency(framework, row.competency_id, lang),
            row.assessed,
            row.below_before,
            row.below_after,
            row.opened,
            row.closed,
        )
        for row in told.rows
    )
