"""Effect models as their pages show them: the list, and one model beside its rivals."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from recommender.documents.evaluation.comparison import better_rivals, model_names
from recommender.documents.evaluation.document import EvaluationReport
from recommender.documents.evaluation.ranges import FEW, find_share_range
from recommender.documents.evaluation.view import (
    FEW_JUDGED,
    say_outcome,
    say_slope,
    warning_sentences,
)
from recommender.documents.figures import percent, sentences
from recommender.errors import ModelError
from recommender.improvement.evaluation import GainBins, IntervalCoverage
from recommender.improvement.registry import ModelCard, Switch
from recommender.service.learning.promotion import ModelHead, list_models, read_model
from recommender.service.learning.report import read_report
from recommender.service.session import Session
from recommender.service.views.actors import name_actors
from recommender.significance import NORMAL_95
from recommender.texts import explain, say

_PROBLEMS = {
    "registry.earlier-release": "models.earlier_release",
    "registry.other-scikit-learn": "models.other_library",
    "registry.unsigned": "models.unsigned",
    "registry.wrong-signature": "models.unsigned",
}


@dataclass(frozen=True)
class ModelLine:
    """A model of the list.

    Parameters
    ----------
    head : ModelHead
        The model.
    problem : str
        What is wrong with a broken one; else empty.
    rmse, slope, coverage : float or None
        Error in levels, calibration slope and share of 90 % ranges that held, on records that it
        did not learn from; None where it was not judged.
    """

    head: ModelHead
    problem: str
    rmse: float | None
    slope: float | None
    coverage: float | None


@dataclass(frozen=True)
class Registry:
    """The models, the newest first, and what was done with them.

    Parameters
    ----------
    lines : tuple of ModelLine
        All of them.
    active : ModelLine or None
        The one in force.
    previous : ModelLine or None
        The model that a rollback goes back to, which passes over those that cannot be used.
    switches : tuple of (Switch, str)
        The last twenty with who made them, the latest first.
    """

    lines: tuple[ModelLine, ...]
    active: ModelLine | None
    previous: ModelLine | None
    switches: tuple[tuple[Switch, str], ...]


@dataclass(frozen=True)
class Rival:
    """A model or baseline beside the judged one, on records that neither learned from.

    Parameters
    ----------
    name : str
        In words.
    is_own, in_force : bool
        Whether it is the judged one, or the one that was in force then.
    rmse, lower, upper : float
        Error in levels, and the 95 % interval of its difference from the judged one, laid at the
        error of that; NaN where it is not known.
    r_squared, slope, cold_rmse : float
        Share of variance explained, calibration slope, and the error on courses without records.
    """

    name: str
    is_own: bool
    in_force: bool
    rmse: float
    lower: float
    upper: float
    r_squared: float
    slope: float
    cold_rmse: float


@dataclass(frozen=True)
class CoverageLine:
    """How many ranges held in a group; `few` where too few records say anything."""

    group: str
    count: int
    share: float
    lower: float
    upper: float
    few: bool


@dataclass(frozen=True)
class CalibrationLine:
    """A group of records with similar predictions: means in levels, with a 95 % interval."""

    predicted: float
    measured: float
    lower: float
    upper: float
    count: int


@dataclass(frozen=True)
class Judgement:
    """How good a model is, on records that it did not learn from.

    Parameters
    ----------
    lead, rest : tuple of str
        Sentences.
    rivals : tuple of Rival
        The smallest error first.
    ends : tuple of float
        Between which errors all ranges of the rivals lie.
    n_records : int
        Records judged on.
    bins : GainBins
        For the picture of the calibration.
    calibration : tuple of CalibrationLine
        The same as figures.
    coverage : tuple of (str, tuple of CoverageLine)
        By what the groups are.
    cautions : tuple of str
        What limits the model.
    """

    lead: tuple[str, ...]
    rest: tuple[str, ...]
    rivals: tuple[Rival, ...]
    ends: tuple[float, float]
    n_records: int
    bins: GainBins
    calibration: tuple[CalibrationLine, ...]
    coverage: tuple[tuple[str, tuple[CoverageLine, ...]], ...]
    cautions: tuple[str, ...]


@dataclass(frozen=True)
class ModelSheet:
    """All that a page says of one model.

    Parameters
    ----------
    head : ModelHead
        The model.
    card : ModelCard
        What is known of it.
    judgement : Judgement or None
        None where it was not judged, or cannot be used.
    problem : tuple of (str, str) or None
        Why there is no judgement, and how to mend that.
    verdict : tuple of str
        Whether it may be put in force, in words.
    conditions : tuple of (str, bool)
        Each condition of that, and whether it is met.
    outdated : bool
        Whether another model is in force than the one it was compared with.
    in_force : str or None
        The model in force.
    limits : tuple of str
        What every model of its kind cannot tell.
    estimator : str
        In words; empty where the card does not say.
    """

    head: ModelHead
    card: ModelCard
    judgement: Judgement | None
    problem: tuple[str, str] | None
    verdict: tuple[str, ...]
    conditions: tuple[tuple[str, bool], ...]
    outdated: bool
    in_force: str | None
    limits: tuple[str, ...]
    estimator: str

    @property
    def needs_override(self) -> bool:
        """Whether a reason is needed against the verdict."""
        verdict = self.head.verdict
        return verdict is None or not verdict.promotable or self.outdated


def view_registry(session: Session) -> Registry:
    """List the models with the one in force, and every change of it."""
    lines = tuple(_line(session, head) for head in list_models(session))
    models, by_id = session.service.models, {line.head.model_id: line for line in lines}
    earlier = [by_id[each] for each in models.earlier() if each in by_id]
    switches = models.switches()[:-21:-1]
    name = name_actors(session, (switch.by for switch in switches))
    usable = [line for line in earlier if line.head.status != "broken"]
    return Registry(
        lines,
        by_id.get(models.active() or ""),
        usable[-1] if usable else None,
        tuple((switch, name(switch.by)) for switch in switches),
    )


def view_model(session: Session, model_id: str) -> ModelSheet:
    """Return all that a page says of a model.

    Raises
    ------
    NotFoundError
        If there is no model of that id.
    ModelError
        If its card cannot be read.
    """
    head, models = read_model(session, model_id), session.service.models
    card, active = head.card, models.active()
    assert card  # of a model whose card cannot be read `read_model` tells why
    judgement, problem = None, None
    try:
        in_force = card.metrics.get("in_force") or {}
        judgement = _judge(read_report(session, model_id), in_force, session.lang)
    except ModelError as error:
        problem = explain(error, session.lang)
    words = [sentences([each], lang=session.lang) for each in models.explain(card, session.lang)]
    comparisons = head.verdict.comparisons if head.verdict else ()
    at = len(words) - len(comparisons)
    return ModelSheet(
        head,
        card,
        judgement,
        problem,
        tuple(words[:at]),
        tuple(
            (said, comparison.holds)
            for said, comparison in zip(words[at:], comparisons, strict=True)
        ),
        head.verdict is not None and head.verdict.in_force != active,
        active,
        tuple(sentences([limit[session.lang]], lang=session.lang) for limit in card.limits),
        model_names((card.estimator,), session.lang)[card.estimator] if card.estimator else "",
    )


def _line(session: Session, head: ModelHead) -> ModelLine:
    metrics: dict[str, Any] = head.card.metrics if head.card else {}
    own = (metrics.get("known") or {}).get(metrics.get("estimator") or "effect-model") or {}
    # the text of the problem itself would name the paths of the server
    problem = _PROBLEMS.get(head.problem, "models.damaged") if head.problem else None
    return ModelLine(
        head,
        say(problem, session.lang) if problem else "",
        own.get("rmse"),
        own.get("slope"),
        metrics.get("coverage_known"),
    )


def _judge(report: EvaluationReport, in_force: Mapping[str, Any], lang: str) -> Judgement:
    evaluation = report.evaluation
    own = evaluation.known[evaluation.estimator]
    lead = [
        say_outcome(evaluation.known, evaluation.estimator, lang),
        *say_slope(own, lang),
        say("models.held", lang, share=percent(evaluation.coverage_known)),
    ]
    rest = [
        say_outcome(evaluation.cold, evaluation.estimator, lang, prefix="cold-"),
        *better_rivals(evaluation, lang),
    ]
    if own.n_records < FEW_JUDGED:
        rest.append(say("evaluation.verdict.few", lang, count=f"{own.n_records:,}"))
    rivals = tuple(
        sorted(
            _compare(report, in_force, lang),
            key=lambda rival: (math.inf if math.isnan(rival.rmse) else rival.rmse, rival.name),
        )
    )
    reached = [value for rival in rivals for value in (rival.rmse, rival.lower, rival.upper)]
    reached = [value for value in reached if math.isfinite(value)]
    bins = evaluation.calibration_known
    half = NORMAL_95 * np.nan_to_num(bins.standard_error)
    return Judgement(
        tuple(sentences([each], lang=lang) for each in lead),
        tuple(sentences([each], lang=lang) for each in rest),
        rivals,
        (min(reached) - 0.01, max(reached) + 0.01),
        own.n_records,
        bins,
        tuple(
            CalibrationLine(*figures)
            for figures in zip(
                bins.predicted.tolist(),
                bins.measured.tolist(),
                (bins.measured - half).tolist(),
                (bins.measured + half).tolist(),
                bins.count.tolist(),
                strict=True,
            )
        ),
        tuple(
            (say(f"evaluation.coverage.{name}", lang), _cover(each, name, lang))
            for name, each in (
                ("by-evidence", evaluation.coverage_by_evidence),
                ("by-band", evaluation.coverage_by_band),
            )
        ),
        tuple(warning_sentences(report, lang)),
    )


def _compare(report: EvaluationReport, in_force: Mapping[str, Any], lang: str) -> Iterator[Rival]:
    evaluation = report.evaluation
    names = model_names(tuple(evaluation.known), lang)
    base = evaluation.known[evaluation.estimator].rmse
    # without figures where it could not be asked about records that it has not learned from
    if in_force.get("rmse") is not None:
        figures = [in_force.get(each) for each in ("r_squared", "slope")]
        r_squared, slope = (math.nan if each is None else float(each) for each in figures)
        name = say("models.in_force_row", lang)
        rmse = float(in_force["rmse"])
        yield Rival(name, False, True, rmse, math.nan, math.nan, r_squared, slope, math.nan)
    for name, score in evaluation.known.items():
        paired = evaluation.paired.get(name)
        half = NORMAL_95 * paired.known_error if paired else math.nan
        middle = base + paired.known if paired else math.nan
        cold = evaluation.cold.get(name)
        yield Rival(
            names[name][0].upper() + names[name][1:],
            name == evaluation.estimator,
            False,
            score.rmse,
            middle - half,
            middle + half,
            score.r_squared,
            score.slope,
            cold.rmse if cold else math.nan,
        )


def _cover(coverage: IntervalCoverage, name: str, lang: str) -> tuple[CoverageLine, ...]:
    lower, upper = find_share_range(coverage.share, coverage.count)
    return tuple(
        CoverageLine(_word_group(group, lang), count, share, low, high, count < FEW)
        for group, count, share, low, high in zip(
            coverage.groups,
            coverage.count.tolist(),
            coverage.share.tolist(),
            lower.tolist(),
            upper.tolist(),
            strict=True,
        )
    )


def _word_group(group: str, lang: str) -> str:
    """Say a group of the coverage in words: 0, 1-4, 20+."""
    if group == "0":
        return say("models.group_none", lang)
    if group.endswith("+"):
        return say("models.group_more", lang, low=group[:-1])
    low, _, high = group.partition("-")
    return say("models.group", lang, low=low, high=high)
