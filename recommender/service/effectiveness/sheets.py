"""The figures of a module's effect in words, level by level."""

from __future__ import annotations

import math
from collections.abc import Iterable

from recommender.documents.effectiveness.document import (
    Bar,
    EffectivenessSheet,
    Group,
    Level,
    Line,
)
from recommender.documents.figures import decimal, hours, money, percent, sentences, signed
from recommender.service.effectiveness.results import (
    Behaviour,
    CostPerLevel,
    Estimate,
    Learning,
    ModuleEffectiveness,
    Part,
    Reaction,
    Reason,
    Result,
)
from recommender.service.effectiveness.wording import say_reason
from recommender.service.framework import Framework
from recommender.texts import say

_Scale = tuple[float, float, float]
# the ends of the scales, the same for every module, and what a figure is compared with
_SCORES: _Scale = (1.0, 5.0, 3.0)
_POINTS: _Scale = (-20.0, 60.0, 0.0)
_LEVELS: _Scale = (-0.4, 1.2, 0.0)
_RETURNS: _Scale = (-1.0, 3.0, 0.0)
# what keeps an effect from having a return; told there, and not with the effect
_UNPRICED = ("no-value", "no-cost", "no-hourly-cost")


class Wording:
    """Puts what is known of modules into the words of one language.

    Parameters
    ----------
    framework : Framework
        The catalogue that names things.
    lang : str
        ``zh-CN`` or ``en``.
    """

    def __init__(self, framework: Framework, lang: str) -> None:
        self._framework, self._lang = framework, lang
        self._figures = {figure.id: figure for figure in framework.catalog.business_figures}
        self._grades = {
            grade.id: grade.name.in_language(lang) for grade in framework.catalog.grades
        }

    def sheet(
        self, effectiveness: ModuleEffectiveness, *, basis: Iterable[str], synthetic: bool
    ) -> EffectivenessSheet:
        """Return all that is shown of a module; `basis` are lines for its foot."""
        module = self._framework.module_of[effectiveness.module_id]
        verdict = effectiveness.verdict
        return EffectivenessSheet(
            module_id=module.id,
            title=module.title.in_language(self._lang),
            facts=(
                (self._say("modality"), say(f"modality.{module.modality}", self._lang)),
                (self._say("hours"), hours(module.hours)),
                (self._say("cost"), self._money(module.cost)),
            ),
            decision=verdict.decision,
            verdict=self.verdict(verdict.decision),
            reasons=self._sentences(verdict.reasons),
            needs=self._sentences(verdict.needs),
            levels=(
                self._level("reaction", [self._reaction(effectiveness.reaction)]),
                self._level("learning", map(self._learning, effectiveness.learning)),
                self._level("behaviour", map(self._behaviour, effectiveness.behaviour)),
                self._level("results", map(self._result, effectiveness.results)),
                self._level("return", self._returns(effectiveness)),
            ),
            groups=tuple(map(self._group, effectiveness.behaviour[0].parts)),
            basis=tuple(basis),
            synthetic=synthetic,
        )

    def verdict(self, decision: str) -> str:
        """Return what to do with a module, in a word or two."""
        return say(f"effectiveness.decision.{decision}", self._lang)

    def reason(self, reason: Reason) -> str:
        """Return a reason as a sentence."""
        return sentences([say_reason(reason, self._lang)], lang=self._lang)

    def _sentences(self, reasons: Iterable[Reason]) -> tuple[str, ...]:
        # of some cautions there is nothing to say of a single module
        return tuple(said for each in reasons if (said := self.reason(each)))

    def interval(self, estimate: Estimate, digits: int, *, share: int = 95) -> str:
        """Return the interval of a figure; a dash stands for an end that is not known."""
        ends = (decimal(end, digits=digits) for end in (estimate.lower, estimate.upper))
        low, high = ends
        return self._say("from_to", share=share, low=low, high=high)

    def _say(self, key: str, **values: object) -> str:
        return say(f"effectiveness.sheet.{key}", self._lang, **values)

    def _money(self, amount: float) -> str:
        text = money(abs(round(amount)))
        return f"{'−' if amount < 0 else ''}¥{text}"

    def _people(self, count: int | None) -> str:
        # None: fewer than are told
        return self._say("few") if count is None else self._say("count", count=f"{count:,}")

    def _number(self, count: int | None) -> str:
        return self._say("few_number") if count is None else f"{count:,}"

    def _level(self, key: str, lines: Iterable[Line]) -> Level:
        told = tuple(lines) or (Line(self._say(f"figure_{key}"), missing=self._say(f"none_{key}")),)
        return Level(key, self._say(f"level_{key}"), self._say(f"question_{key}"), told)

    def _refuse(self, label: str, reason: Reason, key: str, cautions: Iterable[str] = ()) -> Line:
        return Line(
            label,
            cautions=tuple(cautions),
            missing=self.reason(reason),
            remedy=self._say(f"remedy_{key}"),
        )

    def _reaction(self, reaction: Reaction) -> Line:
        label = self._say("figure_reaction")
        if reaction.score is None:
            assert reaction.missing is not None
            return self._refuse(label, reaction.missing, "reaction")
        rests_on = self._say("answers", count=reaction.answers or 0)
        if reaction.response_rate is not None:
            rests_on += self._say("response", share=percent(reaction.response_rate))
        return Line(
            label,
            decimal(reaction.score.value, digits=1),
            self.interval(reaction.score, 1),
            rests_on,
            _bar(reaction.score, _SCORES),
        )

    def _learning(self, learning: Learning) -> Line:
        label = self._competency(learning.competency_id)
        if learning.gain is None:
            assert learning.missing is not None
            return self._refuse(label, learning.missing, "learning")
        scores = {
            name: decimal(score, digits=0)
            for name, score in (("before", learning.before), ("after", learning.after))
        }
        return Line(
            label,
            self._say("points", value=signed(learning.gain.value, digits=1)),
            self.interval(learning.gain, 1),
            self._people(learning.people),
            _bar(learning.gain, _POINTS),
            (self._say("before_after", **scores), *self._sentences(learning.cautions)),
        )

    def _behaviour(self, behaviour: Behaviour) -> Line:
        label = self._competency(behaviour.competency_id)
        cautions = [*self._sentences(behaviour.cautions)]
        if behaviour.raw_gain is not None:
            raw = self._say("unadjusted", value=signed(behaviour.raw_gain, digits=2))
            cautions = [raw, *cautions]
        if behaviour.gain is None:
            assert behaviour.missing is not None
            return self._refuse(label, behaviour.missing, "behaviour", cautions)
        is_own = behaviour.basis == "measured"
        rests_on = self._say(
            "measured" if is_own else "pooled", count=f"{behaviour.evidence_count:,}"
        )
        return Line(
            label,
            self._levels(behaviour.gain),
            self.interval(behaviour.gain, 2, share=90),
            rests_on,
            _bar(behaviour.gain, _LEVELS, known=is_own),
            tuple(cautions),
        )

    def _result(self, result: Result) -> Line:
        figure = self._figures[result.figure_id]
        label = figure.name.in_language(self._lang)
        if result.effect is None:
            assert result.missing is not None
            return self._refuse(label, result.missing, "results")
        unit = figure.unit.in_language(self._lang)
        digits = _digits(result.effect.value)
        cautions = [*self._sentences(c for c in result.cautions if c.code not in _UNPRICED)]
        if result.placebo is not None:
            placebo = {
                "value": signed(result.placebo.value, digits=digits),
                "interval": self.interval(result.placebo, digits),
            }
            cautions = [self._say("placebo", **placebo), *cautions]
        return Line(
            label,
            self._say("per_month", value=signed(result.effect.value, digits=digits), unit=unit),
            self.interval(result.effect, digits),
            self._say(
                "compared",
                treated=self._number(result.treated),
                controls=self._number(result.controls),
            ),
            None,
            tuple(cautions),
        )

    def _returns(self, effectiveness: ModuleEffectiveness) -> list[Line]:
        lines = [
            self._return(result) for result in effectiveness.results if result.effect is not None
        ]
        if effectiveness.cost_per_level is not None:
            lines.append(self._cost_per_level(effectiveness.cost_per_level))
        return lines

    def _return(self, result: Result) -> Line:
        label = self._say(
            "return_of", figure=self._figures[result.figure_id].name.in_language(self._lang)
        )
        unpriced = [each for each in result.cautions if each.code in _UNPRICED]
        back = result.return_
        if back is None:
            return self._refuse(label, unpriced[0], "return")
        amounts = self._say(
            "amounts",
            benefit=self._money(back.benefit.value),
            cost=self._money(back.cost),
            net=self._money(back.net.value),
        )
        return Line(
            label,
            signed(100 * back.roi.value, digits=0) + "%",
            self.interval(back.roi.times(100.0), 0),
            self._people(result.treated),
            _bar(back.roi, _RETURNS, known=result.is_trusted),
            (
                amounts,
                *self._sentences(unpriced),
                *(() if result.is_trusted else (self._say("not_trusted"),)),
            ),
        )

    def _cost_per_level(self, cost: CostPerLevel) -> Line:
        if math.isinf(cost.upper):
            interval = self._say("at_least", low=self._money(cost.lower))
        else:
            ends = {"low": self._money(cost.lower), "high": self._money(cost.upper)}
            interval = self._say("from_to", share=90, **ends)
        value = self._money(cost.value) if cost.is_settled else ""
        return Line(self._say("cost_per_level"), value, interval)

    def _group(self, part: Part) -> Group:
        kind = self._say(f"kind_{part.kind}")
        name = part.id
        if part.kind == "level":
            name = self._say("reached", level=part.id)
        elif part.kind == "grade":
            name = self._grades[part.id]
        gain = part.gain
        if gain is None:
            return Group(kind, name, self._say("few"), "", "", None)
        return Group(
            kind,
            name,
            self._number(part.people),
            self._levels(gain),
            self.interval(gain, 2),
            _bar(gain, _LEVELS),
        )

    def _levels(self, gain: Estimate) -> str:
        return self._say("levels", value=signed(gain.value, digits=2))

    def _competency(self, competency_id: str) -> str:
        return self._framework.competencies[competency_id].name.in_language(self._lang)


def _digits(value: float) -> int:
    """Return how many decimals a business figure is shown with: so that two digits are left."""
    return 0 if abs(value) >= 10 else 2


def _bar(estimate: Estimate, scale: _Scale, *, known: bool = True) -> Bar:
    """Lay a figure on a scale; `known` is false where it is no figure of the module itself."""
    least, most, goal = scale

    def place(value: float) -> float:
        return round(min(max((value - least) / (most - least), 0.0), 1.0), 4)

    settled = estimate.lower > goal or estimate.upper < goal
    return Bar(
        place(estimate.value),
        place(estimate.lower),
        place(estimate.upper),
        place(goal),
        settled and known,
    )
