"""What is known of the effect of modules: of all in a line each, of one on a page."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from recommender.documents.effectiveness.document import Decision, EffectivenessSheet
from recommender.documents.effectiveness.report import render_effectiveness_pdf
from recommender.documents.figures import day
from recommender.documents.typesetting import RenderedPdf
from recommender.errors import NotFoundError
from recommender.results import find_doubt
from recommender.service.effectiveness.results import Estimate, ModuleEffectiveness
from recommender.service.effectiveness.sheets import Wording
from recommender.service.session import Session
from recommender.store.people.people import has_synthetic
from recommender.texts import say


@dataclass(frozen=True)
class EffectLine:
    """A module among all others.

    Parameters
    ----------
    module_id, title : str
        The module.
    decision : str
        ``keep``, ``improve``, ``retire`` or ``open``.
    verdict, reason : str
        The same in words, and what decided.
    gain, score, roi : Estimate or None
        Adjusted gain in the main competency, in levels; mean satisfaction; return on investment.
        None where there is none of this module itself that can be trusted.
    records : int
        What the model in force has learned the gain from.
    unsure : bool
        Few cases, or a range of the gain that reaches zero.
    """

    module_id: str
    title: str
    decision: Decision
    verdict: str
    reason: str
    gain: Estimate | None
    score: Estimate | None
    roi: Estimate | None
    records: int
    unsure: bool


def list_effects(session: Session, effects: Iterable[ModuleEffectiveness]) -> list[EffectLine]:
    """Return a line for each module, in the order given."""
    wording = Wording(session.service.framework, session.lang)
    return [_summarise(session, wording, each) for each in effects]


def show_effects(
    session: Session, effects: Iterable[ModuleEffectiveness]
) -> list[EffectivenessSheet]:
    """Return what is known of each module in words and figures, for a page or for paper."""
    service, lang = session.service, session.lang
    with session.reading() as connection:
        synthetic = has_synthetic(connection)
    model = service.estimates.model_id
    basis = (
        say("effectiveness.sheet.as_of", lang, day=day(session.today)),
        say("effectiveness.sheet.by_model", lang, model=model)
        if model
        else say("effectiveness.sheet.by_experts", lang),
    )
    wording = Wording(service.framework, lang)
    return [wording.sheet(each, basis=basis, synthetic=synthetic) for each in effects]


def make_effects_report(session: Session, effects: Iterable[ModuleEffectiveness]) -> RenderedPdf:
    """Return what is known of modules as PDF, a page each."""
    sheets = show_effects(session, effects)
    return render_effectiveness_pdf(sheets, as_of=session.today, lang=session.lang)


def keep_figure(
    session: Session, effects: Iterable[ModuleEffectiveness], figure_id: str | None
) -> list[ModuleEffectiveness]:
    """Leave out all business figures but one, if one is asked for.

    Raises
    ------
    NotFoundError
        If the catalogue has no such business figure.
    """
    if figure_id is None:
        return list(effects)
    known = [figure.id for figure in session.service.framework.catalog.business_figures]
    if figure_id not in known:
        figures = ", ".join(known) or "-"
        raise NotFoundError("effectiveness.no-figure", figure_id=figure_id, figures=figures)
    return [
        replace(each, results=tuple(r for r in each.results if r.figure_id == figure_id))
        for each in effects
    ]


def _summarise(
    session: Session, wording: Wording, effectiveness: ModuleEffectiveness
) -> EffectLine:
    main = effectiveness.behaviour[0]
    own = main.gain if main.basis == "measured" else None
    trusted = (result.return_ for result in effectiveness.results if result.is_trusted)
    back = next((each for each in trusted if each is not None), None)
    return EffectLine(
        module_id=effectiveness.module_id,
        title=session.service.framework.module_of[effectiveness.module_id].title.in_language(
            session.lang
        ),
        decision=effectiveness.verdict.decision,
        verdict=wording.verdict(effectiveness.verdict.decision),
        reason=wording.reason(effectiveness.verdict.reasons[0]),
        gain=own,
        score=effectiveness.reaction.score,
        roi=None if back is None else back.roi,
        records=0 if own is None else main.evidence_count,
        unsure=own is not None
        and find_doubt(main.basis, own.lower, main.evidence_count) is not None,
    )
