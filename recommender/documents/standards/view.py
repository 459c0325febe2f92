"""The report on a proposed standard in words and figures: a list of sections, to be arranged."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import Any

from recommender.documents.figures import (
    day,
    decimal,
    hours,
    money,
    percent,
    signed,
    target,
)
from recommender.documents.standards.document import (
    EvidenceRow,
    PanelRow,
    StandardReport,
    TargetRow,
)
from recommender.texts import say

View = dict[str, Any]


class ReportView:
    """The words of a report in one language."""

    def __init__(self, report: StandardReport, lang: str) -> None:
        self.report = report
        self.lang = lang

    def say(self, name: str, **values: object) -> str:
        """Return a text of the report."""
        return say(f"standards.report.{name}", self.lang, **values)

    def whole(self) -> View:
        """Return all that the template arranges."""
        report = self.report
        return {
            "lang": self.lang,
            "title": self.say("title", grade=report.grade),
            "catalog": report.catalog,
            "proposal_id": report.proposal_id,
            "page": self.say("page"),
            "synthetic": say("evaluation.synthetic", self.lang) if report.synthetic else "",
            "facts": [
                [self.say("from"), day(report.effective_on)],
                [self.say("method"), say(f"standards.method.{report.method}", self.lang)],
                [self.say("status"), say(f"standards.status.{report.status}", self.lang)],
                [self.say("author"), f"{report.author}　{day(report.created_on)}"],
            ],
            "sections": list(self._sections()),
        }

    def _sections(self) -> Iterator[View]:
        report = self.report
        yield self._section("rationale", [report.rationale])
        yield self._section(
            "evidence",
            [
                self.say("evidence_said", day=day(report.as_of)),
                *(f"· {each}" for each in report.findings),
            ],
            ["competency", "target", "assessed", "levels", "met"],
            [self._evidence(each) for each in report.evidence],
            left=("competency",),
        )
        changed = sum(each.old_level != each.new_level for each in report.targets)
        yield self._section(
            "targets",
            [self.say("targets_said", changed=changed, of=len(report.targets))],
            ["competency", "old", "new", "found", "of", "note"],
            [self._target(each) for each in report.targets],
            left=("competency", "note"),
        )
        yield self._section("method", [self.say(f"method_{report.method}")])
        if report.panel:
            yield self._section(
                "panel",
                [self.say("panel_said", experts=len(report.experts))],
                ["competency", "first", "second", "moved_experts"],
                [self._panel(each) for each in report.panel],
                left=("competency",),
            )
            yield {
                "heading": self.say("judgements"),
                "said": [self.say("judgements_said")],
                "heads": [say("standards.column.competency", self.lang), *report.experts],
                "left": [0],
                "rows": [[each.competency, *map(_both, each.judgements)] for each in report.panel],
            }
        yield self._simulation()
        yield self._section(
            "decisions",
            [self.say("decisions_said", needed=report.approvals_needed)],
            ["decision", "by", "day", "comment"] if report.decisions else (),
            [
                [
                    say(f"standards.status.{each.decision}", self.lang),
                    each.actor,
                    day(each.decided_on),
                    each.comment,
                ]
                for each in report.decisions
            ],
            left=("decision", "by", "day", "comment"),
        )

    def _simulation(self) -> View:
        report = self.report
        count = self._count
        said = [
            self.say(
                "simulation_said",
                day=day(report.as_of),
                people=count(report.people),
                moved=count(report.moved),
            )
        ]
        if report.plans:
            plans = report.plans
            before, after = round(plans.hours_before), round(plans.hours_after)
            said.append(
                self.say(
                    "plans_said",
                    affected=plans.affected,
                    tried=plans.tried,
                    hours_before=hours(before),
                    hours_after=hours(after),
                    hours=signed(after - before, digits=0),
                    cost_before=money(round(plans.cost_before)),
                    cost_after=money(round(plans.cost_after)),
                )
            )
        return self._section(
            "simulation",
            said,
            ["competency", "assessed", "below", "then", "opened", "closed"],
            [
                [
                    each.competency,
                    *map(
                        count,
                        (
                            each.assessed,
                            each.below_before,
                            each.below_after,
                            each.opened,
                            each.closed,
                        ),
                    ),
                ]
                for each in report.changes
            ],
            left=("competency",),
        )

    def _section(
        self,
        name: str,
        said: Sequence[str],
        heads: Sequence[str] = (),
        rows: Sequence[Sequence[str]] = (),
        *,
        left: Sequence[str] = (),
    ) -> View:
        return {
            "heading": self.say(f"heading.{name}"),
            "said": list(said),
            "heads": [say(f"standards.column.{head}", self.lang) for head in heads],
            "left": [place for place, head in enumerate(heads) if head in left],
            "rows": [list(row) for row in rows],
        }

    def _evidence(self, row: EvidenceRow) -> list[str]:
        levels = met = "–"
        if row.quartiles:
            lower, median, upper = (decimal(each, digits=1) for each in row.quartiles)
            levels = median + self.say("range", lower=lower, upper=upper)
        if row.met:
            share, lower, upper = map(percent, row.met)
            met = share + self.say("range", lower=lower, upper=upper)
        return [row.competency, target(row.target), self._count(row.assessed), levels, met]

    def _target(self, row: TargetRow) -> list[str]:
        found = decimal(row.found, digits=2) if row.found is not None else "–"
        if row.lower is not None and not math.isnan(row.lower):
            found += self.say(
                "range",
                lower=decimal(row.lower, digits=2),
                upper=decimal(row.upper, digits=2),
            )
        new = target(row.new_level)
        if row.new_level != row.old_level:
            new = f"{new} {'↑' if row.new_level > row.old_level else '↓'}"
        of = "–" if row.found_of is None else str(row.found_of)
        return [row.competency, target(row.old_level), new, found, of, row.note]

    def _panel(self, row: PanelRow) -> list[str]:
        return [
            row.competency,
            _spread(row.first_mean, row.first_spread),
            _spread(row.mean, row.spread),
            str(row.n_changed),
        ]

    def _count(self, number: int | None) -> str:
        return self.say("few") if number is None else str(number)


def _spread(mean: float, spread: float) -> str:
    if math.isnan(mean):
        return "–"
    shown = decimal(mean, digits=2)
    return shown if math.isnan(spread) else f"{shown} ± {decimal(spread, digits=2)}"


def _both(answers: tuple[float | None, float | None]) -> str:
    return " → ".join("–" if each is None else f"{each:g}" for each in answers)
