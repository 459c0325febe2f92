"""The watch of the service: are groups treated alike, and does the model in force still hold."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

import numpy as np

from recommender.arrays import FloatArray
from recommender.documents.typesetting import RenderedPdf
from recommender.documents.watch.document import (
    MEASURES,
    Compared,
    Estimate,
    Finding,
    GroupLine,
    InputLine,
    Measure,
    Predicted,
    WatchReport,
)
from recommender.documents.watch.pdf import render_council_pdf
from recommender.service.groups.quarters import find_quarter_end
from recommender.service.permissions import Permission, Role
from recommender.service.session import Session
from recommender.service.watch.comparing import compare_people
from recommender.service.watch.groups import Grouping, list_groupings
from recommender.service.watch.model import INDEX_TOLERANCE, read_watched_model
from recommender.service.watch.people import read_watched_people
from recommender.service.watch.predictions import (
    check_model,
    compare_predictions,
    tell_all_predictions,
)
from recommender.service.watch.telling import Check, Telling
from recommender.store import EVERYONE
from recommender.store.provision import count_objections
from recommender.watch.alarms import choose_alarms

FEWEST_PEOPLE = 5
_ORDER = ("unit", "tenure", "grade", None)


def watch_model(session: Session, as_of: dt.date, *, for_all: bool = False) -> WatchReport:
    """Say whether groups are treated alike and the model in force holds; coarsely `for_all`.

    Raises
    ------
    ConflictError
        If somebody's grade is not one of the catalogue.
    StoreError
        If another thread works out the levels of many people, and has for long.
    """
    session.need(Permission.READ_MODELS)
    session.need(Permission.READ_STATISTICS)
    scope = EVERYONE if session.who.role is Role.ANALYST else session.who.scope
    telling = Telling(exact=session.who.sees_people and not for_all)
    as_of = min(as_of, session.today)
    if not telling.exact:
        # of quarters that have ended: from day to day, two reports would differ by one person
        as_of = find_quarter_end(as_of)
    with session.reading() as connection:
        watched = read_watched_people(session, scope, as_of)
        model = read_watched_model(session, as_of)
        objections = count_objections(connection, scope, since=watched.first_on, until=as_of)
    untested, n_people = model.untested, len(watched.people)
    groupings: tuple[Grouping, ...] = ()
    if n_people < FEWEST_PEOPLE:
        untested = (*untested, "few-people")
    else:
        groupings = list_groupings(session.service.framework, watched.people, as_of)
    checks = check_model(model)
    lines: list[GroupLine] = []
    for grouping in groupings:
        compared = compare_people(watched, grouping, telling)
        checks += compared.checks
        predicted: tuple[Predicted | None, ...] = (None,) * len(grouping.labels)
        if model.records is not None:
            predicted, findings = compare_predictions(watched, grouping, model.records, telling)
            checks += findings
        lines += [
            # of a group whose size is not told, no figure is
            GroupLine(grouping.dimension, label, people, measures, outcome)
            if people
            else GroupLine(grouping.dimension, label, None, {}, None)
            for label, people, measures, outcome in zip(
                grouping.labels,
                compared.people,
                _by_group(compared.measures),
                predicted,
                strict=True,
            )
        ]
    in_force = [
        switch
        for switch in session.service.models.switches()
        if switch.model_id == session.service.models.active()
    ]
    card = model.card
    return WatchReport(
        as_of=as_of,
        first_on=watched.first_on,
        exact=telling.exact,
        model_id=session.service.models.active(),
        in_force_since=in_force[-1].time.date() if card and in_force else None,
        trained_until=card.last_day if card else None,
        people=telling.count(n_people),
        totals={name: _mean(watched.values[name], telling) for name in MEASURES},
        lines=tuple(lines),
        predicted=tell_all_predictions(model.records, telling) if model.records else None,
        inputs=tuple(
            InputLine(
                drift.name,
                telling.count(drift.people) or 0,
                round(drift.index, 2),
                INDEX_TOLERANCE,
            )
            for drift in model.inputs
            if np.isfinite(drift.index)
        ),
        findings=_find(checks),
        tests=len(checks),
        untested=untested,
        switches=tuple(
            # up to now: what was just put in force is what the report is made for
            switch
            for switch in reversed(session.service.models.switches())
            if switch.time.date() >= watched.first_on
        ),
        objections=objections.made,
        answered=objections.answered,
        synthetic=any(head.synthetic for head in watched.people),
        names={
            grade.id: grade.name.in_language(session.lang)
            for grade in session.service.framework.catalog.grades
        },
    )


def make_council_report(session: Session, as_of: dt.date) -> RenderedPdf:
    """Set the report for the works council, told so that it says nothing of single people.

    Raises
    ------
    ConflictError, StoreError
        As in `watch_model`.
    """
    return render_council_pdf(watch_model(session, as_of, for_all=True), lang=session.lang)


def _mean(values: FloatArray, telling: Telling) -> float | None:
    known = values[np.isfinite(values)]
    return telling.figure(float(known.mean())) if known.size >= FEWEST_PEOPLE else None


def _by_group(
    measures: Mapping[Measure, Sequence[Compared | None]],
) -> Iterator[dict[Measure, Compared | None]]:
    for figures in zip(*measures.values(), strict=True):
        yield dict(zip(measures, figures, strict=True))


def _find(checks: Sequence[Check]) -> tuple[Finding, ...]:
    chosen = choose_alarms(np.array([check.p_value for check in checks]))
    findings = [
        _shorten(check.finding) for check, is_one in zip(checks, chosen, strict=True) if is_one
    ]
    # within a kind, the farthest beyond what is tolerated comes first
    findings.sort(
        key=lambda each: (not each.is_alarm, _ORDER.index(each.dimension), -_excess(each))
    )
    return tuple(findings)


def _excess(finding: Finding) -> float:
    meant = finding.usual or 0.0 if finding.code in ("slope", "coverage") else 0.0
    return abs(finding.found.figure - meant) / finding.threshold


def _shorten(finding: Finding) -> Finding:
    # of twenty people at least, so that two decimals say nothing of one
    return replace(
        finding,
        found=Estimate(*(round(value, 2) for value in finding.found)),
        usual=None if finding.usual is None else round(finding.usual, 2),
        threshold=round(finding.threshold, 2),
    )
